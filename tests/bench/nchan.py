"""nginx with nchan, the fan-out server in C: GET /sub streams, POST /pub publishes."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
MISSING = "nginx with nchan is not installed and was left out: sudo apt-get install nginx-light libnginx-mod-nchan"

# One worker, as the product has one; nothing said means nchan's own default.
CONFIG = """
load_module {module};
daemon off; pid {folder}/pid; error_log {folder}/error.log; {user} worker_processes 1; worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /sub {{ nchan_subscriber eventsource; nchan_channel_id board; }}
    location = /pub {{ nchan_publisher; nchan_channel_id board; }}
  }}
}}
"""


def is_there() -> bool:
    """Whether it can be measured here."""
    return MODULE.exists() and Path(_program()).exists()


@contextlib.contextmanager
def nchan(folder: Path, core: int, connections: int) -> Generator[tuple[int, int]]:
    """Run it on that core for the block; gives the worker's pid and the port."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = f"user {folder.owner()};" if folder.owner() == "root" else ""
    config = folder / "nginx.conf"
    # nginx closes waiting connections when less than a sixteenth of what it may have is free
    config.write_text(CONFIG.format(module=MODULE, folder=folder, port=port, user=user, files=2 * connections))
    process = subprocess.Popen(
        [_program(), "-p", folder, "-c", config, "-e", folder / "error.log"],
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        until = time.monotonic() + 10
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (pids := workers.read_text().split()) or not _listens(port):
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < until, "nginx did not listen within 10 s"
            time.sleep(0.02)
        yield int(pids[0]), port
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _program() -> str:
    return shutil.which("nginx") or "/usr/sbin/nginx"
