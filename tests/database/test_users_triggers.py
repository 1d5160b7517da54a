"""Triggers of the user's that change the row again: the log tells the changes in the order in which they were made."""

import json
import random

import pytest
from psycopg import AsyncConnection

from tests.database.desk import events, seq, snapshot, value
from tests.database.test_past import live_through, start
from tests.oracle import Replica, of_snapshot

BOARDS = ("board/1", "board/2")
AGAIN = "UPDATE ticket SET description = 'so says ' || title WHERE id = NEW.id"
BACK = "UPDATE ticket SET board_id = 1, column_id = 2 WHERE id = NEW.id AND board_id = 2"
GONE = "DELETE FROM ticket WHERE id = NEW.id"


async def add_trigger(conn: AsyncConnection, name: str, when: str, does: str) -> None:
    """A trigger on tickets whose own changes it does not answer. NEW is one of the rows, whatever it is fired for."""
    each = f"FOR NEW IN SELECT * FROM after LOOP {does}; END LOOP" if "STATEMENT" in when else does
    await conn.execute(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() = 1 THEN
                {each};
            END IF;
            RETURN NULL;
        END $$
        """.encode()
    )
    await conn.execute(f"CREATE TRIGGER {name} AFTER {when} EXECUTE FUNCTION {name}()".encode())


class Readers:
    """Somebody on each board, from now on."""

    def __init__(self) -> None:
        self.replicas: dict[str, Replica] = {}
        self.before: dict[str, dict] = {}

    async def open(self, conn: AsyncConnection) -> None:
        for topic in BOARDS:
            self.before[topic] = state = await snapshot(conn, topic)
            self.replicas[topic] = Replica()
            self.replicas[topic].snapshot(state["seq"], state["epoch"], state)

    async def agree(self, conn: AsyncConnection) -> None:
        """What they hold is what there is, and the log leads back to where they began."""
        for topic, replica in self.replicas.items():
            began = self.before[topic]["seq"]
            made = await events(conn, topic, began)
            for event in made:
                replica.event(event)
            assert [event["seq"] for event in made] == list(range(began + 1, await seq(conn, topic) + 1))
            assert replica.board() == of_snapshot(await snapshot(conn, topic))
            past = json.loads(await value(conn, "SELECT board_at(%s, %s, 'test')", int(topic[6:]), began))
            assert of_snapshot(past) == of_snapshot(self.before[topic])


TRANSACTIONS = [
    "UPDATE ticket SET title = 'x' WHERE id = 1",
    "UPDATE ticket SET title = 'x ' || id",
    "INSERT INTO ticket (column_id, title) VALUES (1, 'new')",
    "INSERT INTO ticket (column_id, title) SELECT 1, 'new' FROM generate_series(1, 30)",
    "UPDATE ticket SET board_id = 2, column_id = 4 WHERE id = 1",
    "UPDATE ticket SET board_id = 2, column_id = 4 WHERE id < 5;"
    "UPDATE ticket SET board_id = 1, column_id = 1 WHERE id = 2",
    "INSERT INTO ticket (column_id, title) VALUES (1, 'brief'); DELETE FROM ticket WHERE title = 'brief'",
    "UPDATE ticket SET title = 'y'; DELETE FROM ticket WHERE id = 3",
    "DELETE FROM ticket WHERE id = 1; INSERT INTO ticket (id, column_id, title) VALUES (1, 1, 'again')",
    "INSERT INTO ticket (id, column_id, title) VALUES (900, 1, 'a'); DELETE FROM ticket WHERE id = 900;"
    "INSERT INTO ticket (id, column_id, title) VALUES (900, 2, 'b')",
    "UPDATE board_column SET archived_at = NULL; UPDATE ticket SET title = 'z'",
    "UPDATE board_column SET archived_at = now() WHERE id = 1; UPDATE ticket SET column_id = 2 WHERE id = 1",
]


@pytest.mark.parametrize(
    "when",
    [
        "INSERT OR UPDATE ON ticket FOR EACH ROW",
        "UPDATE ON ticket REFERENCING NEW TABLE AS after FOR EACH STATEMENT",
        "INSERT ON ticket REFERENCING NEW TABLE AS after FOR EACH STATEMENT",
    ],
)
@pytest.mark.parametrize("name", ["aaa", "zzz"])  # before the log's own and after it
async def test_a_row_that_a_trigger_changes_again_ends_as_it_is(conn: AsyncConnection, name: str, when: str):
    await start(conn)
    await conn.execute("UPDATE board_column SET archived_at = now() WHERE id = 3")
    await conn.execute("UPDATE ticket SET column_id = 3 WHERE id = 8")
    await add_trigger(conn, name, when, AGAIN)

    for statements in TRANSACTIONS:
        readers = Readers()
        await readers.open(conn)
        async with conn.transaction():
            for statement in statements.split(";"):
                await conn.execute(statement.encode())
        await readers.agree(conn)


@pytest.mark.parametrize("name", ["aaa", "zzz"])
@pytest.mark.parametrize("does", [BACK, GONE])
async def test_what_a_trigger_sends_back_or_away_is_where_it_is(conn: AsyncConnection, name: str, does: str):
    await start(conn)
    await add_trigger(conn, name, "UPDATE ON ticket FOR EACH ROW", does)
    readers = Readers()
    await readers.open(conn)

    await conn.execute("UPDATE ticket SET board_id = 2, column_id = 4 WHERE id < 4")

    await readers.agree(conn)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_changed_while_triggers_change_it_again(conn: AsyncConnection, seed: int):
    await start(conn)
    when = "INSERT OR UPDATE ON ticket FOR EACH ROW"
    if seed % 2:
        when = "UPDATE ON ticket REFERENCING NEW TABLE AS after FOR EACH STATEMENT"
    await add_trigger(conn, "aaa", when, AGAIN)
    await add_trigger(conn, "columns_too", "UPDATE ON ticket FOR EACH ROW",
                      "UPDATE board_column SET title = 'holds ' || NEW.id WHERE id = NEW.column_id")  # fmt: skip
    readers = Readers()
    await readers.open(conn)

    await live_through(conn, random.Random(200 + seed), 60)

    await readers.agree(conn)


async def test_a_version_that_is_no_number_is_nothing_to_go_by(conn: AsyncConnection):
    await start(conn)
    await conn.execute("CREATE TABLE release (id int PRIMARY KEY, version text)")
    await conn.execute("SELECT attach_to_log('release', 'release', $$ARRAY['board/1']$$, '{version}')")
    await conn.execute(
        """
        CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE release SET version = version || '.1' WHERE id = NEW.id;
            RETURN NULL;
        END $$
        """
    )
    await conn.execute("CREATE TRIGGER again AFTER INSERT ON release FOR EACH ROW EXECUTE FUNCTION again()")
    before = await seq(conn)

    await conn.execute("INSERT INTO release VALUES (1, '2.0')")

    made = await events(conn, after=before)
    assert sorted(event["set"]["version"] for event in made) == ["2.0", "2.0.1"]
