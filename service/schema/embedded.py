"""Gives any `livelane` command the PostgreSQL of a data directory: joins the one that runs, else starts it.

Every user of the server holds a shared lock on `users.lock`; the kernel drops it when a process ends, however
it ends. A keeper process (keeper.py) starts the server, restarts it if it dies, and stops it once nobody
holds that lock any more. So it does not matter who came first or who leaves first, and nothing outlives a kill -9.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import quote

import msgspec
import psycopg

from service.schema import keeper, server

START_S = 60.0  # initdb on a slow disk takes some seconds; crash recovery may take longer and is waited for
STOP_S = 30.0
USED_S = 0.3  # the keeper takes a lock that becomes free at once; after this long others must have it


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the text says why and what to do."""


class Server(msgspec.Struct, frozen=True):
    """A running embedded PostgreSQL. The URLs carry secrets: they are for this machine's memory alone."""

    url: str  # role `livelane`, owner of the database
    sql_url: str  # role `livelane_sql`, so that the log can tell a person in psql from the service
    admin_url: str  # role `postgres`, superuser


@contextlib.contextmanager
def attach(data: Path, say: Callable[[str], None] = lambda _: None) -> Generator[Server]:
    """Use the data directory's server for the length of the block; it stops when its last user has left.

    Raises EmbeddedError when the folder cannot be used or the server does not start.
    """
    data = data.expanduser().absolute()
    _make(data)
    try:
        with _users_lock(data):
            _run(data, say)
            yield _server(data)
    finally:
        _await_stop(data)


@contextlib.contextmanager
def claim(data: Path, role: str) -> Generator[Callable[[str, int], None]]:
    """Be the one `serve` of this role ("serve", "serve-api" …) on the data directory, or raise EmbeddedError.

    Gives a function that takes the URL and port, to be shown to whoever comes second.
    """
    data = data.expanduser().absolute()
    _make(data)
    with (data / f"{role}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(_taken(data, Path(file.name))) from None

        def tell(url: str, port: int) -> None:
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "port": port, "url": url}))
            file.flush()

        yield tell
        file.truncate(0)


def _taken(data: Path, lock: Path) -> str:
    try:
        first = json.loads(lock.read_text())
        who = f"process {first['pid']}, port {first['port']}, {first['url']}"
    except (ValueError, KeyError):  # it has only just taken the lock, or is just leaving
        who = "another process"
    return (
        f"Livelane already runs on the data directory {data} ({who}). "
        "Use that one, stop it, or give this one its own with --data and --port."
    )


def _make(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("users.lock", "keeper.lock", "serve.lock", "serve-api.lock", "serve-streams.lock", "postgres.log"):
            os.close(os.open(data / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise unusable(data, error) from error


def unusable(data: Path, error: OSError) -> EmbeddedError:
    """Return what to raise when the folder or a file in it cannot be used."""
    return EmbeddedError(
        f"The data directory {data} cannot be used: {error.strerror}. "
        "Choose a folder that you may write to with --data."
    )


@contextlib.contextmanager
def _users_lock(data: Path) -> Generator[None]:
    with (data / "users.lock").open("a+") as file:
        until = time.monotonic() + STOP_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # the keeper holds it while the server stops
                if time.monotonic() > until:
                    raise EmbeddedError(
                        f"The PostgreSQL in {data} has been stopping for {STOP_S:.0f} s; look into "
                        f"{data / 'postgres.log'} and try again."
                    ) from None
                time.sleep(0.05)
        yield


def _run(data: Path, say: Callable[[str], None]) -> None:
    """Return once the server answers; start a keeper if there is none."""
    until = time.monotonic() + START_S
    while True:
        if keeper.is_kept(data):
            if server.is_ready(data) and _answers(data):
                return
        else:
            if not (data / "postgres").exists():
                say(f"creating the database in {data}")
            _start_keeper(data)
        if time.monotonic() > until and not server.is_starting(data):
            raise EmbeddedError(
                f"The PostgreSQL in {data} does not answer after {START_S:.0f} s; look into {data / 'postgres.log'}."
            )
        time.sleep(0.02)


def _start_keeper(data: Path) -> None:
    """Start a keeper and wait for its first word: nothing when it runs or another was quicker, else its trouble."""
    with (data / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", keeper.__name__, str(data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            start_new_session=True,  # a Ctrl-C in this terminal is not for the database
        )
    assert process.stdout
    with process.stdout as report:
        trouble = report.read().decode().strip()
    if trouble:
        process.wait()
        raise EmbeddedError(trouble)


def _answers(data: Path) -> bool:
    try:
        psycopg.connect(_url(data, "livelane"), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _await_stop(data: Path) -> None:
    """Wait until the server has stopped, so that a finished command leaves nothing running; not if others use it."""
    used_since: float | None = None
    until = time.monotonic() + STOP_S
    with (data / "users.lock").open("a+") as file:
        while keeper.is_kept(data) and time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                fcntl.flock(file, fcntl.LOCK_UN)
                used_since = used_since or time.monotonic()
                if time.monotonic() - used_since > USED_S:
                    return
            except BlockingIOError:  # the keeper has it: the server is on its way down
                used_since = None
            time.sleep(0.02)


def _server(data: Path) -> Server:
    return Server(
        url=_url(data, "livelane"),
        sql_url=_url(data, "livelane_sql"),
        admin_url=_url(data, "postgres"),
    )


def _url(data: Path, role: str) -> str:
    secret = json.loads((data / "secrets.json").read_text())[role]
    socket = json.loads((data / "server.json").read_text())["socket"]
    return f"postgresql://{role}:{secret}@/livelane?host={quote(socket, safe='')}"
