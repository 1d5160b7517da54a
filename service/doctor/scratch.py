"""A board of the doctor's own, to write real events on; nothing of it stays."""

import contextlib
import time
from collections.abc import Generator
from typing import Any

import psycopg

from service.running import lend_token

NAME = "Livelane doctor"  # of the person; without address or password nobody can sign in as it

Conn = psycopg.Connection[tuple[Any, ...]]


class Scratch:
    """A board with one ticket, and a token that may read it."""

    def __init__(self, conn: Conn, person: int, board: int, ticket: int, token: str) -> None:
        self.board, self.token = board, token
        self._conn, self._person, self._ticket = conn, person, ticket
        self._written = 0

    def write(self) -> tuple[float, int]:
        """Change the ticket; return when COMMIT was sent (monotonic) and the event's seq."""
        self._written += 1
        with self._conn.transaction():
            self._conn.execute("SELECT set_context(NULL, NULL, 'system')")
            self._conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"Beat {self._written}", self._ticket))
            row = self._conn.execute("SELECT number_now(%s)", (f"board/{self.board}",)).fetchone()
            at = time.monotonic()
        assert row
        return at, row[0]


def may_be_made(conn: Conn) -> bool:
    """Say whether there is an account yet: a person of ours would void the set-up code."""
    row = conn.execute("SELECT EXISTS (SELECT FROM person)").fetchone()
    return bool(row and row[0])


@contextlib.contextmanager
def scratch(conn: Conn) -> Generator[Scratch]:
    """Make the board for the length of the block; takes away what a killed doctor left, too."""
    _sweep(conn, "created_at < now() - interval '1 hour'", 0)
    with conn.transaction():
        conn.execute("SELECT set_context(NULL, NULL, 'system')")
        person = _id(conn, "INSERT INTO person (name) VALUES (%s) RETURNING id", NAME)
        board = _id(conn, "INSERT INTO board (title, created_by) VALUES (%s, %s) RETURNING id", "Scratch", person)
        conn.execute("INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, 'owner')", (board, person))
        column = _id(conn, "INSERT INTO board_column (board_id, title) VALUES (%s, 'Beats') RETURNING id", board)
        ticket = _id(conn, "INSERT INTO ticket (column_id, title) VALUES (%s, 'Beat') RETURNING id", column)
        token = lend_token(conn, person, "livelane doctor")
    try:
        yield Scratch(conn, person, board, ticket, token)
    finally:
        _sweep(conn, "id = %s", person)


def _sweep(conn: Conn, which: str, person: int) -> None:
    query = f"SELECT id FROM person WHERE name = %s AND email IS NULL AND erased_at IS NULL AND {which}"
    arguments = (NAME, person) if "%s" in which else (NAME,)
    people = [number for (number,) in conn.execute(query.encode(), arguments).fetchall()]
    if not people:
        return
    boards = [
        number for (number,) in conn.execute("SELECT id FROM board WHERE created_by = ANY (%s)", (people,)).fetchall()
    ]
    topics = [*(f"board/{number}" for number in boards), *(f"user/{number}" for number in people)]
    with conn.transaction():
        conn.execute("SELECT set_context(NULL, NULL, 'system')")
        conn.execute("DELETE FROM board WHERE id = ANY (%s)", (boards,))
        conn.execute("DELETE FROM person WHERE id = ANY (%s)", (people,))
    with conn.transaction():
        conn.execute("DELETE FROM event WHERE topic = ANY (%s)", (topics,))
        conn.execute("DELETE FROM topic_clock WHERE topic = ANY (%s)", (topics,))


def _id(conn: Conn, query: str, *arguments: object) -> int:
    row = conn.execute(query.encode(), arguments).fetchone()
    assert row
    return row[0]
