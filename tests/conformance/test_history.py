"""The log over REST, and the past."""

import random
from typing import Any

import pytest
from psycopg import AsyncConnection

from tests.conformance.site import Board, Person, add_ticket, join, problem
from tests.conformance.test_boards import rows
from tests.oracle import Consumer, of_snapshot


async def events(person: Person, board: Board, query: str = "") -> list[dict[str, Any]]:
    return rows(await person.get(f"{board.path}/events{query}"))


async def test_history_is_newest_first_with_exclusive_bounds(ada: Person, board: Board):
    for n in range(6):
        await add_ticket(ada, board, str(n))
    head = board.seq + 6

    assert [e["seq"] for e in await events(ada, board, "?limit=3")] == [head, head - 1, head - 2]
    assert [e["seq"] for e in await events(ada, board, f"?before_seq={head - 1}&limit=2")] == [head - 2, head - 3]
    assert [e["seq"] for e in await events(ada, board, f"?after_seq={head - 2}")] == [head, head - 1]
    between = f"?after_seq={head - 4}&before_seq={head}"
    assert [e["seq"] for e in await events(ada, board, between)] == [head - 1, head - 2, head - 3]
    assert await events(ada, board, f"?after_seq={head}") == []


async def test_history_shows_the_stream_s_objects(ada: Person, board: Board):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        ticket = await add_ticket(ada, board, "a")
        await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"title": "b"})
        streamed = [await stream.change() for _ in range(2)]

    assert (await events(ada, board))[:2] == streamed[::-1]
    assert await ada.get(f"{board.path}/events/{board.seq + 1}") == streamed[0]


async def test_nothing_is_omitted_there(ada: Person, board: Board):
    story = "ö" * 5_000
    await add_ticket(ada, board, description=story)

    event = (await events(ada, board, "?limit=1"))[0]

    assert event["set"]["description"] == story
    assert "omitted" not in event
    assert (await ada.get(f"{board.path}/events/{event['seq']}"))["set"]["description"] == story


@pytest.mark.parametrize("seq", ["0", "999999", "x", "-1", "99999999999999999999999"])
async def test_an_event_that_is_not_there_is_404(ada: Person, board: Board, seq: str):
    problem(await ada.call("GET", f"{board.path}/events/{seq}"), 404)


async def test_a_ticket_s_history_shows_only_boards_the_reader_may_see(
    ada: Person, bo: Person, board: Board, sql: AsyncConnection
):
    other = await ada.new_board(title="Secret")
    await join(ada, board, bo, "viewer")
    ticket = await add_ticket(ada, other, "born in secret")
    await sql.execute(
        "UPDATE ticket SET board_id = %s, column_id = %s WHERE id = %s", (board.id, board.columns[0], ticket["id"])
    )
    await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"title": "in the open"})

    mine = rows(await ada.get(f"/api/tickets/{ticket['id']}/events"))
    theirs = rows(await bo.get(f"/api/tickets/{ticket['id']}/events"))

    assert {event["topic"] for event in mine} == {board.topic, other.topic}
    assert [event["type"] for event in mine if event["topic"] == board.topic] == ["ticket.updated", "ticket.created"]
    assert {event["topic"] for event in theirs} == {board.topic}
    assert {event["id"] for event in mine} == {ticket["id"]}


@pytest.mark.parametrize("seed", range(2))
async def test_the_past_is_what_a_consumer_held_then(ada: Person, board: Board, sql: AsyncConnection, seed: int):
    chance = random.Random(seed)
    held: dict[int, dict[str, Any]] = {}
    consumer = Consumer(board.topic)
    first = await ada.get(board.path)
    async with ada.stream(board.stream) as stream:
        for step in range(40):
            await change(chance, step, board, sql)
        head = (await ada.get(board.path))["seq"]
        while not consumer.replicas or (consumer.replicas[board.topic].seq or 0) < head:
            consumer.take(await stream.next())
            replica = consumer.replicas[board.topic]
            if replica.is_whole and replica.seq is not None:
                held[replica.seq] = replica.board()

    for seq in [*chance.sample(sorted(held), 12), head]:
        past = await ada.get(f"{board.path}?at={seq}")
        assert past["seq"] == seq
        assert of_snapshot(past) == held[seq], f"seed {seed}, at {seq}"
    assert of_snapshot(await ada.get(f"{board.path}?at={board.seq}")) == of_snapshot(first)


async def change(chance: random.Random, step: int, board: Board, sql: AsyncConnection) -> None:
    """One random transaction on the board."""
    b = board.id
    ticket = (
        f"(SELECT id FROM ticket WHERE board_id = {b} ORDER BY hashint8(id + {step}) LIMIT {chance.choice((1, 2))})"
    )
    column = f"(SELECT id FROM board_column WHERE board_id = {b} ORDER BY hashint8(id + {step}) LIMIT 1)"
    async with sql.transaction():
        for _ in range(chance.choice((1, 1, 3))):
            statement = chance.choice(
                [
                    f"INSERT INTO ticket (column_id, title, description) SELECT id, 'T{step}', 'd' FROM board_column"
                    f" WHERE id IN {column}",
                    f"INSERT INTO ticket (column_id, title) SELECT id, 'U{step}' FROM board_column WHERE id = {column}",
                    f"UPDATE ticket SET title = 'step {step}' WHERE id IN {ticket}",
                    f"UPDATE ticket SET description = repeat('x', {chance.choice((0, 10, 6000))}) WHERE id IN {ticket}",
                    f"UPDATE ticket SET archived_at = now() WHERE id IN {ticket}",
                    f"UPDATE ticket SET archived_at = NULL WHERE board_id = {b}",
                    f"UPDATE ticket SET column_id = {column} WHERE id IN {ticket}",
                    f"DELETE FROM ticket WHERE id IN {ticket}",
                    f"UPDATE board_column SET archived_at = now() WHERE id IN {column}",
                    f"UPDATE board_column SET archived_at = NULL WHERE board_id = {b}",
                    f"INSERT INTO board_column (board_id, title) VALUES ({b}, 'C{step}')",
                    f"UPDATE board SET title = 'B{step}', description = 'about' WHERE id = {b}",
                ]
            )
            await sql.execute(statement.encode())


async def test_the_past_is_read_under_today_s_access(ada: Person, editor: Person, board: Board):
    await ada.did("DELETE", f"{board.path}/members/{editor.id}")

    problem(await editor.call("GET", f"{board.path}?at={board.seq}"), 404)


async def test_what_the_log_no_longer_holds_is_410(ada: Person, board: Board, sql: AsyncConnection):
    for n in range(4):
        await add_ticket(ada, board, str(n))
    await sql.execute("UPDATE topic_clock SET lowest_seq = %s WHERE topic = %s", (board.seq + 3, board.topic))
    await sql.execute("DELETE FROM event WHERE topic = %s AND seq < %s", (board.topic, board.seq + 3))

    problem(await ada.call("GET", f"{board.path}?at={board.seq}"), 410)
    assert len((await ada.get(f"{board.path}?at={board.seq + 2}"))["tickets"]) == 2
