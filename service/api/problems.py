"""Turns what went wrong into application/problem+json (RFC 9457). Alone in knowing which error has which status."""

import http
import logging
import re
from typing import Any, cast

import msgspec
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException

from service.api.answers import NO_STORE, Answer, Header
from service.domain import errors
from service.domain.errors import BoardError
from service.domain.texts import WANTED

logger = logging.getLogger(__name__)


class Malformed(BoardError):
    """The request cannot be read."""


class WrongType(BoardError):
    """The body is not JSON."""


class TooLarge(BoardError):
    """The body is too large."""


class CrossSite(BoardError):
    """This came from another site."""


PROBLEMS: dict[type[BoardError], tuple[int, str]] = {  # status, last part of `type`; the title is the docstring
    Malformed: (400, "malformed"),
    errors.NotSignedIn: (401, "signed-out"),
    errors.Forbidden: (403, "forbidden"),
    CrossSite: (403, "cross-site"),
    errors.NotFound: (404, "not-found"),
    errors.Conflict: (409, "conflict"),
    errors.Misplaced: (409, "misplaced"),
    errors.Archived: (409, "archived"),
    errors.OverLimit: (409, "wip-limit"),
    errors.Exists: (409, "exists"),
    errors.LastOwner: (409, "last-owner"),
    errors.Gone: (410, "gone"),
    TooLarge: (413, "too-large"),
    WrongType: (415, "media-type"),
    errors.Invalid: (422, "invalid"),
    errors.KeyReused: (422, "idempotency"),
    errors.TooMany: (429, "too-many"),
    errors.Locked: (503, "locked"),
    errors.Away: (503, "unavailable"),
}
OTHERS = {405: "method", 500: "internal"}
RETRY_S: dict[type[BoardError], int] = {errors.Locked: 1, errors.Away: 2}


def problem(status: int, name: str, title: str, detail: str, headers: tuple[Header, ...] = (), **more: Any) -> Answer:
    """Return a problem document."""
    body = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail, **more}
    return Answer(status, (_PROBLEM, NO_STORE, *headers), msgspec.json.encode(body))


def on_board_error(_: object, error: BoardError) -> Answer:
    """Answer what the domain refused."""
    kind = type(error)
    status, name = PROBLEMS[kind]
    more = dict(error.more)
    headers: list[Header] = []
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if wait_s := more.pop("retry_s", RETRY_S.get(kind)):
        headers.append((b"retry-after", b"%d" % wait_s))
    if status == 422 and "field" in more and "errors" not in more:
        more["errors"] = [{"field": more.pop("field"), "detail": error.detail}]
    return problem(status, name, (kind.__doc__ or "").rstrip("."), error.detail, tuple(headers), **more)


def on_http_exception(_: object, error: HTTPException) -> Answer:
    """Answer what Litestar refused: unknown paths and methods, parameters of the wrong type."""
    if isinstance(error, NotFoundException):
        return on_board_error(None, errors.NotFound("There is nothing at this address."))
    if isinstance(error, MethodNotAllowedException):
        allow = with_head((error.headers or {}).get("allow", ""))
        detail = f"This address takes {allow}." if allow else "This address does not take that method."
        return problem(405, "method", "Method not allowed", detail, ((b"allow", allow.encode()),))
    if isinstance(error, ValidationException):
        return on_board_error(None, _bad_parameters(error))
    if 400 <= error.status_code < 500:
        return on_board_error(None, Malformed(error.detail))
    return on_exception(None, error)


def with_head(allow: str) -> str:
    """Return the methods with HEAD beside GET: the door answers one with the other."""
    return allow.replace("GET", "GET, HEAD")


def on_exception(_: object, error: Exception) -> Answer:
    """Answer, and log, what nobody foresaw."""
    logger.error("a request failed", exc_info=error)
    return problem(500, OTHERS[500], http.HTTPStatus(500).phrase, "This is a fault of the server; its log says more.")


def invalid(error: msgspec.ValidationError) -> BoardError:
    """Return which field of a body is wrong, and how."""
    text, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    if match := re.match(r"Object (?:contains unknown|missing required) field `(.*)`", text, re.DOTALL):
        path = f"{path}.{match[1]}" if path else match[1]
    elif match := re.fullmatch(r"Expected `str` of length (<=|>=) (\d+)", text):
        bound, characters = (
            "most" if match[1] == "<=" else "least",
            "character is" if match[2] == "1" else "characters are",
        )
        text = f"At {bound} {match[2]} {characters} expected."
    text = PATTERNS.get(text, text)
    return errors.Invalid(text, {"errors": [{"field": path, "detail": text}]})


def _bad_parameters(error: ValidationException) -> BoardError:
    extra = cast("list[dict[str, str]]", error.extra or [])
    found = [{"field": item["key"], "detail": item["message"]} for item in extra]
    return errors.Invalid("A parameter of the address is not acceptable.", {"errors": found})


PATTERNS = {f"Expected `str` matching regex {pattern!r}": said for pattern, said in WANTED.items()}
_PROBLEM: Header = (b"content-type", b"application/problem+json")
HANDLERS: Any = {BoardError: on_board_error, HTTPException: on_http_exception, Exception: on_exception}
