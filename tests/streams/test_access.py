"""Who may open a stream, and what ends one that is open."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests import sse
from tests.streams.conftest import ADA, BOB, Site


async def refused(site: Site, path: str, status: int, **headers: str) -> dict[str, Any]:
    answer = await sse.open_stream(f"{site.url}/streams{path}", {k.replace("_", "-"): v for k, v in headers.items()})
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.problem()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    return problem | {"retry-after": answer.headers.get("retry-after"), "headers": answer.headers}


ADAS = "Bearer llt_ada"


async def session_cookie(conn: psycopg.AsyncConnection, secret: str) -> str:
    """Return a session cookie as this installation names it."""
    row = await (await conn.execute("SELECT instance FROM workspace")).fetchone()
    assert row
    return f"livelane_{row[0]}={secret}"


async def test_nobody_is_told_401(running: Site):
    problem = await refused(running, "/boards/1", 401)
    assert problem["headers"]["www-authenticate"] == "Bearer"

    for credential in ("Bearer wrong", "Bearer", "Basic llt_ada", "llt_ada", "Bearer llt_adaé"):
        await refused(running, "/boards/1", 401, Authorization=credential)
    await refused(running, "/boards/1", 401, Cookie="livelane_x=wrong; other=1")


async def test_a_session_cookie_opens_a_stream(running: Site, conn: psycopg.AsyncConnection):
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash) VALUES (%s, %s)", (ADA, hashlib.sha256(b"lls_secret").digest())
    )
    others = [f"livelane_{n:08x}=lls_other" for n in range(20)]  # what as many demos on this port left in the browser
    ours = [await session_cookie(conn, secret) for secret in ("lls_secret", "lls_of_a_shorter_path")]
    cookie = {"Cookie": "; ".join(("theme=dark", *others, *ours, "livelane_=x"))}

    async with sse.stream(f"{running.url}/streams/boards/1", cookie) as stream:
        assert (await stream.named("snapshot"))["topic"] == "board/1"
    await refused(running, "/boards/1", 401, Cookie=ours[0].replace("=", "0="))


async def test_two_tokens_are_none(running: Site):
    answer = await sse.open_stream(
        f"{running.url}/streams/boards/1", [("Authorization", ADAS), ("Authorization", "Bearer llt_bob")]
    )

    assert answer.status == 400
    assert answer.problem()["type"] == "/problems/malformed"


async def test_a_board_one_may_not_see_looks_like_none(running: Site):
    foreign = await refused(running, "/boards/2", 404, Authorization="Bearer llt_bob")
    unknown = await refused(running, "/boards/999", 404, Authorization="Bearer llt_bob")

    assert foreign == unknown | {"headers": foreign["headers"]}
    for odd in ("/boards/0", "/boards/-1", "/boards/x", "/boards/99999999999999999999999", "/boards/1/x", "/nothing"):
        await refused(running, odd, 404, Authorization=ADAS)


async def test_what_is_not_readable_of_several_is_said_and_the_rest_goes_on(running: Site):
    async with running.open("?board=1&board=2&board=999", token="bob") as stream:
        byes = [await stream.named("bye") for _ in range(2)]
        snapshot = await stream.named("snapshot")
        await stream.silence(0.2)

    assert [bye.pop("retry") for bye in byes] == stream.retries[1:]  # the same question is answered 200 again
    assert byes == [{"reason": "gone", "topic": f"board/{id_}"} for id_ in (2, 999)]
    assert snapshot["topic"] == "board/1"
    await refused(running, "?board=2&board=999", 404, Authorization="Bearer llt_bob")


async def test_a_wrong_question_is_answered_422(running: Site):
    for query in ("", "?", "?board=", "?board=x", "?board=1&board=-2", "?board=0", "?me=yes&board=1", "?me=false"):
        await refused(running, query, 422, Authorization=ADAS)
    many = "&".join(f"board={n}" for n in range(1, 102))
    assert "100" in (await refused(running, f"?{many}", 422, Authorization=ADAS))["detail"]
    assert (await refused(running, f"?board=1&after={'x' * 4097}", 422, Authorization=ADAS))["errors"]
    await refused(running, "/boards/1", 422, Authorization=ADAS, Last_Event_ID="x" * 4097)


async def test_a_hundred_topics_fit(running: Site):
    async with running.open("?" + "&".join(f"board={n}" for n in range(1, 101))) as stream:
        seen = [(await stream.next()).event for _ in range(100)]

    assert seen.count("snapshot") == 2
    assert seen.count("bye") == 98


async def test_too_many_streams_of_one_person_are_refused_and_nobody_is_evicted(site: Site, rename: Callable[..., Any]):
    site.start_here(streams_per_person=2)
    async with (
        site.open("/boards/1") as one,
        site.open("/boards/1") as two,
        site.open("/boards/1", token="bob") as bobs,
    ):
        problem = await refused(site, "/boards/1", 429, Authorization=ADAS)
        for stream in (one, two, bobs):
            await stream.named("snapshot")
        await rename("x")
        for stream in (one, two, bobs):
            await stream.change()

    assert int(problem["retry-after"]) > 0


async def test_too_many_streams_at_all_are_refused(site: Site):
    site.start_here(streams_per_process=1)
    async with site.open("/boards/1"):
        problem = await refused(site, "/boards/1", 503, Authorization="Bearer llt_bob")

    assert int(problem["retry-after"]) > 0


async def test_many_at_once_do_not_get_past_the_limit(site: Site, rename: Callable[..., Any]):
    site.start_here(streams_per_process=5)
    answers = await asyncio.gather(
        *(sse.open_stream(f"{site.url}/streams/boards/1", {"Authorization": ADAS}) for _ in range(50))
    )
    streams = [answer for answer in answers if answer.status == 200]
    for stream in streams:
        await stream.named("snapshot")
    await rename("x")
    for stream in streams:
        await stream.change()
        stream.abort()

    assert len(streams) == 5
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.problem()["status"] for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)


async def test_a_person_removed_from_a_board_is_gone_within_a_second(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1", token="bob") as stream, running.open("/boards/1") as adas:
        await stream.named("snapshot")
        await adas.named("snapshot")

        await conn.execute("DELETE FROM member WHERE person_id = %s", (BOB,))
        removed = time.monotonic()
        frames = await stream.end()

        assert frames[-1].event == "bye"
        assert frames[-1].json() == {"reason": "revoked", "topic": "board/1", "retry": False}
        assert frames[-1].at - removed < 1
        assert [frame.json()["type"] for frame in frames[:-1]] in ([], ["member.deleted"])
        assert (await adas.change())["type"] == "member.deleted"
    await refused(running, "/boards/1", 404, Authorization="Bearer llt_bob", Last_Event_ID=frames[-1].id)


async def test_on_a_stream_of_several_the_others_go_on(
    running: Site, conn: psycopg.AsyncConnection, rename: Callable[..., Any]
):
    async with running.open("?board=1&board=2") as stream:
        for _ in range(2):
            await stream.next()

        await conn.execute("DELETE FROM member WHERE person_id = %s AND board_id = 2", (ADA,))
        bye = await stream.next()
        while bye.event == "message":
            bye = await stream.next()
        await rename("secret", ticket=3)
        await rename("open", ticket=1)
        change = await stream.next()

    assert bye.json()["reason"] == "revoked"
    assert bye.json()["topic"] == "board/2"
    assert bye.json()["retry"] is not False
    assert change.json()["set"]["title"] == "open"
    assert "board/2" not in change.id


async def test_a_deleted_board_is_gone(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1") as stream:
        await stream.named("snapshot")

        await conn.execute("DELETE FROM board WHERE id = 1")
        frames = await stream.end()

    assert frames[-1].json() == {"reason": "gone", "topic": "board/1", "retry": False}
    await refused(running, "/boards/1", 404, Authorization=ADAS)


@pytest.mark.parametrize("table", ["session", "token"])
async def test_an_ended_credential_ends_its_streams_alone(running: Site, conn: psycopg.AsyncConnection, table: str):
    secret = b"lls_x"
    await conn.execute(
        f"INSERT INTO {table} (person_id, secret_hash {', name' if table == 'token' else ''}) "
        f"VALUES (%s, %s {', $$t$$' if table == 'token' else ''})".encode(),
        (ADA, hashlib.sha256(secret).digest()),
    )
    async with (
        running.open("?board=1&me=true", token="ada") as other,
        sse.stream(
            f"{running.url}/streams?board=1&me=true",
            {"Cookie": await session_cookie(conn, "lls_x")}
            if table == "session"
            else {"Authorization": "Bearer lls_x"},
        ) as stream,
    ):
        for _ in range(2):
            await stream.next()
            await other.next()

        await conn.execute(f"DELETE FROM {table} WHERE secret_hash = %s".encode(), (hashlib.sha256(secret).digest(),))
        ended = time.monotonic()
        frames = await stream.end()

        assert frames[-1].json() == {"reason": "expired", "retry": False}
        assert frames[-1].at - ended < 1
        await other.silence(0.2)


async def test_a_stream_ends_with_its_session(running: Site, conn: psycopg.AsyncConnection):
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash, expires_at) VALUES (%s, %s, now() + interval '1.5 seconds')",
        (ADA, hashlib.sha256(b"lls_short").digest()),
    )
    began = time.monotonic()
    async with sse.stream(
        f"{running.url}/streams/boards/1", {"Cookie": await session_cookie(conn, "lls_short")}
    ) as stream:
        frames = await stream.end()

    assert 0.8 < frames[-1].at - began < 2.5
    assert frames[-1].json() == {"reason": "expired", "retry": False}
    await refused(running, "/boards/1", 401, Cookie=await session_cookie(conn, "lls_short"))


async def test_a_stream_goes_on_with_a_session_that_was_used_meanwhile(
    running: Site, conn: psycopg.AsyncConnection, rename: Callable[..., Any]
):
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash, expires_at) VALUES (%s, %s, now() + interval '1.5 seconds')",
        (ADA, hashlib.sha256(b"lls_used").digest()),
    )
    async with sse.stream(
        f"{running.url}/streams/boards/1", {"Cookie": await session_cookie(conn, "lls_used")}
    ) as stream:
        await stream.named("snapshot")
        await conn.execute("UPDATE session SET expires_at = now() + interval '30 days'")
        await stream.silence(2.0)  # past what was its end
        await rename("still here")
        change = await stream.change()

    assert change["set"]["title"] == "still here"


async def test_a_revocation_that_nobody_announced_is_found_by_looking(
    site: Site, admin_url: str, conn: psycopg.AsyncConnection
):
    site.start_here(recheck_s=1.0, heartbeat_s=0.4)
    async with site.open("/boards/1", token="bob") as stream:
        await stream.named("snapshot")
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("ALTER TABLE token DISABLE TRIGGER ring_person")
            admin.execute("DELETE FROM token WHERE person_id = %s", (BOB,))
        frames = await stream.end()

    assert frames[-1].json() == {"reason": "expired", "retry": False}


async def test_an_erased_person_is_gone_at_once(running: Site, admin_url: str):
    async with running.open("?board=1&me=true", token="bob") as stream:
        for _ in range(2):
            await stream.next()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT erase_person(%s)", (BOB,))
        frames = await stream.end()

    assert frames[-1].json() == {"reason": "expired", "retry": False}


async def test_events_of_other_boards_are_never_seen(running: Site, rename: Callable[..., Any]):
    async with running.open("?board=1&board=2&me=true", token="bob") as stream:
        assert (await stream.named("bye"))["topic"] == "board/2"
        for _ in range(2):
            await stream.named("snapshot")

        await rename("secret", ticket=3)
        await rename("open", ticket=1)

        assert (await stream.change())["set"]["title"] == "open"
        await stream.silence(0.2)
