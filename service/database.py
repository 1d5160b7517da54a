"""The service's way to PostgreSQL: a few shared connections, time limits, retries.

Three lanes keep requests out of each other's way. `quick` carries nearly everything. A write that meets a held row
gives up there after QUICK_LOCK and goes round by `patient`, one statement a connection at a time, so that nobody
stands behind it. Large reads go by `wide`.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from service.domain.errors import Away, BoardError, Locked
from service.lane import Lane
from service.pipeline import Failure, Lost, Param, Ring, Row, Statement
from service.refusals import AGAIN, HELD, meaning

PATIENCE_S = 1.7  # a request without an answer from the database by then is told so
QUICK_LOCK = "80ms"
ABREAST = 2  # writes of one board under way: they queue on its clock anyway, and should do so here, not in the database
KNOWN_BOARDS = 50_000  # rows whose board is remembered
PATIENT_LOCK_S = 0.5
LOCKED_S = 0.9  # from the request's start until `locked`
HELD_S = 2.0  # how long a row that was found held is presumed to be
WIDE_S = 15.0
LONG_S = 0.3  # a wide read that takes longer asks whether the database answers at all
WIDE, PATIENT = 2, 3  # connections of these lanes, per worker
SPARE = 3  # connections of `quick` that stand by for when the others wait for locks
RETRIES = 3  # of deadlocks and serialisation failures
STALE = {"0A000", "26000"}  # prepared statements out of date: another connection prepares anew


class Gate(asyncio.Semaphore):
    """Lets a few of a board's writes through at a time; `users` are in it or wait for it."""

    users = 0


class Database:
    """An async context manager; within it, `read`, `write` and `wide` run one statement each.

    With `ring`, the topics that writes move are rung there and no longer by the database: see number_now() in log.sql.
    """

    def __init__(self, url: str, connections: int, ring: Ring | None = None, spare: int = SPARE) -> None:
        settings = {
            "application_name": "livelane service",
            "statement_timeout": f"{PATIENCE_S * 1000 - 200:.0f}ms",
            "lock_timeout": QUICK_LOCK,
            "default_transaction_isolation": "read committed",
            "timezone": "UTC",
            "jit": "off",
            "livelane.wake": "caller" if ring else "",
        }
        patient = settings | {"lock_timeout": f"{PATIENT_LOCK_S * 1000:.0f}ms"}
        wide = settings | {"statement_timeout": f"{WIDE_S * 1000:.0f}ms"}
        self.quick = Lane(
            url, connections + spare, settings, limit_s=PATIENCE_S, depth=64, spare=spare, telling=True, ring=ring
        )
        self.patient = Lane(
            url, PATIENT, patient, limit_s=PATIENCE_S, grace_s=PATIENCE_S - LOCKED_S, depth=1, ring=ring
        )
        self.slow = Lane(url, WIDE, wide, limit_s=WIDE_S + 1, grace_s=WIDE_S, depth=8)
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
        """Run a read that may take long or bring much: up to WIDE_S, for as long as the database answers others."""
        until = time.monotonic() + PATIENCE_S
        reading = asyncio.ensure_future(self._run(self.slow, statement, params, again=True, until=until))
        try:
            while not (await asyncio.wait({reading}, timeout=LONG_S))[0]:
                asked = time.monotonic()
                try:
                    await self._run(self.quick, _PING, (), again=True, until=until)
                except Away:
                    if reading.done():
                        break
                    if all(each.answered < asked for each in self.quick.up):  # else it only has too much to do
                        for silent in self.slow.up:
                            if silent.waited_s > LONG_S:
                                silent.close("the database does not answer")
                        raise
                until = time.monotonic() + PATIENCE_S
            return reading.result()
        finally:
            reading.cancel()

    async def write(self, statement: Statement, *params: Param, row: str = "") -> list[Row]:
        """Run a write. `row` names what it locks ("ticket/7"), so that others do not queue behind a held row."""
        began = time.monotonic()
        if not row:
            try:
                return await self._run(self.quick, statement, params)
            except Locked:
                return await self._wait(statement, params, row, began)
        if self._is_held(row):
            return await self._wait(statement, params, row, began)
        key = self._board_of.get(row, row)
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = Gate(ABREAST)
        gate.users += 1
        try:
            until = began + PATIENCE_S
            await gate.acquire()  # without a time limit: those ahead have theirs, and it ends before ours
            try:
                if time.monotonic() > until:
                    raise Away("Too many changes of this board are waiting for the database.")
                held = self._is_held(row)  # found by those who were ahead
                rows = [] if held else await self._run(self.quick, statement, params, until=until)
            finally:
                gate.release()
        except Locked:
            held, rows = True, []
            self._held[row] = time.monotonic() + HELD_S
        finally:
            gate.users -= 1
            if not gate.users:
                del self._gates[key]
        if held:
            return await self._wait(statement, params, row, began)
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
        return {"database": _part(ok, self.quick.since, "" if ok else "It does not answer; the server's log says why.")}

    def _learn(self, row: str, rows: list[Row]) -> None:
        """Remember the board that a write's answer names: body, topic, seq, person."""
        if rows and len(rows[0]) == 4 and (topic := rows[0][1]) and row not in self._board_of:
            if len(self._board_of) > KNOWN_BOARDS:
                self._board_of.clear()
            self._board_of[row] = topic

    async def _wait(self, statement: Statement, params: Sequence[Param], row: str, began: float) -> list[Row]:
        """Wait for a held row by the patient lane, LOCKED_S from `began` in all."""
        now, until = time.monotonic(), began + LOCKED_S - PATIENT_LOCK_S
        if len(self._held) > 1000:
            self._held = {row: until for row, until in self._held.items() if until > now}
        if now > until:
            raise Locked(HELD)
        try:
            rows = await self._run(self.patient, statement, params, until=until)
        except Locked:
            self._held[row] = time.monotonic() + HELD_S
            raise
        except Away:
            if self.patient.up:
                raise Locked(HELD) from None
            raise
        self._held.pop(row, None)
        return rows

    def _is_held(self, row: str) -> bool:
        return bool(self._held) and self._held.get(row, 0.0) > time.monotonic()

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
                if failure.code in STALE and attempt < lane.size:
                    attempt += 1
                    await asyncio.sleep(0)  # its connection closes; a new one prepares anew, another may be as old
                    continue
                raise meaning(failure) from failure
            except Lost as lost:
                if again and time.monotonic() < until:
                    continue  # waits for another connection, until `until`
                raise Away("The connection to the database was lost; it is not known whether this was done.") from lost


def _part(ok: bool, since: float, detail: str) -> dict[str, object]:
    at = datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"ok": ok, "since": at, "detail": detail}


_PING = Statement(b"ping", b"SELECT 1")
