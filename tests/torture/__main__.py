"""`python -m tests.torture 10m [--seed N]`."""

import argparse
import random
import re
import time

import anyio

from tests.torture.run import torture

SECONDS = {"s": 1, "m": 60, "h": 3600}


def main() -> None:
    """Run once and print the seed before, what happened after."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("duration", nargs="?", default="1m", help="like 40s, 10m or 2h")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--writers", type=int, default=2, help="so many over REST and as many by SQL")
    parser.add_argument("--workers", type=int, default=1, help="processes of the server")
    asked = parser.parse_args()
    match = re.fullmatch(r"(\d+)([smh])", asked.duration)
    if match is None:
        parser.error(f"a duration is like 40s, 10m or 2h, not {asked.duration}")
    began = time.monotonic()

    print(f"seed {asked.seed}", flush=True)
    seconds = int(match[1]) * SECONDS[match[2]]
    counts = anyio.run(
        lambda: torture(seconds, asked.seed, readers=asked.readers, writers=asked.writers, workers=asked.workers)
    )

    for what, count in counts.items():
        print(f"{count:8}  {what}")
    print(f"nothing lost, doubled or different after {time.monotonic() - began:.0f} s")


main()
