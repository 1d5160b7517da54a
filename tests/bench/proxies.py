"""What each proxy adds to an event's way, in our configuration, beside a stream past it that gets the same events."""

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Generator

from tests import sse
from tests.bench.latency import DROPPED, write
from tests.bench.report import Figure
from tests.bench.site import Site, percentile
from tests.proxies.certificate import make_certificate
from tests.proxies.fronts import KINDS, front, is_there, ours

GOAL_MS = 20.0  # more at p99


def measure(site: Site, writes: int) -> list[Figure]:
    """Return what each proxy that is installed adds."""
    board = site.board(1)
    ticket = site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board)
    certificate = make_certificate(site.folder)
    figures: list[Figure] = []
    site.start()
    try:
        for kind in KINDS:
            if not is_there(kind):
                continue
            with (
                _trust(str(certificate.trusted)),
                front(kind, ours(kind), [site.product.port], site.folder / kind, certificate) as proxy,
            ):
                ways = (site.product.url, proxy.url)
                near, far = asyncio.run(_delays(site, ways, board, ticket, writes))
            how = f"{kind}{', TLS' if proxy.is_secure else ''}"
            p50, p99 = ([percentile(delays, share) * 1000 for delays in (near, far)] for share in (0.5, 0.99))
            figures.append(Figure(f"commit → subscriber through {how}: p50", p50[1], "ms", "past it", p50[0]))
            more, note = p99[1] - p99[0], f"{p99[1]:.2f} ms through it, {p99[0]:.2f} past it"
            figures.append(Figure(f"… through {how}: more at p99", more, "ms", "goal", GOAL_MS, 1.0, note))
    finally:
        site.product.stop()
    return figures


async def _delays(
    site: Site, ways: tuple[str, str], board: int, ticket: int, writes: int
) -> tuple[list[float], list[float]]:
    """Return how long after its COMMIT each event came past the proxy and through it, in seconds."""
    ours, theirs = multiprocessing.Pipe()
    writer = multiprocessing.get_context("spawn").Process(target=write, args=(site.url, ticket, writes, theirs))
    async with contextlib.AsyncExitStack() as stack:
        headers = {"Authorization": f"Bearer {site.token}"}
        at = [f"{url}/streams/boards/{board}?after=now" for url in ways]
        streams = [await stack.enter_async_context(sse.stream(url, headers)) for url in at]
        for stream in streams:
            await stream.next()  # the heartbeat that says from where
        writer.start()
        await asyncio.to_thread(ours.recv)
        ours.send("go")
        near, far = await asyncio.gather(*(_arrivals(stream, writes) for stream in streams))
        sent: list[float] = await asyncio.to_thread(ours.recv)
        await asyncio.to_thread(writer.join, 10)
    kept = range(DROPPED, writes)
    return [near[n] - sent[n] for n in kept], [far[n] - sent[n] for n in kept]


async def _arrivals(stream: sse.Stream, writes: int) -> list[float]:
    """When each of the writer's events was here."""
    times: list[float] = []
    while len(times) < writes:
        frame = await stream.next(10)
        if frame.event == "message":
            times.append(frame.at)
    return times


@contextlib.contextmanager
def _trust(file: str) -> Generator[None]:
    known = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = file
    try:
        yield
    finally:
        if known is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = known
