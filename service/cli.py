"""The `livelane` command. Every verb finds the database the same way; every error is a sentence with a next step."""

import contextlib
import errno
import importlib
import importlib.util
import signal
import socket
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import click
import psycopg
from msgspec import structs

from service import credentials, logs, running
from service.parameters import Networks, WebAddress
from service.schema import database
from service.schema.embedded import EmbeddedError, attach, claim
from service.schema.keeper import is_kept
from service.schema.migrate import MigrationError, migrate, pending
from service.schema.programs import run_program
from service.settings import CONNECTIONS, Settings, data_directory

LATER = {  # verbs that live in a module of their own, loaded when asked for
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
BIGINT = 2**63 - 1  # the last id that a row can have
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


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="livelane")
def livelane() -> None:
    """A kanban board that is live for everyone: REST in, streams out, SQL anywhere.

    `livelane serve` is all you need to begin. Each option of `serve` can be set by the environment as well:
    --database-url is LIVELANE_DATABASE_URL, --public-url LIVELANE_PUBLIC_URL, and so on. All verbs take the database
    from there; tail takes LIVELANE_URL, tail and doctor LIVELANE_TOKEN.
    LIVELANE_LOG (lines or json) and LIVELANE_LOG_LEVEL say how the log looks.
    """


@livelane.command()
@with_database
@click.option("--host", envvar="LIVELANE_HOST", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", envvar="LIVELANE_PORT", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", envvar="LIVELANE_WORKERS", default=1, show_default=True, type=click.IntRange(1, 64),
              help="Processes; one is right until a core is full.")  # fmt: skip
@click.option("--public-url", envvar="LIVELANE_PUBLIC_URL", default="", metavar="URL", type=WebAddress(),
              help="How browsers reach it, behind a proxy: https://board.example/prefix")  # fmt: skip
@click.option("--trusted-proxies", envvar="LIVELANE_TRUSTED_PROXIES", default="127.0.0.1,::1", show_default=True,
              metavar="LIST", type=Networks(),
              help="Addresses or networks whose X-Forwarded-For and -Proto are believed.")  # fmt: skip
@click.option("--only", envvar="LIVELANE_ONLY", type=click.Choice(["api", "streams"]),
              help="Run half of the product; the other half is another process, both behind one address.")  # fmt: skip
@click.option("--wakeups", envvar="LIVELANE_WAKEUPS", default="", metavar="URL",
              help="A NATS server, for more than some ten processes: nats://user:password@host:4222")  # fmt: skip
@click.option("--wakeup-shards", envvar="LIVELANE_WAKEUP_SHARDS", default=2, show_default=True,
              type=click.IntRange(1, 64),
              help="How many of them listen to the database and tell NATS; the same on each.")  # fmt: skip
@click.option("--connections", envvar="LIVELANE_CONNECTIONS", default=CONNECTIONS, show_default=True,
              type=click.IntRange(1, 100),
              help="To the database, for REST, a process; more where its disk is slow to flush.")  # fmt: skip
@click.option("--retention-days", envvar="LIVELANE_RETENTION_DAYS", type=click.IntRange(1), metavar="N",
              help="Drop events older than this; without it they are kept for ever.")  # fmt: skip
@click.option("--migrate", "may_migrate", envvar="LIVELANE_MIGRATE", is_flag=True,
              help="Bring an external database's schema to this release first.")  # fmt: skip
def serve(
    database_url: str,
    data: Path,
    host: str,
    port: int,
    workers: int,
    public_url: str,
    trusted_proxies: tuple[str, ...],
    only: str | None,
    wakeups: str,
    wakeup_shards: int,
    connections: int,
    retention_days: int | None,
    may_migrate: bool,
) -> None:
    """Run the whole product: REST, streams and web app on one port.

    Without --database-url it makes and runs an embedded PostgreSQL in the data folder. The first start prints a link
    to create the first account. Ctrl-C stops everything.
    """
    from service import serve as product  # late: the other verbs need none of it
    from service.web import app_version, keep_assets

    _check_wakeups(wakeups)
    if wrong := logs.wrong():
        raise click.UsageError(wrong)
    with contextlib.ExitStack() as stack:
        role = f"serve-{only}" if only else "serve"
        tell = None if database_url else stack.enter_context(claim(data, role))
        listening = stack.enter_context(_listening(product.listen, host, port))
        settings = Settings(
            database_url="",
            host=host,
            port=listening.getsockname()[1],
            public_url=public_url,
            trusted_proxies=trusted_proxies,
            only=only or "",
            wakeups=wakeups,
            wakeup_shards=wakeup_shards,
            connections=connections,
            retention_days=retention_days,
            app=app_version(),
            earlier_assets=str(data / "assets"),
        )
        if tell:
            tell(settings.printed_url, settings.port)
        url = stack.enter_context(opened(database_url, data, may_migrate=may_migrate))
        settings = structs.replace(settings, database_url=url)
        with contextlib.suppress(OSError):  # a folder for the embedded database is not needed beside another's
            keep_assets(data / "assets")
        with contextlib.suppress(KeyboardInterrupt):  # before the server listens for it
            _welcome(settings, "your PostgreSQL" if database_url else f"an embedded PostgreSQL in {data}")
            product.run_all(settings, workers, listening)
    goes_on = not database_url and is_kept(data)
    say(f"Livelane has stopped.{' Another command still uses its PostgreSQL.' if goes_on else ''}")


def _check_wakeups(wakeups: str) -> None:
    if not wakeups:
        return
    right = False
    with contextlib.suppress(ValueError):  # a port that is none, a bracket without its other
        url = urlsplit(wakeups)
        right = url.scheme in {"nats", "tls"} and bool(url.hostname) and url.port != 0
    if not right:
        raise click.BadParameter("--wakeups is the address of a NATS server: nats://host:4222, or tls://…")
    if importlib.util.find_spec("nats") is None:
        raise click.ClickException("NATS needs its client, which is an extra: pip install 'livelane[nats]'.")


@contextlib.contextmanager
def _listening(listen: Callable[[str, int], socket.socket], host: str, port: int) -> Generator[socket.socket]:
    try:
        listening = listen(host, port)
    except UnicodeError:  # no name that DNS can have
        raise click.ClickException(f"There is no host {host!r}; give an address of this machine with --host.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"Port {port} on {host} is in use by another program. Stop it, or choose another with --port."
            ) from None
        raise click.ClickException(
            f"Livelane cannot listen on {host} port {port}: {error.strerror}. Choose others with --host and --port."
        ) from None
    with listening:
        yield listening


def _welcome(settings: Settings, database_is: str) -> None:
    """Say where it runs, and how to make the first account while there is none."""
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        code = credentials.setup_code(conn)
    lines = [f"Livelane runs at {click.style(settings.printed_url, bold=True)} on {database_is}. Ctrl-C stops it."]
    if code and settings.only != "streams":
        lines.append(f"Create the first account: {click.style(f'{settings.printed_url}/#code={code}', bold=True)}")
    click.echo("\n".join(lines))
    sys.stdout.flush()


@livelane.command("migrate")
@with_database
@click.option("--pending", "only_list", is_flag=True, help="Name what would be applied, and apply nothing.")
def migrate_(database_url: str, data: Path, only_list: bool) -> None:
    """Bring the database's schema to this release. Safe to run twice, at once, and to kill."""
    with contextlib.ExitStack() as stack:
        if database_url:
            database.examine(database_url)
        url = database_url or stack.enter_context(attach(data, say)).url
        names = pending(url) if only_list else migrate(url, say=say)
    if only_list and names:
        click.echo("\n".join(names))
    else:
        click.echo("The schema is that of this release.")


@livelane.command(context_settings={"ignore_unknown_options": True})
@with_database
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- PSQL ARGUMENTS]")
@click.pass_context
def sql(ctx: click.Context, database_url: str, data: Path, arguments: tuple[str, ...]) -> None:
    """Open psql on the database. What you change there is live for everyone, marked with your role.

    \b
    livelane sql
    livelane sql -- -c "UPDATE ticket SET title = 'By hand' WHERE id = 1"
    """
    with contextlib.ExitStack() as stack:
        url = database_url
        if url:
            database.examine(url)
        else:
            server = stack.enter_context(attach(data, say))
            migrate(server.url, say=say)
            url = server.sql_url
        ctx.exit(run_program("psql", url, arguments))


@livelane.group()
def person() -> None:
    """Add people, or erase them."""


@person.command("add")
@with_database
@click.argument("email")
@click.option("--name", required=True, help="As others see it.")
@click.option("--admin", is_flag=True, help="Marks whose it is to manage people; no call of the API asks yet.")
@click.option("--url", "base", default="", envvar="LIVELANE_PUBLIC_URL", type=WebAddress(),
              help="Where the printed link leads.",
              show_default="the running server, else http://localhost:8000")  # fmt: skip
def add(database_url: str, data: Path, email: str, name: str, admin: bool, base: str) -> None:
    """Make an account; prints a link to sign in with once, good for a week, to choose a password."""
    with _owner(database_url, data) as conn:
        code = credentials.add_person(conn, email, name, admin=admin)
    say(f"{name} <{email.lower()}> has an account. To sign in and choose a password:")
    click.echo(f"{base or _address(database_url, data)}/#code={code}")


@person.command("link")
@with_database
@click.argument("email")
@click.option("--url", "base", default="", envvar="LIVELANE_PUBLIC_URL", type=WebAddress(),
              help="Where the printed link leads.",
              show_default="the running server, else http://localhost:8000")  # fmt: skip
def link(database_url: str, data: Path, email: str, base: str) -> None:
    """Print a link to sign in with once and choose a new password, for someone who forgot theirs."""
    with _owner(database_url, data) as conn:
        code = credentials.sign_in_code(conn, email)
    click.echo(f"{base or _address(database_url, data)}/#code={code}")


@person.command("erase")
@with_database
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask. A script is not asked in any case.")
def erase(database_url: str, data: Path, email: str, yes: bool) -> None:
    """Blank a person's name, address and credentials for good; what they did stays, by a former member."""
    _make_sure(f"Erase {email}? Nobody can undo this.", yes)
    with _owner(database_url, data) as conn:
        erased = credentials.erase_person(conn, email)
    click.echo(f"Person {erased.person} is erased. Backups that you keep still have the name.")
    for board, name in erased.heirs:
        click.echo(f"Board {board} had no other owner; {name} is its owner now.")
    for board in erased.alone:
        click.echo(
            f"Board {board} has no member left, so nobody can open it. To delete it for good: "
            f'livelane sql -- -c "DELETE FROM board WHERE id = {board}"'
        )


@livelane.command("token")
@with_database
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="To tell tokens apart.")
def token(database_url: str, data: Path, email: str, name: str) -> None:
    """Print a new bearer token, alone on the last line.

    The database keeps its hash alone: it is shown this once.
    """
    with _owner(database_url, data) as conn:
        made = credentials.add_token(conn, email, name)
    click.echo(made)


@livelane.group()
def redact() -> None:
    """Take texts out of the rows and the log for good."""


@redact.command("ticket")
@with_database
@click.argument("number", type=click.IntRange(1, BIGINT))
@click.option("--yes", is_flag=True, help="Do not ask. A script is not asked in any case.")
def redact_ticket(database_url: str, data: Path, number: int, yes: bool) -> None:
    """Blank the title and description of ticket #NUMBER, now and in its history, for every reader."""
    _make_sure(f"Blank the texts of ticket #{number}? Nobody can undo this.", yes)
    with _owner(database_url, data) as conn:
        credentials.redact_ticket(conn, number)
    click.echo(f"Ticket #{number} is redacted; open boards start again from a snapshot.")


@livelane.command()
def schema() -> None:
    """Print the REST API's OpenAPI document, as /docs/openapi.json serves it."""
    from service.app import openapi_json  # here: the other verbs need no API

    click.echo(openapi_json())


def _make_sure(question: str, yes: bool) -> None:
    """Ask, when somebody is at the terminal to answer. A script has no second thoughts, and says what it means."""
    if yes or not sys.stdin.isatty():
        return
    with contextlib.suppress(click.Abort):  # Ctrl-C or Ctrl-D instead of an answer
        if click.confirm(question):
            return
    raise click.ClickException("Nothing was changed.")


def _address(database_url: str, data: Path) -> str:
    """Where people reach the server that runs on the data folder, or would by default."""
    found = None if database_url else running.find(data, ("serve", "serve-api"))
    return found.public_url if found else "http://localhost:8000"


@contextlib.contextmanager
def _owner(database_url: str, data: Path) -> Generator[psycopg.Connection]:
    with opened(database_url, data) as url, psycopg.connect(url, autocommit=True) as conn:
        yield conn


def main() -> None:
    """Run the command; SIGTERM unwinds it as Ctrl-C does, so that nothing stays behind."""

    def leave(_signal: int, _frame: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    livelane(prog_name="livelane")
