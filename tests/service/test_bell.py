"""The bell: whoever listens hears of every REST write, few notifications tell of many, and none is lost with it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import psycopg
import pytest

from service.bell import EVERYTHING, MANY, Bell
from service.database import Database
from service.domain.errors import Away
from service.pipeline import Statement
from tests.service.conftest import Person

SLOW = Statement(b"slow", b"SELECT pg_sleep(0.3), 'board/1'", topic=1)


@pytest.fixture
async def ear(database_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """Somebody else who listens."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as ear:
        await ear.execute("LISTEN livelane")
        yield ear


@pytest.fixture
def here() -> list[str]:
    """What was rung in this process."""
    return []


@pytest.fixture
async def bell(database_url: str, here: list[str]) -> AsyncIterator[Bell]:
    bell = Bell(database_url, here.append)
    async with bell.ringing():
        yield bell


@pytest.fixture
async def database(database_url: str, bell: Bell) -> AsyncIterator[Database]:
    async with Database(database_url, 1, bell.ring, spare=0) as database:
        yield database


async def hear(ear: psycopg.AsyncConnection, wanted: set[str], seconds: float = 15) -> int:
    """Return how many notifications it took to hear of these topics; fails when they do not come."""
    heard: set[str] = set()
    count = 0
    async with asyncio.timeout(seconds):
        while not wanted <= heard:
            async for notification in ear.notifies(timeout=0.05):
                count += 1
                heard |= set(notification.payload.split(" "))
    return count


async def test_everybody_hears_of_a_write(ada: Person, ear: psycopg.AsyncConnection):
    board, (todo, *_) = await ada.board()
    await hear(ear, {f"board/{board}", f"user/{ada.id}"})

    await ada.ticket(todo)

    assert await hear(ear, {f"board/{board}"}) == 1


async def test_many_topics_take_few_notifications(bell: Bell, ear: psycopg.AsyncConnection, here: list[str]):
    topics = [f"board/{number}" for number in range(1, MANY)]
    for topic in topics:
        bell.ring(topic.encode())
        bell.ring(topic.encode())

    assert here == [topic for topic in topics for _ in range(2)]  # here at once
    assert await hear(ear, set(topics)) <= 6  # elsewhere as many at a time as a notification holds


async def test_more_topics_than_are_worth_naming_count_as_everything(bell: Bell, ear: psycopg.AsyncConnection):
    for number in range(MANY + 10):
        bell.ring(b"board/%d" % number)

    assert await hear(ear, {"*"}) == 1


async def test_what_is_due_at_the_end_is_told(database_url: str, ear: psycopg.AsyncConnection):
    bell = Bell(database_url, None)
    async with bell.ringing():
        async with asyncio.timeout(10):
            while not bell.session:  # noqa: ASYNC110 -- nothing tells when it is connected
                await asyncio.sleep(0.01)
        for number in (1, 2):
            bell.ring(b"board/%d" % number)
            await asyncio.sleep(0)

    await hear(ear, {"board/1", "board/2"})


async def write_slowly(database: Database) -> asyncio.Task[object]:
    """Begin a write; return when it is sent."""
    async with asyncio.timeout(10):
        while not database.quick.up:  # noqa: ASYNC110 -- nothing tells when it is connected
            await asyncio.sleep(0.01)
    writing = asyncio.create_task(database.write(SLOW))
    await asyncio.sleep(0)
    assert database.quick.up[0].jobs
    return writing


async def test_a_write_whose_caller_left_is_rung(database: Database, here: list[str]):
    leaving = await write_slowly(database)
    leaving.cancel()
    async with asyncio.timeout(10):
        while not here:  # noqa: ASYNC110 -- nobody is told any more
            await asyncio.sleep(0.01)

    assert here == ["board/1"]


async def test_a_write_that_may_have_been_done_rings_everything(
    database: Database, here: list[str], ear: psycopg.AsyncConnection, admin_url: str
):
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        writing = await write_slowly(database)
        await end(admin, database.quick.up[0].session)

    with pytest.raises(Away, match="not known"):
        await writing
    assert here == [EVERYTHING.decode()]
    assert await hear(ear, {"*"}) == 1


async def test_a_bell_that_breaks_between_commit_and_notification_is_rung_again(
    bell: Bell, database: Database, ear: psycopg.AsyncConnection, admin_url: str
):
    async with asyncio.timeout(10):
        while not bell.session:  # noqa: ASYNC110 -- nothing tells when it is connected
            await asyncio.sleep(0.01)
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        with held(bell.session):
            await database.write(SLOW)  # its notification is on the way now, and does not arrive
            await end(admin, bell.session)

    await hear(ear, {"board/1"})


@contextlib.contextmanager
def held(session: int):
    """Keep a session of PostgreSQL from doing anything."""
    os.kill(session, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(session, signal.SIGCONT)


async def end(admin: psycopg.AsyncConnection, session: int) -> None:
    await admin.execute("SELECT pg_terminate_backend(%s)", (session,))
