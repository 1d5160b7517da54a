"""Somebody who watches, leaves in the middle, comes back with a cursor, and believes nothing but the frames."""

import time

import anyio
import h11

from tests.conformance.site import Person
from tests.oracle import Consumer
from tests.sse import Ended, Frame
from tests.torture.ground import Ground

EXPECTED = {"start", "bulk", "lagging"}  # any other reason here means that a number was lost or given twice


class Reader:
    """One subscriber through all its connections."""

    def __init__(self, ground: Ground, name: str, person: Person, topics: list[str]) -> None:
        self.name = name
        self._ground = ground
        self._person = person
        self._topics = topics
        self.consumer = Consumer(*topics)
        self._chance = ground.chance(name)
        if len(topics) == 1 and topics[0].startswith("board/"):
            self._path = f"/streams/boards/{topics[0].removeprefix('board/')}"
        else:
            boards = [f"board={topic.removeprefix('board/')}" for topic in topics if topic.startswith("board/")]
            self._path = "/streams?" + "&".join(boards + ["me=true"] * (len(boards) < len(topics)))

    async def read(self) -> None:
        """Come and go until it is over."""
        while not self._ground.over.is_set():
            if self._chance.random() < 0.04:
                self.consumer = Consumer(*self._topics)
            left_s = self._ground.ends_at - time.monotonic()
            await self._visit(min(left_s, self._chance.choice((0.02, 0.2, 1, 4, 9))), {})
            await anyio.sleep(self._chance.choice((0, 0.05, 0.5, 1.5)))

    async def catch_up(self, heads: dict[str, int]) -> None:
        """Read on from the cursor until every topic stands at its head, then a little more to see nothing doubled."""
        wanted = {topic: heads[topic] for topic in self._topics}
        with anyio.fail_after(30):
            while not self._is_at(wanted):
                await self._visit(10, wanted)

    def _is_at(self, wanted: dict[str, int]) -> bool:
        held = self.consumer.replicas
        return bool(wanted) and all(topic in held and held[topic].seq == seq for topic, seq in wanted.items())

    async def _visit(self, seconds: float, wanted: dict[str, int]) -> None:
        counts = self._ground.ledger.counts
        try:
            async with self._person.stream(self._path, cursor=self.consumer.cursor or None) as stream:
                if stream.status != 200:
                    assert stream.status in (404, 503), f"{self.name}: {stream.status} {stream.body!r}"
                    counts[f"stream {stream.status}"] += 1
                    await anyio.sleep(0.1)
                    return
                counts["stream opened"] += 1
                self.consumer.reconnected()
                with anyio.move_on_after(seconds):
                    while not self._is_at(wanted):
                        self._take(await stream.next(60))
                    await stream.silence(0.1)
        except Ended:
            counts["stream ended by the server"] += 1
        except (OSError, h11.RemoteProtocolError):
            counts["stream refused"] += 1
            await anyio.sleep(0.1)

    def _take(self, frame: Frame) -> None:
        self.consumer.take(frame)
        for topic, replica in self.consumer.replicas.items():
            for reason in replica.snapshots:
                assert reason in EXPECTED, f"{self.name}: {topic} got a snapshot because of {reason}"
