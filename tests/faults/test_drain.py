"""F25, F26: a thousand open streams when the server is told to stop, and a thousand that come back at once."""

import asyncio
import resource
import time

import pytest

from tests import sse
from tests.conformance.site import Board, Person, add_ticket
from tests.product import Product

STREAMS = 1000


@pytest.mark.slow
async def test_a_thousand_streams_are_told_and_come_back_without_a_loss(serve: Product, ada: Person, board: Board):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * STREAMS)), hard))
    headers = {"Authorization": f"Bearer {ada.token}"}

    async def open_all(cursors: list[str]) -> list[sse.Stream]:
        opened: list[sse.Stream] = []
        for at in range(0, len(cursors), 100):
            opened += await asyncio.gather(
                *(
                    sse.open_stream(serve.url + board.stream, headers | ({"Last-Event-ID": c} if c else {}), timeout=30)
                    for c in cursors[at : at + 100]
                )
            )
        return opened

    streams = await open_all([""] * STREAMS)
    assert {stream.status for stream in streams} == {200}
    await asyncio.gather(*(stream.named("snapshot", 20) for stream in streams))

    def stop() -> float:
        """End the server and say how long it took, whatever our own reading takes."""
        began = time.monotonic()
        assert serve.stop() == 0
        return time.monotonic() - began

    stopping = asyncio.create_task(asyncio.to_thread(stop))
    farewells = await asyncio.gather(*(stream.end(30) for stream in streams))
    took_s = await stopping

    assert took_s < 5, f"{took_s:.1f} s to say goodbye to {STREAMS}"
    byes = [frame.json() for frames in farewells for frame in frames if frame.event == "bye"]
    assert [bye["reason"] for bye in byes] == ["restart"] * STREAMS
    assert len({stream.retries[-1] for stream in streams}) > 20, "they would all come back in the same moment"

    await asyncio.to_thread(serve.start)
    began = time.monotonic()
    again = await open_all([stream.cursor for stream in streams])
    assert {stream.status for stream in again} == {200}
    back_s = time.monotonic() - began
    await add_ticket(ada, board, "for all")
    events = await asyncio.gather(*(stream.change(20) for stream in again))
    for stream in (*streams, *again):
        stream.abort()

    assert {event["seq"] for event in events} == {board.seq + 1}
    assert back_s < 20  # most of it is our own; `just bench comeback` has the figures of five thousand
