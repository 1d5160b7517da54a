"""The OpenAPI document, made from the promises beside the handlers."""

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, cast

import msgspec
from litestar.handlers import HTTPRouteHandler

from service.api.contract import Promise
from service.api.examples import EXAMPLES
from service.api.problems import OTHERS, PROBLEMS

Object = dict[str, Any]

ABOUT = """A kanban board that is live for everyone. Send a bearer token (`POST /api/tokens`) or, from the web app, the
session cookie. Every write answers the row as it now is, and in `Event-Seq` and `Event-Topic` the last event it made.
Every board, column, ticket and member write takes an `Idempotency-Key` (1 to 200 visible characters): the same request
with the same key gets the first answer again, for 24 hours; another request with it 422. PATCH and move take `If-Match`
with the version that was read, `"7"`. Errors are `application/problem+json`. The streams under `/streams` are described
in docs/protocol.md."""

TAGS = {
    "account": "The first account, signing in, me, tokens",
    "boards": "Boards and their snapshots",
    "columns": "Columns",
    "tickets": "Tickets",
    "members": "Who is on a board",
    "history": "What happened",
}
BIG = 2**63 - 1
STATUSES = {500, *(status for status, _ in PROBLEMS.values())}


def document(handlers: Iterable[HTTPRouteHandler]) -> Object:
    """Return the OpenAPI 3.1 document of these handlers."""
    handlers = list(handlers)
    types = [kind for handler in handlers for kind in _types(handler.opt["promise"])]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = {repr(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    for name, schema in components.items():
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    paths: dict[str, Object] = {}
    for handler in handlers:
        path = re.sub(r":\w+", "", next(iter(handler.paths)))
        (method,) = handler.http_methods
        paths.setdefault(path, {})[method.lower()] = _operation(handler, path, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Livelane", "version": version("livelane"), "description": ABOUT},
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "responses": {str(status): _refusal(status) for status in sorted(STATUSES)},
            "parameters": {"If-Match": IF_MATCH, "Idempotency-Key": KEY},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "livelane_<instance>",
                    "description": "Set by sign-in. Writes with it must come from the same origin.",
                },
            },
        },
        "security": [{"token": []}, {"session": []}],
    }  # fmt: skip


def _types(promise: Promise) -> list[Any]:
    return [kind for kind in (promise.answer, *_bodies(promise)) if kind is not None]


def _bodies(promise: Promise) -> tuple[Any, ...]:
    body: Any = promise.body
    return cast("tuple[Any, ...]", body) if isinstance(body, tuple) else (body,)


def _operation(handler: HTTPRouteHandler, path: str, schema_of: Object) -> Object:
    promise: Promise = handler.opt["promise"]
    about = (handler.fn.__doc__ or "").strip()
    made: Object = {
        "operationId": promise.operation,
        "tags": [promise.tag],
        "summary": re.split(r"[.?](?: |$)|:", about)[0],
        "description": about,
        "parameters": _parameters(promise, path),
        "responses": _responses(promise, schema_of),
    }
    if promise.body is not None:
        kinds = [schema_of[repr(kind)] for kind in _bodies(promise)]
        schema = kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
        examples = {kind.__name__: {"value": EXAMPLES[kind.__name__]} for kind in _bodies(promise)}
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": examples}},
        }
    if headers := [
        name for name, taken in (("If-Match", promise.matches), ("Idempotency-Key", promise.keyed)) if taken
    ]:
        made["x-headers"] = headers
    if promise.open:
        made["security"] = []
    return made


def _parameters(promise: Promise, path: str) -> list[Object]:
    made: list[Object] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": BIG}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    for name, schema in promise.query.items():
        text = schema.get("description", "")
        made.append({"name": name, "in": "query", "required": False, "description": text, "schema": schema})
    if "ETag" in promise.headers:
        made.append(IF_NONE_MATCH)
    return made


def _responses(promise: Promise, schema_of: Object) -> Object:
    headers = {
        name: HEADERS[name] for name in (*promise.headers, *(("Event-Seq", "Event-Topic") if promise.keyed else ()))
    }
    good: Object = {"description": "Done." if promise.status == 204 else "As asked.", "headers": headers}
    if promise.answer is not None:
        good["content"] = {"application/json": {"schema": schema_of[repr(promise.answer)]}}
    made = {str(promise.status): good}
    if "ETag" in promise.headers:
        made["304"] = {"description": "The board is as `If-None-Match` says.", "headers": {"ETag": HEADERS["ETag"]}}
    made |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted({*promise.problems, 500})}
    return made


def _refusal(status: int) -> Object:
    """What every operation says with this status."""
    kinds = {name: (kind.__doc__ or "").strip() for kind, (at, name) in PROBLEMS.items() if at == status}
    kinds = kinds or {OTHERS[status]: "A fault of the server."}
    retry = {"Retry-After": HEADERS["Retry-After"]} if status in (429, 503) else {}
    challenge = {"WWW-Authenticate": HEADERS["WWW-Authenticate"]} if status == 401 else {}
    examples = {
        name: {"value": {"type": f"/problems/{name}", "title": title.rstrip("."), "status": status, "detail": "…"}}
        for name, title in kinds.items()
    }
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {
        "description": " ".join(kinds.values()),
        "headers": {**retry, **challenge},
        "content": {"application/problem+json": content},
    }


def _text(description: str, **more: Any) -> Object:
    return {"description": description, "schema": {"type": "string", **more}}


PROBLEM: Object = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`/problems/` and a name that programs may rely on."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "About this very case, for people."},
        "field": {"type": "string", "description": "The input it is about, e.g. `after`."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "conflicts": {
            "type": "array",
            "description": "With `conflict`: the fields that somebody changed since, with both values.",
            "items": {
                "type": "object",
                "required": ["field", "yours", "theirs", "by", "at"],
                "properties": {
                    "field": {"type": "string"},
                    "yours": {},
                    "theirs": {},
                    "by": {"type": ["object", "null"], "description": "{id, name}, if known."},
                    "via": {"type": ["string", "null"]},
                    "at": {"type": ["string", "null"], "format": "date-time"},
                },
            },
        },
        "current": {"type": "object", "description": "With `conflict`: the row as it is."},
    },
    "examples": [
        {
            "type": "/problems/conflict",
            "title": "Somebody changed the same field since you read it",
            "status": 409,
            "detail": "Somebody changed the same field since you read it. Nothing was applied.",
            "conflicts": [
                {
                    "field": "title", "yours": "Water the tomatoes", "theirs": "Water the beans",
                    "by": {"id": 4, "name": "Grace"}, "via": "rest", "at": "2026-11-23T10:00:00.123456Z",
                }
            ],
            "current": EXAMPLES["Ticket"],
        }
    ],
}  # fmt: skip
# Not among the operations' parameters, but named there as x-headers: a client must choose both for each request, and
# programs that try an API out by its document send made-up ones everywhere and take the refusal for a fault.
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    **_text(
        'The version that was read: `"7"`. Changes of other fields are no conflict; else 409.',
        pattern='^"[0-9]+"$',
    ),
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    **_text(
        "A new name for each change: sent again, the change gets its first answer again.", pattern="^[!-~]{1,200}$"
    ),
}
IF_NONE_MATCH = {"name": "If-None-Match", "in": "header", "required": False, **_text("An ETag: 304 if it still is so.")}
HEADERS: Object = {
    "Event-Seq": {
        "description": "The last event this write made in the row's topic; absent when nothing changed.",
        "schema": {"type": "integer"},
    },
    "Event-Topic": _text("That topic, `board/7`."),
    "ETag": _text("Names epoch, seq and the web app's version."),
    "Set-Cookie": _text("The session."),
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
    "WWW-Authenticate": _text("Bearer"),
}
