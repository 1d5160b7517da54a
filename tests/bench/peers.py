"""Beside the best: the same event to as many streams through others' servers, one after the other in the same run."""

import contextlib
import socket
import statistics
import time
from collections.abc import Callable, Generator

import msgspec

from tests.bench.crowd import Crowd, stream_request, timed
from tests.bench.fanout import Spread, beats, frame_of, settled
from tests.bench.nchan import MISSING, is_there, nchan
from tests.bench.picture import Bar, Bars, picture
from tests.bench.report import Album, Figure
from tests.bench.site import Site

OURS, ANCHOR, FLOOR = "Livelane", "nginx + nchan", "os.write loop"
PYTHON = {
    "sse-starlette": ("sse-starlette", "a queue and a generator a reader; no log, resume or access"),
    "litestar": ("Litestar SSE", "the same with Litestar's ServerSentEvent; no log, resume or access"),
    "channels": ("Litestar channels", "its channels plugin, in memory; no log, resume or access"),
}  # fmt: skip
LACKS = {
    OURS: "each event committed, logged and numbered; resume, access, heartbeats",
    ANCHOR: "in C; the last ten messages in memory; no log, access or heartbeat",
    FLOOR: "finished bytes only; a reader that stops would stop it",
}


SAID = LACKS | dict(PYTHON.values())
ASPECTS = {  # field of Peer → its name, its unit, what ours may be of nchan's
    "last_ms": ("last delivery", "ms", 1.0),
    "cpu_us": ("CPU a delivery", "µs", 1.1),
    "memory_kib": ("memory of a stream", "KiB", 1.1),
    "open_us": ("opening a stream: CPU", "µs", 0.0),
}


class Peer(msgspec.Struct, frozen=True):
    """How one server did."""

    last_ms: float
    cpu_us: float  # per delivery
    memory_kib: float  # per stream
    open_us: float  # CPU to open a stream


Beat = Callable[[int], float]
Running = contextlib.AbstractContextManager[tuple[tuple[str, int], int, bytes, Beat]]


def measure(site: Site, readers: int, events: int, album: Album) -> list[Figure]:
    """Return the figures of all, ours first beside nchan's."""
    board = site.board(1)
    ticket = site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board)
    frame = frame_of(site, board, ticket)
    ways: dict[str, Callable[[], Running]] = {FLOOR: lambda: _floor(site, frame)}
    if is_there():
        ways[ANCHOR] = lambda: _nchan(site, frame, readers)
    else:
        print(MISSING)
    ways[OURS] = lambda: _product(site, board, ticket)
    for app, (name, _) in PYTHON.items():
        ways[name] = lambda app=app: _python(site, app, frame)
    # ours and nchan's twice, the other way round: a machine that grows slower meanwhile favours neither
    again = [name for name in (OURS, ANCHOR) if name in ways]
    runs: dict[str, list[Peer]] = {}
    for name in (*ways, *again):
        runs.setdefault(name, []).append(_run(ways[name](), readers, events))
    found = {name: _mean(those) for name, those in runs.items()}
    album.pictures["peers"] = draw(found, readers)
    album.tables["peers"] = table(found)
    return figures(found, readers)


def figures(found: dict[str, Peer], readers: int) -> list[Figure]:
    """Return four figures for each server, beside nchan's where it was there; the goals are ours alone."""
    anchor = found.get(ANCHOR)
    rows: list[Figure] = []
    for name in (OURS, *(name for name in found if name != OURS)):
        peer = found[name]
        for field, (what, unit, most) in ASPECTS.items():
            beside = {} if name == ANCHOR or anchor is None else {"beside": ANCHOR, "limit": getattr(anchor, field)}
            goal = most if name == OURS and anchor else 0.0
            note = SAID[name] if field == "last_ms" else ""
            rows.append(
                Figure(
                    f"{name}, {readers:,} streams: {what}", getattr(peer, field), unit, **beside, most=goal, note=note
                )
            )
    return rows


def table(found: dict[str, Peer]) -> str:
    """Return all of it as Markdown, a server a row."""
    anchor = found.get(ANCHOR)
    rows = [
        f"| | {' | '.join(what for what, _, _ in ASPECTS.values())} | what it does and does not |",
        "| --- " * (len(ASPECTS) + 2) + "|",
    ]
    for name in found:
        cells = [f"{getattr(found[name], field):,.3g} {unit}{_ratio(found[name], anchor, field)}"
                 for field, (_, unit, _) in ASPECTS.items()]  # fmt: skip
        shown = f"**{name}**" if name == OURS else name
        rows.append(f"| {shown} | {' | '.join(cells)} | {SAID[name]} |")
    return "\n".join(rows)


def draw(found: dict[str, Peer], readers: int) -> str:
    """Return the picture, a panel an aspect."""
    anchor = found.get(ANCHOR)
    panels: list[Bars] = []
    for field, (what, unit, _) in ASPECTS.items():
        bars = [
            Bar(
                name,
                getattr(peer, field),
                f"{getattr(peer, field):,.3g} {unit}{_ratio(peer, anchor, field)}",
                name == OURS,
            )
            for name, peer in found.items()
        ]
        panels.append(Bars(f"{what[0].upper()}{what[1:]}", bars))
    return picture(f"One event to {readers:,} streams", "Shorter is better; × is the ratio to nginx + nchan", panels)


def _ratio(peer: Peer, anchor: Peer | None, field: str) -> str:
    if anchor is None or peer is anchor:
        return ""
    return f" · {getattr(peer, field) / getattr(anchor, field):.2f}×"


def _mean(runs: list[Peer]) -> Peer:
    return Peer(*(statistics.fmean(getattr(run, field) for run in runs) for field in Peer.__struct_fields__))


def _run(running: Running, readers: int, events: int) -> Peer:
    with running as (address, pid, request, beat):
        before = settled(pid)
        crowd = Crowd(address)
        _, cpu = timed(pid, lambda: crowd.open([request] * readers, b"\r\n\r\n"))
        crowd.idle(1.0)
        memory = (settled(pid) - before) / readers / 1024
        spread: Spread = beats(crowd, pid, beat, events)
        assert not spread.missed, f"{spread.missed} deliveries are missing"
        crowd.close()
    return Peer(spread.last_ms, spread.cpu_us, memory, cpu / readers * 1e6)


@contextlib.contextmanager
def _product(site: Site, board: int, ticket: int) -> Generator[tuple[tuple[str, int], int, bytes, Beat]]:
    site.start()
    try:
        request = stream_request(f"/streams/boards/{board}?after=now", site.token)
        yield site.address, site.pid, request, lambda beat: site.commit(ticket, f"Beat {beat}")
    finally:
        site.product.stop()


@contextlib.contextmanager
def _floor(site: Site, frame: bytes) -> Generator[tuple[tuple[str, int], int, bytes, Beat]]:
    path = site.folder / "frame"
    path.write_bytes(frame)
    with (
        site.beside("tests.bench.floor", str(path)) as (process, port),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell,
    ):

        def ring(beat: int) -> float:
            at = time.monotonic()
            bell.sendto(b"Beat %d" % beat, ("127.0.0.1", port))
            return at

        yield ("127.0.0.1", port), process.pid, stream_request("/", "none"), ring


@contextlib.contextmanager
def _nchan(site: Site, frame: bytes, readers: int) -> Generator[tuple[tuple[str, int], int, bytes, Beat]]:
    with (
        nchan(site.folder / "nchan", site.server_core, readers) as (pid, port),
        _publisher(port, frame) as publish,
    ):
        yield ("127.0.0.1", port), pid, stream_request("/sub", "none"), publish


@contextlib.contextmanager
def _python(site: Site, app: str, frame: bytes) -> Generator[tuple[tuple[str, int], int, bytes, Beat]]:
    with site.beside("tests.bench.peer_apps", app) as (process, port), _publisher(port, frame) as publish:
        yield ("127.0.0.1", port), process.pid, stream_request("/sub", "none"), publish


@contextlib.contextmanager
def _publisher(port: int, frame: bytes) -> Generator[Beat]:
    """Give a function that POSTs the data of our frame over a connection that stays open, and says when."""
    [data] = [line[6:] for line in frame.split(b"\n") if line.startswith(b"data: ")]
    kept: socket.socket | None = None

    def publish(beat: int) -> float:
        nonlocal kept
        if kept is None:  # only now: a server may close what idles while thousands of streams open
            kept = socket.create_connection(("127.0.0.1", port), 5)
            kept.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = data.replace(b"MARK", b"Beat %d" % beat)
        kept.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            assert kept.recv(65_536), "the publisher's connection was closed"  # the answer to the one before
        kept.setblocking(True)
        at = time.monotonic()
        kept.sendall(b"POST /pub HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        return at

    try:
        yield publish
    finally:
        if kept:
            kept.close()
