"""One HTTP/1.1 request on a connection of its own, keeping the time of every piece that comes back.

Libraries hide what is looked for here: where a proxy cut the body, and when each piece came.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PIECE_BYTES = 65_536
HEAD_BYTES = 65_536


class Unreachable(Exception):
    """No answer could be had; the text says why."""


class Exchange:
    """A request that was sent, and its answer as far as it has come. Raises Unreachable when there is none."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        method: str = "GET",
        body: bytes = b"",
        timeout_s: float = 5.0,
        bare: bytes = b"",
    ) -> None:
        self.url = url
        self.status = 0
        self.version = ""
        self.headers: dict[str, str] = {}
        self.ended = False
        self._rest = b""
        self._chunked = False
        self._left: int | None = None  # bytes of the body or chunk still to come; None: until the end, or a new chunk
        began = time.monotonic()
        try:
            self._socket = self._connect(timeout_s)
            self.connect_s = time.monotonic() - began
            self.sent_at = time.monotonic()
            self._socket.sendall(bare or self._request(method, headers, body))
            self._read_head(self.sent_at + timeout_s)
        except TimeoutError:
            raise Unreachable(f"no answer within {timeout_s:.0f} s") from None
        except ssl.SSLError as error:
            raise Unreachable(f"TLS failed: {error.reason or error}") from None
        except OSError as error:
            raise Unreachable(error.strerror or str(error)) from None
        self.first_byte_s = time.monotonic() - self.sent_at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def piece(self, until: float) -> bytes | None:
        """Return the next piece of the body as it came: b"" at its end, None when none came until then (monotonic)."""
        while not self.ended:
            if self._rest and (got := self._body()):
                return got
            if self.ended:
                break
            left_s = until - time.monotonic()
            if left_s <= 0:
                return None
            self._socket.settimeout(left_s)
            try:
                more = self._socket.recv(PIECE_BYTES)
            except TimeoutError:
                return None
            except OSError:
                more = b""
            if not more:
                self.ended = True
            self._rest += more
        return b""

    def whole(self, timeout_s: float = 5.0) -> bytes:
        """Return the body to its end, as far as it comes within the time."""
        until = time.monotonic() + timeout_s
        pieces: list[bytes] = []
        while got := self.piece(until):
            pieces.append(got)
        return b"".join(pieces)

    def _connect(self, timeout_s: float) -> socket.socket:
        url = urlsplit(self.url)
        host = url.hostname or "localhost"
        plain = socket.create_connection((host, url.port or (443 if url.scheme == "https" else 80)), timeout_s)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.scheme != "https":
            return plain
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context.wrap_socket(plain, server_hostname=host)

    def _request(self, method: str, headers: Mapping[str, str], body: bytes) -> bytes:
        url = urlsplit(self.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        lines = {"Host": url.netloc.rpartition("@")[2], "User-Agent": "livelane-doctor", **headers}
        if body or method == "POST":
            lines |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body

    def _read_head(self, until: float) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            more = self._socket.recv(PIECE_BYTES)
            if not more or len(head) > HEAD_BYTES:
                raise ConnectionError("the connection was closed without an answer")
            head += more
        head, _, self._rest = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.version, _, rest = first.partition(" ")
        self.status = int(rest[:3]) if rest[:3].isdecimal() else 0
        for line in lines:
            name, _, value = line.partition(":")
            known = self.headers.get(name.lower())
            self.headers[name.lower()] = f"{known}, {value.strip()}" if known else value.strip()
        self._chunked = self.headers.get("transfer-encoding", "").lower().endswith("chunked")
        if not self._chunked and "content-length" in self.headers:
            self._left = int(self.headers["content-length"])
            self.ended = self._left == 0

    def _body(self) -> bytes:
        """Take what is body out of what has come; b"" when that is not enough."""
        if self._chunked:
            return self._chunks()
        got, self._rest = self._rest, b""
        if self._left is not None:
            self._left -= len(got)
            self.ended = self._left <= 0
        return got

    def _chunks(self) -> bytes:
        got: list[bytes] = []
        while self._rest:
            if self._left is None:
                size, found, rest = self._rest.partition(b"\r\n")
                if not found:
                    break
                self._left, self._rest = int(size.partition(b";")[0] or b"0", 16), rest
                if self._left == 0:
                    self.ended = True
                    break
                self._left += 2  # and its line end
            taken, self._rest = self._rest[: self._left], self._rest[self._left :]
            self._left -= len(taken)
            got.append(taken[: len(taken) - max(0, 2 - self._left)])
            if self._left == 0:
                self._left = None
        return b"".join(got)


def negotiated(url: str, timeout_s: float = 5.0) -> str:
    """Return what a browser would speak with this https address: "h2", "http/1.1", "" when unknown."""
    at = urlsplit(url)
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with (
            socket.create_connection((at.hostname or "", at.port or 443), timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=at.hostname) as wrapped,
        ):
            return wrapped.selected_alpn_protocol() or ""
    except OSError:
        return ""
