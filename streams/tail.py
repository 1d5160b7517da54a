"""The newest part of one watched topic: how far it has come, and its last events as finished bytes."""

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from streams.cursor import Place
    from streams.frames import Reason
    from streams.subscriber import Subscriber

BULK = 500  # more changes than this at once travel as a snapshot
RING = 2 * BULK  # events kept at most; whoever lacks more takes a snapshot anyway
PIECE_BYTES = 256 * 1024  # of replayed events in one go


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event, encoded once for all streams."""

    seq: int
    at: float  # Unix time of the change
    more: bool  # further events of the same transaction follow
    data: bytes


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """A topic's whole state at a number."""

    seq: int
    state: bytes  # finished JSON
    began: float  # loop time when it was asked for, and
    took_s: float


class Tail:
    """What this process knows of one topic. `head` is None until it was read."""

    __slots__ = (
        "changed", "head", "heavy", "idle_since", "known", "lowest", "piece", "reading", "ring", "rung", "size",
        "snapshot", "streams", "topic", "waiting",
    )  # fmt: skip

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.head: int | None = None
        self.known = 0  # the highest seq anyone has read of, perhaps not here yet
        self.lowest = 1  # the lowest seq the log is known to hold
        self.changed = 0  # what snapshots show changed here: older readers take a snapshot
        self.heavy = 0  # events up to this one are more bytes than the ring may hold
        self.ring: deque[Entry] = deque()  # without a gap, up to head
        self.size = 0  # bytes in the ring
        self.rung = False  # a change was announced before the head was known
        self.streams: set[Subscriber] = set()
        self.reading = asyncio.Lock()  # one gap or snapshot at a time; whoever waits shares what it finds
        self.snapshot: Snapshot | None = None
        self.piece: tuple[tuple[bytes, int | None, int], bytes, Place] | None = None  # the last one made
        self.waiting = 0  # for a snapshot
        self.idle_since: float | None = None  # loop time since when nobody watches

    @property
    def floor(self) -> int:
        """The ring holds every event after this one."""
        return (self.head or 0) - len(self.ring)

    def why_snapshot(self, seq: int, far: "Reason") -> "Reason | None":
        """Why a reader at `seq` cannot go on by events, or None when it can. `far`: the word for too many of them."""
        if seq > (self.head or 0):
            return None  # a snapshot newer than our head; the events catch up
        if seq + 1 < self.lowest:
            return "expired"
        if seq < self.changed:
            return "schema"
        if seq < self.heavy or (self.head or 0) - seq > BULK:
            return far
        return None

    def after(self, seq: int) -> list[Entry]:
        """The next entries after `seq`, whole transactions, not much more than PIECE_BYTES."""
        found: list[Entry] = []
        size = 0
        for entry in islice(self.ring, seq - self.floor, None):
            found.append(entry)
            size += len(entry.data)
            if size > PIECE_BYTES and not entry.more:
                break
        return found

    def piece_after(self, place: "Place") -> "tuple[bytes, Place]":
        """The frames of the next entries for a stream at `place`, and the place behind them.

        When many streams fell behind together, they ask for the same one after the other.
        """
        key = (place.id, self.head, self.floor)
        if self.piece is None or self.piece[0] != key:
            frames, behind = place.after(self.topic, self.after(place.seqs[self.topic]))
            self.piece = (key, frames, behind)
        return self.piece[1], self.piece[2]

    def append(self, entries: list[Entry]) -> None:
        """Go on by the entries that follow the head."""
        self.head = entries[-1].seq
        self.known = max(self.known, self.head)
        self.ring.extend(entries)
        self.size += sum(len(entry.data) for entry in entries)

    def prepend(self, entries: list[Entry]) -> None:
        """Reach further back, by the entries that end where the ring begins."""
        self.ring.extendleft(reversed(entries))
        self.size += sum(len(entry.data) for entry in entries)

    def jump(self, head: int) -> None:
        """Go on at `head` without the events up to it."""
        self.head = head
        self.known = max(self.known, head)
        self.ring.clear()
        self.size = 0

    def trim(self, limit_bytes: int) -> None:
        """Let the oldest entries go until the ring is within its limits."""
        while self.ring and (len(self.ring) > RING or self.size > limit_bytes):
            self.size -= len(self.ring.popleft().data)
