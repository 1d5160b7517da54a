"""A server that is no Livelane, for what stands where Livelane should."""

import http.server
import threading
from collections.abc import Iterator

import pytest


class Web(http.server.ThreadingHTTPServer):
    """Answers every GET with one comment line of the `kind` it is told, and closes."""

    kind = "text/html; charset=utf-8"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Visit(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Web)
        self.send_response(200)
        self.send_header("Content-Type", self.server.kind)
        self.end_headers()
        self.wfile.write(b": ok\n\n")


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(("127.0.0.1", 0), Visit) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
