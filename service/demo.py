"""`livelane demo`: a filled board, two people's sign-in links, and colleagues who work on it until Ctrl-C."""

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
import psycopg
from click.core import ParameterSource

from service import credentials, logs, running
from service.parameters import WebAddress
from service.robots import Robot, Script
from service.schema import database
from service.schema.embedded import attach, claim
from service.settings import Settings
from service.verbs import opened, say, with_database

TITLE = "Garden café"
PEOPLE = (("ada@example.org", "Ada"), ("bo@example.org", "Bo"))  # who the links are for
COLLEAGUES = ("Mira", "Tomás", "Yuki", "Noor", "Pavel", "Ines")
PAUSE_S = (1.5, 6.0)  # between two deeds of a colleague
SCRIPT_PAUSE_S = (8.0, 20.0)
COLUMNS = (("Ideas", None), ("To do", None), ("Doing", 6), ("Review", 4), ("Done", None))
TICKETS = (
    (0, "Breakfast outside in May", "We need:\n\n- [ ] parasols\n- [ ] a second till\n- [ ] a good cook"),
    (0, "Live music on Fridays", ""),
    (0, "Sell the bread to take away", ""),
    (0, "A corner for children", "Crayons, low chairs, **no** recorders."),
    (1, "Choose the summer menu", "Eight dishes, one cold.\n\n- [x] collect\n- [ ] taste\n- [ ] price"),
    (1, "Repair the coffee grinder", ""),
    (1, "Ask for the terrace permit", "The form is on the city's page; the plan goes with it."),
    (1, "Hire a second cook", ""),
    (1, "New aprons", ""),
    (2, "Website: opening hours", ""),
    (2, "Paint the back wall", "Two coats. The green one."),
    (2, "Supplier for vegetables", "| who | days |\n| --- | --- |\n| Hof Linde | Tue, Fri |\n| Market | daily |"),
    (3, "Cards for the tables", ""),
    (3, "Insurance for the terrace", ""),
    (4, "Sign the lease", ""),
    (4, "Buy the big table", ""),
    (4, "Find a name", "Garden café it is."),
)  # fmt: skip

Conn = psycopg.Connection[tuple[Any, ...]]


class Scene(msgspec.Struct, frozen=True):
    """What was prepared."""

    board: int
    codes: list[str]  # one-time, of PEOPLE
    tokens: list[str]  # of the colleagues


@click.command()
@with_database
@click.option("--url", default="", metavar="URL", type=WebAddress(),
              help="A Livelane that runs already, on the database given too; else the demo starts one.")  # fmt: skip
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535),
              help="Where its own listens; a free one is taken when this is in use.")  # fmt: skip
@click.option("--robots", "count", default=3, show_default=True, type=click.IntRange(0, len(COLLEAGUES)),
              help="How many colleagues.")  # fmt: skip
@click.option("--pace", default=1.0, show_default=True, type=click.FloatRange(0.1, 50), help="2 is twice as quick.")
@click.pass_context
def demo(ctx: click.Context, database_url: str, data: Path, url: str, port: int, count: int, pace: float) -> None:
    """Show Livelane at work: a board, two sign-in links for two windows, and colleagues who never rest.

    Without --data or --database-url everything is thrown away at the end.
    """
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        if ctx.get_parameter_source("data") is ParameterSource.DEFAULT and not database_url:
            if url:  # a board in a new database is none there
                raise click.UsageError(f"Give the database of {url} as well: --data or --database-url.")
            data = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="livelane-", ignore_cleanup_errors=True))
            )
        elif not url and not database_url and (found := running.find(data, ("serve",))):
            url = found.url
        if url:
            _join(stack, database_url, data, url, count, pace)
        else:
            _own(stack, database_url, data, port, count, pace)


def _join(stack: contextlib.ExitStack, database_url: str, data: Path, url: str, count: int, pace: float) -> None:
    """Work on a Livelane that runs already, until Ctrl-C."""
    at = stack.enter_context(opened(database_url, data))
    _at_work(stack, at, _sql_url(stack, database_url, data), url, count, pace)
    threading.Event().wait()


def _own(stack: contextlib.ExitStack, database_url: str, data: Path, port: int, count: int, pace: float) -> None:
    """Run a product of our own in this process until Ctrl-C, with the colleagues in threads beside it."""
    from service import serve as product  # late: it is only needed here
    from service.web import app_version

    os.environ.setdefault("LIVELANE_LOG_LEVEL", "WARNING")
    if wrong := logs.wrong():
        raise click.UsageError(wrong)
    if not database_url:
        tell = stack.enter_context(claim(data, "serve"))
    else:
        tell = None
        database.examine(database_url)
    try:
        listening = product.listen("127.0.0.1", port)
    except OSError:
        listening = product.listen("127.0.0.1", 0)
    stack.enter_context(listening)
    settings = Settings(database_url="", port=listening.getsockname()[1], app=app_version())
    if tell:
        tell(settings.printed_url, settings.port)
    at = stack.enter_context(opened(database_url, data))
    _at_work(stack, at, _sql_url(stack, database_url, data), settings.printed_url, count, pace)
    product.run_all(msgspec.structs.replace(settings, database_url=at), 1, listening)


def _sql_url(stack: contextlib.ExitStack, database_url: str, data: Path) -> str:
    """Return the database as a person in psql reaches it, so that the log tells them from the service."""
    return database_url or stack.enter_context(attach(data)).sql_url


def _at_work(stack: contextlib.ExitStack, database_url: str, sql_url: str, url: str, count: int, pace: float) -> None:
    """Prepare the board, print the links, start the colleagues; they stop when the stack unwinds."""
    scene = stack.enter_context(_prepared(database_url, count))
    first, second = (
        f"{base}/boards/{scene.board}#code={code}" for base, code in zip(_two(url), scene.codes, strict=True)
    )
    click.echo(
        f"Two people, two windows, side by side:\n"
        f"  {PEOPLE[0][1]:<4} {click.style(first, bold=True)}\n"
        f"  {PEOPLE[1][1]:<4} {click.style(second, bold=True)}\n"
        f"{', '.join([*COLLEAGUES[:count], 'a script in SQL'])} work on “{TITLE}”. Ctrl-C ends it."
    )
    sys.stdout.flush()
    if urlsplit(first).netloc == urlsplit(second).netloc:
        say("Open the second in a private window: one browser is one person at one address.")
    stop = threading.Event()
    stack.callback(stop.set)
    hurried = (PAUSE_S[0] / pace, PAUSE_S[1] / pace)
    for token in scene.tokens:
        Robot(url, token, scene.board, hurried, stop).start()
    Script(sql_url, scene.board, (SCRIPT_PAUSE_S[0] / pace, SCRIPT_PAUSE_S[1] / pace), stop).start()


def _two(url: str) -> tuple[str, str]:
    """Return two names of one address, so that one browser keeps two cookies and is two people."""
    at = urlsplit(url)
    if at.hostname not in {"localhost", "127.0.0.1"}:
        return url, url
    first, second = (at._replace(netloc=f"{host}:{at.port or 80}").geturl() for host in ("localhost", "127.0.0.1"))
    return first, second


@contextlib.contextmanager
def _prepared(database_url: str, count: int) -> Generator[Scene]:
    """Make people, board and tokens; the tokens are taken back at the end, the board stays."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        codes = [_code(conn, email, name) for email, name in PEOPLE]
        with conn.transaction():
            members = [_id(conn, "SELECT id FROM person WHERE email = %s", email) for email, _ in PEOPLE]
            colleagues = [_colleague(conn, name) for name in COLLEAGUES[:count]]
            board = _board(conn, members, colleagues)
            tokens = [running.lend_token(conn, person, "livelane demo") for person in colleagues]
    try:
        yield Scene(board, codes, tokens)
    finally:
        with contextlib.suppress(psycopg.Error), psycopg.connect(database_url, autocommit=True) as conn:
            for token in tokens:
                running.return_token(conn, token)


def _code(conn: Conn, email: str, name: str) -> str:
    try:
        return credentials.add_person(conn, email, name, admin=False)
    except credentials.Refused:
        return credentials.sign_in_code(conn, email)


def _colleague(conn: Conn, name: str) -> int:
    """Return the person of that name who has no address, so that nobody can sign in as one."""
    known = conn.execute(
        "SELECT id FROM person WHERE name = %s AND email IS NULL AND erased_at IS NULL LIMIT 1", (name,)
    ).fetchone()
    return known[0] if known else _id(conn, "INSERT INTO person (name) VALUES (%s) RETURNING id", name)


def _board(conn: Conn, owners: list[int], editors: list[int]) -> int:
    """Return the demo's board: last time's, or a new one."""
    known = conn.execute(
        """
        SELECT b.id FROM board b JOIN member m ON m.board_id = b.id AND m.person_id = %s AND m.role = 'owner'
         WHERE b.title = %s AND b.archived_at IS NULL ORDER BY b.id DESC LIMIT 1
        """,
        (owners[0], TITLE),
    ).fetchone()
    conn.execute("SELECT set_context(%s, NULL, 'system')", (owners[0],))
    board = known[0] if known else _filled(conn)
    for people, role in ((owners, "owner"), (editors, "editor")):
        for person in people:
            conn.execute(
                "INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (board, person, role),
            )
    return board


def _filled(conn: Conn) -> int:
    board = _id(conn, "INSERT INTO board (title, description) VALUES (%s, 'We open in May.') RETURNING id", TITLE)
    columns = [
        _id(conn, "INSERT INTO board_column (board_id, title, wip_limit) VALUES (%s, %s, %s) RETURNING id",
            board, title, limit)
        for title, limit in COLUMNS
    ]  # fmt: skip
    for place, title, description in TICKETS:
        conn.execute(
            "INSERT INTO ticket (column_id, title, description) VALUES (%s, %s, %s)",
            (columns[place], title, description),
        )
    return board


def _id(conn: Conn, query: str, *arguments: object) -> int:
    row = conn.execute(query.encode(), arguments).fetchone()
    assert row
    return row[0]
