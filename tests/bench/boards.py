"""Growth: what one event costs when there are 10, 1,000 or 100,000 boards, all of them watched."""

import multiprocessing
import random
import time
from multiprocessing.connection import Connection

import msgspec
import psycopg

from tests.bench.crowd import Crowd, stream_request
from tests.bench.fanout import settled
from tests.bench.machine import cpu_s
from tests.bench.picture import Line, Lines, picture
from tests.bench.report import Album, Figure
from tests.bench.site import Site, percentile

PER_STREAM = 100  # boards at most, the protocol's limit
AT_ONCE = 1_000  # boards made in a transaction
PER_S = 50  # writes
LATE_MS = 25.0  # p99 from COMMIT to the subscriber, at any number of boards
IDLE_S = 9.0  # one heartbeat and two polls of every topic


class Cost(msgspec.Struct, frozen=True):
    """What was seen at one number of boards."""

    boards: int
    commit_ms: float  # p50 of the writer's transaction
    slow_commit_ms: float  # its p99
    deliver_ms: float  # p50 from COMMIT to the subscriber
    late_ms: float  # its p99
    event_us: float  # CPU of the server for an event and its one delivery
    idle: float  # share of a core while nothing is written
    topic_kib: float  # memory for a watched topic, streams included


def measure(site: Site, sizes: list[int], writes: int, album: Album) -> list[Figure]:
    """Return the cost of an event at each size. One stream watches each board, a hundred boards a stream."""
    costs = [_at(site, size, writes) for size in sizes]
    album.pictures["boards"] = draw(costs)
    first, last = costs[0], costs[-1]
    return [
        Figure(f"an event among {cost.boards:,} boards: CPU", cost.event_us, "µs", note=(
            f"commit {cost.commit_ms:.1f}, p99 {cost.slow_commit_ms:.1f} ms; to the subscriber {cost.deliver_ms:.1f}, "
            f"p99 {cost.late_ms:.1f} ms; idle {cost.idle:.1%} of a core; {cost.topic_kib:.2f} KiB a topic"
        ))
        for cost in costs
    ] + [
        Figure(f"commit among {last.boards:,} boards", last.commit_ms, "ms", f"among {first.boards}", first.commit_ms,
               1.5),
        Figure(f"to the subscriber among {last.boards:,} boards: p99", last.late_ms, "ms", "goal", LATE_MS, 1.0),
    ]  # fmt: skip


def draw(costs: list[Cost]) -> str:
    """Return the picture."""

    def panel(title: str, *names: tuple[str, str]) -> Lines:
        lines = [
            Line(label, [(cost.boards, getattr(cost, name)) for cost in costs], ours=number == 0, texts=number == 0)
            for number, (name, label) in enumerate(names)
        ]
        return Lines(title, "boards", lines, log=True)

    return picture(
        "More boards",
        f"One event at a time, {PER_S} a second, each on a random board; every board is watched by one stream",
        [
            panel("Commit, ms", ("commit_ms", "p50"), ("slow_commit_ms", "p99")),
            panel("Commit to subscriber, ms", ("deliver_ms", "p50"), ("late_ms", "p99")),
            panel("Server CPU for an event, µs", ("event_us", "")),
            panel("Server memory of a watched board, KiB", ("topic_kib", "")),
        ],
    )


def _at(site: Site, size: int, writes: int) -> Cost:
    boards, tickets = _grow(site, size)
    each = min(PER_STREAM, max(1, size // 10))
    requests = [
        stream_request("/streams?" + "&".join(f"board={n}" for n in boards[at : at + each]) + "&after=now", site.token)
        for at in range(0, size, each)
    ]
    site.start()
    try:
        before = settled(site.pid)
        crowd = Crowd(site.address)
        crowd.open(requests, b"event: heartbeat")
        crowd.idle(2.0)
        memory = settled(site.pid) - before
        cpu = cpu_s(site.pid)
        crowd.idle(IDLE_S)
        idle = (cpu_s(site.pid) - cpu) / IDLE_S

        ours, theirs = multiprocessing.Pipe()
        luck = random.Random(size)
        chosen = luck.choices(tickets, k=writes)
        writer = multiprocessing.get_context("spawn").Process(target=_write, args=(site.url, chosen, theirs))
        writer.start()
        assert ours.recv() == "ready"
        ours.send("go")
        for_s = writes / PER_S + 2.0
        cpu, began = cpu_s(site.pid), time.monotonic()
        heard = crowd.hear(writes, for_s)
        took, cpu = time.monotonic() - began, cpu_s(site.pid) - cpu
        sent: list[tuple[float, float]] = ours.recv()
        writer.join(10)
        crowd.close()
    finally:
        site.product.stop()
    missed = [number for number in range(writes) if number not in heard]
    assert not missed, f"{len(missed)} of {writes} events did not come"
    delays = [max(0.0, min(heard[number].values()) - sent[number][0]) for number in range(10, writes)]
    return Cost(
        boards=size,
        commit_ms=percentile([took for _, took in sent[10:]], 0.5) * 1000,
        slow_commit_ms=percentile([took for _, took in sent[10:]], 0.99) * 1000,
        deliver_ms=percentile(delays, 0.5) * 1000,
        late_ms=percentile(delays, 0.99) * 1000,
        event_us=max(0.0, cpu - idle * took) / writes * 1e6,
        idle=idle,
        topic_kib=memory / size / 1024,
    )


def _grow(site: Site, size: int) -> tuple[list[int], list[int]]:
    """Have so many boards of the reader's, each with three columns and a ticket; return them and their tickets."""
    there = site.value("SELECT count(*) FROM board")
    for at in range(there, size, AT_ONCE):
        with site.conn.transaction():
            site.conn.execute(
                """
                WITH made AS (INSERT INTO board (title) SELECT 'Board ' || n FROM generate_series(1, %(n)s) n
                              RETURNING id),
                     joined AS (INSERT INTO member (board_id, person_id, role) SELECT id, %(who)s, 'owner' FROM made)
                INSERT INTO board_column (board_id, title)
                SELECT id, title FROM made CROSS JOIN unnest('{To do,Doing,Done}'::text[]) title
                """,
                {"n": min(AT_ONCE, size - at), "who": site.reader},
            )
            site.conn.execute(
                """
                INSERT INTO ticket (board_id, column_id, title, rank)
                SELECT board_id, min(id), 'A ticket', 'b' FROM board_column c
                 WHERE NOT EXISTS (SELECT FROM ticket t WHERE t.board_id = c.board_id) GROUP BY board_id
                """
            )
    site.settle()
    rows = site.conn.execute("SELECT board_id, id FROM ticket ORDER BY board_id LIMIT %s", (size,)).fetchall()
    return [board for board, _ in rows], [ticket for _, ticket in rows]


def _write(url: str, tickets: list[int], pipe: Connection) -> None:
    """Commit "Beat 0", "Beat 1" … in a process of its own; say when each COMMIT was sent and what it took."""
    with psycopg.connect(url, autocommit=True) as conn:
        pipe.send("ready")
        pipe.recv()
        sent: list[tuple[float, float]] = []
        due = time.monotonic()
        for number, ticket in enumerate(tickets):
            due += 1 / PER_S
            time.sleep(max(0.0, due - time.monotonic()))
            began = time.monotonic()
            with conn.transaction():
                conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"Beat {number}", ticket))
                conn.execute("SELECT number_now()")
                at = time.monotonic()
            sent.append((at, time.monotonic() - began))
        pipe.send(sent)
