"""The REST API as an ASGI app."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from litestar import Litestar

from service.api import boards, columns, docs, events, me, members, sessions, tickets, tokens
from service.api.call import Call, Shared
from service.api.door import Service
from service.api.problems import HANDLERS
from service.domain.tokens import keep_noting
from service.metrics import watch
from service.settings import Settings

ROUTES = [
    *sessions.ROUTES,
    *me.ROUTES,
    *tokens.ROUTES,
    *boards.ROUTES,
    *columns.ROUTES,
    *tickets.ROUTES,
    *members.ROUTES,
    *events.ROUTES,
    *docs.ROUTES,
]


def create_app(settings: Settings, rung: Callable[[str], None] | None = None) -> Litestar:
    """Return the API: everything under /api, /docs and /problems. Its database is open within the app's lifespan.

    `rung` is called at once with each topic that a write has moved; "*": any may have. Other processes are notified.
    """
    shared = Shared(settings, rung)

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncGenerator[None]:
        async with shared.bell.ringing(), shared.database:
            beside = [
                asyncio.create_task(watch(shared.database, shared.bell)),
                asyncio.create_task(keep_noting(shared.database, shared.tokens)),
            ]
            yield
            for task in beside:
                task.cancel()

    app = Service(
        route_handlers=[*ROUTES],
        exception_handlers=HANDLERS,
        lifespan=[running],
        request_class=Call,
        openapi_config=None,
        logging_config=None,
    )
    app.open_door(shared)
    app.state.health = shared.database.health
    app.state.told = lambda: shared.bell.session
    return app


def openapi_json() -> str:
    """Return the API's OpenAPI 3.1 document, as `livelane schema` prints it."""
    return json.dumps(docs.whole(), indent=2, ensure_ascii=False)
