"""`livelane tail` in a process of its own, on a board that lives."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest

from tests.journeys.conftest import Web
from tests.product import Product

LINE_S = 15.0


class Tail:
    """A running `livelane tail`, line by line."""

    def __init__(self, *arguments: str) -> None:
        command = [Path(sys.executable).with_name("livelane"), "tail", *arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "400"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.lines: list[str] = []
        self._coming: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def until(self, part: str) -> str:
        """Return the next line that holds this text."""
        until = time.monotonic() + LINE_S
        while (left := until - time.monotonic()) > 0:
            try:
                line = self._coming.get(timeout=left)
            except queue.Empty:
                break
            self.lines.append(line)
            if part in line:
                return line
        raise AssertionError(f"no line with {part!r} in:\n{''.join(self.lines)}")

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._coming.put(line)


@pytest.fixture
def sql(database_url: str) -> Iterator[psycopg.Connection]:
    """A board 1 “Road” of Ada's with the columns To do, Doing, and ticket #1 “Fix login”."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO person (email, name) VALUES ('ada@example.org', 'Ada')")
        conn.execute("INSERT INTO board (title) VALUES ('Road')")
        conn.execute("INSERT INTO member (board_id, person_id, role) VALUES (1, 1, 'owner')")
        conn.execute("INSERT INTO board_column (board_id, title) VALUES (1, 'To do'), (1, 'Doing')")
        conn.execute("INSERT INTO ticket (column_id, title) VALUES (1, 'Fix login')")
        yield conn


def as_ada(sql: psycopg.Connection, query: str) -> None:
    with sql.transaction():
        sql.execute("SELECT set_context(1, NULL, 'rest')")
        sql.execute(query.encode())


def test_a_board_is_told_in_words_with_names(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("Road  board 1: 2 columns, 1 ticket")
        as_ada(sql, "UPDATE ticket SET column_id = 2 WHERE id = 1")
        sql.execute("UPDATE ticket SET title = 'Fix sign-in' WHERE id = 1")
        sql.execute("UPDATE board_column SET wip_limit = 3 WHERE id = 2")
        sql.execute("UPDATE ticket SET archived_at = now() WHERE id = 1")
        sql.execute("DELETE FROM ticket WHERE id = 1")

        assert "Ada " in tail.until("moved #1 “Fix login”: To do → Doing")
        assert "SQL (livelane)" in tail.until("renamed #1: “Fix login” → “Fix sign-in”")
        tail.until("set the limit of Doing: none → 3")
        tail.until("archived #1 “Fix sign-in”")
        tail.until("deleted #1 “Fix sign-in” for good")


def test_a_title_cannot_command_the_terminal(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("Road")
        sql.execute("UPDATE ticket SET title = %s WHERE id = 1", ("a\x9b31m\x85b \u202e c",))

        assert "“a\ufffd31m\ufffdb \ufffd c”" in tail.until("renamed #1: “Fix login” → ")


def test_past_events_come_first(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--last", "2", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("added the column Doing")
        tail.until("added #1 “Fix login” to To do")
        assert not [line for line in tail.lines if "added the column To do" in line]


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
def test_it_goes_on_after_a_restart_with_nothing_missed_or_doubled(
    serve: Product, sql: psycopg.Connection, kill: bool
) -> None:
    with Tail("1", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("Road")
        sql.execute("UPDATE ticket SET title = 'Before' WHERE id = 1")
        tail.until("→ “Before”")
        if kill:
            serve.kill()
        else:
            serve.stop()
        sql.execute("UPDATE ticket SET title = 'Meanwhile' WHERE id = 1")
        tail.until("trying again in")
        serve.start()

        tail.until("“Before” → “Meanwhile”")
        sql.execute("UPDATE ticket SET title = 'After' WHERE id = 1")
        tail.until("“Meanwhile” → “After”")

    assert sum("“Before” → “Meanwhile”" in line for line in tail.lines) == 1


def test_as_json_each_line_is_an_object(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--json", "--url", serve.url, "--database-url", serve.database_url) as tail:
        snapshot = json.loads(tail.until('"state"'))
        sql.execute("UPDATE ticket SET title = E'Two\\u2028lines' WHERE id = 1")
        event = json.loads(tail.until("ticket.updated"))

    assert snapshot["state"]["board"]["title"] == "Road"
    assert (event["seq"], event["set"]["title"]) == (snapshot["seq"] + 1, "Two\u2028lines")


def test_a_page_where_the_stream_should_be_is_no_stream(web: Web) -> None:
    web.kind = "text/html; charset=utf-8"
    with Tail("1", "--url", web.url, "--token", "llt_x") as tail:
        tail.until("answers with text/html, no event stream")
        assert tail.process.wait(10) == 1


def test_streams_that_end_at_once_are_opened_ever_more_seldom(web: Web) -> None:
    web.kind = "text/event-stream"
    with Tail("1", "--url", web.url, "--token", "llt_x") as tail:
        waits = [float(tail.until("trying again in").split()[-2]) for _ in range(4)]

    assert waits[3] > 1.7**3 * 0.7 > waits[0]  # each 1.7 times as long, give or take 30 %


def test_ctrl_c_ends_it_cleanly_and_the_borrowed_token_is_given_back(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("Road")
        assert sql.execute("SELECT count(*) FROM token").fetchone() == (1,)

        tail.process.send_signal(signal.SIGINT)

        assert tail.process.wait(10) == 0
    assert sql.execute("SELECT count(*) FROM token").fetchone() == (0,)


def test_a_token_that_is_revoked_meanwhile_is_replaced(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("Road")
        sql.execute("DELETE FROM token")
        tail.until("live again")
        sql.execute("UPDATE ticket SET title = 'Still here' WHERE id = 1")
        tail.until("→ “Still here”")


def test_a_board_that_is_not_there_is_said_with_those_that_are(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("9", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("There is no board 9; there are 1 “Road”")
        assert tail.process.wait(10) == 1


def test_a_board_that_is_deleted_ends_it(serve: Product, sql: psycopg.Connection) -> None:
    with Tail("1", "--url", serve.url, "--database-url", serve.database_url) as tail:
        tail.until("Road")
        sql.execute("DELETE FROM board WHERE id = 1")
        tail.until("The board was deleted.")
        assert tail.process.wait(10) == 1
