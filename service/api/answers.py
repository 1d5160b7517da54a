"""What the service sends: bytes that are ready, as an ASGI app, so that nothing encodes them again."""

import gzip
from typing import Any, Self

import anyio.to_thread

from service.domain.access import Read, Written

Header = tuple[bytes, bytes]

JSON = (b"content-type", b"application/json")
NO_STORE = (b"cache-control", b"no-store")
COMPRESS = 1_000  # bytes; below, compressing costs more than it saves
IN_THREAD = 100_000  # bytes; from here on compressing would hold up everybody else


class Answer:
    """A status, headers and a body. Handlers return it; Litestar calls it."""

    __slots__ = ("body", "headers", "person", "status", "topic")

    def __init__(
        self,
        status: int,
        headers: tuple[Header, ...],
        body: bytes = b"",
        person: bytes | None = None,
        topic: bytes | None = None,
    ):
        self.status = status
        self.headers = headers
        self.body = body
        self.person = person  # for the log
        self.topic = topic

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = self.body
        headers = [*self.headers, *scope["livelane"].sent(self)]
        if len(body) >= COMPRESS:
            headers.append((b"vary", b"accept-encoding"))
            if _takes_gzip(scope):
                if len(body) < IN_THREAD:
                    body = gzip.compress(body, 1, mtime=0)
                else:
                    body = await anyio.to_thread.run_sync(_gzip, body)
                headers.append((b"content-encoding", b"gzip"))
        if self.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["livelane"].bare else body})

    def to_asgi_response(self, *_: object, **__: object) -> Self:
        """What Litestar asks of an exception handler's answer."""
        return self


def shown(read: Read) -> Answer:
    """The answer to a GET."""
    return Answer(200, _SHOWN, read.body, read.person)


def done(written: Written, status: int = 200) -> Answer:
    """The answer to a write: the row, and the number of its event, if it made one."""
    if written.seq is None or written.topic is None:
        return Answer(status, _SHOWN, written.body, written.person)
    headers = (JSON, NO_STORE, (b"event-seq", written.seq), (b"event-topic", written.topic))
    return Answer(status, headers, written.body, written.person, written.topic)


_SHOWN = (JSON, NO_STORE)


def _takes_gzip(scope: Any) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            return any(
                part.strip().startswith((b"gzip", b"*")) and not part.replace(b" ", b"").endswith((b";q=0", b";q=0.0"))
                for part in value.split(b",")
            )
    return False


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 3, mtime=0)
