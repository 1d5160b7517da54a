"""The ordinary ways to stream in Python, as their documentation shows them, each a whole application.

    python -m tests.bench.peer_apps sse-starlette | litestar | channels

It prints its port. GET /sub streams; POST /pub hands its body to every open stream. Nothing is kept: no log, no resume,
nobody is asked who they are. The server is uvicorn as the product runs it.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import uvicorn
from litestar import Litestar, Request, get, post
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.response import ServerSentEvent, ServerSentEventMessage
from sse_starlette import EventSourceResponse
from sse_starlette import ServerSentEvent as StarletteEvent
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route

ID = "5f3a9c01:board/7=42"  # as long as ours


class Broadcast:
    """A queue for each reader."""

    def __init__(self) -> None:
        self.queues: set[asyncio.Queue[str]] = set()

    def publish(self, data: str) -> None:
        for queue in self.queues:
            queue.put_nowait(data)

    async def subscribe(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        self.queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.queues.discard(queue)


def sse_starlette() -> Starlette:
    """EventSourceResponse over a generator for each reader."""
    broadcast = Broadcast()

    async def events() -> AsyncGenerator[StarletteEvent]:
        async for data in broadcast.subscribe():
            yield StarletteEvent(data, id=ID)

    async def sub(request: StarletteRequest) -> EventSourceResponse:
        return EventSourceResponse(events())

    async def pub(request: StarletteRequest) -> StarletteResponse:
        broadcast.publish((await request.body()).decode())
        return StarletteResponse(status_code=204)

    return Starlette(routes=[Route("/sub", sub), Route("/pub", pub, methods=["POST"])])


def litestar() -> Litestar:
    """Litestar's ServerSentEvent over a generator for each reader."""
    broadcast = Broadcast()

    async def events() -> AsyncGenerator[ServerSentEventMessage]:
        async for data in broadcast.subscribe():
            yield ServerSentEventMessage(data=data, id=ID)

    @get("/sub")
    async def sub() -> ServerSentEvent:
        return ServerSentEvent(events())

    @post("/pub", status_code=204)
    async def pub(request: Request[Any, Any, Any]) -> None:
        broadcast.publish((await request.body()).decode())

    return Litestar([sub, pub], openapi_config=None, logging_config=None)


def channels() -> Litestar:
    """Litestar's channels plugin, a subscription for each reader, streamed by its ServerSentEvent."""

    async def events(plugin: ChannelsPlugin) -> AsyncGenerator[ServerSentEventMessage]:
        async with plugin.start_subscription(["board"]) as subscriber:
            async for data in subscriber.iter_events():
                yield ServerSentEventMessage(data=data.decode(), id=ID)

    @get("/sub")
    async def sub(channels: ChannelsPlugin) -> ServerSentEvent:
        return ServerSentEvent(events(channels))

    @post("/pub", status_code=204)
    async def pub(request: Request[Any, Any, Any], channels: ChannelsPlugin) -> None:
        channels.publish(await request.body(), "board")

    plugin = ChannelsPlugin(backend=MemoryChannelsBackend(), channels=["board"])
    return Litestar([sub, pub], plugins=[plugin], openapi_config=None, logging_config=None)


APPS = {"sse-starlette": sse_starlette, "litestar": litestar, "channels": channels}


def main() -> None:
    """Serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        APPS[sys.argv[1]](),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
