"""F13: one UPDATE of 20,000 tickets costs a moment, and every board is right afterwards."""

import asyncio
import sys

import pytest

from tests.conformance.site import Board, Person, add_ticket
from tests.oracle import Consumer, of_snapshot
from tests.product import Product
from tests.sse import Stream

TICKETS = 20_000

# Somebody on another board, in a process of their own so that only the server is measured; prints seconds per write.
WRITER = """
import sys, threading, time, httpx
url, token = sys.argv[1:]
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
    n = 0
    while not over.is_set():
        began = time.monotonic()
        http.patch(url, json={"title": str(n)}).raise_for_status()
        print(time.monotonic() - began, flush=True)
        n += 1
        time.sleep(0.02)
"""


@pytest.mark.slow
async def test_one_update_of_20000_tickets_converges_and_holds_nobody_up(serve: Product, ada: Person, board: Board):
    other = await ada.new_board(title="Other")
    mine = await add_ticket(ada, other)
    async with ada.site.sql() as sql:
        await sql.execute(
            "INSERT INTO ticket (column_id, title) SELECT %s, 'T' || n FROM generate_series(1, %s) n",
            (board.columns[0], TICKETS),
        )
        head = (await ada.get(board.path))["seq"]
        consumers = [Consumer(board.topic), Consumer(board.topic, other.topic)]
        async with (
            ada.stream(f"{board.stream}?after={board.cursor(head)}") as one,
            ada.stream(f"/streams?board={board.id}&board={other.id}") as two,
        ):
            for _ in range(2):
                consumers[1].take(await two.next(20))
            writer = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WRITER, f"{serve.url}/api/tickets/{mine['id']}", ada.token,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert writer.stdout
            await writer.stdout.readline()
            watching = [
                asyncio.create_task(follow(consumer, stream, board.topic, head + TICKETS))
                for consumer, stream in zip(consumers, (one, two), strict=True)
            ]
            await sql.execute("UPDATE ticket SET title = title || '!' WHERE board_id = %s", (board.id,))
            await asyncio.gather(*watching)
            told, _ = await writer.communicate(b"")
            waits = [float(line) for line in told.split()]

    state = of_snapshot(await ada.get(board.path))
    assert all(row["title"].endswith("!") for row in state["tickets"].values())
    for consumer in consumers:
        assert consumer.replicas[board.topic].board()["tickets"] == state["tickets"]
    assert max(waits) < 3.0, "another board's write waited for the bulk"


async def follow(consumer: Consumer, stream: Stream, topic: str, head: int) -> None:
    """Take frames until the topic stands there."""
    while topic not in consumer.replicas or consumer.replicas[topic].seq != head:
        consumer.take(await stream.next(60))
