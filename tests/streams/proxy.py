"""Between the streams and PostgreSQL: a proxy that a test tells to cut, to freeze, or to lose notifications."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict


class Proxy:
    """Runs in a thread of its own; `url` leads through it."""

    def __init__(self, database_url: str) -> None:
        known = conninfo_to_dict(database_url)
        self._host = str(known.get("host") or "127.0.0.1")
        self._port = int(known.get("port") or 5432)
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._frozen: set[asyncio.StreamWriter] = set()
        self._accepting = True
        self.deaf = False  # swallow every notification, as a transaction pooler does
        self.lose: list[bytes] = []  # swallow one notification for each of these payloads
        self.lost = 0
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        port = server.sockets[0].getsockname()[1]
        login = f"{quote(str(known['user']))}:{quote(str(known.get('password', '')))}"
        self.url = f"postgresql://{login}@127.0.0.1:{port}/{known['dbname']}?sslmode=disable&gssencmode=disable"

    def cut(self) -> None:
        """End every connection and refuse new ones, as when the server is gone."""
        self._accepting = False
        self._loop.call_soon_threadsafe(self._abort)

    def mend(self) -> None:
        """Accept connections again."""
        self._accepting = True

    def freeze(self) -> None:
        """Pass on nothing more on the connections there are, without closing them; new ones work."""
        self._loop.call_soon_threadsafe(lambda: self._frozen.update(self._open))

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._accepting:
            writer.transport.abort()
            return
        if self._host.startswith("/"):
            up_reader, up_writer = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            up_reader, up_writer = await asyncio.open_connection(self._host, self._port)
        self._open |= {writer, up_writer}
        try:
            await asyncio.gather(self._to_server(reader, up_writer), self._to_client(up_reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open -= {writer, up_writer}
            writer.transport.abort()
            up_writer.transport.abort()

    async def _to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if writer not in self._frozen:
                writer.write(data)
                await writer.drain()
        writer.transport.abort()

    async def _to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            if writer in self._frozen or (head[:1] == b"A" and self._swallows(body[4:].split(b"\0")[1])):
                continue
            writer.write(head + body)
            await writer.drain()

    def _swallows(self, payload: bytes) -> bool:
        if payload in self.lose:
            self.lose.remove(payload)
        elif not self.deaf:
            return False
        self.lost += 1
        return True


@contextlib.contextmanager
def proxied(database_url: str) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    proxy = Proxy(database_url)
    thread = threading.Thread(target=proxy._loop.run_forever)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.cut()
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join()
        for task in asyncio.all_tasks(proxy._loop):
            task.cancel()
        proxy._loop.run_until_complete(asyncio.sleep(0))
        proxy._loop.run_until_complete(proxy._loop.shutdown_asyncgens())
        proxy._loop.close()
