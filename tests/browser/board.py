"""A board in the database, and what is done to it there."""

from typing import Any

import psycopg


class Board:
    def __init__(self, database_url: str, board_id: int, columns: list[int], tickets: list[int]) -> None:
        self.database_url = database_url
        self.id = board_id
        self.columns = columns
        self.tickets = tickets

    def sql(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run it as any SQL client does; the rows, if it gives any."""
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            done = conn.execute(statement.encode(), arguments)
            return done.fetchall() if done.description else []

    def rename(self, ticket: int, title: str) -> None:
        self.sql("UPDATE ticket SET title = %s WHERE id = %s", title, ticket)

    def title(self, ticket: int) -> str:
        return self.sql("SELECT title FROM ticket WHERE id = %s", ticket)[0][0]

    def column_of(self, ticket: int) -> int:
        return self.sql("SELECT column_id FROM ticket WHERE id = %s", ticket)[0][0]

    def titles(self) -> list[str]:
        """Of all open tickets, by id."""
        rows = self.sql("SELECT title FROM ticket WHERE board_id = %s AND archived_at IS NULL ORDER BY id", self.id)
        return [title for (title,) in rows]

    def seq(self) -> int:
        """The last event's number."""
        return self.sql("SELECT seq FROM topic_clock WHERE topic = %s", f"board/{self.id}")[0][0]

    def ops(self) -> list[str]:
        """The keys of the REST writes, in the order of their events."""
        rows = self.sql("SELECT op FROM event WHERE topic = %s AND op IS NOT NULL ORDER BY seq", f"board/{self.id}")
        return [op for (op,) in rows]


def make_board(database_url: str, title: str = "Road", columns: int = 3, tickets: int = 6) -> Board:
    """A board whose tickets are spread over its columns."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        made = conn.execute("INSERT INTO board (title) VALUES (%s) RETURNING id", (title,)).fetchone()
        assert made
        column_ids: list[int] = []
        ticket_ids: list[int] = []
        for n in range(columns):
            row = conn.execute(
                "INSERT INTO board_column (board_id, title, rank) VALUES (%s, %s, %s) RETURNING id",
                (made[0], f"Column {n + 1}", f"a{n}"),
            ).fetchone()
            assert row
            column_ids.append(row[0])
        for n in range(tickets):
            row = conn.execute(
                "INSERT INTO ticket (board_id, column_id, title, rank) VALUES (%s, %s, %s, %s) RETURNING id",
                (made[0], column_ids[n % columns], f"Ticket {n + 1}", f"a{n // columns}"),
            ).fetchone()
            assert row
            ticket_ids.append(row[0])
    return Board(database_url, made[0], column_ids, ticket_ids)
