"""The way in: gives each request an id, counts it, logs it. The one piece of ASGI around the handlers."""

import logging
import os
import re
import time
from itertools import count
from typing import Any

from litestar import Litestar
from litestar.exceptions import NotFoundException
from prometheus_client import Histogram

from service.api.answers import Answer, Header
from service.api.call import Shared
from service.api.problems import on_http_exception, with_head

logger = logging.getLogger("service.requests")

SECONDS = Histogram(
    "livelane_http_seconds",
    "REST requests by operation and status, and how long they took",
    ["operation", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5),
)
ADDRESS = re.compile(r"(/([a-z]+|[1-9][0-9]{0,18}))+/?")  # where int() takes "+7", "1_0" and "٧" for numbers too
SLOW_S = 1.0  # worth a line of its own


class Visit:
    """One request from the way in to the way out."""

    __slots__ = ("bare", "began", "id", "person", "shared", "status", "topic")

    def __init__(self, shared: Shared, number: bytes) -> None:
        self.shared = shared
        self.id = number
        self.began = time.perf_counter()
        self.status = 500
        self.bare = False  # asked with HEAD: the answer to a GET, without its body
        self.person: bytes | None = None
        self.topic: bytes | None = None

    def sent(self, answer: Answer) -> tuple[Header, ...]:
        """Take notice of the answer; returns the headers that every answer has."""
        self.status = answer.status
        self.person = answer.person
        self.topic = answer.topic
        return ((b"x-request-id", self.id), NO_SNIFF)


NO_SNIFF = (b"x-content-type-options", b"nosniff")


class Service(Litestar):
    """Litestar with the door in front."""

    shared: Shared

    def open_door(self, shared: Shared) -> None:
        """To be called once, before the first request."""
        self.shared = shared
        self._prefix = os.urandom(4).hex().encode()
        self._numbers = count(1)
        self._allow = {route.path_format: with_head(", ".join(sorted(route.methods))).encode() for route in self.routes}
        self._seconds: dict[tuple[str, int], Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        visit = Visit(self.shared, b"%b-%d" % (self._prefix, next(self._numbers)))
        scope["livelane"] = visit
        if scope["method"] == "HEAD":
            scope, visit.bare = scope | {"method": "GET"}, True
        try:
            if scope["path"].startswith("/api/") and not ADDRESS.fullmatch(scope["path"]):
                await on_http_exception(None, NotFoundException())(scope, receive, send)
            elif scope["method"] == "OPTIONS" and (allow := self._allowed(scope["path"])):
                await Answer(204, ((b"allow", allow),))(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            self._out(visit, scope)

    def _allowed(self, path: str) -> bytes | None:
        """The methods of an address. Litestar's own answer knows only the method that was registered first."""
        try:
            *_, template = self.asgi_router.handle_routing(path=path, method="OPTIONS")
        except NotFoundException:
            return None
        return self._allow.get(template)

    def _out(self, visit: Visit, scope: Any) -> None:
        seconds = time.perf_counter() - visit.began
        handler = scope.get("route_handler")
        operation = (handler.opt.get("operation") if handler else None) or "none"
        timer = self._seconds.get((operation, visit.status))
        if timer is None:
            timer = self._seconds[operation, visit.status] = SECONDS.labels(operation, visit.status)
        timer.observe(seconds)
        level = logging.DEBUG
        if visit.status >= 500 or seconds > SLOW_S:
            level = logging.WARNING
        elif visit.status in (403, 429):
            level = logging.INFO
        if logger.isEnabledFor(level):
            logger.log(
                level,
                "%s answered %d in %.1f ms",
                operation,
                visit.status,
                seconds * 1000,
                extra={
                    "request": visit.id.decode(),
                    "person": visit.person and int(visit.person),
                    "topic": visit.topic and visit.topic.decode(),
                    "path": scope["path"],
                },
            )
