"""What an operation promises, written beside its handler: the OpenAPI document is made from it."""

from typing import Any

import msgspec

READ = (401, 404, 503)
WRITE = (400, 401, 403, 404, 409, 413, 415, 422, 503)
BARE_WRITE = (400, 401, 403, 404, 409, 422, 503)  # without a body


class Promise(msgspec.Struct, frozen=True):
    """One operation's side of the API."""

    operation: str
    tag: str
    answer: Any  # the body's type; None: there is none
    body: Any = None
    status: int = 200
    problems: tuple[int, ...] = ()
    matches: bool = False  # takes If-Match
    keyed: bool = False  # takes an Idempotency-Key, and answers Event-Seq
    open: bool = False  # needs nobody signed in
    headers: tuple[str, ...] = ()  # response headers worth naming
    query: dict[str, Any] = {}  # parameters after the question mark, each a JSON schema


def promise(operation: str, tag: str, answer: Any, **more: Any) -> dict[str, Any]:
    """Return the keyword arguments of a Litestar route decorator."""
    made = Promise(operation, tag, answer, **more)
    # The answer carries its status itself; this one only keeps Litestar from refusing 204.
    return {"name": operation, "status_code": 200, "opt": {"promise": made, "operation": operation}}
