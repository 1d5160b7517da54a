"""The streams' HTTP response: sse-starlette's EventSourceResponse with its headers and its answer to HEAD.

The library runs four tasks per connection and takes frames from an iterator. Here the hub hands finished bytes to the
server's `send`, so a stream is no task of its own beyond the request's, which waits for the client to leave.
"""

from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse

from streams.subscriber import Subscriber

HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform"}


SERVERS_SEND = "livelane.send"  # in the scope: the server's own `send`, by which the probe breaks off
BEGUN = "livelane.stream"  # in the scope: the stream whose head is sent; the app goes on with it


class _Nothing(AsyncIterator[bytes]):
    """The frames that the library would iterate over; there are none."""

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


def headers_alone() -> EventSourceResponse:
    """The answer to HEAD, which the library gives without opening a stream."""
    return EventSourceResponse(_Nothing(), headers=HEADERS)  # pyright: ignore[reportUnknownMemberType] -- its hints


RAW_HEADERS = headers_alone().raw_headers  # as the library makes them; one list for all streams


class EventStream(EventSourceResponse):
    """The answer to one GET."""

    def __init__(self, subscriber: Subscriber) -> None:
        # Nothing of the library's __init__: its iterator, lock and ping are not used, and 5,000 come back at once.
        self.subscriber = subscriber

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send the head. The stream goes on when the framework has let go of the request: `Streams` runs it."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": RAW_HEADERS})
        except BaseException:
            self.subscriber.hub.leave(self.subscriber)
            raise
        scope[BEGUN] = self.subscriber
