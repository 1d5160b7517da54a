"""Rings the topics that this service's own writes changed: in this process at once, for everybody else a moment later.

The database would ring them itself, as it does for every other writer, but holds one lock of the whole cluster for it
through the flush of each commit. Here one notification every few milliseconds tells of all topics since the last.
What is lost between a commit and its ring (this process killed) is found by the streams' own looking at the log.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager

from prometheus_client import Counter

from service.domain.errors import BoardError
from service.lane import Lane
from service.pipeline import EVERYTHING, Failure, Lost, Statement

logger = logging.getLogger(__name__)

GAP_S = 0.010  # between two notifications at least; the first after a silence goes out at once
LIMIT_S = 2.0  # for one to be sent; then its connection is given up
RETRY_S = (0.1, 0.5)
MANY = 2_000  # topics that wait to be rung; more count as everything
PAYLOAD_BYTES = 7_500  # PostgreSQL takes 8,000

RUNG = Counter("livelane_rings", "Topics that this service rang for other processes")
NOTIFIED = Counter("livelane_rings_sent", "Notifications it took")

NOTIFY = Statement(b"ring", b"SELECT pg_notify('livelane', $1)")


class Bell:
    """Has a connection of its own. `here`, if any, is called with each topic at once; other processes are notified."""

    def __init__(self, url: str, here: Callable[[str], None] | None) -> None:
        settings = {
            "application_name": "livelane bell",
            "statement_timeout": f"{LIMIT_S * 1000 - 200:.0f}ms",
            "synchronous_commit": "off",  # what it tells of is on disk already
        }
        self.lane = Lane(url, 1, settings, limit_s=LIMIT_S, depth=8)
        self._here = here
        self._due: dict[bytes, None] = {}
        self._work = asyncio.Event()
        self._refused = False  # by the database, and said

    @property
    def session(self) -> int:
        """The process number of its session in PostgreSQL, which stands beside its notifications; 0 without one."""
        return self.lane.up[0].session if self.lane.up else 0

    def ring(self, topic: bytes) -> None:
        """The topic has moved, and that is committed. EVERYTHING: something may have."""
        if len(self._due) >= MANY:
            self._due = {EVERYTHING: None}
        self._due[topic] = None
        self._work.set()
        if self._here is None:
            return
        try:
            self._here(topic.decode())
        except Exception:  # the write is done, and its answer must not suffer
            logger.exception("a topic could not be rung in this process")

    @asynccontextmanager
    async def ringing(self) -> AsyncGenerator[None]:
        """Ring while the block runs, and tell what is due before the end."""
        tasks = [asyncio.create_task(self.lane.keep()), asyncio.create_task(self._run())]
        try:
            yield
            if self._due:
                await self._tell(self._take())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            topics = self._take()
            if await self._tell(topics):
                await asyncio.sleep(GAP_S)
            else:
                for topic in topics:
                    self._due[topic] = None
                self._work.set()
                await asyncio.sleep(random.uniform(*RETRY_S))  # noqa: S311 -- jitter, no secret

    def _take(self) -> list[bytes]:
        topics = [EVERYTHING] if EVERYTHING in self._due else list(self._due)
        self._due = {}
        self._work.clear()
        return topics

    async def _tell(self, topics: list[bytes]) -> bool:
        """Notify everybody; False when it is not known whether all was sent."""
        until = time.monotonic() + LIMIT_S
        try:
            for payload in _payloads(topics):
                await self.lane.send(NOTIFY, (payload,), until)
                NOTIFIED.inc()
        except (BoardError, Lost) as error:
            logger.debug("cannot ring: %s", error)  # the lanes of requests say that the database is away
            return False
        except Failure as failure:
            if not self._refused:
                logger.warning("cannot ring, so streams of other processes hear late of writes here: %s", failure)
            self._refused = True
            return False
        if self._refused:
            logger.info("rings again")
        self._refused = False
        RUNG.inc(len(topics))
        return True


def _payloads(topics: Iterable[bytes]) -> Iterator[bytes]:
    """The topics with blanks between, as many at a time as one notification holds."""
    payload = b""
    for topic in topics:
        if len(payload) + len(topic) > PAYLOAD_BYTES:
            yield payload
            payload = b""
        payload = payload + b" " + topic if payload else topic
    yield payload
