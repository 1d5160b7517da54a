"""`livelane doctor`: checks the way from here to the database, and through whatever proxy an address names."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import psycopg
from rich.console import Console
from rich.text import Text

from service import running
from service.doctor import database, log, way
from service.doctor.finding import Finding, fail, warn
from service.doctor.scratch import may_be_made, scratch
from service.doctor.way import Address
from service.parameters import WebAddress
from service.schema.database import DatabaseProblem, examine
from service.schema.embedded import EmbeddedError, attach
from service.verbs import with_database

MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "bold red")}


class Span(click.ParamType[float]):
    """A length of time: 30, 30s, 5m."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", str(value))
        if not found:
            self.fail("give seconds or a time like 30s, 5m, 1h", param, ctx)
        return float(found[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600, None: 1}[found[2]]


@click.command()
@with_database
@click.argument("url", default="", type=WebAddress(), metavar="[URL]")
@click.option(
    "--direct",
    default="",
    metavar="URL",
    type=WebAddress(),
    help="Livelane past the proxy, to compare with; without it the `livelane serve` of the data folder.",
)
@click.option(
    "--token",
    default="",
    envvar="LIVELANE_TOKEN",
    metavar="TOKEN",
    help="A bearer token, for a URL whose database cannot be reached from here.",
)
@click.option(
    "--idle",
    "idle_s",
    default="11s",
    show_default=True,
    type=Span(),
    help="How long to watch a silent stream for being cut; 5m finds most proxies' limits.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: level, check, text, todo.")
@click.pass_context
def doctor(
    ctx: click.Context, database_url: str, data: Path, url: str, direct: str, token: str, idle_s: float, as_json: bool
) -> None:
    """Check the database, the log, and the way to URL through any proxy; say of each how it is and what to do.

    It writes a few events on a board of its own and takes it away again. The exit code is 1 when anything failed.

    \b
    livelane doctor
    livelane doctor https://board.example
    livelane doctor https://board.example --token llt_… --idle 5m
    """
    console = Console(highlight=False, soft_wrap=True)
    failed = False
    for finding in _examine(database_url, data, url, direct, token, idle_s):
        failed |= finding.level == "fail"
        if as_json:
            click.echo(json.dumps(msgspec.to_builtins(finding), ensure_ascii=False))
        else:
            _print(console, finding)
    ctx.exit(1 if failed else 0)


def _print(console: Console, finding: Finding) -> None:
    mark, style = MARKS[finding.level]
    console.print(Text.assemble((mark, style), "  ", finding.text))
    if finding.todo:
        console.print(Text.assemble("      → ", finding.todo))


def _examine(database_url: str, data: Path, url: str, direct: str, token: str, idle_s: float) -> Iterator[Finding]:
    here = running.find(data) if not database_url else None
    direct = direct or (here.url if here else "")
    url = url or direct
    with contextlib.ExitStack() as stack:
        conn = None
        if database_url or _has_data(data):
            try:
                at = database_url or stack.enter_context(attach(data)).url
                examine(at)
                conn = stack.enter_context(psycopg.connect(at, autocommit=True))
            except (DatabaseProblem, EmbeddedError) as error:
                yield fail("database", "The database cannot be used.", str(error))
            else:
                yield from database.look(at, conn)
                yield from log.look(conn)
        elif not url:
            yield fail(
                "database",
                f"There is nothing in {data}, and no URL to look at.",
                "Start `livelane serve`, or give --data, --database-url or a URL.",
            )
        if url:
            yield from _way(conn, url, direct, token, idle_s)
        elif conn:
            yield warn(
                "reach",
                "No `livelane serve` was found on this database, so the way to it was not tried.",
                "Start it, or give its address: livelane doctor URL",
            )


def _has_data(data: Path) -> bool:
    return (data.expanduser() / "postgres").exists()


def _way(conn: psycopg.Connection | None, url: str, direct: str, token: str, idle_s: float) -> Iterator[Finding]:
    found: dict[str, Address] = {}
    for at in dict.fromkeys((url, direct)):
        if at:
            for said in way.reach(at):
                if isinstance(said, Address):
                    found[at] = said
                elif at == url or said.level == "fail":
                    yield said
    if url not in found:
        return
    beside = found.get(direct) if direct != url else None
    with contextlib.ExitStack() as stack:
        made = epoch = None
        if conn:
            if not may_be_made(conn):
                yield warn(
                    "stream",
                    "Nobody has an account yet, so streams were not tried.",
                    "Make the first account by the link that `livelane serve` printed.",
                )
                return
            row = conn.execute("SELECT current_epoch()").fetchone()
            epoch = row[0] if row else None
            made = stack.enter_context(scratch(conn))
            token = made.token
        if not token:
            yield warn(
                "stream",
                "Without a token or the database, streams were not tried.",
                "Give --token (`livelane token EMAIL` makes one), --data or --database-url.",
            )
            return
        failed: set[str] = set()
        for finding in way.streams(found[url], beside, token, epoch, made):
            if finding.level == "fail":
                failed.add(finding.check)
            yield finding
        if idle_s and not failed & {"stream", "identity", "buffering"}:
            yield way.idle(found[url], token, made.board if made else None, idle_s)
