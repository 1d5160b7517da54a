"""Several processes on one PostgreSQL, their clients spread over them; one after the other is killed."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import psycopg
import pytest

from tests.cluster import Cluster
from tests.conformance.site import Board, Person, Site
from tests.nodes.wanderer import Reader, Writer, until
from tests.oracle import of_snapshot
from tests.product import Product

NODES = 3
READERS = 24
BACK_S = 5.0  # from a node's death until its clients read on elsewhere; up to 3 s of it they were asked to wait
LATE_S = 20.0  # the same for the last of them, on a machine that stood still meanwhile


@pytest.fixture(scope="module")
def products(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Product]]:
    folder: Path = tmp_path_factory.mktemp("nodes")
    with ExitStack() as stack:
        url = stack.enter_context(cluster.database(f"livelane_nodes_{os.getpid()}", template))
        yield [stack.enter_context(Product(url, folder / f"node{n}.log")) for n in range(NODES)]


@pytest.fixture
def nodes(products: list[Product]) -> list[Product]:
    """All of them running, whatever a test before has left dead."""
    for node in products:
        if node.process is None or node.process.poll() is not None:
            node.start()
    return products


@pytest.fixture
async def ada(nodes: list[Product]) -> AsyncIterator[Person]:
    async with Site(nodes[0].url, "", nodes[0].database_url).person("Ada") as person:
        yield person


@pytest.fixture
async def board(ada: Person) -> Board:
    return await ada.new_board()


async def test_whoever_lost_a_node_is_soon_back_at_another_and_misses_nothing(
    nodes: list[Product], ada: Person, board: Board
):
    readers = [Reader(nodes, ada, board, n) for n in range(READERS)]
    writers = [Writer(nodes, ada, board, name) for name in ("one", "three")]
    over = anyio.Event()

    async with anyio.create_task_group() as everyone:
        for reader in readers:
            everyone.start_soon(reader.read, over)
        for writer in writers:
            everyone.start_soon(writer.write, over, 0.03)
        everyone.start_soon(_write_by_sql, nodes[0].database_url, board, over)
        await until(lambda: all(reader.seq > board.seq for reader in readers), LATE_S, "everybody reads")
        for place, node in enumerate(nodes):
            orphans = [reader for reader in readers if reader.node == place]
            assert orphans, "clients are spread over the nodes"
            node.kill()
            head = await _head(node.database_url, board)
            await until(
                lambda orphans=orphans, place=place, head=head: all(r.node != place and r.seq > head for r in orphans),
                LATE_S,
                "the dead node's readers hear what was written since",
            )
            await anyio.to_thread.run_sync(node.start)
        head = await _head(nodes[0].database_url, board)
        await until(lambda: all(reader.seq >= head for reader in readers), LATE_S, "everybody has everything")
        over.set()

    log = await _log(nodes[0].database_url, board)
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    for writer in writers:
        assert len(writer.answered) > 20
        for key, seq in writer.answered.items():
            assert [event["seq"] for event in log if event["op"] == key] == [seq], f"{key} is there once"
    assert {event["via"].split(":")[0] for event in log} == {"rest", "sql"}
    for reader in readers:
        replica = reader.consumer.replicas[board.topic]
        assert replica.snapshots == ["start"]
    away_s = sorted(away_s for reader in readers for away_s in reader.away_s)
    assert away_s[len(away_s) // 2] < BACK_S
    assert sum(bool(reader.away_s) for reader in readers) == READERS, "each lost a node"


async def test_a_write_on_one_node_is_live_on_the_others_and_a_revoked_reader_is_cut_there(
    nodes: list[Product], ada: Person, board: Board
):
    async with (
        Site(nodes[1].url, "", nodes[1].database_url).person("Bo") as bo,
        bo.stream("/streams?me=true") as own,
    ):
        await own.named("snapshot")
        await ada.did("POST", f"{board.path}/members", {"email": bo.email, "role": "viewer"})
        assert (await own.change())["type"] == "membership.created"
        async with bo.stream(board.stream) as stream:
            await stream.named("snapshot")

            await ada.did("POST", f"/api/columns/{board.columns[0]}/tickets", {"title": "from afar"})
            change = await stream.change(1)
            await ada.did("DELETE", f"{board.path}/members/{bo.id}")
            with anyio.fail_after(1):
                while (frame := await stream.next()).event != "bye":
                    pass

    assert change["set"]["title"] == "from afar"
    assert frame.json()["reason"] == "revoked"


async def test_all_nodes_show_one_board(nodes: list[Product], ada: Person, board: Board):
    async def shown(node: Product) -> Any:
        answer = await ada.http.get(f"{node.url}{board.path}")
        return of_snapshot(answer.raise_for_status().json())

    for node in nodes:
        answer = await ada.http.post(f"{node.url}/api/columns/{board.columns[0]}/tickets", json={"title": node.url})
        assert answer.status_code == 201, answer.text

    boards = [await shown(node) for node in nodes]

    assert len(boards[0]["tickets"]) == NODES
    assert boards == [boards[0]] * NODES


async def _write_by_sql(url: str, board: Board, over: anyio.Event) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        number = 0
        while not over.is_set():
            number += 1
            await conn.execute("UPDATE board SET title = %s WHERE id = %s", (f"Board {number}", board.id))
            await anyio.sleep(0.05)


async def _head(url: str, board: Board) -> int:
    return (await _rows(url, "SELECT seq FROM topic_clock WHERE topic = %s", board.topic))[0][0]


async def _log(url: str, board: Board) -> list[dict[str, Any]]:
    rows = await _rows(url, "SELECT seq, op, via FROM event WHERE topic = %s ORDER BY seq", board.topic)
    return [dict(zip(("seq", "op", "via"), row, strict=True)) for row in rows]


async def _rows(url: str, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        return await (await conn.execute(query.encode(), arguments)).fetchall()
