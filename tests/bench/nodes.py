"""More and more processes on one PostgreSQL: what each costs the writers, and when its readers see a change."""

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from shutil import which

import msgspec

from tests.bench import requests
from tests.bench.crowd import Crowd, stream_request
from tests.bench.latency import delays
from tests.bench.machine import cpu_s, pin
from tests.bench.report import Album, Figure
from tests.bench.requests import json_request, run
from tests.bench.rest import pgbench
from tests.bench.site import Site, percentile
from tests.nats import Nats
from tests.product import Product

COUNTS = (1, 2, 4, 8, 16)
CLIENTS = 8  # of pgbench
STREAMS = 10  # of one board, on each node
BOARDS = 30
UPDATE = "UPDATE ticket SET title = 'Title ' || :n WHERE id = :id"


class Step(msgspec.Struct, frozen=True):
    """What was seen with so many nodes."""

    nodes: int
    commits: float  # a second, by SQL
    wake_us: float  # CPU of all nodes for one such commit, whose board nobody watches
    rest: float  # PATCHes a second on one of them
    echo_us: float  # CPU of all the others for one such PATCH
    p50_ms: float  # from COMMIT to the readers on all of them
    p99_ms: float


def measure(site: Site, for_s: float, album: Album, most: int) -> list[Figure]:
    """Return the figures for 1, 2, 4 … `most` nodes, all on the server's core."""
    board = site.board(1)
    watched = site.value("SELECT min(id) FROM ticket WHERE board_id = %s", board)
    for _ in range(BOARDS):
        site.board(30)
    alone, _ = pgbench(site, UPDATE, for_s, CLIENTS)
    steps = {"each node listens": _steps(site, board, watched, for_s, most)}
    if which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin"):
        with Nats(site.folder / "nats.log") as nats:
            steps["by NATS"] = _steps(site, board, watched, for_s, most, LIVELANE_WAKEUPS=nats.url)
    album.tables["nodes"] = "\n\n".join(_table(way, those, alone) for way, those in steps.items())
    return [figure for way, those in steps.items() for figure in _figures(way, those, alone)]


def _steps(site: Site, board: int, watched: int, for_s: float, most: int, **environment: str) -> list[Step]:
    steps: list[Step] = []
    with ExitStack() as stack:
        nodes: list[Product] = []
        for count in (count for count in COUNTS if count <= most):
            while len(nodes) < count:
                nodes.append(stack.enter_context(_node(site, len(nodes), environment)))
            steps.append(_step(site, nodes, board, watched, for_s))
    return steps


def _figures(way: str, steps: list[Step], alone: float) -> list[Figure]:
    one = steps[0]
    figures: list[Figure] = []
    for step in steps:
        said = f"{step.nodes} node{'s' * (step.nodes > 1)}, {way}"
        figures += [
            Figure(f"{said}: commits by SQL, {CLIENTS} writers", step.commits, "/s", "no node at all", alone),
            Figure(f"{said}: PATCH, {CLIENTS} connections to one", step.rest, "/s", "one node", one.rest),
            Figure(f"{said}, {STREAMS} readers each: commit → reader, p50", step.p50_ms, "ms", "one node", one.p50_ms),
        ]
    return figures


def _table(way: str, steps: list[Step], alone: float) -> str:
    return "\n".join(
        [
            f"| nodes, {way} | commits by SQL, {CLIENTS} writers ({alone:,.0f}/s without a node) | a node’s CPU "
            f"| PATCH to one node, {CLIENTS} connections | another’s CPU | commit → reader, p50 | p99 |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *(
                f"| {step.nodes} | {step.commits:,.0f}/s | {step.wake_us / step.nodes:.0f} µs | {step.rest:,.0f}/s "
                f"| {f'{step.echo_us / (step.nodes - 1):.0f} µs' if step.nodes > 1 else '–'} "
                f"| {step.p50_ms:.1f} ms | {step.p99_ms:.1f} ms |"
                for step in steps
            ),
        ]
    )


@contextmanager
def _node(site: Site, number: int, environment: dict[str, str]) -> Iterator[Product]:
    with Product(site.url, site.folder / f"node{number}.log") as node:
        node.start(**environment)
        pin(site.server_core, _pid(node))
        yield node


def _step(site: Site, nodes: list[Product], board: int, watched: int, for_s: float) -> Step:
    before = sum(cpu_s(_pid(node)) for node in nodes)
    commits, _ = pgbench(site, UPDATE, for_s, CLIENTS)
    spent = sum(cpu_s(_pid(node)) for node in nodes) - before
    tickets = [row[0] for row in site.conn.execute("SELECT id FROM ticket ORDER BY id % 101, id").fetchall()]
    turn = itertools.count()

    def patch(n: int) -> bytes:
        path = f"/api/tickets/{tickets[n % len(tickets)]}"
        return json_request("PATCH", path, site.token, f'{{"title":"Title {next(turn)}"}}')

    others = [_pid(node) for node in nodes[1:]]
    before = sum(map(cpu_s, others))
    load = run(("127.0.0.1", nodes[0].port), _pid(nodes[0]), patch, connections=CLIENTS, for_s=for_s)
    echo = sum(map(cpu_s, others)) - before
    assert set(load.statuses) == {200}, load.statuses
    crowd = Crowd(("127.0.0.1", 0))
    request = stream_request(f"/streams/boards/{board}?after=now", site.token)
    for node in nodes:
        crowd.address = ("127.0.0.1", node.port)
        crowd.open([request] * STREAMS, b"event: heartbeat")
    found = delays(site, crowd, watched, round(20 * for_s) + 10)
    return Step(
        len(nodes), commits, spent / (commits * max(1, round(for_s))) * 1e6, load.per_s,
        echo / (load.per_s * (for_s + requests.WARM_S)) * 1e6,
        percentile(found, 0.5) * 1000, percentile(found, 0.99) * 1000,
    )  # fmt: skip


def _pid(node: Product) -> int:
    assert node.process
    return node.process.pid
