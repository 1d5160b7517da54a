"""Ranks: there is always a place between two tickets, and keys stay short."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection

from tests.database.desk import events, seq, set_up, value

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


LONGEST = "z" * 200


async def order(conn: AsyncConnection, table: str = "ticket") -> list[int]:
    """The ids of column 1's tickets, or of board 1's columns, as they stand."""
    of = "column_id" if table == "ticket" else "board_id"
    rows = await conn.execute(f"SELECT id FROM {table} WHERE {of} = 1 ORDER BY rank, id".encode())
    return [number for (number,) in await rows.fetchall()]


@pytest.mark.parametrize(("table", "columns"), [("ticket", "column_id"), ("board_column", "board_id")])
async def test_behind_the_largest_rank_there_is_a_row_goes_last_all_the_same(
    conn: AsyncConnection, table: str, columns: str
):
    await set_up(conn)
    await conn.execute(f"UPDATE {table} SET rank = '{LONGEST}' WHERE id = 2".encode())

    for _ in range(2):
        await conn.execute(f"INSERT INTO {table} ({columns}, title) VALUES (1, 'x'), (1, 'y')".encode())

    assert await order(conn, table) == [1, 3, 2, 4, 5, 6, 7]


@pytest.fixture
async def as_rest(conn: AsyncConnection) -> AsyncConnection:
    """A board whose owner has the secret `s`, for the functions that REST calls."""
    await set_up(conn, 5)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    return conn


async def test_rest_gives_long_ranks_anew(as_rest: AsyncConnection):
    for table in ("ticket", "board_column"):
        await as_rest.execute(f"UPDATE {table} SET rank = '{LONGEST}' WHERE id = 3".encode())

    await as_rest.execute("SELECT add_ticket(sha256('s'), NULL, NULL, 1, '{\"title\": \"x\"}')")
    await as_rest.execute("SELECT move_ticket(sha256('s'), NULL, NULL, NULL, 1, 1, '{}')")
    await as_rest.execute("SELECT add_column(sha256('s'), NULL, NULL, 1, '{\"title\": \"x\"}')")
    await as_rest.execute("SELECT move_column(sha256('s'), NULL, NULL, NULL, 1, '{}')")

    assert await order(as_rest) == [2, 4, 5, 3, 6, 1]
    assert await order(as_rest, "board_column") == [2, 3, 4, 1]
    assert await value(as_rest, "SELECT max(length(rank)) FROM (TABLE ticket) t") < 5
    assert await value(as_rest, "SELECT max(length(rank)) FROM (TABLE board_column) c") < 5


async def test_rest_finds_a_place_behind_a_long_rank_that_somebody_holds(as_rest: AsyncConnection, database_url: str):
    for table in ("ticket", "board_column"):
        await as_rest.execute(f"UPDATE {table} SET rank = '{LONGEST}' WHERE id = 3".encode())
    async with await AsyncConnection.connect(database_url) as held:
        await held.execute("UPDATE ticket SET title = 'held' WHERE id = 3")
        await held.execute("UPDATE board_column SET title = 'held' WHERE id = 3")

        await as_rest.execute("SELECT add_ticket(sha256('s'), NULL, NULL, 1, '{\"title\": \"x\"}')")
        await as_rest.execute("SELECT move_ticket(sha256('s'), NULL, NULL, NULL, 5, 1, '{\"after\": 3}')")
        await as_rest.execute("SELECT add_column(sha256('s'), NULL, NULL, 1, '{\"title\": \"x\"}')")

        await held.rollback()
    assert await order(as_rest) == [1, 2, 4, 3, 5, 6]
    assert await order(as_rest, "board_column") == [1, 2, 3, 4]


async def test_ten_thousand_moves_into_one_gap_keep_their_order_and_short_ranks(as_rest: AsyncConnection):
    """Each next to the one before, below and above in turn, so that the gap closes from both sides."""
    column, last, moves = [1, 2, 3, 4, 5], 3, []
    for n in range(10_000):
        at = column.index(last)
        upper, lower = column[at : at + 2] if n % 2 else column[at - 1 : at + 1]
        last = next(ticket for ticket in (2, 3, 4) if ticket not in (upper, lower))
        column.remove(last)
        column.insert(column.index(upper) + 1, last)
        moves.append((last, upper))
    await as_rest.execute(
        """
        CREATE PROCEDURE pg_temp.move(tickets bigint[], afters bigint[]) LANGUAGE plpgsql AS $$
        DECLARE
            longest integer := 0;
        BEGIN
            FOR n IN 1..cardinality(tickets) LOOP
                PERFORM move_ticket(sha256('s'), NULL, NULL, NULL, tickets[n], 1,
                                    jsonb_build_object('after', afters[n]));
                longest := greatest(longest, (SELECT max(length(t.rank)) FROM ticket t));
                COMMIT;
            END LOOP;
            PERFORM set_config('test.longest', longest::text, false);
        END $$
        """
    )

    before = await seq(as_rest)
    await as_rest.execute("CALL pg_temp.move(%s, %s)", ([m for m, _ in moves], [a for _, a in moves]))

    assert await order(as_rest) == column
    assert 20 < int(await value(as_rest, "SELECT current_setting('test.longest')")) <= 40
    moved = [e["id"] for e in await events(as_rest, after=before) if "version" in e["set"]]
    assert moved == [m for m, _ in moves]
