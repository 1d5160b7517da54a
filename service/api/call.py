"""One request: who asks, under which key, and its body as a type. Nothing here asks the database."""

import hashlib
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import msgspec
from litestar import Request

from service.api.contract import Promise
from service.api.limits import Limits
from service.api.problems import CrossSite, Malformed, TooLarge, WrongType, invalid
from service.bell import Bell
from service.database import Database
from service.domain import workspace
from service.domain.access import Attempt
from service.domain.errors import NotSignedIn
from service.domain.passwords import Passwords
from service.domain.secret import hashed
from service.settings import Settings

T = TypeVar("T")

BODY_BYTES = 2_000_000  # a description of 100,000 characters, each written as \uXXXX twice, and some room
NOTED = 10_000  # tokens seen within a minute, at most; invented ones are not known from real ones here
SAFE = {"GET", "HEAD", "OPTIONS"}


class Shared:
    """What every request needs, for as long as the service runs."""

    def __init__(self, settings: Settings, rung: Callable[[str], None] | None = None) -> None:
        self.settings = settings
        self.bell = Bell(settings.database_url, rung)
        self.database = Database(settings.database_url, settings.connections, self.bell.ring)
        self.passwords = Passwords()
        self.limits = Limits()
        self.cookie = b""  # its name tells the instance; read from the database when it first answers
        self.tokens: set[bytes] = set()  # hashes seen since they were last noted


class Call(Request[Any, Any, Any]):
    """Litestar's request, with what this API reads from it."""

    @property
    def shared(self) -> Shared:
        scope: Any = self.scope
        return scope["livelane"].shared  # put there by the door

    def header(self, name: bytes) -> bytes | None:
        """Return a header's value. Malformed when it came twice."""
        found = None
        for key, value in self.scope["headers"]:
            if key == name:
                if found is not None:
                    raise Malformed(f"The header {name.decode()} may stand there once.")
                found = value
        return found

    async def credential(self) -> bytes:
        """Return the hash of the bearer token or session cookie. A cookie may write only from the same site."""
        authorization = self.header(b"authorization")
        if authorization is not None:
            kind, _, secret = authorization.partition(b" ")
            if kind.lower() != b"bearer" or not secret.strip():
                raise NotSignedIn("The header is `Authorization: Bearer <token>`.")
            token = hashed(secret.strip())
            if len(self.shared.tokens) < NOTED:
                self.shared.tokens.add(token)
            return token
        secret = await self.session_secret()
        if secret is None:
            raise NotSignedIn("Sign in, or send `Authorization: Bearer <token>`.")
        if self.scope["method"] not in SAFE:
            self.refuse_cross_site()
        return hashed(secret)

    async def session_secret(self) -> bytes | None:
        """Return the session cookie's value, if there is one."""
        for name, value in self.scope["headers"]:
            if name == b"cookie":
                wanted = await self.cookie_name() + b"="
                for part in value.split(b";"):
                    crumb = part.strip()
                    if crumb.startswith(wanted):
                        return crumb[len(wanted) :]
        return None

    async def cookie_name(self) -> bytes:
        """Return the session cookie's name, which tells this instance from others on the same host."""
        if not self.shared.cookie:
            self.shared.cookie = b"livelane_" + await workspace.instance(self.shared.database)
        return self.shared.cookie

    @property
    def host(self) -> str:
        """The address of the network that the request came from, behind trusted proxies that of their client."""
        client = self.scope["client"]
        return client[0] if client else ""

    def refuse_cross_site(self) -> None:
        """Raise CrossSite unless a page of ours sent this. For writes with a cookie, and before there is one."""
        site = self.header(b"sec-fetch-site")
        if site is not None:
            if site == b"same-origin":
                return
            raise CrossSite("A page of another site sent this; it was refused.")
        origin = self.header(b"origin")
        settings = self.shared.settings
        host = self.header(b"host") or b""
        ours = settings.origin or f"{self.scope['scheme']}://{host.decode('latin-1')}"
        if origin is None:
            self._refuse(
                "The request says neither Sec-Fetch-Site nor Origin, so it is not known which page sent it.", ours
            )
        if not _same_origin(origin.decode("latin-1"), ours):
            self._refuse(f"The request comes from {origin.decode('latin-1')}, but this is {ours}.", ours)

    def _refuse(self, why: str, ours: str) -> NoReturn:
        said = (self.header(b"origin") or ours.encode("latin-1")).decode("latin-1")
        raise CrossSite(
            f"{why} If {said} is where people open Livelane, start it with --public-url {said}"
            f"{self.shared.settings.prefix}; programs use a bearer token instead of a cookie."
        )

    async def read(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the body as the decoder's type."""
        return self.decode(await self.content(), decoder)

    async def attempt(self, decoder: msgspec.json.Decoder[T]) -> tuple[Attempt, T]:
        """Return who asks for a write and under which conditions, and its body."""
        credential = await self.credential()
        content = await self.content()
        return self._attempt(credential, content), self.decode(content, decoder)

    async def bare_attempt(self) -> Attempt:
        """The same for a write without a body."""
        return self._attempt(await self.credential(), b"")

    def _attempt(self, credential: bytes, content: bytes) -> Attempt:
        """Read the conditions that this operation promises to keep; others' headers are nothing to it."""
        promise: Promise = self.scope["route_handler"].opt["promise"]
        known = self.header(b"if-match") if promise.matches else None
        version = None
        if known is not None:
            if not IF_MATCH.fullmatch(known):
                raise Malformed('If-Match names one version: "7", in quotes.')
            version = known[1:-1].lstrip(b"0")[:10] or b"0"
            if len(version) == 10:
                version = BEYOND
        key = self.header(b"idempotency-key") if promise.keyed else None
        if key is None:
            return Attempt(credential, None, None, version)
        if not KEY.fullmatch(key):
            raise Malformed("An Idempotency-Key has 1 to 200 visible ASCII characters.")
        asked = b"\n".join((self.scope["method"].encode(), self.scope["path"].encode(), known or b"", content))
        return Attempt(credential, key, b"\\x" + hashlib.sha256(asked).hexdigest().encode(), version)

    async def content(self) -> bytes:
        """Return the bytes of a JSON body."""
        kind = (self.header(b"content-type") or b"").partition(b";")[0].strip().lower()
        if kind != b"application/json":
            raise WrongType("Send the body as `Content-Type: application/json`.")
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message: Any = await self.receive()
            if message["type"] == "http.disconnect":
                raise Malformed("The connection ended before the body did.")
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > BODY_BYTES:
                raise TooLarge(f"A body has {BODY_BYTES} bytes at most.")
            parts.append(part)
            more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @staticmethod
    def decode(content: bytes, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the content as the decoder's type; Malformed when it is no JSON, Invalid when it is another shape."""
        try:
            return decoder.decode(content)
        except msgspec.ValidationError as error:
            if "got `float`" in str(error) and (again := _with_integers(content, decoder)) is not None:
                return again
            raise invalid(error) from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Malformed(f"The body is not JSON: {error}") from None


IF_MATCH = re.compile(rb'"[0-9]+"')
BEYOND = b"2147483647"  # as good as every version of ten digits: no row comes so far
KEY = re.compile(rb"[\x21-\x7e]{1,200}")


def _with_integers(content: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Return the content with 3.0 read as 3, which in JSON is the same number; None if that does not help."""

    def whole(value: Any) -> Any:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, dict):
            return {key: whole(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
        return value

    try:
        return msgspec.convert(whole(msgspec.json.decode(content)), decoder.type)
    except (msgspec.DecodeError, RecursionError):
        return None


def _same_origin(one: str, other: str) -> bool:
    def plain(origin: str) -> str:
        origin = origin.lower()
        return origin.removesuffix(":80") if origin.startswith("http://") else origin.removesuffix(":443")

    return plain(one) == plain(other)
