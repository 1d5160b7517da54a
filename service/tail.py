"""`livelane tail`: a board's life in a terminal, line by line, for as long as you look at it."""

import contextlib
import json
import random
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import psycopg
from rich.console import Console

from service import running
from service.frames import Frame, Frames
from service.parameters import WebAddress
from service.printing import Lines, Objects
from service.schema import database
from service.verbs import with_database

STEADY_S = 10.0  # a stream that ends before its first heartbeat is due was no success: the next waits longer
SILENCE_S = 25.0  # heartbeats come every 10 s; after this long without a byte the stream is dead
CONNECT_S = 5.0
MOST_WAIT_S = 15.0  # between two tries


class Ended(click.ClickException):
    """The stream is over for good; the text says why and what to do."""


class Key:
    """The bearer token: the one that was given, or one borrowed from the database and given back at the end."""

    def __init__(self, given: str, data: Path, database_url: str, board: int) -> None:
        self.token = given
        self._borrowed = False
        self._data, self._database_url, self._board = data, database_url, board

    def borrow(self) -> bool:
        """Take a token of someone who may read the board; False when there was a given one or no database."""
        if self.token and not self._borrowed:
            return False
        self.give_back()
        with running.database_of(self._data, self._database_url) as url:
            if url is None:
                return False
            with psycopg.connect(url, autocommit=True) as conn:
                self.token = running.lend_token(conn, _reader(conn, self._board), "livelane tail")
        self._borrowed = True
        return True

    def give_back(self) -> None:
        """Revoke what was borrowed."""
        if not self._borrowed:
            return
        self._borrowed = False
        with contextlib.suppress(psycopg.Error), running.database_of(self._data, self._database_url) as url:
            if url is not None:
                with psycopg.connect(url, autocommit=True) as conn:
                    running.return_token(conn, self.token)


def _reader(conn: psycopg.Connection, board: int) -> int:
    row = conn.execute(
        """
        SELECT m.person_id
          FROM member m JOIN person p ON p.id = m.person_id
         WHERE m.board_id = %s AND p.erased_at IS NULL
         ORDER BY m.role = 'owner' DESC, m.id
         LIMIT 1
        """,
        (board,),
    ).fetchone()
    if row:
        return row[0]
    known = conn.execute("SELECT title FROM board WHERE id = %s", (board,)).fetchone()
    if known:
        raise Ended(f"Board {board} “{known[0]}” has no members, so nobody may read its stream.")
    ids = conn.execute("SELECT id, title FROM board WHERE archived_at IS NULL ORDER BY id LIMIT 5").fetchall()
    there = "; there are " + ", ".join(f"{number} “{title}”" for number, title in ids) if ids else ""
    raise Ended(f"There is no board {board}{there or '; this database has none yet'}.")


class Tail:
    """One board's stream, followed across disconnects."""

    def __init__(self, url: str, board: int, key: Key, out: Lines | Objects) -> None:
        self.url, self.board, self.key, self.out = url, board, key, out
        self.cursor = ""
        self.retry_s = 1.0
        self.failures = 0
        self.open_at: float | None = None  # since when the last stream was there

    def follow(self) -> None:
        """Print what happens, reconnecting for ever. Raises Ended when the server says that it is over."""
        while True:
            try:
                for frame in self._frames():
                    self._take(frame)
                self._wait("the stream ended")
            except httpx.TimeoutException:
                self._wait("nothing heard for a while")
            except httpx.TransportError as error:
                self._wait(f"the connection is lost ({str(error) or type(error).__name__})")

    def history(self, before: int, most: int) -> list[dict[str, Any]]:
        """Return the last events up to and with `before`, oldest first."""
        answer = httpx.get(
            f"{self.url}/api/boards/{self.board}/events",
            params={"before_seq": before + 1, "limit": most},
            headers=self._headers(),
            timeout=CONNECT_S,
        )
        if answer.status_code != 200:
            return []
        events: list[dict[str, Any]] = answer.json()  # newest first
        return events[::-1]

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key.token}"}

    def _frames(self) -> Iterator[Frame]:
        headers = self._headers() | {"accept": "text/event-stream"}
        if self.cursor:
            headers["last-event-id"] = self.cursor
        timeout = httpx.Timeout(CONNECT_S, read=SILENCE_S)
        with (
            httpx.Client(timeout=timeout) as client,
            client.stream("GET", f"{self.url}/streams/boards/{self.board}", headers=headers) as answer,
        ):
            self._check(answer)
            self.open_at = time.monotonic()
            if self.failures:
                self.out.note("live again")
            frames = Frames()
            for piece in answer.iter_bytes():
                for frame in frames.feed(piece):
                    self.cursor = frames.last_id or self.cursor
                    yield frame
                if frames.retry_ms is not None:
                    self.retry_s = frames.retry_ms / 1000

    def _check(self, answer: httpx.Response) -> None:
        kind = answer.headers.get("content-type", "nothing").partition(";")[0]
        if answer.status_code == 200 and kind == "text/event-stream":
            return
        answer.read()
        if answer.status_code == 200:
            if self.cursor:  # it was right before: somebody on the way says something meanwhile
                raise httpx.ReadError(f"the answer is {kind}, no event stream")
            raise Ended(
                f"{self.url} answers with {kind}, no event stream. Give the address where Livelane's streams are; "
                f"`livelane doctor {self.url}` says what stands there."
            )
        if answer.status_code == 401 and self.key.borrow():
            raise httpx.ReadError("the token had ended")
        if answer.status_code in {401, 403, 404, 422}:
            raise Ended(_refusal(answer, self.board, self.url))
        raise httpx.ReadError(f"the server answered {answer.status_code}")

    def _take(self, frame: Frame) -> None:
        if not frame.event:
            self.out.event(json.loads(frame.data))
        elif frame.event == "snapshot":
            first = self.out.snapshot(json.loads(frame.data))
            if first is not None:
                self.out.past(self.history(*first))
        elif frame.event == "bye":
            self._bye(json.loads(frame.data))

    def _bye(self, bye: dict[str, Any]) -> None:
        reason = bye.get("reason", "")
        if bye.get("retry") is False and not (reason == "expired" and self.key.borrow()):
            raise Ended(GOODBYES.get(reason, f"The server ended the stream: {reason}."))
        if reason not in {"rotate", "expired"}:
            self.out.note(f"the server says goodbye: {reason}")

    def _wait(self, why: str) -> None:
        if self.open_at and time.monotonic() - self.open_at > STEADY_S:
            self.failures = 0
        self.open_at = None
        delay = min(self.retry_s * 1.7**self.failures, MOST_WAIT_S) * random.uniform(0.7, 1.3)  # noqa: S311 -- jitter
        if self.retry_s > 0.2 or self.failures:  # a rotation reopens at once and is nobody's concern
            self.out.note(f"{why}; trying again in {delay:.1f} s")
            self.failures += 1
        time.sleep(delay)
        self.retry_s = max(self.retry_s, 1.0)


GOODBYES = {
    "gone": "The board was deleted.",
    "revoked": "The board is no longer yours to read.",
    "expired": "The token has ended; make another with `livelane token EMAIL`.",
}


def _refusal(answer: httpx.Response, board: int, url: str) -> str:
    try:
        detail = answer.json().get("detail") or ""
    except (ValueError, AttributeError):
        detail = ""
    if answer.status_code == 401:
        return (
            f"{url} does not know who asks. Give a token with --token or LIVELANE_TOKEN "
            "(`livelane token EMAIL` makes one), or its database with --data or --database-url."
        )
    if answer.status_code == 404:
        return f"There is no board {board} at {url}, or not for this token. {detail}".strip()
    return f"{url} refused the stream ({answer.status_code}). {detail}".strip()


@click.command()
@with_database
@click.argument("board", type=click.IntRange(1))
@click.option("--url", default="", envvar="LIVELANE_URL", metavar="URL", type=WebAddress(),
              help="Where Livelane runs. Without it: the `livelane serve` of the data folder.")  # fmt: skip
@click.option("--token", default="", envvar="LIVELANE_TOKEN", metavar="TOKEN",
              help="A bearer token. Without it one is borrowed through the database and given back.")  # fmt: skip
@click.option("-n", "--last", default=10, show_default=True, type=click.IntRange(0, 500),
              help="How many past events to begin with.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Snapshots and events as they come, one JSON object a line.")
def tail(database_url: str, data: Path, board: int, url: str, token: str, last: int, as_json: bool) -> None:
    """Print what happens on BOARD, live, until Ctrl-C. Survives restarts of the server.

    \b
    livelane tail 1
    livelane tail 1 --json | jq -r .type
    livelane tail 1 --url https://board.example --token llt_…
    """
    if database_url and not token:
        database.examine(database_url)
    url = url or _here(data, database_url)
    out = Objects() if as_json else Lines(Console(highlight=False), last)
    with _borrowed(Key(token, data, database_url, board)) as key, contextlib.suppress(KeyboardInterrupt):
        Tail(url, board, key, out).follow()


def _here(data: Path, database_url: str) -> str:
    if found := running.find(data, ("serve", "serve-streams")):
        return found.url
    if database_url:
        return "http://127.0.0.1:8000"
    raise Ended(f"No `livelane serve` runs on {data}. Start it, or say where one runs with --url.")


@contextlib.contextmanager
def _borrowed(key: Key) -> Generator[Key]:
    try:
        if not key.token:
            key.borrow()
        yield key
    finally:
        key.give_back()
