"""The streams' HTTP response: sse-starlette's EventSourceResponse with its headers and its answer to HEAD.

The library runs four tasks per connection and takes frames from an iterator. Here the hub hands finished bytes to the
server's `send`, so a stream is no task of its own beyond the request's, which waits for the client to leave.
"""

from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse

from streams.subscriber import Subscriber

HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform"}


class _Nothing(AsyncIterator[bytes]):
    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


SERVERS_SEND = "livelane.send"  # in the scope: the server's own `send`, with nothing of the framework around it
NOTHING = _Nothing()  # the library's iterator of frames; not used
RAW_HEADERS = EventSourceResponse(NOTHING, headers=HEADERS).raw_headers  # one list for all streams


class EventStream(EventSourceResponse):
    """The answer to one GET. Without a subscriber (HEAD) it is headers alone."""

    def __init__(self, subscriber: Subscriber | None) -> None:
        # no ping: heartbeats come from one timer for all
        super().__init__(NOTHING, headers=HEADERS, ping=0)  # pyright: ignore[reportUnknownMemberType] -- its hints
        self.raw_headers = RAW_HEADERS
        self._subscriber = subscriber

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer; for a stream, return when it has ended or the client has left."""
        if self._subscriber is None:
            await super().__call__(scope, receive, send)
            return
        subscriber = self._subscriber
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await subscriber.run(receive, scope.pop(SERVERS_SEND, send))
        finally:
            subscriber.hub.leave(subscriber)
