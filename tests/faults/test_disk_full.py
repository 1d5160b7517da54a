"""F66: no space left on the disk of the database, for its rows or for its write-ahead log."""

import asyncio
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service.schema.embedded import attach
from tests.conformance.site import Board, Person, add_ticket, problem
from tests.faults.conftest import Victim
from tests.oracle import Consumer, of_snapshot
from tests.product import Product

SIZE = "200m"


class Disk:
    """A small disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        with self.ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    pass

    def clear(self) -> None:
        self.ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "livelane-test", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def victim(disk: Disk) -> Iterator[Victim]:
    """A PostgreSQL on that disk."""
    with attach(disk.folder / "data") as server:
        yield Victim(server, disk.folder / "data")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["rows", "wal"])
async def test_writes_say_so_reads_and_streams_go_on_and_nothing_is_half_written(
    what: str, disk: Disk, victim: Victim, fragile: Product, ada: Person, board: Board
):
    consumer = Consumer(board.topic)
    path = f"/api/columns/{board.columns[0]}/tickets"
    async with ada.stream(board.stream) as stream:
        consumer.take(await stream.next())
        await add_ticket(ada, board, "before")
        disk.fill()
        if what == "wal":
            exhaust_log(victim)
        written = 1
        refused = 0
        async with asyncio.timeout(60):
            while refused < 5:
                began = time.monotonic()
                answer = await ada.call("POST", path, {"title": "large", "description": secrets.token_hex(50_000)})
                assert time.monotonic() - began < 4
                if answer.is_success:
                    written += 1
                    continue
                problem(answer, 503)
                assert "retry-after" in answer.headers
                refused += 1
        if what == "rows":
            assert len((await ada.get(board.path))["tickets"]) == written
        assert (await ada.http.get("/health/live")).status_code == 200

        disk.clear()
        await asyncio.to_thread(victim.await_answer)
        began = time.monotonic()
        while not (made := await ada.call("POST", path, {"title": "after"})).is_success:
            assert time.monotonic() - began < 30
            await asyncio.sleep(0.1)
        while consumer.replicas[board.topic].seq != int(made.headers["event-seq"]):
            consumer.take(await stream.next(10))

    state = await ada.get(board.path)
    assert len(state["tickets"]) == written + 1
    assert consumer.replicas[board.topic].board() == of_snapshot(state)
    assert consumer.replicas[board.topic].snapshots == ["start"]
    assert [event["seq"] for event in reversed(await ada.get(f"{board.path}/events?limit=500"))] == list(
        range(1, state["seq"] + 1)
    )
    assert ("No space left" if what == "rows" else "the database is away") in fragile.log


def exhaust_log(victim: Victim) -> None:
    """Use up the segments of the write-ahead log that are there already; the server falls over the next one."""
    for _ in range(50):
        try:
            with psycopg.connect(victim.server.admin_url, autocommit=True, connect_timeout=2) as conn:
                conn.execute("SELECT pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()")
        except psycopg.Error:
            return
    raise AssertionError("there was room for fifty segments")
