"""Members, roles, invitations."""

import asyncio

from tests.service.conftest import NewPerson, Person
from tests.service.test_accounts import PASSWORD, browser


async def invite(owner: Person, board: int, email: str, role: str = "editor") -> str:
    """Invite somebody without an account; returns the code of the link."""
    row = await owner.do("POST", f"/api/boards/{board}/members", {"email": email, "role": role})
    assert row["person_id"] is None
    return row["link"].partition("#code=")[2]


async def test_a_known_address_is_a_member_at_once(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()

    answer = await ada.ask("POST", f"/api/boards/{board}/members", {"email": "BOB@example.org", "role": "viewer"})

    row = answer.json()
    assert (row["person_id"], row["name"], row["role"]) == (bob.id, "Bob", "viewer")
    assert row["link"].endswith(f"/boards/{board}")
    assert answer.headers["event-topic"] == f"board/{board}"
    assert [event["type"] for event in await ada.get(f"/api/boards/{board}/events?limit=1")] == ["member.created"]
    await ada.refused(
        409, "exists", "POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "owner"}
    )


async def test_roles_say_who_may_what(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, (todo, *_) = await ada.board()
    await ada.do("POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "viewer"})
    await bob.get(f"/api/boards/{board}")
    assert {row["email"] for row in await bob.get(f"/api/boards/{board}/members")} == {None}
    for method, path, body in (
        ("POST", f"/api/columns/{todo}/tickets", {"title": "x"}),
        ("PATCH", f"/api/boards/{board}", {"title": "x"}),
        ("DELETE", f"/api/boards/{board}", None),
        ("POST", f"/api/boards/{board}/members", {"email": "c@example.org", "role": "owner"}),
        ("PATCH", f"/api/boards/{board}/members/{bob.id}", {"role": "owner"}),
        ("DELETE", f"/api/boards/{board}/members/{ada.id}", None),
    ):
        await bob.refused(403, "forbidden", method, path, body)

    await ada.do("PATCH", f"/api/boards/{board}/members/{bob.id}", {"role": "editor"}, if_match='"1"')
    await bob.do("POST", f"/api/columns/{todo}/tickets", {"title": "x"})
    await bob.refused(403, "forbidden", "DELETE", f"/api/boards/{board}")


async def test_an_owner_is_always_left(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()
    mine = f"/api/boards/{board}/members/{ada.id}"
    await ada.refused(409, "last-owner", "PATCH", mine, {"role": "viewer"})
    await ada.refused(409, "last-owner", "DELETE", mine)
    await ada.do("POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "owner"})

    answers = await asyncio.gather(ada.ask("DELETE", mine), bob.ask("DELETE", f"/api/boards/{board}/members/{bob.id}"))

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_everyone_may_leave(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()
    await ada.do("POST", f"/api/boards/{board}/members", {"email": "bob@example.org", "role": "viewer"})

    await bob.do("DELETE", f"/api/boards/{board}/members/{bob.id}")

    await bob.refused(404, "not-found", "GET", f"/api/boards/{board}")


async def test_an_invited_person_makes_an_account_and_is_on_the_board(ada: Person, url: str):
    board, _ = await ada.board()
    code = await invite(ada, board, "grace@example.org")
    assert [row["email"] for row in await ada.get(f"/api/boards/{board}/members")][-1] == "grace@example.org"
    async with browser(url) as grace:
        use = (await grace.post("/api/code", json={"code": code})).json()
        account = {"code": code, "name": "Grace", "email": "eve@example.org", "password": PASSWORD}
        other = await grace.post("/api/setup", json=account)
        made = await grace.post("/api/setup", json=account | {"email": "Grace@example.org"})
        again = await grace.post("/api/setup", json=account | {"email": "grace@example.org"})

        assert (use["purpose"], use["board"]["id"], use["has_account"]) == ("invitation", board, False)
        assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "email")
        assert made.status_code == 201
        assert made.json()["admin"] is False
        assert again.status_code == 403
        assert [row["role"] for row in (await grace.get("/api/boards")).json()] == ["editor"]
    assert all(row["invitation_id"] is None for row in await ada.get(f"/api/boards/{board}/members"))


async def test_somebody_with_an_account_takes_an_invitation_up(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()
    code = await invite(ada, board, "bob@work.example", "viewer")

    joined = await bob.do("POST", "/api/invitations", {"code": code})

    assert (joined["id"], joined["role"]) == (board, "viewer")
    await bob.refused(403, "forbidden", "POST", "/api/invitations", {"code": code})


async def test_who_left_since_gets_no_first_answer_of_joining_again(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()
    code = await invite(ada, board, "bob@work.example", "viewer")
    joined = await bob.do("POST", "/api/invitations", {"code": code}, idempotency_key="k")
    assert await bob.do("POST", "/api/invitations", {"code": code}, idempotency_key="k") == joined

    await ada.do("DELETE", f"/api/boards/{board}/members/{bob.id}")

    await bob.refused(404, "not-found", "POST", "/api/invitations", {"code": code}, idempotency_key="k")


async def test_a_withdrawn_invitation_is_void(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()
    code = await invite(ada, board, "bob@work.example")
    row = (await ada.get(f"/api/boards/{board}/members"))[-1]
    await ada.do("DELETE", f"/api/boards/{board}/invitations/{row['invitation_id']}")

    await bob.refused(403, "forbidden", "POST", "/api/invitations", {"code": code})


async def test_an_invitation_sent_again_with_its_key_has_a_link_that_works(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, _ = await ada.board()
    body = {"email": "bob@work.example", "role": "viewer"}
    first = await ada.do("POST", f"/api/boards/{board}/members", body, idempotency_key="k")
    again = await ada.do("POST", f"/api/boards/{board}/members", body, idempotency_key="k")

    assert first.keys() == again.keys()
    assert first["invitation_id"] == again["invitation_id"]
    await bob.do("POST", "/api/invitations", {"code": again["link"].partition("#code=")[2]})
