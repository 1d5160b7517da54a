"""For work on Livelane itself: `livelane serve` beside the web app's own server, started again when sources change.

`./justw dev` runs it; watchfiles and node are there in a checkout alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

from watchfiles import DefaultFilter, watch

HERE = Path(__file__).parents[1]
SOURCES = {".py", ".sql"}
STOP_S = 20.0


@contextlib.contextmanager
def running(command: list[str | Path], **environment: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a program for the block, out of reach of the terminal's Ctrl-C, and end it and its children with it."""
    with subprocess.Popen(command, start_new_session=True, env={**os.environ, **environment}) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)  # what it started: the launcher of node leaves node behind


def main(arguments: list[str]) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = threading.Event()

    def leave(_signal: int, _frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    port = arguments[arguments.index("--port") + 1] if "--port" in arguments else "8000"
    vite = HERE / "frontend" / "node_modules" / "vite" / "bin" / "vite.js"
    web: list[str | Path] = ["node", vite, "--port", os.environ.get("LIVELANE_WEB_PORT", "15173")]
    with contextlib.chdir(HERE / "frontend"), running(web, BACKEND_URL=f"http://127.0.0.1:{port}"):
        while not stop.is_set():
            with running([Path(sys.executable).with_name("livelane"), "serve", *arguments]):
                changes = watch(
                    HERE / "service", HERE / "streams",
                    watch_filter=lambda change, path: Path(path).suffix in SOURCES and DefaultFilter()(change, path),
                    stop_event=stop, raise_interrupt=False,
                )  # fmt: skip
                for changed in changes:
                    print(f"{', '.join(sorted({Path(path).name for _, path in changed}))} changed", flush=True)
                    break


if __name__ == "__main__":
    main(sys.argv[1:])
