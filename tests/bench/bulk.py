"""Large things: the snapshot of a big board, one UPDATE of very many tickets."""

import statistics
import time

import httpx
import msgspec
import psycopg

from tests.bench.machine import cpu_s
from tests.bench.picture import Line, Lines, picture
from tests.bench.report import Album, Figure
from tests.bench.site import Site

SNAPSHOT = 5_000
UPDATE = 20_000


def measure(site: Site, times: int) -> list[Figure]:
    """Return the figures."""
    return [*_snapshot(site, times), *_update(site, min(times, 5))]


class Snapshots(msgspec.Struct, frozen=True):
    """What reading one board took, medians in ms."""

    tickets: int
    sql_ms: float  # the function alone
    sql_cpu_ms: float
    rest_ms: dict[str, float]  # by encoding
    size: dict[str, int]  # bytes, by encoding


def growth(site: Site, sizes: list[int], times: int, album: Album) -> list[Figure]:
    """Return what a snapshot takes at each size."""
    found = [read(site, size, times) for size in sizes]
    lines = [
        Line("REST", [(one.tickets, one.rest_ms["identity"]) for one in found], texts=True),
        Line("the SQL function alone", [(one.tickets, one.sql_ms) for one in found], ours=False),
    ]
    kib = [
        Line(name, [(one.tickets, one.size[name] / 1024) for one in found], name == "gzip") for name in found[0].size
    ]
    ticks = [size for size in sizes if size >= sizes[-1] / 25]  # the others are too near
    album.pictures["snapshot"] = picture(
        "A larger board",
        "Reading a whole board; it changes between any two reads, so nothing kept can answer",
        [Lines("Snapshot, ms", "tickets", lines, ticks=ticks), Lines("Snapshot, KiB", "tickets", kib, ticks=ticks)],
    )
    return [
        Figure(f"snapshot of {one.tickets:,} tickets", one.rest_ms["identity"], "ms", "the SQL function alone",
               one.sql_ms, note=f"{one.size['identity'] / 1024:,.0f} KiB, gzip {one.size['gzip'] / 1024:,.0f}")
        for one in found
    ]  # fmt: skip


def _snapshot(site: Site, times: int) -> list[Figure]:
    one = read(site, SNAPSHOT, times)
    return [
        Figure(f"snapshot of {SNAPSHOT:,} tickets, {encoding}", took, "ms", "goal", 80.0, 1.0,
               f"the SQL function alone {one.sql_ms:.0f} ms, {one.sql_cpu_ms:.0f} ms CPU; "
               f"{one.size[encoding] / 1e6:.2f} MB")
        for encoding, took in one.rest_ms.items()
    ]  # fmt: skip


def read(site: Site, tickets: int, times: int) -> Snapshots:
    """Make a board of so many tickets and read it so often, by SQL and over REST."""
    board = site.board(tickets)
    site.conn.execute("VACUUM ANALYZE ticket")
    bare: list[float] = []
    spent = _backend_cpu_s(site)
    for _ in range(times):
        began = time.monotonic()
        site.value("SELECT state FROM topic_snapshot(%s, 'bench')", f"board/{board}")
        bare.append(time.monotonic() - began)
    spent = (_backend_cpu_s(site) - spent) / times * 1000
    site.start()
    try:
        found: dict[str, list[float]] = {"identity": [], "gzip": []}
        size: dict[str, int] = {}
        with httpx.Client(headers={"authorization": f"Bearer {site.token}"}, timeout=30) as client:
            for number in range(times):
                for encoding, took in found.items():
                    # a change in between, or the answer is one that was kept
                    site.conn.execute("UPDATE board SET title = %s WHERE id = %s", (f"Bench {encoding}{number}", board))
                    request = client.build_request(
                        "GET", f"{site.product.url}/api/boards/{board}", headers={"accept-encoding": encoding}
                    )
                    began = time.monotonic()
                    answer = client.send(request, stream=True)
                    size[encoding] = sum(len(piece) for piece in answer.iter_raw())
                    took.append(time.monotonic() - began)
                    answer.close()
                    assert answer.status_code == 200
    finally:
        site.product.stop()
    return Snapshots(
        tickets=tickets,
        sql_ms=statistics.median(bare) * 1000,
        sql_cpu_ms=spent,
        rest_ms={encoding: statistics.median(took) * 1000 for encoding, took in found.items()},
        size=size,
    )


def _update(site: Site, times: int) -> list[Figure]:
    board = site.board(UPDATE)
    site.conn.execute("CREATE TABLE IF NOT EXISTS bench_plain AS SELECT * FROM ticket WHERE board_id = %s", (board,))
    site.conn.execute("ALTER TABLE bench_plain ADD PRIMARY KEY (id)")
    site.conn.execute("VACUUM ANALYZE ticket")
    took: dict[str, list[float]] = {"ticket": [], "bench_plain": []}
    spent: list[float] = []
    rings: list[int] = []
    with psycopg.connect(site.url, autocommit=True) as listener:
        listener.execute("LISTEN livelane")
        for number in range(times):
            for table, seconds in took.items():
                query = f"UPDATE {table} SET title = %s || id WHERE board_id = %s"
                cpu, began = _backend_cpu_s(site), time.monotonic()
                site.conn.execute(query.encode(), (f"Round {number} ", board))
                seconds.append(time.monotonic() - began)
                if table == "ticket":
                    spent.append(_backend_cpu_s(site) - cpu)
            rings.append(sum(1 for _ in listener.notifies(timeout=0.3)))
    site.conn.execute("DROP TABLE bench_plain")
    plain = statistics.median(took["bench_plain"]) * 1000
    value = statistics.median(took["ticket"]) * 1000
    return [
        Figure(f"one UPDATE of {UPDATE:,} tickets", value, "ms", "goal", 1000.0, 1.0,
               f"without triggers {plain:.0f} ms; {statistics.median(spent) / UPDATE * 1e6:.1f} µs CPU a row"),
        Figure("wake-ups for it", max(rings), "", "goal", 1.0, 1.0),
    ]  # fmt: skip


def _backend_cpu_s(site: Site) -> float:
    """Return the CPU seconds of our connection's server process; 0 when it is on another machine."""
    try:
        return cpu_s(site.conn.info.backend_pid)
    except FileNotFoundError:
        return 0.0
