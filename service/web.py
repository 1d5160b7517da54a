"""Serves the built web app: hashed assets for ever, the page itself always fresh, and the page for every other path."""

import gzip
import hashlib
import json
import mimetypes
import os
import re
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

# ASGI as it is: any server's and framework's own types fit.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HERE = Path(__file__).parent
PLACES = (HERE.parent / "frontend" / "dist", HERE / "web")  # in a checkout, in a wheel
EARLIER_DAYS = 30  # how long a page may stay open and still find what it loads late
SMALL = 1_000  # bytes below which compressing is not worth it
TEXTS = ("text/", "application/json", "application/manifest+json", "image/svg+xml")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the dialogs' scroll lock and the toasts bring style elements
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
KINDS = {
    404: ("not-found", "There is no such thing here", "Nothing is at {path}."),
    405: ("method", "Method not allowed", "{path} takes GET and HEAD, not {method}."),
}
FRESH = "no-cache"  # asked for again each time, answered 304 while nothing changed
FOR_EVER = "public, max-age=31536000, immutable"

NOT_BUILT = b"""<!doctype html><meta charset="utf-8"><title>Livelane</title>
<p>The web app is not built yet: <code>./justw setup</code> builds it. The API is there: <a href="docs">docs</a>.</p>
"""


class Asset(msgspec.Struct, frozen=True):
    """One file, ready to be sent."""

    kind: str
    body: bytes
    small: bytes | None  # the same, compressed
    etag: str


def folder() -> Path | None:
    """Return where the built web app is, or None."""
    return next((place for place in PLACES if (place / "index.html").exists()), None)


def app_version() -> str:
    """Return the version of the web app that is served, 8 hex characters; "none" when there is none."""
    place = folder()
    return hashlib.sha256((place / "index.html").read_bytes()).hexdigest()[:8] if place else "none"


def keep_assets(earlier: Path) -> None:
    """Lay today's hashed assets beside those of earlier releases, for pages that were opened before an upgrade.

    What no release of the last EARLIER_DAYS has brought goes.
    """
    place = folder()
    if place is None:
        return
    earlier.mkdir(mode=0o700, parents=True, exist_ok=True)
    for asset in (place / "assets").iterdir():
        fresh = earlier / f".{asset.name}.{os.getpid()}"
        shutil.copyfile(asset, fresh)
        fresh.rename(earlier / asset.name)
    for kept in earlier.iterdir():
        if kept.stat().st_mtime < time.time() - EARLIER_DAYS * 86_400:
            kept.unlink()


class Web:
    """The web app as an ASGI app. Only files that are in its folder are ever named, so no path can lead out of it."""

    def __init__(self, prefix: str, version: str, earlier: Path | None = None) -> None:
        self.prefix = prefix
        self.version = version
        self.earlier = earlier
        self.built = 0.0  # when the page that we know was written
        self.files: dict[str, Path] = {}
        self.assets: dict[str, Asset] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] not in {"GET", "HEAD"}:
            await problem(scope, send, 405, {"allow": "GET, HEAD"})
            return
        self._look()
        path = scope["path"].lstrip("/")
        hashed = path.startswith("assets/")
        if path not in self.files:
            if hashed:
                await problem(scope, send, 404)
                return
            path = "index.html"
        if path not in self.files:
            await answer(scope, send, 503, {"content-type": "text/html", "retry-after": "5", **HEADERS}, NOT_BUILT)
            return
        await self._send(scope, send, self._asset(path), FOR_EVER if hashed else FRESH)

    async def _send(self, scope: Scope, send: Send, asset: Asset, caching: str) -> None:
        asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
        headers = {"content-type": asset.kind, "cache-control": caching, "etag": asset.etag, **HEADERS}
        if asset.small:
            headers["vary"] = "accept-encoding"
        if asset.etag in asked.get(b"if-none-match", ""):
            await answer(scope, send, 304, headers, b"")
        elif asset.small and "gzip" in asked.get(b"accept-encoding", ""):
            await answer(scope, send, 200, headers | {"content-encoding": "gzip"}, asset.small)
        else:
            await answer(scope, send, 200, headers, asset.body)

    def _look(self) -> None:
        """Read the folder again when the page was built anew."""
        place = folder()
        built = (place / "index.html").stat().st_mtime if place else 0.0
        if place and built != self.built:
            found = (path for path in place.rglob("*") if path.is_file() and ".vite" not in path.parts)
            earlier = self.earlier.iterdir() if self.earlier and self.earlier.is_dir() else ()
            self.files = {f"assets/{path.name}": path for path in earlier}
            self.files |= {path.relative_to(place).as_posix(): path for path in found}
            self.assets.clear()
            self.built = built

    def _asset(self, path: str) -> Asset:
        if path not in self.assets:
            body = self.files[path].read_bytes()
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            if path.endswith(".woff2"):
                kind = "font/woff2"
            if path == "index.html":
                body = self._page(body)
            small = gzip.compress(body, 9, mtime=0) if len(body) > SMALL and _is_text(kind) else None
            kind += "; charset=utf-8" if kind.startswith("text/") else ""
            self.assets[path] = Asset(kind, body, small, f'"{hashlib.sha256(body).hexdigest()[:16]}"')
        return self.assets[path]

    def _page(self, body: bytes) -> bytes:
        """Return the page with the path prefix as its base, and the version that it is."""
        base = f'<base href="{self.prefix}/"><meta name="livelane-app" content="{self.version}">'
        return re.sub(rb"<base [^>]*>", base.encode(), body, count=1)


def _is_text(kind: str) -> bool:
    return kind.startswith(TEXTS) or "javascript" in kind


async def answer(scope: Scope, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send one whole answer; without the body to a HEAD."""
    lines = {"content-length": str(len(body)), **headers} if status != 304 else headers
    raw = [(name.encode(), value.encode("latin-1")) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    sent = b"" if scope.get("method") == "HEAD" else body
    await send({"type": "http.response.body", "body": sent, "more_body": False})


async def problem(
    scope: Scope, send: Send, status: int, headers: Mapping[str, str] | None = None, detail: str = ""
) -> None:
    """Send problem+json for what no other app answers."""
    kind, title, sentence = KINDS[status]
    body = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail or sentence.format(**scope)}
    await answer(
        scope, send, status, {"content-type": "application/problem+json", **(headers or {})}, json.dumps(body).encode()
    )
