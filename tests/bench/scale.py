"""A million viewers on paper: adds up what commits, wake-ups, reads, deliveries and streams were measured to cost."""

import re
from collections.abc import Sequence

import msgspec

from service.bell import GAP_S
from tests.bench.report import Figure

VIEWERS = 1_000_000
NODES = (10, 100, 1_000)
A_BOARD = 20  # viewers
CHANGE_S = 600  # each viewer changes something once in so many seconds
BEAT_S = 10  # heartbeats
VISIT_S = 750  # streams last


class Units(msgspec.Struct, frozen=True):
    """CPU in µs, memory in KiB, as measured."""

    delivery: float  # of an event to one stream
    opening: float  # of a stream
    memory: float  # of a stream
    commit: float  # the database's, one change by SQL
    listener: float  # the database's, for one session that LISTENs, a notification
    read: float  # the database's, a read of the log
    heard: float  # a node's, a notification that concerns nobody there
    watched: float  # a node's, one that somebody there watches: heard, read, encoded, one delivery


class Load(msgspec.Struct, frozen=True):
    """What one way of waking the nodes costs; cores, of a machine like the measured one."""

    nodes: int
    way: str
    notifications: float  # of PostgreSQL, a second
    database: float
    node: float
    node_gib: float


def units(figures: Sequence[Figure]) -> Units:
    """Find the costs among the figures of the parts fanout and units."""

    def figure(pattern: str) -> Figure:
        return next(figure for figure in figures if re.fullmatch(pattern, figure.what))

    commit = figure("one commit by SQL: the database's CPU").value
    listened = figure(r"the same with \d+ sessions more that LISTEN")
    return Units(
        delivery=figure(r"\d+ subscribers, one board: CPU a delivery").value,
        opening=figure("opening a stream: CPU").value,
        memory=figure("memory of an idle stream").value,
        commit=commit,
        listener=max(0.0, listened.value - commit) / int(re.findall(r"\d+", listened.what)[0]),
        read=figure("one read of one event: the database's CPU").value,
        heard=figure("one commit nobody watches: a node's CPU").value,
        watched=figure("one commit that one stream watches: a node's CPU").value,
    )


def loads(unit: Units, nodes: int) -> list[Load]:
    """Return the ways beside each other, with viewers spread evenly, and with each board's viewers on one node."""
    commits = VIEWERS / CHANGE_S
    deliveries = commits * A_BOARD
    spread = nodes * (1 - (1 - 1 / nodes) ** A_BOARD)  # nodes on which somebody watches a board
    streams = VIEWERS / nodes
    steady = deliveries * unit.delivery + VIEWERS / BEAT_S * unit.delivery + VIEWERS / VISIT_S * unit.opening
    first = unit.watched - unit.heard - unit.delivery  # reading and encoding

    def load(way: str, notifications: float, listeners: float, heard: float, places: float) -> Load:
        """`heard`: notifications that a node hears; `places`: nodes that read an event."""
        database = commits * (unit.commit + places * unit.read) + notifications * listeners * unit.listener
        node = steady / nodes + heard * unit.heard + commits * places / nodes * first
        return Load(nodes, way, notifications, database / 1e6, node / 1e6, streams * unit.memory / 1024**2)

    told = min(commits, nodes / GAP_S)
    return [
        load("each node listens", told, nodes, told, spread),
        load("one reader, NATS: a node hears what it watches", told, 1, commits * spread / nodes, spread),
        load("the same, a board's viewers on one node", told, 1, commits / nodes, 1),
    ]


def page(unit: Units) -> str:
    """Return the tables in Markdown."""
    lines = [
        f"{VIEWERS:,} viewers, {A_BOARD} a board, each changing something every {CHANGE_S // 60} minutes: "
        f"{VIEWERS / CHANGE_S:,.0f} commits and {VIEWERS / CHANGE_S * A_BOARD:,.0f} deliveries a second, "
        f"{VIEWERS / BEAT_S:,.0f} heartbeats, {VIEWERS / VISIT_S:,.0f} streams opened anew.",
        "",
        "| nodes | waking them | notifications/s | database, cores | each node, cores | each node, memory |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for nodes in NODES:
        for one in loads(unit, nodes):
            lines.append(
                f"| {one.nodes:,} | {one.way} | {one.notifications:,.0f} | {one.database:.1f} | {one.node:.2f} "
                f"| {one.node_gib:.2f} GiB |"
            )
    lines += [
        "",
        "| unit cost | measured |",
        "| --- | --- |",
        f"| an event to one stream | {unit.delivery:.1f} µs of a node |",
        f"| opening a stream | {unit.opening:.0f} µs of a node |",
        f"| an idle stream | {unit.memory:.1f} KiB |",
        f"| a change by SQL, log and notification included | {unit.commit:.0f} µs of the database |",
        f"| a notification, for each session that listens | {unit.listener:.1f} µs of the database |",
        f"| a read of the log | {unit.read:.0f} µs of the database |",
        f"| a notification that concerns nobody on a node | {unit.heard:.0f} µs of the node |",
        f"| one that somebody there watches, read and sent | {unit.watched:.0f} µs of the node |",
    ]
    return "\n".join(lines)
