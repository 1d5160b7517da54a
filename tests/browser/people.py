"""People with a session each, made in the database as signing in makes them."""

import hashlib
import secrets

import msgspec
import psycopg


class Person(msgspec.Struct, frozen=True):
    """Somebody, and the cookie that says so."""

    id: int
    name: str
    cookie: str
    secret: str


class People:
    def __init__(self, database_url: str) -> None:
        self.database_url = database_url

    def new(self, name: str, board: int | None = None, role: str = "editor") -> Person:
        """Somebody new, signed in; a member of `board` when one is named."""
        secret = f"lls_{secrets.token_urlsafe(24)}"
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            row = conn.execute(
                "INSERT INTO person (email, name) VALUES (%s, %s) RETURNING id",
                (f"{name.lower()}.{secrets.token_hex(4)}@example.org", name),
            ).fetchone()
            assert row
            conn.execute(
                "INSERT INTO session (person_id, secret_hash) VALUES (%s, %s)",
                (row[0], hashlib.sha256(secret.encode()).digest()),
            )
            if board is not None:
                conn.execute(
                    "INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, %s)", (board, row[0], role)
                )
            instance = conn.execute("SELECT instance FROM workspace").fetchone()
        assert instance
        return Person(row[0], name, f"livelane_{instance[0]}", secret)

    def renew(self, person: Person) -> Person:
        """The same person with a new session."""
        secret = f"lls_{secrets.token_urlsafe(24)}"
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute(
                "INSERT INTO session (person_id, secret_hash) VALUES (%s, %s)",
                (person.id, hashlib.sha256(secret.encode()).digest()),
            )
        return Person(person.id, person.name, person.cookie, secret)

    def end_sessions(self, person: Person) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute("DELETE FROM session WHERE person_id = %s", (person.id,))

    def remove(self, person: Person, board: int) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            conn.execute("DELETE FROM member WHERE person_id = %s AND board_id = %s", (person.id, board))
