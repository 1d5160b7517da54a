"""A relay in front of PostgreSQL whose wire can be cut, or go silent."""

import asyncio
import contextlib
from urllib.parse import parse_qs, urlsplit


class Relay:
    """Listens on a free port and passes bytes on to the database of `target`, a URL; `url` goes through it."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self._host = query.get("host", [parts.hostname or ""])[0]
        self._port = int(query.get("port", [str(parts.port or 5432)])[0])
        self._login = parts.netloc.rpartition("@")[0]
        self._name = parts.path
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"postgresql://{self._login}@127.0.0.1:{port}{self._name}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End every connection, and end new ones as soon as they come."""
        self._refusing = True
        for task in self._tasks:
            task.cancel()

    def mend(self) -> None:
        self._refusing = False
        self._flowing.set()

    def silence(self) -> None:
        """Keep the connections and pass nothing on, as a dead network does."""
        self._flowing.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError), contextlib.ExitStack() as stack:
            stack.callback(writer.close)
            stack.callback(self._tasks.discard, task)
            if self._refusing:
                return
            if self._host.startswith("/"):
                answers, questions = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
            else:
                answers, questions = await asyncio.open_connection(self._host, self._port)
            stack.callback(questions.close)
            ways = [asyncio.create_task(self._pass(*way)) for way in ((reader, questions), (answers, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            await self._flowing.wait()
            sink.write(data)
            await sink.drain()
