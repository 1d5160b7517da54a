"""A strict reader of event streams, written from the WHATWG text, on a bare socket: it sees every byte, and when.

It reads only when asked, so a test that does not ask is a slow reader; a read given up half-way loses nothing.
"""

import asyncio
import re
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import h11
import msgspec

LINE_END = re.compile(rb"\r\n|\n|\r")


class Frame(msgspec.Struct, frozen=True):
    """One dispatched event."""

    event: str  # "message" when unnamed
    data: str
    id: str  # the last event ID as an EventSource would hold it now
    has_id: bool  # this very frame had an id line
    at: float  # time.monotonic() when its last byte was read

    def json(self) -> dict[str, Any]:
        """The data as an object."""
        return msgspec.json.decode(self.data.encode())


class Comment(msgspec.Struct, frozen=True):
    """A line that begins with a colon."""

    text: str
    at: float


class Retry(msgspec.Struct, frozen=True):
    """The server's wish for the pause before a reconnect."""

    ms: int
    at: float


class NotStrict(AssertionError):
    """The stream holds something that a server of ours must never send."""


class Parser:
    """Bytes in, frames out; "9.2.6 Interpreting an event stream" word by word."""

    def __init__(self) -> None:
        self.last_id = ""
        self._rest = b""
        self._first = True
        self._event = ""
        self._data: list[str] = []
        self._has_id = False
        self._open = False  # a block has begun and not ended

    @property
    def is_torn(self) -> bool:
        """Were the body to end now, a begun block would be lost."""
        return self._open or bool(self._rest)

    def feed(self, data: bytes) -> list[Frame | Comment | Retry]:
        """Everything that the bytes complete."""
        now = time.monotonic()
        self._rest += data
        items: list[Frame | Comment | Retry] = []
        begin = 0
        for end in LINE_END.finditer(self._rest):
            if end.group() == b"\r" and end.end() == len(self._rest):
                break  # a line feed may follow
            text = self._rest[begin : end.start()].decode()  # strictly UTF-8
            begin = end.end()
            if self._first:
                self._first = False
                if text.startswith("\ufeff"):
                    raise NotStrict("the stream begins with a byte order mark")
            if (item := self._line(text, now)) is not None:
                items.append(item)
        self._rest = self._rest[begin:]
        return items

    def _line(self, line: str, now: float) -> Frame | Comment | Retry | None:
        if not line:
            return self._dispatch(now)
        if line.startswith(":"):
            return Comment(line[1:].removeprefix(" "), now)
        self._open = True
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            if "\0" in value:
                raise NotStrict("a NUL in an id: clients ignore it")
            self.last_id, self._has_id = value, True
        elif name == "retry":
            if not (value.isascii() and value.isdigit()):
                raise NotStrict(f"retry: {value!r} is ignored by clients")
            return Retry(int(value), now)
        else:
            raise NotStrict(f"clients ignore the field {name!r}")
        return None

    def _dispatch(self, now: float) -> Frame | None:
        data, event, has_id = self._data, self._event, self._has_id
        self._data, self._event, self._has_id, self._open = [], "", False, False
        if not data:
            if event:
                raise NotStrict(f"event: {event} without data is never dispatched")
            return None
        if len(data) > 1:
            raise NotStrict("our data is JSON on one line")
        return Frame(event or "message", data[0], self.last_id, has_id, now)


class Ended(Exception):
    """The body has ended."""


class Stream:
    """One open response. `items` holds everything read so far: frames, comments, retries."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self.body = b""  # of an answer that is no event stream
        self.items: list[Frame | Comment | Retry] = []
        self.opened_at = time.monotonic()
        self.parser = Parser()
        self.is_clean: bool | None = None  # how the body ended: as HTTP says, between frames; None: not yet
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)
        self._ready: deque[Frame] = deque()

    @property
    def cursor(self) -> str:
        """What an EventSource would send as Last-Event-ID."""
        return self.parser.last_id

    @property
    def comments(self) -> list[str]:
        return [item.text for item in self.items if isinstance(item, Comment)]

    @property
    def retries(self) -> list[int]:
        return [item.ms for item in self.items if isinstance(item, Retry)]

    async def next(self, timeout: float = 5) -> Frame:
        """The next frame of any kind.

        Raises Ended when the body is over and TimeoutError when nothing came.
        """
        async with asyncio.timeout(timeout):
            while not self._ready:
                await self._read()
            return self._ready.popleft()

    async def change(self, timeout: float = 5) -> dict[str, Any]:
        """The next change's object; heartbeats are passed over, anything else fails."""
        frame = await self.next(timeout)
        while frame.event == "heartbeat":
            frame = await self.next(timeout)
        assert frame.event == "message", frame
        return frame.json()

    async def named(self, event: str, timeout: float = 5) -> dict[str, Any]:
        """The object of the next frame of that name; heartbeats are passed over, anything else fails."""
        frame = await self.next(timeout)
        while frame.event == "heartbeat" != event:
            frame = await self.next(timeout)
        assert frame.event == event, frame
        return frame.json()

    async def silence(self, seconds: float) -> None:
        """Wait, and fail if anything but heartbeats and comments comes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                frame = await self.next(left)
            except TimeoutError:
                return
            assert frame.event == "heartbeat", frame

    async def end(self, timeout: float = 5) -> list[Frame]:
        """Read to the end of the body and give the frames that came before it; it must end cleanly."""
        frames: list[Frame] = []
        async with asyncio.timeout(timeout):
            try:
                while True:
                    frames.append(await self.next(timeout))
            except Ended:
                assert self.is_clean, "the body was cut off"
                return frames

    async def _read(self) -> None:
        if self.is_clean is not None:
            raise Ended
        event = self._http.next_event()
        while event is h11.NEED_DATA:
            try:
                data = await self._reader.read(1 << 16)
            except ConnectionError:
                data = b""
            try:
                self._http.receive_data(data)
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self.is_clean = False
                raise Ended from None
        if isinstance(event, h11.Data):
            for item in self.parser.feed(bytes(event.data)):
                self.items.append(item)
                if isinstance(item, Frame):
                    self._ready.append(item)
        elif isinstance(event, h11.EndOfMessage):
            self.is_clean = not self.parser.is_torn
            raise Ended
        else:
            self.is_clean = False
            raise Ended

    async def _begin(self, method: str, target: str, headers: list[tuple[str, str]]) -> None:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        self._writer.write(self._http.send(h11.Request(method=method, target=target, headers=encoded)) or b"")
        self._writer.write(self._http.send(h11.EndOfMessage()) or b"")
        event = self._http.next_event()
        while not isinstance(event, h11.Response):
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(1 << 16))
            event = self._http.next_event()
        self.status = event.status_code
        self.headers = {name.decode(): value.decode() for name, value in event.headers}
        if not self.headers.get("content-type", "").startswith("text/event-stream") or method == "HEAD":
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(await self._reader.read(1 << 16))
                elif isinstance(event, h11.Data):
                    self.body += bytes(event.data)
                else:
                    break
            self.is_clean = isinstance(event, h11.EndOfMessage)

    def problem(self) -> dict[str, Any]:
        """The problem+json of a refused stream."""
        assert self.headers["content-type"].startswith("application/problem+json"), (self.status, self.headers)
        return msgspec.json.decode(self.body)

    def close(self) -> None:
        """Leave as a browser does."""
        self._writer.close()

    def abort(self) -> None:
        """Vanish with a reset, as a crashed client does."""
        sock = self._writer.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


async def open_stream(
    url: str,
    headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
    *,
    method: str = "GET",
    timeout: float = 10,
    receive_buffer_bytes: int | None = None,
) -> Stream:
    """Send the request and return once the head of the answer is there; abort() it when done."""
    parts = urlsplit(url)
    assert parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    async with asyncio.timeout(timeout):
        sock = socket.socket()
        sock.setblocking(False)
        try:
            if receive_buffer_bytes:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            await asyncio.get_running_loop().sock_connect(sock, (parts.hostname, port))
            reader, writer = await asyncio.open_connection(
                sock=sock,
                ssl=parts.scheme == "https" or None,
                server_hostname=parts.hostname if parts.scheme == "https" else None,
            )
        except BaseException:
            sock.close()
            raise
        stream = Stream(reader, writer, 0)
        try:
            await stream._begin(
                method,
                (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                [
                    ("Host", parts.netloc),
                    ("Accept", "text/event-stream"),
                    *(headers.items() if isinstance(headers, Mapping) else headers or []),
                ],
            )
        except BaseException:
            stream.abort()
            raise
        return stream


@asynccontextmanager
async def stream(
    url: str, headers: Mapping[str, str] | list[tuple[str, str]] | None = None, **options: Any
) -> AsyncIterator[Stream]:
    """`open_stream` for the length of a block."""
    opened = await open_stream(url, headers, **options)
    try:
        yield opened
    finally:
        opened.abort()
