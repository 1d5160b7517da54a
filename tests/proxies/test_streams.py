"""Streams through real proxies: at once, in order, whole; resumed, idle, ended, and left."""

import asyncio
import os
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests import sse
from tests.conformance.site import Board, Person, add_ticket
from tests.product import Product
from tests.proxies.conftest import Fronts, Way, through
from tests.proxies.curl import curl, next_data
from tests.proxies.fronts import Front

BROWSER = [("Accept-Encoding", "gzip, deflate, br, zstd")]
SLOW = {Way("haproxy", "ordinary"): 0.35}  # it waits 200 ms for more to come, unless it is told otherwise
HIDES_A_KILLED_SERVER = {Way("vite", "ordinary"), Way("vite-preview", "ordinary")}
IDLE_S = float(os.environ.get("LIVELANE_TEST_IDLE_S", "11"))  # 300 finds limits that heartbeats do not hold off


async def test_each_event_comes_at_once_by_itself_in_order_and_uncompressed_f40_f41(
    front: Front, way: Way, ada: Person, board: Board
):
    ticket = await add_ticket(ada, board)
    delays: list[float] = []
    async with (
        ada.stream(board.stream) as direct,
        through(front, ada).stream(board.stream, headers=BROWSER) as proxied,
    ):
        assert proxied.status == 200, proxied.body
        await direct.named("snapshot")
        first = await proxied.next()
        for n in range(10):  # the next is written when this one has come
            await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"title": f"title {n}"})
            straight, around = await direct.next(), await proxied.next()
            assert straight.json() == around.json()
            delays.append(around.at - straight.at)
        async with ada.site.sql() as sql:
            for n in range(60):
                await sql.execute(
                    "UPDATE ticket SET description = repeat('x', 3000) || %s WHERE id = %s", (str(n), ticket["id"])
                )
        burst = [(await proxied.change())["seq"] for _ in range(60)]

    assert first.event == "snapshot"
    assert first.at - proxied.opened_at < 1
    assert burst == list(range(burst[0], burst[0] + 60))
    assert proxied.headers["content-type"] == "text/event-stream"
    assert "content-encoding" not in proxied.headers
    assert "content-length" not in proxied.headers
    assert "no-transform" in proxied.headers["cache-control"]
    assert sorted(delays)[2] < SLOW.get(way, 0.1), delays


async def test_who_leaves_is_gone_upstream_and_resumes_with_what_was_missed(fronts: Fronts, ada: Person, board: Board):
    everywhere = fronts.all()
    streams = {way: await _open(front, ada, board) for way, front in everywhere.items()}
    cursors = {way: stream.cursor for way, stream in streams.items()}
    for stream in streams.values():
        stream.abort()

    missed: list[str] = []
    async with asyncio.timeout(30):
        while await _open_streams(ada):  # some proxies notice when they have something to pass on
            missed.append(f"missed {len(missed)}")
            await add_ticket(ada, board, missed[-1])
            await asyncio.sleep(0.1)
    missed.append("the last")
    await add_ticket(ada, board, missed[-1])

    for way, front in everywhere.items():
        async with through(front, ada).stream(board.stream, cursor=cursors[way]) as stream:
            assert [(await stream.change())["set"]["title"] for _ in missed] == missed, way
        async with through(front, ada).stream(f"{board.stream}?after={cursors[way]}") as stream:
            assert (await stream.change())["seq"] == board.seq + 1, way


async def test_goodbyes_pass_every_proxy_and_everybody_is_back_soon(fronts: Fronts, ada: Person, board: Board):
    everywhere = fronts.all()
    streams = {way: await _open(front, ada, board) for way, front in everywhere.items()}
    async with AsyncExitStack() as stack:
        over_h2: dict[Way, Process] = {}
        for way in everywhere:
            if everywhere[way].is_secure:
                asks = ("-H", f"Authorization: Bearer {ada.token}", everywhere[way].url + board.stream)
                over_h2[way] = await stack.enter_async_context(curl(fronts.certificate, *asks))
                await next_data(over_h2[way])

        async with ended(fronts.product, fronts.product.stop):
            ends = {way: await stream.end(10) for way, stream in streams.items()}
            ends_h2 = {way: await asyncio.wait_for(process.wait(), 10) for way, process in over_h2.items()}
    back = await _come_back(everywhere, ada, board, {way: stream.cursor for way, stream in streams.items()})

    assert {way: frames[-1].json()["reason"] for way, frames in ends.items() if frames} == dict.fromkeys(
        everywhere, "restart"
    )
    assert ends_h2 == dict.fromkeys(over_h2, 0)  # curl says otherwise when a stream was cut
    assert {way: seconds for way, seconds in back.items() if seconds > 5} == {}


async def test_a_killed_server_is_noticed_through_every_proxy_and_everybody_is_back_f44_f45(
    fronts: Fronts, ada: Person, board: Board
):
    everywhere = fronts.all()
    streams = {way: await _open(front, ada, board) for way, front in everywhere.items()}

    async with ended(fronts.product, fronts.product.kill):
        noticed = dict(zip(streams, await asyncio.gather(*(_ends(stream) for stream in streams.values())), strict=True))
        refused = dict(zip(everywhere, await asyncio.gather(*map(_status, everywhere.values())), strict=True))
    back = await _come_back(everywhere, ada, board, {way: stream.cursor for way, stream in streams.items()})
    for stream in streams.values():
        stream.abort()

    assert {way for way, did in noticed.items() if not did} == HIDES_A_KILLED_SERVER  # what the doctor's `cut` says
    assert set(refused.values()) <= {500, 502, 503}, refused
    assert {way: seconds for way, seconds in back.items() if seconds > 5} == {}


@pytest.mark.timeout(IDLE_S + 300)
async def test_a_silent_stream_stays_open_through_every_proxy_f42(fronts: Fronts, ada: Person, board: Board):
    streams = {way: await _open(front, ada, board) for way, front in fronts.all().items()}

    await asyncio.gather(*(_sit(stream, IDLE_S) for stream in streams.values()))
    await add_ticket(ada, board, "after the silence")
    last = {way: (await stream.change())["set"]["title"] for way, stream in streams.items()}
    for stream in streams.values():
        stream.abort()

    assert set(last.values()) == {"after the silence"}


@asynccontextmanager
async def ended(product: Product, end: Callable[[], object]) -> AsyncIterator[None]:
    """End the product for the block; whatever happens in it, the other tests find it running."""
    try:
        await asyncio.to_thread(end)
        yield
    finally:
        await asyncio.to_thread(product.start)


async def _open(front: Front, person: Person, board: Board, cursor: str | None = None) -> sse.Stream:
    headers = {"Authorization": f"Bearer {person.token}"} | ({"Last-Event-ID": cursor} if cursor else {})
    stream = await sse.open_stream(front.url + board.stream, headers)
    if cursor is None:
        await stream.named("snapshot")
    return stream


async def _ends(stream: sse.Stream) -> bool:
    """Whether the body ends within two seconds."""
    try:
        while True:
            await stream.next(2)
    except sse.Ended:
        return True
    except TimeoutError:
        return False


async def _come_back(
    everywhere: dict[Way, Front], person: Person, board: Board, cursors: dict[Way, str]
) -> dict[Way, float]:
    """Write something and resume through every proxy, trying as a client does; return how long each took."""
    began = time.monotonic()
    change = await add_ticket(person, board, "meanwhile")

    async def resume(way: Way) -> float:
        while True:
            try:
                stream = await _open(everywhere[way], person, board, cursors[way])
            except (ConnectionError, TimeoutError):
                stream = None
            if stream and stream.status == 200:
                told = await stream.change()
                stream.abort()
                assert told["id"] == change["id"], (way, told)
                return time.monotonic() - began
            if stream:
                stream.abort()
            await asyncio.sleep(0.25)

    async with asyncio.timeout(75):
        return dict(zip(everywhere, await asyncio.gather(*(resume(way) for way in everywhere)), strict=True))


async def _sit(stream: sse.Stream, seconds: float) -> None:
    """Watch for heartbeats, at most ten seconds apart, and nothing else."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            frame = await stream.next(min(left, 10))
        except TimeoutError:
            assert left <= 10, "no heartbeat for 10 s"
            return
        assert frame.event == "heartbeat"


async def _status(front: Front) -> int:
    async with httpx.AsyncClient(timeout=20) as client:
        return (await client.get(f"{front.url}/api/boards")).status_code


async def _open_streams(person: Person) -> int:
    text = (await person.call("GET", "/metrics")).text
    return sum(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith("livelane_streams_open "))
