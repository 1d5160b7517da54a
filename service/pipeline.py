"""One connection to PostgreSQL that many requests share: statements go out as they come, answers return in order.

libpq's pipeline mode through psycopg's public `pq` layer. Every statement is followed by a sync of its own, so each is
its own transaction and one's failure is nobody else's. Two or three times the requests of a pool of plain connections.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
import psycopg
from psycopg import pq

OK = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
SYNC = pq.ExecStatus.PIPELINE_SYNC
FAILED = pq.ExecStatus.FATAL_ERROR

Row = tuple[bytes | None, ...]  # values as PostgreSQL writes them
Param = bytes | None  # likewise


class Statement(msgspec.Struct, frozen=True):
    """SQL with parameters $1, $2, …, prepared once a connection under its name."""

    name: bytes
    sql: bytes
    topic: int | None = None  # the column of the answer's only row that names the topic which moved, or null


Ring = Callable[[bytes], None]
EVERYTHING = b"*"  # rung when it is not known what moved


class Failure(Exception):
    """PostgreSQL refused a statement; nothing of it is kept."""

    def __init__(self, result: pq.abc.PGresult) -> None:
        field = result.error_field
        self.code = (field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        self.sentence = (field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode("utf-8", "replace")
        self.detail = (field(pq.DiagnosticField.MESSAGE_DETAIL) or b"").decode("utf-8", "replace")
        self.constraint = (field(pq.DiagnosticField.CONSTRAINT_NAME) or b"").decode("utf-8", "replace")
        self.column = (field(pq.DiagnosticField.COLUMN_NAME) or b"").decode("utf-8", "replace")
        super().__init__(f"{self.code} {self.sentence}")


class Lost(Exception):
    """The connection ended before the answer came. What was asked may have been done or not."""


class Job:
    """A statement under way."""

    __slots__ = ("answer", "due", "failure", "result", "since", "topic")

    def __init__(self, answer: "asyncio.Future[list[Row]]", due: float, topic: int | None) -> None:
        self.answer = answer
        self.topic = topic
        self.since = time.monotonic()
        self.due = due
        self.result: pq.abc.PGresult | None = None
        self.failure: Failure | None = None


class Pipeline:
    """A connection in pipeline mode, read for as long as it lives; `lost` is done when it no longer does.

    `ring` is told the topics that answers name, whoever waits for them, and EVERYTHING when answers are lost.
    """

    def __init__(self, conn: psycopg.AsyncConnection[object], started: object, ring: Ring | None) -> None:
        self._conn = conn  # keeps the socket open
        self.started = started  # of its session: process numbers come again
        self._pg = conn.pgconn
        self._session = self._pg.backend_pid
        self._loop = asyncio.get_running_loop()
        self._ring = ring
        self._prepared: set[bytes] = set()
        self._writing = False
        self.jobs: deque[Job] = deque()
        self.unanswered = False  # statements were under way at its end
        self.answered = 0.0  # when a statement last was
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._socket = self._pg.socket
        self._loop.add_reader(self._socket, self._read)

    @classmethod
    async def connect(
        cls,
        url: str,
        settings: dict[str, str],
        timeout_s: float,
        ring: Ring | None = None,
        instead_of: "Pipeline | None" = None,
    ) -> "Pipeline":
        """Open a connection with these run-time settings. psycopg.Error or TimeoutError when it cannot be had.

        The session of the one that it replaces is ended first, should it not have heard that its client is gone: what
        waits there unanswered must not be done later, when its sender may have been refused the same.
        """
        async with asyncio.timeout(timeout_s):
            conn = await psycopg.AsyncConnection.connect(url, autocommit=True, client_encoding="UTF8")
            try:
                for name, value in settings.items():
                    await conn.execute("SELECT set_config(%s, %s, false)", (name, value))
                if instead_of and instead_of.unanswered:
                    await conn.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s",
                        (instead_of.session, instead_of.started),
                    )
                mine = await conn.execute("SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
                started = await mine.fetchone()
            except BaseException:
                await conn.close()
                raise
            return cls(conn, started and started[0], ring)

    @property
    def session(self) -> int:
        """The process number of this session in PostgreSQL."""
        return self._session

    @property
    def waited_s(self) -> float:
        """How long the oldest statement under way has been."""
        return time.monotonic() - self.jobs[0].since if self.jobs else 0.0

    @property
    def runs_s(self) -> float:
        """How long the statement whose turn it is has been running."""
        return time.monotonic() - max(self.jobs[0].since, self.answered) if self.jobs else 0.0

    def send(self, statement: Statement, params: Sequence[Param], due: float) -> "asyncio.Future[list[Row]]":
        """Send a statement; the future holds its rows, or raises Failure or Lost. `due` is for `give_up`."""
        if self.lost.done():
            raise Lost(self.lost.result())
        answer: asyncio.Future[list[Row]] = self._loop.create_future()
        self.jobs.append(Job(answer, due, statement.topic))
        try:
            if statement.name not in self._prepared:
                self._pg.send_prepare(statement.name, statement.sql)
                self._prepared.add(statement.name)
            self._pg.send_query_prepared(statement.name, params)
            self._pg.pipeline_sync()
            self._write()
        except psycopg.Error as error:
            self.close(str(error))
        return answer

    def give_up(self) -> None:
        """Let the statements that are overdue raise Lost. Their answers, should they come, are nobody's."""
        now = time.monotonic()
        for job in self.jobs:
            if job.due < now and not job.answer.done():
                job.answer.set_exception(Lost("the database takes too long"))

    def close(self, why: str) -> None:
        """End the connection; statements under way raise Lost."""
        if self.lost.done():
            return
        self._loop.remove_reader(self._socket)
        if self._writing:
            self._loop.remove_writer(self._socket)
        self._pg.finish()
        self.lost.set_result(why)
        for job in self.jobs:
            if not job.answer.done():
                job.answer.set_exception(Lost(why))
        self.unanswered = bool(self.jobs)
        unknown = any(job.topic is not None for job in self.jobs)
        self.jobs.clear()
        if unknown and self._ring:
            self._ring(EVERYTHING)  # some may have been done

    def _write(self) -> None:
        full = self._pg.flush() == 1  # the socket takes no more for now
        if full != self._writing:
            self._writing = full
            if full:
                self._loop.add_writer(self._socket, self._flush)
            else:
                self._loop.remove_writer(self._socket)

    def _flush(self) -> None:
        try:
            self._write()
        except psycopg.Error as error:
            self.close(str(error))

    def _read(self) -> None:
        pg = self._pg
        try:
            pg.consume_input()
            # a connection that broke is never busy, and has no more results for ever
            while self.jobs and not pg.is_busy() and pg.status == pq.ConnStatus.OK:
                result = pg.get_result()
                if result is None:  # the end of one statement's results
                    continue
                status = result.status
                job = self.jobs[0]
                if status == SYNC:  # committed, or failed and rolled back; not known before
                    self.jobs.popleft()
                    self.answered = time.monotonic()
                    self._settle(job)
                elif status in OK:
                    job.result = result
                elif status == FAILED:
                    job.failure = job.failure or Failure(result)
            if pg.status != pq.ConnStatus.OK:
                self.close("the connection was closed by the server")
        except psycopg.Error as error:
            self.close(str(error).strip())

    def _settle(self, job: Job) -> None:
        if job.failure and job.failure.code in STALE:
            self._prepared.clear()
            self._loop.call_soon(self.close, "its prepared statements are out of date")
        rows = [] if job.failure else _rows(job.result)
        if not job.answer.done():  # else nobody waits any more
            if job.failure:
                job.answer.set_exception(job.failure)
            else:
                job.answer.set_result(rows)
        if job.topic is not None and rows and self._ring and (topic := rows[0][job.topic]):
            self._ring(topic)


STALE = {"0A000", "26000"}  # "cached plan must not change result type", a prepared statement that is not there


def _rows(result: pq.abc.PGresult | None) -> list[Row]:
    if result is None:
        return []
    value: Callable[[int, int], bytes | None] = result.get_value
    columns = range(result.nfields)
    return [tuple(value(row, column) for column in columns) for row in range(result.ntuples)]
