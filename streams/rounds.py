"""Goes round the open streams on one timer: heartbeats, another look at their access, the end of their time."""

import asyncio
from typing import TYPE_CHECKING

from streams import frames, metrics
from streams.subscriber import Parcel, Subscriber, parcel

if TYPE_CHECKING:
    from streams.hub import Hub

PARTS = 16  # the streams are visited in so many parts, so that not all heartbeats go out at once
SLICE = 250


class Rounds:
    """Every stream is visited once in `heartbeat_s`."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._parts: list[set[Subscriber]] = [set() for _ in range(PARTS)]
        self._next = 0  # the part to visit
        self._turn = 0  # newcomers take turns in the parts

    def add(self, stream: "Subscriber") -> None:
        """Visit the stream from now on."""
        self._turn = (self._turn + 1) % (PARTS // 2)
        stream.part = (self._next - self._turn) % PARTS  # just visited: it has something to read for now
        self._parts[stream.part].add(stream)
        self._look_ahead(stream, asyncio.get_running_loop().time())

    def remove(self, stream: "Subscriber") -> None:
        """Visit it no longer."""
        self._parts[stream.part].discard(stream)

    async def run(self) -> None:
        """Go round until cancelled."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            due = max(due + self._hub.settings.heartbeat_s / PARTS, clock() - 1)
            await asyncio.sleep(due - clock())
            metrics.LOOP_LAG.set(max(0.0, clock() - due))
            self._next = (self._next + 1) % PARTS
            await self._visit(tuple(self._parts[self._next]), clock())

    async def _visit(self, streams: "tuple[Subscriber, ...]", now: float) -> None:
        beats: dict[bytes, Parcel] = {}
        unchecked: list[Subscriber] = []
        for n, stream in enumerate(streams, 1):
            if stream.over:
                continue
            if stream.live:
                place = stream.place
                if place.id not in beats:
                    beats[place.id] = parcel(frames.heartbeat(place))
                stream.push(beats[place.id])
            else:
                stream.murmur()
            if now - stream.checked_at > self._hub.settings.recheck_s - self._hub.settings.heartbeat_s:
                unchecked.append(stream)
                stream.checked_at = now
            self._look_ahead(stream, now)
            if n % SLICE == 0:
                await asyncio.sleep(0)
        if unchecked:
            self._hub.spawn(self._hub.recheck(unchecked))

    def _look_ahead(self, stream: "Subscriber", now: float) -> None:
        """Set a timer for the stream's end when that comes before the next visit."""
        soon = now + 2 * self._hub.settings.heartbeat_s
        loop = asyncio.get_running_loop()
        if stream.expires_at is not None and stream.expires_at < soon:
            loop.call_at(stream.expires_at, self._expire, stream)
            stream.expires_at = None
        if stream.ends_at < soon:
            loop.call_at(stream.ends_at, stream.rotate)
            stream.ends_at = float("inf")

    def _expire(self, stream: "Subscriber") -> None:
        """The stream's credential ends now, as far as we knew; it may have been used since, and live on."""
        self._hub.spawn(self._look_again(stream))

    async def _look_again(self, stream: "Subscriber") -> None:
        await self._hub.recheck([stream])
        if not stream.over:
            self._look_ahead(stream, asyncio.get_running_loop().time())
