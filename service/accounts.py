"""The verbs that make people, links and tokens, and take people and texts away."""

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path

import click
import psycopg

from service import credentials, running
from service.parameters import WebAddress
from service.verbs import opened, say, with_database

BIGINT = 2**63 - 1  # the last id that a row can have


@click.group()
def person() -> None:
    """Add people, let them in again, or erase them."""


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


@click.command("token")
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


@click.group()
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
