"""The `livelane` command, with serve, migrate and sql. Every error is a sentence with a next step."""

import contextlib
import errno
import importlib.util
import signal
import socket
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import click
import psycopg
from msgspec import structs

from service import credentials, logs
from service.parameters import Networks, WebAddress
from service.schema import database
from service.schema.embedded import attach, claim
from service.schema.keeper import is_kept
from service.schema.migrate import migrate, pending
from service.schema.programs import run_program
from service.settings import CONNECTIONS, Settings
from service.verbs import Verbs, opened, say, with_database


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


@livelane.command()
def schema() -> None:
    """Print the REST API's OpenAPI document, as /docs/openapi.json serves it."""
    from service.app import openapi_json  # here: the other verbs need no API

    click.echo(openapi_json())


def main() -> None:
    """Run the command; SIGTERM unwinds it as Ctrl-C does, so that nothing stays behind."""

    def leave(_signal: int, _frame: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    livelane(prog_name="livelane")
