"""Through real proxies that buffer and compress unless they are told not to."""

import os
import shutil
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import sse
from tests.streams.conftest import Site, until
from tests.streams.proxies import FRONTS

pytestmark = pytest.mark.proxy

ASKS = {"Authorization": "Bearer llt_ada", "Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.fixture(params=FRONTS)
def through(running: Site, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The site's address through one of the proxies."""
    front, program = FRONTS[request.param]
    if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip(f"{program} is not installed")
    with front(running.url, tmp_path / "front") as url:
        yield url


async def test_first_byte_and_events_pass_at_once_and_uncompressed(
    running: Site, through: str, rename: Callable[..., Any]
):
    delays: list[float] = []
    async with running.open("/boards/1") as direct, sse.stream(f"{through}/streams/boards/1", ASKS) as proxied:
        assert proxied.status == 200, proxied.body
        await direct.named("snapshot")
        first = await proxied.next()
        for n in range(15):
            await rename(f"title {n}")
            straight, around = await direct.next(), await proxied.next()
            assert straight.json() == around.json()
            delays.append(around.at - straight.at)

    assert first.event == "snapshot"
    assert first.at - proxied.opened_at < 1
    assert proxied.headers["content-type"] == "text/event-stream"
    assert "content-encoding" not in proxied.headers
    assert "no-transform" in proxied.headers["cache-control"]
    assert statistics.median(delays) < 0.1


async def test_who_leaves_behind_a_proxy_is_gone_and_resumes(running: Site, through: str, rename: Callable[..., Any]):
    async with sse.stream(f"{through}/streams/boards/1", ASKS) as stream:
        cursor = (await stream.next()).id

    async def gone() -> bool:
        await rename(f"moved {os.urandom(4).hex()}")  # some proxies notice when they have something to pass on
        return (await running.inside())["streams"] == 0

    await until(gone, 10)
    await rename("the last")
    async with sse.stream(f"{through}/streams/boards/1", ASKS | {"Last-Event-ID": cursor}) as stream:
        change = await stream.change()
        last = int(cursor.rpartition("=")[2])
        while change["set"]["title"] != "the last":
            assert change["seq"] == last + 1
            last += 1
            change = await stream.change()


async def test_goodbyes_pass_and_the_body_ends_cleanly(running: Site, through: str):
    async with sse.stream(f"{through}/streams/boards/1", ASKS) as stream:
        await stream.named("snapshot")

        running.close()
        frames = await stream.end(10)

    assert frames[-1].json()["reason"] == "restart"
