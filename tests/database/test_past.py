"""Snapshots, and the past: events over a snapshot, and `was` under today's rows, both give the rows."""

import asyncio
import json
import random

import anyio
import pytest
from psycopg import AsyncConnection

from tests.database.desk import BOARD, events, seq, set_up, snapshot, value
from tests.oracle import Replica, of_snapshot

STEPS = 120


async def live_through(conn: AsyncConnection, chance: random.Random, steps: int = STEPS) -> None:
    """Random transactions on board 1 and a second board, every kind of change among them."""
    tables = {"ticket": "tickets", "board_column": "columns"}
    for step in range(steps):
        async with conn.transaction():
            for _ in range(chance.choice((1, 1, 1, 2, 4))):
                table = chance.choices(list(tables), (6, 1))[0]
                row = f"SELECT id FROM {table} ORDER BY hashint8(id + {step}) LIMIT {chance.choice((1, 1, 3))}"
                statement = chance.choice(
                    [
                        f"UPDATE {table} SET title = 'step {step}' WHERE id IN ({row})",
                        f"UPDATE {table} SET archived_at = now() WHERE id IN ({row})",
                        f"UPDATE {table} SET archived_at = NULL",
                        "UPDATE ticket SET (board_id, column_id) = (SELECT c.board_id, c.id FROM board_column c"
                        f" ORDER BY hashint8(c.id + {step}) LIMIT 1) WHERE id IN (SELECT id FROM ticket"
                        f" ORDER BY hashint8(id + {step}) LIMIT 2)",
                        f"INSERT INTO ticket (column_id, title, description) SELECT id, 'new {step}', 'd'"
                        f" FROM board_column ORDER BY hashint8(id + {step}) LIMIT 2",
                        f"UPDATE ticket SET description = 'about {step}' WHERE id IN (SELECT id FROM ticket LIMIT 3)",
                        f"UPDATE ticket SET rank = 'b{step:02d}V' WHERE id IN (SELECT id FROM ticket LIMIT 1)",
                        f"DELETE FROM ticket WHERE id = (SELECT id FROM ticket ORDER BY hashint8(id + {step}) LIMIT 1)",
                        f"INSERT INTO board_column (board_id, title) VALUES ({1 + step % 2}, 'column {step}')",
                        "DELETE FROM board_column WHERE id = (SELECT max(id) FROM board_column) AND id > 4",
                        f"UPDATE board SET title = 'Board {step}'",
                        "INSERT INTO member (board_id, person_id, role) VALUES (1, 2, 'viewer')"
                        " ON CONFLICT (board_id, person_id) DO UPDATE SET role = 'editor'",
                        "DELETE FROM member WHERE person_id = 2",
                    ]
                )
                await conn.execute(statement.encode())


async def start(conn: AsyncConnection) -> None:
    await set_up(conn, 8)
    await conn.execute("INSERT INTO board (title) VALUES ('Other')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (2, 'Inbox')")


@pytest.mark.parametrize("seed", range(3))
async def test_the_events_after_a_snapshot_lead_to_the_rows(conn: AsyncConnection, seed: int):
    await start(conn)
    first = await snapshot(conn)
    replica = Replica()
    replica.snapshot(first["seq"], first["epoch"], first)

    await live_through(conn, random.Random(seed))

    for event in await events(conn, after=first["seq"]):
        replica.event(event)
    assert replica.board() == of_snapshot(await snapshot(conn))


@pytest.mark.parametrize("seed", range(3))
async def test_the_board_at_any_earlier_seq_is_what_the_events_up_to_it_made(conn: AsyncConnection, seed: int):
    await start(conn)
    first = await snapshot(conn)
    await live_through(conn, random.Random(100 + seed))
    replica = Replica()
    replica.snapshot(first["seq"], first["epoch"], first)
    chance = random.Random(seed)

    checked = 0
    for event in await events(conn, after=first["seq"]):
        replica.event(event)
        if not event.get("more") and chance.random() < 0.3:
            past = json.loads(await value(conn, "SELECT board_at(1, %s, 'test')", event["seq"]))
            assert past["seq"] == event["seq"]
            assert of_snapshot(past) == replica.board(), f"seed {seed}, seq {event['seq']}"
            assert [c["rank"] for c in past["columns"]] == sorted(c["rank"] for c in past["columns"])
            checked += 1
    assert checked > 5
    now = await seq(conn)
    today = json.loads(await value(conn, "SELECT board_at(1, %s, 'test')", now))
    assert today == await snapshot(conn) | {"app": "test"}


async def test_a_snapshot_is_never_torn_by_a_busy_writer(conn: AsyncConnection, database_url: str):
    await set_up(conn, 40)
    await conn.execute("UPDATE ticket SET title = 'round'")
    done = anyio.Event()

    async def write() -> None:
        async with await AsyncConnection.connect(database_url, autocommit=True) as own:
            for n in range(10_000):
                if done.is_set():
                    return
                # every ticket carries the same title after every commit
                await own.execute("UPDATE ticket SET title = %s", (f"round {n}",))

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        for _ in range(60):
            state = await snapshot(conn)
            assert len({t["title"] for t in state["tickets"]}) == 1
            await asyncio.sleep(0)
            numbers = await events(conn, after=state["seq"] - 1)
            if numbers and numbers[0]["seq"] == state["seq"] and numbers[0]["type"] == "ticket.updated":
                assert numbers[0]["set"]["title"] == state["tickets"][0]["title"]
        done.set()


async def test_a_column_that_hides_takes_its_tickets_along(conn: AsyncConnection):
    await set_up(conn, 3)

    await conn.execute("UPDATE board_column SET archived_at = now() WHERE id = 1")

    state = await snapshot(conn)
    assert [c["id"] for c in state["columns"]] == [2, 3]
    assert state["tickets"] == []


@pytest.mark.parametrize("topic", ["board/99", "board/x", "user/99", "", "board/1/2", "board/01"])
async def test_an_unknown_topic_has_no_snapshot(conn: AsyncConnection, topic: str):
    await set_up(conn)

    rows = await conn.execute("SELECT * FROM topic_snapshot(%s, 'test')", (topic,))
    assert await rows.fetchall() == []


async def test_a_person_s_own_topic_names_their_boards(conn: AsyncConnection):
    await set_up(conn)

    state = await snapshot(conn, "user/1")

    assert state["person"]["name"] == "Ada"
    assert state["memberships"] == [{"board_id": 1, "title": "Road", "role": "owner", "archived_at": None}]
    assert state["unread"] == 0
    assert BOARD not in state["topic"]


async def test_pages_of_a_ticket_s_life_part_no_transaction(conn: AsyncConnection):
    await set_up(conn, 1)
    await conn.execute("INSERT INTO session (person_id, secret_hash) VALUES (1, sha256('s'))")
    for turn in range(4):
        async with conn.transaction():
            for n in range(3):
                await conn.execute("UPDATE ticket SET title = %s", (f"{turn}.{n}",))
    whole = [event["seq"] for event in await events(conn) if event["type"].startswith("ticket.")]

    told, before = [], None
    while page := json.loads(
        await value(conn, "SELECT list_ticket_events(sha256('s'), 1, %s::timestamptz, 2)", before)
    ):
        told += [event["seq"] for event in page]
        before = page[-1]["at"]

    assert told == whole[::-1]
