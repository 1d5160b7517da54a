"""The shared connections: one's failure is nobody else's, whatever happens to its caller or its statements."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from service.database import Database
from service.domain.errors import Invalid
from service.pipeline import Statement
from tests.wire import Wire

ECHO = Statement(b"echo", b"SELECT $1::text")
NUMBER = Statement(b"number", b"SELECT $1::integer")
SLEEP = Statement(b"sleep", b"SELECT pg_sleep(0.1)")
ANSWER = Statement(b"answer", b"SELECT answer()")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, 1, spare=0) as database:
        yield database


async def test_many_statements_share_a_connection_and_each_gets_its_own_answer(database: Database):
    answers = await asyncio.gather(*(database.read(ECHO, b"%d" % number) for number in range(50)))

    assert answers == [[(b"%d" % number,)] for number in range(50)]
    assert len(database.quick.up) == 1


async def test_a_failure_among_them_is_its_own(database: Database):
    async def ask(text: bytes):
        try:
            return await database.read(NUMBER, text)
        except Invalid:
            return "invalid"

    answers = await asyncio.gather(*(ask(text) for text in (b"1", b"x", b"2", b"99999999999", b"3")))

    assert answers == [[(b"1",)], "invalid", [(b"2",)], "invalid", [(b"3",)]]


async def test_a_caller_who_leaves_disturbs_nobody(database: Database):
    leaving = asyncio.create_task(database.read(SLEEP))
    staying = asyncio.create_task(database.read(ECHO, b"here"))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == [(b"here",)]
    assert leaving.cancelled()
    assert await database.read(ECHO, b"again") == [(b"again",)]


async def test_a_function_that_changed_its_type_is_prepared_anew(database: Database, conn: psycopg.AsyncConnection):
    await conn.execute("CREATE FUNCTION answer() RETURNS text LANGUAGE sql AS $$ SELECT 'forty-two' $$")
    assert await database.read(ANSWER) == [(b"forty-two",)]

    await conn.execute("DROP FUNCTION answer()")
    await conn.execute("CREATE FUNCTION answer() RETURNS integer LANGUAGE sql AS 'SELECT 42'")

    assert await database.read(ANSWER) == [(b"42",)]


class Garbling(Wire):
    """A wire that says once something else than the server did, when it is told to."""

    garbles = False

    async def read(self, reader: asyncio.StreamReader, *, down: bool) -> bytes:
        data = await super().read(reader, down=down)
        if down and data and self.garbles:
            self.garbles = False
            return b"\x01\x00\x00\x00\x00"
        return data


async def test_a_connection_on_which_nonsense_arrives_is_replaced(database_url: str):
    with Garbling(database_url) as wire:
        async with Database(wire.url, 1, spare=0) as database:
            assert await database.read(ECHO, b"before") == [(b"before",)]
            asking = [asyncio.create_task(database.read(SLEEP)) for _ in range(3)]
            await asyncio.sleep(0)
            wire.garbles = True

            assert len(await asyncio.gather(*asking)) == 3  # asked again by another connection
            assert await database.read(ECHO, b"after") == [(b"after",)]


async def test_text_with_any_character_comes_back(database: Database):
    text = "\u2028 🪴 \\ ' \" \r\n".encode()

    assert await database.read(ECHO, text) == [(text,)]
