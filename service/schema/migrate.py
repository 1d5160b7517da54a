"""Brings a database to this release's schema: numbered files once, repeatable files when they changed.

Safe to run from any number of processes at once and to kill at any moment: one advisory lock lets one
of them work, every file is in one transaction with its line in `migration`, and a server forgets the
lock of a client that died.
"""

import hashlib
import logging
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

logger = logging.getLogger(__name__)

LOCK_KEY = 0x4C495645_4C414E45  # "LIVELANE"; one number for everyone who migrates this database
LOCK_TIMEOUT_MS = 2_000  # a migration waiting for a table makes everyone else wait behind it: give up soon
PATIENCE_S = 120.0  # how long to try again for one file, and to wait for another process that migrates

SERVICE = Path(__file__).parents[1]


class MigrationError(Exception):
    """The schema could not be brought to this release; the text says why and what to do."""


class File(msgspec.Struct, frozen=True):
    """One SQL file of a release."""

    name: str  # "0001.begin.sql", or "domain/tickets.sql" for a repeatable one
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class Release(msgspec.Struct, frozen=True):
    """The SQL of one release, each list in the order it is applied."""

    numbered: list[File]
    repeatable: list[File]


def release(service: Path = SERVICE) -> Release:
    """Return the SQL files under a `service` folder; by default this release's own."""
    schema = service / "schema"
    numbered = sorted((schema / "migrations").glob("[0-9]*.sql"), key=lambda path: path.name)
    numbers = [path.name.partition(".")[0] for path in numbered]
    if twice := {number for number in numbers if numbers.count(number) > 1}:
        raise MigrationError(f"Two migrations carry the number {', '.join(sorted(twice))}; renumber one.")
    repeatable = [
        schema / "log.sql",
        schema / "snapshot.sql",
        *sorted((service / "domain").glob("*.sql")),
        schema / "attach.sql",
    ]
    return Release(
        numbered=[File(path.name, path.read_text("utf-8")) for path in numbered],
        repeatable=[
            File(path.relative_to(service).as_posix(), path.read_text("utf-8")) for path in repeatable if path.exists()
        ],
    )


def pending(url: str, files: Release | None = None) -> list[str]:
    """Return the names of the files that `migrate` would apply to the database now, in order.

    Empty for a database that a later release has migrated: this release runs on that schema too.
    """
    with psycopg.connect(url, autocommit=True) as conn:
        return [file.name for file in _due(conn, files or release())]


def migrate(url: str, files: Release | None = None, say: Callable[[str], None] = logger.info) -> list[str]:
    """Apply what is pending and return the names; other processes doing the same are waited for.

    Raises MigrationError when a file fails, was edited after it was applied, or got no lock in time.
    """
    files = files or release()
    with psycopg.connect(url, autocommit=True) as conn:
        if not _due(conn, files):
            return []
        # A client that was killed is noticed in the middle of a statement, and its lock and transaction go at once.
        conn.execute("SET client_connection_check_interval = '1s'")
        _take_lock(conn, say)
        due = _due(conn, files)  # again: another process may have done it while we waited
        conn.execute(
            """
            CREATE TABLE IF NOT EXISTS migration (
                name       text PRIMARY KEY,
                checksum   text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
            )
            """
        )
        numbered = [file for file in due if file in files.numbered]
        repeatable = [file for file in due if file not in numbered]
        for file in numbered[:-1]:
            _apply(conn, [file], say)
        # Together: they call each other. And the last release's processes call its functions until these come, so a
        # numbered file that drops one of them has to be the last of its release.
        if due:
            _apply(conn, numbered[-1:] + repeatable, say)
        return [file.name for file in due]


def _due(conn: psycopg.Connection, files: Release) -> list[File]:
    applied = _applied(conn)
    for file in files.numbered:
        if applied.get(file.name, file.checksum) != file.checksum:
            raise MigrationError(
                f"Migration {file.name} was edited after it had been applied to this database. "
                "Restore the file and put the change into a new migration."
            )
    numbered = [file for file in files.numbered if file.name not in applied]
    known = {file.name for file in files.numbered}
    later = [name for name in applied if re.match(r"\d", name) and name not in known]
    if later and not numbered:
        return []  # a later release was here; its functions are not ours to replace
    changed = any(applied.get(file.name) != file.checksum for file in files.repeatable)
    return numbered + (files.repeatable if changed or numbered else [])


def _applied(conn: psycopg.Connection) -> dict[str, str]:
    row = conn.execute("SELECT to_regclass('public.migration') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return {}
    return dict(conn.execute("SELECT name, checksum FROM migration").fetchall())


def _take_lock(conn: psycopg.Connection, say: Callable[[str], None]) -> None:
    """Hold the advisory lock until the connection closes. Polls, so that waiting blocks nobody's vacuum."""
    until = time.monotonic() + PATIENCE_S
    told = False
    while True:
        row = conn.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > until:
            raise MigrationError(
                f"Another process has been migrating this database for {PATIENCE_S:.0f} s. "
                "Wait for it, or end it, and start again."
            )
        if not told:
            say("another process is migrating this database; waiting for it")
            told = True
        time.sleep(0.1)


def _apply(conn: psycopg.Connection, files: list[File], say: Callable[[str], None]) -> None:
    """Run the files in one transaction with their lines in `migration`; try again when a table is busy."""
    until = time.monotonic() + PATIENCE_S
    delay_s = 0.2
    while True:
        file = files[0]
        try:
            with conn.transaction():
                conn.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT_MS))
                conn.execute("SET LOCAL check_function_bodies = off")
                conn.execute("SET LOCAL client_min_messages = warning")
                for file in files:
                    conn.execute(file.text.encode())  # without parameters: any number of statements
                    conn.execute(
                        """
                        INSERT INTO migration (name, checksum) VALUES (%s, %s)
                        ON CONFLICT (name) DO UPDATE
                           SET checksum = excluded.checksum, applied_at = clock_timestamp()
                        """,
                        (file.name, file.checksum),
                    )
            say(f"applied {', '.join(file.name for file in files)}")
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if time.monotonic() > until:
                raise MigrationError(
                    f"{file.name} found its tables in use for {PATIENCE_S:.0f} s. End the long transaction "
                    "(pg_stat_activity names it) and run `livelane migrate` again; nothing was changed by this file."
                ) from error
            say(f"{file.name} found a table in use; trying again")
            time.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, no secret
            delay_s = min(delay_s * 2, 3.0)
        except psycopg.OperationalError as error:
            if conn.broken:
                raise MigrationError(
                    f"The connection was lost during {file.name}: {str(error).strip()}. Nothing of it is kept."
                ) from error
            raise _failed(file, error) from error
        except psycopg.Error as error:
            raise _failed(file, error) from error


def _failed(file: File, error: psycopg.Error) -> MigrationError:
    where = f" ({error.diag.context})" if error.diag.context else ""
    if error.diag.statement_position:
        where += f" in line {file.text[: int(error.diag.statement_position)].count(chr(10)) + 1}"
    return MigrationError(
        f"{file.name} failed and was rolled back: {error.diag.message_primary or error}{where}. "
        "Earlier files are applied; mend this one and run `livelane migrate` again."
    )
