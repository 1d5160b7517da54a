"""Refusals: RFC 9457 in every case, and never a 500."""

import json

import httpx
import pytest

from tests.conformance.site import Board, Person, Site, add_ticket, problem

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
HUGE = 9 * 10**18 + 300 * 10**15  # beyond bigint


async def test_an_unknown_path_is_a_404_problem(ada: Person):
    problem(await ada.call("GET", "/api/nothing/here"), 404)


async def test_a_wrong_method_is_a_405_problem(ada: Person):
    answer = await ada.call("PUT", "/api/boards")

    problem(answer, 405)
    assert {"GET", "POST"} <= {word.strip() for word in answer.headers["allow"].split(",")}


async def test_what_no_call_answers_has_a_problem_with_a_page_too(site: Site):
    async with httpx.AsyncClient(base_url=site.url) as http:
        for method, path, status in (("POST", "/", 405), ("GET", "/assets/nothing.js", 404), ("GET", "/health/x", 404)):
            said = problem(await http.request(method, path), status)
            assert path in said["detail"]
            assert (await http.get(said["type"])).status_code == 200, said


async def test_head_is_answered_where_get_is(ada: Person, board: Board):
    for path in ("/api/me", "/api/boards", board.path, f"{board.path}/events"):
        got, head = await ada.call("GET", path), await ada.call("HEAD", path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers.get("etag") == got.headers.get("etag")
    assert (await ada.call("HEAD", "/api/nothing")).status_code == 404
    assert (await ada.call("HEAD", "/api/session")).status_code == 405
    assert "HEAD" in (await ada.call("OPTIONS", "/api/boards")).headers["allow"]


@pytest.mark.parametrize("path", ["/api/boards", "/api/me", "/api/tickets/1", "/api/boards/1/events", "/api/tokens"])
@pytest.mark.parametrize("credential", [None, "Bearer llt_wrong", "Bearer", "Basic YTpi", "Bearer \xe9"])
async def test_without_a_valid_credential_everything_is_401(site: Site, path: str, credential: str | None):
    headers = {} if credential is None else {b"Authorization": credential.encode("latin-1")}
    async with httpx.AsyncClient(base_url=site.url) as http:
        problem(await http.get(path, headers=headers), 401)


async def test_a_credential_in_the_query_is_none(site: Site, ada: Person):
    async with httpx.AsyncClient(base_url=site.url) as http:
        for name in ("token", "access_token", "authorization"):
            problem(await http.get("/api/me", params={name: ada.token}), 401)


@pytest.mark.parametrize("ticket", ["0", "-1", "abc", "1.5", "1e3", str(HUGE), "9" * 40, "%00", "1%00", "999999999"])
async def test_an_id_that_names_nothing_is_404(ada: Person, ticket: str):
    problem(await ada.call("GET", f"/api/tickets/{ticket}"), 404)
    problem(await ada.call("PATCH", f"/api/tickets/{ticket}", {"title": "x"}), 404)


async def test_an_id_is_written_in_one_way(ada: Person, board: Board):
    """Other programs on the way compare addresses as text."""
    ticket = await add_ticket(ada, board)
    number = str(ticket["id"])
    others = [f"0{number}", f"%2B{number}", f"%20{number}", number.translate(ARABIC), f"{number[0]}_{number[1:] or 0}"]

    assert (await ada.get(f"/api/tickets/{number}"))["title"] == ticket["title"]
    for other in others:
        problem(await ada.call("GET", f"/api/tickets/{other}"), 404)
        problem(await ada.call("PATCH", f"/api/tickets/{other}", {"title": "x"}), 404)
    columns = str(board.columns[0]).translate(ARABIC)
    problem(await ada.call("POST", f"/api/columns/{columns}/tickets", {"title": "x"}), 404)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{]", b'{"title": "a",}', b"\xff\xfe", b'{"title": "\xff"}', b"nonsense", b'{"title": "\\ud800"}'],
)
async def test_what_is_no_json_is_a_400_problem(ada: Person, content: bytes):
    answer = await ada.http.post("/api/boards", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422), answer.text
    problem(answer, answer.status_code)
    if content[:1] != b"{" or not content.endswith(b'00"}'):
        assert answer.status_code == 400, answer.text


async def test_json_nested_without_end_is_refused(ada: Person):
    content = b'{"title":' * 100_000

    answer = await ada.http.post("/api/boards", content=content, headers={"Content-Type": "application/json"})

    problem(answer, answer.status_code)
    assert answer.status_code in (400, 413, 422)


async def test_a_body_of_another_type_is_415(ada: Person):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await ada.http.post("/api/boards", content=b'{"title": "x"}', headers={"Content-Type": kind})
        problem(answer, 415)


async def test_a_huge_body_is_413(ada: Person):
    answer = await ada.http.post(
        "/api/boards", content=b'{"title": "' + b"x" * 30_000_000 + b'"}', headers={"Content-Type": "application/json"}
    )

    problem(answer, 413)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": 5}, "title"),
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"title": "x" * 1_000_000}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "x", "description": "y" * 100_001}, "description"),
        ({"title": "x", "description": "a\0b"}, "description"),
        ({"title": "x", "uid": "not-a-uuid"}, "uid"),
        ({"title": "x", "after": "first"}, "after"),
        ({"title": "x", "after": 1.5}, "after"),
        ({}, "title"),
    ],
)
async def test_input_of_the_wrong_shape_is_422_and_names_the_field(
    ada: Person, board: Board, body: dict[str, object], field: str
):
    said = problem(await ada.call("POST", f"/api/columns/{board.columns[0]}/tickets", body), 422)

    assert field in [error["field"] for error in said["errors"]], said
    assert all(error["detail"] for error in said["errors"])


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
async def test_a_body_that_is_no_object_is_422(ada: Person, body: object):
    answer = await ada.http.post("/api/boards", content=json.dumps(body), headers={"Content-Type": "application/json"})

    problem(answer, 422)


async def test_a_lone_surrogate_is_refused_and_nothing_is_stored(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)

    for content in (b'{"title": "\\ud800"}', b'{"description": "x\\udfffy"}'):
        answer = await ada.http.patch(
            f"/api/tickets/{ticket['id']}", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422), answer.text
        problem(answer, answer.status_code)

    assert (await ada.get(f"/api/tickets/{ticket['id']}"))["version"] == ticket["version"]


@pytest.mark.parametrize("text", ["\u2028\u2029\x85", "\r\n\r\ndata: x\n\n", "🦊 e\u0301", "\x01\x1b\x7f", "a\\u0000"])
async def test_a_description_comes_back_as_it_went_in(ada: Person, board: Board, text: str):
    ticket = await add_ticket(ada, board, description=text)

    assert ticket["description"] == text
    assert (await ada.get(f"/api/tickets/{ticket['id']}"))["description"] == text


async def test_an_empty_patch_changes_nothing_and_names_no_event(ada: Person, board: Board):
    ticket = await add_ticket(ada, board)

    for body in ({}, {"title": ticket["title"]}):
        answer = await ada.call("PATCH", f"/api/tickets/{ticket['id']}", body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["version"] == ticket["version"]
        assert "event-seq" not in answer.headers
        assert "event-topic" not in answer.headers


@pytest.mark.parametrize("query", ["?at=x", "?at=-1", "?at=1.5", "?at=99999999999999999999"])
async def test_a_past_that_is_no_number_is_refused(ada: Person, board: Board, query: str):
    answer = await ada.call("GET", board.path + query)

    assert answer.status_code in (400, 404, 410, 422), answer.text
    problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "query", ["?limit=x", "?limit=-1", "?limit=0", "?after_seq=x", "?before_seq=99999999999999999999"]
)
async def test_a_wrong_bound_of_the_history_is_refused(ada: Person, board: Board, query: str):
    answer = await ada.call("GET", f"{board.path}/events{query}")

    if query.startswith("?before_seq") and answer.status_code == 200:
        return  # a bound beyond every number is a bound
    assert answer.status_code in (400, 422), answer.text
    problem(answer, answer.status_code)
