"""The real `livelane serve` as a process that a test starts, kills and starts again."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

START_S = 30.0
STOP_S = 20.0


class Product:
    """One `livelane serve` on a port of its own, which it keeps from start to start."""

    def __init__(self, database_url: str, log: Path) -> None:
        self.database_url = database_url
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._log = log
        self._arguments: tuple[str, ...] = ()
        self._environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.runs:
            self.stop()
        if error is not None:
            print(self.log[-8000:])  # pytest shows it beside the failure

    @property
    def log(self) -> str:
        """Everything the processes have printed so far, of all starts."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def setup_code(self) -> str:
        """The one-time code for the first account, as printed."""
        found = re.findall(r"#code=([\w-]+)", self.log)
        assert found, f"no set-up link was printed:\n{self.log}"
        return found[-1]

    def start(self, *arguments: str, **environment: str) -> None:
        """Start the server and return when it is ready; without arguments, as the last time."""
        self._arguments = arguments or self._arguments
        self._environment = environment or self._environment
        command = [
            Path(sys.executable).with_name("livelane"),
            *("serve", "--port", str(self.port), "--database-url", self.database_url, *self._arguments),
        ]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment}, start_new_session=True,
            )  # fmt: skip
        self._await_ready(self.process)

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def workers(self) -> list[int]:
        """The processes that serve: those of `--workers`, else the one there is."""
        assert self.process
        parent = str(self.process.pid)
        listed = subprocess.run(
            ["pgrep", "-P", parent, "-f", "spawn_main"], capture_output=True, text=True, check=False
        )
        return [int(line) for line in listed.stdout.split()] or [self.process.pid]

    def kill(self) -> None:
        """SIGKILL, workers included."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, wait, and return the exit code; kills what does not stop and fails then."""
        assert self.process
        self.process.terminate()
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + START_S
        with httpx.Client(base_url=self.url, timeout=2) as client:
            while time.monotonic() < until:
                if process.poll() is not None:
                    raise AssertionError(f"livelane serve ended with {process.returncode}:\n{self.log}")
                try:
                    if client.get("/health/ready").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        raise AssertionError(f"livelane serve was not ready in {START_S} s:\n{self.log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
