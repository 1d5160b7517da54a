"""Where a stream goes on: every kind of last id, and the snapshot with its reason when it cannot."""

from typing import Any

import psycopg
import pytest

from streams.cursor import Place, parse_id
from streams.tail import Entry
from tests import sse
from tests.streams.conftest import Site


async def test_a_place_is_written_in_ascending_bytes():
    place = Place("0000000a", {"user/3": 9, "board/10": 1, "board/9": 42})

    assert place.id == b"0000000a:board/10=1,board/9=42,user/3=9"
    assert parse_id(place.id.decode()) is not None
    assert parse_id(place.id.decode()).seqs == place.seqs  # type: ignore[union-attr]


async def test_frames_carry_the_place_after_each_event():
    place = Place("0000000a", {"board/1": 9, "board/11": 7, "user/1": 1})

    frames, behind = place.after("board/1", [Entry(10, 0, True, b"data: a\n\n"), Entry(11, 0, False, b"data: b\n\n")])

    assert frames == (
        b"id: 0000000a:board/1=10,board/11=7,user/1=1\ndata: a\n\n"
        b"id: 0000000a:board/1=11,board/11=7,user/1=1\ndata: b\n\n"
    )
    assert behind.seqs == {"board/1": 11, "board/11": 7, "user/1": 1}
    assert place.seqs["board/1"] == 9


GARBAGE = [
    "42", "board/1=3", ":board/1=3", "5f3a9c01:", "5f3a9c01:board/1", "5f3a9c01:board/1=", "5f3a9c01:board/1=-1",
    "5f3a9c01:board/1=03", "5f3a9c01:board/1=3,", "5f3a9c01:board/1=3 ,user/1=2", "5f3a9c01:board/1=3,board/1=4",
    "5F3A9C01:board/1=3", "5f3a9c01:board/1=9999999999999999999", "5f3a9c01:board/0=1", "null", "é",
    "5f3a9c01:board/1=3;", "'; DROP TABLE event; --", "now", "0", "x" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_no_place(text: str):
    assert parse_id(text) is None


async def test_every_garbage_cursor_is_answered_with_a_snapshot_that_says_so(running: Site):
    for text in GARBAGE:
        async with running.open("/boards/1", text.encode("utf-8").decode("latin-1")) as stream:
            assert (await stream.named("snapshot"))["reason"] == "malformed", text


async def test_two_cursor_headers_are_malformed(running: Site):
    async with running.open("/boards/1") as stream:
        id_ = (await stream.next()).id
    headers = [("Authorization", "Bearer llt_ada"), ("Last-Event-ID", id_), ("Last-Event-ID", id_)]

    async with sse.stream(f"{running.url}/streams/boards/1", headers) as stream:
        assert (await stream.named("snapshot"))["reason"] == "malformed"


async def test_an_empty_cursor_is_none(running: Site):
    async with running.open("/boards/1?after=", "") as stream:
        assert (await stream.named("snapshot"))["reason"] == "start"


async def test_a_cursor_from_another_life_gets_a_snapshot(running: Site):
    async with running.open("/boards/1", "00000000:board/1=3") as stream:
        assert (await stream.named("snapshot"))["reason"] == "epoch"


async def test_a_cursor_from_the_future_gets_a_snapshot(running: Site):
    async with running.open("/boards/1") as stream:
        first = await stream.next()
    seq = first.json()["seq"]

    async with running.open("/boards/1", first.id.replace(f"={seq}", f"={seq + 1}")) as stream:
        snapshot = await stream.named("snapshot")

    assert snapshot["reason"] == "ahead"
    assert snapshot["seq"] == seq


async def test_a_cursor_that_is_not_kept_any_more_gets_a_snapshot(
    running: Site, admin_url: str, conn: psycopg.AsyncConnection
):
    async with running.open("/boards/1") as stream:
        id_ = (await stream.next()).id
    for n in range(6):
        await conn.execute("UPDATE ticket SET title = %s WHERE id = 1", (f"t{n}",))
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("DELETE FROM event WHERE topic = 'board/1' AND seq < 10")
        admin.execute("UPDATE topic_clock SET lowest_seq = 10 WHERE topic = 'board/1'")
    site = running
    site.close()
    site.start_here()  # with an empty ring

    async with site.open("/boards/1", id_) as stream:
        assert (await stream.named("snapshot"))["reason"] == "expired"
    async with site.open("/boards/1", id_.rpartition("=")[0] + "=9") as stream:
        assert (await stream.change())["seq"] == 10


async def test_a_reader_who_was_away_for_longer_than_the_log_is_kept_gets_a_snapshot(
    running: Site, conn: psycopg.AsyncConnection
):
    async with running.open("/boards/1") as stream:
        epoch, _, seq = (await stream.next()).id.rpartition("=")
    await conn.execute("SELECT log_upkeep(NULL, (now() - interval '3 months')::date)")
    await conn.execute("UPDATE ticket SET title = 'three months ago' WHERE id = 1")
    await conn.execute("UPDATE event SET at = at - interval '3 months'")
    await conn.execute("UPDATE ticket SET title = 'today' WHERE id = 1")
    site = running
    site.close()

    dropped = await (await conn.execute("SELECT log_upkeep(30)")).fetchall()
    site.start_here()

    assert len(dropped) == 1
    async with site.open("/boards/1", f"{epoch}={seq}") as stream:
        snapshot = await stream.named("snapshot")
        assert (snapshot["reason"], snapshot["seq"]) == ("expired", int(seq) + 2)
    async with site.open("/boards/1", f"{epoch}={int(seq) + 1}") as stream:
        assert (await stream.change())["set"]["title"] == "today"


async def test_more_than_500_changes_come_as_a_snapshot_also_live(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1") as live:
        id_ = (await live.next()).id
        await conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, 't' || n FROM generate_series(1, 600) n")

        snapshot = await live.named("snapshot")
        async with running.open("/boards/1", id_) as late:
            assert (await late.named("snapshot"))["reason"] == "bulk"
        await conn.execute("UPDATE ticket SET title = 'x' WHERE id = 1")
        change = await live.change()

    assert snapshot["reason"] == "bulk"
    assert len(snapshot["state"]["tickets"]) == 602
    assert change["seq"] == snapshot["seq"] + 1


async def test_up_to_500_changes_come_as_events(running: Site, conn: psycopg.AsyncConnection):
    async with running.open("/boards/1") as live:
        id_ = (await live.next()).id
        await conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, 't' || n FROM generate_series(1, 500) n")
        assert [("more" in await live.change()) for _ in range(500)] == [True] * 499 + [False]

    async with running.open("/boards/1", id_) as late:
        assert [("more" in await late.change()) for _ in range(500)] == [True] * 499 + [False]


async def test_a_large_snapshot_arrives_whole(running: Site, conn: psycopg.AsyncConnection):
    await conn.execute(
        "INSERT INTO ticket (column_id, title) SELECT 1, repeat('ü', 400) FROM generate_series(1, 3000) n"
    )

    async with running.open("/boards/1") as stream:
        snapshot = await stream.named("snapshot", 20)

    assert len(snapshot["state"]["tickets"]) == 3002


async def test_a_changed_schema_comes_as_a_snapshot_to_live_and_late(
    running: Site, admin_url: str, conn: psycopg.AsyncConnection
):
    async with running.open("/boards/1") as live:
        first = await live.next()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT touch_all_topics()")

        snapshot = await live.named("snapshot")
        await conn.execute("UPDATE ticket SET title = 'x' WHERE id = 1")
        change = await live.change()
    async with running.open("/boards/1", first.id) as late:
        assert (await late.named("snapshot"))["reason"] == "schema"
    running.close()
    running.start_here()
    async with running.open("/boards/1", first.id) as late:
        again: dict[str, Any] = await late.named("snapshot")

    assert snapshot["reason"] == "schema"
    assert snapshot["seq"] == first.json()["seq"] + 1
    assert change["seq"] == snapshot["seq"] + 1
    assert again["reason"] == "schema"


async def test_another_epoch_comes_as_a_snapshot_to_everyone(
    running: Site, admin_url: str, conn: psycopg.AsyncConnection
):
    async with running.open("/boards/1") as stream, running.open("?board=1&board=2") as several:
        first = await stream.next()
        for _ in range(2):
            await several.next()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT renew_epoch()")

        frame = await stream.next()
        both = [await several.next() for _ in range(2)]
        await conn.execute("UPDATE ticket SET title = 'x' WHERE id = 1")
        change = await stream.next()

    assert frame.json()["reason"] == "epoch"
    assert frame.json()["epoch"] == frame.json()["state"]["epoch"] != first.json()["epoch"]
    assert frame.id.startswith(frame.json()["epoch"] + ":board/1=")
    assert [each.json()["reason"] for each in both] == ["epoch"] * 2
    assert change.id.startswith(frame.json()["epoch"])
    assert change.json()["seq"] == frame.json()["seq"] + 1
