"""Readers that stop, or read slowly: they are behind, then cut, then resume; nobody else notices."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import sse
from tests.streams.conftest import Site, until

PATIENT: dict[str, Any] = {"send_timeout_s": 90.0, "silence_s": 90.0}  # a slow machine must not look like a slow reader
BIG = "x" * 4000  # just under what is left out of a frame


async def flood(conn: psycopg.AsyncConnection, changes: int) -> None:
    for n in range(changes):
        await conn.execute("UPDATE ticket SET description = %s WHERE id = 1", (f"{n}{BIG}",))


async def apply(stream: sse.Stream, last: int, until_seq: int, limit: float = 20) -> tuple[int, set[str]]:
    """Read until the number; return the last number and the reasons of snapshots on the way."""
    reasons: set[str] = set()
    async with asyncio.timeout(limit):
        while last < until_seq:
            frame = await stream.next(limit)
            said = frame.json()
            if frame.event == "snapshot":
                reasons.add(said["reason"])
                last = said["seq"]
            elif frame.event == "message":
                assert said["seq"] == last + 1
                last += 1
            elif frame.event == "heartbeat":
                assert said["seq"] == {"board/1": last}
    return last, reasons


async def test_a_frozen_reader_is_cut_and_resumes_and_others_do_not_notice(
    site: Site, conn: psycopg.AsyncConnection, rename: Callable[..., Any]
):
    site.start(send_timeout_s=1.5, heartbeat_s=0.5)
    assert site.process
    statm = Path(f"/proc/{site.process.pid}/statm")
    async with (
        site.open("/boards/1") as healthy,
        site.open("/boards/1", receive_buffer_bytes=4096) as frozen,
    ):
        last = (await healthy.named("snapshot"))["seq"]
        assert (await frozen.named("snapshot"))["seq"] == last
        before = int(statm.read_text().split()[1]) * 4096
        slowest = 0.0
        for n in range(400):
            began = time.monotonic()
            await conn.execute("UPDATE ticket SET description = %s WHERE id = 1", (f"{n}{BIG}",))
            last = (await healthy.change())["seq"]
            slowest = max(slowest, time.monotonic() - began)

        async def cut() -> bool:
            return await site.metric("livelane_streams_closed_total", reason="slow") == 1

        await until(cut, 10)
        grown = int(statm.read_text().split()[1]) * 4096 - before
        await rename("after")
        last = (await healthy.change())["seq"]
        held, cursor = 0, frozen.cursor
        with_bye = False
        try:
            while True:
                frame = await frozen.next(5)
                cursor = frame.id  # of a whole frame; the cut may come after the id of half a one
                if frame.event == "message":
                    held = frame.json()["seq"]
                with_bye = frame.event == "bye"
                if with_bye:
                    assert frame.json()["reason"] == "slow"
        except sse.Ended:
            pass
        assert with_bye == frozen.is_clean

        async with site.open("/boards/1", cursor) as resumed:
            assert held < last
            at, reasons = await apply(resumed, held or last, last)

    assert at == last
    assert reasons <= {"bulk"}
    assert slowest < 1
    assert grown < 12 * 1024 * 1024
    assert (await site.inside())["streams"] == 0 or await site.metric("livelane_streams_behind") == 0


async def test_a_reader_that_pauses_catches_up_by_events(site: Site, conn: psycopg.AsyncConnection):
    site.start_here(heartbeat_s=0.5, **PATIENT)
    async with site.open("/boards/1", receive_buffer_bytes=4096) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        await flood(conn, 300)  # 2.4 MB: the kernel's buffers and the server's are full

        last, reasons = await apply(stream, seq, seq + 300)

    assert last == seq + 300
    assert reasons == set()


@pytest.mark.parametrize("at_once", [True, False], ids=["that pulled", "that was pushed to"])
async def test_a_reader_that_is_far_behind_gets_a_snapshot(site: Site, conn: psycopg.AsyncConnection, at_once: bool):
    await conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, 't' || n FROM generate_series(1, 298) n")
    site.start_here(heartbeat_s=0.5, **PATIENT)

    async def waited_for() -> bool:
        return (await site.inside())["lagging"] == 1

    async with site.open("/boards/1", receive_buffer_bytes=4096) as stream:
        seq = (await stream.named("snapshot"))["seq"]
        if at_once:
            await conn.execute("UPDATE ticket SET description = repeat('x', 4000) WHERE board_id = 1")
        else:
            await flood(conn, 300)
        await until(waited_for, 20)
        await flood(conn, 900)

        last, reasons = await apply(stream, seq, seq + 1200)

    assert last == seq + 1200
    assert reasons == {"lagging"}


async def test_a_frozen_reader_of_a_large_snapshot_costs_no_copy_of_it(site: Site, conn: psycopg.AsyncConnection):
    await conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, repeat('x', 400) FROM generate_series(1, 5000)")
    site.start(send_timeout_s=30)
    assert site.process
    statm = Path(f"/proc/{site.process.pid}/statm")
    async with site.open("/boards/1") as healthy:
        size = len((await healthy.next(20)).data)

        before = int(statm.read_text().split()[1]) * 4096
        frozen = [
            await sse.open_stream(
                f"{site.url}/streams/boards/1", {"Authorization": "Bearer llt_ada"}, receive_buffer_bytes=4096
            )
            for _ in range(20)
        ]

        async def all_wait() -> bool:
            return (await site.inside())["streams"] == 21

        await until(all_wait)
        await conn.execute("UPDATE ticket SET title = 'still quick' WHERE id = 1")
        assert (await healthy.change(1))["set"]["title"] == "still quick"
        grown = int(statm.read_text().split()[1]) * 4096 - before
        for stream in frozen:
            stream.abort()

    assert size > 3_000_000
    assert grown < 20 * size / 4


async def test_frozen_readers_do_not_keep_the_server_from_stopping(site: Site, conn: psycopg.AsyncConnection):
    site.start(send_timeout_s=60)
    async with site.open("/boards/1", receive_buffer_bytes=4096) as frozen:
        await frozen.named("snapshot")
        await flood(conn, 400)
        async with site.open("/boards/1") as healthy:
            await healthy.named("snapshot")

            site.signal()
            code = await asyncio.to_thread(site.wait, 20)  # uvicorn alone would wait for half a minute
            frames = await healthy.end()

    assert code in (0, -15)
    assert frames[-1].json()["reason"] == "restart"


async def test_a_heavy_transaction_reaches_everyone_in_pieces_and_whole(site: Site, conn: psycopg.AsyncConnection):
    """2 MB of events at once, to readers that read and to one that does not."""
    await conn.execute("INSERT INTO ticket (column_id, title) SELECT 1, 't' || n FROM generate_series(1, 400) n")
    site.start_here(heartbeat_s=0.5, **PATIENT)
    async with (
        site.open("/boards/1") as one,
        site.open("?board=1&board=2") as several,
        site.open("/boards/1", receive_buffer_bytes=4096) as slow,
    ):
        seq = (await one.named("snapshot"))["seq"]
        await slow.named("snapshot")
        for _ in range(2):
            await several.named("snapshot")

        await conn.execute("UPDATE ticket SET description = repeat('x', 4000) WHERE board_id = 1")
        for stream in (one, several, slow):
            changes = [await stream.change(20) for _ in range(402)]
            assert [change["seq"] for change in changes] == list(range(seq + 1, seq + 403))
            assert [change.get("more", False) for change in changes] == [True] * 401 + [False]
        await conn.execute("UPDATE ticket SET title = 'light' WHERE id = 1")
        for stream in (one, several, slow):
            assert (await stream.change())["set"]["title"] == "light"
