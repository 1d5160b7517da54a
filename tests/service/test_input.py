"""Whatever is sent, the answer is a problem that says what is wrong with it."""

from typing import Any

import httpx
import psycopg
import pytest

from tests.service.conftest import Person

JSON = {"content-type": "application/json"}
BODIES: list[tuple[str, bytes, int]] = [
    ("no JSON", b"{", 400),
    ("nothing", b"", 400),
    ("two documents", b'{"title": "a"} {}', 400),
    ("bad UTF-8", b'{"title": "\xff"}', 400),
    ("half a surrogate pair", b'{"title": "\\ud800"}', 400),
    ("deep arrays", b'{"title": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", 422),
    ("a deep document", b"[" * 200_000, 422),
    ("an array", b"[]", 422),
    ("NUL", b'{"title": "a\\u0000b"}', 422),
    ("NUL in the description", b'{"title": "a", "description": "\\u0000"}', 422),
    ("a line's end", b'{"title": "a\\nb"}', 422),
    ("a line's end at the end", b'{"title": "a\\n"}', 422),
    ("a carriage return", b'{"title": "a\\rb"}', 422),
    ("only spaces", b'{"title": "   "}', 422),
    ("an empty title", b'{"title": ""}', 422),
    ("a title of 501", b'{"title": "' + b"x" * 501 + b'"}', 422),
    ("a title of 1 MB", b'{"title": "' + b"x" * 1_000_000 + b'"}', 422),
    ("a number for a title", b'{"title": 7}', 422),
    ("no title", b"{}", 422),
    ("a field unknown", b'{"title": "a", "colour": "red"}', 422),
    ("a uid that is none", b'{"title": "a", "uid": "x"}', 422),
    ("a place that is none", b'{"title": "a", "after": "first"}', 422),
    ("a place below zero", b'{"title": "a", "after": -1}', 422),
    ("a place beyond", b'{"title": "a", "after": 9223372036854775808}', 422),
    ("too much", b'{"title": "a", "description": "' + b"x" * 2_000_001 + b'"}', 413),
]


@pytest.mark.parametrize(("what", "body", "status"), BODIES, ids=[what for what, *_ in BODIES])
async def test_a_body_that_is_wrong(what: str, body: bytes, status: int, ada: Person):
    _, (todo, *_) = await ada.board()

    answer = await ada.client.post(f"/api/columns/{todo}/tickets", content=body, headers=JSON)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 422 and body.startswith(b"{"):
        [error] = answer.json()["errors"]
        assert error["field"] in body.decode() or what == "no title"
        assert "regex" not in error["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/api/boards", {"title": " "}, "One line with a visible character is expected."),
        ("POST", "/api/boards", {"title": ""}, "At least 1 character is expected."),
        ("POST", "/api/boards", {"title": "x" * 501}, "At most 500 characters are expected."),
        ("POST", "/api/boards", {"title": "x", "uid": "x"}, "A UUID is expected, as in "),
        ("PATCH", "/api/me", {"time_zone": "?"}, "A time zone like Europe/Berlin is expected."),
        ("PATCH", "/api/me", {"locale": "?"}, "A language like en-GB is expected."),
        ("PATCH", "/api/me", {"locale": "7"}, "A language like en-GB is expected."),
        ("POST", "/api/tokens", {"name": "x", "expires_on": "2020-01-01"}, "A token cannot have expired before it is"),
        ("POST", "/api/boards/1/members", {"email": "x@ b", "role": "editor"}, "An address like ada@example.org is "),
    ],
)
async def test_what_is_wrong_is_said_in_words(method: str, path: str, body: dict[str, Any], said: str, ada: Person):
    answer = await ada.client.request(method, path, json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/boards", {"title": "a\n"}, "title"),
        ("/api/boards", {"title": "a", "columns": ["a\n"]}, "columns[0]"),
        ("/api/boards", {"title": "a", "uid": "0b8a2f4e-7a51-4a0e-9c55-3f1f3c9d2a10\n"}, "uid"),
        ("/api/boards/{board}/columns", {"title": "a\n"}, "title"),
        ("/api/tokens", {"name": "a\n"}, "name"),
    ],
)
async def test_a_line_s_end_is_found_in_its_field(path: str, body: dict[str, Any], field: str, ada: Person):
    board, _ = await ada.board()

    told = await ada.refused(422, "invalid", "POST", path.format(board=board), body)

    assert [error["field"] for error in told["errors"]] == [field]


async def test_text_of_any_kind_comes_back_as_it_was(ada: Person):
    _, (todo, *_) = await ada.board()
    title = "a\u2028b \u202e ‮ 🪴 \U0010ffff é"
    description = "one\r\ntwo\n\tthree \u0007 \u2029"

    ticket = await ada.ticket(todo, title, description=description)

    assert (ticket["title"], ticket["description"]) == (title, description)
    long = "\U0001fab4" * 100_000
    assert (await ada.do("PATCH", f"/api/tickets/{ticket['id']}", {"description": long}))["description"] == long


async def test_the_content_type_is_json(ada: Person):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = await ada.client.post("/api/boards", content=b'{"title": "x"}', headers={"content-type": kind})
        assert answer.status_code == 415
        assert answer.json()["type"] == "/problems/media-type"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/tickets/x", 404),
        ("GET", "/api/tickets/0", 404),
        ("GET", "/api/tickets/-1", 404),
        ("GET", "/api/tickets/99999999999999999999", 404),
        ("PUT", "/api/tickets/1", 405),
        ("GET", "/api/boards?archived=maybe", 422),
        ("GET", "/api/boards/1/events?limit=0", 422),
        ("GET", "/api/boards/1/events?limit=501", 422),
        ("GET", "/api/boards/1/events?after_seq=x", 422),
    ],
)
async def test_an_address_that_is_wrong(method: str, path: str, status: int, ada: Person):
    answer = await ada.client.request(method, path)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) == {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}


async def test_a_uid_is_taken_once(ada: Person):
    _, (todo, *_) = await ada.board()
    uid = "0b8a2f4e-7a51-4a0e-9c55-3f1f3c9d2a10"
    assert (await ada.ticket(todo, uid=uid))["uid"] == uid

    told = await ada.refused(409, "exists", "POST", f"/api/columns/{todo}/tickets", {"title": "again", "uid": uid})

    assert told["field"] == "uid"


async def test_wrong_credentials_are_told(url: str):
    async with httpx.AsyncClient(base_url=url) as client:
        values: list[dict[str, Any]] = [
            {},
            {"authorization": "Bearer nonsense"},
            {"authorization": "Basic abc"},
            {"authorization": "Bearer"},
            {"cookie": "livelane_x=1; =; a"},
        ]
        for headers in values:
            answer = await client.get("/api/boards", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["type"] == "/problems/signed-out"


async def test_a_snapshot_is_sent_again_only_when_it_changed(ada: Person, conn: psycopg.AsyncConnection):
    board, (todo, *_) = await ada.board()
    first = await ada.ask("GET", f"/api/boards/{board}")
    tag = first.headers["etag"]
    assert first.headers["content-encoding"] == "gzip"

    same = await ada.ask("GET", f"/api/boards/{board}", if_none_match=tag)
    await conn.execute("INSERT INTO ticket (column_id, title) VALUES (%s, 'sql')", (todo,))
    other = await ada.ask("GET", f"/api/boards/{board}", if_none_match=tag)

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200
    plain = await ada.ask("GET", f"/api/boards/{board}", accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    assert plain.json() == other.json()
