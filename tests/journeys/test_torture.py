"""A short torture; `just torture 10m` is the long one."""

import os
import random

import pytest

from tests.torture.run import torture

SECONDS = 15


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
async def test_nothing_is_lost_doubled_or_different_whatever_breaks(workers: int):
    seed = int(os.environ.get("LIVELANE_TORTURE_SEED", random.randrange(1_000_000)))
    print(f"LIVELANE_TORTURE_SEED={seed}")

    counts = await torture(SECONDS, seed, workers=workers)

    print(counts)
    assert counts["sql commit"] > 10
    assert counts["rest 201"] > 10
    assert counts["stream opened"] > 20
    assert sum(count for what, count in counts.items() if what.startswith("fault")) >= 2
