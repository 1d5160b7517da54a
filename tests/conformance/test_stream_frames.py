"""What an open stream sends: head, snapshot, changes, texts."""

import re
from typing import Any

import pytest
from psycopg import AsyncConnection

from tests import sse
from tests.conformance.site import Board, Person, Site, add_ticket, join, value
from tests.oracle import Consumer, parse_cursor

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


async def test_the_head_of_a_stream(ada: Person, board: Board):
    async with ada.stream(board.stream) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].split(";")[0] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store, no-transform"
        assert stream.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in stream.headers
        assert "content-length" not in stream.headers


async def test_a_stream_is_never_compressed(ada: Person, board: Board):
    async with ada.stream(board.stream, headers=[("Accept-Encoding", "gzip, br, zstd")]) as stream:
        await stream.next()

        assert "content-encoding" not in stream.headers


async def test_it_begins_with_retry_and_a_comment_then_the_snapshot(ada: Person, board: Board):
    async with ada.stream(board.stream) as stream:
        await stream.next()

        retry, comment, snapshot = stream.items[:3]
        assert isinstance(retry, sse.Retry)
        assert 1000 <= retry.ms <= 3000
        assert isinstance(comment, sse.Comment)
        assert comment.text == "ok"
        assert isinstance(snapshot, sse.Frame)
        assert snapshot.event == "snapshot"


async def test_retry_differs_between_connections(ada: Person, board: Board):
    waits: set[int] = set()
    for _ in range(6):
        async with ada.stream(board.stream) as stream:
            await stream.next()
            waits.update(stream.retries)

    assert len(waits) > 1


async def test_the_snapshot_is_what_rest_answers(ada: Person, board: Board):
    await add_ticket(ada, board, "a", description="story")
    async with ada.stream(board.stream) as stream:
        frame = await stream.next()

    said = frame.json()
    state = await ada.get(board.path)
    assert {"v", "topic", "seq", "epoch", "reason", "state"} <= set(said)
    assert (said["v"], said["topic"], said["seq"]) == (1, board.topic, board.seq + 1)
    assert said["reason"] == "start"
    assert said["state"] == state
    assert frame.id == f"{state['epoch']}:{board.topic}={state['seq']}"


async def test_a_created_row_comes_whole(ada: Person, board: Board):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        row = await ada.did(
            "POST",
            f"/api/columns/{board.columns[0]}/tickets",
            {"title": "New", "description": "story"},
            Idempotency_Key="op-1",
        )
        frame = await stream.next()

    event = frame.json()
    assert frame.event == "message"
    assert frame.id == board.cursor(board.seq + 1)
    assert event["set"].pop("rank") == row["rank"]
    assert event.pop("at")
    assert TIME.fullmatch(frame.json()["at"])
    assert event == {
        "v": 1,
        "topic": board.topic,
        "seq": board.seq + 1,
        "type": "ticket.created",
        "via": "rest",
        "actor": {"id": ada.id, "name": "Ada"},
        "op": "op-1",
        "id": row["id"],
        "set": {
            "uid": row["uid"],
            "board_id": board.id,
            "column_id": board.columns[0],
            "title": "New",
            "description": "story",
            "version": 1,
            "archived_at": None,
            "created_at": row["created_at"],
            "created_by": ada.id,
        },
    }


async def test_a_change_says_what_changed_and_what_it_was(ada: Person, board: Board):
    ticket = await add_ticket(ada, board, "old", description="a long story")
    async with ada.stream(f"{board.stream}?after=now") as stream:
        await stream.named("heartbeat")
        await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"title": "new"})
        edited = await stream.change()
        moved_row = await ada.did("POST", f"/api/tickets/{ticket['id']}/move", {"column_id": board.columns[1]})
        moved = await stream.change()

    assert edited["type"] == moved["type"] == "ticket.updated"
    assert (edited["set"], edited["was"]) == ({"title": "new", "version": 2}, {"title": "old", "version": 1})
    assert moved["set"] == {"column_id": board.columns[1], "version": 3} | (
        {"rank": moved_row["rank"]} if moved_row["rank"] != ticket["rank"] else {}
    )
    assert moved["was"]["column_id"] == board.columns[0]
    assert "description" not in moved["set"]


async def test_sql_writers_are_live_and_named(ada: Person, board: Board, sql: AsyncConnection):
    role = await value(sql, "SELECT session_user")
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        ticket = await value(
            sql, "INSERT INTO ticket (column_id, title) VALUES (%s, 'by hand') RETURNING id", board.columns[0]
        )
        created = await stream.change()
        await sql.execute("UPDATE ticket SET column_id = %s WHERE id = %s", (board.columns[1], ticket))
        updated = await stream.change()
        await sql.execute("DELETE FROM ticket WHERE id = %s", (ticket,))
        deleted = await stream.change()

    events = [created, updated, deleted]
    assert [event["type"] for event in events] == ["ticket.created", "ticket.updated", "ticket.deleted"]
    assert {event["via"] for event in events} == {f"sql:{role}"}
    assert [event["actor"] for event in events] == [None] * 3
    assert [event["seq"] for event in events] == [board.seq + n for n in (1, 2, 3)]
    assert deleted["was"]["title"] == "by hand"
    assert deleted["was"]["column_id"] == board.columns[1]
    assert "set" not in deleted
    assert "was" not in created


@pytest.mark.parametrize("actor", ["", "abc", "-1", "1 or 1", "99999999999999999999999", "999999999"])
async def test_an_actor_that_is_no_person_counts_as_none(ada: Person, board: Board, sql: AsyncConnection, actor: str):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        async with sql.transaction():
            await sql.execute("SELECT set_config('livelane.actor', %s, true)", (actor,))
            await sql.execute("UPDATE board SET title = 'x' WHERE id = %s", (board.id,))

        assert (await stream.change())["actor"] is None


async def test_an_sql_writer_may_say_who_acts(ada: Person, bo: Person, board: Board, sql: AsyncConnection):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        async with sql.transaction():
            await sql.execute(f"SET LOCAL livelane.actor = '{bo.id}'".encode())
            await sql.execute("UPDATE board SET title = 'x' WHERE id = %s", (board.id,))

        event = await stream.change()
    assert event["actor"] == {"id": bo.id, "name": "Bo"}
    assert event["via"].startswith("sql:")


async def test_a_transaction_is_consecutive_and_says_more_until_its_last(
    ada: Person, board: Board, sql: AsyncConnection
):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        await sql.execute(
            "INSERT INTO ticket (column_id, title) SELECT %s, n::text FROM generate_series(1, 4) n", (board.columns[0],)
        )
        await add_ticket(ada, board)
        events = [await stream.change() for _ in range(5)]

    assert [event["seq"] for event in events] == [board.seq + n for n in range(1, 6)]
    assert [event.get("more", False) for event in events] == [True, True, True, False, False]


async def test_a_rolled_back_transaction_is_never_seen(ada: Person, board: Board, sql: AsyncConnection):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        async with sql.transaction(force_rollback=True):
            await sql.execute("UPDATE board SET title = 'never' WHERE id = %s", (board.id,))
        async with sql.transaction():
            await sql.execute("UPDATE board SET title = 'kept' WHERE id = %s", (board.id,))
            async with sql.transaction(force_rollback=True):
                await sql.execute("UPDATE board SET title = 'not kept' WHERE id = %s", (board.id,))

        event = await stream.change()
        assert event["set"]["title"] == "kept"
        assert event["seq"] == board.seq + 1
        await stream.silence(0.3)


async def test_texts_over_4_kb_are_named_instead(ada: Person, board: Board):
    short, long = "ö" * 2048, "ö" * 2049  # 4,096 and 4,098 bytes
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        whole = await add_ticket(ada, board, description=short)
        created = [await stream.change()]
        await ada.did("PATCH", f"/api/tickets/{whole['id']}", {"description": long})
        created.append(await stream.change())
        await ada.did("PATCH", f"/api/tickets/{whole['id']}", {"description": ""})
        created.append(await stream.change())

    fits, grew, shrank = created
    assert fits["set"]["description"] == short
    assert "omitted" not in fits
    assert grew["omitted"] == ["set.description"]
    assert "description" not in grew["set"]
    assert grew["was"]["description"] == short
    assert shrank["omitted"] == ["was.description"]
    assert shrank["set"]["description"] == ""


@pytest.mark.parametrize("text", ["\u2028\u2029\x85", "a\rb\nc\r\n\n", "data: x\n\nid: 1\n\n", "🦊", "\x01\x7f\\u0000"])
@pytest.mark.parametrize("by", ["rest", "sql"])
async def test_any_text_is_one_line_and_the_same_text(
    ada: Person, board: Board, sql: AsyncConnection, text: str, by: str
):
    ticket = await add_ticket(ada, board)
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq + 1)}") as stream:
        if by == "rest":
            await ada.did("PATCH", f"/api/tickets/{ticket['id']}", {"description": text})
        else:
            await sql.execute("UPDATE ticket SET description = %s WHERE id = %s", (text, ticket["id"]))

        assert (await stream.change())["set"]["description"] == text


async def test_members_are_a_person_a_name_and_a_role(ada: Person, bo: Person, board: Board):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        await join(ada, board, bo, "viewer")
        joined = await stream.change()
        await ada.did("PATCH", f"{board.path}/members/{bo.id}", {"role": "editor"})
        changed = await stream.change()
        await bo.did("PATCH", "/api/me", {"name": "Bob"})
        renamed = await stream.change()
        await ada.did("DELETE", f"{board.path}/members/{bo.id}")
        left = await stream.change()

    assert [e["type"] for e in (joined, changed, renamed, left)] == [
        "member.created", "member.updated", "member.updated", "member.deleted",
    ]  # fmt: skip
    assert {e["id"] for e in (joined, changed, renamed, left)} == {bo.id}
    assert joined["set"] == {"person_id": bo.id, "name": "Bo", "role": "viewer"}
    assert (changed["set"]["role"], changed["was"]["role"]) == ("editor", "viewer")
    assert renamed["set"]["name"] == "Bob"
    assert "@" not in str([joined, changed, renamed, left])


async def test_frames_never_depend_on_the_reader(ada: Person, viewer: Person, board: Board):
    async with ada.stream(board.stream) as mine, viewer.stream(board.stream) as theirs:
        await add_ticket(ada, board)
        frames = [[await stream.next() for _ in range(2)] for stream in (mine, theirs)]

    a, b = [[(frame.event, frame.id, frame.data) for frame in some] for some in frames]
    assert a == b


async def test_events_of_other_boards_never_show(ada: Person, board: Board, sql: AsyncConnection):
    other = await ada.new_board(title="Other")
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        await add_ticket(ada, other)
        await sql.execute("UPDATE board SET title = 'x' WHERE id = %s", (other.id,))
        await add_ticket(ada, board, "mine")

        assert (await stream.change())["set"]["title"] == "mine"
        await stream.silence(0.3)


async def test_a_ticket_moved_to_another_board_leaves_one_topic_and_enters_the_other(
    ada: Person, board: Board, sql: AsyncConnection
):
    other = await ada.new_board()
    ticket = await add_ticket(ada, board, "traveller")
    consumer = Consumer(board.topic, other.topic)
    async with ada.stream(f"/streams?board={board.id}&board={other.id}") as stream:
        for _ in range(2):
            consumer.take(await stream.next())
        await sql.execute(
            "UPDATE ticket SET board_id = %s, column_id = %s WHERE id = %s", (other.id, other.columns[0], ticket["id"])
        )
        seen: dict[str, dict[str, Any]] = {}
        while len(seen) < 2:
            frame = await stream.next()
            consumer.take(frame)
            if frame.event == "message":
                seen[frame.json()["topic"]] = frame.json()

    left, entered = seen[board.topic], seen[other.topic]
    assert (left["type"], left["moved_to"], left["id"]) == ("ticket.deleted", other.id, ticket["id"])
    assert (entered["type"], entered["id"], entered["set"]["title"]) == ("ticket.created", ticket["id"], "traveller")
    assert ticket["id"] in consumer.replicas[other.topic].board()["tickets"]


async def test_truncate_is_refused_with_a_sentence(sql: AsyncConnection):
    with pytest.raises(Exception, match=r"TRUNCATE|DELETE"):
        await sql.execute("TRUNCATE ticket CASCADE")


async def test_ids_are_cursors(ada: Person, board: Board):
    async with ada.stream(board.stream) as stream:
        frame = await stream.next()

    epoch, vector = parse_cursor(frame.id)
    assert epoch == board.epoch
    assert vector == {board.topic: board.seq}


async def test_a_commit_reaches_the_reader_quickly(site: Site, ada: Person, board: Board):
    async with ada.stream(f"{board.stream}?after=now") as stream:
        await stream.named("heartbeat")
        for n in range(20):
            await add_ticket(ada, board, str(n))
            await stream.change(timeout=1)
