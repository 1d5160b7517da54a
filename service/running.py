"""Finds the `livelane serve` of a data directory, and lends other commands a key to it."""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import socket
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psycopg

from service.schema import keeper
from service.schema.embedded import attach, unusable

ROLES = ("serve", "serve-streams", "serve-api")


class Running(msgspec.Struct, frozen=True):
    """A `livelane serve` on this machine."""

    url: str  # how this machine reaches it, past any proxy
    public_url: str  # how it believes browsers do
    pid: int


def find(data: Path, roles: tuple[str, ...] = ROLES) -> Running | None:
    """Return the `serve` that runs on the data directory, or None. EmbeddedError when that is not ours to know."""
    data = data.expanduser().absolute()
    for role in roles:
        lock = data / f"{role}.lock"
        try:
            if not (lock.exists() and _is_held(lock)):
                continue
        except OSError as error:
            raise unusable(data, error) from error
        with contextlib.suppress(ValueError, KeyError):  # it has only just begun
            told = json.loads(lock.read_text())
            return Running(url=_near(told["url"], told["port"]), public_url=told["url"], pid=told["pid"])
    return None


@contextlib.contextmanager
def database_of(data: Path, database_url: str) -> Generator[str | None]:
    """Give the URL of the database if it can be had without starting a server; else None."""
    if database_url:
        yield database_url
    elif keeper_runs(data):
        with attach(data) as server:
            yield server.url
    else:
        yield None


def keeper_runs(data: Path) -> bool:
    """Say whether the data directory's embedded server is at work."""
    data = data.expanduser().absolute()
    return (data / "keeper.lock").exists() and keeper.is_kept(data)


def lend_token(conn: psycopg.Connection, person: int, what_for: str) -> str:
    """Return a bearer token of that person that ends tomorrow at the latest. Give it back with `return_token`.

    The secret is in this process's memory alone: should the process be killed, nobody has it.
    """
    token = f"llt_{secrets.token_urlsafe(32)}"
    conn.execute(
        """
        INSERT INTO token (person_id, name, secret_hash, expires_on)
        VALUES (%s, %s, %s, (now() AT TIME ZONE 'UTC')::date + 1)
        """,
        (person, f"{what_for} on {socket.gethostname()}, process {os.getpid()}"[:200], _hash(token)),
    )
    return token


def return_token(conn: psycopg.Connection, token: str) -> None:
    """Revoke a lent token."""
    conn.execute("DELETE FROM token WHERE secret_hash = %s", (_hash(token),))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _is_held(lock: Path) -> bool:
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _near(url: str, port: int) -> str:
    """Return the address on this machine: loopback where it answers, else the one that was announced."""
    path = urlsplit(url).path.rstrip("/")
    for host in ("127.0.0.1", "::1"):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
    return url.rstrip("/")
