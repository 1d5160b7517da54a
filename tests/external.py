"""Runs the database and conformance suites on a PostgreSQL of the machine: `python -m tests.external BIN_FOLDER`.

Further arguments go to pytest.

Makes a throw-away cluster with the programs in that folder, under an unprivileged account when we are root.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

SUITES = ("tests/database", "tests/conformance")
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def main(programs: Path, arguments: list[str]) -> int:
    """Return pytest's exit code."""
    folder = Path(tempfile.mkdtemp(prefix="livelane-external-", dir="/tmp"))
    account: dict[str, int] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        account = {"uid": user.pw_uid, "gid": user.pw_gid}
    try:
        started = [programs / "pg_ctl", "-D", folder / "data", "-w", "-s", "-l", folder / "log"]
        options = f"-c listen_addresses= -k {folder} " + " ".join(f"-c {setting}" for setting in UNSAFE)
        _run([programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"], account)
        _run([*started, "-o", options, "start"], account)
        try:
            return _test(f"postgresql://{{}}@/postgres?host={folder}", arguments)
        finally:
            _run([*started, "-m", "immediate", "stop"], account)
    finally:
        shutil.rmtree(folder)


def _test(url: str, arguments: list[str]) -> int:
    with psycopg.connect(url.format("postgres"), autocommit=True) as conn:
        conn.execute("CREATE ROLE livelane LOGIN CREATEDB")
        version = conn.info.server_version // 10_000
    print(f"PostgreSQL {version}", flush=True)
    settings = {
        "LIVELANE_TEST_DATABASE_URL": url.format("livelane"),
        "LIVELANE_TEST_ADMIN_URL": url.format("postgres"),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "--dist",
        "loadfile",
        *arguments,
        *(suite for suite in SUITES if Path(suite).exists()),
    ]
    return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode


def _run(command: list[str | Path], account: dict[str, int]) -> None:
    user, group = account.get("uid"), account.get("gid")
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=user, group=group,
        extra_groups=[] if account else None,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
