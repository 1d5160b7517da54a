"""Errors before the first byte, as RFC 9457 problem details."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from streams import metrics

logger = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

KINDS = {  # by status: last part of `type`, and the title
    400: ("malformed", "The request cannot be read"),
    401: ("signed-out", "Not signed in"),
    404: ("not-found", "Not found"),
    405: ("method", "Method not allowed"),
    422: ("invalid", "Invalid request"),
    429: ("too-many", "Too many streams"),
    500: ("internal", "Internal error"),
    503: ("unavailable", "Not available now"),
}


class Problem(Exception):
    """Says why a stream is not opened."""

    def __init__(self, status: int, detail: str, *, field: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.retry_after_s = retry_after_s


def answer_problem(_: AnyRequest, problem: Problem) -> Response[bytes]:
    """The HTTP answer to a Problem."""
    metrics.REFUSED.labels(str(problem.status)).inc()
    kind, title = KINDS.get(problem.status, ("invalid", "Invalid request"))
    body: dict[str, Any] = {
        "type": f"/problems/{kind}",
        "title": title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.field:
        body["errors"] = [{"field": problem.field, "detail": problem.detail}]
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body), status_code=problem.status, media_type="application/problem+json", headers=headers
    )


def answer_http_exception(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework found wrong (no such path, wrong method), in the same shape."""
    if error.status_code == 404:
        return answer_problem(request, Problem(404, "There is nothing at this address."))
    answer = answer_problem(request, Problem(error.status_code, f"{error.detail}."))
    for name, value in (error.headers or {}).items():
        answer.set_header(name, value)
    return answer


def answer_exception(request: AnyRequest, error: Exception) -> Response[bytes]:
    """What nobody foresaw; the log says it."""
    logger.error("a stream could not be opened", exc_info=error)
    return answer_problem(request, Problem(500, "This is a fault of the server; its log says more."))
