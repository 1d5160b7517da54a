"""A real nginx before the product, on a port of its own."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

FRAME = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; types {{ }} default_type application/octet-stream;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {http}
  server {{
    listen 127.0.0.1:{port};
    {server}
  }}
}}
"""
GOOD = (
    "proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host $http_host;"
)


@contextlib.contextmanager
def nginx(upstream: str, folder: Path, location: str = GOOD, http: str = "") -> Generator[str]:
    """Run nginx before `upstream` for the block and give its address; `location` may say {upstream}."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = f"location / {{ {location.format(upstream=upstream)} }}"
    folder.mkdir(exist_ok=True)
    user = f"user {folder.owner()};" if folder.owner() == "root" else ""
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, port=port, http=http, server=server, user=user))
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        _await(port, process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        assert process.poll() is None, (folder / "error.log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("nginx did not listen within 10 s")
