"""Ranks: there is always a place between two tickets, and keys stay short."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RANK = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)


@pytest.fixture
def between(database_url: str):
    with psycopg.connect(database_url, autocommit=True) as conn:

        def ask(a: str | None, b: str | None) -> str | None:
            row = conn.execute("SELECT rank_between(%s::text, %s::text)", (a, b)).fetchone()
            assert row
            return row[0]

        yield ask


def room(a: str | None, b: str | None) -> bool:
    """Is there a string of base-62 digits between a and b that does not end in the lowest digit?"""
    return a is None or b is None or (a < b and not (b.startswith(a) and set(b[len(a) :]) == {"0"}))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(a=st.none() | RANK, b=st.none() | RANK)
def test_a_rank_lies_strictly_between_its_neighbours_or_there_is_no_room(between, a: str | None, b: str | None):
    if a is None and b is not None and set(b) == {"0"}:
        return  # nothing sorts below it
    made = between(a, b)

    if not room(a, b):
        assert made is None
        return
    assert made is not None
    assert a is None or made > a
    assert b is None or made < b
    assert made.isalnum()
    assert made.isascii()


@pytest.mark.parametrize("at_the_end", [True, False])
def test_keys_stay_short_when_everything_is_added_at_one_end(between, at_the_end: bool):
    rank = between(None, None)
    for _ in range(5000):
        following = between(rank, None) if at_the_end else between(None, rank)
        assert following > rank if at_the_end else following < rank
        rank = following

    assert len(rank) <= 4


def test_ten_thousand_moves_into_one_gap_need_a_new_key_only_now_and_then(between):
    low, high, rekeys = "a0", "a1", 0
    for n in range(10_000 // 20):
        made = between(low, high)
        assert low < made < high
        low, high = (made, high) if n % 2 else (low, made)
        if len(made) > 40:
            low, high, rekeys = "a0", "a1", rekeys + 1

    assert rekeys < 10
