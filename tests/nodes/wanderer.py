"""Clients that know several nodes: when one is gone they go on at the next, from where they stood."""

import time
from collections.abc import Callable, Sequence
from itertools import count

import anyio
import h11
import httpx

from tests import sse
from tests.conformance.site import Board, Person
from tests.oracle import Consumer
from tests.product import Product


class Reader:
    """One stream of a board, through all its connections; strict about every frame."""

    def __init__(self, nodes: Sequence[Product], person: Person, board: Board, first: int) -> None:
        self.consumer = Consumer(board.topic)
        self.away_s: list[float] = []  # from each loss of a connection to the next frame
        self._nodes = nodes
        self._turn = first
        self._headers = {"Authorization": f"Bearer {person.token}"}
        self._board = board

    @property
    def node(self) -> int:
        """The place of the node it reads from."""
        return self._turn % len(self._nodes)

    @property
    def seq(self) -> int:
        """The last number that came; 0 before any."""
        replica = self.consumer.replicas.get(self._board.topic)
        return (replica and replica.seq) or 0

    async def read(self, over: anyio.Event) -> None:
        """Read until it is over."""
        lost_at, retry_s = 0.0, 1.0
        while not over.is_set():
            cursor = {"Last-Event-ID": self.consumer.cursor} if self.consumer.cursor else {}
            try:
                async with sse.stream(
                    self._nodes[self.node].url + self._board.stream, self._headers | cursor
                ) as stream:
                    assert stream.status in (200, 503), stream.body
                    self.consumer.reconnected()
                    while not over.is_set():
                        self.consumer.take(await stream.next(15))
                        if lost_at:
                            self.away_s.append(time.monotonic() - lost_at)
                            lost_at = 0.0
                        retry_s = stream.retries[-1] / 1000
            except (sse.Ended, OSError, h11.RemoteProtocolError):
                lost_at = lost_at or time.monotonic()
                self._turn += 1
                with anyio.move_on_after(retry_s):  # as the server asked, all but the last time with jitter
                    await over.wait()
                retry_s = 0.1  # a node that does not answer: the next one at once


class Writer:
    """Makes tickets over REST, one after the other; the same key until some node has answered."""

    def __init__(self, nodes: Sequence[Product], person: Person, board: Board, name: str) -> None:
        self.answered: dict[str, int] = {}  # key → seq
        self._nodes, self._person, self._board, self._name = nodes, person, board, name

    async def write(self, over: anyio.Event, every_s: float) -> None:
        """Write until it is over."""
        turn = count(len(self._name))
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {self._person.token}"}, timeout=3) as http:
            for number in count():
                if over.is_set():
                    return
                key = f"{self._name}-{number}"
                with anyio.fail_after(20):
                    while key not in self.answered:
                        await self._try(http, self._nodes[next(turn) % len(self._nodes)].url, key)
                await anyio.sleep(every_s)

    async def _try(self, http: httpx.AsyncClient, node: str, key: str) -> None:
        url = f"{node}/api/columns/{self._board.columns[0]}/tickets"
        try:
            answer = await http.post(url, json={"title": key}, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return
        if answer.status_code != 503:
            assert answer.status_code == 201, answer.text
            self.answered[key] = int(answer.headers["Event-Seq"])


async def until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        await anyio.sleep(0.01)
