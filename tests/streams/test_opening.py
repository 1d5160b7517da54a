"""A change that commits while a stream is being opened, and nothing after it that would tell of it (F1)."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.nats import Nats
from tests.sse import Stream
from tests.streams.conftest import Site
from tests.streams.deaf import DeafWire
from tests.wire import Wire

Fresh: TypeAlias = tuple[int, str, int]  # a board that no stream has asked for yet, its cursor, a ticket

BOARDS = 40
APART_S = 0.025  # from board to board, between asking for the stream and committing the change
LATENCY_S = 0.05  # each way, and up to thrice as much again: an opening asks for access, heads, snapshot one by one
PATIENCE_S = 15.0  # a quarter of what the poll waits


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Nats]:
    with Nats(tmp_path / "nats.log") as nats:
        yield nats


@pytest.fixture
def reader(database_url: str, site: Site, nats: Nats, tmp_path: Path) -> Iterator[Site]:
    """A node near the database and NATS that has been there alone, and so listens for all."""
    reader = Site(database_url, tmp_path / "reader.log")
    reader.start(poll_s=60, wakeups=nats.url)
    yield reader
    reader.close()


@pytest.fixture
async def boards(conn: psycopg.AsyncConnection) -> list[Fresh]:
    """Boards of Ada's."""
    cursor = await conn.execute(
        """
        WITH made AS (INSERT INTO board (title) SELECT 'Fresh ' || n FROM generate_series(1, %s) n RETURNING id),
             ada AS (INSERT INTO member (board_id, person_id, role) SELECT id, 1, 'owner' FROM made),
             lanes AS (INSERT INTO board_column (board_id, title) SELECT id, 'To do' FROM made RETURNING id, board_id),
             tickets AS (INSERT INTO ticket (column_id, title) SELECT id, 'old' FROM lanes RETURNING id, column_id)
        SELECT l.board_id, t.id FROM lanes l JOIN tickets t ON t.column_id = l.id
        """,
        (BOARDS,),
    )
    made = await cursor.fetchall()
    cursor = await conn.execute(
        "SELECT topic, current_epoch() || ':' || topic || '=' || seq FROM topic_clock WHERE topic LIKE 'board/%'"
    )
    cursors = dict(await cursor.fetchall())
    return [(board, cursors[f"board/{board}"], ticket) for board, ticket in made]


async def open_and_change(site: Site, conn: psycopg.AsyncConnection, boards: list[Fresh], how: str) -> None:
    """Open each board's stream, change it once a while later, and read until the reader stands at the head."""

    async def change(ticket: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await conn.execute("UPDATE ticket SET title = 'new' WHERE id = %s", (ticket,))

    async def read(board: int, cursor: str) -> None:
        topic, seq = f"board/{board}", int(cursor.rpartition("=")[2])
        head = seq + 1
        asked = {"snapshot": "", "cursor": f"?after={cursor}", "now": "?after=now"}[how]
        async with site.open(f"/boards/{board}{asked}", timeout=PATIENCE_S) as stream:
            assert stream.status == 200, stream.body
            while seq < head:
                frame = await stream.next(PATIENCE_S)
                said = frame.json()["seq"]
                if frame.event == "message":
                    assert said == seq + 1
                seq = said[topic] if frame.event == "heartbeat" else said

    await asyncio.gather(
        *(read(board, cursor) for board, cursor, _ in boards),
        *(change(ticket, n * APART_S) for n, (_, _, ticket) in enumerate(boards)),
    )


@pytest.mark.parametrize("how", ["snapshot", "cursor", "now"])
async def test_one_change_in_the_midst_of_an_opening_is_not_missed(
    site: Site, wire: DeafWire, conn: psycopg.AsyncConnection, boards: list[Fresh], how: str
):
    site.start(poll_s=60)
    wire.latency_s, wire.jitter_s = LATENCY_S, 3 * LATENCY_S

    await open_and_change(site, conn, boards, how)

    assert await site.metric("livelane_poll_found_total") == 0


@pytest.mark.parametrize("lack", ["snapshot", "gap"])
async def test_while_many_wait_for_what_they_lack_another_is_let_in_and_the_listener_stays(
    site: Site, wire: DeafWire, conn: psycopg.AsyncConnection, boards: list[Fresh], lack: str
):
    """On four connections the many take seconds: longer than an opening or an echo waits for one of them."""
    site.start(poll_s=60, echo_s=1)
    await conn.execute("UPDATE ticket SET title = 'new' WHERE id = ANY(%s)", ([ticket for *_, ticket in boards],))
    wire.latency_s = 5 * LATENCY_S
    async with AsyncExitStack() as streams:

        async def come(board: int, cursor: str) -> Stream:
            asked = "" if lack == "snapshot" else f"?after={cursor}"
            stream = await streams.enter_async_context(site.open(f"/boards/{board}{asked}", timeout=PATIENCE_S))
            assert stream.status == 200, stream.body
            return stream

        many = await asyncio.gather(*(come(board, cursor) for board, cursor, _ in boards[:25]))
        await come(1, "")
        for stream in many:
            assert (await stream.next(PATIENCE_S)).event == ("snapshot" if lack == "snapshot" else "message")

        assert await site.metric("livelane_listener_connects_total") == 1


@pytest.mark.parametrize("how", ["snapshot", "cursor", "now"])
async def test_nor_where_wake_ups_come_by_nats(
    reader: Site, site: Site, wire: DeafWire, nats: Nats, conn: psycopg.AsyncConnection, boards: list[Fresh], how: str
):
    """Another node announces it at once; here it takes a while until NATS has confirmed that it will tell of it."""
    with Wire(f"http://127.0.0.1:{nats.port}") as to_nats:
        site.start(poll_s=60, wakeups=f"nats://127.0.0.1:{urlsplit(to_nats.url).port}")
        wire.latency_s, to_nats.latency_s = LATENCY_S, 4 * LATENCY_S

        await open_and_change(site, conn, boards, how)

        assert await site.metric("livelane_poll_found_total") == 0
        site.close()
