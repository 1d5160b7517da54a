"""A short torture; `just torture 10m` is the long one."""

import os
import random

import pytest

from tests.torture.run import torture

SECONDS = 30


@pytest.mark.slow
async def test_nothing_is_lost_doubled_or_different_whatever_breaks():
    seed = int(os.environ.get("LIVELANE_TORTURE_SEED", random.randrange(1_000_000)))
    print(f"LIVELANE_TORTURE_SEED={seed}")

    counts = await torture(SECONDS, seed)

    print(counts)
    assert counts["sql commit"] > 20
    assert counts["rest 201"] > 20
    assert counts["stream opened"] > 20
    assert sum(count for what, count in counts.items() if what.startswith("fault")) >= 3
