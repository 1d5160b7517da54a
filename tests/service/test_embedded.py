"""The embedded PostgreSQL: private, shared by every command that needs it, gone with the last, whole after any kill."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from service.schema import account, embedded, keeper
from service.schema import server as process
from service.schema.embedded import EmbeddedError, attach, claim

LIVELANE = Path(sys.executable).with_name("livelane")
USER = """
import sys, pathlib
from service.schema.embedded import attach
with attach(pathlib.Path(sys.argv[1])) as server:
    print("attached", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def another_user(data: Path) -> Generator[subprocess.Popen[bytes]]:
    """A process that uses the data directory's server until the block ends."""
    process = subprocess.Popen([sys.executable, "-c", USER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == b"attached\n"
        yield process
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose database exists, not running."""
    data = tmp_path_factory.mktemp("made") / "data"
    with attach(data):
        pass
    return data


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    yield made
    eventually(lambda: not running(made), "the server stopped after the test")


def eventually(happened: Callable[[], bool], what: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not in {seconds} s: {what}"
        time.sleep(0.02)


def pid(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def is_back(data: Path, first: int) -> bool:
    """Whether another server than the first takes connections; between them there may be no file, or an empty one."""
    return process.postmaster(data) not in (None, first) and process.is_ready(data)


def running(data: Path) -> bool:
    return (data / "postgres" / "postmaster.pid").exists()


def keeper_pid(data: Path) -> int:
    listed = subprocess.run(["pgrep", "-f", f"{keeper.__name__} {data}$"], capture_output=True, text=True, check=True)
    return int(listed.stdout)


def who(url: str) -> tuple[str, str]:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT session_user, current_user").fetchone()
        assert row
        return row[0], row[1]


def test_it_starts_in_a_new_folder_and_stops_with_the_block(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"

    with attach(data) as server:
        assert who(server.url) == ("livelane", "livelane")
        assert who(server.sql_url) == ("livelane_sql", "livelane")
        assert who(server.admin_url) == ("postgres", "postgres")
        with psycopg.connect(server.url) as conn:
            assert conn.info.parameter_status("is_superuser") == "off"
            assert conn.execute("SHOW fsync").fetchone() == ("on",)
            assert conn.execute("SHOW listen_addresses").fetchone() == ("",)

    assert not running(data)
    assert not keeper.is_kept(data)


def test_several_users_share_one_server_and_the_last_one_stops_it(data: Path) -> None:
    with another_user(data):
        first = pid(data)
        with attach(data) as server:
            assert pid(data) == first
            assert who(server.url) == ("livelane", "livelane")
        assert running(data)

    assert not running(data)


def test_users_that_start_at_once_get_one_server(data: Path) -> None:
    """Each prints the server's number, and stays until all have it."""
    code = USER.replace(
        '"attached"', 'psycopg.connect(server.url).execute("SELECT pg_postmaster_start_time()").fetchone()'
    )
    command = [sys.executable, "-c", "import psycopg\n" + code, str(data)]
    users = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(5)]

    starts = {user.stdout.readline() for user in users if user.stdout}
    for user in users:
        user.communicate(timeout=20)

    assert len(starts) == 1
    assert starts != {b""}


def test_a_user_that_is_killed_leaves_nothing_running(data: Path) -> None:
    with another_user(data) as user:
        user.kill()
        user.wait()

        eventually(lambda: not running(data) and not keeper.is_kept(data), "the server stopped by itself")


def test_a_server_that_is_killed_comes_back_with_what_was_committed(data: Path) -> None:
    with attach(data) as server:
        with psycopg.connect(server.url) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 7 AS n")
        first = pid(data)

        os.kill(first, signal.SIGKILL)

        eventually(lambda: is_back(data, first), "it was started again")
        with psycopg.connect(server.url) as conn:
            assert conn.execute("SELECT n FROM kept").fetchone() == (7,)


def test_the_server_survives_its_keeper_and_the_next_user_brings_a_new_one(data: Path) -> None:
    with attach(data) as server:
        first = pid(data)
        os.kill(keeper_pid(data), signal.SIGKILL)
        eventually(lambda: not keeper.is_kept(data), "the keeper is gone")
        assert who(server.url) == ("livelane", "livelane")

        with attach(data):
            assert pid(data) == first
            assert keeper.is_kept(data)


def test_everything_killed_at_once_heals_at_the_next_start(data: Path) -> None:
    with another_user(data) as user:
        for victim in (keeper_pid(data), pid(data), user.pid):
            os.kill(victim, signal.SIGKILL)
        user.wait()
    assert running(data)  # its file at least

    with attach(data) as server:
        assert who(server.url) == ("livelane", "livelane")


def test_a_number_of_a_dead_server_that_now_belongs_to_another_process_is_no_obstacle(data: Path) -> None:
    """After a reboot, small numbers are given again, in a container always."""
    with another_user(data) as user:
        for victim in (keeper_pid(data), user.pid, pid(data)):
            os.kill(victim, signal.SIGKILL)
        user.wait()
    stale = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    owner = (data / "postgres").stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as innocent:
        try:
            (data / "postgres" / "postmaster.pid").write_text("\n".join([str(innocent.pid), *stale[1:]]) + "\n")

            with attach(data) as server:
                assert who(server.url) == ("livelane", "livelane")

            assert innocent.poll() is None
        finally:
            innocent.kill()


def test_a_making_that_was_killed_half_way_is_begun_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "postgres.new" / "base").mkdir(parents=True)

    with attach(data) as server:
        assert who(server.url) == ("livelane", "livelane")


def test_a_path_too_long_for_a_socket_works_too(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)

    with attach(data) as server:
        assert who(server.url) == ("livelane", "livelane")
        folder = socket_folder(server.url)
        assert not folder.is_relative_to(data)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    assert not folder.exists()


def test_with_a_path_too_long_a_killed_server_comes_back_where_its_users_look_for_it(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)

    with attach(data) as server:
        folder = socket_folder(server.url)
        first = pid(data)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: is_back(data, first), "it was started again")
        assert who(server.url) == ("livelane", "livelane")

    assert not folder.exists()
    folder.symlink_to(tmp_path)  # a name in /tmp is anybody's once it is free
    try:
        with attach(data) as server:
            assert socket_folder(server.url) != folder
            assert who(server.url) == ("livelane", "livelane")
    finally:
        folder.unlink()


def socket_folder(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def test_no_other_user_of_the_machine_may_read_or_connect(data: Path) -> None:
    """F74. The folders' modes keep others out; behind them the server asks even its own account for a password."""
    with attach(data) as server:
        private = [data / "postgres", socket_folder(server.url)]
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in private] == [0o700, 0o700]
        for name in ("secrets.json", "server.json", "postgres.log"):  # the log quotes rows that were refused
            assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host=str(socket_folder(server.url)), user="livelane", dbname="livelane")
        if os.geteuid() == 0:
            uid = private[0].stat().st_uid
            assert uid != 0
            assert not account.has_name(uid)  # nobody's processes but the server's run as it
            assert tried_as_nobody(socket_folder(server.url)).endswith("Permission denied")
            assert tried_as_nobody(data / "postgres").endswith("Permission denied")


def tried_as_nobody(folder: Path) -> str:
    """Let a program without rights list the folder, wherever its parents would let it; give its complaint."""
    listed = subprocess.run(
        ["ls", folder.name], cwd=folder.parent, user=65534, group=65534, extra_groups=[],
        capture_output=True, text=True, check=False, env={"LC_ALL": "C"},
    )  # fmt: skip
    return listed.stderr.strip()


def test_folders_that_were_there_keep_their_modes(tmp_path: Path) -> None:
    data = tmp_path / "mine"
    data.mkdir(mode=0o750)
    data.chmod(0o750)
    before = [stat.S_IMODE(path.stat().st_mode) for path in (data, tmp_path)]

    with attach(data):
        pass

    assert [stat.S_IMODE(path.stat().st_mode) for path in (data, tmp_path)] == before


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(EmbeddedError, match=r"cannot be used: .* Choose a folder .* with --data"),
        attach(tmp_path / "file" / "data"),
    ):
        pass


@pytest.mark.parametrize("verb", [["serve", "--port", "0"], ["tail", "1"], ["doctor"], ["token", "ada@example.org"]])
def test_a_folder_that_is_not_ours_to_use_is_said_in_a_sentence(verb: list[str], tmp_path: Path) -> None:
    (tmp_path / "serve.lock").mkdir()  # the same to every user, root too, as a folder of somebody else's is to us

    done = subprocess.run(
        [LIVELANE, *verb, "--data", tmp_path], capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: The data directory {tmp_path} cannot be used: Is a directory."), done.stderr


def test_files_of_another_major_version_are_refused_with_what_to_do(data: Path) -> None:
    version = data / "postgres" / "PG_VERSION"
    written = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 14.* Back it up"), attach(data):
            pass
    finally:
        version.write_text(written)


def test_a_second_serve_is_told_who_the_first_is(tmp_path: Path) -> None:
    with claim(tmp_path, "serve") as tell:
        tell("http://localhost:8123", 8123)

        with (
            pytest.raises(EmbeddedError, match=rf"process {os.getpid()}, port 8123, http://localhost:8123"),
            claim(tmp_path, "serve"),
        ):
            pass

    with claim(tmp_path, "serve"):
        pass


def test_what_postgresql_says_at_a_failed_start_is_passed_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "START_S", 5.0)
    settings = data / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nshared_buffers = nonsense\n")
    try:
        with (
            pytest.raises(EmbeddedError, match=r"did not start: .*FATAL.*postgresql\.conf.*contains errors"),
            attach(data),
        ):
            pass
    finally:
        settings.write_text(good)
