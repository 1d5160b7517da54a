"""A real nats-server for a test, which can be killed, frozen and started again on its port."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Self


class Nats:
    """Debian's nats-server on a free port of the loopback."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return when it takes connections."""
        program = which("nats-server") or "/usr/sbin/nats-server"
        with self._log.open("ab") as log:
            command = [program, "-a", "127.0.0.1", "-p", str(self.port)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 10
        while True:
            assert self.process.poll() is None, self._log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < until, "nats-server does not answer"
                time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
