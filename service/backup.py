"""`livelane backup` and `livelane restore`: a database in one file, and back into an empty one."""

import contextlib
import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from subprocess import PIPE

import click
import psycopg

from service.schema import database
from service.schema.account import programs
from service.schema.embedded import attach
from service.schema.migrate import migrate
from service.schema.programs import environment_of
from service.verbs import with_database

OPTIONS = ("--no-owner", "--no-privileges")
NEWER = b"SET transaction_timeout"  # what pg_dump writes at the top, and servers before 17 do not know
TOP = 60  # lines of settings at most, before anything of ours


@contextlib.contextmanager
def _reached(database_url: str, data: Path) -> Generator[str]:
    if database_url:
        database.examine(database_url)
        yield database_url
    else:
        with attach(data) as server:
            yield server.url


@click.command("backup")
@with_database
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(database_url: str, data: Path, file: Path) -> None:
    """Write the whole database to FILE, while it is in use. It holds everything: keep it as you keep secrets."""
    with _reached(database_url, data) as url:
        backup_to(url, file)
    click.echo(f"{file} holds the database as it was when this began ({file.stat().st_size / 1e6:.1f} MB).")


@click.command("restore")
@with_database
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(database_url: str, data: Path, file: Path) -> None:
    """Fill an empty database from FILE, and bring it to this release. Browsers start again from a snapshot."""
    with _reached(database_url, data) as url:
        restore_from(url, file)
    click.echo("The database is restored.")


def backup_to(url: str, file: Path) -> None:
    """Write the whole database to a file that nobody else may read; the file is there complete or not at all."""
    fresh = file.with_name(file.name + ".part")
    try:
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise click.ClickException(
            f"{file} cannot be written: {error.strerror}. Name a file in a folder that is there and yours to write to."
        ) from None
    dump: list[str | Path] = [programs() / "pg_dump", "--format=custom", "--no-unlogged-table-data", *OPTIONS]
    try:
        with subprocess.Popen([*dump, f"--file={fresh}"], env=_environment(url), stderr=subprocess.PIPE) as process:
            said = process.communicate()[1]
        _check("pg_dump", process.returncode, said)
        fresh.rename(file)
    finally:
        fresh.unlink(missing_ok=True)


def restore_from(url: str, file: Path) -> None:
    """Fill an empty database from a backup, bring it to this release, and begin a new epoch.

    The new epoch tells every browser that numbers it holds are of another life; it starts from a snapshot.
    """
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(
            "SELECT to_regclass('public.person') IS NOT NULL AND EXISTS (SELECT FROM pg_class WHERE relname = 'person')"
        ).fetchone()
        if row and row[0]:
            raise click.ClickException(
                "Livelane's tables are in this database already; restore into an empty one: another --data that no "
                "other command has used yet, or a new database with createdb."
            )
    psql = [programs() / "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
    with (
        subprocess.Popen([programs() / "pg_restore", *OPTIONS, "--file=-", file], stdout=PIPE, stderr=PIPE) as reading,
        subprocess.Popen(psql, env=_environment(url), stdin=PIPE, stderr=PIPE) as writing,
    ):
        assert reading.stdout
        assert writing.stdin
        with contextlib.suppress(BrokenPipeError):  # psql has stopped, and says why
            for number, line in enumerate(reading.stdout):
                if number > TOP or not line.startswith(NEWER):
                    writing.stdin.write(line)
            if reading.wait():
                writing.stdin.write(b"\n\\.\nROLLBACK;\nSELECT 1/0;\n")  # not half of a file
        said = writing.communicate()[1]
        complaint = reading.stderr.read() if reading.stderr else b""
    _check("pg_restore", reading.returncode, complaint)
    _check("psql", writing.returncode, said)
    with psycopg.connect(url, autocommit=True) as conn:
        # A backup knows no rights, since the roles may be others here: the files that take them from PUBLIC come again.
        conn.execute("DELETE FROM migration WHERE name LIKE '%/%'")
        migrate(url)
        conn.execute("SELECT renew_epoch()")


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, **environment_of(url)}


def _check(program: str, code: int, said: bytes) -> None:
    if code:
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        wrong = [line for line in lines if "error" in line.lower()] or lines or ["it gave no reason"]
        raise click.ClickException(f"{program} failed, and nothing was kept: {wrong[0].strip()}")
