"""Several boards and one's own topic on one connection."""

from collections.abc import Callable
from typing import Any

import psycopg

from tests.streams.conftest import Site


async def test_each_topic_gets_its_snapshot_and_the_id_names_those_delivered(running: Site):
    async with running.open("?board=2&board=1&me=true") as stream:
        frames = [await stream.next() for _ in range(3)]

    assert {frame.json()["topic"] for frame in frames} == {"board/1", "board/2", "user/1"}
    assert [frame.json()["reason"] for frame in frames] == ["start"] * 3
    assert [frame.id.count("=") for frame in frames] == [1, 2, 3]
    names = [part.partition("=")[0] for part in frames[2].id.partition(":")[2].split(",")]
    assert names == ["board/1", "board/2", "user/1"]
    state = next(frame.json()["state"] for frame in frames if frame.json()["topic"] == "user/1")
    assert state["person"]["name"] == "Ada"
    assert [membership["board_id"] for membership in state["memberships"]] == [1, 2]


async def test_events_of_any_topic_move_their_part_of_the_id(running: Site, rename: Callable[..., Any]):
    async with running.open("?board=1&board=2") as stream:
        seqs = {frame.json()["topic"]: frame.json()["seq"] for frame in [await stream.next(), await stream.next()]}

        await rename("a", ticket=3)
        on_second = await stream.next()
        await rename("b", ticket=1)
        on_first = await stream.next()

    one, two = seqs["board/1"], seqs["board/2"]
    assert on_second.id.endswith(f":board/1={one},board/2={two + 1}")
    assert on_first.id.endswith(f":board/1={one + 1},board/2={two + 1}")


async def test_a_vector_resumes_each_topic_and_starts_those_it_does_not_name(running: Site, rename: Callable[..., Any]):
    async with running.open("?board=1&me=true") as stream:
        await stream.next()
        cursor = (await stream.next()).id
    await rename("missed")

    async with running.open("?board=1&board=2", cursor) as stream:
        frames = [await stream.next() for _ in range(2)]

    assert {frame.event: frame.json()["topic"] for frame in frames} == {"message": "board/1", "snapshot": "board/2"}
    assert "user/1" not in frames[-1].id


async def test_a_ticket_that_changes_boards_leaves_one_and_enters_the_other(
    running: Site, conn: psycopg.AsyncConnection
):
    async with running.open("?board=1&board=2") as stream:
        for _ in range(2):
            await stream.next()

        await conn.execute("UPDATE ticket SET board_id = 2, column_id = 3 WHERE id = 1")
        changes = {change["topic"]: change for change in [await stream.change(), await stream.change()]}

    assert changes["board/1"]["type"] == "ticket.deleted"
    assert changes["board/1"]["moved_to"] == 2
    assert changes["board/2"]["type"] == "ticket.created"


async def test_ones_own_topic_tells_of_memberships(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("?me=true", token="bob") as stream:
        assert (await stream.named("snapshot"))["topic"] == "user/2"

        await conn.execute("INSERT INTO member (board_id, person_id, role) VALUES (2, 2, 'viewer')")
        change = await stream.change()

    assert change["type"] == "membership.created"
    assert change["set"]["role"] == "viewer"


async def test_after_now_on_several_topics(running: Site, rename: Callable[..., Any]):
    async with running.open("?board=1&board=2&after=now") as stream:
        beat = await stream.next()
        await rename("x")
        change = await stream.change()

    assert beat.event == "heartbeat"
    assert set(beat.json()["seq"]) == {"board/1", "board/2"}
    assert change["topic"] == "board/1"


async def test_after_now_begins_with_the_heartbeat_also_where_a_topic_is_refused(running: Site):
    async with running.open("?board=2&board=1&board=999&after=now", token="bob") as stream:
        frames = [await stream.next() for _ in range(3)]

    assert [frame.event for frame in frames] == ["heartbeat", "bye", "bye"]
    assert set(frames[0].json()["seq"]) == {"board/1"}


async def test_heartbeats_name_every_topic(site: Site):
    site.start_here(heartbeat_s=0.3)
    async with site.open("?board=1&board=2&me=true") as stream:
        seqs = {frame.json()["topic"]: frame.json()["seq"] for frame in [await stream.next() for _ in range(3)]}
        beat = await stream.next()

    assert beat.event == "heartbeat"
    assert beat.json()["seq"] == seqs


async def test_many_streams_of_different_topics_each_get_theirs(running: Site, rename: Callable[..., Any]):
    async with (
        running.open("/boards/1") as first,
        running.open("/boards/2") as second,
        running.open("?board=1&board=2") as both,
        running.open("/boards/1", token="bob") as bobs,
    ):
        for stream, snapshots in ((first, 1), (second, 1), (both, 2), (bobs, 1)):
            for _ in range(snapshots):
                await stream.named("snapshot")

        await rename("uno", ticket=1)
        await rename("tre", ticket=3)

        assert (await first.change())["topic"] == "board/1"
        assert (await second.change())["topic"] == "board/2"
        assert {(await both.change())["topic"] for _ in range(2)} == {"board/1", "board/2"}
        assert (await bobs.change())["topic"] == "board/1"
        await first.silence(0.2)
        await second.silence(0.1)
        await bobs.silence(0.1)
