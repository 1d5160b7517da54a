"""What a commit, a notification and a read of the log cost the database and a node; docs/scale.md adds them up."""

import os
import selectors
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.bench import fanout
from tests.bench.crowd import Crowd, stream_request
from tests.bench.machine import cpu_s
from tests.bench.report import Album, Figure
from tests.bench.rest import pgbench
from tests.bench.scale import page, units
from tests.bench.site import Site

BOARDS = 30
CLIENTS = 8
LISTENERS = 10
UPDATE = "UPDATE ticket SET title = 'Title ' || :n WHERE id = :id"
READ = "SELECT seq, extract(epoch FROM at)::float8, more, type, body FROM read_events('{}', {}, 501, false)"


def measure(site: Site, for_s: float, album: Album, readers: int) -> list[Figure]:
    """Return CPU times in µs, and those of a fan-out to so many; what they add up to goes into the album."""
    spread = fanout.measure(site, readers, 6)
    boards = [site.board(30) for _ in range(BOARDS)]
    runs = max(1, round(for_s))

    def database(statement: str, clients: int = CLIENTS) -> tuple[float, float]:
        """Run it for a while; return how often a second, and the database's CPU for one in µs."""
        before = postgres_cpu_s(site)
        per_s, _ = pgbench(site, statement, for_s, clients)
        return per_s, (postgres_cpu_s(site) - before) / (per_s * runs) * 1e6

    def with_node(work: Callable[[], tuple[float, float]], paths: list[str]) -> tuple[float, float, float]:
        """The same with a node that has these streams open; the third is the node's CPU for one."""
        site.start()
        try:
            crowd = Crowd(site.address)
            crowd.open([stream_request(path, site.token) for path in paths], b"event: heartbeat")
            before = cpu_s(site.pid)
            per_s, cpu = work()
            spent = (cpu_s(site.pid) - before) / (per_s * runs) * 1e6
            crowd.close()
            return per_s, cpu, spent
        finally:
            site.product.stop()

    per_s, commit = database(UPDATE)
    listened_per_s, listened = _listening(site, LISTENERS, lambda: database(UPDATE))
    topic = f"board/{boards[0]}"
    head = site.value("SELECT seq FROM topic_clock WHERE topic = %s", topic)
    reads_per_s, read = database(READ.format(topic, head - 1))
    _, _, deaf = with_node(lambda: database(UPDATE), [])
    every = "&".join(f"board={board}" for board in boards)
    _, _, watching = with_node(lambda: database(UPDATE), [f"/streams?{every}&after=now"])
    figures = [
        Figure("one commit by SQL: the database's CPU", commit, "µs", note=f"{per_s:,.0f}/s, {CLIENTS} writers"),
        Figure(
            f"the same with {LISTENERS} sessions more that LISTEN", listened, "µs", "none", commit,
            note=f"{listened_per_s:,.0f}/s; {(listened - commit) / LISTENERS:.1f} µs a listener",
        ),
        Figure("one read of one event: the database's CPU", read, "µs", note=f"{reads_per_s:,.0f}/s"),
        Figure("one commit nobody watches: a node's CPU", deaf, "µs"),
        Figure("one commit that one stream watches: a node's CPU", watching, "µs", "nobody", deaf),
    ]  # fmt: skip
    album.tables["units"] = page(units([*spread, *figures]))
    return figures


def postgres_cpu_s(site: Site) -> float:
    """Return the CPU time of the whole server: its main process, those it waited for and those it has now."""
    main = int(Path(f"/proc/{site.value('SELECT pg_backend_pid()')}/stat").read_text().rpartition(")")[2].split()[1])
    total = sum(_ticks(main)[:4])
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _parent(folder) == main:
            total += sum(_ticks(int(folder.name))[:2])
    return total / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> list[int]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0, 0, 0, 0]
    return [int(field) for field in fields[11:15]]


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _listening(site: Site, count: int, work: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """Run it while so many more sessions listen, each read at once as it should be."""
    over = threading.Event()

    def read() -> None:
        with selectors.DefaultSelector() as ready, ExitStack() as stack:
            for _ in range(count):
                conn = stack.enter_context(psycopg.connect(site.url, autocommit=True))
                conn.execute("LISTEN livelane")
                ready.register(conn, selectors.EVENT_READ)
            while not over.is_set():
                for key, _ in ready.select(0.2):
                    assert isinstance(key.fileobj, psycopg.Connection)
                    for _ in key.fileobj.notifies(timeout=0):
                        pass

    reader = threading.Thread(target=read)
    reader.start()
    try:
        return work()
    finally:
        over.set()
        reader.join()
