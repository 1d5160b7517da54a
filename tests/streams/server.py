"""The streams alone under uvicorn, as a process: `python -m tests.streams.server PORT SETTINGS HOST`."""

import asyncio
import gc
import json
import logging
import socket
import sys
from typing import Any

import msgspec
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.app import create_app
from streams.settings import Settings
from streams.subscriber import Subscriber


class Alone:
    """The streams with what the composition root adds: health and metrics."""

    def __init__(self, settings: Settings) -> None:
        self.streams = create_app(settings)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "/streams")
        if path.startswith("/streams"):
            await self.streams(scope, receive, send)
            return
        status, body = 200, generate_latest()
        if path == "/health/ready":
            parts = await self.streams.state.health()
            status = 200 if all(part["ok"] for part in parts.values()) else 503
            body = json.dumps(parts).encode()
        elif path == "/inside":
            hub = self.streams.state.hub
            gc.collect()
            body = json.dumps(
                {
                    "tasks": len(asyncio.all_tasks()),
                    "streams": len(hub.streams),
                    "held": sum(isinstance(each, Subscriber) for each in gc.get_objects()),
                    "lagging": sum(stream.far == "lagging" for stream in hub.streams),
                    "people": len(hub.people),
                    "visited": sum(len(part) for part in hub.rounds._parts),
                    "watching": sum(len(tail.streams) for tail in hub.topics.tails.values()),
                }
            ).encode()
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    """uvicorn, draining the streams as the product does."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app: Any = self.config.app
        drained = asyncio.create_task(app.streams.state.drain())
        await super().shutdown(sockets)
        await drained


def create_server(port: int, settings: Settings, host: str = "127.0.0.1", http: str = "httptools") -> Server:
    """Return the server, to be run."""
    config = uvicorn.Config(
        Alone(settings), host=host, port=port, loop="uvloop", http=http,  # pyright: ignore[reportArgumentType] -- one of uvicorn's names
        lifespan="on",
        access_log=False, log_level="warning", backlog=4096, timeout_graceful_shutdown=30,
    )  # fmt: skip
    return Server(config)


def main() -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    create_server(int(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Settings), sys.argv[3]).run()


if __name__ == "__main__":
    main()
