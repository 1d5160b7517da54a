"""F11: PostgreSQL's notification queue. Here it has 64 pages, half a megabyte, where it usually has eight gigabytes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from service.schema.embedded import attach
from tests.conformance.site import Board, Person, add_ticket, problem
from tests.faults.conftest import Victim
from tests.product import Product

KILOBYTE = "SELECT pg_notify('livelane', 'x/' || %s || repeat('y', 1000))"


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    """A PostgreSQL with a small queue."""
    with attach(tmp_path / "data") as server:
        with psycopg.connect(server.admin_url, autocommit=True) as admin:
            if admin.info.server_version < 170000:
                pytest.skip("before PostgreSQL 17 the queue's size cannot be chosen")
            admin.execute("ALTER SYSTEM SET max_notify_queue_pages = 64")
        victim = Victim(server, tmp_path / "data")
        victim.kill()
        victim.await_answer()
        yield victim


@pytest.fixture
async def flood(victim: Victim) -> AsyncIterator[psycopg.AsyncConnection]:
    """A session that notifies."""
    async with await psycopg.AsyncConnection.connect(victim.server.url, autocommit=True) as conn:
        yield conn


async def usage(conn: psycopg.AsyncConnection) -> float:
    row = await (await conn.execute("SELECT pg_notification_queue_usage()")).fetchone()
    assert row
    return row[0]


async def fill(conn: psycopg.AsyncConnection) -> None:
    """Notify until the queue takes no more."""
    for number in range(4000):
        await conn.execute(KILOBYTE, (str(number),))


async def metric(product: Product) -> float:
    async with httpx.AsyncClient(base_url=product.url) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith("livelane_notify_queue_usage")).split()[-1])


@pytest.mark.slow
async def test_the_listener_empties_the_queue_while_streams_are_open(
    fragile: Product, ada: Person, board: Board, flood: psycopg.AsyncConnection
):
    async with ada.stream(board.stream) as stream:
        await stream.next()
        async with asyncio.timeout(60):
            for number in range(4000):  # eight times what it holds
                await flood.execute(KILOBYTE, (str(number),))
                while await usage(flood) > 0.3:  # noqa: ASYNC110 -- the database has no event for it
                    await asyncio.sleep(0.01)
            await add_ticket(ada, board, "after the flood")
            while "after the flood" not in (await stream.next()).data:
                pass
            while await usage(flood) > 0.1:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_while_another_s_listener_holds_the_queue_full_it_is_told_and_all_heals_when_it_ends(
    victim: Victim, fragile: Product, ada: Person, board: Board, flood: psycopg.AsyncConnection
):
    path = f"/api/columns/{board.columns[0]}/tickets"
    async with ada.stream(board.stream) as stream:
        await stream.next()
        async with await psycopg.AsyncConnection.connect(victim.server.url, autocommit=True) as lunch:
            await lunch.execute("LISTEN elsewhere")
            await lunch.execute("BEGIN")
            with pytest.raises(psycopg.errors.ProgramLimitExceeded):
                await fill(flood)

            made = [await ada.call("POST", path, {"title": f"one topic {number}"}) for number in range(3)]
            assert {answer.status_code for answer in made} == {201}
            async with asyncio.timeout(5):
                while "one topic 2" not in (await stream.next()).data:
                    pass
            told = await ada.call("POST", "/api/boards", {"title": "two topics"})
            problem(told, 503, "unavailable")
            assert int(told.headers["retry-after"]) > 0
            async with asyncio.timeout(15):
                while await metric(fragile) < 0.1:  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.1)

        async with asyncio.timeout(15):
            while (await ada.call("POST", "/api/boards", {"title": "two topics"})).status_code == 503:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.1)
            while await metric(fragile) > 0.1:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.1)
    assert [each["title"] for each in await ada.get("/api/boards")].count("two topics") == 1
    assert fragile.log.count("cannot ring") == 1
