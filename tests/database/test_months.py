"""The log lies in a partition a month: a reader gets all that follows, and looks into no more months than it must."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import AsyncConnection

from tests.database.desk import BOARD, events, seq, set_up, value

STEPS = [  # from one event to the next
    timedelta(0),  # the same transaction, or a clock that was set back
    timedelta(minutes=1),
    timedelta(days=3),
    timedelta(days=27),
    timedelta(days=31, microseconds=1),
    timedelta(days=100),
]


async def make_month(conn: AsyncConnection, day: datetime) -> None:
    """Make partitions for that month and the two after it, unless the default one holds something of theirs."""
    await conn.execute("SELECT log_upkeep(NULL, %s)", (day.date(),))


async def append(conn: AsyncConnection, number: int, at: datetime, topic: str = BOARD) -> None:
    """Write an event as if it had been committed then."""
    await conn.execute(
        """WITH clock AS (INSERT INTO topic_clock AS c (topic, seq, at) VALUES (%(topic)s, %(number)s, %(at)s)
               ON CONFLICT (topic) DO UPDATE SET seq = excluded.seq, at = excluded.at)
           INSERT INTO event (topic, seq, at, noun, kind, entity_id, via, more)
           VALUES (%(topic)s, %(number)s, %(at)s, 'ticket', 'u', 1, 'rest', false)""",
        {"topic": topic, "number": number, "at": at},
    )


async def read(conn: AsyncConnection, after: int, most: int = 1000, topic: str = BOARD) -> list[int]:
    """The numbers that a reader gets."""
    rows = await conn.execute("SELECT seq FROM read_events(%s, %s, %s, false)", (topic, after, most))
    return [number for (number,) in await rows.fetchall()]


async def looked_into(conn: AsyncConnection, after: int) -> set[str]:
    """The partitions that a read goes through."""
    await conn.execute("SELECT pg_stat_force_next_flush()")  # what this session has counted before
    async with conn.transaction():
        await read(conn, after)
        rows = await conn.execute(
            "SELECT relname FROM pg_stat_xact_user_tables WHERE relname LIKE 'event%' AND idx_scan + seq_scan > 0"
        )
        return {name for (name,) in await rows.fetchall()}


@pytest.mark.parametrize("seed", range(6))
async def test_a_reader_gets_all_that_follows_in_whichever_months_it_lies(conn: AsyncConnection, seed: int):
    """One session reads all the time, also the newest, while months are made beside and some are never made."""
    chance = random.Random(seed)
    at = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(1, 61):
        at += chance.choice(STEPS)
        if chance.random() < 0.2:
            at = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)  # where two partitions meet
        if chance.random() < 0.6:
            await make_month(conn, at)
        await append(conn, number, at)
        await append(conn, number, at - timedelta(days=200), topic="board/2")
        for back in {0, 1, chance.randint(0, number), number}:
            assert await read(conn, number - back) == list(range(number - back + 1, number + 1)), (back, at)

    assert await value(conn, "SELECT count(*) FROM event_default") > 0
    assert await value(conn, "SELECT count(DISTINCT tableoid) FROM event") > 8
    for after in range(61):
        most = chance.randint(1, 12)
        assert await read(conn, after, most) == list(range(after + 1, 61))[:most]
        assert await read(conn, after, topic="board/2") == list(range(after + 1, 61))


async def test_a_reader_of_the_newest_looks_into_the_last_months_alone(conn: AsyncConnection):
    months = [datetime(2022 + n // 12, n % 12 + 1, 10, tzinfo=UTC) for n in range(24)]
    for number, day in enumerate(months, 1):
        await make_month(conn, day)
        await append(conn, number, day)
    await append(conn, 25, months[-1] + timedelta(days=5))

    earlier = {day.strftime("event_%Y_%m") for day in months[:-2]}  # the search for event 24 ends a month before 25
    assert not earlier & await looked_into(conn, 24)
    assert earlier <= await looked_into(conn, 1)  # where to begin would have to be looked for in all of them


async def test_after_a_clock_was_ahead_for_a_while_nothing_is_left_out(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)
    await conn.execute("UPDATE topic_clock SET at = at + interval '5 years' WHERE topic = %s", (BOARD,))

    for n in range(3):  # by a clock that is right again
        await conn.execute("UPDATE ticket SET title = %s WHERE id = 1", (f"t{n}",))

    assert [e["set"]["title"] for e in await events(conn, after=before)] == ["t0", "t1", "t2"]
    assert [e["set"]["title"] for e in await events(conn, after=before + 1)] == ["t1", "t2"]
    assert [e["set"]["title"] for e in await events(conn, after=before + 2)] == ["t2"]
    assert await value(conn, "SELECT count(*) FROM event_default") == 3


async def test_what_follows_a_number_that_retention_took_is_read(conn: AsyncConnection):
    for number in range(1, 7):
        day = datetime(2022, number, 15, tzinfo=UTC)
        await make_month(conn, day)
        await append(conn, number, day)
    assert await read(conn, 5) == [6]

    for _ in range(3):
        await conn.execute("SELECT log_upkeep(80, '2022-06-20')")

    assert await read(conn, 0) == [4, 5, 6]
    assert await read(conn, 2) == [4, 5, 6]
    assert await read(conn, 3) == [4, 5, 6]
    assert await read(conn, 5) == [6]
