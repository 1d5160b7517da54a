"""One board on one stream."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests import sse
from tests.streams.conftest import Site


async def seq_of(conn: psycopg.AsyncConnection, topic: str = "board/1") -> int:
    row = await (await conn.execute("SELECT seq FROM topic_clock WHERE topic = %s", (topic,))).fetchone()
    return row[0] if row else 0


async def test_a_stream_begins_with_retry_a_comment_and_the_snapshot(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1") as stream:
        frame = await stream.next()

    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-store, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"
    assert 1000 <= stream.retries[0] <= 3000
    assert stream.comments[0] == "ok"
    said = frame.json()
    seq = await seq_of(conn)
    epoch = (await (await conn.execute("SELECT current_epoch()")).fetchone() or [""])[0]
    assert frame.event == "snapshot"
    assert frame.id == f"{epoch}:board/1={seq}"
    assert {k: v for k, v in said.items() if k != "state"} == {
        "v": 1, "topic": "board/1", "seq": seq, "epoch": epoch, "reason": "start",
    }  # fmt: skip
    row = await (await conn.execute("SELECT state FROM topic_snapshot('board/1', 'dev')")).fetchone()
    assert row
    assert said["state"] == json.loads(row[0])


async def test_an_update_in_sql_arrives_as_an_unnamed_event(running: Site, rename: Callable[[str], Any]):
    async with running.open("/boards/1") as stream:
        seq = (await stream.next()).json()["seq"]

        await rename("uno")
        frame = await stream.next()

    change = frame.json()
    assert frame.event == "message"
    assert frame.has_id
    assert frame.id.endswith(f":board/1={seq + 1}")
    assert change["seq"] == seq + 1
    assert change["type"] == "ticket.updated"
    assert change["set"]["title"] == "uno"
    assert change["was"]["title"] == "one"
    assert change["via"].startswith("sql:")


async def test_it_arrives_within_milliseconds(running: Site, rename: Callable[[str], Any]):
    async with running.open("/boards/1") as stream:
        await stream.next()
        waits: list[float] = []

        for n in range(20):
            sent = asyncio.get_running_loop().time()
            await rename(f"title {n}")
            waits.append((await stream.next()).at - sent)

    assert sorted(waits)[4] < 0.05  # not the slow ones: a pause of the machine is not our latency


async def test_the_events_of_a_transaction_come_together_and_say_more(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1") as stream:
        await stream.next()

        await conn.execute("UPDATE ticket SET title = title || '!' WHERE board_id = 1")
        first, last = await stream.next(), await stream.next()

    assert first.json()["more"] is True
    assert "more" not in last.json()
    assert first.at == last.at  # in one write


async def test_a_cursor_gets_what_came_after_it_and_nothing_twice(running: Site, rename: Callable[[str], Any]):
    async with running.open("/boards/1") as stream:
        await stream.next()
        await rename("a")
        cursor = (await stream.next()).id
    await rename("b")
    await rename("c")

    async with running.open("/boards/1", cursor) as stream:
        titles = [(await stream.change())["set"]["title"] for _ in range(2)]
        await rename("d")
        titles.append((await stream.change())["set"]["title"])

    assert titles == ["b", "c", "d"]


async def test_the_header_beats_the_query(running: Site, rename: Callable[[str], Any]):
    async with running.open("/boards/1") as stream:
        old = (await stream.next()).id
    await rename("a")
    async with running.open("/boards/1", old) as stream:
        new = (await stream.next()).id

    async with running.open(f"/boards/1?after={old}", new) as stream:
        await stream.silence(0.3)
    async with running.open(f"/boards/1?after={old}") as stream:
        assert (await stream.change())["set"]["title"] == "a"


async def test_after_now_begins_with_a_heartbeat_and_skips_the_past(
    running: Site, conn: psycopg.AsyncConnection, rename: Callable[[str], Any]
):
    async with running.open("/boards/1?after=now") as stream:
        beat = await stream.next()
        await rename("later")
        change = await stream.change()

    assert beat.event == "heartbeat"
    assert beat.json()["seq"] == {"board/1": change["seq"] - 1}
    assert beat.id.endswith(f"board/1={change['seq'] - 1}")


async def test_heartbeats_say_the_last_number_sent_on_this_stream(site: Site, rename: Callable[[str], Any]):
    site.start_here(heartbeat_s=0.5)
    async with site.open("/boards/1") as stream:
        seq = (await stream.next()).json()["seq"]
        first = await stream.next()
        await rename("x")
        assert (await stream.change())["seq"] == seq + 1
        second, *more = [await stream.next() for _ in range(6)]

    assert {frame.event for frame in (first, second, *more)} == {"heartbeat"}
    assert first.json()["seq"] == {"board/1": seq}
    assert second.json()["seq"] == {"board/1": seq + 1}
    assert second.id.endswith(f"board/1={seq + 1}")
    assert 0.4 < (more[-1].at - second.at) / len(more) < 0.7  # together: a late one comes nearer to its next


async def test_texts_that_break_lines_stay_on_one_line(running: Site, conn: psycopg.AsyncConnection):
    text = 'a\u2028b\u2029c\u0085d\te\\"\U0001f600\x1f'
    await conn.execute("UPDATE ticket SET description = %s WHERE id = 1", (text + "\r\n\x0b\x0c\x1c",))
    async with running.open("/boards/1") as stream:
        await stream.next()
        await conn.execute("UPDATE ticket SET description = %s WHERE id = 1", (text,))
        frame = await stream.next()

    assert frame.json()["set"]["description"] == text
    assert frame.json()["was"]["description"] == text + "\r\n\x0b\x0c\x1c"
    assert len(frame.data.splitlines()) == 1


async def test_long_texts_are_left_out_and_named(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1") as stream:
        await stream.next()
        await conn.execute("UPDATE ticket SET description = repeat('long ', 2000), title = 't' WHERE id = 1")
        change = await stream.change()

    assert change["omitted"] == ["set.description"]
    assert "description" not in change["set"]
    assert change["set"]["title"] == "t"


async def test_two_streams_get_the_same_bytes(running: Site, rename: Callable[[str], Any]):
    async with running.open("/boards/1") as one, running.open("/boards/1", token="bob") as two:
        assert (await one.next()).data == (await two.next()).data

        await rename("same")

        assert (await one.next()).data == (await two.next()).data


@pytest.mark.parametrize("path", ["/streams/boards/1", "/streams?board=1"])
@pytest.mark.parametrize(
    ("method", "hint"),
    [
        ("HEAD", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
    ],
)
async def test_who_only_looks_gets_headers_and_subscribes_nothing(
    running: Site, path: str, method: str, hint: dict[str, str]
):
    async with running.open("/boards/1") as stream:
        await stream.named("snapshot")
        opened = await running.metric("livelane_streams_opened_total")
        async with sse.stream(
            f"{running.url}{path}", {"Authorization": "Bearer llt_ada", **hint}, method=method
        ) as look:
            if method == "GET":
                assert await look.end() == []
            nobodys = await sse.open_stream(f"{running.url}{path}", hint, method=method)

        assert look.status == 200
        assert look.headers["content-type"] == "text/event-stream"
        assert look.headers["cache-control"] == "no-store, no-transform"
        assert look.body == b""
        assert look.items == []
        assert nobodys.status == 401
        assert (await running.inside())["streams"] == 1
        assert await running.metric("livelane_streams_opened_total") == opened


async def test_options_and_post_open_nothing(running: Site):
    auth = {"Authorization": "Bearer llt_ada"}
    options = await sse.open_stream(f"{running.url}/streams/boards/1", auth, method="OPTIONS")
    post = await sse.open_stream(f"{running.url}/streams/boards/1", auth, method="POST")

    assert options.status == 204
    assert options.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-origin" not in options.headers
    assert post.status == 405
    assert post.problem()["status"] == 405
    assert (await running.inside())["streams"] == 0
