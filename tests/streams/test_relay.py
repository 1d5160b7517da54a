"""Wake-ups by a real NATS server: two nodes, and every piece between them broken. The poll helps only where it may."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests import sse
from tests.nats import Nats
from tests.product import Product
from tests.streams.conftest import Site, sessions, until

SHARDS = 2
ADAS = {"Authorization": "Bearer llt_ada"}


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Nats]:
    with Nats(tmp_path / "nats.log") as nats:
        yield nats


@pytest.fixture
def other(site: Site, tmp_path: Path) -> Iterator[Site]:
    """Another node, not started."""
    other = Site(site.database_url, tmp_path / "other.log")
    yield other
    other.close()


@pytest.fixture
def nodes(site: Site, other: Site, nats: Nats) -> list[Site]:
    """Two nodes that have their wake-ups by NATS. The first one reads every shard, having been there alone."""
    for node in (site, other):
        node.start(wakeups=nats.url, shards=SHARDS, poll_s=60, silence_of_reader_s=1.5)
    return [site, other]


async def readers_alone_listen(conn: psycopg.AsyncConnection) -> bool:
    """There is one session for each shard; one that came second to an election has gone again."""
    return not await sessions(conn, "livelane listener") and len(await sessions(conn, "livelane reader")) == SHARDS


async def parts(site: Site) -> dict[str, Any]:
    return (await site.get("/health/ready")).json()


async def is_well(site: Site) -> bool:
    return all(part["ok"] for part in (await parts(site)).values())


async def test_every_node_hears_of_every_change_and_only_readers_listen(
    nodes: list[Site], conn: psycopg.AsyncConnection, rename: Callable[..., Any]
):
    async with nodes[0].open("/boards/1") as first, nodes[1].open("?board=1&board=2") as second:
        seq = (await first.named("snapshot"))["seq"]
        for _ in range(2):
            await second.named("snapshot")
        for n in range(1, 31):
            await rename(f"title {n}")
            assert (await first.change())["seq"] == seq + n
            assert (await second.change())["seq"] == seq + n
        await rename("the other board's", ticket=3)
        assert (await second.change())["topic"] == "board/2"

    await until(lambda: readers_alone_listen(conn))
    for node in nodes:
        assert set(await parts(node)) == {"nats", "listener"}
        assert await node.metric("livelane_poll_found_total") == 0


async def test_who_loses_access_is_told_at_once_on_every_node(nodes: list[Site], conn: psycopg.AsyncConnection):
    async with nodes[0].open("/boards/1", token="bob") as first, nodes[1].open("/boards/1", token="bob") as second:
        for stream in (first, second):
            await stream.named("snapshot")
        asked = time.monotonic()
        await conn.execute("DELETE FROM member WHERE board_id = 1 AND person_id = 2")
        ends = [(await stream.end())[-1] for stream in (first, second)]  # the board's own event may come before

    assert {end.json()["reason"] for end in ends} == {"revoked"}
    assert max(end.at for end in ends) - asked < 1


async def test_a_write_is_read_once_by_the_node_that_made_it(
    site: Site, product: Product, nats: Nats, conn: psycopg.AsyncConnection
):
    product.start("--wakeups", nats.url)

    async def reads() -> float:
        async with httpx.AsyncClient(base_url=product.url) as client:
            lines = (await client.get("/metrics")).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("livelane_streams_reads_total"))

    async with (
        sse.stream(f"{product.url}/streams/boards/1", ADAS) as stream,
        httpx.AsyncClient(base_url=product.url, headers=ADAS) as client,
    ):
        seq = (await stream.named("snapshot"))["seq"]
        before = await reads()
        for n in range(1, 11):
            await client.patch("/api/tickets/1", json={"title": f"title {n}"})
            assert (await stream.change())["seq"] == seq + n
            await asyncio.sleep(0.03)  # for the wake-up by NATS, which says nothing new; were it late, it went unseen
        await conn.execute("UPDATE ticket SET title = 'SQL' WHERE id = 1")
        assert (await stream.change())["seq"] == seq + 11
        assert await reads() == before + 11


async def test_a_reader_that_is_killed_is_followed_by_another(nodes: list[Site], rename: Callable[..., Any]):
    async with nodes[1].open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        nodes[0].signal(signal.SIGKILL)
        nodes[0].wait()
        await rename("while nobody reads")
        assert (await stream.change(10))["seq"] == seq + 1
        await until(lambda: is_well(nodes[1]), 10)
        await rename("again")
        assert (await stream.change())["seq"] == seq + 2


@pytest.mark.slow
async def test_a_reader_that_freezes_is_made_to_give_way(nodes: list[Site], rename: Callable[..., Any]):
    async with nodes[1].open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        nodes[0].signal(signal.SIGSTOP)
        try:
            await rename("while the reader sleeps")
            assert (await stream.change(15))["seq"] == seq + 1
            await until(lambda: is_well(nodes[1]), 10)
        finally:
            nodes[0].signal(signal.SIGCONT)
        await rename("with the other awake again")
        assert (await stream.change(10))["seq"] == seq + 2
        await until(lambda: is_well(nodes[0]), 10)

    assert "ended the reader" in nodes[1].log


async def test_the_readers_sessions_are_ended(
    nodes: list[Site], conn: psycopg.AsyncConnection, admin_url: str, rename: Callable[..., Any]
):
    async with nodes[0].open("/boards/1") as first, nodes[1].open("/boards/1") as second:
        seq = (await first.named("snapshot"))["seq"]
        await second.named("snapshot")
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'livelane reader' AND datname = current_database()
                """
            )
        await rename("while nobody listens")
        for stream in (first, second):
            assert (await stream.change(10))["seq"] == seq + 1


async def test_nats_is_lost_and_comes_back(
    site: Site, other: Site, nats: Nats, conn: psycopg.AsyncConnection, rename: Callable[..., Any]
):
    nodes = [site, other]
    for node in nodes:
        node.start(wakeups=nats.url, shards=SHARDS, poll_s=0.5)
    async with nodes[0].open("/boards/1") as first, nodes[1].open("/boards/1") as second:
        seq = (await first.named("snapshot"))["seq"]
        await second.named("snapshot")
        nats.kill()

        async def is_red() -> bool:
            return not (await parts(nodes[1]))["nats"]["ok"]

        await until(is_red)
        await rename("while NATS is away")
        for stream in (first, second):
            assert (await stream.change(10))["seq"] == seq + 1  # found by looking
        async with nodes[1].open("/boards/2") as newcomer:
            assert (await newcomer.named("snapshot"))["topic"] == "board/2"
            nats.start()
            for node in nodes:
                await until(lambda node=node: is_well(node), 15)
            await rename("with NATS", ticket=3)
            assert (await newcomer.change())["set"]["title"] == "with NATS"
        await rename("with NATS")
        for stream in (first, second):
            assert (await stream.change())["seq"] == seq + 2

    await until(lambda: readers_alone_listen(conn))


async def test_a_node_starts_without_nats_and_says_so(site: Site, nats: Nats, rename: Callable[..., Any]):
    nats.kill()
    site.start(ready=False, wakeups=nats.url, poll_s=0.5)
    async with site.open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        await rename("found by looking")
        assert (await stream.change())["seq"] == seq + 1
        part = (await parts(site))["nats"]
        nats.start()
        await until(lambda: is_well(site), 15)

    assert not part["ok"]
    assert "no connection" in part["detail"]
