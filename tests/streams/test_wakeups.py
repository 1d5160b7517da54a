"""From a write by REST to streams of the same process and of others, and what is lost on the way."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests import sse
from tests.product import Product
from tests.streams.conftest import Site

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


async def test_a_write_reads_the_log_once_for_the_streams_of_its_own_process(site: Site, serve: Product):
    async with sse.stream(f"{serve.url}/streams/boards/1", ADAS) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        reads = await metric(serve, "livelane_streams_reads_total")
        for n in range(1, 11):
            await rename(serve, f"title {n}")
            assert (await stream.change())["seq"] == seq + n
            await asyncio.sleep(0.02)  # for the notification, which says nothing new

        assert await metric(serve, "livelane_rings_sent_total") >= 10
        assert await metric(serve, "livelane_streams_reads_total") == reads + 10


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
            row = admin.execute(
                """
                SELECT pid FROM pg_stat_activity
                 WHERE application_name = 'livelane bell' AND datname = current_database()
                """
            ).fetchone()
            assert row
            os.kill(row[0], signal.SIGSTOP)
            try:
                await rename(product, "never announced")
                product.kill()
                admin.execute("SELECT pg_terminate_backend(%s)", row)
            finally:
                os.kill(row[0], signal.SIGCONT)
        change = await stream.change(10)

    assert (change["seq"], change["set"]["title"]) == (seq + 1, "never announced")
    assert await metric(streams, "livelane_poll_found_total") == 1
