"""The service's way to PostgreSQL: a few shared connections, time limits, retries, and what failures mean.

Three lanes keep requests out of each other's way. `quick` carries nearly everything. A write that meets a held row
gives up there after QUICK_LOCK and goes round by `patient`, one statement a connection at a time, so that nobody
stands behind it. Large reads go by `wide`.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import psycopg

from service.domain.errors import OURS, Away, BoardError, Exists, Invalid, Locked, OverLimit
from service.pipeline import Failure, Lost, Param, Pipeline, Row, Statement

logger = logging.getLogger(__name__)

PATIENCE_S = 1.7  # a request without an answer from the database by then is told so
QUICK_LOCK = "200ms"
ABREAST = 3  # writes of one board under way: they queue on its clock anyway, and should do so here, not in the database
KNOWN_BOARDS = 50_000  # rows whose board is remembered
PATIENT_LOCK_S = 0.4
LOCKED_S = 0.9  # from the request's start until `locked`
HELD_S = 1.0  # how long a row that was found held is presumed to be
WIDE_S = 15.0
WIDE, PATIENT = 2, 3  # connections of these lanes, per worker
CONNECT_S = 3.0
RETRIES = 3  # of deadlocks and serialisation failures
AGAIN = {"40P01", "40001"}
STALE = {"0A000", "26000"}
UNAVAILABLE = ("08", "53", "57", "58", "25006")  # states and classes that say: not now


class Lane:
    """Connections of one purpose, each kept open by a task that reconnects with backoff."""

    def __init__(
        self, url: str, size: int, settings: dict[str, str], limit_s: float, depth: int, telling: bool = False
    ):
        self.url, self.size, self.settings, self.limit_s = url, size, settings, limit_s
        self.depth = depth  # statements under way on one connection at most
        self.up: list[Pipeline] = []
        self.changed = asyncio.Condition()
        self.error = "not connected yet"
        self.since = time.time()
        self.telling = telling  # one lane speaks for all
        self.told = False  # that the database is away

    async def keep(self) -> None:
        """Hold one connection open, for ever."""
        delay_s = 0.05
        while True:
            try:
                pipeline = await Pipeline.connect(self.url, self.settings, CONNECT_S)
            except (psycopg.Error, OSError, TimeoutError) as error:
                self._failed(str(error).strip() or "no answer")
                await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, no secret
                delay_s = min(delay_s * 2, 1.0)
                continue
            delay_s = 0.05
            if not self.up:
                if self.told:
                    logger.info("the database answers again, after %.0f s", time.time() - self.since)
                self.since, self.told = time.time(), False
            self.up.append(pipeline)
            await self._tell()
            try:
                await self._watch(pipeline)
            finally:
                pipeline.close("the service stops")
                self.up.remove(pipeline)
                if not self.up:
                    self.since = time.time()
            self._failed(pipeline.lost.result())

    def _failed(self, why: str) -> None:
        """Remember why, and say it once when no connection is left."""
        self.error = why
        if self.telling and not self.up and not self.told:
            self.told = True
            logger.warning("the database is away, trying again: %s", why.splitlines()[0])

    async def _watch(self, pipeline: Pipeline) -> None:
        """Return when the connection is lost, ending it when it leaves a statement without an answer for too long."""
        while not pipeline.lost.done():
            await asyncio.wait({pipeline.lost}, timeout=0.2)
            if pipeline.waited_s > self.limit_s:
                pipeline.close("the database does not answer")

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def idlest(self) -> Pipeline | None:
        """The connection with the fewest statements under way, if one takes another."""
        best = None
        least = self.depth
        for pipeline in self.up:
            waiting = len(pipeline.jobs)
            if waiting < least and not pipeline.lost.done():
                if waiting == 0:
                    return pipeline
                best, least = pipeline, waiting
        return best

    async def send(self, statement: Statement, params: Sequence[Param], until: float) -> list[Row]:
        """Run a statement on a connection that is free before `until` (monotonic); Away when there is none."""
        pipeline = self.idlest()
        if pipeline is None:
            pipeline = await self._free(until)
        try:
            return await pipeline.send(statement, params)
        finally:
            if self.depth == 1:
                await self._tell()

    async def _free(self, until: float) -> Pipeline:
        try:
            async with asyncio.timeout(until - time.monotonic()), self.changed:
                while (pipeline := self.idlest()) is None:
                    await self.changed.wait()
                return pipeline
        except TimeoutError:
            raise Away(f"The database cannot be reached ({self.error.splitlines()[0]}).") from None


class Gate(asyncio.Semaphore):
    """Lets a few of a board's writes through at a time; `users` are in it or wait for it."""

    users = 0


class Database:
    """An async context manager; within it, `read`, `write` and `wide` run one statement each."""

    def __init__(self, url: str, connections: int) -> None:
        settings = {
            "application_name": "livelane service",
            "statement_timeout": f"{PATIENCE_S * 1000 - 200:.0f}ms",
            "lock_timeout": QUICK_LOCK,
            "default_transaction_isolation": "read committed",
            "timezone": "UTC",
            "jit": "off",
        }
        patient = settings | {"lock_timeout": f"{PATIENT_LOCK_S * 1000:.0f}ms"}
        wide = settings | {"statement_timeout": f"{WIDE_S * 1000:.0f}ms"}
        self.quick = Lane(url, connections, settings, PATIENCE_S, depth=64, telling=True)
        self.patient = Lane(url, PATIENT, patient, PATIENCE_S, depth=1)
        self.slow = Lane(url, WIDE, wide, WIDE_S + 1, depth=8)
        self._held: dict[str, float] = {}  # rows found held, and until when they are presumed to be
        self._board_of: dict[str, bytes] = {}  # learned from answers; a wrong one only queues elsewhere
        self._gates: dict[str | bytes, Gate] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        tasks: list[asyncio.Task[None]] = []

        async def stop() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        for lane in (self.quick, self.patient, self.slow):
            tasks += [asyncio.create_task(lane.keep()) for _ in range(lane.size)]
        self._stack.push_async_callback(stop)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None):
        await self._stack.aclose()

    async def read(self, statement: Statement, *params: Param) -> list[Row]:
        """Run a quick statement that changes nothing; asked again when its connection was lost."""
        return await self._run(self.quick, statement, params, again=True)

    async def wide(self, statement: Statement, *params: Param) -> list[Row]:
        """Run a read that may take long or bring much."""
        return await self._run(self.slow, statement, params, again=True)

    async def write(self, statement: Statement, *params: Param, row: str = "") -> list[Row]:
        """Run a write. `row` names what it locks ("ticket/7"), so that others do not queue behind a held row."""
        began = time.monotonic()
        if not row:
            try:
                return await self._run(self.quick, statement, params)
            except Locked:
                return await self._wait(statement, params, row, began)
        if self._held and self._held.get(row, 0.0) > began:
            return await self._wait(statement, params, row, began)
        key = self._board_of.get(row, row)
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = Gate(ABREAST)
        gate.users += 1
        try:
            if gate.locked():
                await self._enter(gate, began + PATIENCE_S)
                began = time.monotonic()
            else:
                await gate.acquire()
            try:
                rows = await self._run(self.quick, statement, params)
            finally:
                gate.release()
        except Locked:
            self._held[row] = began + HELD_S
            return await self._wait(statement, params, row, began)
        finally:
            gate.users -= 1
            if not gate.users:
                del self._gates[key]
        self._learn(row, rows)
        return rows

    async def health(self) -> dict[str, dict[str, object]]:
        """The part `database` of /health/ready."""
        ok = bool(self.quick.up)
        if ok:
            try:
                await self.read(_PING)
            except BoardError as error:
                return {"database": _part(False, time.time(), error.detail)}
        return {"database": _part(ok, self.quick.since, "" if ok else self.quick.error)}

    async def _enter(self, gate: asyncio.Semaphore, until: float) -> None:
        try:
            async with asyncio.timeout(until - time.monotonic()):
                await gate.acquire()
        except TimeoutError:
            raise Away("Too many changes of this board are waiting for the database.") from None

    def _learn(self, row: str, rows: list[Row]) -> None:
        """Remember the board that a write's answer names: body, topic, seq, person."""
        if rows and len(rows[0]) == 4 and (topic := rows[0][1]) and row not in self._board_of:
            if len(self._board_of) > KNOWN_BOARDS:
                self._board_of.clear()
            self._board_of[row] = topic

    async def _wait(self, statement: Statement, params: Sequence[Param], row: str, began: float) -> list[Row]:
        """Wait for a held row by the patient lane, LOCKED_S from `began` in all."""
        if len(self._held) > 1000:
            self._held = {row: until for row, until in self._held.items() if until > began}
        try:
            rows = await self._run(self.patient, statement, params, until=began + LOCKED_S - PATIENT_LOCK_S)
        except Away:
            if self.patient.up:
                raise Locked("Somebody holds this row in an open transaction. Try again in a moment.") from None
            raise
        self._held.pop(row, None)
        return rows

    async def _run(
        self, lane: Lane, statement: Statement, params: Sequence[Param], again: bool = False, until: float | None = None
    ) -> list[Row]:
        until = until or time.monotonic() + PATIENCE_S
        attempt = 0
        while True:
            try:
                return await lane.send(statement, params, until)
            except Failure as failure:
                if failure.code in AGAIN and attempt < RETRIES:
                    attempt += 1
                    await asyncio.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 -- jitter, no secret
                    continue
                if failure.code in STALE and attempt == 0:
                    attempt += 1
                    await asyncio.sleep(0)  # its connection closes; another prepares anew
                    continue
                raise meaning(failure) from failure
            except Lost as lost:
                if again and time.monotonic() < until:
                    continue  # waits for another connection, until `until`
                raise Away(
                    f"The connection to the database was lost ({lost}); it is not known whether this was done."
                ) from None


def meaning(failure: Failure) -> BoardError:
    """Return what a refusal of PostgreSQL says in the words of the domain; raises the failure itself when unknown."""
    code = failure.code
    if ours := OURS.get(code):
        return ours(failure.sentence, json.loads(failure.detail))
    if code == "55P03":
        return Locked("Somebody holds this row in an open transaction. Try again in a moment.")
    if code == "23514" and failure.constraint == "wip_limit":
        return OverLimit(failure.sentence[0].upper() + failure.sentence[1:] + ".", {"field": "column_id"})
    if code == "23505":
        return Exists("A row with this uid exists already.", {"field": failure.constraint.split("_")[-2]})
    if code in ("23514", "23502", "22001"):
        field = failure.column or "_".join(failure.constraint.split("_")[1:-1])
        return Invalid("The value breaks a rule of the database.", {"field": field})
    if code in ("22P05", "22021"):
        return Invalid("Text cannot hold NUL or half a surrogate pair.", {})
    if code.startswith("22"):
        return Invalid(f"A value is out of range or of the wrong form: {failure.sentence}.", {})
    if code.startswith(UNAVAILABLE) or code in AGAIN:
        logger.error("the database refuses to work: %s", failure)
        return Away(f"The database cannot do this now ({failure.sentence}).")
    raise failure


def _part(ok: bool, since: float, detail: str) -> dict[str, object]:
    at = datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"ok": ok, "since": at, "detail": detail}


_PING = Statement(b"ping", b"SELECT 1")
