"""What all verbs of `livelane` have in common: how they are found, where their database is, how errors are told."""

import contextlib
import importlib
import importlib.util
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import click
import psycopg

from service import credentials
from service.schema import database
from service.schema.embedded import EmbeddedError, attach
from service.schema.migrate import MigrationError, migrate, pending
from service.settings import data_directory

LATER = {  # verbs that live in a module of their own, loaded when asked for
    "person": "service.accounts:person",
    "token": "service.accounts:token",
    "redact": "service.accounts:redact",
    "tail": "service.tail:tail",
    "doctor": "service.doctor:doctor",
    "demo": "service.demo:demo",
    "bench": "service.bench:bench",
    "backup": "service.backup:backup",
    "restore": "service.backup:restore",
}
ORDER: list[str] = [  # as people need them
    "serve",
    "demo",
    "tail",
    "sql",
    "doctor",
    "person",
    "token",
    "redact",
    "migrate",
    "backup",
    "restore",
    "bench",
    "schema",
]
SENTENCES = (database.DatabaseProblem, EmbeddedError, MigrationError, credentials.Refused, ChildProcessError)

Command = Callable[..., Any]


class Verbs(click.Group):
    """The verbs, some of them loaded late; turns known errors into their sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        there = [verb for verb, place in LATER.items() if importlib.util.find_spec(place.partition(":")[0])]
        return sorted([*self.commands, *there], key=ORDER.index)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        module, _, name = LATER[cmd_name].partition(":")
        return getattr(importlib.import_module(module), name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SENTENCES as error:
            raise click.ClickException(str(error)) from None
        except KeyboardInterrupt:
            sys.exit(128 + signal.SIGINT)  # no word of ours: whoever pressed it knows
        except psycopg.OperationalError as error:
            text = str(error).strip() or type(error).__name__
            raise click.ClickException(f"The database went away: {text}. Look at its log and try again.") from None
        except psycopg.Error as error:
            text = error.diag.message_primary or str(error).strip()
            raise click.ClickException(f"The database refused: {text}. `livelane doctor` says more.") from None


def with_database(command: Command) -> Command:
    """Add --data and --database-url to a verb."""
    command = click.option(
        "--data",
        envvar="LIVELANE_DATA",
        type=click.Path(path_type=Path, file_okay=False),
        default=data_directory,
        show_default=str(data_directory()),
        help="Folder of the embedded PostgreSQL, and of web app files of earlier releases.",
    )(command)
    return click.option(
        "--database-url",
        envvar="LIVELANE_DATABASE_URL",
        default="",
        metavar="URL",
        help="A PostgreSQL of your own (15 or newer) instead of the embedded one: postgresql://user:password@host/name",
    )(command)


@contextlib.contextmanager
def opened(database_url: str, data: Path, *, may_migrate: bool = False) -> Generator[str]:
    """Give the URL of a database with this release's schema for the length of the block.

    The embedded one is joined or started, and migrated; an external one is migrated if `may_migrate`.
    """
    if not database_url:
        with attach(data, say) as server:
            migrate(server.url, say=say)
            yield server.url
        return
    database.examine(database_url)
    if may_migrate:
        migrate(database_url, say=say)
    elif due := pending(database_url):
        raise MigrationError(
            f"The database lacks {len(due)} migration{'s' if len(due) > 1 else ''} of this release "
            f"({due[0]}{' …' if len(due) > 1 else ''}). Make a backup, then run `livelane migrate`, "
            "or start with --migrate."
        )
    yield database_url


def say(text: str) -> None:
    """Tell the person what is going on, beside what the command prints."""
    click.echo(click.style(text, dim=True), err=True)
