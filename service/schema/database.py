"""Looks at a database before anything uses it, and says in a sentence what is wrong with it."""

import secrets

import psycopg
from psycopg.conninfo import conninfo_to_dict

OLDEST = 15  # the first PostgreSQL that has all the log's SQL needs
CONNECT_S = 5
CROWD = 3  # connections opened at once to see whether a pooler hands one session to several clients


class DatabaseProblem(Exception):
    """The database cannot be used; the text says why and what to do."""


def examine(url: str) -> None:
    """Return if Livelane can run on the database, whatever its schema; else raise DatabaseProblem."""
    with connect(url) as conn:
        _check_version(conn)
        _check_primary(conn)
        _check_encoding(conn)
        _check_rights(conn)
        _check_sessions(url, conn)


def connect(url: str) -> psycopg.Connection:
    """Connect, autocommit; raises DatabaseProblem with what to do about it."""
    if "://" in url and url.partition("://")[0].lower() not in {"postgresql", "postgres"}:
        raise DatabaseProblem("The database URL must begin with postgresql://; Livelane runs on PostgreSQL alone.")
    try:
        known = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DatabaseProblem(
            f"The database URL is not one: {_first_line(error)}. "
            "It looks like postgresql://user:password@host:5432/name."
        ) from None
    where = f"{known.get('host') or 'the local socket'}:{known.get('port') or 5432}"
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)
    except psycopg.OperationalError as error:
        raise DatabaseProblem(_why_not(error, where, known)) from None


def _why_not(error: psycopg.OperationalError, where: str, known: dict[str, str | int | None]) -> str:
    """Turn libpq's text into a sentence with a next step."""
    text = str(error)
    user, name = known.get("user") or "you", known.get("dbname") or known.get("user")
    if "password authentication failed" in text or "no password supplied" in text:
        return f"PostgreSQL at {where} refused the password of {user}; correct it in the database URL."
    if "does not exist" in text and "database" in text:
        return f'PostgreSQL at {where} has no database "{name}"; create it with: createdb {name}'
    if "does not exist" in text and "role" in text:
        return f'PostgreSQL at {where} has no role "{user}"; create it, or name another in the database URL.'
    if "no pg_hba.conf entry" in text:
        return f"PostgreSQL at {where} admits no {user} from here; add a line for it to its pg_hba.conf."
    if "Connection refused" in text or "No such file or directory" in text:
        return f"Nothing answers at {where}; start PostgreSQL there, or correct host and port in the database URL."
    if "timeout" in text or "timed out" in text or "unreachable" in text:
        return f"PostgreSQL at {where} cannot be reached: no answer within {CONNECT_S} s. Look at the network."
    if "could not translate host name" in text or "failed to resolve host" in text or "Name or service" in text:
        return f"The host in {where} is not known; correct it in the database URL."
    if "too many clients" in text or "remaining connection slots" in text:
        return f"PostgreSQL at {where} has no connection left; raise max_connections or end some sessions."
    if "starting up" in text or "shutting down" in text:
        return f"PostgreSQL at {where} is starting up or shutting down; try again in a moment."
    return f"PostgreSQL at {where} cannot be used: {_first_line(error)}."


def _check_version(conn: psycopg.Connection) -> None:
    major = conn.info.server_version // 10_000
    if major < OLDEST:
        raise DatabaseProblem(f"The server is PostgreSQL {major}; Livelane needs {OLDEST} or newer. Upgrade it.")


def _check_primary(conn: psycopg.Connection) -> None:
    if _value(conn, "SELECT pg_is_in_recovery()"):
        raise DatabaseProblem(
            "The database is a standby: it can only be read. Give the URL of its primary "
            "(with several hosts in the URL, add target_session_attrs=read-write)."
        )
    if _value(conn, "SELECT current_setting('default_transaction_read_only')") == "on":
        raise DatabaseProblem(
            "The database is set to read-only (default_transaction_read_only); Livelane has to write."
        )


def _check_encoding(conn: psycopg.Connection) -> None:
    encoding = conn.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        name = conn.info.dbname
        raise DatabaseProblem(
            f"The database {name} is encoded in {encoding}; titles in every script need UTF8. Make another: "
            f"createdb --encoding UTF8 --template template0 {name}_utf8"
        )


def _check_rights(conn: psycopg.Connection) -> None:
    """A new database needs the right to make tables; one with our tables must let us own or use them."""
    user, name = conn.info.user, conn.info.dbname
    if _value(conn, "SELECT to_regclass('public.migration')") is None:
        if not _value(conn, "SELECT has_schema_privilege('public', 'CREATE')"):
            raise DatabaseProblem(
                f"The role {user} may not create tables in database {name}. As its owner: "
                f"GRANT CREATE ON SCHEMA public TO {user}; or make it the owner: ALTER DATABASE {name} OWNER TO {user};"
            )
    elif not _value(conn, "SELECT has_table_privilege('migration', 'SELECT')") or not _value(
        conn, "SELECT coalesce(has_table_privilege(to_regclass('public.ticket'), 'INSERT'), true)"
    ):
        raise DatabaseProblem(
            f"The role {user} has no rights on Livelane's tables in database {name}. Use the role that ran "
            f"`livelane migrate`, or as that role: GRANT ALL ON ALL TABLES IN SCHEMA public TO {user};"
        )


def _check_sessions(url: str, conn: psycopg.Connection) -> None:
    """LISTEN and advisory locks need a session of our own: a pooler in transaction mode lends us any.

    Behind a pooler the backend's pid is not the one that we were told when we connected. Then one session is
    marked, the others are kept busy, and the mark is looked for.
    """
    if conn.info.backend_pid == _value(conn, "SELECT pg_backend_pid()"):
        return
    mark = secrets.token_hex(8)
    crowd: list[psycopg.Connection] = []
    try:
        conn.execute("SELECT set_config('livelane.probe', %s, false)", (mark,))
        for _ in range(CROWD):
            other = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_S)
            crowd.append(other)
            other.execute("SET statement_timeout = '2s'")
            other.execute("BEGIN")
            found = _value(other, "SELECT current_setting('livelane.probe', true)")
            if found == mark:
                raise DatabaseProblem(_POOLER)
        conn.execute("SET statement_timeout = '2s'")
        if _value(conn, "SELECT current_setting('livelane.probe', true)") != mark:
            raise DatabaseProblem(_POOLER)
    except psycopg.OperationalError:
        raise DatabaseProblem(_POOLER) from None
    finally:
        for other in crowd:
            other.close()


_POOLER = (
    "The database is behind a pooler in transaction mode, which gives the session away after each transaction; "
    "LISTEN cannot work there. Give the URL of PostgreSQL itself, or of a pool in session mode."
)


def _value(conn: psycopg.Connection, query: str) -> object:
    row = conn.execute(query.encode()).fetchone()
    return row[0] if row else None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
