"""All open streams of this process: hands what is new in a topic to everyone who watches it."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any

import psycopg

from streams import log, metrics, wakeups, wire
from streams.cursor import Place
from streams.gather import Gather
from streams.log import Ask
from streams.lookout import Lookout
from streams.rounds import Rounds
from streams.settings import Settings
from streams.subscriber import Parcel, Subscriber, parcel
from streams.tail import Entry, Tail
from streams.topics import Topics

logger = logging.getLogger(__name__)

SLICE = 250  # streams pushed to before others get the event loop
ID = re.compile(r"[1-9][0-9]{0,17}")
FAREWELL_S = 3.0  # for readers to take their goodbyes when the server stops


class Hub:
    """The open streams, by person and by topic. One per process."""

    def __init__(self, settings: Settings, pool: log.Pool, heard: Callable[[], int] = lambda: 0) -> None:
        self.settings = settings
        self.heard = heard  # the session in PostgreSQL that only repeats to others what was rung here, 0 for none
        self.pool = pool
        self.topics = Topics(settings, pool, self)
        self.lookout = Lookout(self)
        self.rounds = Rounds(self)
        self.wakeups = wakeups.create(settings, pool, self)
        self.grants = Gather(partial(log.grants, pool))
        self.streams: set[Subscriber] = set()
        self.people: dict[int, set[Subscriber]] = {}
        self.rings = 0  # how often anyone's credentials or memberships may have changed
        self.draining = False
        self._cookie = b""
        self._empty = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (*self.topics.works, *self.lookout.works, self.rounds.run, self.wakeups.run):
                tasks.create_task(self._keep_up(work))

    async def _keep_up(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work that never ends. A fault of ours in it must not leave every open stream without news."""
        while True:
            try:
                await work()
            except Exception:
                logger.exception("%s failed and begins again", getattr(work, "__qualname__", work))
                self.lookout.again()
                await asyncio.sleep(1)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside; the hub keeps hold of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a task of the streams failed", exc_info=error)

    async def cookie(self) -> bytes:
        """Return the name of the session cookie. Raises one of AWAY while the database has not said it."""
        if not self._cookie:
            self._cookie = (await log.cookie_name(self.pool)).encode()
        return self._cookie

    # Streams come and go ----------------------------------------------------------------------------------------------

    def join(self, stream: Subscriber) -> None:
        """Count the stream in and watch its topics: what is committed from now on is not missed."""
        self.streams.add(stream)
        self.people.setdefault(stream.person, set()).add(stream)
        for topic in stream.topics:
            tail = self.topics.watch(topic)
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
        logger.debug("closed a stream: %s", stream.goodbye or "client", extra={"person": stream.person})
        if not self.streams:
            self._empty.set()

    def unwatch(self, stream: Subscriber, topic: str) -> None:
        """Carry the topic no longer on this stream."""
        if tail := self.topics.tails.get(topic):
            tail.streams.discard(stream)
            if not tail.streams:
                tail.idle_since = asyncio.get_running_loop().time()

    def announced(self, topic: str, session: int) -> None:
        """From the wake-ups: a session has announced that the topic may have moved."""
        if session != self.heard():
            self.rung(topic)

    def rung(self, topic: str) -> None:
        """The topic may have moved.

        A person's own topic also rings when their sessions, tokens or memberships change.
        """
        self.topics.rung(topic)
        kind, _, id_ = topic.partition("/")
        if kind == "user" and ID.fullmatch(id_):  # anybody may NOTIFY, and say anything
            self.rings += 1
            if streams := self.people.get(int(id_)):
                self.spawn(self.recheck(streams))

    # Presence will be handed to live streams from here: lossy frames without an id, which move no stream's place.

    # News -------------------------------------------------------------------------------------------------------------

    async def fan_out(self, tail: Tail, entries: list[Entry]) -> None:
        """Push the tail's newest entries to its live streams. Streams at the same place share every byte."""
        made: dict[bytes, tuple[Parcel, Place] | None] = {}
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
                if place.seqs.get(tail.topic, entries[0].seq) < entries[0].seq:
                    stream.fall_behind()
                continue
            news, place = ready
            stream.push(news)
            stream.place = place  # not before: what a fault kept from it, it must pull
            pushed += 1
            if pushed % SLICE == 0:
                await asyncio.sleep(0)
        metrics.DELIVERIES.inc(pushed * len(entries))
        if pushed:
            now = time.time()
            for entry in entries:
                metrics.COMMIT_TO_SEND.observe(max(0.0, now - entry.at))

    def left_behind(self, tail: Tail) -> None:
        """The tail went on without events: whoever was live catches up by itself."""
        for stream in tuple(tail.streams):
            if stream.place.seqs.get(tail.topic, 0) < (tail.head or 0):
                stream.fall_behind()

    def begin_epoch(self, epoch: str) -> None:
        """The numbers that streams hold mean nothing any more."""
        for stream in self.streams:
            stream.place = Place(epoch, {})

    # Access -----------------------------------------------------------------------------------------------------------

    async def recheck(self, streams: Iterable[Subscriber]) -> None:
        """Ask again who the streams' credentials are and what they may read; end what is no longer allowed."""
        asks: dict[Ask, list[Subscriber]] = {}
        for stream in streams:
            if stream.topics and not stream.over:
                asks.setdefault(Ask(stream.secret_hash, tuple(stream.topics)), []).append(stream)
        now = asyncio.get_running_loop().time()
        try:
            answers = await self.grants.ask_all(asks)
        except (*log.AWAY, psycopg.Error) as error:
            for theirs in asks.values():
                for stream in theirs:
                    stream.checked_at = -self.settings.recheck_s  # at the next visit, and once we listen again
            await self.topics.pause("access cannot be checked", error)
            return
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

    # The end ----------------------------------------------------------------------------------------------------------

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
            logger.warning("cutting %s streams whose readers did not take their goodbye", len(self.streams))
        for stream in leaving:
            if stream.send:
                (wire.abort if stream in self.streams else wire.abort_unsent)(stream.send)

    def measure(self) -> None:
        """Set the gauges that are not kept as things happen."""
        tails = self.topics.tails
        behind = [stream for stream in self.streams if not stream.live]
        metrics.BEHIND.set(len(behind))
        metrics.LAG.set(max((stream.lag() for stream in behind), default=0))
        metrics.TOPICS.set(len(tails))
        metrics.TASKS.set(len(asyncio.all_tasks()))
        metrics.RING_BYTES.set(sum(tail.size for tail in tails.values()))
        stats = self.pool.get_stats()
        metrics.POOL_SIZE.set(stats.get("pool_size", 0))
        metrics.POOL_FREE.set(stats.get("pool_available", 0))
        metrics.POOL_WAITING.set(stats.get("requests_waiting", 0))


def _compose(topic: str, entries: list[Entry], place: Place) -> tuple[Parcel, Place] | None:
    """The frames that bring a stream at `place` up to these entries; None when it has them, lacks more, or left."""
    seq = place.seqs.get(topic)
    if seq is None or seq >= entries[-1].seq or seq < entries[0].seq - 1:
        return None
    frames, behind = place.after(topic, entries[seq + 1 - entries[0].seq :])
    return parcel(frames), behind
