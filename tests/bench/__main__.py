"""`just bench [quick] [PART …]`: measure, print a table, write JSON; with --page, into a page and its pictures as well.

Parts: fanout latency rest wakeups bulk comeback proxies many peers, and growth, which is boards replay snapshot; only
when asked for scale, which is nodes units, for docs/scale.md.
"""

import argparse
import contextlib
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

from rich.console import Console

from service.schema.embedded import attach
from tests.bench import (
    boards,
    bulk,
    comeback,
    fanout,
    latency,
    many,
    nodes,
    peers,
    proxies,
    replay,
    rest,
    units,
    wakeups,
)
from tests.bench.machine import cores, cores_in_use, pin, raise_file_limit
from tests.bench.report import QUIET, Album, Figure, put_into, show, write
from tests.bench.site import Site, site
from tests.cluster import Cluster

Part = Callable[[Site], list[Figure]]
SEVERAL = {"growth": ["boards", "replay", "snapshot"], "scale": ["nodes", "units"]}
MANY = 10_000  # streams on one worker


def parts(quick: bool, readers: int, album: Album) -> dict[str, Part]:
    """Return what is measured, by name. What the parts have to show goes into the album."""
    return {
        "fanout": lambda at: fanout.measure(at, readers, 6 if quick else 12),
        "latency": lambda at: latency.measure(at, 60 if quick else 300, album),
        "rest": lambda at: rest.measure(at, 1.5 if quick else 4.0, album),
        "wakeups": lambda at: wakeups.measure(at, 1.5 if quick else 4.0),
        "bulk": lambda at: bulk.measure(at, 5 if quick else 20),
        "comeback": lambda at: comeback.measure(at, readers),
        "proxies": lambda at: proxies.measure(at, 60 if quick else 210),
        "many": lambda at: many.measure(at, 2 * readers if quick else max(MANY, readers), 6 if quick else 12),
        "peers": lambda at: peers.measure(at, readers, 6 if quick else 12, album),
        "boards": lambda at: boards.measure(at, sizes(quick, 10, 1_000, 100_000), 50 if quick else 250, album),
        "replay": lambda at: replay.measure(
            at, sizes(quick, 100_000, 1_000_000, 10_000_000), 10 if quick else 40, album
        ),
        "snapshot": lambda at: bulk.growth(at, sizes(quick, 100, 1_000, 5_000, 20_000), 3 if quick else 9, album),
        "nodes": lambda at: nodes.measure(at, 1.5 if quick else 3.0, album, 2 if quick else nodes.COUNTS[-1]),
        "units": lambda at: units.measure(at, 1.5 if quick else 3.0, album, readers // 5),
    }


def sizes(quick: bool, *those: int) -> list[int]:
    """Return the sizes to grow to: quick leaves out what takes minutes."""
    return [size for size in those if not quick or size <= 2 * those[1]]


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("words", nargs="*", metavar="quick | PART", help="the short form, or some parts alone")
    parser.add_argument("--peers", action="store_true", help="the same as the part peers")
    parser.add_argument("--readers", type=int, default=0, help="subscribers (5,000; quick: 1,000)")
    parser.add_argument("--json", type=Path, default=Path(".livelane/bench.json"), help="where the JSON goes")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="put tables into this Markdown page, pictures beside it"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--database-url", default="", metavar="URL", help="measure on this PostgreSQL, best an empty one"
    )
    where.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="measure on the embedded PostgreSQL of this folder, beside its database",
    )
    given = parser.parse_args()
    quick = "quick" in given.words
    readers = given.readers or (1_000 if quick else 5_000)
    album = Album()
    everything = parts(quick, readers, album)
    words = [word for word in given.words if word != "quick"] + ["peers"] * given.peers
    wanted = [part for word in words for part in SEVERAL.get(word, [word])]
    wanted = wanted or [part for part in everything if part not in SEVERAL["scale"]]
    if unknown := [word for word in wanted if word not in everything]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join([*everything, *SEVERAL])}")
    most = max(readers, MANY) if "many" in wanted else readers
    allowed = raise_file_limit(2 * most + 1_000)
    if allowed < most + 500:
        parser.error(f"only {allowed} open files are allowed here; raise it with ulimit -n {most + 1_000}")
    console = Console(width=None if sys.stdout.isatty() else 200)
    server_core, load_core = cores()
    if (load := cores_in_use()) > QUIET:
        console.print(f"[yellow]The machine is busy ({load:.1f} cores in use): trust ratios, not absolutes.[/]")
    pin(load_core)
    figures: dict[str, list[Figure]] = {}
    with beside(given.data) if given.data else contextlib.nullcontext(given.database_url) as database_url:
        for name in wanted:
            began = time.monotonic()
            console.print(f"[dim]measuring {name} …[/]", end="")
            with (
                tempfile.TemporaryDirectory(prefix="livelane-bench-", ignore_cleanup_errors=True) as folder,
                site(Path(folder), server_core, database_url, 25 * nodes.COUNTS[-1] if name == "nodes" else 0) as at,
            ):
                figures[name] = everything[name](at)
            console.print(f"[dim] {time.monotonic() - began:.0f} s[/]")
            if given.page:
                command = f"just bench{' quick' if quick else ''} {name}"
                put_into(figures[name], given.page, command, load, markers(name), album.tables.get(name, ""))
    show([figure for those in figures.values() for figure in those], console)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    write(figures, given.json, shlex.join(["just", "bench", *sys.argv[1:]]), load)
    if given.page:
        folder = given.page.parent / "pictures"
        folder.mkdir(exist_ok=True)
        for name, drawn in album.pictures.items():
            (folder / f"bench-{name}.svg").write_text(drawn)
    console.print(f"[dim]the same as JSON: {given.json}[/]")
    sys.exit(1 if any(figure.holds is False for those in figures.values() for figure in those) else 0)


@contextlib.contextmanager
def beside(data: Path) -> Generator[str]:
    """Give a database that is dropped again, in the embedded server of a data folder; people's own is not touched."""
    with attach(data) as server, Cluster(server.url, server.admin_url).database("livelane_bench") as url:
        yield url


def markers(part: str) -> tuple[str, str]:
    """Return what stands around the part's figures on a page."""
    return f"<!-- {part} -->", f"<!-- end of {part} -->"


if __name__ == "__main__":
    main()
