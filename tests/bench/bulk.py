"""Large things: the snapshot of a big board, one UPDATE of very many tickets."""

import statistics
import time

import httpx
import psycopg

from tests.bench.machine import cpu_s
from tests.bench.report import Figure
from tests.bench.site import Site

SNAPSHOT = 5_000
UPDATE = 20_000


def measure(site: Site, times: int) -> list[Figure]:
    """Return the figures."""
    return [*_snapshot(site, times), *_update(site, min(times, 5))]


def _snapshot(site: Site, times: int) -> list[Figure]:
    board = site.board(SNAPSHOT)
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
    sql = statistics.median(bare) * 1000
    return [
        Figure(f"snapshot of {SNAPSHOT:,} tickets, {encoding}", statistics.median(took) * 1000, "ms", "goal", 80.0, 1.0,
               f"the SQL function alone {sql:.0f} ms, {spent:.0f} ms CPU; {size[encoding] / 1e6:.2f} MB")
        for encoding, took in found.items()
    ]  # fmt: skip


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
