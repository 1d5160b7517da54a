"""How a call comes in and what a write gives back, for every noun. The rules themselves are in access.sql."""

import msgspec

from service.domain.errors import NotFound, NotSignedIn
from service.pipeline import Param, Row, Statement

BIGINT = 2**63 - 1


class Attempt(msgspec.Struct, frozen=True):
    """A write as it was asked for."""

    credential: bytes  # the secret's SHA-256, as PostgreSQL reads bytea
    key: bytes | None = None  # Idempotency-Key
    fingerprint: bytes | None = None  # of method, path, If-Match and body, as PostgreSQL reads bytea
    known: bytes | None = None  # If-Match: the version that was read


class Written(msgspec.Struct, frozen=True):
    """The row as it now is, finished JSON, and the last event the write made in the row's topic."""

    body: bytes
    topic: bytes | None = None
    seq: bytes | None = None  # None when nothing changed
    person: bytes | None = None  # who asked


class Read(msgspec.Struct, frozen=True):
    """Finished JSON, and who asked."""

    body: bytes
    person: bytes | None = None


def number(value: int) -> bytes:
    """Return an id as PostgreSQL reads it; NotFound when no row can have it."""
    if not 0 < value <= BIGINT:
        raise NotFound("There is no such thing, or you may not see it.")
    return b"%d" % value


def optional(value: int | None) -> Param:
    return None if value is None else b"%d" % value


def write(name: bytes, call: bytes) -> Statement:
    """Return the statement that calls a write function, whose answer `written` reads."""
    return Statement(name, b"SELECT body, topic, seq, person FROM " + call, topic=1)


def written(rows: list[Row]) -> Written:
    body, topic, seq, person = rows[0]
    assert body is not None
    return Written(body, topic, seq, person)


def found(rows: list[Row], what: str) -> Read:
    """Return the one row of a read; no row: nobody is signed in; null: not there for this person."""
    if not rows:
        raise NotSignedIn("Sign in first: this session or token is unknown or has ended.")
    body, person = rows[0]
    if body is None:
        raise NotFound(f"There is no such {what}, or you may not see it.")
    return Read(body, person)
