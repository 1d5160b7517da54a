"""Ten thousand streams on one worker: they open, they fit, their heartbeats come, one event reaches all."""

import time

from tests.bench.crowd import Crowd, stream_request, timed
from tests.bench.fanout import beats, settled
from tests.bench.report import Figure
from tests.bench.site import Site

PROMISED_S = 10.0  # between two frames on a quiet stream
WATCHED_S = 25.0


def measure(site: Site, readers: int, events: int) -> list[Figure]:
    """Return the figures of so many streams of one board on one worker."""
    board = site.board(1)
    ticket = site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board)
    site.start()
    try:
        before = settled(site.pid)
        crowd = Crowd(site.address)
        request = stream_request(f"/streams/boards/{board}?after=now", site.token)
        took, cpu = timed(site.pid, lambda: crowd.open([request] * readers, b"event: heartbeat"))
        after = settled(site.pid)
        (gap, silent), beating = _quiet(crowd, site.pid)
        spread = beats(crowd, site.pid, lambda beat: site.commit(ticket, f"Beat {beat}"), events)
        assert not crowd.ended, f"{len(crowd.ended)} streams ended"
        crowd.close()
    finally:
        site.product.stop()
    name = f"{readers:,} streams, one worker"
    return [
        Figure(f"{name}: memory of one", (after - before) / readers / 1024, "KiB", "goal", 16.0, 1.0,
               f"the process {after / 1e6:.0f} MB"),
        Figure(f"{name}: all open after", took, "s",
               note=f"{readers / took:,.0f}/s, {cpu / readers * 1e6:.0f} µs CPU each"),
        Figure(f"{name}: longest wait for a heartbeat", gap, "s", "promised", PROMISED_S, 1.0,
               f"{silent} silent; all heartbeats {beating:.1%} of a core"),
        Figure(f"{name}: last delivery", spread.last_ms, "ms", note=f"{spread.missed} missed"),
        Figure(f"{name}: CPU a delivery", spread.cpu_us, "µs"),
    ]  # fmt: skip


def _quiet(crowd: Crowd, pid: int) -> tuple[tuple[float, int], float]:
    """Watch while nothing is written; return the longest gap of all, how many said nothing, and the CPU share."""
    began = time.monotonic()
    heard = dict.fromkeys(crowd.sockets, began)
    longest = 0.0

    def watch() -> None:
        nonlocal longest
        while (now := time.monotonic()) < began + WATCHED_S:
            for fd, _ in crowd.epoll.poll(0.5, 2048):
                if crowd.sockets[fd].recv(65_536):
                    longest = max(longest, now - heard[fd])
                    heard[fd] = now
                else:
                    crowd.epoll.unregister(fd)
                    crowd.ended.add(fd)

    took, cpu = timed(pid, watch)
    ended = time.monotonic()
    longest = max(longest, *(ended - at for at in heard.values()))
    return (longest, sum(at == began for at in heard.values())), cpu / took
