"""One wins, nothing is half-applied, the next start goes on (F17)."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from service.schema import migrate as module
from service.schema.migrate import File, MigrationError, Release, migrate, pending, release

ONCE = File("0001.once.sql", "CREATE TABLE tally (n int); INSERT INTO tally VALUES (1);")
ADD = File("0002.add.sql", "UPDATE tally SET n = n + 1;")
HELLO = File("log.sql", "CREATE OR REPLACE FUNCTION hello() RETURNS text LANGUAGE sql AS $$ SELECT 'hello' $$;")


def value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(query.encode()).fetchone()
        return row[0] if row else None


def test_the_release_applies_to_an_empty_database_and_then_nothing_is_pending(empty_database_url: str) -> None:
    assert pending(empty_database_url) == [file.name for file in release().numbered + release().repeatable]

    applied = migrate(empty_database_url)

    assert applied[0].startswith("0001.")
    assert applied[-1] == "schema/attach.sql"
    assert pending(empty_database_url) == []
    assert migrate(empty_database_url) == []


def test_a_numbered_file_is_applied_once_and_a_repeatable_one_whenever_it_changed(empty_database_url: str) -> None:
    migrate(empty_database_url, Release([ONCE], [HELLO]))

    loud = File("log.sql", HELLO.text.replace("'hello'", "'HELLO'"))
    applied = migrate(empty_database_url, Release([ONCE], [loud]))

    assert applied == ["log.sql"]
    assert value(empty_database_url, "SELECT hello()") == "HELLO"
    assert value(empty_database_url, "SELECT n FROM tally") == 1


def test_a_migration_edited_after_it_was_applied_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url, Release([ONCE], []))

    with pytest.raises(MigrationError, match=r"0001\.once\.sql was edited"):
        migrate(empty_database_url, Release([File(ONCE.name, ONCE.text + "--")], []))


def test_a_file_that_fails_leaves_nothing_and_the_files_before_it_stay(empty_database_url: str) -> None:
    broken = File("0002.broken.sql", "CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match=r"0002\.broken\.sql failed and was rolled back: division by zero"):
        migrate(empty_database_url, Release([ONCE, broken], [HELLO]))
    assert value(empty_database_url, "SELECT to_regclass('half')") is None
    assert value(empty_database_url, "SELECT n FROM tally") == 1

    mended = migrate(empty_database_url, Release([ONCE, File(broken.name, "CREATE TABLE half ();")], [HELLO]))

    assert mended == ["0002.broken.sql", "log.sql"]


def test_of_many_that_start_at_once_one_migrates_and_all_go_on(empty_database_url: str) -> None:
    files = Release([ONCE, ADD], [HELLO])

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: migrate(empty_database_url, files), range(8)))

    assert sorted(results, key=len)[-1] == ["0001.once.sql", "0002.add.sql", "log.sql"]
    assert sum(map(bool, results)) == 1
    assert value(empty_database_url, "SELECT n FROM tally") == 2


def test_after_a_kill_in_the_middle_nothing_is_half_applied_and_the_next_start_goes_on(empty_database_url: str) -> None:
    slow = "CREATE TABLE half (); SELECT pg_sleep(seconds) FROM pause;"
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE pause AS SELECT 60 AS seconds")
        code = (
            "import sys; from service.schema.migrate import *;"
            f"migrate(sys.argv[1], Release([File('0001.slow.sql', {slow!r})], []))"
        )
        victim = subprocess.Popen([sys.executable, "-c", code, empty_database_url])
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        until = time.monotonic() + 10
        while value(empty_database_url, sleeping) == 0:
            assert time.monotonic() < until, "the migration did not begin"

        victim.send_signal(signal.SIGKILL)
        victim.wait()
        conn.execute("UPDATE pause SET seconds = 0")

        assert value(empty_database_url, "SELECT to_regclass('half')") is None
        assert migrate(empty_database_url, Release([File("0001.slow.sql", slow)], [])) == ["0001.slow.sql"]
        assert value(empty_database_url, "SELECT to_regclass('half') IS NOT NULL") is True


def test_a_migration_does_not_make_others_wait_behind_it_for_long(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock request that waits blocks every later reader of the table: it must give up and try again."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT_MS", 100)
    migrate(empty_database_url, Release([ONCE], []))
    alter = File("0002.alter.sql", "ALTER TABLE tally ADD COLUMN m int;")
    gave_up = threading.Event()

    def say(text: str) -> None:
        if "in use" in text:
            gave_up.set()

    with psycopg.connect(empty_database_url) as reader, ThreadPoolExecutor(1) as pool:
        reader.execute("SELECT * FROM tally")  # a forgotten transaction
        result = pool.submit(migrate, empty_database_url, Release([ONCE, alter], []), say)
        assert gave_up.wait(10)
        with psycopg.connect(empty_database_url, options="-c statement_timeout=1500") as other:
            assert other.execute("SELECT n FROM tally").fetchone() == (1,)
        reader.rollback()

        assert result.result(20) == ["0002.alter.sql"]


def test_the_functions_of_the_last_release_are_there_until_the_new_ones_are(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes go on writing while a table in use keeps the migration from its end."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT_MS", 100)
    monkeypatch.setattr(module, "PATIENCE_S", 10.0)
    migrate(empty_database_url, Release([ONCE], [HELLO]))
    drop = File("0003.drop.sql", "DROP FUNCTION hello();")
    anew = File("log.sql", HELLO.text.replace("hello()", "hello(whom text DEFAULT '')") + "LOCK TABLE tally;")
    gave_up = threading.Event()

    def say(text: str) -> None:
        if "in use" in text:
            gave_up.set()

    with psycopg.connect(empty_database_url) as reader, ThreadPoolExecutor(1) as pool:
        reader.execute("SELECT * FROM tally")
        result = pool.submit(migrate, empty_database_url, Release([ONCE, ADD, drop], [anew]), say)
        assert gave_up.wait(10)
        assert value(empty_database_url, "SELECT hello()") == "hello"
        reader.rollback()

        assert result.result(20) == ["0002.add.sql", "0003.drop.sql", "log.sql"]
    assert value(empty_database_url, "SELECT hello('x')") == "hello"


def test_a_table_that_stays_in_use_is_named_after_a_while(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr(module, "PATIENCE_S", 0.5)
    migrate(empty_database_url, Release([ONCE], []))

    with psycopg.connect(empty_database_url) as reader:
        reader.execute("SELECT * FROM tally")
        with pytest.raises(MigrationError, match=r"0002\.alter\.sql found its tables in use"):
            migrate(empty_database_url, Release([ONCE, File("0002.alter.sql", "DROP TABLE tally;")], []))


def test_a_release_runs_on_the_schema_of_a_later_one_and_leaves_its_functions_alone(empty_database_url: str) -> None:
    newer = File("log.sql", HELLO.text.replace("'hello'", "'newer'"))
    migrate(empty_database_url, Release([ONCE, ADD], [newer]))

    assert pending(empty_database_url, Release([ONCE], [HELLO])) == []
    assert migrate(empty_database_url, Release([ONCE], [HELLO])) == []
    assert value(empty_database_url, "SELECT hello()") == "newer"


def test_two_migrations_with_one_number_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "schema" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001.a.sql").touch()
    (folder / "0001.b.sql").touch()

    with pytest.raises(MigrationError, match="0001"):
        release(tmp_path)
