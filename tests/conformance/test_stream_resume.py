"""Cursors: what follows, exactly; and a snapshot with its reason whenever that cannot be."""

import pytest
from psycopg import AsyncConnection

from tests.conformance.site import Board, Person, add_ticket, value
from tests.oracle import Consumer, Replica, of_snapshot


async def test_exactly_what_was_missed_comes_then_what_is_live(ada: Person, board: Board):
    for n in range(5):
        await add_ticket(ada, board, str(n))

    for missed in range(6):
        async with ada.stream(board.stream, cursor=board.cursor(board.seq + 5 - missed)) as stream:
            events = [await stream.change() for _ in range(missed)]
            await stream.silence(0.1)
            assert [event["seq"] for event in events] == [board.seq + 6 - missed + n for n in range(missed)]


async def test_the_query_is_a_cursor_too_and_the_header_beats_it(ada: Person, board: Board):
    for n in range(3):
        await add_ticket(ada, board, str(n))
    query = f"{board.stream}?after={board.cursor(board.seq)}"

    async with ada.stream(query) as stream:
        assert (await stream.change())["seq"] == board.seq + 1
    async with ada.stream(query, cursor=board.cursor(board.seq + 2)) as stream:
        assert (await stream.change())["seq"] == board.seq + 3
        await stream.silence(0.2)
    async with ada.stream(f"{board.stream}?after=now", cursor=board.cursor(board.seq + 2)) as stream:
        assert (await stream.change())["seq"] == board.seq + 3


async def test_a_reader_that_comes_and_goes_misses_and_doubles_nothing(ada: Person, board: Board, sql: AsyncConnection):
    consumer = Consumer(board.topic)
    seen: list[int] = []
    async with ada.stream(board.stream) as stream:
        consumer.take(await stream.next())
    for n in range(12):
        await sql.execute(
            "INSERT INTO ticket (column_id, title) SELECT %s, n::text FROM generate_series(0, %s) n",
            (board.columns[0], n % 3),
        )
        async with ada.stream(board.stream, cursor=consumer.cursor) as stream:
            consumer.reconnected()
            for _ in range(1 + n % 3):
                frame = await stream.next()
                consumer.take(frame)
                seen.append(frame.json()["seq"])

    assert seen == list(range(board.seq + 1, board.seq + 1 + len(seen)))
    assert consumer.replicas[board.topic].snapshots == ["start"]
    assert consumer.replicas[board.topic].board() == of_snapshot(await ada.get(board.path))


async def test_a_cursor_amid_a_transaction_gets_its_rest(ada: Person, board: Board, sql: AsyncConnection):
    await sql.execute(
        "INSERT INTO ticket (column_id, title) SELECT %s, n::text FROM generate_series(1, 4) n", (board.columns[0],)
    )

    async with ada.stream(board.stream, cursor=board.cursor(board.seq + 2)) as stream:
        rest = [await stream.change() for _ in range(2)]

    assert [(event["seq"], event.get("more", False)) for event in rest] == [
        (board.seq + 3, True),
        (board.seq + 4, False),
    ]


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        ("00000000:{topic}={seq}", "epoch"),
        ("{epoch}:{topic}=999999999", "ahead"),
        ("{epoch}:{topic}=9223372036854775807", None),
        ("{epoch}:{topic}=9223372036854775808", None),
        ("{epoch}:{topic}=99999999999999999999999999", None),
        ("{epoch}:{topic}=-1", "malformed"),
        ("{epoch}:{topic}=", "malformed"),
        ("{epoch}:{topic}", "malformed"),
        ("{epoch}:{topic}=1.5", "malformed"),
        ("{epoch}:{topic}=x", "malformed"),
        ("{epoch}:{topic}=١", "malformed"),
        ("{epoch}:{topic}={seq}, user/1=2", "malformed"),
        ("{epoch}:{topic}={seq},", "malformed"),
        ("{epoch}", "malformed"),
        (":{topic}={seq}", "malformed"),
        ("{topic}={seq}", "malformed"),
        ("42", "malformed"),
        ("nonsense", "malformed"),
        ("é", "malformed"),
        ("{epoch}:{topic}={seq},{topic}={seq}", None),
        ("' OR 1=1 --", "malformed"),
    ],
)
async def test_a_cursor_that_cannot_be_followed_gets_a_snapshot_with_its_reason(
    ada: Person, board: Board, cursor: str, reason: str | None
):
    sent = cursor.format(topic=board.topic, seq=board.seq, epoch=board.epoch)

    async with ada.stream(board.stream, headers=[("Last-Event-ID", sent.encode().decode("latin-1"))]) as stream:
        assert stream.status == 200
        snapshot = await stream.named("snapshot")

    assert snapshot["seq"] == board.seq
    assert snapshot["reason"] in ([reason] if reason else ["ahead", "malformed"])


async def test_an_empty_cursor_is_none_or_malformed_never_skipped(ada: Person, board: Board):
    for path in (board.stream, f"{board.stream}?after="):
        async with ada.stream(path, cursor="") as stream:
            assert (await stream.named("snapshot"))["reason"] in ("start", "malformed")


async def test_two_cursors_are_malformed(ada: Person, board: Board):
    two = [("Last-Event-ID", board.cursor(board.seq)), ("Last-Event-ID", board.cursor(board.seq - 1))]

    async with ada.stream(board.stream, headers=two) as stream:
        assert (await stream.named("snapshot"))["reason"] == "malformed"


async def test_a_cursor_older_than_the_log_has_expired(ada: Person, board: Board, sql: AsyncConnection):
    for n in range(4):
        await add_ticket(ada, board, str(n))
    await sql.execute("UPDATE topic_clock SET lowest_seq = %s WHERE topic = %s", (board.seq + 3, board.topic))
    await sql.execute("DELETE FROM event WHERE topic = %s AND seq < %s", (board.topic, board.seq + 3))

    async with ada.stream(board.stream, cursor=board.cursor(board.seq + 1)) as stream:
        assert (await stream.named("snapshot"))["reason"] == "expired"
    async with ada.stream(board.stream, cursor=board.cursor(board.seq + 2)) as stream:
        assert (await stream.change())["seq"] == board.seq + 3


async def test_more_than_500_due_at_once_may_be_a_snapshot_and_all_converge(
    ada: Person, board: Board, sql: AsyncConnection
):
    async with ada.stream(board.stream) as live:
        consumer = Consumer(board.topic)
        consumer.take(await live.next())
        await sql.execute(
            "INSERT INTO ticket (column_id, title) SELECT %s, n::text FROM generate_series(1, 1200) n",
            (board.columns[0],),
        )
        head = board.seq + 1200
        while consumer.replicas[board.topic].seq != head:
            consumer.take(await live.next(10))
        late = Consumer(board.topic)
        late.replicas[board.topic] = Replica()
        late.replicas[board.topic].seq = board.seq
        async with ada.stream(board.stream, cursor=board.cursor(board.seq)) as stream:
            while late.replicas[board.topic].seq != head:
                late.take(await stream.next(10))

    state = of_snapshot(await ada.get(board.path))
    assert consumer.replicas[board.topic].board() == state
    assert set(consumer.replicas[board.topic].snapshots) <= {"start", "bulk"}
    assert set(late.replicas[board.topic].snapshots) <= {"bulk"}
    assert late.replicas[board.topic].board()["tickets"] == state["tickets"]
    assert await value(sql, "SELECT count(*) FROM event WHERE topic = %s AND seq > %s", board.topic, board.seq) == 1200


async def test_a_changed_shape_of_snapshots_sends_one(ada: Person, board: Board, sql: AsyncConnection):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        async with sql.transaction():
            await sql.execute("SELECT touch_all_topics()")
        snapshot = await stream.named("snapshot")
        await add_ticket(ada, board)
        event = await stream.change()

    assert (snapshot["reason"], snapshot["seq"]) == ("schema", board.seq + 1)
    assert event["seq"] == board.seq + 2
    async with ada.stream(board.stream, cursor=board.cursor(board.seq)) as stream:
        assert (await stream.named("snapshot"))["reason"] == "schema"


async def test_a_renewed_epoch_sends_everyone_a_snapshot(ada: Person, board: Board, sql: AsyncConnection):
    async with ada.stream(f"{board.stream}?after={board.cursor(board.seq)}") as stream:
        await sql.execute("SELECT renew_epoch()")
        frame = await stream.next()
        while frame.event == "heartbeat":
            frame = await stream.next()

    assert frame.event == "snapshot"
    assert frame.json()["reason"] == "epoch"
    assert frame.json()["epoch"] != board.epoch
    assert frame.id.startswith(frame.json()["epoch"])
    assert (await ada.get(board.path))["epoch"] == frame.json()["epoch"]


async def test_after_now_is_live_only_and_says_first_where_it_stands(ada: Person, board: Board):
    await add_ticket(ada, board, "before")
    async with ada.stream(f"{board.stream}?after=now") as stream:
        frame = await stream.next()
        await add_ticket(ada, board, "after")
        event = await stream.change()

    assert frame.event == "heartbeat"
    assert frame.json()["seq"] == {board.topic: board.seq + 1}
    assert frame.id == board.cursor(board.seq + 1)
    assert event["set"]["title"] == "after"
    assert event["seq"] == board.seq + 2
