"""A database that cannot be used is described in a sentence with a next step, never by a traceback (F15)."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg import sql

from service.schema.account import Handle
from service.schema.database import DatabaseProblem, examine
from service.schema.embedded import attach
from tests.cluster import Cluster, name_of

LIVELANE = Path(sys.executable).with_name("livelane")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LIVELANE, *arguments], capture_output=True, text=True, timeout=60, check=False)


def sentence_about(url: str) -> str:
    with pytest.raises(DatabaseProblem) as caught:
        examine(url)
    return str(caught.value)


def with_user(url: str, user: str, password: str) -> str:
    rest = urlsplit(url).netloc.rpartition("@")[2]
    return urlsplit(url)._replace(netloc=f"{user}:{password}@{rest}").geturl()


@contextlib.contextmanager
def role(cluster: Cluster, name: str) -> Generator[str]:
    """A role that may log in and nothing else; gives its password."""
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(name)))
        try:
            yield "secret"
        finally:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_usable_database_passes(database_url: str, empty_database_url: str) -> None:
    examine(database_url)
    examine(empty_database_url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nonsense", r"The database URL is not one: .* It looks like postgresql://"),
        ("mysql://root@localhost/x", r"must begin with postgresql://"),
        ("postgresql://u@127.0.0.1:1/x", r"Nothing answers at 127\.0\.0\.1:1; start PostgreSQL there, or correct"),
        ("postgresql://u@no-such-host.invalid/x", r"host in no-such-host\.invalid:5432 is not known; correct it"),
    ],
)
def test_a_wrong_url_says_what_is_wrong(url: str, expected: str) -> None:
    assert re.search(expected, sentence_about(url))


def test_a_server_that_never_answers_is_unreachable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]

        assert re.search(
            r"cannot be reached: no answer within 5 s", sentence_about(f"postgresql://u@127.0.0.1:{port}/x")
        )


def test_a_wrong_password_and_a_missing_database_and_role(cluster: Cluster, database_url: str) -> None:
    with role(cluster, "livelane_locked_out"):
        wrong = with_user(database_url, "livelane_locked_out", "wrong")
        assert "refused the password of livelane_locked_out" in sentence_about(wrong)
    missing = urlsplit(database_url)._replace(path="/no_such_database").geturl()
    assert 'no database "no_such_database"; create it with: createdb no_such_database' in sentence_about(missing)


def test_a_role_without_rights_is_told_which_it_needs(
    cluster: Cluster, database_url: str, empty_database_url: str
) -> None:
    with role(cluster, "livelane_guest") as password:
        empty = sentence_about(with_user(empty_database_url, "livelane_guest", password))
        full = sentence_about(with_user(database_url, "livelane_guest", password))

    assert "GRANT CREATE ON SCHEMA public TO livelane_guest" in empty
    assert "has no rights on Livelane's tables" in full


def test_a_read_only_database_is_refused(cluster: Cluster, database_url: str) -> None:
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        conn.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(
                sql.Identifier(name_of(database_url))
            )
        )

    assert "set to read-only" in sentence_about(database_url)


def test_a_database_in_another_encoding_is_refused(cluster: Cluster, empty_database_url: str) -> None:
    name = sql.Identifier(f"{name_of(empty_database_url)}_latin1")
    latin1 = urlsplit(empty_database_url)._replace(path=f"/{name_of(empty_database_url)}_latin1").geturl()
    make = sql.SQL("CREATE DATABASE {} ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        conn.execute(make.format(name))
        try:
            assert "is encoded in LATIN1" in sentence_about(latin1)
        finally:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_a_standby_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with attach(data):
        pass
    (data / "postgres" / "standby.signal").touch()

    with attach(data) as server:
        assert re.search(r"is a standby.* Give the URL of its primary", sentence_about(server.url))


@pytest.fixture
def old_server() -> Iterator[int]:
    """A peer that greets as PostgreSQL 14 does: a port. No such server is at hand to be started."""

    def parameter(name: bytes, value: bytes) -> bytes:
        body = name + b"\0" + value + b"\0"
        return b"S" + (len(body) + 4).to_bytes(4) + body

    def greet() -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = listening.accept()
                with peer:
                    asked = peer.recv(8)
                    while asked[4:8] in {(80877103).to_bytes(4), (80877104).to_bytes(4)}:  # TLS or GSS? no
                        peer.sendall(b"N")
                        asked = peer.recv(8)
                    peer.recv(int.from_bytes(asked[:4]) - 8)
                    peer.sendall(b"R\0\0\0\x08\0\0\0\0" + parameter(b"server_version", b"14.13"))
                    peer.sendall(parameter(b"client_encoding", b"UTF8") + b"Z\0\0\0\x05I")
                    peer.recv(1)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_server_that_is_too_old_is_refused(old_server: int) -> None:
    url = f"postgresql://u@127.0.0.1:{old_server}/x?sslmode=disable"

    assert "The server is PostgreSQL 14; Livelane needs 15 or newer" in sentence_about(url)


@contextlib.contextmanager
def pgbouncer(url: str, mode: str) -> Generator[str]:
    """PgBouncer in front of the database, as an account that it accepts to run under; gives its URL."""
    parts = urlsplit(url)
    host = parts.hostname or parse_qs(parts.query)["host"][0]
    account, fds = 65534, []
    if host.startswith("/"):  # the embedded server's socket: reached as that server reaches it
        account = Path(host).stat().st_uid
        handle = Handle(Path(host))
        host, fds = handle.path, handle.fds
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="livelane-pgbouncer-", dir="/tmp"))
    (folder / "pgbouncer.ini").write_text(
        f"""
        [databases]
        {name_of(url)} = host={host} port={parts.port or 5432} user={parts.username} password={parts.password}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        auth_type = any
        pool_mode = {mode}
        default_pool_size = 5
        unix_socket_dir =
        ignore_startup_parameters = extra_float_digits,options
        """
    )
    root = os.geteuid() == 0
    if root:
        os.chown(folder, account, account)
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "pgbouncer is missing: apt-get install pgbouncer"
    with subprocess.Popen(
        [program, folder / "pgbouncer.ini"],
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=fds,
        user=account if root else None,
        group=account if root else None,
        extra_groups=[] if root else None,
    ) as process:
        try:
            until = time.monotonic() + 10
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert time.monotonic() < until, "pgbouncer did not start"
                time.sleep(0.02)
            yield f"postgresql://{parts.username}@127.0.0.1:{port}/{name_of(url)}"
        finally:
            process.kill()
            for fd in fds:
                os.close(fd)
            shutil.rmtree(folder)


def test_a_transaction_pooler_is_refused_and_a_session_pooler_is_not(database_url: str) -> None:
    with pgbouncer(database_url, "transaction") as url:
        assert "behind a pooler in transaction mode" in sentence_about(url)
    with pgbouncer(database_url, "session") as url:
        examine(url)


def test_serve_on_an_external_database_asks_before_it_migrates(empty_database_url: str) -> None:
    done = run("serve", "--port", "0", "--database-url", empty_database_url)

    assert done.returncode == 1
    assert re.search(
        r"^Error: The database lacks \d+ migrations .* run `livelane migrate`, or start with --migrate", done.stderr
    )
    assert "Traceback" not in done.stderr


def test_every_verb_says_the_same_sentence_and_no_traceback(tmp_path: Path) -> None:
    for verb in (
        ["serve", "--port", "0"],
        ["migrate"],
        ["sql"],
        ["token", "a@b.c"],
        ["person", "add", "a@b.c", "--name", "A"],
        ["person", "erase", "a@b.c", "--yes"],
        ["redact", "ticket", "1", "--yes"],
        ["backup", str(tmp_path / "b.dump")],
        ["demo"],
        ["tail", "1"],
    ):
        done = run(*verb, "--database-url", "postgresql://u@127.0.0.1:1/x")

        assert done.returncode == 1
        said = "Nothing answers at 127.0.0.1:1; start PostgreSQL there, or correct host and port in the database URL."
        assert done.stderr.strip() == f"Error: {said}"
