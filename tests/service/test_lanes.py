"""Lanes: more statements at once than the connections hold wait for their turn, and no longer."""

import asyncio
import time

import psycopg
import pytest

from service.database import WIDE, Database
from service.domain.errors import Away
from service.lane import HELD_UP_S, Lane
from service.pipeline import Lost, Statement
from tests.conformance.site import value
from tests.wire import Wire

pytestmark = pytest.mark.anyio

NAP = Statement(b"nap", b"SELECT pg_sleep(0.002)")


@pytest.mark.parametrize("lane", ["quick", "slow"])
async def test_a_crowd_is_served_as_places_become_free(database_url: str, lane: str):
    async with Database(database_url, WIDE, spare=0) as database:
        chosen: Lane = getattr(database, lane)
        crowd = WIDE * chosen.depth + 20
        run = database.read if lane == "quick" else database.wide
        began = time.monotonic()
        answers = await asyncio.gather(*(run(NAP) for _ in range(crowd)))
        assert len(answers) == crowd
        assert time.monotonic() - began < 1.6  # nobody has waited for the end of their patience


async def test_a_long_read_is_waited_for_while_the_database_answers_others_and_no_longer(database_url: str):
    long = Statement(b"long", b"SELECT 'done' FROM pg_sleep(2.5)")
    with Wire(database_url) as wire:
        async with Database(wire.url, 2, spare=0) as database:
            assert await database.wide(long) == [(b"done",)]

            reading = asyncio.create_task(database.wide(long))
            await asyncio.wait({reading}, timeout=2.0)
            wire.hold()
            began = time.monotonic()
            with pytest.raises(Away):
                await reading
            assert time.monotonic() - began < 2.3  # LONG_S until it asks, PATIENCE_S for the answer

            wire.mend()
            assert await database.wide(long) == [(b"done",)]


async def test_answers_go_on_after_a_migration_changed_what_every_connection_has_prepared(
    database_url: str, conn: psycopg.AsyncConnection
):
    ask = Statement(b"ask", b"SELECT answer FROM asked()")
    await conn.execute("CREATE FUNCTION asked() RETURNS TABLE (answer integer) LANGUAGE sql AS 'SELECT 1'")
    async with Database(database_url, 6, spare=0) as database:
        await connected(database, 6)
        await asyncio.gather(*(pipeline.send(ask, (), time.monotonic() + 5) for pipeline in database.quick.up))
        await conn.execute("DROP FUNCTION asked()")
        await conn.execute("CREATE FUNCTION asked() RETURNS TABLE (answer text) LANGUAGE sql AS $$SELECT 'one'$$")

        assert await database.write(ask) == [(b"one",)]


async def test_few_connections_are_used_until_all_of_them_are_held_up(database_url: str, conn: psycopg.AsyncConnection):
    patience = Statement(b"patience", b"SELECT set_config('lock_timeout', '0', false)")
    session = Statement(b"session", b"SELECT pg_backend_pid()")
    locked = Statement(b"locked", b"SELECT pg_advisory_xact_lock_shared(1)")

    async def sessions(database: Database) -> set[bytes | None]:
        answers = await asyncio.gather(*(database.read(session) for _ in range(20)))
        return {pid for [(pid,)] in answers}

    async with Database(database_url, 2, spare=1) as database:
        await connected(database, 3)
        for pipeline in database.quick.up:
            await pipeline.send(patience, (), time.monotonic() + 5)
        usual = {b"%d" % pipeline.session for pipeline in database.quick.up[:2]}
        assert await sessions(database) == usual

        async with conn.transaction():
            await conn.execute("SELECT pg_advisory_xact_lock(1)")
            held = [asyncio.create_task(database.read(locked)) for _ in range(2)]
            while any(pipeline.runs_s < HELD_UP_S for pipeline in database.quick.up[:2]):
                assert not any(task.done() for task in held), held
                await asyncio.sleep(0.005)
            assert await sessions(database) == {b"%d" % database.quick.up[2].session}
        await asyncio.gather(*held)
        assert await sessions(database) == usual


async def connected(database: Database, count: int) -> None:
    async with asyncio.timeout(10):
        while len(database.quick.up) < count:  # noqa: ASYNC110 -- nothing tells of each connection
            await asyncio.sleep(0.01)


async def test_what_was_given_up_is_not_done_later_by_a_session_that_has_not_heard_of_it(
    database_url: str, conn: psycopg.AsyncConnection
):
    nap, long_nap = Statement(b"nap", b"SELECT pg_sleep(0.3)"), Statement(b"long", b"SELECT pg_sleep(5)")
    write = Statement(b"write", b"INSERT INTO done VALUES (1)")
    await conn.execute("CREATE TABLE done (n integer)")
    with Wire(database_url) as wire:
        lane = Lane(wire.url, 1, {}, limit_s=1.0, depth=8)
        keeping = asyncio.create_task(lane.keep())
        until = time.monotonic() + 20
        await lane.send(NAP, (), until)
        session = lane.up[0].session
        under_way = [asyncio.create_task(lane.send(each, (), until)) for each in (nap, long_nap, write)]
        await under_way[0]  # so all three are there
        wire.lose()
        answers = await asyncio.gather(*under_way, return_exceptions=True)
        await lane.send(NAP, (), until)  # by the next connection
        async with asyncio.timeout(10):
            while not await value(conn, ENDED_OR_DONE, session):  # noqa: ASYNC110 -- nothing tells of another's session
                await asyncio.sleep(0.02)
        keeping.cancel()
        await asyncio.wait([keeping])

    assert [type(answer) for answer in answers] == [list, Lost, Lost]
    assert await value(conn, "SELECT count(*) FROM done") == 0


ENDED_OR_DONE = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s) OR EXISTS (SELECT FROM done)"
