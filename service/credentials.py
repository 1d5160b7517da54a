"""Accounts and credentials from the command line: the first link, people, tokens. Runs as the database's owner."""

import hashlib
import secrets

import msgspec
import psycopg

CODE_BYTES = 16  # 128 bits
TOKEN_BYTES = 32


class Refused(Exception):
    """The command cannot be done; the text says why and what to do."""


class Erased(msgspec.Struct, frozen=True):
    """Who was erased, and what became of the boards that nobody else owned."""

    person: int
    heirs: list[tuple[int, str]]  # the board, and who owns it now
    alone: list[int]  # boards without any other member


def setup_code(conn: psycopg.Connection) -> str | None:
    """Return a new one-time code for the first account, or None when there is an account already.

    Earlier codes stay good until they expire: a link that was printed an hour ago still works.
    """
    code = secrets.token_urlsafe(CODE_BYTES)
    made = conn.execute(
        """
        INSERT INTO one_time_code (code_hash, purpose, expires_at)
        SELECT %s, 'setup', now() + interval '7 days'
         WHERE NOT EXISTS (SELECT FROM person)
        """,
        (_hash(code),),
    )
    return code if made.rowcount else None


def add_person(conn: psycopg.Connection, email: str, name: str, *, admin: bool) -> str:
    """Make an account and return a one-time code to sign in with, good for a week."""
    code = secrets.token_urlsafe(CODE_BYTES)
    try:
        with conn.transaction():
            conn.execute("SELECT set_context(NULL, NULL, 'system')")
            row = conn.execute(
                "INSERT INTO person (email, name, admin) VALUES (lower(%s), %s, %s) RETURNING id", (email, name, admin)
            ).fetchone()
            assert row
            _add_code(conn, code, row[0])
    except psycopg.errors.UniqueViolation:
        raise Refused(f"There is a person with the address {email} already.") from None
    except (psycopg.errors.CheckViolation, psycopg.errors.DataError):
        raise Refused("An address looks like ada@example.org, and a name has 1 to 200 visible characters.") from None
    return code


def sign_in_code(conn: psycopg.Connection, email: str) -> str:
    """Return a one-time code to sign in with, for someone who forgot the password; good for a week."""
    code = secrets.token_urlsafe(CODE_BYTES)
    _add_code(conn, code, _person(conn, email))
    return code


def add_token(conn: psycopg.Connection, email: str, name: str) -> str:
    """Return a new bearer token of that person. The database keeps its hash alone."""
    token = f"llt_{secrets.token_urlsafe(TOKEN_BYTES)}"
    try:
        conn.execute(
            "INSERT INTO token (person_id, name, secret_hash) VALUES (%s, %s, %s)",
            (_person(conn, email), name, _hash(token)),
        )
    except (psycopg.errors.CheckViolation, psycopg.errors.DataError):
        raise Refused("A token's name has 1 to 200 characters, at least one of them visible.") from None
    return token


def erase_person(conn: psycopg.Connection, email: str) -> Erased:
    """Blank a person's name, address and credentials and keep the id; their boards go to others who are there."""
    person = _person(conn, email)
    with conn.transaction():
        conn.execute("SELECT set_context(NULL, NULL, 'system')")
        boards = conn.execute(
            """
            SELECT m.board_id FROM member m
             WHERE m.person_id = %(person)s AND m.role = 'owner'
               AND NOT EXISTS (SELECT FROM member o
                                WHERE o.board_id = m.board_id AND o.role = 'owner' AND o.person_id <> %(person)s)
             ORDER BY m.board_id
            """,
            {"person": person},
        ).fetchall()
        conn.execute("SELECT erase_person(%s)", (person,))
        heirs = conn.execute(
            """
            SELECT m.board_id, p.name FROM member m JOIN person p ON p.id = m.person_id
             WHERE m.role = 'owner' AND m.board_id = ANY(%s) ORDER BY m.board_id
            """,
            ([board for (board,) in boards],),
        ).fetchall()
    known = dict(heirs)
    return Erased(person, heirs, [board for (board,) in boards if board not in known])


def redact_ticket(conn: psycopg.Connection, ticket: int) -> None:
    """Blank a ticket's texts in its row and in the log; every open board starts again from a snapshot."""
    with conn.transaction():
        conn.execute("SELECT set_context(NULL, NULL, 'system')")
        row = conn.execute("SELECT redact_ticket(%s)", (ticket,)).fetchone()
    if not row or not row[0]:
        raise Refused(f"There is no ticket #{ticket}, and there never was.")


def _add_code(conn: psycopg.Connection, code: str, person: int) -> None:
    conn.execute(
        """
        INSERT INTO one_time_code (code_hash, purpose, person_id, expires_at)
        VALUES (%s, 'sign-in', %s, now() + interval '7 days')
        """,
        (_hash(code), person),
    )


def _person(conn: psycopg.Connection, email: str) -> int:
    row = conn.execute("SELECT id FROM person WHERE email = lower(%s)", (email,)).fetchone()
    if row is None:
        raise Refused(f"Nobody here has the address {email}; `livelane person add {email} --name …` makes the account.")
    return row[0]


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
