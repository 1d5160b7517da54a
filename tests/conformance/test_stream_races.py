"""Transactions that overlap: whatever commits first, the events lead to the rows."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection

from tests.conformance.site import Board, Person, Site, add_ticket
from tests.oracle import Consumer, of_snapshot


@pytest.fixture
async def other_sql(site: Site) -> AsyncIterator[AsyncConnection]:
    async with site.sql() as conn:
        yield conn


async def beside(sql: AsyncConnection, first: str, other_sql: AsyncConnection, second: str) -> None:
    """Run `second` to its end while the transaction of `first` is open, or as far as it gets before it has to wait."""
    async with sql.transaction():
        await sql.execute(first.encode())
        task = asyncio.create_task(other_sql.execute(second.encode()))
        await asyncio.wait([task], timeout=0.5)
    await task


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE ticket SET title = 'changed meanwhile' WHERE id = {ticket}",
        "UPDATE ticket SET archived_at = now() WHERE id = {ticket}",
        "UPDATE ticket SET column_id = {elsewhere} WHERE id = {ticket}",
        "UPDATE ticket SET board_id = {other}, column_id = {far} WHERE id = {ticket}",
        "DELETE FROM ticket WHERE id = {ticket}",
        "INSERT INTO ticket (column_id, title) VALUES ({column}, 'new meanwhile')",
    ],
)
@pytest.mark.parametrize("what", ["restore", "archive"])
async def test_a_column_hidden_or_returned_while_its_tickets_change(
    ada: Person, board: Board, sql: AsyncConnection, other_sql: AsyncConnection, what: str, meanwhile: str
):
    other = await ada.new_board()
    ticket = await add_ticket(ada, board, "before")
    await add_ticket(ada, board, "stays")
    if what == "restore":
        await sql.execute("UPDATE board_column SET archived_at = now() WHERE id = %s", (board.columns[0],))
    consumer = Consumer(board.topic)
    async with ada.stream(board.stream) as stream:
        consumer.take(await stream.next())
        await beside(
            sql,
            f"UPDATE board_column SET archived_at = {'NULL' if what == 'restore' else 'now()'}"
            f" WHERE id = {board.columns[0]}",
            other_sql,
            meanwhile.format(
                ticket=ticket["id"],
                column=board.columns[0],
                elsewhere=board.columns[1],
                other=other.id,
                far=other.columns[0],
            ),
        )
        state = await ada.get(board.path)
        while consumer.replicas[board.topic].seq != state["seq"]:
            consumer.take(await stream.next())

    assert consumer.replicas[board.topic].board() == of_snapshot(state)


@pytest.mark.parametrize("first", ["rename", "join"])
@pytest.mark.parametrize("what", ["board", "person"])
async def test_somebody_joins_while_the_board_or_the_person_gets_another_name(
    ada: Person, bo: Person, board: Board, sql: AsyncConnection, other_sql: AsyncConnection, what: str, first: str
):
    rename = (
        f"UPDATE board SET title = 'Renamed' WHERE id = {board.id}"
        if what == "board"
        else f"UPDATE person SET name = 'Bob' WHERE id = {bo.id}"
    )
    join = f"INSERT INTO member (board_id, person_id, role) VALUES ({board.id}, {bo.id}, 'viewer')"
    where, topic = ("/streams?me=true", f"user/{bo.id}") if what == "board" else (board.stream, board.topic)
    reader = bo if what == "board" else ada
    consumer = Consumer(topic)
    async with reader.stream(where) as stream:
        consumer.take(await stream.next())
        both = (rename, join) if first == "rename" else (join, rename)
        task = asyncio.create_task(beside(sql, both[0], other_sql, both[1]))
        while not task.done():  # read as it comes: names are joined at that moment
            try:
                consumer.take(await stream.next(0.1))
            except TimeoutError:
                continue
        await task
        async with reader.stream(where) as fresh:
            state = (await fresh.named("snapshot"))["state"]
        while consumer.replicas[topic].seq != state["seq"]:
            consumer.take(await stream.next())

    held = consumer.replicas[topic]
    assert (held.person() if what == "board" else held.board()) == of_snapshot(state)
