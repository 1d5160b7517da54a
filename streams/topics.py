"""The topics that this process watches: reads each of them once, for all its streams."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from streams import frames, log, metrics
from streams.gather import Gather
from streams.settings import Settings
from streams.tail import BULK, Entry, Snapshot, Tail

if TYPE_CHECKING:
    from streams.hub import Hub

logger = logging.getLogger(__name__)

READERS = 3  # topics read at the same time; the pool has one connection more
PULLS = 3  # snapshots and gaps read at the same time; openings and the listener's echo do not queue behind them all
PUSH_BYTES = 128 * 1024  # handed to live streams at once, whatever room their buffers have
TOPIC_BYTES = 4 * 1024 * 1024  # of a ring at most, and
RINGS_BYTES = 256 * 1024 * 1024  # of all together, about
CROWD = 20  # streams waiting for one topic's snapshot
SAY_AGAIN_S = 5.0  # between two log lines about the same trouble


class Topics:
    """The tails, and the only code that moves them. What is new goes to the hub."""

    def __init__(self, settings: Settings, pool: log.Pool, hub: "Hub") -> None:
        self.epoch: str | None = None  # None until the database was read
        self.known = asyncio.Event()  # it was
        self.tails: dict[str, Tail] = {}
        self._settings = settings
        self._pool = pool
        self._hub = hub
        self._heads = Gather(partial(log.topic_heads, pool))
        self._pulls = asyncio.Semaphore(PULLS)
        self._dirty: dict[str, None] = {}  # topics to read, in the order they were rung
        self._reading: set[str] = set()
        self._work = asyncio.Event()
        self._said_at = 0.0

    @property
    def works(self) -> list[Callable[[], Awaitable[None]]]:
        """What must be run for ever, each in a task of its own."""
        return [self._read_dirty] * READERS

    async def pause(self, what: str, error: Exception) -> None:
        """Wait a moment before asking the database again, and say now and then why."""
        now = time.monotonic()
        if now - self._said_at > SAY_AGAIN_S:
            self._said_at = now
            logger.warning("%s: %s", what, str(error).strip())
        await asyncio.sleep(random.uniform(0.2, 0.8))  # noqa: S311 -- jitter, no secret

    # Announced --------------------------------------------------------------------------------------------------------

    def rung(self, topic: str) -> None:
        """The topic may have moved: read it soon, if anyone watches it."""
        tail = self.tails.get(topic)
        if tail is None:
            return
        tail.rung = True
        if tail.head is not None:
            self._dirty[topic] = None
            self._work.set()

    # Asked for by streams ---------------------------------------------------------------------------------------------

    def watch(self, topic: str) -> Tail:
        """Return the topic's tail; what is committed from now on will get to it."""
        return self.tails.get(topic) or self.tails.setdefault(topic, Tail(topic))

    async def heads(self, topics: Iterable[str], least: Mapping[str, int]) -> dict[str, int]:
        """Return how far the watched topics have come; what comes later is announced.

        What this process knows already is enough if that is not less than `least` (0 where a topic is not in it). Else
        it is how far they have come by now, not earlier than this call.
        """
        topics = list(topics)
        await self._hub.wakeups.watch(topics)
        known = {topic: head for topic in topics if (head := self.tails[topic].head) is not None}
        unsure = [topic for topic in topics if known.get(topic, -1) < least.get(topic, 0)]
        if not unsure:
            return known
        asked = await self._heads.ask_all(unsure)
        for head in asked.values():
            self.note(head)
        return known | {topic: head.seq for topic, head in asked.items()}

    async def snapshot(self, tail: Tail) -> Snapshot | None:
        """Return the topic's state, not older than this call; None when there is no such topic.

        One read at a time per topic, shared by all who wait. When a crowd waits and the topic moves all the time, the
        last one serves as well for a while, since the events after it follow: reading takes a sixth of the time then.
        """
        clock = asyncio.get_running_loop().time
        asked = clock()
        tail.waiting += 1
        try:
            async with tail.reading:
                kept = tail.snapshot
                if kept and tail.why_snapshot(kept.seq, "bulk") is None:
                    fresh = kept.began >= asked or kept.seq >= tail.known
                    if fresh or (tail.waiting > CROWD and clock() - kept.began < 6 * kept.took_s):
                        return kept
                async with self._pulls:
                    began = clock()
                    metrics.READS.labels("snapshot").inc()
                    found = await log.topic_snapshot(self._pool, tail.topic, self._settings.app)
                    took_s = clock() - began
                if found is None:
                    return None
                seq, state = found
                tail.known = max(tail.known, seq)
                tail.snapshot = Snapshot(seq, frames.one_line(state), began, took_s)
                return tail.snapshot
        finally:
            tail.waiting -= 1

    async def reach(self, tail: Tail, seq: int) -> None:
        """Have the ring reach back to the event after `seq`, or the tail know why it cannot."""
        async with tail.reading:
            floor = tail.floor
            if seq >= floor or tail.why_snapshot(seq, "bulk"):
                return
            async with self._pulls:
                metrics.READS.labels("gap").inc()
                rows = await log.read_events(self._pool, tail.topic, seq, floor - seq)
            if tail.floor != floor:
                return  # it moved meanwhile; whoever still lacks something asks again
            if not rows or rows[0].seq != seq + 1:
                tail.lowest = max(tail.lowest, rows[0].seq if rows else floor + 1)
                return
            tail.changed = max(tail.changed, _schema(rows))
            tail.prepend([_entry(row) for row in rows])
            tail.trim(self._ring_limit())
            if seq < tail.floor:
                tail.heavy = tail.floor

    # Reading what was announced ---------------------------------------------------------------------------------------

    async def _read_dirty(self) -> None:
        while True:
            topic = next((topic for topic in self._dirty if topic not in self._reading), None)
            if topic is None:
                self._work.clear()
                await self._work.wait()
                continue
            del self._dirty[topic]
            tail = self.tails.get(topic)
            if tail is None or tail.head is None:  # begun anew since it was rung: its head is about to be read
                continue
            self._reading.add(topic)
            try:
                await self._advance(tail)
            except (*log.AWAY, psycopg.Error) as error:
                self._dirty[topic] = None
                await self.pause("the log cannot be read", error)
            except Exception:
                self._hub.left_behind(tail)  # whoever did not get the news pulls them
                raise
            finally:
                self._reading.discard(topic)
                self._work.set()

    async def _advance(self, tail: Tail) -> None:
        """Read what follows the tail's head and hand it out."""
        before = tail.head
        assert before is not None
        metrics.READS.labels("news").inc()
        rows = await log.read_events(self._pool, tail.topic, before, BULK + 1)
        if self.tails.get(tail.topic) is not tail or not rows:
            return
        tail.changed = max(tail.changed, _schema(rows))
        if len(rows) <= BULK and rows[0].seq == before + 1 and tail.changed <= before:
            entries = [_entry(row) for row in rows]
            tail.append(entries)
            tail.trim(self._ring_limit())
            if sum(len(entry.data) for entry in entries) > PUSH_BYTES:
                self._hub.left_behind(tail)  # in pieces, as fast as each reader takes them
            else:
                await self._hub.fan_out(tail, entries)
            return
        if rows[0].seq != before + 1:
            tail.lowest = max(tail.lowest, rows[0].seq)
        head = (await log.topic_heads(self._pool, [tail.topic]))[tail.topic]
        if self.tails.get(tail.topic) is tail:
            tail.jump(max(head.seq, rows[-1].seq))
            self._hub.left_behind(tail)

    def _ring_limit(self) -> int:
        return max(64 * 1024, min(TOPIC_BYTES, RINGS_BYTES // max(1, len(self.tails))))

    # Told by the lookout ----------------------------------------------------------------------------------------------

    def is_due(self, topic: str) -> bool:
        """Whether the topic's news are about to be read."""
        return topic in self._dirty or topic in self._reading

    def note(self, head: log.Head) -> None:
        """Take notice of how far the database says a topic has come."""
        tail = self.tails.get(head.topic)
        if tail is None:
            return
        tail.known = max(tail.known, head.seq)
        tail.lowest = max(tail.lowest, head.lowest_seq)
        if tail.head is None:
            tail.head = head.seq
            self._hub.left_behind(tail)
            if tail.rung:
                self.rung(tail.topic)

    def begin_epoch(self, epoch: str) -> None:
        """Take notice that the numbers belong to this life of the database now, and every topic begins anew."""
        if self.epoch is not None:
            logger.warning("the database began another epoch, %s after %s", epoch, self.epoch)
        self.epoch = epoch
        self.known.set()
        self._hub.begin_epoch(epoch)
        for topic in tuple(self.tails):
            self.begin_anew(topic, "epoch")

    def begin_anew(self, topic: str, reason: frames.Reason) -> None:
        """Nothing that was known of the topic holds; its streams get a snapshot."""
        tail = Tail(topic)
        tail.streams = self.tails[topic].streams
        tail.idle_since = self.tails[topic].idle_since
        self.tails[topic] = tail
        for stream in tuple(tail.streams):
            stream.due[topic] = reason
            stream.fall_behind()

    def forget(self) -> None:
        """Let go of what nobody has used for a while."""
        now = asyncio.get_running_loop().time()
        # no items(): a new pair for each of many thousand topics makes Python's collector go over everything there is
        for tail in tuple(self.tails.values()):
            if tail.idle_since is not None and now - tail.idle_since > self._settings.forget_s:
                del self.tails[tail.topic]
                self._hub.wakeups.forget(tail.topic)
                continue
            tail.piece = None
            if tail.snapshot and now - tail.snapshot.began > self._settings.forget_s:
                tail.snapshot = None


def _schema(rows: list[log.Row]) -> int:
    """The last number at which what snapshots show has changed; 0: nowhere here."""
    return max((row.seq for row in rows if row.type == "topic.updated"), default=0)


def _entry(row: log.Row) -> Entry:
    return Entry(row.seq, row.at, row.more, frames.data(row.body))
