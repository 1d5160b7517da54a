"""Two instances behind one address, replaced one after the other while people write and read: nothing is lost."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from psycopg import AsyncConnection

from tests.conformance.site import Site
from tests.load import Reader, Writer, at_work
from tests.product import Product
from tests.proxies.certificate import Certificate
from tests.proxies.fronts import Front, front, ours

SILENCE_S = 5.0  # a board that stands still for longer was dropped


def two_behind(kind: str) -> str:
    """Our configuration with what docs/operations.md says under *Upgrading* in the place of the one server."""
    place = {"nginx": r"(?ms)^upstream livelane \{.*?^\}\n", "haproxy": r"(?ms)^backend livelane\n.*"}[kind]
    config, found = re.subn(place, lambda _: ours(kind, "## Upgrading"), ours(kind))
    assert found == 1
    return config


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
async def test_a_rolling_restart_under_load_loses_nothing_and_drops_no_board(
    kind: str, database_url: str, conn: AsyncConnection, tmp_path: Path, certificate: Certificate
):
    with (
        Product(database_url, tmp_path / "one.log") as one,
        Product(database_url, tmp_path / "two.log") as two,
        front(kind, two_behind(kind), [one.port, two.port], tmp_path / kind, certificate) as proxy,
    ):
        await asyncio.gather(*(asyncio.to_thread(product.start) for product in (one, two)))
        await _await_ready(proxy)
        async with Site(proxy.url, "", database_url).person("Ada") as ada:
            board = await ada.new_board()
            writers = [Writer(proxy.url, ada.token, board) for _ in range(4)]
            readers = [Reader(proxy.url, ada.token, board) for _ in range(6)]
            async with at_work(*readers):
                async with at_work(*writers):
                    for product in (one, two):
                        await asyncio.sleep(1)
                        assert await asyncio.to_thread(product.stop) == 0
                        await asyncio.to_thread(product.start)
                    await asyncio.sleep(1)
                last = (await ada.get(board.path))["seq"]
                for reader in readers:
                    await reader.reach(last, 10)

    rows = await (await conn.execute("SELECT id FROM ticket")).fetchall()
    made = [ticket for writer in writers for ticket in writer.made]
    refused = [again for writer in writers for again in writer.refused]
    silence_s = max(reader.silence_s for reader in readers)
    print(f"{kind}: {len(made)} writes, {len(refused)} tried again ({refused}), {silence_s:.2f} s of silence at most")
    assert len(made) > 50
    assert len(set(made)) == len(made)
    # each answered write is there once; of those that were under way at the end there may be one more a writer
    assert set(made) <= {row[0] for row in rows}
    assert len(rows) <= len(made) + len(writers)
    assert [reader.snapshots for reader in readers] == [[]] * len(readers)
    assert silence_s < SILENCE_S


async def test_nginx_asks_a_server_again_as_soon_as_it_is_back(
    database_url: str, tmp_path: Path, certificate: Certificate
):
    with (
        Product(database_url, tmp_path / "one.log") as one,
        Product(database_url, tmp_path / "two.log") as two,
        front("nginx", two_behind("nginx"), [one.port, two.port], tmp_path / "nginx", certificate) as proxy,
    ):
        async with httpx.AsyncClient() as client:
            starting = asyncio.create_task(asyncio.to_thread(two.start))
            while not starting.done():
                assert (await client.get(f"{proxy.url}/health/live")).status_code in (200, 502)
                await asyncio.sleep(0.05)
            await starting
            answers = [(await client.get(f"{proxy.url}/health/live")).status_code for _ in range(4)]
    assert answers == [200] * 4


async def _await_ready(proxy: Front) -> None:
    """Return when the balancer has found both servers well."""
    async with httpx.AsyncClient() as client, asyncio.timeout(10):
        well = 0
        while well < 10:
            well = well + 1 if (await client.get(f"{proxy.url}/health/ready")).status_code == 200 else 0
            await asyncio.sleep(0.05)
