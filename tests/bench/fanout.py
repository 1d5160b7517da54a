"""Fan-out: one event to thousands of streams, beside os.write in a loop over as many sockets."""

import contextlib
import socket
import statistics
import time
from collections.abc import Callable, Sequence

import msgspec

from tests.bench.crowd import Crowd, stream_request, timed
from tests.bench.machine import cpu_s, rss_bytes
from tests.bench.report import Figure
from tests.bench.site import Site, until

BETWEEN_S = 0.5  # events
DROPPED = 2  # first events, which warm up
LOOK_S = 0.25  # between two looks at memory that may still move
EVENT_S = 10.0  # for an event to reach everyone


class Spread(msgspec.Struct, frozen=True):
    """How one crowd was reached."""

    last_ms: float
    cpu_us: float  # of the server, per delivery
    missed: int


def measure(site: Site, readers: int, events: int) -> list[Figure]:
    """Return the fan-out's figures, 10-topic streams and memory included."""
    boards = [site.board(1) for _ in range(40)]
    tickets = {board: site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board) for board in boards}
    first = boards[0]
    one = [f"/streams/boards/{first}?after=now"] * readers
    same = ["/streams?" + "&".join(f"board={board}" for board in boards[:10]) + "&after=now"] * readers
    apart = [
        "/streams?" + "&".join(f"board={board}" for board in (first, *_others(boards, number))) + "&after=now"
        for number in range(readers)
    ]
    figures: list[Figure] = []
    floor = _floor(site, frame_of(site, first, tickets[first]), readers, events)
    plain = _product(site, one, tickets[first], events, figures)
    figures += [
        Figure(f"{readers} subscribers, one board: last delivery", plain.last_ms, "ms", "os.write loop", floor.last_ms,
               2.7, f"{plain.missed} missed"),
        Figure(f"{readers} subscribers, one board: CPU a delivery", plain.cpu_us, "µs", "os.write loop", floor.cpu_us,
               1.7),
    ]  # fmt: skip
    for name, paths in (("the same ten topics", same), ("ten topics, every set another", apart)):
        spread = _product(site, paths, tickets[first], events, None)
        figures += [
            Figure(f"{readers} subscribers, {name}: last delivery", spread.last_ms, "ms", "one topic", plain.last_ms,
                   1.5, f"{spread.missed} missed"),
            Figure(f"{readers} subscribers, {name}: CPU a delivery", spread.cpu_us, "µs", "one topic", plain.cpu_us,
                   1.5),
        ]  # fmt: skip
    return figures


def _product(site: Site, paths: Sequence[str], ticket: int, events: int, memory: list[Figure] | None) -> Spread:
    """Open a stream a path on a fresh product and fan events out; with `memory`, note what idle streams cost."""
    site.start()
    try:
        before = settled(site.pid)
        crowd = Crowd(site.address)
        requests = [stream_request(path, site.token) for path in paths]
        took, cpu = timed(site.pid, lambda: crowd.open(requests, b"event: heartbeat"))
        if memory is not None:
            idle = (settled(site.pid) - before) / len(crowd) / 1024
            memory += [
                Figure("memory of an idle stream", idle, "KiB", "goal", 16.0, 1.0),
                Figure("opening a stream: CPU", cpu / len(crowd) * 1e6, "µs", note=f"{len(crowd) / took:.0f}/s"),
            ]
        found = beats(crowd, site.pid, lambda beat: site.commit(ticket, f"Beat {beat}"), events)
        crowd.close()
        return found
    finally:
        site.product.stop()


def _floor(site: Site, frame: bytes, readers: int, events: int) -> Spread:
    path = site.folder / "frame"
    path.write_bytes(frame)
    with (
        site.beside("tests.bench.floor", str(path)) as (process, port),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell,
    ):
        crowd = Crowd(("127.0.0.1", port))
        crowd.open([stream_request("/", "none")] * readers, b": ok")

        def ring(beat: int) -> float:
            at = time.monotonic()
            bell.sendto(b"Beat %d" % beat, ("127.0.0.1", port))
            return at

        found = beats(crowd, process.pid, ring, events)
        crowd.close()
        return found


def beats(crowd: Crowd, pid: int, beat: Callable[[int], float], events: int) -> Spread:
    """Make events one after another; `beat` returns when it was sent off."""
    spreads: list[tuple[float, float]] = []
    missed = 0
    for number in range(events):
        crowd.idle(BETWEEN_S)
        before = cpu_s(pid)
        at = beat(number)
        heard = crowd.hear(1, EVENT_S).get(number, {})
        cpu = cpu_s(pid) - before
        missed += len(crowd) - len(heard)
        if number >= DROPPED:
            spreads.append((max(heard.values()) - at, cpu / len(crowd)))
    return Spread(
        last_ms=statistics.median(last for last, _ in spreads) * 1000,
        cpu_us=statistics.median(cpu for _, cpu in spreads) * 1e6,
        missed=missed,
    )


def frame_of(site: Site, board: int, ticket: int) -> bytes:
    """Return the chunk that the product sends for a beat, with MARK where the new title stands."""
    site.start()
    try:
        crowd = Crowd(site.address)
        crowd.open([stream_request(f"/streams/boards/{board}?after=now", site.token)], b"event: heartbeat")
        site.commit(ticket, "Beat 99")
        [one] = crowd.sockets.values()
        got = b""

        def came() -> bool:
            nonlocal got
            with contextlib.suppress(BlockingIOError):
                got += one.recv(65_536)
            return b"Beat 99" in got and got.endswith(b"\r\n")

        until(came, 5, "the frame of an event")
        crowd.close()
    finally:
        site.product.stop()
    return got.replace(b"Beat 99", b"MARK")


def settled(pid: int) -> int:
    """Return the resident memory once it has stopped to move."""
    last = rss_bytes(pid)
    for _ in range(40):
        time.sleep(LOOK_S)
        now = rss_bytes(pid)
        if abs(now - last) < 200_000:
            return now
        last = now
    return last


def _others(boards: Sequence[int], number: int) -> list[int]:
    """Return nine boards besides the first, another set for each number."""
    rest = boards[1:]
    start, step = number % len(rest), 1 + number // len(rest) % 37
    chosen: list[int] = []
    place = start
    while len(chosen) < 9:
        if rest[place % len(rest)] not in chosen:
            chosen.append(rest[place % len(rest)])
        place += step
        if place - start > step * len(rest):
            place += 1
    return sorted(chosen)
