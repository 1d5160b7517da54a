"""Who may do what on a board, and who may know that it is there."""

import pytest

from tests.conformance.site import Board, Person, Site, add_ticket, join, problem
from tests.conformance.test_boards import rows


def calls(board: Board, ticket: int, person: int) -> dict[str, list[tuple[str, str, object]]]:
    """What each role may do and the one below may not."""
    return {
        "viewer": [
            ("GET", board.path, None),
            ("GET", f"{board.path}?at={board.seq}", None),
            ("GET", f"{board.path}/archive", None),
            ("GET", f"{board.path}/events", None),
            ("GET", f"{board.path}/events/{board.seq}", None),
            ("GET", f"/api/tickets/{ticket}", None),
            ("GET", f"/api/tickets/{ticket}/events", None),
        ],
        "editor": [
            ("PATCH", board.path, {"title": "x"}),
            ("POST", f"{board.path}/columns", {"title": "x"}),
            ("PATCH", f"/api/columns/{board.columns[0]}", {"title": "x"}),
            ("POST", f"/api/columns/{board.columns[0]}/move", {}),
            ("POST", f"/api/columns/{board.columns[0]}/tickets", {"title": "x"}),
            ("PATCH", f"/api/tickets/{ticket}", {"title": "x"}),
            ("POST", f"/api/tickets/{ticket}/move", {"column_id": board.columns[1]}),
            ("DELETE", f"/api/tickets/{ticket}", None),
            ("PATCH", f"/api/tickets/{ticket}", {"archived": False}),
            ("DELETE", f"/api/columns/{board.columns[2]}", None),
            ("PATCH", f"/api/columns/{board.columns[2]}", {"archived": False}),
        ],
        "owner": [
            ("POST", f"{board.path}/members", {"email": "someone@example.org", "role": "viewer"}),
            ("PATCH", f"{board.path}/members/{person}", {"role": "owner"}),
            ("DELETE", board.path, None),
            ("PATCH", board.path, {"archived": False}),
        ],
    }


async def test_a_viewer_reads_an_editor_writes_an_owner_manages(
    ada: Person, editor: Person, viewer: Person, board: Board
):
    ticket = await add_ticket(ada, board)
    allowed = calls(board, ticket["id"], ada.id)

    for role, person, may in (
        ("viewer", viewer, ["viewer"]),
        ("editor", editor, ["viewer", "editor"]),
        ("owner", ada, ["viewer", "editor", "owner"]),
    ):
        for needed, its_calls in allowed.items():
            for method, path, body in its_calls:
                answer = await person.call(method, path, body)
                if needed in may:
                    assert answer.is_success, f"{role}: {method} {path}: {answer.text}"
                else:
                    problem(answer, 403)


async def test_for_all_others_the_board_does_not_exist(ada: Person, bo: Person, root: Person, board: Board):
    ticket = await add_ticket(ada, board)
    missing = problem(await bo.call("GET", "/api/boards/999999999"), 404)

    for person in (bo, root):  # an admin manages people, not boards
        for its_calls in calls(board, ticket["id"], ada.id).values():
            for method, path, body in its_calls:
                problem(await person.call(method, path, body), 404)
        async with person.stream(board.stream) as stream:
            assert stream.status == 404
            stream.problem()
        assert board.id not in [row["id"] for row in rows(await person.get("/api/boards"))]
    said = problem(await bo.call("GET", board.path), 404)
    assert {k: v for k, v in said.items() if k not in ("detail", "instance")} == {
        k: v for k, v in missing.items() if k not in ("detail", "instance")
    }
    assert (await ada.get(board.path))["seq"] == board.seq + 1


async def test_a_member_is_a_person_a_name_and_a_role(ada: Person, bo: Person, board: Board):
    await join(ada, board, bo, "viewer")

    assert (await ada.get(board.path))["members"] == [
        {"person_id": ada.id, "name": "Ada", "role": "owner"},
        {"person_id": bo.id, "name": "Bo", "role": "viewer"},
    ]
    changed = await ada.did("PATCH", f"{board.path}/members/{bo.id}", {"role": "editor"})
    assert changed["role"] == "editor"
    await add_ticket(bo, board)


async def test_addresses_are_for_owners_only(ada: Person, bo: Person, editor: Person, board: Board):
    await join(ada, board, bo, "viewer")

    assert bo.email in (await ada.call("GET", f"{board.path}/members")).text
    for person, path in ((editor, f"{board.path}/members"), (editor, board.path), (bo, board.path)):
        assert "@" not in (await person.call("GET", path)).text


@pytest.mark.parametrize("role", ["admin", "", None, 1, "Owner"])
async def test_a_role_that_is_none_is_422(ada: Person, bo: Person, board: Board, role: object):
    problem(await ada.call("POST", f"{board.path}/members", {"email": bo.email, "role": role}), 422)


@pytest.mark.parametrize("email", ["", "x", "a b@example.org", "@", None, "a@b\0c", "x" * 400 + "@example.org"])
async def test_an_address_that_is_none_is_422(ada: Person, board: Board, email: object):
    problem(await ada.call("POST", f"{board.path}/members", {"email": email, "role": "viewer"}), 422)


async def test_an_invitation_answers_in_one_shape_whether_the_address_is_known(ada: Person, bo: Person, board: Board):
    known = await ada.call("POST", f"{board.path}/members", {"email": bo.email.upper(), "role": "viewer"})
    unknown = await ada.call("POST", f"{board.path}/members", {"email": "new@example.org", "role": "viewer"})

    assert known.status_code == unknown.status_code
    assert set(known.json()) == set(unknown.json())
    assert "/#code=" in unknown.text


async def test_anyone_may_leave_and_is_then_outside(ada: Person, editor: Person, board: Board):
    await editor.did("DELETE", f"{board.path}/members/{editor.id}")

    problem(await editor.call("GET", board.path), 404)
    assert [row["person_id"] for row in (await ada.get(board.path))["members"]] == [ada.id]


async def test_membership_is_of_one_board(ada: Person, editor: Person, board: Board, site: Site):
    other = await ada.new_board()

    problem(await editor.call("GET", other.path), 404)
    problem(await editor.call("POST", f"/api/columns/{other.columns[0]}/tickets", {"title": "x"}), 404)
