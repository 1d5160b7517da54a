"""`just bench [quick] [PART …]`: measure, print a table, write JSON. Parts: fanout latency rest bulk comeback."""

import argparse
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from tests.bench import bulk, comeback, fanout, latency, peers, rest
from tests.bench.machine import cores, pin, raise_file_limit
from tests.bench.report import QUIET, Figure, put_into, show, write
from tests.bench.site import Site, site

Part = Callable[[Site], list[Figure]]


def parts(quick: bool, readers: int) -> dict[str, Part]:
    """Return what is measured, by name."""
    return {
        "fanout": lambda at: fanout.measure(at, readers, 6 if quick else 12),
        "latency": lambda at: latency.measure(at, 60 if quick else 300),
        "rest": lambda at: rest.measure(at, 1.5 if quick else 4.0),
        "bulk": lambda at: bulk.measure(at, 5 if quick else 20),
        "comeback": lambda at: comeback.measure(at, readers),
        "peers": lambda at: peers.measure(at, readers, 6 if quick else 12, print),
    }


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="quick | PART", help="the short form, or some parts alone")
    parser.add_argument("--readers", type=int, default=0, help="subscribers (5,000; quick: 1,000)")
    parser.add_argument("--json", type=Path, default=Path(".livelane/bench.json"), help="where the JSON goes")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the table into this Markdown page as well")
    parser.add_argument(
        "--database-url", default="", metavar="URL", help="measure on this PostgreSQL, best an empty one"
    )
    given = parser.parse_args()
    quick = "quick" in given.words
    readers = given.readers or (1_000 if quick else 5_000)
    everything = parts(quick, readers)
    wanted = [word for word in given.words if word != "quick"] or list(everything)
    if unknown := [word for word in wanted if word not in everything]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(everything)}")
    allowed = raise_file_limit(readers + 1_000)
    if allowed < readers + 500:
        parser.error(f"only {allowed} open files are allowed here; raise it with ulimit -n {readers + 1_000}")
    console = Console(width=None if sys.stdout.isatty() else 200)
    server_core, load_core = cores()
    if (load := os.getloadavg()[0]) > QUIET:
        console.print(f"[yellow]The machine is busy (load {load:.1f}): trust ratios, not absolutes.[/]")
    pin(load_core)
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(prefix="livelane-bench-", ignore_cleanup_errors=True) as folder,
        site(Path(folder), server_core, given.database_url) as at,
    ):
        for name in wanted:
            began = time.monotonic()
            console.print(f"[dim]measuring {name} …[/]", end="")
            figures += everything[name](at)
            console.print(f"[dim] {time.monotonic() - began:.0f} s[/]")
    show(figures, console)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    write(figures, given.json, shlex.join(["just", "bench", *sys.argv[1:]]), load)
    if given.page:
        put_into(figures, given.page, f"just bench{' quick' if quick else ''}", load)
    console.print(f"[dim]the same as JSON: {given.json}[/]")
    sys.exit(1 if any(figure.holds is False for figure in figures) else 0)


if __name__ == "__main__":
    main()
