"""Looks into the database: what it is, what hinders it, whether notifications come through."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from service.doctor.finding import Finding, fail, ok, warn
from service.schema.migrate import MigrationError, pending

OLD_S = 300  # a transaction open for longer keeps dead rows of the clocks alive
SKEW_WARN_S = 2.0
SKEW_FAIL_S = 30.0
QUEUE_WARN = 0.05
QUEUE_FAIL = 0.5
ROUND_TRIP_S = 3.0
SLOW_TRIP_S = 0.2

Conn = psycopg.Connection[tuple[Any, ...]]


def look(url: str, conn: Conn) -> Iterator[Finding]:
    """Yield a finding a check. The connection is autocommit, on a database that `examine` accepted."""
    yield _server(conn)
    yield from _schema(url)
    if not _value(conn, "SELECT to_regclass('public.topic_clock') IS NOT NULL"):
        return
    checks: list[Callable[[Conn], Iterator[Finding]]] = [
        _epoch,
        _clock,
        _durability,
        _connections,
        _queue,
        _old_transactions,
        _prepared,
        _public_schema,
        _functions,
        _partitions,
    ]
    for check in checks:
        yield from check(conn)
    yield _round_trip(url, conn)


def _server(conn: Conn) -> Finding:
    version = _value(conn, "SHOW server_version").split()[0]
    encoding = _value(conn, "SHOW server_encoding")
    began = time.monotonic()
    conn.execute("SELECT 1")
    took = (time.monotonic() - began) * 1000
    if encoding != "UTF8":
        return fail(
            "database",
            f"PostgreSQL {version} stores texts as {encoding}.",
            "Make the database anew with ENCODING 'UTF8' and restore a backup into it.",
        )
    where = conn.info.host or "local"
    where = "a local socket" if where.startswith("/") or where == "local" else f"{where}:{conn.info.port}"
    return ok("database", f"PostgreSQL {version} at {where}, a primary, answers in {took:.1f} ms.")


def _schema(url: str) -> Iterator[Finding]:
    try:
        due = pending(url)
    except MigrationError as error:
        yield fail("migrations", "A migration differs from the one that was applied.", str(error))
        return
    if any(name[0].isdigit() for name in due):
        yield fail(
            "migrations",
            f"{len(due)} migrations of this release are pending, {due[0]} first.",
            "Make a backup, then run `livelane migrate`.",
        )
    elif due:
        yield warn("migrations", "The database's functions are not this release's.", "Run `livelane migrate`.")
    else:
        yield ok("migrations", "The schema is this release's, or a later one's.")


def _epoch(conn: Conn) -> Iterator[Finding]:
    try:
        epoch = _value(conn, "SELECT current_epoch()")
    except psycopg.errors.InsufficientPrivilege:
        yield fail(
            "epoch",
            f"The role {conn.info.user} may not read what identifies this database.",
            f"As a superuser: GRANT pg_monitor TO {conn.info.user};",
        )
        return
    yield ok("epoch", f"The numbers belong to epoch {epoch}.")


def _clock(conn: Conn) -> Iterator[Finding]:
    began = time.time()
    theirs: float = _value(conn, "SELECT extract(epoch FROM clock_timestamp())::float8")
    ended = time.time()
    skew = theirs - (began + ended) / 2
    if abs(skew) > SKEW_WARN_S + (ended - began):
        said = f"The database's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's."
        level = fail if abs(skew) > SKEW_FAIL_S else warn
        yield level(
            "clock",
            said,
            "Run a time service (chrony, systemd-timesyncd) on both; "
            "events carry the database's time, latencies compare the two.",
        )
    else:
        yield ok("clock", f"The database's clock is within {max(abs(skew), 0.001) * 1000:.0f} ms of this machine's.")


def _durability(conn: Conn) -> Iterator[Finding]:
    if _value(conn, "SHOW fsync") == "off":
        yield warn(
            "durability",
            "fsync is off: after a crash the server may give out numbers again.",
            "Set fsync = on in postgresql.conf.",
        )
    if _value(conn, "SHOW session_replication_role") != "origin":
        yield fail(
            "replication-role",
            "This role or database begins its sessions with session_replication_role = "
            f"{_value(conn, 'SHOW session_replication_role')}: foreign keys are not checked.",
            f"ALTER ROLE {conn.info.user} RESET session_replication_role; and the same for the database.",
        )


def _connections(conn: Conn) -> Iterator[Finding]:
    used, most, ours, listening = _row(
        conn,
        """
        SELECT count(*), current_setting('max_connections')::int
                   - current_setting('superuser_reserved_connections')::int,
               count(*) FILTER (WHERE datname = current_database()),
               count(*) FILTER (WHERE datname = current_database() AND query ILIKE 'listen %%livelane%%')
          FROM pg_stat_activity
         WHERE backend_type = 'client backend'
        """,
    )
    text = f"{used} of {most} connections are in use, {ours} on this database, {listening} of them listen."
    if used > 0.85 * most:
        yield warn("connections", text, "Raise max_connections in postgresql.conf, or run fewer workers.")
    elif listening > 10:
        yield warn(
            "connections",
            text,
            "Every listener slows every commit: run fewer workers or nodes (one a machine is plenty until its core is "
            "full), or have them hear by NATS: --wakeups.",
        )
    else:
        yield ok("connections", text)


def _queue(conn: Conn) -> Iterator[Finding]:
    used: float = _value(conn, "SELECT pg_notification_queue_usage()")
    text = f"PostgreSQL's notification queue is {used * 100:.1f} % full."
    if used >= QUEUE_WARN:
        level = fail if used >= QUEUE_FAIL else warn
        yield level(
            "notify-queue",
            text,
            "A session that LISTENs sits in an open transaction: find it in pg_stat_activity (state "
            "'idle in transaction') and end it; once the queue is full, commits fail.",
        )
    else:
        yield ok("notify-queue", text)


def _old_transactions(conn: Conn) -> Iterator[Finding]:
    found = conn.execute(
        """
        SELECT pid, usename, coalesce(state, '?'), extract(epoch FROM now() - xact_start)::int,
               coalesce(nullif(application_name, ''), 'a client'), backend_xid IS NOT NULL
          FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
           AND xact_start < now() - make_interval(secs => %s)
         ORDER BY xact_start
        """,
        (OLD_S,),
    ).fetchall()
    for pid, user, state, age, name, wrote in found:
        holds = (
            "it holds the rows it changed, and nobody else can change them" if wrote else "it slows every write down"
        )
        yield warn(
            "old-transactions",
            f"{name} of {user} has a transaction open for {_span(age)} ({state}); {holds}.",
            f"Commit it, or end it: SELECT pg_terminate_backend({pid});",
        )
    if not found:
        sees = _value(conn, "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")
        limits = "" if sees else f" (of {conn.info.user}'s own; GRANT pg_monitor TO {conn.info.user} shows all)"
        yield ok("old-transactions", f"No transaction has been open for more than {_span(OLD_S)}{limits}.")
    slots = conn.execute(
        """
        SELECT slot_name FROM pg_replication_slots
         WHERE NOT active AND (xmin IS NOT NULL OR catalog_xmin IS NOT NULL OR restart_lsn IS NOT NULL)
        """
    ).fetchall()
    for (slot,) in slots:
        yield warn(
            "replication-slots",
            f"Nobody reads the replication slot {slot}: it keeps old rows or WAL for ever.",
            f"Start its reader, or SELECT pg_drop_replication_slot('{slot}');",
        )


def _prepared(conn: Conn) -> Iterator[Finding]:
    for gid, age in conn.execute(
        """
        SELECT gid, extract(epoch FROM now() - prepared)::int
          FROM pg_prepared_xacts WHERE database = current_database()
        """
    ).fetchall():
        yield warn(
            "prepared-transactions",
            f"The prepared transaction {gid} has been waiting for {_span(age)}.",
            f"COMMIT PREPARED '{gid}'; or ROLLBACK PREPARED '{gid}';",
        )


def _public_schema(conn: Conn) -> Iterator[Finding]:
    everyone = _value(
        conn,
        """
        SELECT EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
                        WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE')
        """,
    )
    if everyone:
        yield warn(
            "public-schema",
            "Every role may create functions and tables in the schema public, which the log's own functions look into.",
            "As its owner: REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        )
    else:
        yield ok("public-schema", "Only trusted roles may create things in the schema public.")


def _functions(conn: Conn) -> Iterator[Finding]:
    """Look for triggers' functions that anybody may put on a table of their own; firing one asks for no right."""
    opened = _value(
        conn,
        """
        SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname)
          FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
           AND (p.prorettype = 'trigger'::regtype OR p.proname = 'check_wip_limit')
           AND has_function_privilege('public', p.oid, 'EXECUTE')
        """,
    )
    if opened:
        yield fail(
            "functions",
            "Every role, whatever its rights on tables, can write to boards' logs or hold up their writers: functions "
            "that run with the owner's rights are open to PUBLIC, as after a restore without privileges.",
            f"As their owner: REVOKE EXECUTE ON FUNCTION {opened} FROM PUBLIC;",
        )
    else:
        yield ok("functions", "The log's functions write what its triggers see, and for nobody else.")


def _partitions(conn: Conn) -> Iterator[Finding]:
    coming = _value(
        conn,
        """
        SELECT to_regclass('event_' || to_char(date_trunc('month', now()) + interval '1 month', 'YYYY_MM'))
               IS NOT NULL
        """,
    )
    if not coming:
        yield warn(
            "upkeep",
            "The log has no partition for the coming month: nothing looks after it.",
            "`livelane serve` does so while it runs; by hand: SELECT log_upkeep();",
        )


def _round_trip(url: str, conn: Conn) -> Finding:
    """Look at the quickest of a few: a machine has its moments."""
    channel = f"livelane_doctor_{secrets.token_hex(4)}"
    took = ROUND_TRIP_S
    heard = None
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute(f"LISTEN {channel}".encode())
        for _ in range(5):
            began = time.monotonic()
            conn.execute("SELECT pg_notify(%s, '')", (channel,))
            heard = next(iter(listener.notifies(timeout=ROUND_TRIP_S, stop_after=1)), None)
            took = min(took, time.monotonic() - began)
            if heard is None or took < SLOW_TRIP_S:
                break
    if heard is None:
        return fail(
            "notifications",
            f"A notification did not arrive within {ROUND_TRIP_S:.0f} s.",
            "Something between keeps sessions apart (a pooler, a load balancer): give the URL of PostgreSQL itself.",
        )
    text = f"A notification comes through in {took * 1000:.1f} ms."
    if took > SLOW_TRIP_S:
        return warn("notifications", text, "Look at the load of the database server and the network between.")
    return ok("notifications", text)


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _value(conn: Conn, query: str) -> Any:
    return _row(conn, query)[0]


def _row(conn: Conn, query: str) -> tuple[Any, ...]:
    row = conn.execute(query.encode(), ()).fetchone()
    assert row is not None
    return row
