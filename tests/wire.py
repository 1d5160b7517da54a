"""A TCP wire between a client and a server that does what networks do: is slow, narrow, silent, half-open, cut, reset.

It stands before the product, or between the product and PostgreSQL; in a thread of its own, so that a test may block.
"""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import Coroutine
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

PIECE_BYTES = 1 << 16
PIECES = 64  # on the way at once, in each direction; then the sender waits
STEP_S = 0.05  # a narrow wire passes a little this often

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


class Wire:
    """Leads to the server of `target`, an http or postgresql URL; `url` is the same address over the wire."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self._host = query.get("host", [parts.hostname or ""])[0]
        self._port = int(query.get("port", [str(parts.port or 5432)])[0])
        login, _, _ = parts.netloc.rpartition("@")
        self._login = f"{login}@" if login else ""
        self._target = parts
        self._loop = asyncio.new_event_loop()
        self._writers: set[Writer] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._lost: set[Writer] = set()
        self._accepting = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.latency_s = 0.0  # of everything, each way
        self.jitter_s = 0.0  # and as much again at most, by chance; within a connection nothing overtakes
        self.bytes_per_s = 0  # towards the client; 0: as many as may be

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._await(self._listen())
        port = self._server.sockets[0].getsockname()[1]
        options = "" if self._target.scheme == "http" else "?sslmode=disable&gssencmode=disable"
        self.url = f"{self._target.scheme}://{self._login}127.0.0.1:{port}{self._target.path}{options}"
        return self

    def __exit__(self, *_: object) -> None:
        self._await(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """End every connection with a RST to both sides; new ones work."""
        self._await(self._reset())

    def cut(self) -> None:
        """End every connection, and new ones as soon as they come, as when the server is gone."""
        self._accepting = False
        self.reset()

    def hold(self) -> None:
        """Keep connections, old and new, and pass nothing on until `mend`: senders are made to wait."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def lose(self) -> None:
        """Leave the connections there are half-open: what is sent is taken and lost, nothing closed. New ones work."""
        self._await(self._lose())

    def mend(self) -> None:
        """Be a good wire again; what was lost or cut stays so."""
        self._accepting, self.latency_s, self.jitter_s, self.bytes_per_s = True, 0.0, 0.0, 0
        self._loop.call_soon_threadsafe(self._flowing.set)

    async def read(self, reader: Reader, *, down: bool) -> bytes:
        """The next piece of one direction, b"" at its end; a wire that knows what it carries may leave things out."""
        return await reader.read(PIECE_BYTES)

    def _await(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _reset(self) -> None:
        for writer in self._writers:
            _abort(writer)

    async def _lose(self) -> None:
        self._lost |= self._writers

    async def _close(self) -> None:
        self._server.close()
        self._accepting = False
        await self._reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, client: Reader, to_client: Writer) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        to_server: Writer | None = None
        end = asyncio.StreamWriter.close
        try:
            if not self._accepting:
                end = _abort
            else:
                self._writers.add(to_client)
                server, to_server = await self._connect()
                if to_client.transport.is_closing():  # cut meanwhile
                    return
                self._writers.add(to_server)
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._pass(client, to_server, down=False))
                    ways.create_task(self._pass(server, to_client, down=True))
        except* EOFError:  # one side has ended, whole; what is written to the other still goes
            pass
        except* OSError:
            end = _abort
        finally:
            for writer in (to_client, to_server):
                if writer:
                    end(writer)
                    self._writers.discard(writer)
            self._tasks.discard(task)

    async def _connect(self) -> tuple[Reader, Writer]:
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        return await asyncio.open_connection(self._host, self._port)

    async def _pass(self, reader: Reader, writer: Writer, *, down: bool) -> None:
        """Carry one direction until it ends, and end the other with it."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(PIECES)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._deliver(on_the_way, writer, down=down))
            while True:
                data = await self.read(reader, down=down)
                delay_s = self.latency_s + random.uniform(0, self.jitter_s)
                await on_the_way.put((time.monotonic() + delay_s, data))
                if not data:
                    return

    async def _deliver(self, on_the_way: asyncio.Queue[tuple[float, bytes]], writer: Writer, *, down: bool) -> None:
        while True:
            due, data = await on_the_way.get()
            await asyncio.sleep(due - time.monotonic())
            await self._flowing.wait()
            if writer in self._lost:
                continue
            if not data:
                raise EOFError
            while data:
                some = max(1, int(self.bytes_per_s * STEP_S)) if down and self.bytes_per_s else len(data)
                writer.write(data[:some])
                await writer.drain()
                data = data[some:]
                if down and self.bytes_per_s:
                    await asyncio.sleep(STEP_S)


def _abort(writer: Writer) -> None:
    """End it with a RST."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
