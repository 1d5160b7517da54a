"""One run: prepare, let them all loose, call it over, judge."""

import tempfile
from pathlib import Path

import anyio

from tests.torture.faults import break_things
from tests.torture.ground import prepare
from tests.torture.reader import Reader
from tests.torture.rest_writer import write_over_rest
from tests.torture.sql_writer import write_by_sql
from tests.torture.verdict import heads, judge


async def torture(
    seconds: float,
    seed: int,
    *,
    readers: int = 10,
    writers: int = 2,
    workers: int = 1,
    every_s: tuple[float, float] = (1.0, 3.0),
) -> dict[str, int]:
    """Run for so long and return what happened, counted. Raises AssertionError when anything is wrong."""
    with tempfile.TemporaryDirectory(prefix="livelane-torture-") as folder:
        async with prepare(seed, Path(folder), seconds, workers) as ground:
            topics = [board.topic for board in ground.boards]
            mine = f"user/{ground.ada.id}"
            watched = [[topics[0]], [topics[1]], topics[:2], [*topics, mine], [mine], topics[2:]]
            crowd = [Reader(ground, f"reader {n}", ground.ada, watched[n % len(watched)]) for n in range(readers)]
            guest = Reader(ground, "guest", ground.bo, [topics[0]])

            async with anyio.create_task_group() as all_of_them:
                for reader in (*crowd, guest):
                    all_of_them.start_soon(reader.read)
                for n in range(writers):
                    all_of_them.start_soon(write_over_rest, ground, f"rest{n}")
                    all_of_them.start_soon(write_by_sql, ground, f"sql{n}")
                all_of_them.start_soon(break_things, ground, every_s)
                await anyio.sleep(seconds)
                ground.over.set()

            await ground.ada.call(
                "POST", f"{ground.boards[0].path}/members", {"email": ground.bo.email, "role": "viewer"}
            )
            last = await heads(ground)
            async with anyio.create_task_group() as all_of_them:
                for reader in (*crowd, guest):
                    all_of_them.start_soon(reader.catch_up, last)
            await judge(ground, [*crowd, guest])
            ground.ledger.counts["events"] = sum(last.values())
            return dict(sorted(ground.ledger.counts.items()))
