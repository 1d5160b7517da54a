"""Several boards and my own topic on one connection; heartbeats."""

import asyncio
import itertools
import time

from psycopg import AsyncConnection

from tests import sse
from tests.conformance.site import Board, Person, Site, add_ticket, join, problem
from tests.oracle import Consumer, of_snapshot, parse_cursor


async def some_boards(person: Person, count: int) -> list[Board]:
    return [await person.new_board(title=str(n)) for n in range(count)]


def path(*boards: Board, me: bool = False) -> str:
    return "/streams?" + "&".join([f"board={board.id}" for board in boards] + ["me=true"] * me)


async def test_each_topic_begins_with_a_snapshot_and_the_id_grows_with_them(ada: Person):
    boards = await some_boards(ada, 12)  # so that ids of one and of two or more digits come together
    topics = [board.topic for board in boards] + [f"user/{ada.id}"]
    consumer = Consumer(*topics)

    async with ada.stream(path(*boards, me=True)) as stream:
        for _ in topics:
            frame = await stream.next()
            assert frame.event == "snapshot"
            consumer.take(frame)

    epoch, vector = parse_cursor(consumer.cursor)
    assert list(vector) == sorted(topics, key=str.encode)
    assert epoch == boards[0].epoch
    assert {reason for replica in consumer.replicas.values() for reason in replica.snapshots} == {"start"}


async def test_changes_of_all_topics_come_and_only_of_those(ada: Person):
    a, b, other = await some_boards(ada, 3)
    consumer = Consumer(a.topic, b.topic)

    async with ada.stream(path(a, b)) as stream:
        for _ in range(2):
            consumer.take(await stream.next())
        for n in range(5):
            for board in (a, other, b):
                await add_ticket(ada, board, str(n))
        for _ in range(10):
            consumer.take(await stream.next())
        await stream.silence(0.2)

    for board in (a, b):
        assert consumer.replicas[board.topic].board() == of_snapshot(await ada.get(board.path))


async def test_one_cursor_resumes_all_topics(ada: Person):
    a, b = await some_boards(ada, 2)
    async with ada.stream(path(a, b)) as stream:
        for _ in range(2):
            await stream.next()
        cursor = stream.cursor
    await add_ticket(ada, a)
    await add_ticket(ada, b)
    await add_ticket(ada, b)

    async with ada.stream(path(a, b), cursor=cursor) as stream:
        events = [await stream.change() for _ in range(3)]
        await stream.silence(0.2)

    assert sorted((event["topic"], event["seq"]) for event in events) == sorted(
        [(a.topic, a.seq + 1), (b.topic, b.seq + 1), (b.topic, b.seq + 2)]
    )


async def test_a_topic_that_is_not_in_the_cursor_starts_alone(ada: Person):
    a, b = await some_boards(ada, 2)
    await add_ticket(ada, a)

    async with ada.stream(path(a, b), cursor=a.cursor(a.seq)) as stream:
        frames = [await stream.next() for _ in range(2)]

    by_topic = {frame.json()["topic"]: frame for frame in frames}
    assert by_topic[a.topic].event == "message"
    assert by_topic[b.topic].event == "snapshot"
    assert by_topic[b.topic].json()["reason"] == "start"


async def test_a_topic_in_the_cursor_that_is_not_asked_for_is_ignored(ada: Person):
    a, b = await some_boards(ada, 2)
    pairs = sorted([f"{a.topic}={a.seq}", f"{b.topic}={b.seq}", "user/999999=3", "later/7=3"], key=str.encode)
    await add_ticket(ada, a)

    async with ada.stream(path(a), cursor=f"{a.epoch}:{','.join(pairs)}") as stream:
        frame = await stream.next()

    assert (frame.event, frame.json()["seq"]) == ("message", a.seq + 1)
    assert frame.id == a.cursor(a.seq + 1)


async def test_one_topic_ahead_is_that_topic_s_snapshot_alone(ada: Person):
    a, b = await some_boards(ada, 2)
    pairs = sorted([f"{a.topic}={a.seq + 7}", f"{b.topic}={b.seq}"], key=str.encode)

    async with ada.stream(path(a, b), cursor=f"{a.epoch}:{','.join(pairs)}") as stream:
        snapshot = await stream.named("snapshot")
        await stream.silence(0.3)

    assert (snapshot["topic"], snapshot["reason"]) == (a.topic, "ahead")


async def test_a_board_asked_for_twice_is_one_topic(ada: Person, board: Board):
    async with ada.stream(path(board, board)) as stream:
        await stream.named("snapshot")
        await add_ticket(ada, board)
        await stream.change()
        await stream.silence(0.2)


async def test_my_own_topic(ada: Person, bo: Person, board: Board):
    consumer = Consumer(f"user/{bo.id}")
    async with bo.stream("/streams?me=true") as stream:
        frame = await stream.next()
        consumer.take(frame)
        state = frame.json()["state"]
        assert state["person"]["id"] == bo.id
        assert (state["memberships"], state["unread"]) == ([], 0)

        await join(ada, board, bo, "viewer")
        consumer.take(frame := await stream.next())
        assert (frame.json()["type"], frame.json()["id"]) == ("membership.created", board.id)
        await ada.did("PATCH", board.path, {"title": "Renamed"})
        consumer.take(await stream.next())
        await ada.did("PATCH", f"{board.path}/members/{bo.id}", {"role": "owner"})
        consumer.take(await stream.next())
        await bo.did("PATCH", "/api/me", {"name": "Bob", "locale": "de"})
        consumer.take(frame := await stream.next())
        assert frame.json()["type"] == "person.updated"

    held = consumer.replicas[f"user/{bo.id}"].person()
    assert held["memberships"] == {board.id: {"board_id": board.id, "title": "Renamed", "role": "owner"}}
    assert (held["person"][bo.id]["name"], held["person"][bo.id]["locale"]) == ("Bob", "de")
    async with bo.stream("/streams?me=true") as stream:
        assert held == of_snapshot((await stream.named("snapshot"))["state"])


async def test_after_now_over_several_topics(ada: Person):
    a, b = await some_boards(ada, 2)
    await add_ticket(ada, a)
    consumer = Consumer(a.topic, b.topic)

    async with ada.stream(path(a, b) + "&after=now") as stream:
        first = await stream.next()
        consumer.take(first)
        await add_ticket(ada, b)
        consumer.take(await stream.next())

    assert first.event == "heartbeat"
    assert first.json()["seq"] == {a.topic: a.seq + 1, b.topic: b.seq}


async def test_heartbeats_come_within_ten_seconds_and_tell_the_last_number_sent(
    site: Site, ada: Person, board: Board, sql: AsyncConnection
):
    other = await ada.new_board()
    consumers = [Consumer(board.topic), Consumer(board.topic, other.topic, f"user/{ada.id}")]

    async def watch(consumer: Consumer, where: str) -> list[sse.Frame]:
        beats: list[sse.Frame] = []
        async with ada.stream(where) as stream:
            until = time.monotonic() + 22
            while (left := until - time.monotonic()) > 0:
                try:
                    frame = await stream.next(left)
                except TimeoutError:
                    break
                consumer.take(frame)
                if frame.event == "heartbeat":
                    beats.append(frame)
                    assert frame.has_id
                    assert set(frame.json()) >= {"seq", "at"}
        return beats

    async def write() -> None:
        for n in range(40):  # so that a heartbeat has events around it
            await asyncio.sleep(0.5)
            await add_ticket(ada, board, str(n))

    began = time.monotonic()
    single, several, _ = await asyncio.gather(
        watch(consumers[0], board.stream), watch(consumers[1], path(board, other, me=True)), write()
    )

    for beats, topics in ((single, consumers[0].topics), (several, consumers[1].topics)):
        at = [began, *(beat.at for beat in beats)]
        assert len(beats) >= 2
        assert max(late - early for early, late in itertools.pairwise(at)) <= 10.5
        assert all(set(beat.json()["seq"]) == topics for beat in beats)


async def test_too_much_on_one_connection_is_422(ada: Person, board: Board):
    for where in (
        "/streams?" + "&".join(f"board={n}" for n in range(1, 102)),
        "/streams?" + "&".join(f"board={n}" for n in range(1, 101)) + "&me=true",
        "/streams",
        "/streams?me=false",
        "/streams?board=x",
        "/streams?board=-1",
        "/streams?board=",
        "/streams?board=1.5",
        "/streams?board=99999999999999999999999999",
    ):
        async with ada.stream(where) as stream:
            assert stream.status == 422, where
            assert stream.problem()["status"] == 422
    async with ada.stream(board.stream, cursor=f"{board.epoch}:" + "x" * 4097) as stream:
        assert stream.status == 422
        stream.problem()


async def test_100_topics_are_allowed(ada: Person, board: Board):
    unknown = "&".join(f"board={999_000_000 + n}" for n in range(98))

    async with ada.stream(f"/streams?board={board.id}&me=true&{unknown}") as stream:
        assert stream.status == 200


async def test_a_stream_of_what_is_not_there(ada: Person, bo: Person, board: Board):
    for person, where in (
        (ada, "/streams/boards/999999999"),
        (bo, board.stream),
        (bo, f"/streams?board={board.id}"),
        (bo, f"/streams?board={board.id}&board=999999999"),
        (ada, "/streams/boards/0"),
        (ada, "/streams/boards/abc"),
        (ada, "/streams/boards/99999999999999999999999999"),
        (ada, "/streams/nothing"),
    ):
        async with person.stream(where) as stream:
            assert stream.status in ((403, 404) if where == board.stream else (404,)), where
            stream.problem()


async def test_other_methods_are_405(ada: Person, board: Board):
    for method in ("POST", "PUT", "DELETE"):
        problem(await ada.call(method, board.stream), 405)
