"""One open stream: pulls what it lacks at its reader's pace, and is pushed to once it has caught up."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import psycopg

from streams import frames, log, metrics, wire
from streams.cursor import Place
from streams.frames import Reason
from streams.tail import Tail

if TYPE_CHECKING:
    from streams.hub import Hub

logger = logging.getLogger(__name__)

SLICE = 64 * 1024  # handed to the server at once; it stops taking when about so much is unsent
ROTATE_RETRY_MS = 100
LINGER_S = 5.0  # for the last words to reach a reader that was cut


class Stuck(Exception):
    """The reader takes nothing any more."""


class Parcel(msgspec.Struct, frozen=True, gc=False):
    """Some frames, ready for any number of streams: as ASGI takes them, and as they go over the wire."""

    message: dict[str, Any]
    chunk: bytes


def parcel(body: bytes) -> Parcel:
    """Wrap frames for pushing."""
    return Parcel({"type": "http.response.body", "body": body, "more_body": True}, wire.chunk(body))


class Subscriber:
    """A stream's state. The hub is its only sender: either it pushes (`live`), or `catch_up` pulls, never both."""

    __slots__ = (
        "asides", "checked_at", "cycle", "due", "ends_at", "expires_at", "far", "goodbye", "hub", "last_words", "live",
        "over", "part", "person", "place", "secret_hash", "send", "topics", "torn",
    )  # fmt: skip

    def __init__(
        self, hub: "Hub", person: int, secret_hash: bytes, topics: list[str], place: Place, due: dict[str, Reason]
    ) -> None:
        self.hub = hub
        self.person = person
        self.secret_hash = secret_hash
        self.topics = topics
        self.place = place
        self.due = due  # topics that need a snapshot, and why
        self.far: Reason = "bulk"  # the word for lacking more than travels as events
        self.live = False  # has everything; the hub pushes
        self.over = False  # ended, or the client is gone
        self.torn = False  # a frame is half sent
        self.asides: list[bytes] = []  # frames beside the events, sent at the next opportunity
        self.goodbye: str | None = None  # why it ends; set once
        self.last_words = b""
        self.expires_at: float | None = None  # these three in loop time
        self.ends_at = 0.0
        self.checked_at = 0.0
        self.part = 0  # of the rounds
        self.send: wire.Send | None = None
        self.cycle: Any = None

    async def run(self, receive: Callable[[], Awaitable[Any]], send: wire.Send) -> None:
        """Stream until the client leaves or the stream is ended. The response has been started."""
        self.send = send
        self.cycle = wire.uvicorn_cycle(send)
        wire.prepare(send, self.hub.settings.silence_s)
        try:
            await self.catch_up()
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.over = True
            self.live = False
            self.hub.leave(self)

    # Live -------------------------------------------------------------------------------------------------------------

    def push(self, parcel: Parcel) -> None:
        """Hand the server some frames. If its buffer is full, the stream is behind from here on."""
        cycle = self.cycle
        if cycle is None or cycle.flow.write_paused or cycle.disconnected:
            self._send_now(parcel.message)
            return
        try:
            cycle.transport.write(parcel.chunk)
        except RuntimeError:  # just closed, and the server has not heard of it yet
            self.live = False
            self.over = True

    def _send_now(self, message: dict[str, Any]) -> None:
        assert self.send
        sending = self.send(message)
        try:
            waits_for = wire.step(sending)
        except (RuntimeError, OSError):  # just closed, and the server has not heard of it yet
            self.live = False
            self.over = True
            return
        if waits_for is not None:
            self.live = False
            self.far = "lagging"
            self.hub.spawn(self._wait_for_reader(sending, waits_for))

    async def _wait_for_reader(self, sending: Any, waits_for: Any) -> None:
        try:
            async with asyncio.timeout(self.hub.settings.send_timeout_s):
                await wire.finish(sending, waits_for)
        except TimeoutError:
            await self._cut(clean=True)
            return
        await self.catch_up()

    def fall_behind(self) -> None:
        """Leave the live ones and catch up: something is due that is not pushed."""
        if self.live:
            self.live = False
            self.hub.spawn(self.catch_up())

    # Behind -----------------------------------------------------------------------------------------------------------

    async def catch_up(self) -> None:
        """Bring the reader up to now. Live when it returns, unless the stream is over."""
        while not self.over:
            try:
                if self.goodbye is not None:
                    await self._write(self.last_words, last=True)
                    self.over = True
                elif self.asides:
                    asides, self.asides = b"".join(self.asides), []
                    await self._write(asides)
                elif (lack := self._lack()) is not None:
                    await self._mend(*lack)
                else:  # nothing was awaited since `_lack` looked, so nothing can have moved
                    self.live = True
                    self.far = "bulk"
                    return
            except Stuck:
                await self._cut(clean=not self.torn)
            except (*log.AWAY, psycopg.Error) as error:
                await self.hub.topics.pause("an open stream waits for the database", error)

    def _lack(self) -> tuple[Tail, Reason | None] | None:
        """The first topic that has something for this stream, and why by a snapshot; None when all is delivered."""
        for topic in self.topics:
            tail = self.hub.topics.tails[topic]
            if topic in self.due:
                return tail, self.due[topic]
            seq = self.place.seqs[topic]
            if seq < (tail.head or 0):
                return tail, tail.why_snapshot(seq, self.far)
        return None

    def lag(self) -> int:
        """How many events of a topic it lacks, at most."""
        tails, seqs = self.hub.topics.tails, self.place.seqs
        return max(((tails[topic].head or 0) - seqs[topic] for topic in self.topics if topic in seqs), default=0)

    def murmur(self) -> None:
        """Say that we are here, to a reader who waits for what is being read; who has something to take needs no word.

        A heartbeat would say a number that is no longer the last.
        """
        if self.send is None or self.torn:
            return
        sending = self.send({"type": "http.response.body", "body": frames.BEHIND, "more_body": True})
        with contextlib.suppress(RuntimeError, OSError):  # just closed, and the server has not heard of it yet
            wire.step(sending)
        sending.close()  # it would wait for room: there is something to take

    async def _mend(self, tail: Tail, reason: Reason | None) -> None:
        """Send the topic's next piece: its snapshot, or some events. May only find out that it must be another."""
        topic = tail.topic
        if reason is not None:
            snapshot = await self.hub.topics.snapshot(tail)
            if self.hub.topics.tails.get(topic) is not tail or topic not in self.topics or self.over:
                return
            if snapshot is None:
                self.end_topic(topic, "gone")
                return
            self.due.pop(topic, None)
            self.place = self.place.at(topic, snapshot.seq)
            metrics.SNAPSHOTS.labels(reason).inc()
            await self._write(frames.snapshot(self.place, topic, reason), snapshot.state, frames.SNAPSHOT_END)
            return
        seq = self.place.seqs[topic]
        if seq < tail.floor:
            await self.hub.topics.reach(tail, seq)
            return
        piece, self.place = tail.piece_after(self.place)
        await self._write(piece)

    async def _write(self, *parts: bytes, last: bool = False) -> None:
        """Send whole frames at the reader's pace. Stuck: it takes nothing any more."""
        send = self.send
        assert send
        left = sum(map(len, parts))
        for piece in [b"".join(parts)] if left <= SLICE else _sliced(parts):
            left -= len(piece)
            message = {"type": "http.response.body", "body": piece, "more_body": bool(left) or not last}
            sending = send(message)
            waits_for = wire.step(sending)
            if waits_for is not None:
                self.far = "lagging"
                try:
                    async with asyncio.timeout(self.hub.settings.send_timeout_s):
                        await wire.finish(sending, waits_for)
                except TimeoutError:
                    raise Stuck from None
            self.torn = left > 0

    async def _cut(self, *, clean: bool) -> None:
        """End a stream whose reader takes nothing; it resumes at its cursor. `clean`: no frame is half sent."""
        logger.info("cutting a reader that took nothing", extra={"person": self.person})
        assert self.send
        self.over = True
        self.goodbye = self.goodbye or "slow"
        if clean and wire.unblock(self.send):
            words = frames.bye("slow", frames.jittered(self.hub.settings.retry_ms))
            waits_for = wire.step(self.send({"type": "http.response.body", "body": words, "more_body": False}))
            if waits_for is None:
                asyncio.get_running_loop().call_later(LINGER_S, wire.abort_unsent, self.send)
                return
        wire.abort(self.send)

    # The end ----------------------------------------------------------------------------------------------------------

    def end_topic(self, topic: str, reason: str) -> None:
        """Stop carrying a topic: `revoked` or `gone`. The stream goes on with the others, and ends with the last."""
        if topic not in self.topics:
            return
        self.topics = [name for name in self.topics if name != topic]
        self.place = self.place.without(topic)
        self.due.pop(topic, None)
        self.hub.unwatch(self, topic)
        if not self.topics:
            self.end(reason, False, topic)
            return
        words = frames.bye(reason, frames.jittered(self.hub.settings.retry_ms), topic)
        self.asides.append(words)
        self.fall_behind()

    def rotate(self) -> None:
        """Have the client open its next stream; this one goes on for a moment, so that there is no gap between."""
        if self.goodbye is None and not self.over:
            self.asides.append(frames.bye("rotate", ROTATE_RETRY_MS))
            self.fall_behind()
            asyncio.get_running_loop().call_later(self.hub.settings.overlap_s, self._end, "rotate", b"")

    def end(self, reason: str, retry: int | Literal[False] | None = None, topic: str | None = None) -> None:
        """Say goodbye and end the body; events that are due come by the cursor, on the next stream."""
        retry = frames.jittered(self.hub.settings.retry_ms) if retry is None else retry
        self._end(reason, frames.bye(reason, retry, topic))

    def _end(self, reason: str, words: bytes) -> None:
        if self.goodbye is not None or self.over:
            return
        self.goodbye = reason
        self.last_words = b"".join(self.asides) + words
        self.asides = []
        if self.live:
            self.live = False
            self.over = True
            self._send_now({"type": "http.response.body", "body": self.last_words, "more_body": False})


def _sliced(parts: tuple[bytes, ...]) -> Iterator[bytes]:
    """Cut one slice at a time: the parts are shared, and many readers may be in the midst of them."""
    for part in parts:
        for at in range(0, len(part), SLICE):
            yield part[at : at + SLICE]
