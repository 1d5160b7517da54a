"""People at work: writers that try each write until it is answered, readers that resume as a good client does."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator

import httpx

from tests import sse
from tests.conformance.site import Board

PAUSE_S = 0.1  # before another try


class Writer:
    """Makes tickets one after another, each under an Idempotency-Key of its own."""

    def __init__(self, url: str, token: str, board: Board, *, between_s: float = 0.05, size: int = 0) -> None:
        self.made: list[int] = []  # ids, one for each write that was answered
        self.refused: list[httpx.Response | httpx.TransportError] = []  # what was tried again
        self.slowest_s = 0.0
        self._url, self._token, self._board = url, token, board
        self._between_s, self._text = between_s, "x" * size
        self._answered = asyncio.Event()

    async def run(self) -> None:
        """Write until cancelled."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=10) as client:
            while True:
                answer = await self._write(client, secrets.token_hex(8))
                self.made.append(answer.json()["id"])
                self._answered.set()
                await asyncio.sleep(self._between_s)

    async def reach(self, made: int, within_s: float) -> None:
        """Return once so many writes were answered."""
        async with asyncio.timeout(within_s):
            while len(self.made) < made:
                self._answered.clear()
                await self._answered.wait()

    async def _write(self, client: httpx.AsyncClient, key: str) -> httpx.Response:
        body = {"title": f"T{len(self.made)}", "description": self._text}
        path = f"/api/columns/{self._board.columns[0]}/tickets"
        while True:
            began = time.monotonic()
            try:
                answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError as error:
                self.refused.append(error)
            else:
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                if answer.status_code == 201:
                    return answer
                assert answer.status_code in (502, 503, 504), answer.text
                self.refused.append(answer)
            await asyncio.sleep(PAUSE_S)


class Reader:
    """Follows a board from stream to stream; fails on a number that is missing, or comes again."""

    def __init__(self, url: str, token: str, board: Board, *, patience_s: float = 9.0) -> None:
        self.seq = board.seq
        self.opened = 0  # streams
        self.snapshots: list[str] = []  # reasons
        self.silence_s = 0.0  # the longest between two changes, also over streams
        self._url, self._token, self._board = url, token, board
        self._patience_s = patience_s  # a stream that is silent for longer is given up
        self._cursor = board.cursor(board.seq)
        self._moved = asyncio.Event()
        self._at = 0.0  # of the last change

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            headers = {"Authorization": f"Bearer {self._token}", "Last-Event-ID": self._cursor}
            with contextlib.suppress(sse.Ended, OSError):
                async with sse.stream(self._url + self._board.stream, headers, timeout=3) as stream:
                    if stream.status == 200:
                        self.opened += 1
                        await self._follow(stream)
            await asyncio.sleep(PAUSE_S)

    async def reach(self, seq: int, within_s: float) -> None:
        """Return once the board is known up to that number."""
        async with asyncio.timeout(within_s):
            while self.seq < seq:
                self._moved.clear()
                await self._moved.wait()

    async def _follow(self, stream: sse.Stream) -> None:
        while True:
            frame = await stream.next(self._patience_s)
            said = frame.json()
            if frame.event == "message":
                assert said["seq"] == self.seq + 1
                self.silence_s = max(self.silence_s, frame.at - (self._at or frame.at))
                self._at = frame.at
            elif frame.event == "snapshot":
                assert said["seq"] >= self.seq
                self.snapshots.append(said["reason"])
            elif frame.event == "heartbeat":
                assert said["seq"] == {self._board.topic: self.seq}
                continue
            else:
                assert frame.event == "bye", frame
                continue
            self.seq, self._cursor = said["seq"], stream.cursor
            self._moved.set()


@contextlib.asynccontextmanager
async def at_work(*people: Writer | Reader) -> AsyncIterator[None]:
    """Have them at work for the length of a block; what fails in one ends it."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(person.run()) for person in people]
        yield
        for task in running:
            task.cancel()
