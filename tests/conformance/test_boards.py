"""Boards and columns over REST."""

import re
import uuid
from typing import Any

from psycopg import AsyncConnection

from tests.conformance.site import Board, Person, add_ticket, problem, value

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def titles(rows: list[dict[str, object]]) -> list[object]:
    return [row["title"] for row in rows]


async def test_a_new_board_has_three_columns_and_its_maker_as_owner(ada: Person):
    made = await ada.call("POST", "/api/boards", {"title": "Road"})

    assert made.status_code == 201, made.text
    state = await ada.get(f"/api/boards/{made.json()['id']}")
    assert titles(state["columns"]) == ["To do", "Doing", "Done"]
    assert state["members"] == [{"person_id": ada.id, "name": "Ada", "role": "owner"}]
    assert made.headers["event-topic"] == state["topic"] == f"board/{made.json()['id']}"
    assert int(made.headers["event-seq"]) == state["seq"]


async def test_columns_may_be_named_at_once(ada: Person):
    made = await ada.did("POST", "/api/boards", {"title": "Road", "columns": ["A", "B"]})

    assert titles((await ada.get(f"/api/boards/{made['id']}"))["columns"]) == ["A", "B"]


async def test_the_list_holds_the_boards_i_may_see(ada: Person, bo: Person, board: Board):
    mine, theirs = await ada.get("/api/boards"), await bo.get("/api/boards")

    assert board.id in [row["id"] for row in rows(mine)]
    assert rows(theirs) == []


async def test_the_list_counts_what_each_board_shows_and_says_when_it_last_changed(ada: Person, board: Board):
    async def listed() -> dict[str, Any]:
        return next(row for row in await ada.get("/api/boards") if row["id"] == board.id)

    before = await listed()
    made = [await add_ticket(ada, board, title) for title in ("one", "two", "three")]
    await ada.did("DELETE", f"/api/tickets/{made[0]['id']}")
    after = await listed()
    assert after["tickets"] == before["tickets"] + 2
    assert after["changed_at"] > before["changed_at"]

    column = await ada.did("POST", f"{board.path}/columns", {"title": "Put away"})
    await ada.did("POST", f"/api/tickets/{made[1]['id']}/move", {"column_id": column["id"]})
    await ada.did("DELETE", f"/api/columns/{column['id']}")
    assert (await listed())["tickets"] == before["tickets"] + 1  # its tickets hide with it


def rows(body: object) -> list[dict[str, object]]:
    """A list, or an object around one."""
    if isinstance(body, dict):
        (body,) = (item for item in body.values() if isinstance(item, list))
    assert isinstance(body, list)
    return body


async def test_the_snapshot_has_the_protocol_s_shape(ada: Person, board: Board):
    plain = await add_ticket(ada, board, "plain")
    told = await add_ticket(ada, board, "told", description="long story")

    state = await ada.get(board.path)

    assert {"v", "app", "topic", "seq", "epoch", "board", "columns", "tickets", "members", "labels"} <= set(state)
    assert state["v"] == 1
    assert re.fullmatch(r"[0-9a-f]{8}", state["epoch"])
    shown = {ticket["id"]: ticket for ticket in state["tickets"]}
    assert {i: t["has_description"] for i, t in shown.items()} == {plain["id"]: False, told["id"]: True}
    assert all("description" not in ticket for ticket in shown.values())
    for row in (told, plain):
        brief = {name: held for name, held in row.items() if name != "description"}
        assert {k: v for k, v in shown[row["id"]].items() if k != "has_description"} == {
            k: v for k, v in brief.items() if k != "has_description"
        }


async def test_times_are_utc_and_rfc_3339(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)

    assert TIME.fullmatch(ticket["created_at"])
    assert TIME.fullmatch(ticket["updated_at"])
    assert ticket["archived_at"] is None


async def test_the_snapshot_is_answered_304_until_it_changes(ada: Person, board: Board):
    first = await ada.call("GET", board.path)
    again = await ada.call("GET", board.path, If_None_Match=first.headers["etag"])
    await add_ticket(ada, board)
    changed = await ada.call("GET", board.path, If_None_Match=first.headers["etag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_a_change_of_names_changes_the_etag(ada: Person, board: Board):
    first = await ada.call("GET", board.path)

    await ada.did("PATCH", "/api/me", {"name": "Ada Lovelace"})
    again = await ada.call("GET", board.path, If_None_Match=first.headers["etag"])

    assert again.status_code == 200
    assert again.json()["members"][0]["name"] == "Ada Lovelace"


async def test_a_long_snapshot_is_compressed(ada: Person, board: Board, sql: AsyncConnection):
    await sql.execute(
        "INSERT INTO ticket (column_id, title) SELECT %s, 'T' || n FROM generate_series(1, 100) n", (board.columns[0],)
    )

    answer = await ada.call("GET", board.path, Accept_Encoding="gzip")

    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert len(answer.json()["tickets"]) == 100


async def test_a_board_is_renamed_and_described(ada: Person, board: Board):
    changed = await ada.did("PATCH", board.path, {"title": "New", "description": "About"})

    assert (changed["title"], changed["description"], changed["version"]) == ("New", "About", 2)


async def test_a_client_s_uid_is_kept_and_unique(ada: Person, board: Board):
    uid = str(uuid.uuid4())
    path = f"/api/columns/{board.columns[0]}/tickets"

    first = await ada.did("POST", path, {"title": "T", "uid": uid})
    second = await ada.call("POST", path, {"title": "T", "uid": uid})

    assert first["uid"] == uid
    problem(second, 409)
    assert len((await ada.get(board.path))["tickets"]) == 1


async def test_columns_are_added_renamed_limited_and_moved(ada: Person, board: Board):
    first = await ada.did("POST", f"{board.path}/columns", {"title": "First", "after": None})
    last = await ada.did("POST", f"{board.path}/columns", {"title": "Last"})
    await ada.did("POST", f"{board.path}/columns", {"title": "Second", "after": first["id"]})
    assert titles((await ada.get(board.path))["columns"]) == ["First", "Second", "To do", "Doing", "Done", "Last"]

    changed = await ada.did("PATCH", f"/api/columns/{last['id']}", {"title": "End", "wip_limit": 3})
    assert (changed["title"], changed["wip_limit"]) == ("End", 3)
    changed = await ada.did("PATCH", f"/api/columns/{last['id']}", {"wip_limit": None})
    assert (changed["title"], changed["wip_limit"]) == ("End", None)

    await ada.did("POST", f"/api/columns/{last['id']}/move", {"after": None})
    await ada.did("POST", f"/api/columns/{first['id']}/move", {"after": board.columns[0]})
    assert titles((await ada.get(board.path))["columns"]) == ["End", "Second", "To do", "First", "Doing", "Done"]
    await ada.did("POST", f"/api/columns/{first['id']}/move", {})
    assert titles((await ada.get(board.path))["columns"])[-1] == "First"


async def test_a_column_goes_after_an_open_column_of_its_board_only(ada: Person, board: Board):
    other = await ada.new_board()
    await ada.did("DELETE", f"/api/columns/{board.columns[2]}")
    before = await ada.get(board.path)

    for after in (other.columns[0], board.columns[2], 999_999_999):
        for method, path, body in (
            ("POST", f"{board.path}/columns", {"title": "X", "after": after}),
            ("POST", f"/api/columns/{board.columns[0]}/move", {"after": after}),
        ):
            said = problem(await ada.call(method, path, body), 409)
            assert said["field"] == "after"

    assert await ada.get(board.path) == before


async def test_a_column_s_tickets_hide_and_return_with_it(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)
    gone = await add_ticket(ada, board)
    await ada.did("DELETE", f"/api/tickets/{gone['id']}")

    hidden = await ada.did("DELETE", f"/api/columns/{board.columns[0]}")
    without = await ada.get(board.path)
    archive = await ada.get(f"{board.path}/archive")
    counted = await ada.get(f"{board.path}/archive?limit=0")
    back = await ada.did("PATCH", f"/api/columns/{board.columns[0]}", {"archived": False})
    with_ = await ada.get(board.path)

    assert hidden["archived_at"] is not None
    assert without["tickets"] == []
    assert len(without["columns"]) == 2
    assert [row["id"] for row in archive["columns"]] == [board.columns[0]]
    assert [row["id"] for row in archive["tickets"]] == [gone["id"]]
    assert (counted["total"], counted["columns"], counted["tickets"]) == (archive["total"], [], []) == (2, [], [])
    assert back["archived_at"] is None
    assert [row["id"] for row in with_["tickets"]] == [ticket["id"]]
    assert [row["id"] for row in with_["columns"]] == board.columns


async def test_an_archived_row_takes_only_its_return(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)
    await ada.did("DELETE", f"/api/tickets/{ticket['id']}")

    for method, path, body in (
        ("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"}),
        ("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x", "archived": False}),
        ("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": board.columns[1]}),
    ):
        problem(await ada.call(method, path, body), 409, "archived")
    back = await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"archived": False})

    assert (back["archived_at"], back["title"]) == (None, ticket["title"])


async def test_nothing_is_put_into_an_archived_column_or_board(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)
    await ada.did("DELETE", f"/api/columns/{board.columns[1]}")

    problem(await ada.call("POST", f"/api/columns/{board.columns[1]}/tickets", {"title": "x"}), 409, "archived")
    problem(await ada.call("PATCH", f"/api/columns/{board.columns[1]}", {"title": "x"}), 409, "archived")
    answer = await ada.call("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": board.columns[1]})
    problem(answer, 409)

    gone = await ada.did("DELETE", board.path)
    assert gone["archived_at"] is not None
    problem(await ada.call("PATCH", board.path, {"title": "x"}), 409, "archived")
    problem(await ada.call("POST", f"/api/columns/{board.columns[0]}/tickets", {"title": "x"}), 409, "archived")
    problem(await ada.call("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"}), 409, "archived")
    back = await ada.did("PATCH", board.path, {"archived": False})
    assert back["archived_at"] is None
    await add_ticket(ada, board)


async def test_rest_s_delete_keeps_the_row(ada: Person, board: Board, sql: AsyncConnection):
    ticket = await add_ticket(ada, board)

    answer = await ada.call("DELETE", f"/api/tickets/{ticket['id']}")

    assert answer.status_code == 200, answer.text
    assert answer.json()["archived_at"] is not None
    assert answer.json()["version"] == ticket["version"] + 1
    event = await ada.get(f"{board.path}/events/{answer.headers['event-seq']}")
    assert event["type"] == "ticket.updated"
    assert await value(sql, "SELECT count(*) FROM ticket WHERE id = %s", ticket["id"]) == 1
    assert ticket["id"] in [row["id"] for row in (await ada.get(f"{board.path}/archive"))["tickets"]]
