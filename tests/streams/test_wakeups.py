"""From a write by REST to streams of the same process and of others, and what is lost on the way."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests import sse
from tests.product import Product
from tests.streams.conftest import Site, sessions, until

ADAS = {"Authorization": "Bearer llt_ada"}


@pytest.fixture
def streams(database_url: str, tmp_path: Path) -> Iterator[Product]:
    """Another process, for streams alone."""
    with Product(database_url, tmp_path / "streams.log") as streams:
        streams.start("--only", "streams")
        yield streams


async def rename(product: Product, title: str) -> None:
    async with httpx.AsyncClient(base_url=product.url, headers=ADAS) as client:
        answer = await client.patch("/api/tickets/1", json={"title": title})
    assert answer.status_code == 200


async def metric(product: Product, name: str) -> float:
    async with httpx.AsyncClient(base_url=product.url) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.partition("{")[0].split()[0] == name)


async def test_a_write_reads_the_log_once_for_the_streams_of_its_own_process(
    site: Site, serve: Product, conn: psycopg.AsyncConnection
):
    async with sse.stream(f"{serve.url}/streams/boards/1", ADAS) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        reads = await metric(serve, "livelane_streams_reads_total")
        for n in range(1, 11):
            sent = await metric(serve, "livelane_rings_sent_total")
            await rename(serve, f"title {n}")
            assert (await stream.change())["seq"] == seq + n

            async def is_announced(sent: float = sent) -> bool:
                return await metric(serve, "livelane_rings_sent_total") > sent

            await until(is_announced)
        await conn.execute("UPDATE ticket SET title = 'SQL' WHERE id = 1")
        assert (await stream.change())["seq"] == seq + 11  # notifications come in order: the ten before were heard

    assert await metric(serve, "livelane_streams_reads_total") == reads + 11


async def test_a_write_of_one_process_is_heard_by_another_and_so_is_sql(
    site: Site, product: Product, streams: Product, conn: psycopg.AsyncConnection
):
    product.start("--only", "api")
    async with sse.stream(f"{streams.url}/streams/boards/1", ADAS) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        for n in range(1, 21, 2):
            await rename(product, f"by REST {n}")
            assert (await stream.change(1))["seq"] == seq + n
            await conn.execute("UPDATE ticket SET title = %s WHERE id = 1", (f"by SQL {n}",))
            assert (await stream.change(1))["seq"] == seq + n + 1

    assert await metric(streams, "livelane_poll_found_total") == 0


@pytest.mark.slow
async def test_a_process_killed_between_commit_and_notification_leaves_the_change_to_be_found(
    site: Site, product: Product, streams: Product, conn: psycopg.AsyncConnection, admin_url: str
):
    product.start("--only", "api")
    async with sse.stream(f"{streams.url}/streams/boards/1", ADAS) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        with psycopg.connect(admin_url, autocommit=True) as admin:
            bells: list[int] = []

            async def there_is_one() -> bool:
                bells[:] = await sessions(conn, "livelane bell")
                return len(bells) == 1

            await until(there_is_one)
            os.kill(bells[0], signal.SIGSTOP)
            try:
                await rename(product, "never announced")
                product.kill()
                admin.execute("SELECT pg_terminate_backend(%s)", bells)
            finally:
                os.kill(bells[0], signal.SIGCONT)
        change = await stream.change(10)

    assert (change["seq"], change["set"]["title"]) == (seq + 1, "never announced")
    assert await metric(streams, "livelane_poll_found_total") == 1
