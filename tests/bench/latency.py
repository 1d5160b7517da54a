"""From COMMIT to the subscribers at 20 writes a second, beside a bare listener that writes to as many sockets."""

import multiprocessing
import time
from multiprocessing.connection import Connection

import psycopg

from tests.bench.crowd import Crowd, stream_request
from tests.bench.fanout import frame_of
from tests.bench.picture import Line, Lines, picture
from tests.bench.report import Album, Figure
from tests.bench.site import Site, percentile

PER_S = 20
DROPPED = 10  # first writes, which warm up
GOALS = {1: 10.0, 100: 20.0, 1000: 25.0}  # ms, p99


def measure(site: Site, writes: int, album: Album) -> list[Figure]:
    """Return p50 and p99 for 1, 100 and 1,000 subscribers."""
    board = site.board(1)
    ticket = site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board)
    frame = site.folder / "frame"
    frame.write_bytes(frame_of(site, board, ticket))
    found: dict[int, list[float]] = {}
    bare: dict[int, list[float]] = {}
    for readers in GOALS:
        with site.beside("tests.bench.floor", str(frame), site.url) as (_, port):
            floor = Crowd(("127.0.0.1", port))
            floor.open([stream_request("/", "none")] * readers, b": ok")
            bare[readers] = delays(site, floor, ticket, writes)
        site.start()
        try:
            crowd = Crowd(site.address)
            request = stream_request(f"/streams/boards/{board}?after=now", site.token)
            crowd.open([request] * readers, b"event: heartbeat")
            found[readers] = delays(site, crowd, ticket, writes)
        finally:
            site.product.stop()
    album.pictures["latency"] = draw(found, bare)
    figures: list[Figure] = []
    for readers, goal in GOALS.items():
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            value = percentile(found[readers], share) * 1000
            least = percentile(bare[readers], share) * 1000
            what = f"commit → subscriber, {PER_S} writes/s, {readers:,} subscribers: {name}"
            if name == "p99":
                figures.append(Figure(what, value, "ms", "goal", goal, 1.0, f"bare listener {least:.2f} ms"))
            else:
                figures.append(Figure(what, value, "ms", "bare listener", least))
    return figures


def draw(found: dict[int, list[float]], bare: dict[int, list[float]]) -> str:
    """Return the picture of both distributions, a panel for each number of subscribers."""
    shares = [number / 100 for number in range(1, 100)]
    ticks = [0.01, 0.25, 0.5, 0.75, 0.99]

    def line(label: str, delays: list[float], ours: bool) -> Line:
        return Line(label, [(share, percentile(delays, share) * 1000) for share in shares], ours, dots=False)

    return picture(
        "From COMMIT to the subscriber",
        f"{PER_S} writes a second; all deliveries in the order of their delay, in ms",
        [
            Lines(f"{readers:,} subscriber{'s' * (readers > 1)}", "of all deliveries",
                  [line("Livelane", found[readers], True), line("bare listener", bare[readers], False)],
                  ticks=ticks, labels=["1 %", "25 %", "50 %", "75 %", "99 %"])
            for readers in found
        ],
    )  # fmt: skip


def delays(site: Site, crowd: Crowd, ticket: int, writes: int) -> list[float]:
    """Return how long after its COMMIT each event reached each subscriber, in seconds; closes the crowd."""
    crowd.idle(0.3)
    ours, theirs = multiprocessing.Pipe()
    writer = multiprocessing.get_context("spawn").Process(target=write, args=(site.url, ticket, writes, theirs))
    writer.start()
    assert ours.recv() == "ready"
    ours.send("go")
    heard = crowd.hear(writes, writes / PER_S + 10)
    sent: list[float] = ours.recv()
    writer.join(10)
    missed = sum(len(crowd) - len(heard.get(number, {})) for number in range(1, writes + 1))
    assert not missed, f"{missed} deliveries to {len(crowd)} subscribers are missing"
    crowd.close()
    return [
        max(moment - sent[number - 1], 0.0)
        for number in range(DROPPED + 1, writes + 1)
        for moment in heard[number].values()
    ]


def write(url: str, ticket: int, writes: int, pipe: Connection) -> None:
    """Commit "Beat 1", "Beat 2" … in a process of its own, and say at the end when each COMMIT was sent."""
    with psycopg.connect(url, autocommit=True) as conn:
        pipe.send("ready")
        pipe.recv()
        sent: list[float] = []
        due = time.monotonic()
        for number in range(1, writes + 1):
            due += 1 / PER_S
            time.sleep(max(0.0, due - time.monotonic()))
            with conn.transaction():
                conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"Beat {number}", ticket))
                conn.execute("SELECT number_now()")
                sent.append(time.monotonic())
        pipe.send(sent)
