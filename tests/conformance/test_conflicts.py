"""If-Match: our documented per-field extension."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from tests.conformance.site import Board, Person, add_ticket, problem


@pytest.fixture
async def ticket(ada: Person, board: Board) -> dict[str, Any]:
    return await add_ticket(ada, board, "first", description="story")


def current_row(said: dict[str, Any], row_id: int) -> dict[str, Any]:
    """The row as it now is, wherever the problem holds it."""
    found = [held for held in said.values() if isinstance(held, dict) and held.get("id") == row_id]
    assert len(found) == 1, said
    return found[0]


@pytest.mark.parametrize("header", ["1", '"x"', 'W/"1"', '"1", "2"', "*", '""', '"1', '"-1"', '"1.5"', "'1'"])
async def test_anything_but_one_quoted_integer_is_400(ada: Person, board: Board, ticket: dict[str, Any], header: str):
    path = f"/api/tickets/{ticket['id']}"

    problem(await ada.call("PATCH", path, {"title": "x"}, If_Match=header), 400)
    problem(await ada.call("POST", f"{path}/move", {"column_id": board.columns[1]}, If_Match=header), 400)
    assert (await ada.get(path))["version"] == ticket["version"]


async def test_the_right_version_is_let_through(ada: Person, ticket: dict[str, Any]):
    changed = await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"title": "x"}, If_Match='"1"')

    assert (changed["title"], changed["version"]) == ("x", 2)


async def test_changes_to_other_fields_are_no_conflict(
    ada: Person, editor: Person, board: Board, ticket: dict[str, Any]
):
    path = f"/api/tickets/{ticket['id']}"
    await editor.did("PATCH", path, {"description": "theirs"})
    await editor.did("POST", f"{path}/move", {"column_id": board.columns[1]})

    changed = await ada.did("PATCH", path, {"title": "mine"}, If_Match='"1"')

    assert (changed["title"], changed["description"]) == ("mine", "theirs")
    assert changed["column_id"] == board.columns[1]


async def test_a_change_to_the_same_field_is_told_and_nothing_is_applied(
    ada: Person, editor: Person, ticket: dict[str, Any]
):
    path = f"/api/tickets/{ticket['id']}"
    await editor.did("PATCH", path, {"title": "theirs"})

    answer = await ada.call("PATCH", path, {"title": "mine", "description": "mine too"}, If_Match='"1"')

    said = problem(answer, 409, "conflict")
    (conflict,) = said["conflicts"]
    assert set(conflict) >= {"field", "yours", "theirs", "by", "at"}
    assert (conflict["field"], conflict["yours"], conflict["theirs"]) == ("title", "mine", "theirs")
    assert str(editor.id) in str(conflict["by"]) or editor.name in str(conflict["by"])
    row = current_row(said, ticket["id"])
    assert row == await ada.get(path)
    assert (row["title"], row["description"]) == ("theirs", "story")


async def test_the_last_change_of_a_field_is_the_one_told(
    ada: Person, editor: Person, ticket: dict[str, Any], sql: AsyncConnection
):
    path = f"/api/tickets/{ticket['id']}"
    await editor.did("PATCH", path, {"title": "theirs"})
    await sql.execute("UPDATE ticket SET title = 'by hand' WHERE id = %s", (ticket["id"],))

    said = problem(await ada.call("PATCH", path, {"title": "mine"}, If_Match='"1"'), 409, "conflict")

    assert said["conflicts"][0]["theirs"] == "by hand"
    assert said["conflicts"][0]["by"] is None


async def test_two_moves_of_one_ticket_are_a_conflict_of_position(
    ada: Person, editor: Person, board: Board, ticket: dict[str, Any]
):
    neighbour = await add_ticket(ada, board, "there", column=2)
    path = f"/api/tickets/{ticket['id']}/move"
    await editor.did("POST", path, {"column_id": board.columns[2], "after": neighbour["id"]})

    answer = await ada.call("POST", path, {"column_id": board.columns[1], "after": None}, If_Match='"1"')

    said = problem(answer, 409, "conflict")
    (conflict,) = said["conflicts"]
    assert conflict["field"] == "position"
    assert conflict["yours"] == {"column_id": board.columns[1], "after": None}
    assert conflict["theirs"] == {"column_id": board.columns[2], "after": neighbour["id"]}
    assert current_row(said, ticket["id"])["column_id"] == board.columns[2]


async def test_an_edit_since_is_no_conflict_for_a_move(
    ada: Person, editor: Person, board: Board, ticket: dict[str, Any]
):
    path = f"/api/tickets/{ticket['id']}"
    await editor.did("PATCH", path, {"title": "theirs"})

    moved = await ada.did("POST", f"{path}/move", {"column_id": board.columns[1]}, If_Match='"1"')

    assert (moved["title"], moved["column_id"]) == ("theirs", board.columns[1])


async def test_a_neighbour_s_move_is_no_conflict(ada: Person, editor: Person, board: Board, ticket: dict[str, Any]):
    other = await add_ticket(ada, board, "other")
    await editor.did("POST", f"/api/tickets/{other['id']}/move", {"column_id": board.columns[0], "after": None})

    await ada.did("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": board.columns[1]}, If_Match='"1"')


async def test_boards_and_columns_have_it_too(ada: Person, editor: Person, board: Board):
    column = f"/api/columns/{board.columns[0]}"
    await editor.did("PATCH", board.path, {"title": "theirs"})
    await editor.did("PATCH", column, {"title": "theirs"})
    await editor.did("POST", f"{column}/move", {})

    await ada.did("PATCH", board.path, {"description": "mine"}, If_Match='"1"')
    await ada.did("PATCH", column, {"wip_limit": 5}, If_Match='"1"')
    for method, path, body, field in (
        ("PATCH", board.path, {"title": "mine"}, "title"),
        ("PATCH", column, {"title": "mine"}, "title"),
        ("POST", f"{column}/move", {"after": board.columns[1]}, "position"),
    ):
        said = problem(await ada.call(method, path, body, If_Match='"1"'), 409, "conflict")
        assert [conflict["field"] for conflict in said["conflicts"]] == [field]


async def test_where_the_log_no_longer_reaches_back_every_differing_field_conflicts(
    ada: Person, board: Board, ticket: dict[str, Any], sql: AsyncConnection
):
    path = f"/api/tickets/{ticket['id']}"
    await ada.did("PATCH", path, {"title": "theirs"})
    head = (await ada.get(board.path))["seq"]
    await sql.execute("UPDATE topic_clock SET lowest_seq = %s WHERE topic = %s", (head + 1, board.topic))
    await sql.execute("DELETE FROM event WHERE topic = %s", (board.topic,))

    said = problem(
        await ada.call("PATCH", path, {"title": "mine", "description": "mine too"}, If_Match='"1"'), 409, "conflict"
    )

    assert sorted(conflict["field"] for conflict in said["conflicts"]) == ["description", "title"]
    await ada.did("PATCH", path, {"title": "mine"}, If_Match='"2"')
