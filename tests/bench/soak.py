"""`just soak 1h`: does memory stay flat? Streams come and go, people write and read, gently; sampled every 10 s.

It takes about a seventh of a core, so it may run beside other work: memory does not mind.
"""

import argparse
import asyncio
import json
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

from tests.bench.machine import cores, cpu_s, description, raise_file_limit, rss_bytes
from tests.bench.report import Figure
from tests.bench.site import Site, site
from tests.bench.visitors import Ground, everybody

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


def measure(at: Site, for_s: float, every_s: float = 10.0, say: Callable[[str], None] = print) -> Soak:
    """Run the product under its visitors for so long."""
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
        works = everybody(ground, STREAMS, 1.0, email, PASSWORD)
        samples = asyncio.run(_run(at, ground, works, for_s, every_s, say))
    finally:
        at.product.stop()
    say("  ".join(f"{what} {count}" for what, count in sorted(ground.did.items())))
    for fault in ground.faults[:20]:
        say(fault)
    return Soak(samples, dict(ground.did), ground.faults, description(), time.strftime("%Y-%m-%d"))


async def _run(
    at: Site, ground: Ground, works: list[Callable[[], Awaitable[None]]], for_s: float, every_s: float,
    say: Callable[[str], None],
) -> list[Sample]:  # fmt: skip
    samples: list[Sample] = []
    async with asyncio.TaskGroup() as tasks, httpx.AsyncClient(base_url=ground.url) as http:
        for work in works:
            tasks.create_task(ground.go_on(work))
        began = last = time.monotonic()
        spent = cpu_s(at.pid)
        while (now := time.monotonic()) < began + for_s:
            await ground.pause(max(0.0, min(began + len(samples) * every_s + every_s, began + for_s) - now))
            now, cpu = time.monotonic(), cpu_s(at.pid)
            numbers = _numbers((await http.get("/metrics")).text)
            sample = Sample(
                at_s=round(now - began, 1),
                rss_mib=round(rss_bytes(at.pid) / 1024**2, 2),
                files=sum(1 for _ in Path(f"/proc/{at.pid}/fd").iterdir()),
                threads=sum(1 for _ in Path(f"/proc/{at.pid}/task").iterdir()),
                tasks=int(numbers["livelane_tasks"]),
                streams=int(numbers["livelane_streams_open"]),
                topics=int(numbers["livelane_streams_topics"]),
                ring_mib=round(numbers["livelane_streams_ring_bytes"] / 1024**2, 2),
                backends=at.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"),
                cpu=round((cpu - spent) / (now - last), 3),
            )
            last, spent = now, cpu
            samples.append(sample)
            say("  ".join(f"{name} {value}" for name, value in msgspec.to_builtins(sample).items()))
        ground.over.set()
    return samples


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

    lasted = f"{samples[-1].at_s / 60:.0f} min"
    cpu = statistics.fmean(sample.cpu for sample in samples)
    first = "the first fifth after the warm-up"
    return [
        Figure(f"soak of {lasted}: memory in the last fifth", middle(after, "rss_mib"), "MiB", first,
               middle(before, "rss_mib"), 1.05, f"{cpu:.0%} of a core"),
        *(
            Figure(f"soak of {lasted}: {word}", middle(after, name), "", first, middle(before, name), 1.15)
            for name, word in (("files", "open files"), ("tasks", "tasks"), ("backends", "database connections"))
        ),
    ]  # fmt: skip


def main() -> None:
    """Run once; print the samples as they come, write them as JSON."""
    parser = argparse.ArgumentParser(prog="just soak", description=__doc__)
    parser.add_argument("duration", nargs="?", default="1h", help="like 40s, 10m or 1h")
    parser.add_argument("--json", type=Path, default=Path(".livelane/soak.json"), help="where the samples go")
    given = parser.parse_args()
    match = re.fullmatch(r"(\d+)([smh])", given.duration)
    if match is None:
        parser.error(f"a duration is like 40s, 10m or 1h, not {given.duration}")
    raise_file_limit(STREAMS + 1_000)
    with (
        tempfile.TemporaryDirectory(prefix="livelane-soak-", ignore_cleanup_errors=True) as folder,
        site(Path(folder), cores()[0]) as at,
    ):
        try:
            found = measure(at, int(match[1]) * UNITS[match[2]], say=lambda line: print(line, flush=True))
        except BaseException:
            print(at.product.log[-8000:], file=sys.stderr)
            raise
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(msgspec.to_builtins(found)) + "\n")
    held = figures(found.samples)
    for figure in held:
        print(f"{figure.what}: {figure.value:.1f} {figure.unit}, before {figure.limit:.1f}")
    sys.exit(1 if found.faults or any(figure.holds is False for figure in held) else 0)


if __name__ == "__main__":
    main()
