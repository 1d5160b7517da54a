"""Lanes: more statements at once than the connections hold wait for their turn, and no longer."""

import asyncio
import time

import psycopg
import pytest

from service.database import WIDE, Database
from service.lane import HELD_UP_S, Lane
from service.pipeline import Statement

pytestmark = pytest.mark.anyio

NAP = Statement(b"nap", b"SELECT pg_sleep(0.005)")


@pytest.mark.parametrize("lane", ["quick", "slow"])
async def test_a_crowd_is_served_as_places_become_free(database_url: str, lane: str):
    async with Database(database_url, WIDE, spare=0) as database:
        chosen: Lane = getattr(database, lane)
        crowd = WIDE * chosen.depth + 20
        run = database.read if lane == "quick" else database.wide
        answers = await asyncio.gather(*(run(NAP) for _ in range(crowd)))  # Away, where one has run out of patience
        assert len(answers) == crowd


async def test_answers_go_on_after_a_migration_changed_what_every_connection_has_prepared(
    database_url: str, conn: psycopg.AsyncConnection
):
    ask = Statement(b"ask", b"SELECT answer FROM asked()")
    await conn.execute("CREATE FUNCTION asked() RETURNS TABLE (answer integer) LANGUAGE sql AS 'SELECT 1'")
    async with Database(database_url, 6, spare=0) as database:
        while len(database.quick.up) < 6:  # noqa: ASYNC110 -- nothing tells of each connection
            await asyncio.sleep(0.01)
        await asyncio.gather(*(pipeline.send(ask, (), time.monotonic() + 5) for pipeline in database.quick.up))
        await conn.execute("DROP FUNCTION asked()")
        await conn.execute("CREATE FUNCTION asked() RETURNS TABLE (answer text) LANGUAGE sql AS $$SELECT 'one'$$")

        assert await database.write(ask) == [(b"one",)]


async def test_few_connections_are_used_until_all_of_them_are_held_up(database_url: str, conn: psycopg.AsyncConnection):
    session = Statement(b"session", b"SELECT pg_backend_pid()")
    locked = Statement(b"locked", b"SELECT pg_advisory_xact_lock_shared(1)")

    async def sessions(database: Database) -> set[bytes | None]:
        answers = await asyncio.gather(*(database.read(session) for _ in range(60)))
        return {pid for [(pid,)] in answers}

    async with Database(database_url, 2, spare=1) as database:
        while len(database.quick.up) < 3:  # noqa: ASYNC110 -- nothing tells of each connection
            await asyncio.sleep(0.01)
        usual = {b"%d" % pipeline.session for pipeline in database.quick.up[:2]}
        assert await sessions(database) == usual

        async with conn.transaction():
            await conn.execute("SELECT pg_advisory_xact_lock(1)")
            held = [asyncio.create_task(database.read(locked)) for _ in range(2)]
            while any(pipeline.runs_s < HELD_UP_S for pipeline in database.quick.up[:2]):  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.005)
            assert await sessions(database) == {b"%d" % database.quick.up[2].session}
        await asyncio.gather(*held)
        assert await sessions(database) == usual
