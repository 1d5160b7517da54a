"""The way from the database to the streams, broken in every place."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from streams import log
from streams.hub import Hub
from streams.subscriber import Subscriber
from tests import sse
from tests.service.test_database_problems import pgbouncer
from tests.streams.conftest import Site, until
from tests.streams.deaf import DeafWire


async def health(site: Site) -> dict[str, Any]:
    return (await site.get("/health/ready")).json()["listener"]


async def is_well(site: Site) -> bool:
    return (await health(site))["ok"]


async def test_the_listeners_backend_is_terminated(running: Site, admin_url: str, rename: Callable[..., Any]):
    async with running.open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        with psycopg.connect(admin_url, autocommit=True) as admin:
            ended = admin.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'livelane listener' AND datname = current_database()
                """
            ).fetchall()
        await rename("while nobody listens")
        change = await stream.change(5)
        await until(lambda: is_well(running))
        await rename("again")
        second = await stream.change()

    assert len(ended) == 1
    assert [change["seq"], second["seq"]] == [seq + 1, seq + 2]
    assert await running.metric("livelane_listener_connects_total") >= 2


async def test_the_database_is_gone_for_a_while(site: Site, wire: DeafWire, rename: Callable[..., Any]):
    site.start_here(heartbeat_s=0.5)
    async with site.open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        wire.cut()

        async def is_red() -> bool:
            return not await is_well(site)

        await until(is_red)
        detail = (await health(site))["detail"]
        for n in range(5):
            await rename(f"missed {n}")
        beat = await stream.next()
        asked = time.monotonic()
        refused = await sse.open_stream(f"{site.url}/streams/boards/1", {"Authorization": "Bearer llt_ada"})
        waited = time.monotonic() - asked
        wire.mend()
        changes = [await stream.change(10) for _ in range(5)]
        await until(lambda: is_well(site))

    assert "no connection" in detail
    assert beat.event == "heartbeat"
    assert beat.json()["seq"] == {"board/1": seq}
    assert refused.status == 503
    assert refused.headers["retry-after"]
    assert waited < 5
    assert [change["seq"] for change in changes] == list(range(seq + 1, seq + 6))


async def test_a_half_open_connection_is_noticed_by_the_missing_echo(
    site: Site, wire: DeafWire, rename: Callable[..., Any]
):
    site.start_here(echo_s=0.5, poll_s=60)
    async with site.open("/boards/1") as stream:
        await stream.named("snapshot")
        wire.lose()
        await rename("unheard")
        change = await stream.change(30)
        await until(lambda: is_well(site), 20)

    assert change["set"]["title"] == "unheard"


async def test_behind_a_transaction_pooler_readiness_says_so_f9(site: Site, wire: DeafWire, rename: Callable[..., Any]):
    wire.deaf = True
    site.start_here(ready=False, echo_s=0.3, poll_s=0.4)

    async def says_why() -> bool:
        return "transaction pooler" in (await health(site))["detail"]

    await until(says_why)
    async with site.open("/boards/1") as stream:
        await stream.named("snapshot")
        await rename("found by looking")
        change = await stream.change()

    assert (await site.get("/health/ready")).status_code == 503
    assert change["set"]["title"] == "found by looking"


async def test_a_real_pooler_in_transaction_mode_is_named_and_one_in_session_mode_is_well_f9(site: Site):
    direct = site.database_url
    with pgbouncer(direct, "transaction") as site.database_url:
        site.start_here(ready=False, echo_s=0.3)

        async def says_why() -> bool:
            return "transaction pooler" in (await health(site))["detail"]

        await until(says_why, 10)
        site.close()
    with pgbouncer(direct, "session") as site.database_url:
        site.start_here()
        assert await is_well(site)
        site.close()


async def test_a_lost_notification_is_found_by_looking_and_counted(
    site: Site, wire: DeafWire, rename: Callable[..., Any]
):
    site.start_here(poll_s=0.5)
    found = await site.metric("livelane_poll_found_total")
    async with site.open("/boards/1") as stream:
        await stream.named("snapshot")
        wire.payloads.append(b"board/1")
        await rename("lost")
        change = await stream.change()

    assert wire.taken == 1
    assert change["set"]["title"] == "lost"
    assert await site.metric("livelane_poll_found_total") == found + 1


async def test_notifications_on_time_are_not_counted_as_lost(site: Site, rename: Callable[..., Any]):
    site.start_here(poll_s=1)  # a notification is given a quarter of it
    found = await site.metric("livelane_poll_found_total")
    async with site.open("/boards/1") as stream:
        await stream.named("snapshot")
        until = time.monotonic() + 3.5
        while time.monotonic() < until:
            await rename(f"at {time.monotonic()}")
            await stream.change()

    assert await site.metric("livelane_poll_found_total") == found


async def test_a_log_that_went_back_gives_snapshots(
    site: Site, admin_url: str, conn: psycopg.AsyncConnection, rename: Callable[..., Any]
):
    site.start_here(poll_s=0.3)
    async with site.open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        await rename("x")
        await stream.change()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("DELETE FROM event WHERE topic = 'board/1' AND seq > %s", (seq,))
            admin.execute("UPDATE topic_clock SET seq = %s WHERE topic = 'board/1'", (seq,))
        snapshot = await stream.named("snapshot")
        await rename("y")
        change = await stream.change()

    assert (snapshot["reason"], snapshot["seq"]) == ("ahead", seq)
    assert change["seq"] == seq + 1


async def test_another_epoch_in_the_midst_of_writing_stops_nothing(
    site: Site, wire: DeafWire, admin_url: str, rename: Callable[..., Any]
):
    site.start()
    writing = True

    async def write() -> None:
        while writing:
            await rename(f"at {time.monotonic()}")
            await asyncio.sleep(0.01)

    async with site.open("/boards/1") as stream, asyncio.TaskGroup() as tasks:
        epoch = (await stream.named("snapshot"))["epoch"]
        wire.latency_s = 0.1  # so that the board moves on while it is read
        tasks.create_task(write())
        for _ in range(3):
            await stream.change()
            with psycopg.connect(admin_url, autocommit=True) as admin:
                admin.execute("SELECT renew_epoch()")
            while (frame := await stream.next(10)).event != "snapshot":
                pass
            assert frame.json()["reason"] == "epoch"
            assert frame.json()["epoch"] != epoch
            epoch = frame.json()["epoch"]
        await stream.change()
        writing = False

    assert "failed and begins again" not in site.log, site.log


async def test_of_two_looks_at_the_epoch_the_older_does_not_win(
    site: Site, admin_url: str, monkeypatch: pytest.MonkeyPatch
):
    """One of them is on its way back from the database while the epoch is renewed."""
    look = log.current_epoch
    on_its_way = threading.Event()

    async def late(pool: log.Pool) -> str:
        epoch = await look(pool)
        if asked and not on_its_way.is_set():
            on_its_way.set()
            await asyncio.sleep(1)
        return epoch

    asked = False
    monkeypatch.setattr(log, "current_epoch", late)
    site.start_here(poll_s=2)
    async with site.open("/boards/1") as stream:
        await stream.named("snapshot")
        asked = True
        await asyncio.to_thread(on_its_way.wait, 10)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            epoch = (admin.execute("SELECT renew_epoch()").fetchone() or [""])[0]
        snapshot = await stream.named("snapshot")
        await stream.silence(1.5)

    assert snapshot["epoch"] == epoch


async def test_streams_opened_while_a_writer_runs_miss_nothing_and_get_nothing_twice(running: Site, database_url: str):
    writing = True

    async def write() -> int:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            n = 0
            while writing:
                n += 1
                await conn.execute("UPDATE ticket SET title = %s WHERE board_id = 1", (f"t{n}",))
            return n

    async def follow(cursor: str | None, count: int) -> str:
        async with running.open("/boards/1", cursor) as stream:
            last = None if cursor is None else int(cursor.rpartition("=")[2])
            for _ in range(count):
                frame = await stream.next()
                said = frame.json()
                if frame.event == "snapshot":
                    assert last is None, said["reason"]
                elif frame.event == "heartbeat":
                    assert said["seq"]["board/1"] == last
                    continue
                else:
                    assert said["seq"] == (last or 0) + 1
                last = said["seq"]
            return stream.cursor

    writer = asyncio.create_task(write())
    try:
        for _ in range(8):
            cursors = await asyncio.gather(*(follow(None, 20) for _ in range(10)))
            await asyncio.gather(*(follow(cursor, 20) for cursor in cursors))
    finally:
        writing = False
    assert await writer > 50


async def test_no_stream_holds_a_database_connection(running: Site, admin_url: str):
    streams = [
        await sse.open_stream(f"{running.url}/streams/boards/1", {"Authorization": "Bearer llt_ada"}) for _ in range(50)
    ]
    for stream in streams:
        await stream.named("snapshot")

    with psycopg.connect(admin_url, autocommit=True) as admin:
        row = admin.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE state <> 'idle') FROM pg_stat_activity
             WHERE datname = current_database() AND application_name LIKE 'livelane%%'
            """
        ).fetchone()
    for stream in streams:
        stream.abort()

    assert row
    assert row[0] <= 5
    assert row[1] <= 1


async def test_a_crowd_comes_back_by_one_read(site: Site, rename: Callable[..., Any]):
    site.start_here()
    async with site.open("/boards/1") as stream:
        cursor = (await stream.next()).id
    await rename("missed")
    site.close()
    site.start_here()  # nothing is known of the board
    gaps = await site.metric("livelane_streams_reads_total", what="gap")
    snapshots = await site.metric("livelane_streams_reads_total", what="snapshot")

    async def come_back(last: str | None) -> None:
        async with site.open("/boards/1", last, timeout=60) as stream:
            if last is None:
                await stream.named("snapshot", 60)
            else:
                assert (await stream.change(60))["set"]["title"] == "missed"

    await asyncio.gather(*(come_back(cursor) for _ in range(200)), *(come_back(None) for _ in range(100)))

    assert await site.metric("livelane_streams_reads_total", what="gap") - gaps == 1
    assert await site.metric("livelane_streams_reads_total", what="snapshot") - snapshots <= 2


async def test_streams_open_at_once_after_every_connection_was_lost(
    running: Site, admin_url: str, rename: Callable[..., Any]
):
    async def open_some() -> None:
        async def one() -> None:
            async with running.open("?board=1&board=2&me=true") as stream:
                for _ in range(3):
                    await stream.named("snapshot")

        await asyncio.gather(*(one() for _ in range(30)))

    await open_some()  # the pool is as large as it gets
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name LIKE 'livelane%%' AND datname = current_database()
            """
        )

    await open_some()


async def test_a_fault_of_ours_ends_no_stream(site: Site, rename: Callable[..., Any], monkeypatch: pytest.MonkeyPatch):
    """Whatever goes wrong while news are handed out, the work goes on and nothing is missed."""
    site.start_here()
    once = iter([True])
    fan_out = Hub.fan_out

    async def failing(hub: Hub, *arguments: Any) -> None:
        if next(once, False):
            raise ZeroDivisionError
        await fan_out(hub, *arguments)

    monkeypatch.setattr(Hub, "fan_out", failing)
    async with site.open("/boards/1") as stream:
        seq = (await stream.named("snapshot"))["seq"]
        changes: list[dict[str, Any]] = []
        for title in ("lost on the way", "the next"):
            await rename(title)
            changes.append(await stream.change())

    assert [change["seq"] for change in changes] == [seq + 1, seq + 2]


async def test_a_fault_while_one_stream_is_told_costs_it_nothing(
    site: Site, rename: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    site.start_here()
    once = iter([True])
    push = Subscriber.push

    def failing(stream: Subscriber, parcel: Any) -> None:
        if next(once, False):
            raise ZeroDivisionError
        push(stream, parcel)

    async with site.open("/boards/1") as one, site.open("/boards/1") as two:
        seq = (await one.named("snapshot"))["seq"]
        await two.named("snapshot")
        monkeypatch.setattr(Subscriber, "push", failing)
        for n in (1, 2):
            await rename(f"title {n}")
            for stream in (one, two):
                assert (await stream.change())["seq"] == seq + n


async def test_who_waits_long_for_a_snapshot_hears_that_we_are_here(
    site: Site, wire: DeafWire, conn: psycopg.AsyncConnection
):
    await conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, 't' || n FROM generate_series(1, 200) n")
    site.start_here(heartbeat_s=0.3)
    wire.bytes_per_s = 20_000  # the snapshot takes some seconds
    async with site.open("/boards/1") as stream:
        snapshot = await stream.named("snapshot", 20)
        meanwhile = list(stream.comments)
        beat = await stream.named("heartbeat")

    assert meanwhile[0] == "ok"
    assert meanwhile.count("behind") >= 3
    assert beat["seq"] == {"board/1": snapshot["seq"]}


@pytest.mark.slow
async def test_heartbeats_are_never_more_than_ten_seconds_apart(running: Site):
    async with running.open("/boards/1") as stream:
        last = (await stream.next()).at
        for _ in range(2):
            beat = await stream.next(12)
            assert beat.event == "heartbeat"
            assert beat.at - last <= 10
            last = beat.at


@pytest.mark.parametrize("payload", ["", "*/*", "user/", "user/0", "user/" + "9" * 5000, "board/" + "9" * 5000])
async def test_a_notification_of_nonsense_changes_nothing(
    running: Site, conn: psycopg.AsyncConnection, rename: Callable[..., Any], payload: str
):
    connects = await running.metric("livelane_listener_connects_total")
    async with running.open("/boards/1") as stream:
        await stream.named("snapshot")
        await conn.execute("SELECT pg_notify('livelane', %s)", (payload,))
        await rename("heard all the same")
        change = await stream.change()

    assert change["set"]["title"] == "heard all the same"
    assert await running.metric("livelane_listener_connects_total") == connects


async def test_a_fault_of_ours_does_not_end_the_listener(
    site: Site, conn: psycopg.AsyncConnection, rename: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    real = Hub.rung
    failed: list[str] = []

    def rung(hub: Hub, topic: str) -> None:
        if topic == "board/999" and not failed:
            failed.append(topic)
            raise ValueError("made by the test")
        real(hub, topic)

    monkeypatch.setattr(Hub, "rung", rung)
    site.start_here()
    connects = await site.metric("livelane_listener_connects_total")

    async def is_well_again() -> bool:
        return await site.metric("livelane_listener_connects_total") > connects and await is_well(site)

    async with site.open("/boards/1") as stream:
        await stream.named("snapshot")
        await conn.execute("NOTIFY livelane, 'board/999'")
        await until(is_well_again)
        await rename("heard all the same")
        change = await stream.change(10)

    assert failed
    assert change["set"]["title"] == "heard all the same"


async def test_a_topic_that_was_taken_away_with_its_log_is_no_loss_unless_somebody_watches_it(
    site: Site, conn: psycopg.AsyncConnection
):
    """The doctor takes its own board away, events included; that is nothing to wake somebody for."""
    site.start(poll_s=0.2)
    async with site.open("/boards/2") as stream:
        await stream.named("snapshot")

    async def nobody_watches() -> bool:
        return (await site.inside())["streams"] == 0

    await until(nobody_watches)
    async with site.open("/boards/1") as watched:
        await watched.named("snapshot")
        async with conn.transaction():
            for table in ("event", "topic_clock"):
                await conn.execute(f"DELETE FROM {table} WHERE topic IN ('board/1', 'board/2')".encode())
        again = await watched.named("snapshot")

    assert (again["reason"], again["seq"]) == ("ahead", 0)
    assert site.log.count("the log went back") == 1  # for board 1
