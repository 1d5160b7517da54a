"""`livelane bench`: hands over to the measuring programs, which live with the tests and are not in the wheel."""

import subprocess
import sys
from pathlib import Path

import click

from service.settings import CHECKOUT


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[quick] [PART …] [--readers N] [--json FILE]")
@click.pass_context
def bench(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Measure Livelane on this machine, each figure beside its limit, as a table and JSON.

    Parts are fanout, latency, rest, wakeups, bulk, comeback; all of them unless named. `quick` takes two minutes.
    It runs its own server on its own database; with --database-url on a PostgreSQL of yours, best an empty one.

    \b
    livelane bench quick
    livelane bench rest --json rest.json
    """
    if not (Path(CHECKOUT) / "tests" / "bench").is_dir():
        raise click.ClickException("The measuring programs are in Livelane's source alone; run it in a checkout.")
    ctx.exit(subprocess.run([sys.executable, "-m", "tests.bench", *arguments], cwd=CHECKOUT, check=False).returncode)
