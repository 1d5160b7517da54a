"""How a stream is refused, and how it ends."""

import hashlib
import secrets
import time

import pytest
from psycopg import AsyncConnection

from tests import sse
from tests.conformance.site import Board, Person, Site, add_ticket, join


@pytest.mark.parametrize("credential", [None, "Bearer llt_nonsense", "Bearer", "Basic YTpi"])
async def test_without_a_valid_credential_it_is_401(site: Site, board: Board, credential: str | None):
    headers = {} if credential is None else {"Authorization": credential}
    for where in (board.stream, f"/streams?board={board.id}", "/streams?me=true", "/streams/boards/999999999"):
        async with sse.stream(site.url + where, headers) as stream:
            assert stream.status == 401
            assert stream.problem()["status"] == 401


async def test_a_credential_in_the_query_is_none(site: Site, ada: Person, board: Board):
    async with sse.stream(f"{site.url}{board.stream}?token={ada.token}&access_token={ada.token}") as stream:
        assert stream.status == 401


@pytest.mark.parametrize("where", ["one board", "several"])
async def test_head_answers_the_headers_alone(ada: Person, board: Board, where: str):
    path = board.stream if where == "one board" else f"/streams?board={board.id}&me=true"
    async with ada.stream(path, method="HEAD") as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].split(";")[0] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store, no-transform"
        assert stream.body == b""
        assert stream.is_clean


async def test_who_is_removed_hears_it_within_a_second_and_stays_out(ada: Person, editor: Person, board: Board):
    async with editor.stream(board.stream) as stream:
        await stream.named("snapshot")
        began = time.monotonic()
        await ada.did("DELETE", f"{board.path}/members/{editor.id}")
        bye = await said_bye(stream)
        took_s = time.monotonic() - began
        await stream.end()

    assert (bye["reason"], bye.get("topic")) == ("revoked", board.topic)
    assert bye["retry"] is False
    assert took_s < 1.0
    async with editor.stream(board.stream, cursor=stream.cursor) as stream:
        assert stream.status in (403, 404)
        stream.problem()


async def said_bye(stream: sse.Stream) -> dict[str, object]:
    """The next bye; changes before it are allowed."""
    while (frame := await stream.next()).event != "bye":
        assert frame.event in ("message", "heartbeat"), frame
    return frame.json()


async def test_one_topic_ends_and_the_stream_goes_on(ada: Person, editor: Person, board: Board):
    own = await editor.new_board()
    async with editor.stream(f"/streams?board={board.id}&board={own.id}") as stream:
        for _ in range(2):
            await stream.named("snapshot")
        await ada.did("DELETE", f"{board.path}/members/{editor.id}")
        bye = await said_bye(stream)
        await add_ticket(ada, board, "not for you")
        await add_ticket(editor, own, "for you")
        event = await stream.change()
        await stream.silence(0.2)

    assert (bye["reason"], bye.get("topic")) == ("revoked", board.topic)
    assert bye["retry"] == stream.retries[-1], "the stream goes on, and the next one would be answered 200"
    assert (event["topic"], event["set"]["title"]) == (own.topic, "for you")
    assert "not for you" not in str(stream.items)


async def test_topics_that_may_not_be_read_are_said_so_at_the_start(ada: Person, bo: Person, board: Board):
    own = await bo.new_board()
    path = f"/streams?board={board.id}&board={own.id}&board=999999999"
    async with bo.stream(path) as stream, bo.stream(f"{path}&after=now") as live:
        frames = [await stream.next() for _ in range(3)]
        assert [(await live.next()).event for _ in range(3)] == ["heartbeat", "bye", "bye"]

    byes = {frame.json()["topic"]: frame.json() for frame in frames if frame.event == "bye"}
    assert set(byes) == {board.topic, "board/999999999"}
    assert len({bye["reason"] for bye in byes.values()}) == 1, "a board that is secret looks like one that is not there"
    assert {bye["retry"] for bye in byes.values()} == set(stream.retries), "the next one is answered 200 as well"
    assert [frame.json()["topic"] for frame in frames if frame.event == "snapshot"] == [own.topic]


async def test_a_deleted_board_is_gone(ada: Person, board: Board, sql: AsyncConnection):
    async with ada.stream(board.stream) as stream:
        await stream.named("snapshot")
        await sql.execute("DELETE FROM board WHERE id = %s", (board.id,))
        bye = await said_bye(stream)
        await stream.end()

    assert (bye["reason"], bye.get("topic")) == ("gone", board.topic)
    async with ada.stream(board.stream) as stream:
        assert stream.status in (403, 404)


async def test_an_archived_board_goes_on(ada: Person, board: Board):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        await ada.did("DELETE", board.path)
        archived = await stream.change()
        await ada.did("PATCH", board.path, {"archived": False})
        restored = await stream.change()

    assert archived["type"] == restored["type"] == "board.updated"
    assert archived["set"]["archived_at"] is not None
    assert restored["set"]["archived_at"] is None


@pytest.mark.parametrize("where", ["board", "me", "both"])
async def test_a_revoked_token_ends_its_streams_within_a_second(ada: Person, site: Site, board: Board, where: str):
    made = await ada.did("POST", "/api/tokens", {"name": "script"})
    path = {"board": board.stream, "me": "/streams?me=true", "both": f"/streams?board={board.id}&me=true"}[where]
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with sse.stream(site.url + path, headers) as stream, ada.stream(path) as mine:
        await stream.named("snapshot")
        await mine.named("snapshot")
        began = time.monotonic()
        await ada.did("DELETE", f"/api/tokens/{made['id']}")
        frames = await stream.end()
        took_s = time.monotonic() - began
        await add_ticket(ada, board)

    byes = [frame.json() for frame in frames if frame.event == "bye"]
    assert byes, frames
    assert byes[-1]["reason"] in ("expired", "revoked")
    assert byes[-1]["retry"] is False
    assert took_s < 1.0
    assert mine.is_clean is None, "another token's stream ended too"
    async with sse.stream(site.url + path, headers) as stream:
        assert stream.status == 401


async def test_a_session_that_ends_ends_its_streams(ada: Person, site: Site, board: Board, sql: AsyncConnection):
    secret = f"lls_{secrets.token_urlsafe(24)}"
    row = await (await sql.execute("SELECT instance FROM workspace")).fetchone()
    assert row
    await sql.execute(
        "INSERT INTO session (person_id, secret_hash) VALUES (%s, %s)",
        (ada.id, hashlib.sha256(secret.encode()).digest()),
    )
    async with sse.stream(site.url + board.stream, {"Cookie": f"livelane_{row[0]}={secret}"}) as stream:
        assert stream.status == 200
        await stream.named("snapshot")
        began = time.monotonic()
        await sql.execute("DELETE FROM session WHERE person_id = %s", (ada.id,))
        frames = await stream.end()

    assert [frame.json()["retry"] for frame in frames if frame.event == "bye"] == [False]
    assert time.monotonic() - began < 1.0


async def test_a_session_about_to_expire_ends_in_time(ada: Person, site: Site, board: Board, sql: AsyncConnection):
    secret = f"lls_{secrets.token_urlsafe(24)}"
    row = await (await sql.execute("SELECT instance FROM workspace")).fetchone()
    assert row
    await sql.execute(
        "INSERT INTO session (person_id, secret_hash, expires_at) VALUES (%s, %s, now() + interval '2 seconds')",
        (ada.id, hashlib.sha256(secret.encode()).digest()),
    )
    began = time.monotonic()
    async with sse.stream(site.url + board.stream, {"Cookie": f"livelane_{row[0]}={secret}"}) as stream:
        await stream.named("snapshot")
        frames = await stream.end(10)

    assert 1.0 < time.monotonic() - began < 4.0
    assert [frame.json()["reason"] for frame in frames if frame.event == "bye"] == ["expired"]


async def test_a_role_that_changes_ends_nothing(ada: Person, editor: Person, board: Board):
    async with editor.stream(board.stream) as stream:
        await stream.named("snapshot")
        await ada.did("PATCH", f"{board.path}/members/{editor.id}", {"role": "viewer"})
        assert (await stream.change())["set"]["role"] == "viewer"
        await stream.silence(0.5)


async def test_who_is_let_in_again_may_resume(ada: Person, editor: Person, board: Board):
    async with editor.stream(board.stream) as stream:
        await stream.named("snapshot")
        await ada.did("DELETE", f"{board.path}/members/{editor.id}")
        await stream.end()
    await join(ada, board, editor, "viewer")

    async with editor.stream(board.stream, cursor=stream.cursor) as again:
        assert again.status == 200
        frame = await again.next()
        assert frame.event in ("message", "snapshot")


async def test_replay_is_authorised_too(ada: Person, bo: Person, board: Board):
    async with bo.stream(board.stream, cursor=board.cursor(1)) as stream:
        assert stream.status in (403, 404)
        assert b"Road" not in stream.body
