"""The ways to the socket: uvicorn's quick one, and the one that any ASGI server has."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from streams import wire
from tests.streams.conftest import Site


@pytest.fixture(params=["httptools", "h11"])
def either(site: Site, request: pytest.FixtureRequest) -> Site:
    """The site, not started, under both of uvicorn's HTTP implementations; only the first has the quick way."""
    site.http = request.param
    return site


async def test_both_ways_give_the_same_stream(either: Site, rename: Callable[..., Any]):
    either.start_here(heartbeat_s=0.5, rotate_s=(5.0, 5.0), overlap_s=0.1)
    async with either.open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        for n in range(20):
            await rename(f"title {n}")
            assert (await stream.change())["seq"] == seq + n + 1
        assert (await stream.named("heartbeat"))["seq"] == {"board/1": seq + 20}
        frames = await stream.end(10)

    assert [frame.json()["reason"] for frame in frames if frame.event != "heartbeat"] == ["rotate"]
    assert stream.is_clean


async def test_a_reader_that_pauses_is_pulled_along_on_both(either: Site, conn: Any):
    either.start_here(heartbeat_s=0.5, send_timeout_s=90.0, silence_s=90.0)
    async with either.open("/boards/1", receive_buffer_bytes=4096) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        for n in range(200):
            await conn.execute("UPDATE ticket SET description = %s WHERE id = 1", (f"{n}{'x' * 4000}",))
        got = 0
        while got < 200:
            frame = await stream.next()
            if frame.event == "message":
                got += 1
                assert frame.json()["seq"] == seq + got


async def test_a_send_that_waits_can_be_finished_later():
    gate = asyncio.Event()
    done: list[str] = []

    async def send(message: str) -> None:
        await gate.wait()
        await asyncio.sleep(0)
        done.append(message)

    sending = send("late")
    waits_for = wire.step(sending)
    assert waits_for is not None
    finishing = asyncio.ensure_future(_finish(sending, waits_for))
    await asyncio.sleep(0)
    assert done == []
    gate.set()
    await finishing

    assert done == ["late"]


async def test_a_send_that_never_ends_can_be_given_up():
    left: list[str] = []

    async def send() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.append("cleanly")

    sending = send()
    waits_for = wire.step(sending)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await wire.finish(sending, waits_for)

    assert left == ["cleanly"]


async def _finish(sending: Any, waits_for: Any) -> None:
    await wire.finish(sending, waits_for)
