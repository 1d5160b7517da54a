"""Connections of one purpose, each kept open by a task that reconnects."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence

import psycopg

from service.domain.errors import Away
from service.pipeline import Param, Pipeline, Ring, Row, Statement

logger = logging.getLogger(__name__)

CONNECT_S = 3.0
LOOK_S = 0.2  # between two looks at how long the oldest statement has been under way; half of it while there is one
HELD_UP_S = 0.02  # a statement that runs for so long waits for somebody, or the machine is very busy


class Lane:
    """`size` connections to `url`; a statement goes to the one with the fewest under way, at most `depth`.

    With `spare`, so many of them stand by for when all others are held up: a session of PostgreSQL keeps caches of its
    own, and the more of them take turns on a core, the dearer is every statement. A connection that leaves a statement
    without an answer for `limit_s` is ended.
    """

    def __init__(
        self,
        url: str,
        size: int,
        settings: dict[str, str],
        *,
        limit_s: float,
        grace_s: float = 0.0,
        depth: int,
        spare: int = 0,
        telling: bool = False,
        ring: Ring | None = None,
    ) -> None:
        self.url, self.size, self.settings, self.limit_s = url, size, settings, limit_s
        self.grace_s = grace_s  # for the answer, after the time by which a connection must be had
        self.depth = depth  # statements under way on one connection at most
        self.usual = size - spare
        self.up: list[Pipeline] = []
        self.changed = asyncio.Condition()
        self.waiting = 0  # statements that found every connection full
        self.error = "not connected yet"
        self.since = time.time()
        self.ring = ring
        self.telling = telling  # one lane speaks for all
        self.told = False  # that the database is away

    async def keep(self) -> None:
        """Hold one connection open, for ever."""
        delay_s = 0.05
        pipeline: Pipeline | None = None
        while True:
            try:
                pipeline = await Pipeline.connect(self.url, self.settings, CONNECT_S, self.ring, pipeline)
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
            await self._tell(self.waiting)
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
            await asyncio.wait({pipeline.lost}, timeout=LOOK_S / 2 if pipeline.jobs else LOOK_S)
            pipeline.give_up()
            if pipeline.waited_s > self.limit_s:
                pipeline.close("the database does not answer")

    async def _tell(self, most: int) -> None:
        """Let so many of those who wait look again."""
        async with self.changed:
            self.changed.notify(most)

    def idlest(self) -> Pipeline | None:
        """The connection with the fewest statements under way, if one takes another."""
        usual = self.up[: self.usual]
        best = self._idlest(usual)
        if best is None or (best.jobs and len(self.up) > self.usual and all(p.runs_s > HELD_UP_S for p in usual)):
            return self._idlest(self.up[self.usual :]) or best
        return best

    def _idlest(self, among: list[Pipeline]) -> Pipeline | None:
        best = None
        least = self.depth
        for pipeline in among:
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
            return await pipeline.send(statement, params, until + self.grace_s)
        finally:
            if self.waiting:
                await self._tell(1)

    async def _free(self, until: float) -> Pipeline:
        self.waiting += 1
        try:
            async with asyncio.timeout(until - time.monotonic()), self.changed:
                while (pipeline := self.idlest()) is None:
                    await self.changed.wait()
                return pipeline
        except TimeoutError:
            if self.up:
                raise Away("Too much is waiting for the database.") from None
            raise Away("The database cannot be reached; the server's log says why.") from None
        finally:
            self.waiting -= 1
