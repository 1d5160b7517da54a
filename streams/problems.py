"""Errors before the first byte, as RFC 9457 problem details."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from streams import metrics

TITLES = {
    401: "Not signed in",
    404: "Not found",
    405: "Method not allowed",
    422: "Invalid request",
    429: "Too many streams",
    503: "Not available now",
}


class Problem(Exception):
    """Says why a stream is not opened."""

    def __init__(self, status: int, detail: str, *, field: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.retry_after_s = retry_after_s


def answer_problem(_: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    """The HTTP answer to a Problem."""
    metrics.REFUSED.labels(str(problem.status)).inc()
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(problem.status, "Error"),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.field:
        body["errors"] = [{"field": problem.field, "detail": problem.detail}]
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body), status_code=problem.status, media_type="application/problem+json", headers=headers
    )


def answer_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework found wrong (no such path, wrong method), in the same shape."""
    answer = answer_problem(request, Problem(error.status_code, error.detail or TITLES.get(error.status_code, "Error")))
    for name, value in (error.headers or {}).items():
        answer.set_header(name, value)
    return answer
