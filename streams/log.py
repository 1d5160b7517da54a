"""Reads the log: the database functions that streams know, one query each, on a small pool no stream ever holds."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from streams.settings import Settings

Pool = AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]

AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)  # the database cannot be asked now
WAIT_S = 2.0  # for a connection of the pool
READ_S = 4.0  # for an answer; longer means that the server cannot be reached
SNAPSHOT_S = 15.0  # the same for a whole board, which may be large and the server busy

# A half-open connection is noticed within 10 s, whatever the network does with the packets.
CONNECTION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}


class Row(msgspec.Struct, frozen=True):
    """One event as the log tells it."""

    seq: int
    at: float  # Unix time
    more: bool
    type: str
    body: str  # finished JSON


class Head(msgspec.Struct, frozen=True):
    """How far a topic has come."""

    topic: str
    seq: int
    lowest_seq: int


class Ask(msgspec.Struct, frozen=True):
    """Whose secret is this, and may they read these topics? The topic `me` is the person's own."""

    secret_hash: bytes
    topics: tuple[str, ...]


class Grant(msgspec.Struct, frozen=True):
    """Who asks, and what of it they may read."""

    person: int
    expires_in_s: float | None
    topics: list[str]  # as asked, `me` by its name
    missing: frozenset[str]  # there is no such topic
    refused: frozenset[str]  # there is, for others


@asynccontextmanager
async def open_pool(settings: Settings) -> AsyncGenerator[Pool]:
    """A pool of autocommit connections. Does not wait for the database; reads raise one of AWAY while it is away."""
    async with AsyncConnectionPool(
        settings.database_url,
        connection_class=psycopg.AsyncConnection[TupleRow],
        kwargs=CONNECTION
        | {"application_name": "livelane streams", "options": "-c statement_timeout=15s -c lock_timeout=2s"},
        min_size=1,
        max_size=settings.connections,
        timeout=WAIT_S,
        max_idle=60,
        reconnect_timeout=5,
        open=False,
    ) as pool:
        yield pool


async def _fetch(
    pool: Pool, query: LiteralString, params: Mapping[str, object], patience_s: float = READ_S
) -> list[TupleRow]:
    """Run a read. Raises one of AWAY when the database cannot be asked."""
    stale = pool.max_size  # connections that died while they lay idle say so only now; another may be a good one
    while True:
        try:
            return await _fetch_once(pool, query, params, patience_s)
        except (PoolTimeout, psycopg.errors.QueryCanceled):
            raise
        except psycopg.OperationalError:
            stale -= 1
            if stale < 0:
                raise


async def _fetch_once(
    pool: Pool, query: LiteralString, params: Mapping[str, object], patience_s: float
) -> list[TupleRow]:
    loop = asyncio.get_running_loop()
    async with pool.connection() as conn:
        # Cancelling would wait for the server to confirm, which one that cannot be reached does not.
        watchdog = loop.call_later(patience_s, _hang_up, conn)
        try:
            return await (await conn.execute(query, params)).fetchall()
        except psycopg.OperationalError as error:
            if loop.time() >= watchdog.when():
                raise TimeoutError(f"no answer from the database within {patience_s:.0f} s") from error
            raise
        finally:
            watchdog.cancel()


def plainly(error: Exception) -> str:
    """Say for anybody why the database cannot be asked. Its own words name hosts and roles: they are for our log."""
    text = str(error)
    meant = (meaning for sign, meaning in SIGNS.items() if sign in text)
    return f"no connection: {next(meant, 'the database does not answer')}; the server's log says more"


SIGNS = {
    "password": "the database refuses the password",
    "pg_hba.conf": "the database does not admit us from here",
    "does not exist": "there is no such database or role",
    "too many": "the database has no connection to spare",
    "slots are reserved": "the database has no connection to spare",
    "starting up": "the database is starting",
    "shutting down": "the database is stopping",
    "in recovery": "the database is starting",
}


def _hang_up(conn: psycopg.AsyncConnection[TupleRow]) -> None:
    """Make whoever waits for the connection fail, and the pool replace it."""
    if not conn.closed:
        with socket.socket(fileno=os.dup(conn.fileno())) as sock, contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


async def read_events(pool: Pool, topic: str, after: int, most: int) -> list[Row]:
    """Return the topic's events with seq > after, oldest first, at most `most`; long texts are left out and named."""
    rows = await _fetch(
        pool,
        """
        SELECT seq, extract(epoch FROM at)::float8, more, type, body
          FROM read_events(%(topic)s, %(after)s, %(most)s, false)
        """,
        {"topic": topic, "after": after, "most": most},
    )
    return [Row(*row) for row in rows]


async def topic_heads(pool: Pool, topics: Iterable[str]) -> dict[str, Head]:
    """Return how far the topics have come; one without any event yet stands at 0."""
    asked = list(topics)
    rows = await _fetch(pool, "SELECT topic, seq, lowest_seq FROM topic_heads(%(topics)s)", {"topics": asked})
    return {topic: Head(topic, 0, 1) for topic in asked} | {row[0]: Head(*row) for row in rows}


async def topic_snapshot(pool: Pool, topic: str, app: str) -> tuple[int, str] | None:
    """Return the topic's number and state, as finished JSON; None when there is no such topic."""
    query: LiteralString = "SELECT seq, state FROM topic_snapshot(%(topic)s, %(app)s)"
    rows = await _fetch(pool, query, {"topic": topic, "app": app}, SNAPSHOT_S)
    return (rows[0][0], rows[0][1]) if rows else None


async def current_epoch(pool: Pool) -> str:
    """Return which life of the database the numbers belong to."""
    return (await _fetch(pool, "SELECT current_epoch()", {}))[0][0]


async def cookie_name(pool: Pool) -> str:
    """Return what the session cookie of this installation is called; others on the same host have other names."""
    return (await _fetch(pool, "SELECT 'livelane_' || instance FROM workspace", {}))[0][0]


async def grants(pool: Pool, asks: Iterable[Ask]) -> dict[Ask, Grant | None]:
    """Answer any number of asks with one query; None is no valid credential (unknown, ended, expired)."""
    asked = list(asks)
    flat = [(n, ask.secret_hash, topic) for n, ask in enumerate(asked) for topic in ask.topics]
    rows = await _fetch(
        pool,
        """
        SELECT a.n, c.person_id, extract(epoch FROM c.expires_at - now())::float8, t.topic, t.found, t.may_read
          FROM (SELECT n, hash, array_agg(topic ORDER BY place) AS topics
                  FROM unnest(%(n)s::integer[], %(hash)s::bytea[], %(topic)s::text[])
                       WITH ORDINALITY AS u (n, hash, topic, place)
                 GROUP BY n, hash) a
         CROSS JOIN LATERAL credential(a.hash) c
         CROSS JOIN LATERAL topic_access(c.person_id, array_replace(a.topics, 'me', 'user/' || c.person_id)) t
        """,
        {"n": [row[0] for row in flat], "hash": [row[1] for row in flat], "topic": [row[2] for row in flat]},
    )
    of: dict[int, list[TupleRow]] = {}
    for row in rows:
        of.setdefault(row[0], []).append(row)
    return {ask: _grant(of[n]) if n in of else None for n, ask in enumerate(asked)}


def _grant(rows: list[TupleRow]) -> Grant:
    _, person, expires_in_s, *_ = rows[0]
    return Grant(
        person=person,
        expires_in_s=expires_in_s,
        topics=[row[3] for row in rows],
        missing=frozenset(row[3] for row in rows if not row[4]),
        refused=frozenset(row[3] for row in rows if row[4] and not row[5]),
    )


async def ring(pool: Pool, payload: str) -> None:
    """Send a notification on the channel, for the listener to hear its own echo."""
    await _fetch(pool, "SELECT pg_notify('livelane', %(payload)s)", {"payload": payload})


async def queue_usage(pool: Pool) -> float:
    """Return how full PostgreSQL's notification queue is, 0 to 1; at 1 commits fail."""
    return (await _fetch(pool, "SELECT pg_notification_queue_usage()", {}))[0][0]


# Readers, of whom there is one for each shard of topics: whoever holds its advisory lock. PostgreSQL lets go of that
# with the session, however it ends.

READER = 0x6C6C7264  # the class of these locks


async def database_name(pool: Pool) -> str:
    """Return what no other database is called, to be part of a subject."""
    query: LiteralString = """
        SELECT format('%%s-%%s', s.system_identifier, d.oid)
          FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()
        """
    return (await _fetch(pool, query, {}))[0][0]


async def become_reader(conn: psycopg.AsyncConnection, shard: int) -> bool:
    """Make this connection the shard's reader, unless there is one."""
    cursor = await conn.execute("SELECT pg_try_advisory_lock(%s, %s)", (READER, shard))
    row = await cursor.fetchone()
    return row is not None and row[0]


async def has_reader(pool: Pool, shard: int) -> bool:
    """Say whether the shard has a reader."""
    return (await _fetch(pool, f"SELECT count(*) > 0 {_READER_OF}", {"class": READER, "shard": shard}))[0][0]


async def end_reader(pool: Pool, shard: int) -> bool:
    """End the session of the shard's reader; False when there is none."""
    query = f"SELECT count(pg_terminate_backend(pid)) > 0 {_READER_OF}"
    return (await _fetch(pool, query, {"class": READER, "shard": shard}))[0][0]


_READER_OF: LiteralString = """
      FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE l.locktype = 'advisory' AND l.classid = %(class)s::bigint::oid AND l.objid = %(shard)s::bigint::oid
       AND l.objsubid = 2 AND l.granted AND d.datname = current_database()
    """
