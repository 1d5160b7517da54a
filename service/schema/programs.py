"""Runs PostgreSQL's own programs (psql, pg_dump, pg_restore) on a database; no password enters the process list."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from psycopg import pq

from service.schema.account import programs


def run_program(name: str, url: str, arguments: Sequence[str]) -> int:
    """Run the program on the database in this terminal and return its exit code."""
    program = programs() / name
    if name == "psql" and sys.stdin.isatty() and (installed := shutil.which(name)):
        program = Path(installed)  # it has line editing and history, which the wheel's is built without
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for psql: it cancels a query, and psql goes on
    try:
        return subprocess.run([program, *arguments], env={**os.environ, **environment_of(url)}, check=False,
                              preexec_fn=_take_interrupts).returncode  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)


def _take_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def environment_of(url: str) -> dict[str, str]:
    """Return libpq's environment variables for a URL; they are readable by this user alone, arguments by everyone."""
    options = pq.Conninfo.parse(url.encode())
    return {
        option.envvar.decode(): option.val.decode()
        for option in options
        if option.envvar is not None and option.val is not None
    }
