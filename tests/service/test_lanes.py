"""Lanes: more statements at once than the connections hold wait for their turn, and no longer."""

import asyncio
import time

import psycopg
import pytest

from service.database import WIDE, Database
from service.lane import Lane
from service.pipeline import Statement

pytestmark = pytest.mark.anyio

NAP = Statement(b"nap", b"SELECT pg_sleep(0.01)")


@pytest.mark.parametrize("lane", ["quick", "slow"])
async def test_a_crowd_is_served_as_places_become_free(database_url: str, lane: str):
    async with Database(database_url, WIDE) as database:
        chosen: Lane = getattr(database, lane)
        crowd = WIDE * chosen.depth + 20
        run = database.read if lane == "quick" else database.wide
        began = time.monotonic()
        answers = await asyncio.gather(*(run(NAP) for _ in range(crowd)))
        assert len(answers) == crowd
        assert time.monotonic() - began < 1.6  # nobody has waited for the end of their patience


async def test_answers_go_on_after_a_migration_changed_what_every_connection_has_prepared(
    database_url: str, conn: psycopg.AsyncConnection
):
    ask = Statement(b"ask", b"SELECT answer FROM asked()")
    await conn.execute("CREATE FUNCTION asked() RETURNS TABLE (answer integer) LANGUAGE sql AS 'SELECT 1'")
    async with Database(database_url, 6) as database:
        while len(database.quick.up) < 6:  # noqa: ASYNC110 -- nothing tells of each connection
            await asyncio.sleep(0.01)
        await asyncio.gather(*(pipeline.send(ask, (), time.monotonic() + 5) for pipeline in database.quick.up))
        await conn.execute("DROP FUNCTION asked()")
        await conn.execute("CREATE FUNCTION asked() RETURNS TABLE (answer text) LANGUAGE sql AS $$SELECT 'one'$$")

        assert await database.write(ask) == [(b"one",)]
