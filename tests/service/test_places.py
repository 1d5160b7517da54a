"""Places: neighbours instead of ranks, re-keying, limits, other boards, archived columns."""

import asyncio
import random

import psycopg

from tests.service.conftest import NewPerson, Person


async def test_many_moves_into_one_gap_keep_one_order_and_short_keys(ada: Person, conn: psycopg.AsyncConnection):
    board, (todo, *_) = await ada.board()
    top = (await ada.ticket(todo, "top"))["id"]
    ids = [(await ada.ticket(todo, str(number)))["id"] for number in range(4)]
    for turn in range(300):
        await ada.do("POST", f"/api/tickets/{ids[turn % 4]}/move", {"column_id": todo, "after": top})

    cursor = await conn.execute("SELECT max(length(rank)) FROM ticket")
    assert (await cursor.fetchone() or [0])[0] <= 40
    assert await ada.order(board, todo) == ["top", "3", "2", "1", "0"]


async def test_moves_of_many_at_once_end_in_one_order_for_everybody(ada: Person):
    board, (todo, doing, _) = await ada.board()
    ids = [(await ada.ticket(todo, str(number)))["id"] for number in range(8)]
    chance = random.Random(7)

    async def shuffle(ticket: int):
        for _ in range(6):
            column = chance.choice([todo, doing])
            answer = await ada.ask("POST", f"/api/tickets/{ticket}/move", {"column_id": column, "after": None})
            assert answer.status_code == 200, answer.text

    await asyncio.gather(*(shuffle(ticket) for ticket in ids))

    assert sorted(await ada.order(board, todo) + await ada.order(board, doing)) == [str(n) for n in range(8)]
    events = await ada.get(f"/api/boards/{board}/events?limit=500")
    assert [event["seq"] for event in events] == list(range(len(events), 0, -1))


async def test_a_move_finds_a_place_though_the_column_cannot_be_rekeyed(ada: Person, conn: psycopg.AsyncConnection):
    board, (todo, *_) = await ada.board()
    ids = [(await ada.ticket(todo, title))["id"] for title in ("a", "b", "c")]
    await conn.execute("UPDATE ticket SET rank = 'a0' WHERE id = ANY(%s)", (ids[:2],))  # no room between them
    async with conn.transaction():
        await conn.execute("UPDATE ticket SET description = 'held' WHERE id = %s", (ids[1],))
        moved = await ada.do("POST", f"/api/tickets/{ids[2]}/move", {"column_id": todo, "after": ids[0]})
        assert moved["rank"] > "a0"

    await ada.do("POST", f"/api/tickets/{ids[2]}/move", {"column_id": todo, "after": ids[0]})
    assert await ada.order(board, todo) == ["a", "c", "b"]


async def test_a_move_to_its_own_place_is_no_change(ada: Person):
    _, (todo, *_) = await ada.board()
    one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")

    for ticket, place in ((one, {"after": None}), (two, {"after": one["id"]}), (two, {})):
        answer = await ada.ask("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": todo, **place})
        assert answer.status_code == 200
        assert "event-seq" not in answer.headers


async def test_a_ticket_goes_to_another_board_that_i_may_edit(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    here, (todo, *_) = await ada.board()
    there, (other, *_) = await ada.board("Elsewhere")
    foreign, (closed, *_) = await bob.board()
    ticket = await ada.ticket(todo)
    path = f"/api/tickets/{ticket['id']}/move"

    await ada.refused(404, "not-found", "POST", path, {"column_id": closed})
    moved = await ada.ask("POST", path, {"column_id": other})

    assert moved.headers["event-topic"] == f"board/{there}"
    assert moved.json()["board_id"] == there
    left = (await ada.get(f"/api/boards/{here}/events?limit=1"))[0]
    assert (left["type"], left["moved_to"]) == ("ticket.deleted", there)
    await bob.do("POST", f"/api/boards/{foreign}/members", {"email": "ada@example.org", "role": "viewer"})
    await ada.refused(403, "forbidden", "POST", path, {"column_id": closed})
    assert [event["type"] for event in await ada.get(f"/api/tickets/{ticket['id']}/events")] == [
        "ticket.created", "ticket.deleted", "ticket.created",
    ]  # fmt: skip


async def test_a_column_holds_as_many_open_tickets_as_its_limit_says(ada: Person):
    board, (todo, doing, _) = await ada.board()
    await ada.do("PATCH", f"/api/columns/{doing}", {"wip_limit": 1})
    one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")

    answers = await asyncio.gather(
        *(ada.ask("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": doing}) for ticket in (one, two))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json().get("type") for answer in answers} == {None, "/problems/wip-limit"}
    await ada.refused(409, "wip-limit", "POST", f"/api/columns/{doing}/tickets", {"title": "x"})
    assert len(await ada.order(board, doing)) == 1
    held = one if answers[0].status_code == 200 else two
    await ada.do("PATCH", f"/api/tickets/{held['id']}", {"title": "edits are fine"})


async def test_columns_are_ordered_by_their_neighbours(ada: Person):
    board, (todo, doing, done) = await ada.board()
    review = await ada.do("POST", f"/api/boards/{board}/columns", {"title": "Review", "after": doing})
    await ada.do("POST", f"/api/columns/{done}/move", {"after": None})
    await ada.do("POST", f"/api/columns/{todo}/move", {})
    told = await ada.refused(409, "misplaced", "POST", f"/api/columns/{todo}/move", {"after": 999})

    assert told["field"] == "after"
    columns = (await ada.get(f"/api/boards/{board}"))["columns"]
    assert [column["id"] for column in columns] == [done, doing, review["id"], todo]


async def test_an_archived_column_hides_its_tickets_and_brings_them_back(ada: Person):
    board, (todo, doing, _) = await ada.board()
    one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")
    await ada.do("DELETE", f"/api/columns/{todo}")
    assert await ada.order(board, todo) == []

    await ada.refused(409, "archived", "POST", f"/api/columns/{todo}/tickets", {"title": "x"})
    await ada.refused(409, "archived", "PATCH", f"/api/tickets/{one['id']}", {"title": "x"})
    await ada.refused(409, "archived", "PATCH", f"/api/columns/{todo}", {"title": "x"})
    await ada.do("POST", f"/api/tickets/{two['id']}/move", {"column_id": doing})
    await ada.do("PATCH", f"/api/columns/{todo}", {"archived": False})

    assert await ada.order(board, todo) == ["one"]
    assert await ada.order(board, doing) == ["two"]


async def test_an_archived_board_takes_nothing_but_its_return(ada: Person):
    board, (todo, *_) = await ada.board()
    ticket = await ada.ticket(todo)
    await ada.do("DELETE", f"/api/boards/{board}")

    assert await ada.get("/api/boards") == []
    assert [row["id"] for row in await ada.get("/api/boards?archived=true")] == [board]
    await ada.refused(409, "archived", "PATCH", f"/api/boards/{board}", {"title": "x"})
    await ada.refused(409, "archived", "PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"})
    await ada.refused(409, "archived", "POST", f"/api/boards/{board}/columns", {"title": "x"})
    await ada.do("PATCH", f"/api/boards/{board}", {"archived": False})
    await ada.do("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"})
