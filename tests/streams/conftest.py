"""The streams alone, under a real uvicorn on a real database, and a board to watch."""

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from streams.settings import Settings
from tests import sse
from tests.streams.deaf import DeafWire
from tests.streams.server import Server, create_server

ADA, BOB = 1, 2


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 5) -> None:
    """Wait until the condition, which asks another process, holds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 -- there is no event to wait for across processes
            await asyncio.sleep(0.02)


async def sessions(conn: psycopg.AsyncConnection, name: str) -> list[int]:
    """The sessions that the database has of an application."""
    cursor = await conn.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()", (name,)
    )
    return [row[0] for row in await cursor.fetchall()]


class Site:
    """The streams' process, not started yet. Two people, Ada and Bob; Ada owns boards 1 and 2, Bob edits 1."""

    def __init__(self, database_url: str, log: Path) -> None:
        self.database_url = database_url
        self.prefix: tuple[str, ...] = ()  # of the command, to run it somewhere special
        self.host = "127.0.0.1"
        self.http = "httptools"  # uvicorn's implementation
        self.process: subprocess.Popen[bytes] | None = None
        self.thread: tuple[Server, threading.Thread] | None = None
        self._log = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def log(self) -> str:
        """What the process has said so far."""
        return self._log.read_text()

    def start(self, *, ready: bool = True, **settings: Any) -> None:
        """Start a process and return when it answers, and hears notifications if it must be `ready`."""
        given = {"database_url": self.database_url, **settings}
        command = [
            *self.prefix,
            sys.executable,
            "-m",
            "tests.streams.server",
            str(self.port),
            msgspec.json.encode(given),
            self.host,
        ]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._await(ready=ready)

    def start_here(self, *, ready: bool = True, **settings: Any) -> None:
        """The same in a thread of this process, which is quicker; for what needs no process to kill or measure."""
        server = create_server(self.port, Settings(self.database_url, **settings), http=self.http)
        thread = threading.Thread(target=server.run)
        thread.start()
        self.thread = (server, thread)
        self._await(ready=ready)

    def _await(self, *, ready: bool) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert self.process is None or self.process.poll() is None, self.log
            try:
                if self._status() == 200 or not ready:
                    return
            except (httpx.TransportError, ValueError):
                pass
            time.sleep(0.02)
        raise AssertionError("not ready")

    def _status(self) -> int:
        if not self.prefix:
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code
        curl = [*self.prefix, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{self.url}/health/ready"]
        return int(subprocess.run(curl, check=False, capture_output=True).stdout or 0)

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send the process a signal."""
        assert self.process
        os.kill(self.process.pid, number)

    def wait(self, timeout: float = 15) -> int:
        """Wait for the process to end and return its exit code."""
        assert self.process
        return self.process.wait(timeout)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self.thread:
            server, thread = self.thread
            server.should_exit = True
            thread.join()
            self.thread = None
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    async def get(self, path: str) -> httpx.Response:
        """GET something small."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            return await client.get(path)

    async def inside(self) -> dict[str, int]:
        """Counts from inside the process: tasks, streams, those still in memory, people, visited, watching."""
        return (await self.get("/inside")).json()

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        total = 0.0
        for line in (await self.get("/metrics")).text.splitlines():
            head, _, value = line.rpartition(" ")
            if head.partition("{")[0] == name and all(f'{key}="{said}"' in head for key, said in labels.items()):
                total += float(value)
        return total

    def open(
        self, path: str, cursor: str | None = None, token: str = "ada", **options: Any
    ) -> AbstractAsyncContextManager[sse.Stream]:
        """A stream for the length of a block: `async with site.open("/boards/1") as stream`."""
        headers = {"Authorization": f"Bearer llt_{token}"}
        if cursor is not None:
            headers["Last-Event-ID"] = cursor
        return sse.stream(f"{self.url}/streams{path}", headers, **options)


def populate(database_url: str) -> None:
    """Make Ada, Bob and their boards."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO person (email, name) VALUES ('ada@example.org', 'Ada'), ('bob@example.org', 'Bob')")
        for person, name in ((ADA, "ada"), (BOB, "bob")):
            conn.execute(
                "INSERT INTO token (person_id, name, secret_hash) VALUES (%s, 'test', %s)",
                (person, hashlib.sha256(f"llt_{name}".encode()).digest()),
            )
        conn.execute("INSERT INTO board (title) VALUES ('First'), ('Second')")
        conn.execute(
            """
            INSERT INTO member (board_id, person_id, role) VALUES (1, 1, 'owner'), (2, 1, 'owner'), (1, 2, 'editor')
            """
        )
        conn.execute("INSERT INTO board_column (board_id, title) VALUES (1, 'To do'), (1, 'Done'), (2, 'To do')")
        conn.execute("INSERT INTO ticket (column_id, title) VALUES (1, 'one'), (1, 'two'), (3, 'three')")


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """The streams' process on this test's database, not started."""
    populate(database_url)
    site = Site(database_url, tmp_path / "streams.log")
    try:
        yield site
    finally:
        site.close()


@pytest.fixture
def wire(site: Site) -> Iterator[DeafWire]:
    """What the site's connections to the database go over."""
    with DeafWire(site.database_url) as wire:
        site.database_url = wire.url
        yield wire
        site.close()


@pytest.fixture
def running(site: Site) -> Site:
    """The same, started with the default settings."""
    site.start_here()
    return site


@pytest.fixture
def rename(conn: psycopg.AsyncConnection) -> Callable[..., Any]:
    """Give ticket 1 of board 1 a title: `await rename("new")`."""

    async def rename(title: str, ticket: int = 1) -> None:
        await conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (title, ticket))

    return rename
