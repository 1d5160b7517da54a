"""Between the log and the streams: reads each watched topic once, and hands what is new to everyone who watches it."""

import asyncio
import logging
import random
import time
from collections.abc import Coroutine, Iterable
from functools import partial
from typing import Any

import psycopg

from streams import frames, log, metrics, wire
from streams.cursor import Place
from streams.gather import Gather
from streams.log import Ask
from streams.rounds import Rounds
from streams.settings import Settings
from streams.subscriber import Subscriber
from streams.tail import BULK, Entry, Snapshot, Tail

logger = logging.getLogger(__name__)

READERS = 3  # topics read at the same time; the pool has one connection more
SLICE = 250  # streams pushed to before others get the event loop
TOPIC_BYTES = 4 * 1024 * 1024  # of a ring at most, and
RINGS_BYTES = 256 * 1024 * 1024  # of all together, about
FAREWELL_S = 3.0  # for readers to take their goodbyes when the server stops
SAY_AGAIN_S = 5.0  # between two log lines about the same trouble


class Hub:
    """All open streams of this process, and the tails of the topics they watch."""

    def __init__(self, settings: Settings, pool: log.Pool) -> None:
        self.settings = settings
        self.pool = pool
        self.epoch: str | None = None  # None until the database was read
        self.tails: dict[str, Tail] = {}
        self.streams: set[Subscriber] = set()
        self.people: dict[int, set[Subscriber]] = {}
        self.draining = False
        self.rounds = Rounds(self)
        self.grants = Gather(partial(log.grants, pool))
        self.heads = Gather(partial(log.topic_heads, pool))
        self._dirty: dict[str, None] = {}  # topics to read, in the order they were rung
        self._reading: set[str] = set()
        self._work = asyncio.Event()
        self._again = asyncio.Event()
        self._empty = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._said_at = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(READERS):
                tasks.create_task(self._read_dirty())
            tasks.create_task(self._resync())
            tasks.create_task(self._poll())
            tasks.create_task(self.rounds.run())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside; the hub keeps hold of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a task of the streams failed", exc_info=error)

    async def pause(self, what: str, error: Exception) -> None:
        """Wait a moment before asking the database again, and say now and then why."""
        now = time.monotonic()
        if now - self._said_at > SAY_AGAIN_S:
            self._said_at = now
            logger.warning("%s: %s", what, str(error).strip())
        await asyncio.sleep(random.uniform(0.2, 0.8))  # noqa: S311 -- jitter, no secret

    # Streams come and go -----------------------------------------------------------------------------------------------

    def join(self, stream: Subscriber) -> None:
        """Count the stream in and watch its topics: what is committed from now on is not missed."""
        self.streams.add(stream)
        self.people.setdefault(stream.person, set()).add(stream)
        for topic in stream.topics:
            tail = self.tails.get(topic) or self.tails.setdefault(topic, Tail(topic))
            tail.streams.add(stream)
            tail.idle_since = None
        metrics.OPEN.inc()

    def leave(self, stream: Subscriber) -> None:
        """Forget the stream. Calling again changes nothing."""
        if stream not in self.streams:
            return
        self.streams.remove(stream)
        theirs = self.people[stream.person]
        theirs.discard(stream)
        if not theirs:
            del self.people[stream.person]
        for topic in stream.topics:
            self.unwatch(stream, topic)
        self.rounds.remove(stream)
        metrics.OPEN.dec()
        metrics.CLOSED.labels(stream.goodbye or "client").inc()
        if not self.streams:
            self._empty.set()

    def unwatch(self, stream: Subscriber, topic: str) -> None:
        """Carry the topic no longer on this stream."""
        if tail := self.tails.get(topic):
            tail.streams.discard(stream)
            if not tail.streams:
                tail.idle_since = asyncio.get_running_loop().time()

    async def look_up(self, topics: Iterable[str]) -> dict[str, int]:
        """Return how far the topics have come now; their tails are ready to be followed then."""
        heads = await self.heads.ask_all(topics)
        for head in heads.values():
            self._note(head)
        return {topic: head.seq for topic, head in heads.items()}

    def _note(self, head: log.Head) -> None:
        """Take notice of how far the database says a topic has come."""
        tail = self.tails.get(head.topic)
        if tail is None:
            return
        tail.known = max(tail.known, head.seq)
        tail.lowest = max(tail.lowest, head.lowest_seq)
        if tail.head is None:
            tail.head = head.seq
            self._left_behind(tail)
            if tail.rung:
                self.rung(tail.topic)

    def _left_behind(self, tail: Tail) -> None:
        """The tail went on without events: whoever was live catches up by itself."""
        for stream in tuple(tail.streams):
            if stream.place.seqs.get(tail.topic, 0) < (tail.head or 0):
                stream.fall_behind()

    # From the listener ----------------------------------------------------------------------------------------------------

    def rung(self, topic: str) -> None:
        """The topic may have moved. A person's own topic also rings when their credentials or memberships change."""
        tail = self.tails.get(topic)
        if tail is not None:
            tail.rung = True
            if tail.head is not None:
                self._dirty[topic] = None
                self._work.set()
        if topic.startswith("user/") and (streams := self.people.get(int(topic[5:]))):
            self.spawn(self.recheck(tuple(streams)))

    def again(self) -> None:
        """Announcements may have been lost: look at everything."""
        self._again.set()

    # Reading --------------------------------------------------------------------------------------------------------------

    async def _read_dirty(self) -> None:
        while True:
            topic = next((topic for topic in self._dirty if topic not in self._reading), None)
            if topic is None:
                self._work.clear()
                await self._work.wait()
                continue
            del self._dirty[topic]
            tail = self.tails.get(topic)
            if tail is None:
                continue
            self._reading.add(topic)
            try:
                await self._advance(tail)
            except (*log.AWAY, psycopg.Error) as error:
                self._dirty[topic] = None
                await self.pause("the log cannot be read", error)
            finally:
                self._reading.discard(topic)
                self._work.set()

    async def _advance(self, tail: Tail) -> None:
        """Read what follows the tail's head and hand it out."""
        assert tail.head is not None
        before = tail.head
        metrics.READS.labels("news").inc()
        rows = await log.read_events(self.pool, tail.topic, before, BULK + 1)
        if self.tails.get(tail.topic) is not tail or tail.head != before or not rows:
            return
        schema = max((row.seq for row in rows if row.type == "topic.updated"), default=0)
        tail.changed = max(tail.changed, schema)
        if len(rows) <= BULK and rows[0].seq == before + 1 and not schema:
            entries = [_entry(row) for row in rows]
            tail.append(entries)
            tail.trim(self._ring_limit())
            await self._fan_out(tail, entries)
            return
        if rows[0].seq != before + 1:
            tail.lowest = max(tail.lowest, rows[0].seq)
        head = (await log.topic_heads(self.pool, [tail.topic]))[tail.topic]
        if self.tails.get(tail.topic) is tail:
            tail.jump(max(head.seq, rows[-1].seq))
            self._left_behind(tail)

    async def _fan_out(self, tail: Tail, entries: list[Entry]) -> None:
        """Push the tail's newest entries to its live streams. Streams at the same place share every byte."""
        made: dict[bytes, tuple[dict[str, Any], Place] | None] = {}
        pushed = 0
        for stream in tuple(tail.streams):
            if not stream.live:
                continue
            place = stream.place
            try:
                ready = made[place.id]
            except KeyError:
                ready = made[place.id] = _compose(tail.topic, entries, place)
            if ready is None:
                if place.seqs[tail.topic] < entries[0].seq:
                    stream.fall_behind()
                continue
            message, stream.place = ready
            stream.push(message)
            pushed += 1
            if pushed % SLICE == 0:
                await asyncio.sleep(0)
        metrics.DELIVERIES.inc(pushed * len(entries))
        if pushed:
            now = time.time()
            for entry in entries:
                metrics.COMMIT_TO_SEND.observe(max(0.0, now - entry.at))

    async def snapshot(self, tail: Tail) -> Snapshot | None:
        """Return the topic's state, not older than this call or hardly so; None when there is no such topic.

        One read at a time per topic, shared by all who wait. Reading takes at most a sixth of the time: a snapshot that
        is younger than five times what it took serves as well, since the events after it follow.
        """
        clock = asyncio.get_running_loop().time
        asked = clock()
        async with tail.reading:
            kept = tail.snapshot
            if kept and tail.why_snapshot(kept.seq, "bulk") is None:
                fresh = kept.began >= asked or kept.seq >= tail.known
                if fresh or clock() - kept.began < 6 * kept.took_s:
                    return kept
            began = clock()
            metrics.READS.labels("snapshot").inc()
            found = await log.topic_snapshot(self.pool, tail.topic, self.settings.app)
            if found is None:
                return None
            seq, state = found
            tail.known = max(tail.known, seq)
            tail.snapshot = Snapshot(seq, frames.one_line(state), began, clock() - began)
            return tail.snapshot

    async def reach(self, tail: Tail, seq: int) -> None:
        """Have the ring reach back to the event after `seq`, or the tail know why it cannot."""
        async with tail.reading:
            floor = tail.floor
            if seq >= floor or tail.why_snapshot(seq, "bulk"):
                return
            metrics.READS.labels("gap").inc()
            rows = await log.read_events(self.pool, tail.topic, seq, floor - seq)
            if tail.floor != floor:
                return  # it moved meanwhile; whoever still lacks something asks again
            if not rows or rows[0].seq != seq + 1:
                tail.lowest = max(tail.lowest, rows[0].seq if rows else floor + 1)
                return
            tail.changed = max(tail.changed, *(row.seq for row in rows if row.type == "topic.updated"), 0)
            tail.prepend([_entry(row) for row in rows])
            tail.trim(self._ring_limit())
            if seq < tail.floor:
                tail.heavy = tail.floor

    def _ring_limit(self) -> int:
        return max(64 * 1024, min(TOPIC_BYTES, RINGS_BYTES // len(self.tails)))

    # Looking again --------------------------------------------------------------------------------------------------------

    async def _resync(self) -> None:
        """After announcements may have been lost: epoch, heads and access of everything watched."""
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                for topic in await self._look():
                    self.rung(topic)
                await self.recheck(tuple(self.streams))
            except (*log.AWAY, psycopg.Error) as error:
                self._again.set()
                await self.pause("the database cannot be read", error)

    async def _poll(self) -> None:
        """Look every few seconds for what no notification announced, and count it. Also keeps house."""
        while True:
            await asyncio.sleep(self.settings.poll_s)
            try:
                late = await self._look()
                await asyncio.sleep(min(1.0, self.settings.poll_s / 4))  # its notification may be on the way
                for topic, seq in late.items():
                    tail = self.tails.get(topic)
                    if (
                        tail
                        and tail.head is not None
                        and tail.head < seq
                        and topic not in self._dirty | dict.fromkeys(self._reading)
                    ):
                        metrics.POLL_FOUND.inc()
                        logger.warning("a notification was lost; found by looking", extra={"topic": topic})
                        self.rung(topic)
                metrics.QUEUE_USAGE.set(await log.queue_usage(self.pool))
            except (*log.AWAY, psycopg.Error) as error:
                await self.pause("the database cannot be read", error)
            self._keep_house()

    async def _look(self) -> dict[str, int]:
        """Read the epoch and every watched topic's head; return those ahead of us with their number."""
        epoch = await log.current_epoch(self.pool)
        if epoch != self.epoch:
            self._begin_epoch(epoch)
        late: dict[str, int] = {}
        topics = list(self.tails)
        for at in range(0, len(topics), 1000):
            part = topics[at : at + 1000]
            before = {topic: tail.head for topic in part if (tail := self.tails.get(topic))}
            heads = await log.topic_heads(self.pool, part)
            for topic, known in before.items():
                head = heads[topic]
                self._note(head)
                if known is not None and head.seq > known:
                    late[topic] = head.seq
                elif known is not None and head.seq < known:
                    logger.error("the log went back, from %s to %s", known, head.seq, extra={"topic": topic})
                    self._begin_anew(topic, "ahead", head)
        return late

    def _begin_epoch(self, epoch: str) -> None:
        if self.epoch is not None:
            logger.warning("the database began another epoch, %s after %s", epoch, self.epoch)
        self.epoch = epoch
        for stream in self.streams:
            stream.place = Place(epoch, {})
        for topic in tuple(self.tails):
            self._begin_anew(topic, "epoch")

    def _begin_anew(self, topic: str, reason: frames.Reason, head: log.Head | None = None) -> None:
        """Nothing that was known of the topic holds; its streams get a snapshot."""
        tail = Tail(topic)
        tail.streams = self.tails[topic].streams
        tail.idle_since = self.tails[topic].idle_since
        self.tails[topic] = tail
        for stream in tuple(tail.streams):
            stream.due[topic] = reason
            stream.fall_behind()
        if head:
            self._note(head)

    async def recheck(self, streams: Iterable[Subscriber]) -> None:
        """Ask again who the streams' credentials are and what they may read; end what is no longer allowed."""
        asks: dict[Ask, list[Subscriber]] = {}
        for stream in streams:
            if stream.topics and not stream.over:
                asks.setdefault(Ask(stream.secret_hash, tuple(stream.topics)), []).append(stream)
        now = asyncio.get_running_loop().time()
        while True:
            try:
                answers = await self.grants.ask_all(asks)
                break
            except (*log.AWAY, psycopg.Error) as error:
                await self.pause("access cannot be checked", error)
        for ask, theirs in asks.items():
            grant = answers[ask]
            for stream in theirs:
                stream.checked_at = now
                if grant is None:
                    stream.end("expired", False)
                    continue
                stream.expires_at = None if grant.expires_in_s is None else now + grant.expires_in_s
                for topic in grant.missing:
                    stream.end_topic(topic, "gone")
                for topic in grant.refused:
                    stream.end_topic(topic, "revoked")

    def _keep_house(self) -> None:
        now = asyncio.get_running_loop().time()
        for topic, tail in tuple(self.tails.items()):
            if tail.idle_since is not None and now - tail.idle_since > self.settings.forget_s:
                del self.tails[topic]
            elif tail.snapshot and now - tail.snapshot.began > self.settings.forget_s:
                tail.snapshot = None
        behind = [stream for stream in self.streams if not stream.live]
        metrics.BEHIND.set(len(behind))
        metrics.LAG.set(max((self._lag(stream) for stream in behind), default=0))
        metrics.TOPICS.set(len(self.tails))
        metrics.RING_BYTES.set(sum(tail.size for tail in self.tails.values()))
        stats = self.pool.get_stats()
        metrics.POOL_SIZE.set(stats.get("pool_size", 0))
        metrics.POOL_FREE.set(stats.get("pool_available", 0))
        metrics.POOL_WAITING.set(stats.get("requests_waiting", 0))

    def _lag(self, stream: Subscriber) -> int:
        seqs = stream.place.seqs
        return max((((self.tails[t].head or 0) - seqs[t]) for t in stream.topics if t in seqs), default=0)

    # The end --------------------------------------------------------------------------------------------------------------

    async def drain(self) -> None:
        """Say goodbye to every stream and return when all have ended; a reader that takes nothing is cut."""
        self.draining = True
        leaving = tuple(self.streams)
        self._empty.clear()
        for n, stream in enumerate(leaving, 1):
            stream.end("restart")
            if n % SLICE == 0:
                await asyncio.sleep(0)
        try:
            async with asyncio.timeout(FAREWELL_S):
                while self.streams:
                    await self._empty.wait()
        except TimeoutError:
            pass
        for stream in leaving:
            if stream.send:
                (wire.abort if stream in self.streams else wire.abort_unsent)(stream.send)


def _compose(topic: str, entries: list[Entry], place: Place) -> tuple[dict[str, Any], Place] | None:
    """The message that brings a stream at `place` up to these entries; None when they do not follow it or are known."""
    seq = place.seqs[topic]
    if seq >= entries[-1].seq or seq < entries[0].seq - 1:
        return None
    frames_, behind = place.after(topic, entries[seq + 1 - entries[0].seq :])
    return {"type": "http.response.body", "body": frames_, "more_body": True}, behind


def _entry(row: log.Row) -> Entry:
    return Entry(row.seq, row.at, row.more, frames.data(row.body))
