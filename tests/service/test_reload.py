"""`./justw dev`: follows changes, and stops cleanly with streams open."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg

from service import credentials

SOURCE = Path(__file__).parents[2] / "service" / "__init__.py"


def test_a_change_restarts_the_service_and_one_interrupt_ends_it_all(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        credentials.add_person(conn, "ada@example.org", "Ada", admin=False)
        headers = {"Authorization": f"Bearer {credentials.add_token(conn, 'ada@example.org', 'test')}"}
    port, web = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    beside = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{beside}:{os.environ['PATH']}", "LIVELANE_WEB_PORT": str(web)}
    command = [sys.executable, "-m", "service.reload", "--port", str(port), "--database-url", database_url]
    with subprocess.Popen(command, env=environment, start_new_session=True) as dev:
        try:
            eventually(lambda: answers(f"{url}/health/ready") and answers(f"http://localhost:{web}/health/ready"))
            board = httpx.post(f"{url}/api/boards", json={"title": "Dev"}, headers=headers).json()["id"]

            with httpx.stream("GET", f"{url}/streams/boards/{board}", headers=headers, timeout=30) as stream:
                lines = stream.iter_lines()
                assert "event: snapshot" in lines
                os.utime(SOURCE)
                assert "event: bye" in list(lines)
            eventually(lambda: answers(f"{url}/health/ready"))

            with httpx.stream("GET", f"{url}/streams/boards/{board}", headers=headers, timeout=30) as stream:
                lines = stream.iter_lines()
                assert "event: snapshot" in lines
                os.killpg(dev.pid, signal.SIGINT)  # as a Ctrl-C in its terminal
                assert "event: bye" in list(lines)
            assert dev.wait(20) == 0
            assert not answers(f"http://localhost:{web}/")
        finally:
            if dev.poll() is None:
                dev.terminate()


def answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, timeout=5).status_code == 200
    return False


def eventually(happened: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
