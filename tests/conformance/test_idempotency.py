"""Idempotency-Key: a retry after a lost response does nothing twice."""

import asyncio

import pytest
from psycopg import AsyncConnection

from tests.conformance.site import Board, Person, add_ticket, join, problem


async def test_the_same_request_gets_the_first_answer_again(ada: Person, board: Board):
    path = f"/api/columns/{board.columns[0]}/tickets"

    first = await ada.call("POST", path, {"title": "once"}, Idempotency_Key="k1")
    again = await ada.call("POST", path, {"title": "once"}, Idempotency_Key="k1")

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["event-seq"] == again.headers["event-seq"]
    assert first.headers["event-topic"] == again.headers["event-topic"]
    state = await ada.get(board.path)
    assert len(state["tickets"]) == 1
    assert state["seq"] == board.seq + 1
    event = await ada.get(f"{board.path}/events/{state['seq']}")
    assert event["op"] == "k1"


async def test_it_is_the_first_answer_even_when_the_row_has_changed_since(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)
    path = f"/api/tickets/{ticket['id']}"

    first = await ada.call("PATCH", path, {"title": "mine"}, Idempotency_Key="k2")
    await ada.did("PATCH", path, {"title": "later"})
    again = await ada.call("PATCH", path, {"title": "mine"}, Idempotency_Key="k2")

    assert again.json() == first.json()
    assert (await ada.get(path))["title"] == "later"


async def test_anything_else_under_the_same_key_is_422(ada: Person, board: Board):
    ticket, other = await add_ticket(ada, board, "a"), await add_ticket(ada, board, "b")
    path = f"/api/tickets/{ticket['id']}"
    await ada.did("PATCH", path, {"title": "mine"}, Idempotency_Key="k3")

    for method, where, body, headers in (
        ("PATCH", path, {"title": "another"}, {}),
        ("PATCH", f"/api/tickets/{other['id']}", {"title": "mine"}, {}),
        ("PATCH", path, {"title": "mine"}, {"If_Match": '"2"'}),
        ("DELETE", path, None, {}),
        ("POST", f"/api/columns/{board.columns[0]}/tickets", {"title": "mine"}, {}),
    ):
        problem(await ada.call(method, where, body, Idempotency_Key="k3", **headers), 422, "idempotency")

    assert (await ada.get(path))["version"] == 2
    assert (await ada.get(f"/api/tickets/{other['id']}"))["version"] == 1


async def test_another_person_s_key_is_another_key(ada: Person, editor: Person, board: Board):
    path = f"/api/columns/{board.columns[0]}/tickets"

    mine = await ada.did("POST", path, {"title": "mine"}, Idempotency_Key="k4")
    theirs = await editor.did("POST", path, {"title": "theirs"}, Idempotency_Key="k4")

    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize("key", [b"", b"x" * 201, b"a b", b"\xc3\xa9", b"a\tb"])
async def test_a_key_that_is_none_is_400(ada: Person, board: Board, key: bytes):
    answer = await ada.http.post(
        f"/api/columns/{board.columns[0]}/tickets", json={"title": "x"}, headers={b"Idempotency-Key": key}
    )

    problem(answer, 400)
    assert (await ada.get(board.path))["tickets"] == []


async def test_200_visible_characters_are_a_key(ada: Person, board: Board):
    key = "".join(chr(33 + n % 94) for n in range(200))

    await ada.did("POST", f"/api/columns/{board.columns[0]}/tickets", {"title": "x"}, Idempotency_Key=key)

    event = await ada.get(f"{board.path}/events/{board.seq + 1}")
    assert event["op"] == key


async def test_a_refusal_is_not_kept(ada: Person, board: Board):
    await add_ticket(ada, board)
    path = f"/api/columns/{board.columns[0]}"
    await ada.did("PATCH", path, {"wip_limit": 1})

    refused = await ada.call("POST", f"{path}/tickets", {"title": "x"}, Idempotency_Key="k5")
    await ada.did("PATCH", path, {"wip_limit": None})
    done = await ada.call("POST", f"{path}/tickets", {"title": "x"}, Idempotency_Key="k5")

    problem(refused, 409, "wip-limit")
    assert done.status_code == 201


async def test_access_is_checked_before_the_first_answer_is_given_again(ada: Person, editor: Person, board: Board):
    path = f"/api/columns/{board.columns[0]}/tickets"
    await editor.did("POST", path, {"title": "x"}, Idempotency_Key="k6")
    await ada.did("DELETE", f"{board.path}/members/{editor.id}")

    problem(await editor.call("POST", path, {"title": "x"}, Idempotency_Key="k6"), 404)
    await join(ada, board, editor, "viewer")
    problem(await editor.call("POST", path, {"title": "x"}, Idempotency_Key="k6"), 403)


async def test_a_row_that_sql_deleted_since_has_no_first_answer(ada: Person, board: Board, sql: AsyncConnection):
    ticket = await add_ticket(ada, board)
    path = f"/api/tickets/{ticket['id']}"
    await ada.did("PATCH", path, {"title": "x"}, Idempotency_Key="k8")

    await sql.execute("DELETE FROM ticket WHERE id = %s", (ticket["id"],))

    problem(await ada.call("PATCH", path, {"title": "x"}, Idempotency_Key="k8"), 404)


async def test_the_same_request_twice_at_once_is_done_once(ada: Person, board: Board):
    path = f"/api/columns/{board.columns[0]}/tickets"

    answers = await asyncio.gather(*(ada.call("POST", path, {"title": "once"}, Idempotency_Key="k7") for _ in range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len((await ada.get(board.path))["tickets"]) == 1


async def test_a_new_board_is_made_once(ada: Person):
    first, again = [await ada.did("POST", "/api/boards", {"title": "Once"}, Idempotency_Key="k8") for _ in range(2)]

    assert first == again
    assert len(await ada.get("/api/boards")) == 1


async def test_it_is_ignored_where_secrets_are_made(ada: Person):
    first, second = [await ada.did("POST", "/api/tokens", {"name": "t"}, Idempotency_Key="k9") for _ in range(2)]

    assert first["id"] != second["id"]
