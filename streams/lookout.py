"""Looks, without being told, at what notifications should have announced: after a reconnect, and every few seconds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import psycopg

from streams import log, metrics

if TYPE_CHECKING:
    from streams.hub import Hub

logger = logging.getLogger(__name__)

PART = 1000  # topics looked up by one query
ON_THE_WAY_S = 1.0  # a notification may take so long before it counts as lost


class Lookout:
    """The log is the truth; this compares the tails with it."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._again = asyncio.Event()
        self._looking = asyncio.Lock()

    @property
    def works(self) -> list[Callable[[], Awaitable[None]]]:
        """What must be run for ever, each in a task of its own."""
        return [self._resync, self._poll]

    def again(self) -> None:
        """Announcements may have been lost: look at everything now."""
        self._again.set()

    async def _resync(self) -> None:
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                for topic in await self._look():
                    self._hub.topics.rung(topic)
            except (*log.AWAY, psycopg.Error) as error:
                self._again.set()
                await self._hub.topics.pause("the database cannot be read", error)
            else:
                await self._hub.recheck(self._hub.streams)

    async def _poll(self) -> None:
        poll_s = self._hub.settings.poll_s
        while True:
            await asyncio.sleep(poll_s)
            try:
                late = await self._look()
                await asyncio.sleep(min(ON_THE_WAY_S, poll_s / 4))
                for topic, seq in late.items():
                    if self._is_lost(topic, seq):
                        metrics.POLL_FOUND.inc()
                        logger.warning("a notification was lost; found by looking", extra={"topic": topic})
                        self._hub.topics.rung(topic)
                metrics.QUEUE_USAGE.set(await log.queue_usage(self._hub.pool))
            except (*log.AWAY, psycopg.Error) as error:
                await self._hub.topics.pause("the database cannot be read", error)
            self._hub.topics.forget()
            self._hub.measure()

    def _is_lost(self, topic: str, seq: int) -> bool:
        tail = self._hub.topics.tails.get(topic)
        return tail is not None and tail.head is not None and tail.head < seq and not self._hub.topics.is_due(topic)

    async def _look(self) -> dict[str, int]:
        """Read the epoch and every watched topic's head; return those ahead of us with their number."""
        async with self._looking:  # of two answers the older must not come last
            return await self._look_now()

    async def _look_now(self) -> dict[str, int]:
        topics, pool = self._hub.topics, self._hub.pool
        epoch = await log.current_epoch(pool)
        if epoch != topics.epoch:
            topics.begin_epoch(epoch)
        late: dict[str, int] = {}
        names = list(topics.tails)
        for at in range(0, len(names), PART):
            before = {name: topics.tails[name].head for name in names[at : at + PART] if name in topics.tails}
            heads = await log.topic_heads(pool, before)
            for name, seq in before.items():
                head = heads[name]
                topics.note(head)
                if seq is not None and head.seq > seq:
                    late[name] = head.seq
                elif seq is not None and head.seq < seq and name in topics.tails:
                    if head.seq or topics.tails[name].streams:  # else taken away with its log, as the doctor's board is
                        logger.error("the log went back, from %s to %s", seq, head.seq, extra={"topic": name})
                    topics.begin_anew(name, "ahead")
                    topics.note(head)
        return late
