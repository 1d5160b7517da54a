"""Credentials: cookies and the same-origin rule, tokens, sign-in and out."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import urlsplit

import httpx
import pytest
from psycopg import AsyncConnection

from tests.conformance.conftest import PASSWORD
from tests.conformance.site import Board, Person, Site, problem
from tests.conformance.test_boards import rows

SAME = {"Sec-Fetch-Site": "same-origin"}


async def sign_in(site: Site, person: Person, password: str = PASSWORD) -> httpx.AsyncClient:
    """A browser with the person's session."""
    browser = httpx.AsyncClient(base_url=site.url)
    answer = await browser.post("/api/session", json={"email": person.email, "password": password}, headers=SAME)
    assert answer.is_success, answer.text
    return browser


@pytest.fixture
async def browser(site: Site, ada: Person) -> AsyncIterator[httpx.AsyncClient]:
    browser = await sign_in(site, ada)
    yield browser
    await browser.aclose()


async def test_a_session_cookie_is_guarded_and_names_its_instance(site: Site, ada: Person):
    async with httpx.AsyncClient(base_url=site.url) as browser:
        answer = await browser.post("/api/session", json={"email": ada.email, "password": PASSWORD}, headers=SAME)

    cookie = answer.headers["set-cookie"]
    attributes = {part.strip().partition("=")[0].lower(): part.strip().partition("=")[2] for part in cookie.split(";")}
    assert re.match(r"livelane_[0-9a-f]{8}=", cookie)
    assert "httponly" in attributes
    assert attributes["samesite"].lower() == "lax"
    assert attributes["path"] == (urlsplit(site.url).path or "/")
    assert ("secure" in attributes) == site.url.startswith("https")


async def test_the_cookie_opens_rest_and_streams(browser: httpx.AsyncClient, ada: Person, board: Board):
    assert (await browser.get("/api/me")).json()["id"] == ada.id
    async with browser.stream("GET", board.stream) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://proxy.example"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "<own>"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Origin": "<own>"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "<own>.evil.example"}, False),
        ({"Origin": "<own>", "Host": "other.example"}, False),
        ({}, False),
    ],
)
async def test_cookie_writes_must_come_from_the_same_origin(
    site: Site, ada: Person, browser: httpx.AsyncClient, board: Board, headers: dict[str, str], allowed: bool
):
    parts = urlsplit(site.url)
    sent = {name: held.replace("<own>", f"{parts.scheme}://{parts.netloc}") for name, held in headers.items()}

    writes = [
        await browser.post("/api/boards", json={"title": "x"}, headers=sent),
        await browser.patch(board.path, json={"title": "x"}, headers=sent),
        await browser.post("/api/tokens", json={"name": "x"}, headers=sent),
    ]
    async with httpx.AsyncClient(base_url=site.url) as stranger:
        writes.append(
            await stranger.post("/api/session", json={"email": ada.email, "password": PASSWORD}, headers=sent)
        )
    writes.append(await browser.delete("/api/session", headers=sent))

    for answer in writes:
        if allowed:
            assert answer.is_success, answer.text
        else:
            problem(answer, 403)


async def test_the_refusal_says_which_public_url_to_set(browser: httpx.AsyncClient):
    answer = await browser.post(
        "/api/boards", json={"title": "x"}, headers={"Origin": "https://board.example", "Host": "127.0.0.1:9"}
    )

    assert "--public-url https://board.example" in problem(answer, 403)["detail"]


async def test_setup_is_guarded_and_void_once_a_person_exists(site: Site):
    body = {"code": "A" * 22, "name": "Eve", "email": "eve@example.org", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=site.url) as stranger:
        problem(await stranger.post("/api/setup", json=body), 403)
        problem(await stranger.post("/api/setup", json=body, headers={"Sec-Fetch-Site": "cross-site"}), 403)
        refused = await stranger.post("/api/setup", json=body, headers=SAME)

    assert refused.status_code in (401, 403, 404, 409, 410, 422), refused.text
    problem(refused, refused.status_code)


async def test_reads_and_bearer_writes_need_no_origin(browser: httpx.AsyncClient, ada: Person):
    assert (await browser.get("/api/me", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200
    answer = await ada.call("POST", "/api/boards", {"title": "x"}, Origin="https://evil.example")
    assert answer.status_code == 201


async def test_a_wrong_password_and_an_unknown_address_answer_alike(site: Site, ada: Person, bo: Person):
    async with httpx.AsyncClient(base_url=site.url, headers=SAME) as stranger:
        wrong = await stranger.post("/api/session", json={"email": ada.email, "password": "wrong horse"})
        unknown = await stranger.post("/api/session", json={"email": f"x{bo.email}", "password": "wrong horse"})

    assert problem(wrong, 401) == problem(unknown, 401)


async def test_signing_out_ends_the_session(browser: httpx.AsyncClient):
    cookies = dict(browser.cookies)
    assert (await browser.delete("/api/session", headers=SAME)).is_success

    browser.cookies.update(cookies)
    problem(await browser.get("/api/me"), 401)


async def test_a_new_password_ends_other_sessions(site: Site, ada: Person, browser: httpx.AsyncClient):
    async with aclosing(await sign_in(site, ada)) as other:
        for wrong in ({"current_password": "x"}, {}):
            refused = await browser.patch("/api/me", json={"password": "new horse, new staple"} | wrong, headers=SAME)
            problem(refused, refused.status_code)
            assert refused.is_client_error
        assert (await other.get("/api/me")).status_code == 200
        changed = await browser.patch(
            "/api/me", json={"password": "new horse, new staple", "current_password": PASSWORD}, headers=SAME
        )

        assert changed.is_success, changed.text
        problem(await other.get("/api/me"), 401)
        assert (await browser.get("/api/me")).status_code == 200
    async with aclosing(await sign_in(site, ada, "new horse, new staple")) as again:
        assert (await again.get("/api/me")).status_code == 200


async def test_a_token_is_shown_once_and_can_be_revoked(site: Site, ada: Person):
    made = await ada.did("POST", "/api/tokens", {"name": "script"})
    async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {made['token']}"}) as script:
        assert (await script.get("/api/me")).json()["id"] == ada.id
        listed = await ada.call("GET", "/api/tokens")
        assert made["token"] not in listed.text
        assert "script" in [row["name"] for row in rows(listed.json())]
        await ada.did("DELETE", f"/api/tokens/{made['id']}")
        problem(await script.get("/api/me"), 401)


async def test_an_expired_token_is_none(site: Site, ada: Person, sql: AsyncConnection):
    made = await ada.did("POST", "/api/tokens", {"name": "script", "expires_on": "2999-12-31"})

    await sql.execute("UPDATE token SET expires_on = current_date - 2 WHERE id = %s", (made["id"],))

    async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {made['token']}"}) as script:
        problem(await script.get("/api/me"), 401)


async def test_nobody_sees_or_revokes_another_person_s_tokens(ada: Person, bo: Person):
    made = await ada.did("POST", "/api/tokens", {"name": "script"})

    problem(await bo.call("DELETE", f"/api/tokens/{made['id']}"), 404)
    assert made["id"] not in [row["id"] for row in rows(await bo.get("/api/tokens"))]


async def test_no_secret_is_stored_in_the_clear(ada: Person, sql: AsyncConnection):
    made = await ada.did("POST", "/api/tokens", {"name": "script"})

    found = await (await sql.execute("SELECT t::text FROM token t WHERE id = %s", (made["id"],))).fetchone()

    assert found
    assert made["token"] not in found[0]


async def test_an_invitation_s_code_makes_an_account_that_is_in(site: Site, ada: Person, board: Board):
    invited = await ada.call("POST", f"{board.path}/members", {"email": f"x{ada.email}", "role": "editor"})
    code = re.search(r"#code=([\w-]+)", invited.text)
    assert code
    async with httpx.AsyncClient(base_url=site.url, headers=SAME) as browser:
        account = {"code": code[1], "name": "New", "email": f"x{ada.email}", "password": PASSWORD}
        entered = await browser.post("/api/setup", json=account)

        assert entered.is_success, entered.text
        assert (await browser.get(board.path)).status_code == 200
    async with httpx.AsyncClient(base_url=site.url, headers=SAME) as second:
        again = await second.post("/api/setup", json=account | {"email": f"y{ada.email}"})
        assert again.is_client_error, again.text
