"""The first account, sign-in, sessions, me, tokens."""

import asyncio
import hashlib
import secrets
import time

import httpx
import psycopg

from service.database import Database
from service.domain import tokens
from service.domain.secret import hashed
from service.settings import Settings
from tests.service.conftest import NewPerson, Person, running

PASSWORD = "correct horse battery"


async def add_code(conn: psycopg.AsyncConnection, purpose: str = "setup", person: int | None = None) -> str:
    code = secrets.token_urlsafe(16)
    await conn.execute(
        """
        INSERT INTO one_time_code (code_hash, purpose, person_id, expires_at)
        VALUES (%s, %s, %s, now() + interval '1 day')
        """,
        (hashlib.sha256(code.encode()).digest(), purpose, person),
    )
    return code


def browser(url: str) -> httpx.AsyncClient:
    """A client that sends what a browser's page of the same site sends, and keeps its cookies."""
    return httpx.AsyncClient(base_url=url, headers={"sec-fetch-site": "same-origin"}, timeout=10)


async def set_up(client: httpx.AsyncClient, code: str, email: str = "Ada@Example.org") -> httpx.Response:
    return await client.post("/api/setup", json={"code": code, "name": "Ada", "email": email, "password": PASSWORD})


async def test_the_first_account_is_an_admin_with_a_board_to_play_with(url: str, conn: psycopg.AsyncConnection):
    async with browser(url) as client:
        code = await add_code(conn)
        assert (await client.post("/api/code", json={"code": code})).json()["purpose"] == "setup"
        answer = await set_up(client, code)

        assert answer.status_code == 201, answer.text
        assert answer.json()["admin"] is True
        assert answer.json()["email"] == "ada@example.org"
        assert answer.headers["event-topic"] == f"user/{answer.json()['id']}"
        topic = await conn.execute("SELECT seq FROM topic_clock WHERE topic = %s", (answer.headers["event-topic"],))
        assert await topic.fetchone() == (int(answer.headers["event-seq"]),)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("livelane_")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "; Secure" not in cookie
        (board,) = (await client.get("/api/boards")).json()
        snapshot = (await client.get(f"/api/boards/{board['id']}")).json()
        assert len(snapshot["tickets"]) >= 12
        assert any(column["wip_limit"] for column in snapshot["columns"])
        texts = [(await client.get(f"/api/tickets/{t['id']}")).json()["description"] for t in snapshot["tickets"]]
        assert sum(f"/api/columns/{snapshot['columns'][1]['id']}/tickets" in text for text in texts) == 1
        assert (await client.post("/api/code", json={"code": code})).status_code == 403


async def test_of_two_who_use_set_up_codes_at_once_one_wins(url: str, conn: psycopg.AsyncConnection):
    async with browser(url) as client:
        one, other = await add_code(conn), await add_code(conn)
        answers = await asyncio.gather(
            *(set_up(client, code, f"p{n}@example.org") for n, code in enumerate((one, one, other, other)))
        )

        assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403]
        assert (await set_up(client, other)).status_code == 403


async def test_signing_in_and_out(url: str, conn: psycopg.AsyncConnection):
    async with browser(url) as client:
        await set_up(client, await add_code(conn))
        assert (await client.delete("/api/session")).status_code == 204
        assert (await client.get("/api/me")).status_code == 401
        wrong = await client.post("/api/session", json={"email": "ada@example.org", "password": "wrong"})
        unknown = await client.post("/api/session", json={"email": "bob@example.org", "password": "wrong"})
        right = await client.post("/api/session", json={"email": "ADA@example.org", "password": PASSWORD})

        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() == unknown.json()
        assert right.status_code == 201
        assert (await client.get("/api/me")).json()["name"] == "Ada"


async def test_a_printed_link_signs_in_once(url: str, conn: psycopg.AsyncConnection, ada: Person):
    async with browser(url) as client:
        code = await add_code(conn, "sign-in", ada.id)
        assert (await client.post("/api/session", json={"code": code})).json()["id"] == ada.id
        assert (await client.post("/api/session", json={"code": code})).status_code == 401
        assert len((await client.get("/api/boards")).json()) == 1


async def test_guessing_passwords_is_slowed_down(url: str):
    async with browser(url) as client:
        guess = {"email": "ada@example.org", "password": "guess"}
        answer = await client.post("/api/session", json=guess)
        tries = 1
        while answer.status_code == 401 and tries < 40:
            answer = await client.post("/api/session", json=guess)
            tries += 1

        assert (answer.status_code, tries) == (429, 11)
        others = await asyncio.gather(
            *(client.post("/api/session", json=guess | {"email": "bob@example.org"}) for _ in range(15))
        )
        assert sum(other.status_code == 401 for other in others) == 10
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["type"] == "/problems/too-many"


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(url: str, conn: psycopg.AsyncConnection):
    async with browser(url) as client:
        await set_up(client, await add_code(conn))
        quickest: dict[str, float] = {}
        answers: set[tuple[int, bytes]] = set()
        for email in ("ada@example.org", "nobody@example.org") * 8:
            began = time.monotonic()
            answer = await client.post("/api/session", json={"email": email, "password": "guess"})
            quickest[email] = min(quickest.get(email, 9), time.monotonic() - began)
            answers.add((answer.status_code, answer.content))

    assert len(answers) == 1
    known, unknown = quickest.values()
    assert 0.33 < unknown / known < 3, quickest  # without a hash to compare it would be a tenth


async def test_a_network_guesses_from_one_address_however_many_it_has(url: str):
    """Whoever has an IPv6 address has 2^64 of them."""

    async def guess(client: httpx.AsyncClient, address: str) -> int:
        return (
            await client.post("/api/code", json={"code": "x" * 22}, headers={"x-forwarded-for": address})
        ).status_code

    async with browser(url) as client:

        async def refused(addresses: list[str]) -> int:
            """How many of these guesses, made at once, are not even looked at."""
            return (await asyncio.gather(*(guess(client, address) for address in addresses))).count(429)

        # Thirty, then one every two seconds: what a slow machine takes for these allows some more.
        assert 35 <= await refused([f"2001:db8:0:7::{n:x}" for n in range(70)]) <= 40
        assert await guess(client, "2001:db8:0:8::1") == 403
        assert await guess(client, "::ffff:192.0.2.1") == 403
        assert 36 <= await refused(["192.0.2.1"] * 70) <= 41
        assert await guess(client, "192.0.2.2") == 403


async def test_a_new_password_ends_the_other_sessions(url: str, conn: psycopg.AsyncConnection):
    async with browser(url) as here, browser(url) as there:
        await set_up(here, await add_code(conn))
        await there.post("/api/session", json={"email": "ada@example.org", "password": PASSWORD})
        new = {"password": "another long one"}

        assert (await here.patch("/api/me", json=new)).status_code == 403
        assert (await here.patch("/api/me", json=new | {"current_password": "wrong"})).status_code == 403
        assert (await here.patch("/api/me", json=new | {"current_password": PASSWORD})).status_code == 200
        assert (await here.get("/api/me")).status_code == 200
        assert (await there.get("/api/me")).status_code == 401


async def test_a_forgotten_password_is_replaced_once_within_the_hour_after_a_printed_link(
    url: str, conn: psycopg.AsyncConnection
):
    async with browser(url) as here, browser(url) as linked, browser(url) as late:
        me = (await set_up(here, await add_code(conn))).json()["id"]
        for client in (linked, late):
            await client.post("/api/session", json={"code": await add_code(conn, "sign-in", me)})
        await conn.execute("UPDATE session SET password_until = now() WHERE id = (SELECT max(id) FROM session)")
        new = {"password": "another long one"}

        assert (await late.patch("/api/me", json=new)).status_code == 403
        assert (await linked.patch("/api/me", json=new | {"current_password": "wrong"})).status_code == 403
        assert (await linked.patch("/api/me", json=new)).status_code == 200
        assert (await linked.patch("/api/me", json={"password": "yet another one"})).status_code == 403
        assert (await here.get("/api/me")).status_code == 401
        signed = await here.post("/api/session", json={"email": "ada@example.org", **new})
        assert signed.status_code == 201


async def test_a_password_has_eight_characters_at_least(url: str, conn: psycopg.AsyncConnection):
    account = {"code": await add_code(conn), "name": "Ada", "email": "ada@example.org"}

    async with browser(url) as client:
        short = await client.post("/api/setup", json=account | {"password": "x" * 7})
        assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "password")
        assert (await client.post("/api/setup", json=account | {"password": "x" * 8})).status_code == 201


async def test_the_current_password_is_guessed_a_few_times_and_no_more(url: str, conn: psycopg.AsyncConnection):
    async with browser(url) as client:
        await set_up(client, await add_code(conn))
        guess = {"password": "another long one", "current_password": "a guess"}
        answers = [await client.patch("/api/me", json=guess) for _ in range(11)]

        assert [answer.status_code for answer in answers] == [403] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        right = guess | {"current_password": PASSWORD}
        assert (await client.patch("/api/me", json=right)).status_code == 429


async def test_my_name_travels_as_an_event_of_my_own_topic(ada: Person):
    answer = await ada.ask("PATCH", "/api/me", {"name": "Ada L.", "time_zone": "Europe/Berlin", "locale": "de"})

    assert answer.json()["name"] == "Ada L."
    assert answer.headers["event-topic"] == f"user/{ada.id}"


async def test_tokens_are_shown_once_and_can_be_ended(ada: Person, url: str):
    made = await ada.do("POST", "/api/tokens", {"name": "script", "expires_on": "2999-01-01"})
    async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {made['token']}"}) as script:
        assert (await script.get("/api/me")).json()["id"] == ada.id
        assert "token" not in (await ada.get("/api/tokens"))[-1]
        await ada.do("DELETE", f"/api/tokens/{made['id']}")
        assert (await script.get("/api/me")).status_code == 401
    await ada.refused(404, "not-found", "DELETE", f"/api/tokens/{made['id']}")


async def test_an_expired_token_is_worth_nothing(ada: Person, url: str, conn: psycopg.AsyncConnection):
    made = await ada.do("POST", "/api/tokens", {"name": "old", "expires_on": "2999-01-01"})
    await conn.execute("UPDATE token SET expires_on = '2020-01-01' WHERE id = %s", (made["id"],))

    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/api/me", headers={"authorization": f"Bearer {made['token']}"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


class TestTheSameOriginRule:
    async def test_other_sites_cannot_write_with_my_cookie(self, url: str, conn: psycopg.AsyncConnection):
        async with browser(url) as client:
            await set_up(client, await add_code(conn))
            for site in ("cross-site", "same-site", "none"):
                answer = await client.post("/api/boards", json={"title": "x"}, headers={"sec-fetch-site": site})
                assert answer.status_code == 403
            assert (await client.post("/api/boards", json={"title": "x"})).status_code == 201

    async def test_without_sec_fetch_the_origin_decides(self, url: str, conn: psycopg.AsyncConnection):
        async with httpx.AsyncClient(base_url=url) as client:
            code = await add_code(conn)
            none = await set_up(client, code)
            other = await client.post("/api/setup", json={}, headers={"origin": "http://evil.example"})
            client.headers["origin"] = url

            assert none.status_code == other.status_code == 403
            assert "--public-url http://evil.example" in other.json()["detail"]
            assert "--public-url" in none.json()["detail"]
            assert (await set_up(client, code)).status_code == 201
            assert (await client.post("/api/boards", json={"title": "x"})).status_code == 201

    async def test_the_public_url_decides_behind_a_proxy_that_rewrites_host(self, database_url: str):
        settings = Settings(database_url=database_url, public_url="https://board.example/team")
        async with running(settings) as url, httpx.AsyncClient(base_url=url) as client:
            body = {"email": "a@example.org", "password": "wrong"}
            ours = await client.post("/api/session", json=body, headers={"origin": "https://board.example"})
            plain = await client.post("/api/session", json=body, headers={"origin": url})

            assert ours.status_code == 401
            assert plain.status_code == 403

    async def test_the_cookie_belongs_to_the_prefix_and_to_tls(self, database_url: str, conn: psycopg.AsyncConnection):
        settings = Settings(database_url=database_url, public_url="https://board.example/team")
        async with running(settings) as url, browser(url) as client:
            cookie = (await set_up(client, await add_code(conn))).headers["set-cookie"]

            assert "Path=/team;" in cookie
            assert cookie.endswith("; Secure")


async def test_people_of_one_board_do_not_see_another(person: NewPerson):
    ada, bob = await person("Ada"), await person("Bob")
    board, (todo, *_) = await ada.board()
    ticket = await ada.ticket(todo)

    for path in (f"/api/boards/{board}", f"/api/tickets/{ticket['id']}", f"/api/boards/{board}/events"):
        await bob.refused(404, "not-found", "GET", path)
    await bob.refused(404, "not-found", "PATCH", f"/api/tickets/{ticket['id']}", {"title": "mine"})
    await bob.refused(404, "not-found", "POST", f"/api/columns/{todo}/tickets", {"title": "mine"})
    assert await bob.get("/api/boards") == []


async def test_the_tokens_used_are_noted_now_and_then(ada: Person, settings: Settings):
    secret = (await ada.do("POST", "/api/tokens", {"name": "script"}))["token"]

    async with Database(settings.database_url, 1, spare=0) as database:
        await tokens.note(database, {hashed(secret)})

    own, script = await ada.get("/api/tokens")
    assert own["last_used_at"] is None
    assert script["last_used_at"]
