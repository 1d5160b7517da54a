"""What is measured: a PostgreSQL on the load's core, the product on a core of its own, and boards to measure on."""

import contextlib
import hashlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from service.schema.embedded import attach
from service.schema.migrate import migrate
from tests.bench.machine import pin
from tests.product import Product

Conn = psycopg.Connection[tuple[Any, ...]]


class Site(msgspec.Struct, frozen=True):
    """The ground that all measures stand on."""

    product: Product
    conn: Conn
    url: str  # of the database
    reader: int  # the person whose boards they are
    token: str
    credential: str  # the token's hash, hexadecimal
    server_core: int
    folder: Path

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.product.port

    @property
    def pid(self) -> int:
        assert self.product.process
        return self.product.process.pid

    def start(self) -> None:
        """Start the product, pinned to its core."""
        self.product.start()
        pin(self.server_core, self.pid)

    @contextlib.contextmanager
    def beside(self, module: str, *arguments: str) -> Generator[tuple[subprocess.Popen[str], int]]:
        """Run `python -m module` on the server's core for the block; gives the process and the port that it prints."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.server_core}),
        )
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            yield process, port
        finally:
            process.kill()
            process.wait()

    @contextlib.contextmanager
    def database_on_all_cores(self) -> Generator[None]:
        """Let a PostgreSQL of this machine use every core for the block, instead of sharing the load's."""
        process = Path(f"/proc/{self.value('SELECT pg_backend_pid()')}")
        if not process.exists() or os.getuid() not in (0, process.stat().st_uid):
            yield  # it runs elsewhere, or is not ours
            return
        postmaster = int((process / "stat").read_text().split()[3])
        before = os.sched_getaffinity(postmaster)
        every = [postmaster, *map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]
        for pid in every:
            os.sched_setaffinity(pid, range(os.cpu_count() or 1))
        yield
        for pid in every:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(pid, before)

    def board(self, tickets: int = 0) -> int:
        """Make a board of the reader's with three columns and so many tickets; return its id."""
        with self.conn.transaction():
            board = self.value("INSERT INTO board (title) VALUES ('Bench') RETURNING id")
            self.conn.execute(
                "INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, 'owner')", (board, self.reader)
            )
            self.conn.execute(
                "INSERT INTO board_column (board_id, title) SELECT %s, t FROM unnest('{To do,Doing,Done}'::text[]) t",
                (board,),
            )
        if tickets:
            self.conn.execute(
                """
                INSERT INTO ticket (board_id, column_id, title, description, rank)
                SELECT c.board_id, c.id, 'A ticket with a title of usual length, number ' || n, 'Described.',
                       'b' || lpad(n::text, 6, '0')
                  FROM generate_series(1, %s) n
                  JOIN LATERAL (SELECT id, board_id FROM board_column WHERE board_id = %s
                                 ORDER BY id OFFSET n %% 3 LIMIT 1) c ON true
                """,
                (tickets, board),
            )
        return board

    def value(self, query: str, *arguments: object) -> Any:
        row = self.conn.execute(query.encode(), arguments).fetchone()
        assert row
        return row[0]

    def settle(self) -> None:
        """Have what was filled in written out and counted, so that what is measured next does not pay for it."""
        self.conn.execute("VACUUM ANALYZE")
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            self.conn.execute("CHECKPOINT")

    def commit(self, ticket: int, title: str) -> float:
        """Rename a ticket by SQL; return when COMMIT was sent (monotonic)."""
        with self.conn.transaction():
            self.conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (title, ticket))
            self.conn.execute("SELECT number_now()")
            return time.monotonic()


@contextlib.contextmanager
def site(folder: Path, server_core: int, database_url: str = "", connections: int = 0) -> Generator[Site]:
    """Set everything up, on a PostgreSQL of our own in the folder unless one is given; the product is not started.

    `connections`: as many as ours shall take, where the usual number does not do.
    """
    with contextlib.ExitStack() as stack:
        if connections and not database_url:
            with attach(folder / "data") as server, psycopg.connect(server.admin_url, autocommit=True) as conn:
                conn.execute(f"ALTER SYSTEM SET max_connections = {connections:d}".encode())
        # an embedded server's processes stay on our core: they inherit it
        url = database_url or stack.enter_context(attach(folder / "data")).url
        migrate(url, say=lambda _: None)
        token = f"llt_{secrets.token_urlsafe(32)}"
        digest = hashlib.sha256(token.encode())
        conn = stack.enter_context(psycopg.connect(url, autocommit=True))
        reader = conn.execute("INSERT INTO person (name) VALUES ('Bench') RETURNING id").fetchone()
        assert reader
        conn.execute(
            "INSERT INTO token (person_id, name, secret_hash) VALUES (%s, 'bench', %s)", (reader[0], digest.digest())
        )
        conn.execute("SELECT log_upkeep()")
        product = stack.enter_context(Product(url, folder / "serve.log"))
        yield Site(product, conn, url, reader[0], token, digest.hexdigest(), server_core, folder)
        conn.execute("DELETE FROM token WHERE secret_hash = %s", (digest.digest(),))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def until(true: Callable[[], bool], for_s: float, what: str) -> None:
    """Wait until something holds; fails after `for_s`."""
    end = time.monotonic() + for_s
    while not true():
        assert time.monotonic() < end, f"not within {for_s:.0f} s: {what}"
        time.sleep(0.02)
