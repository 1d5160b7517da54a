"""`just soak 1h`: does memory stay flat? Streams come and go, people write and read, gently; sampled every 10 s.

It takes about a seventh of a core, so it may run beside other work: memory does not mind.
"""

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import msgspec
from argon2 import PasswordHasher
from rich.console import Console

from tests.bench.machine import cores, cores_in_use, cpu_s, description, raise_file_limit, rss_bytes
from tests.bench.picture import Line, Lines, picture
from tests.bench.report import Figure, put_into, show
from tests.bench.site import Site, site
from tests.bench.visitors import Ground, everybody

PATIENCE_S = 60.0  # for an answer, on a machine that others use
UNITS = {"s": 1, "m": 60, "h": 3600}
BOARDS, TICKETS, STREAMS = 6, 60, 100  # few boards, so that their rings are full when the warm-up ends
WARM_SHARE = 1 / 6  # of the time, in which caches and rings fill; flat is what comes after
PASSWORD = "long enough to be one"


class Sample(msgspec.Struct, frozen=True):
    """How things stood."""

    at_s: float
    rss_mib: float
    files: int
    threads: int
    tasks: int
    streams: int
    topics: int
    ring_mib: float
    backends: int  # connections to PostgreSQL, ours for looking included
    cpu: float  # share of a core since the last sample


class Soak(msgspec.Struct):
    """What a run gave."""

    samples: list[Sample]
    did: dict[str, int]  # by the visitors
    faults: list[str]  # what they saw that must not be
    machine: dict[str, object]
    on: str  # the date
    in_use: float = 1.0  # cores at work before it began


def measure(at: Site, for_s: float, every_s: float, keep: Callable[[Soak], None]) -> Soak:
    """Run the product under its visitors for so long; what is there so far is handed over at every sample."""
    boards = [at.board(TICKETS) for _ in range(BOARDS)]
    tickets = [row[0] for row in at.conn.execute("SELECT id FROM ticket WHERE board_id = ANY (%s)", (boards,))]
    email = f"soak.{at.reader}@example.org"
    at.conn.execute(
        "UPDATE person SET email = %s, password_hash = %s WHERE id = %s",
        (email, PasswordHasher().hash(PASSWORD), at.reader),
    )
    at.product.start()
    try:
        ground = Ground(at.product.url, at.token, at.url, boards, tickets)
        soak = Soak([], ground.did, ground.faults, description(), time.strftime("%Y-%m-%d"), cores_in_use())
        works = everybody(ground, STREAMS, 1.0, email, PASSWORD)
        asyncio.run(_run(at, ground, works, soak, for_s, every_s, keep))
    finally:
        at.product.stop()
    return soak


async def _run(
    at: Site, ground: Ground, works: list[Callable[[], Awaitable[None]]], soak: Soak, for_s: float, every_s: float,
    keep: Callable[[Soak], None],
) -> None:  # fmt: skip
    async with asyncio.TaskGroup() as tasks, httpx.AsyncClient(base_url=ground.url, timeout=PATIENCE_S) as http:
        for work in works:
            tasks.create_task(ground.go_on(work))
        began = last = time.monotonic()
        spent = cpu_s(at.pid)
        for number in range(1, int(for_s / every_s) + 1):
            await ground.pause(max(0.0, began + number * every_s - time.monotonic()))
            now, cpu = time.monotonic(), cpu_s(at.pid)
            try:
                soak.samples.append(await _sample(at, http, now - began, (cpu - spent) / (now - last)))
            except httpx.TransportError as error:
                ground.faults.append(f"no answer to a sample after {now - began:.0f} s: {error!r}")
                continue
            last, spent = now, cpu
            keep(soak)
        ground.over.set()


async def _sample(at: Site, http: httpx.AsyncClient, at_s: float, cpu: float) -> Sample:
    numbers = _numbers((await http.get("/metrics")).text)
    return Sample(
        at_s=round(at_s, 1),
        rss_mib=round(rss_bytes(at.pid) / 1024**2, 2),
        files=sum(1 for _ in Path(f"/proc/{at.pid}/fd").iterdir()),
        threads=sum(1 for _ in Path(f"/proc/{at.pid}/task").iterdir()),
        tasks=int(numbers["livelane_tasks"]),
        streams=int(numbers["livelane_streams_open"]),
        topics=int(numbers["livelane_streams_topics"]),
        ring_mib=round(numbers["livelane_streams_ring_bytes"] / 1024**2, 2),
        backends=at.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"),
        cpu=round(cpu, 3),
    )


def _numbers(text: str) -> dict[str, float]:
    """Return the metrics without labels."""
    return {name: float(value) for name, value in re.findall(r"^(\w+) ([\d.e+-]+)$", text, re.M)}


def figures(samples: list[Sample]) -> list[Figure]:
    """Return whether memory, files and tasks stayed as they were once the warm-up was over."""
    warm = samples[int(len(samples) * WARM_SHARE) :]
    part = max(1, len(warm) // 5)
    before, after = warm[:part], warm[-part:]

    def middle(part: list[Sample], name: str) -> float:
        return statistics.median(getattr(sample, name) for sample in part)

    lasted = f"soak of {samples[-1].at_s / 60:.0f} min"
    cpu = statistics.fmean(sample.cpu for sample in samples)
    first = "the first fifth after the warm-up"
    return [
        Figure(f"{lasted}: memory in the last fifth", middle(after, "rss_mib"), "MiB", first, middle(before, "rss_mib"),
               1.05, f"the server used {cpu:.1%} of a core"),
        *(
            Figure(f"{lasted}: {word}", middle(after, name), "", first, middle(before, name), 1.15)
            for name, word in (("files", "open files"), ("tasks", "tasks"), ("backends", "database connections"))
        ),
    ]  # fmt: skip


def draw(samples: list[Sample]) -> str:
    """Return the picture. In the midst of a sign-in argon2 takes 64 MiB: the lines are each minute's median."""

    def panel(title: str, *names: tuple[str, str]) -> Lines:
        lines = [
            Line(label, _by_minute(samples, name), number == 0, dots=False)
            for number, (name, label) in enumerate(names)
        ]
        last = int(samples[-1].at_s // 60)
        return Lines(title, "minutes", lines, ticks=[round(last * quarter / 4) for quarter in range(5)])

    return picture(
        f"{samples[-1].at_s / 60:.0f} minutes of people coming and going",
        f"{STREAMS} streams of a minute on average, about ten writes a second; a worker's memory and what it holds",
        [
            panel("Memory of the server, MiB", ("rss_mib", "")),
            panel("Open streams (grey: tasks)", ("streams", ""), ("tasks", "")),
            panel("Open files (grey: database connections)", ("files", ""), ("backends", "")),
            panel("Events kept for readers, MiB", ("ring_mib", "")),
        ],
    )


def _by_minute(samples: list[Sample], name: str) -> list[tuple[float, float]]:
    minutes: dict[int, list[float]] = {}
    for sample in samples:
        minutes.setdefault(int(sample.at_s // 60), []).append(getattr(sample, name))
    return [(float(minute), statistics.median(values)) for minute, values in minutes.items()]


def main() -> None:
    """Run once, or take what a run has left; show it."""
    parser = argparse.ArgumentParser(prog="just soak", description=__doc__)
    parser.add_argument("duration", nargs="?", default="1h", help="like 40s, 10m or 1h")
    parser.add_argument("--json", type=Path, default=Path(".livelane/soak.json"), help="where the samples go")
    parser.add_argument("--show", action="store_true", help="run nothing: show the samples that are there")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="put the figures into this page, the picture beside it"
    )
    given = parser.parse_args()
    match = re.fullmatch(r"(\d+)([smh])", given.duration)
    if match is None:
        parser.error(f"a duration is like 40s, 10m or 1h, not {given.duration}")
    soak = (
        msgspec.json.decode(given.json.read_bytes(), type=Soak)
        if given.show
        else _soak(int(match[1]) * UNITS[match[2]], given.json)
    )
    found = figures(soak.samples)
    show(found, Console())
    print("  ".join(f"{what}: {count:,}" for what, count in sorted(soak.did.items())))
    print("\n".join(soak.faults[:20]))
    if given.page:
        lasted = f"just soak {soak.samples[-1].at_s / 60:.0f}m"
        put_into(found, given.page, lasted, soak.in_use, ("<!-- soak -->", "<!-- end of soak -->"))
        folder = given.page.parent / "pictures"
        folder.mkdir(exist_ok=True)
        (folder / "bench-soak.svg").write_text(draw(soak.samples))
    sys.exit(1 if soak.faults or any(figure.holds is False for figure in found) else 0)


def _soak(for_s: float, path: Path) -> Soak:
    path.parent.mkdir(parents=True, exist_ok=True)

    def keep(soak: Soak) -> None:
        path.write_bytes(msgspec.json.encode(soak))
        last = msgspec.to_builtins(soak.samples[-1])
        print("  ".join(f"{name} {value}" for name, value in last.items()), flush=True)

    raise_file_limit(STREAMS + 1_000)
    with (
        tempfile.TemporaryDirectory(prefix="livelane-soak-", ignore_cleanup_errors=True) as folder,
        site(Path(folder), cores()[0]) as at,
    ):
        return measure(at, for_s, 10.0, keep)


if __name__ == "__main__":
    main()
