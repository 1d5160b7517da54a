"""The composition root: service, streams and web app as one ASGI app on one port, and the servers that run it.

What the two apps offer to it, beside their routes, stands in their Litestar `state`:
    state.health   async () -> dict[str, dict]   parts by name, each {"ok": bool, "since": RFC 3339, "detail": str}
    state.drain    async () -> None              says goodbye to open streams; returns when they have ended
    state.rung     (topic: str) -> None          the streams': something moved here, or ("*") may have
    state.told     () -> int                     the service's: the session in PostgreSQL by which it tells others of it
    state.heard    () -> int                     for the streams: whose notifications are of what they were told here
Metrics are prometheus_client's own, in its default registry.
"""

import asyncio
import contextlib
import functools
import gc
import json
import logging
import os
import resource
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import uvicorn
from litestar import Litestar
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from service import logs
from service.schema.migrate import MigrationError, pending
from service.settings import Settings
from service.upkeep import look_after
from service.web import Receive, Scope, Send, Web, answer, problem
from service.workers import run_workers

ASGI = Callable[[Any, Any, Any], Awaitable[None]]

logger = logging.getLogger(__name__)

HEALTH_S = 2.0  # a part that has not said how it is by then is not well
DRAIN_S = 5.0  # for the goodbyes of open streams
GRACE_S = 10  # for requests under way; uvicorn cancels what is left
KEEP_ALIVE_S = 75  # longer than a proxy's, so that the proxy is the one that closes
NOW = {"cache-control": "no-store"}  # else a cache such as Varnish keeps it for two minutes
# New containers until the collector looks at them, such looks until a wider one, and those until it goes over
# everything. Python's own 700 are fewer than one answer of the database holds for a moment: they counted as lasting,
# and every few seconds a process that watches 100,000 boards stood still for 0.2 s. Opening a stream costs a tenth
# less, too. The price: what lies in cycles waits for 150,000 others, some 50 MB. We leave next to nothing in cycles.
COLLECT = (5_000, 5, 6)
BACKLOG = 4096  # everyone comes back at once after a restart


class Product:
    """All of Livelane as one ASGI app, or the half that `settings.only` names."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schema = Schema(settings.database_url)
        self.prefix = settings.prefix
        self.routes: dict[str, ASGI] = {"health": self._health, "metrics": _metrics}
        self.rest: ASGI = _other_half("streams")
        live = api = None
        if settings.only != "api":
            from streams.app import create_app as create_streams  # here: a half that does not run is not loaded
            from streams.settings import Settings as StreamSettings

            live = create_streams(
                StreamSettings(
                    database_url=settings.database_url,
                    app=settings.app,
                    wakeups=settings.wakeups,
                    shards=settings.wakeup_shards,
                )
            )
            self.routes["streams"] = live
        else:  # not the web app's page, which is the rest: whoever opens a stream would take it for one
            self.routes["streams"] = _other_half("api")
        if settings.only != "streams":
            from service.app import create_app

            api = create_app(settings, live.state.rung if live else None)
            self.routes |= dict.fromkeys(("api", "docs", "problems"), api)
            self.rest = Web(
                settings.prefix, settings.app, Path(settings.earlier_assets) if settings.earlier_assets else None
            )
        if live and api:
            live.state.heard = api.state.told
        self.parts = [part for part in (api, live) if part]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path = scope["path"]
        if self.prefix and (path == self.prefix or path.startswith(self.prefix + "/")):
            # A proxy may pass the prefix on or strip it; both arrive here.
            path = path[len(self.prefix) :] or "/"
            scope["path"] = path
            scope["raw_path"] = scope["raw_path"][len(self.prefix) :] or b"/"
        await self.routes.get(path.split("/", 2)[1] if "/" in path else "", self.rest)(scope, receive, send)

    async def drain(self) -> None:
        """End the open streams with a goodbye; waits at most DRAIN_S."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                for part in self.parts:
                    if drain := part.state.get("drain"):
                        await drain()

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncGenerator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for part in self.parts:
                await stack.enter_async_context(part.lifespan())
            upkeep = asyncio.create_task(look_after(self.settings.database_url, self.settings.retention_days))
            stack.callback(upkeep.cancel)
            gc.collect()
            gc.freeze()  # what is there at the start stays; collections need not look at it again
            gc.set_threshold(*COLLECT)
            yield

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with self._running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Exception as error:
            logger.exception("the product did not start or stop cleanly")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/health/live":
            await answer(scope, send, 200, {"content-type": "application/json", **NOW}, b'{"status":"live"}')
            return
        if scope["path"] != "/health/ready":
            await problem(scope, send, 404)
            return
        parts = {"migrations": await self.schema.health()}
        for part in self.parts:
            parts |= await _ask(part)
        ready = all(part["ok"] for part in parts.values())
        body = {"status": "ready" if ready else "not ready", "parts": parts}
        headers = {"content-type": "application/json", **NOW} | ({} if ready else {"retry-after": "2"})
        await answer(scope, send, 200 if ready else 503, headers, json.dumps(body).encode())


class Schema:
    """Whether the database has the schema of this release, or of a later one. Asked again only while it has not."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.since = _now()
        self.ok = False
        self.said = "none"  # by the database, when it was last asked

    async def health(self) -> dict[str, object]:
        detail = ""
        if not self.ok:
            try:
                due = await asyncio.wait_for(asyncio.to_thread(pending, self.url), HEALTH_S)
                if not due:
                    self.ok, self.since = True, _now()
                detail = f"pending: {', '.join(due)}" if due else ""
            except MigrationError as error:
                detail = str(error)
            except (psycopg.Error, TimeoutError) as error:
                detail = "The database does not answer; the server's log says more."
                if str(error) != self.said:
                    logger.warning("the schema cannot be looked at: %s", str(error).strip() or "no answer")
                self.said = str(error)
        return {"ok": self.ok, "since": self.since, "detail": detail}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _ask(part: Litestar) -> dict[str, dict[str, object]]:
    health = part.state.get("health")
    if health is None:
        return {}
    try:
        async with asyncio.timeout(HEALTH_S):
            return await health()
    except TimeoutError:
        return {"database": {"ok": False, "since": _now(), "detail": f"no answer within {HEALTH_S:.0f} s"}}


async def _metrics(scope: Scope, receive: Receive, send: Send) -> None:
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # several workers: each wrote its numbers to files
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    await answer(scope, send, 200, {"content-type": CONTENT_TYPE_LATEST, **NOW}, generate_latest(registry))


def _other_half(this: str) -> ASGI:
    """Return what answers for the half that is another process."""

    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"This process runs with --only {this}; let the proxy pass {scope['path']} to the other half."
        await problem(scope, send, 404, detail=detail)

    return nothing


def create_product(settings: Settings) -> Product:
    """Return the whole product as one ASGI app with one lifespan."""
    return Product(settings)


class Server(uvicorn.Server):
    """uvicorn, telling open streams goodbye before it waits for them. Ends by returning, never by a raised signal."""

    def __init__(self, product: Product, settings: Settings) -> None:
        self.product = product
        config = uvicorn.Config(
            product,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(settings.trusted_proxies),
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True  # a second Ctrl-C changes nothing: every wait on the way down is bounded

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        began = time.monotonic()
        goodbyes = asyncio.create_task(self.product.drain())
        await super().shutdown(sockets)
        await goodbyes
        logger.info("stopped in %.1f s", time.monotonic() - began)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket on which clients may already queue; port 0 takes a free one. OSError when it cannot be had."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(BACKLOG)
    listening.set_inheritable(True)
    return listening


def run(settings: Settings, listening: socket.socket) -> None:
    """Serve on the socket until SIGINT or SIGTERM, then stop gracefully and return."""
    logs.begin()
    Server(create_product(settings), settings).run([listening])


def _forget(worker: int) -> None:
    """Take a dead worker's gauges out of the sums; what it counted stays."""
    multiprocess.mark_process_dead(worker)  # type: ignore[no-untyped-call]


def _open_more_files() -> None:
    """Raise the soft limit of open files to the hard one: a stream is a file, and 1,024 is the usual soft limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems name a hard limit that they do not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run_all(settings: Settings, workers: int, listening: socket.socket) -> None:
    """The same with that many processes; each is a node of its own, with its own pool and listener."""
    _open_more_files()
    if workers == 1:
        run(settings, listening)
        return
    logs.begin()
    with tempfile.TemporaryDirectory(prefix="livelane-metrics-") as numbers:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = numbers
        run_workers(workers, functools.partial(run, settings), listening, _forget)
