"""Tickets: add, read, change, move, archive."""

from tests.service.conftest import Person


async def test_a_ticket_is_added_last_unless_told_otherwise(ada: Person):
    board, (todo, *_) = await ada.board()
    first = await ada.ticket(todo, "one")
    await ada.ticket(todo, "two")
    await ada.ticket(todo, "zero", after=None)
    await ada.ticket(todo, "one and a half", after=first["id"])

    assert await ada.order(board, todo) == ["zero", "one", "one and a half", "two"]


async def test_a_write_answers_the_row_and_the_number_of_its_event(ada: Person):
    board, (todo, *_) = await ada.board()

    answer = await ada.ask("POST", f"/api/columns/{todo}/tickets", {"title": "Sow", "description": "# peas"})

    assert answer.status_code == 201
    assert answer.headers["event-topic"] == f"board/{board}"
    assert (await ada.get(f"/api/boards/{board}"))["seq"] == int(answer.headers["event-seq"])
    ticket = answer.json()
    assert ticket["description"] == "# peas"
    assert ticket["created_by"] == ada.id
    assert await ada.get(f"/api/tickets/{ticket['id']}") == ticket


async def test_a_write_that_changes_nothing_makes_no_event(ada: Person):
    _, (todo, *_) = await ada.board()
    ticket = await ada.ticket(todo)

    answer = await ada.ask("PATCH", f"/api/tickets/{ticket['id']}", {"title": ticket["title"]})

    assert answer.status_code == 200
    assert answer.json()["version"] == 1
    assert "event-seq" not in answer.headers
    assert "event-topic" not in answer.headers


async def test_a_ticket_moves_to_a_place_in_another_column(ada: Person):
    board, (todo, doing, _) = await ada.board()
    one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")
    await ada.do("POST", f"/api/tickets/{two['id']}/move", {"column_id": doing})
    moved = await ada.do("POST", f"/api/tickets/{one['id']}/move", {"column_id": doing, "after": two["id"]})

    assert moved["column_id"] == doing
    assert await ada.order(board, doing) == ["two", "one"]


async def test_a_move_below_a_ticket_that_is_not_there_changes_nothing(ada: Person):
    board, (todo, doing, _) = await ada.board()
    one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")

    told = await ada.refused(
        409, "misplaced", "POST", f"/api/tickets/{one['id']}/move", {"column_id": doing, "after": two["id"]}
    )

    assert told["field"] == "after"
    assert await ada.order(board, todo) == ["one", "two"]


async def test_an_archived_ticket_takes_nothing_but_its_return(ada: Person):
    board, (todo, *_) = await ada.board()
    one, two = await ada.ticket(todo, "one"), await ada.ticket(todo, "two")
    path = f"/api/tickets/{one['id']}"
    assert (await ada.do("DELETE", path))["archived_at"]

    await ada.refused(409, "archived", "PATCH", path, {"title": "x"})
    await ada.refused(409, "archived", "POST", f"{path}/move", {"column_id": todo})
    await ada.refused(409, "archived", "DELETE", path)
    assert [t["id"] for t in (await ada.get(f"/api/boards/{board}/archive"))["tickets"]] == [one["id"]]
    await ada.do("PATCH", path, {"archived": False})

    assert await ada.order(board, todo) == ["one", "two"]
    assert two["version"] == 1
