"""Where it happens: a PostgreSQL of our own, a server on it, people, boards, and what was promised to whom."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec
import psycopg

from service.schema.embedded import Server, attach
from service.schema.migrate import migrate
from tests.conformance.site import Board, Person, Site, join
from tests.product import Product

BOARDS = 4


class Ledger(msgspec.Struct):
    """What the writers were told."""

    acknowledged: dict[str, tuple[str, int] | None] = {}  # key of a REST write → topic and seq, or no change
    refused: dict[str, list[str]] = {}  # keys that got a 4xx: when each attempt was made and what it was answered
    committed: set[str] = set()  # uids of tickets whose transaction's COMMIT returned
    undone: set[str] = set()  # uids of tickets whose transaction or savepoint was rolled back
    counts: Counter[str] = msgspec.field(default_factory=Counter)


class Ground(msgspec.Struct):
    """All of it."""

    seed: int
    server: Server
    data: Path
    product: Product
    site: Site
    ada: Person  # owns every board
    bo: Person  # comes to and goes from the first
    boards: list[Board]
    ledger: Ledger
    over: anyio.Event  # no new writes, faults or connections
    ends_at: float  # when it will be over, in time.monotonic()
    tickets: list[int]  # ids that may still be there

    def log(self, text: str) -> None:
        """Tell whoever runs it."""
        print(f"{self.ends_at - time.monotonic():6.1f} s left: {text}", flush=True)

    def chance(self, name: str) -> random.Random:
        """A source of chance of one's own, from the seed."""
        return random.Random(f"{self.seed}/{name}")

    def kill_postgres(self) -> None:
        """SIGKILL the server; its keeper starts it again."""
        pid = int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    def await_postgres(self, seconds: float = 30) -> None:
        """Return when PostgreSQL answers again."""
        until = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.server.admin_url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)


@asynccontextmanager
async def prepare(seed: int, folder: Path, seconds: float, workers: int = 1) -> AsyncIterator[Ground]:
    """Make all of it in an empty folder; the clock starts when it is ready."""
    data = folder / "data"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(attach(data))
        with psycopg.connect(server.admin_url, autocommit=True) as conn:
            # Processes are killed here, not machines; and many connections come and go.
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("SELECT pg_reload_conf()")
        migrate(server.url)
        product = stack.enter_context(Product(server.url, folder / "serve.log"))
        await anyio.to_thread.run_sync(product.start, "--workers", str(workers))
        site = Site(product.url, "", server.url)
        ada = await stack.enter_async_context(site.person("Ada"))
        bo = await stack.enter_async_context(site.person("Bo"))
        boards = [await ada.new_board(title=f"Board {n}") for n in range(BOARDS)]
        await join(ada, boards[0], bo, "viewer")
        ends_at = time.monotonic() + seconds
        yield Ground(seed, server, data, product, site, ada, bo, boards, Ledger(), anyio.Event(), ends_at, [])
