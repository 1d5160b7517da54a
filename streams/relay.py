"""Wake-ups by NATS: a few elected readers listen to PostgreSQL and publish, every node subscribes to what it watches.

PostgreSQL tells each listener of each notification, so a hundred of them slow down every commit. Here the number of
listeners is that of the shards, whatever the number of nodes. Subjects, below the database's own name:

    topic.board.7   this topic may have moved; sent by its shard's reader, and says which session announced it
    topic.user.3    the same of a person; everyone subscribes to all of them, since access hangs on them
    everything      any topic may have moved
    reader.0        the reader of a shard is there and hears
"""

import asyncio
import contextlib
import logging
import random
import re
import time
import zlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from streams import log, metrics
from streams.gather import Gather
from streams.listener import EVERYTHING, Listener
from streams.settings import Settings

logger = logging.getLogger(__name__)

TOPIC = re.compile(r"[a-z]+/[0-9]{1,19}")
BEAT_S = 1.0  # between two signs of life of a reader
STAND_S = (0.5, 1.5)  # jittered: between two looks whether a shard lacks a reader
AT_ONCE_S = 0.2
WAIT_S = 2.0  # for NATS to confirm
FAULTS = (NatsError, OSError, TimeoutError)


class Relay:
    """A node's connection to NATS, and its part in the readers' work."""

    def __init__(
        self,
        settings: Settings,
        pool: log.Pool,
        rung: Callable[[str, int], None],
        again: Callable[[], None],
        watched: Callable[[], Collection[str]],
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._rung = rung
        self._again = again
        self._watched = watched
        self._client = Client()
        self._prefix = ""
        self._subscriptions: dict[str, Subscription] = {}
        self._confirmed: set[str] = set()  # topics whose subscription is in force
        self._confirming = Gather(self._subscribe)
        self._leaving: set[asyncio.Task[None]] = set()
        self._connected = asyncio.Event()
        self._lost = asyncio.Event()
        self._since = datetime.now(UTC)
        self._detail = "connecting"
        self._said = ""  # NATS' last complaint: the same comes with each attempt
        self._beats: dict[int, float] = {}  # when each shard's reader was last heard, monotonic
        self._reading: set[int] = set()  # shards whose reader is here
        self._due: dict[tuple[str, int], None] = {}  # what our readers have to publish
        self._work = asyncio.Event()

    def health(self) -> dict[str, dict[str, object]]:
        """NATS, and the readers by it."""
        since = self._since.strftime("%Y-%m-%dT%H:%M:%SZ")
        deaf = self._unheard()
        here = f"; reads {', '.join(map(str, sorted(self._reading)))} itself" if self._reading else ""
        detail = f"no reader is heard of shard {', '.join(map(str, deaf))}" if deaf else f"hears every shard{here}"
        return {
            "nats": {"ok": self._connected.is_set(), "since": since, "detail": self._detail},
            "listener": {"ok": not deaf, "since": since, "detail": detail},
        }

    def _unheard(self) -> list[int]:
        """The shards from whose readers nothing comes."""
        return [shard for shard in range(self._settings.shards) if self._silence_s(shard) > self._limit_s]

    # What this node watches -------------------------------------------------------------------------------------------

    async def watch(self, topics: Iterable[str]) -> None:
        """Subscribe, and return when NATS has confirmed it. While it is away: when it is back, `again` is called."""
        wanted = [topic for topic in topics if topic not in self._confirmed and not topic.startswith("user/")]
        if wanted and self._connected.is_set():
            await self._confirming.ask_all(wanted)

    def forget(self, topic: str) -> None:
        """Subscribe to it no longer."""
        self._confirmed.discard(topic)
        if subscription := self._subscriptions.pop(topic, None):
            task = asyncio.get_running_loop().create_task(self._unsubscribe(subscription))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _listen_to(self, subject: str, hear: Callable[[Msg], Awaitable[None]]) -> Subscription:
        return await self._client.subscribe(f"{self._prefix}.{subject}", cb=hear)  # pyright: ignore[reportUnknownMemberType] -- its hints

    async def _subscribe(self, topics: Iterable[str]) -> dict[str, None]:
        wanted = list(topics)
        with contextlib.suppress(*FAULTS):  # once it is back, everything is looked at
            for topic in wanted:
                if topic not in self._subscriptions and TOPIC.fullmatch(topic):
                    self._subscriptions[topic] = await self._listen_to(_subject(topic), self._hear)
            await self._client.flush(WAIT_S)  # pyright: ignore[reportArgumentType] -- takes any number
            self._confirmed |= self._subscriptions.keys() & set(wanted)
        return dict.fromkeys(wanted)

    async def _unsubscribe(self, subscription: Subscription) -> None:
        with contextlib.suppress(*FAULTS):
            await subscription.unsubscribe()

    async def _hear(self, message: Msg) -> None:
        topic = message.subject[len(self._prefix) + len(".topic.") :].replace(".", "/")
        with contextlib.suppress(ValueError):  # not one of ours
            self._rung(topic, int(message.data or b"0"))

    async def _hear_everything(self, message: Msg) -> None:
        self._again()

    async def _hear_reader(self, message: Msg) -> None:
        with contextlib.suppress(ValueError):
            self._beats[int(message.subject.rpartition(".")[2])] = time.monotonic()

    # The connection ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected, and stand for election as a reader, until cancelled."""
        while not self._prefix:
            try:
                self._prefix = f"livelane.{await log.database_name(self._pool)}"
            except (*log.AWAY, psycopg.Error) as error:
                self._detail = f"waits for the database; {log.plainly(error)}"
                await asyncio.sleep(AT_ONCE_S)
        self._client = client = Client()
        try:
            await client.connect(
                [self._settings.wakeups],
                name="livelane",
                error_cb=self._fault,
                disconnected_cb=self._away,
                reconnected_cb=self._back,
                max_reconnect_attempts=-1,
                reconnect_time_wait=AT_ONCE_S,  # pyright: ignore[reportArgumentType] -- these take any number
                connect_timeout=2,
                ping_interval=3,
                max_outstanding_pings=2,
            )
            await self._listen_to("everything", self._hear_everything)
            await self._listen_to("reader.*", self._hear_reader)
            await self._listen_to(_subject("user/*"), self._hear)
            await self._back()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publish_due())
                tasks.create_task(self._watch_readers())
                for shard in range(self._settings.shards):
                    tasks.create_task(self._stand(shard))
        finally:
            self._connected.clear()
            self._confirmed.clear()
            self._subscriptions.clear()
            with contextlib.suppress(*FAULTS):
                await client.close()

    async def _back(self) -> None:
        """The connection is there: what was missed meanwhile is in the log."""
        self._lost.clear()
        self._said = ""
        self._connected.set()
        self._since, self._detail = datetime.now(UTC), "connected"
        logger.info("NATS is connected")
        await self._subscribe(self._watched())
        self._again()

    async def _away(self) -> None:
        if not self._connected.is_set():
            return
        self._connected.clear()
        self._lost.set()
        self._beats.clear()
        self._since, self._detail = datetime.now(UTC), "the connection is lost; boards are told late, by the poll"
        logger.warning("NATS is away; boards are told late until it is back")

    async def _fault(self, error: Exception) -> None:
        if not self._connected.is_set():
            self._detail = "no connection; the server's log says more"
        if str(error) != self._said:
            self._said = str(error)
            logger.warning("NATS: %s", self._said or type(error).__name__)

    # Readers ----------------------------------------------------------------------------------------------------------

    @property
    def _limit_s(self) -> float:
        return self._settings.silence_of_reader_s

    def _silence_s(self, shard: int) -> float:
        return time.monotonic() - self._beats.get(shard, float("-inf"))

    def _is_silent(self, shard: int) -> bool:
        """Whether the shard's reader should have been heard, and was not."""
        listening_s = (datetime.now(UTC) - self._since).total_seconds() if self._connected.is_set() else 0.0
        return min(self._silence_s(shard), listening_s) > self._limit_s

    async def _watch_readers(self) -> None:
        before: list[int] = []
        while True:
            await asyncio.sleep(BEAT_S)
            deaf = self._unheard()
            metrics.LISTENER_UP.set(not deaf)
            if self._connected.is_set() and deaf != before:
                if deaf:
                    logger.warning("no reader is heard of shard %s", ", ".join(map(str, deaf)))
                else:
                    logger.info("a reader is heard of every shard")
                before = deaf

    async def _stand(self, shard: int) -> None:
        """Be the shard's reader whenever there is none; make one that says nothing give way."""
        wait_s = random.uniform(0, AT_ONCE_S)  # noqa: S311 -- jitter, no secret
        while True:
            await asyncio.sleep(wait_s)
            await self._connected.wait()
            try:
                if not await log.has_reader(self._pool, shard):
                    await self._read(shard)
                elif self._is_silent(shard) and await log.end_reader(self._pool, shard):
                    logger.warning("ended the reader of shard %s, of whom nothing was heard", shard)
            except (*log.AWAY, psycopg.Error) as error:
                logger.debug("shard %s: %s", shard, error)
            # those who read already let others go first
            wait_s = random.uniform(*STAND_S) * (1 + len(self._reading))  # noqa: S311 -- jitter, no secret

    async def _read(self, shard: int) -> None:
        """Read as long as the database and NATS are there; returns at once when somebody else was quicker."""

        async def take(conn: psycopg.AsyncConnection) -> bool:
            if not await log.become_reader(conn, shard):
                return False
            self._reading.add(shard)
            logger.info("reads shard %s of %s for all nodes", shard, self._settings.shards)
            return True

        listener = Listener(
            self._settings,
            self._pool,
            partial(self._announce, shard),
            partial(self._announce, shard, EVERYTHING, 0),
            name="livelane reader",
            take=take,
        )
        work: list[asyncio.Task[Any]] = [
            asyncio.create_task(listener.listen()),
            asyncio.create_task(self._show_life(listener, shard)),
            asyncio.create_task(self._lost.wait()),
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._reading.discard(shard)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _show_life(self, listener: Listener, shard: int) -> None:
        while True:
            if listener.well:
                with contextlib.suppress(*FAULTS):
                    await self._client.publish(f"{self._prefix}.reader.{shard}")
            await asyncio.sleep(BEAT_S if listener.well else 0.05)

    def _announce(self, shard: int, topic: str, session: int) -> None:
        """From our ear: publish it, if it is this reader's to tell."""
        if topic == EVERYTHING or (TOPIC.fullmatch(topic) and self.shard_of(topic) == shard):
            self._due[topic, session] = None
            self._work.set()

    def shard_of(self, topic: str) -> int:
        """The shard that a topic belongs to, the same on every node."""
        return zlib.crc32(topic.encode()) % self._settings.shards

    async def _publish_due(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            due, self._due = self._due, {}
            for topic, session in due:
                subject = "everything" if topic == EVERYTHING else _subject(topic)
                with contextlib.suppress(*FAULTS):  # a reader that loses NATS is none any more; the next begins anew
                    await self._client.publish(f"{self._prefix}.{subject}", b"%d" % session)


def _subject(topic: str) -> str:
    return f"topic.{topic.replace('/', '.')}"
