"""How streams end: rotation, drain, and clients that leave."""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from streams.settings import Settings
from tests import sse
from tests.streams.conftest import Site, sessions, until


async def test_a_stream_rotates_with_a_short_retry_and_no_blind_moment(site: Site, rename: Callable[..., Any]):
    site.start_here(rotate_s=(3.0, 3.2), heartbeat_s=0.5, overlap_s=1.5)
    began = time.monotonic()
    async with site.open("/boards/1") as old:
        seq = (await old.named("snapshot"))["seq"]
        bye = await old.next()
        while bye.event == "heartbeat":
            bye = await old.next()
        async with site.open("/boards/1", old.cursor) as new:
            await rename("in both")
            change, again = await old.change(), await new.change()
            frames = await old.end()
            await rename("in the new one")
            later = await new.change()

    assert bye.json() == {"reason": "rotate", "retry": 100}
    assert old.retries[-1] == 100
    assert 2.9 < bye.at - began < 5
    assert [frame for frame in frames if frame.event != "heartbeat"] == []
    assert change == again
    assert later["seq"] == change["seq"] + 1 == seq + 2


async def test_sigterm_says_goodbye_to_all_and_ends_the_process(site: Site):
    site.start()
    async with asyncio.timeout(60):
        streams = await asyncio.gather(
            *(sse.open_stream(f"{site.url}/streams/boards/1", {"Authorization": "Bearer llt_ada"}) for _ in range(200))
        )
    for stream in streams:
        await stream.named("snapshot")

    site.signal(signal.SIGTERM)
    asked = time.monotonic()
    ends = await asyncio.gather(*(stream.end() for stream in streams))
    code = await asyncio.to_thread(site.wait)

    assert code in (0, -signal.SIGTERM)
    assert time.monotonic() - asked < 5
    byes = [frames[-1] for frames in ends]
    assert {frame.json()["reason"] for frame in byes} == {"restart"}
    retries = [stream.retries[-1] for stream in streams]
    assert [frame.json()["retry"] for frame in byes] == retries
    assert len(set(retries)) > 50
    assert min(retries) >= 1000
    assert max(retries) <= 3000
    assert "ERROR" not in site.log
    assert "Traceback" not in site.log


async def test_a_new_stream_is_refused_while_the_server_stops(site: Site):
    site.start()
    async with site.open("/boards/1", receive_buffer_bytes=4096) as stream:  # keeps the server from being done at once
        await stream.named("snapshot")
        async with site.open("/boards/1") as second:
            await second.named("snapshot")
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write(b"GET /streams/boards/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer llt_ada\r\n")
            await writer.drain()
            site.signal()
            await second.end()
            writer.write(b"\r\n")
            try:
                head = await reader.read(4096)
            except ConnectionResetError:  # the server was gone before our line came
                head = b""
            writer.close()

    assert head == b"" or b" 503 " in head.partition(b"\r\n")[0]


async def test_clients_that_leave_are_forgotten(running: Site):
    for _ in range(3):
        streams = [
            await sse.open_stream(f"{running.url}/streams?board=1&board=2&me=true", {"Authorization": "Bearer llt_ada"})
            for _ in range(20)
        ]
        assert (await running.inside())["watching"] == 60
        for n, stream in enumerate(streams):
            if n % 2:
                stream.abort()
            else:
                await stream.next()
                stream.abort()

        async def gone() -> bool:
            inside = await running.inside()
            return not any(inside[key] for key in ("streams", "people", "visited", "watching"))

        await until(gone)


async def test_connect_and_abort_cycles_leave_nothing_behind(site: Site, conn: psycopg.AsyncConnection):
    site.start()
    assert site.process
    statm = Path(f"/proc/{site.process.pid}/statm")

    def resident_kib() -> int:
        return int(statm.read_text().split()[1]) * 4

    async def cycle(n: int) -> None:
        path = ("/streams/boards/1", "/streams?board=1&board=2&me=true", "/streams/boards/1?after=now")[n % 3]
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer llt_ada\r\n\r\n".encode())
        if n % 4:
            await reader.read(1000)
        writer.transport.abort()

    async def cycles(count: int) -> None:
        for at in range(0, count, 50):
            await asyncio.gather(*map(cycle, range(at, at + 50)))

    async def gone() -> bool:
        return (await site.inside())["streams"] == 0

    await cycles(500)
    await until(gone)
    before, inside = resident_kib(), await site.inside()
    await cycles(10_000)

    async def as_before() -> bool:
        after = await site.inside()
        return after["tasks"] <= inside["tasks"] + 1 and not any(
            after[key] for key in ("streams", "held", "people", "visited", "watching")
        )

    await until(as_before, 10)
    assert resident_kib() - before < 8 * 1024
    assert len(await sessions(conn, "livelane streams")) <= Settings("").connections
    assert len(await sessions(conn, "livelane listener")) == 1
    assert await site.metric("livelane_streams_open") == 0
    assert "ERROR" not in site.log, site.log


async def test_the_metrics_count(running: Site, rename: Callable[..., Any]):
    async def count(name: str, **labels: str) -> float:
        return await running.metric(f"livelane_streams_{name}", **labels)

    opened, delivered = await count("opened_total", resume="start"), await count("deliveries_total")
    before = await count("open")
    async with running.open("/boards/1") as stream:
        await stream.named("snapshot")
        assert await count("open") == before + 1
        await rename("x")
        await stream.change()
        assert await count("deliveries_total") == delivered + 1
    assert await count("opened_total", resume="start") == opened + 1
    assert await running.metric("livelane_listener_up") == 1
    assert await count("commit_to_send_seconds_count") > 0
    text = (await running.get("/metrics")).text
    assert "board/1" not in text
    assert "Ada" not in text
    assert json.loads((await running.get("/health/ready")).text)["listener"]["ok"]
