"""The streams inside the product: composed with everything else, in several workers, apart from the API."""

import asyncio
import hashlib
import signal
import time

import httpx
import psycopg
import pytest

from tests import sse
from tests.product import Product
from tests.streams.conftest import Site

ADAS = {"Authorization": "Bearer llt_ada"}


@pytest.mark.parametrize("how", [(), ("--workers", "2"), ("--only", "streams")], ids=["alone", "workers", "streams"])
async def test_streams_work_and_end_well_however_they_are_served(
    site: Site, product: Product, conn: psycopg.AsyncConnection, how: tuple[str, ...]
):
    product.start(*how)
    streams = await asyncio.gather(
        *(sse.open_stream(f"{product.url}/streams?board=1&me=true", ADAS, timeout=30) for _ in range(20))
    )
    for stream in streams:
        assert {(await stream.named("snapshot", 20))["topic"] for _ in range(2)} == {"board/1", "user/1"}
        assert stream.headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in stream.headers

    await conn.execute("UPDATE ticket SET title = 'everywhere' WHERE id = 1")
    for stream in streams:
        assert (await stream.change(20))["set"]["title"] == "everywhere"
    async with httpx.AsyncClient(base_url=product.url, timeout=10) as client:
        ready = (await client.get("/health/ready")).json()
        metrics = (await client.get("/metrics")).text

    assert product.process
    product.process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    ends = await asyncio.gather(*(stream.end(15) for stream in streams))
    code = await asyncio.to_thread(product.process.wait, 20)

    assert ready["parts"]["listener"]["ok"] is True
    assert (
        sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("livelane_streams_open")) >= 20
    )
    assert {frames[-1].json()["reason"] for frames in ends} == {"restart"}
    assert code == 0
    assert time.monotonic() - asked < 8


async def test_a_session_cookie_of_the_product_opens_a_stream(
    site: Site, product: Product, conn: psycopg.AsyncConnection
):
    product.start()
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash) VALUES (1, %s)", (hashlib.sha256(b"lls_known").digest(),)
    )
    row = await (await conn.execute("SELECT instance FROM workspace")).fetchone()
    assert row

    async with sse.stream(f"{product.url}/streams?me=true", {"Cookie": f"livelane_{row[0]}=lls_known"}) as stream:
        assert (await stream.named("snapshot"))["topic"] == "user/1"
