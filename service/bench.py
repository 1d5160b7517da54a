"""`livelane bench`: hands over to the measuring programs, which live with the tests and are not in the wheel."""

import subprocess
import sys
from pathlib import Path

import click

from service.settings import CHECKOUT


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    metavar="DIR",
    help="Measure in the embedded PostgreSQL of this folder, on a database beside its own.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[quick] [PART …] [OPTIONS]")
@click.pass_context
def bench(ctx: click.Context, data: Path | None, arguments: tuple[str, ...]) -> None:
    """Measure Livelane on this machine, each figure beside its limit, as a table and JSON.

    Parts are fanout, latency, rest, wakeups, bulk, comeback, proxies, many, peers, boards, replay, snapshot, and, only
    when named, nodes and units; growth is boards to snapshot, scale is nodes and units. `quick` is shorter and smaller.
    It runs its own server on a database that is thrown away; with --database-url URL on a PostgreSQL of yours, best an
    empty one. --readers is how many streams, --json where the figures go, --page a Markdown page to put them into.

    \b
    livelane bench quick
    livelane bench rest --json rest.json
    """
    if not (Path(CHECKOUT) / "tests" / "bench").is_dir():
        raise click.ClickException("The measuring programs are in Livelane's source alone; run it in a checkout.")
    command = [sys.executable, "-m", "tests.bench", *arguments, *(["--data", str(data)] if data else [])]
    ctx.exit(subprocess.run(command, cwd=CHECKOUT, check=False).returncode)
