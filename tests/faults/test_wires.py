"""Bad wires, between the server and its clients and between the server and PostgreSQL.

In each place the wire is slow, narrow, held, half-open, reset or cut for some seconds under writers and readers. In the
end everybody has everything, in order and once; meanwhile nobody waits long, and the server holds little.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.bench.machine import rss_bytes
from tests.conformance.site import Site, value
from tests.load import Reader, Writer, at_work
from tests.product import Product
from tests.wire import Wire

FOR_S = 3.0
BACK_S = 20.0  # a half-open connection is only noticed by its silence
ANSWER_S = 3.0  # a write is answered by then, or refused; 2 are promised
NEAR_S = 2.0  # whoever has a good wire waits for nothing as long as this, and a busy machine for less
GROWTH_BYTES = 48 << 20


def slow(wire: Wire) -> None:
    wire.latency_s = 0.2


def narrow(wire: Wire) -> None:
    wire.bytes_per_s = 20_000


FAULTS: dict[str, Callable[[Wire], None]] = {
    "slow": slow,
    "narrow": narrow,
    "held": Wire.hold,
    "half-open": Wire.lose,
    "reset": Wire.reset,
    "cut": Wire.cut,
}


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def wired(database_url: str, tmp_path: Path) -> Iterator[tuple[Product, Wire]]:
    """The product, and the wire that leads it to PostgreSQL."""
    with Wire(database_url) as wire, Product(wire.url, tmp_path / "serve.log") as product:
        product.start()
        yield product, wire
        wire.mend()


async def test_a_bad_wire_to_clients_harms_nobody_else_and_they_miss_nothing(serve: Product, fault: str):
    with Wire(serve.url) as wire:
        async with Site(serve.url, "", serve.database_url).person("Ada") as ada:
            board = await ada.new_board()
            writers = [Writer(serve.url, ada.token, board, size=3_500) for _ in range(2)]
            near = Reader(serve.url, ada.token, board)
            far = [Reader(wire.url, ada.token, board, patience_s=2) for _ in range(4)]
            async with at_work(near, *far):
                async with at_work(*writers):
                    await far[0].reach(board.seq + 5, 10)
                    before = _memory(serve)
                    FAULTS[fault](wire)
                    await asyncio.sleep(FOR_S)
                    grown = _memory(serve) - before
                    wire.mend()
                last = (await ada.get(board.path))["seq"]
                for reader in (near, *far):
                    await reader.reach(last, BACK_S)

    assert near.opened == 1
    assert near.silence_s < NEAR_S
    assert grown < GROWTH_BYTES
    assert max(writer.slowest_s for writer in writers) < NEAR_S
    assert [writer.refused for writer in writers] == [[], []]
    if fault in ("half-open", "reset", "cut"):
        assert min(reader.opened for reader in far) > 1


async def test_a_bad_wire_to_the_database_is_told_in_time_and_heals(
    wired: tuple[Product, Wire], database_url: str, fault: str
):
    product, wire = wired
    async with Site(product.url, "", database_url).person("Ada") as ada:
        board = await ada.new_board()
        writers = [Writer(product.url, ada.token, board, size=3_500) for _ in range(4)]
        readers = [Reader(product.url, ada.token, board) for _ in range(4)]
        async with at_work(*readers):
            async with at_work(*writers), ada.site.sql() as sql:
                await readers[0].reach(board.seq + 10, 10)
                before = _memory(product)
                FAULTS[fault](wire)
                for n in range(10):  # somebody with psql has another way
                    await sql.execute("UPDATE board SET description = %s WHERE id = %s", (str(n), board.id))
                    await asyncio.sleep(FOR_S / 10)
                grown = _memory(product) - before
                wire.mend()
                done = [len(writer.made) for writer in writers]
                for writer, had in zip(writers, done, strict=True):
                    await writer.reach(had + 3, BACK_S)
            async with ada.site.sql() as sql:
                last = await value(sql, "SELECT seq FROM topic_clock WHERE topic = %s", board.topic)
                rows = await (await sql.execute("SELECT id FROM ticket")).fetchall()
            for reader in readers:
                await reader.reach(last, BACK_S)
            async with asyncio.timeout(BACK_S):  # whoever listens tries again in a second
                while (await ada.call("GET", "/health/ready")).status_code != 200:  # noqa: ASYNC110 -- as clients do
                    await asyncio.sleep(0.1)

    made = [ticket for writer in writers for ticket in writer.made]
    refused = [answer for writer in writers for answer in writer.refused]
    assert len(set(made)) == len(made)
    assert set(made) <= {row[0] for row in rows}
    assert len(rows) <= len(made) + len(writers)  # those that were under way at the end
    assert {answer.status_code if isinstance(answer, httpx.Response) else answer for answer in refused} <= {503}
    assert all("retry-after" in answer.headers for answer in refused if isinstance(answer, httpx.Response))
    assert max(writer.slowest_s for writer in writers) < ANSWER_S
    assert [reader.opened for reader in readers] == [1] * len(readers)  # their streams stayed open
    assert grown < GROWTH_BYTES
    if fault in ("held", "half-open", "cut"):
        assert refused


def _memory(product: Product) -> int:
    assert product.process
    return rss_bytes(product.process.pid)
