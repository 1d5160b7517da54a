"""Tables that somebody attached to the log beside ours: upgraded, dropped, changed by several keys at once."""

import psycopg
from psycopg import AsyncConnection

from service.doctor import log
from service.schema.migrate import migrate
from tests.database.desk import events, seq, set_up, value


async def attach(conn: AsyncConnection, columns: str = "", travelling: str = "{text}") -> None:
    await set_up(conn)
    await conn.execute(f"CREATE TABLE note (id bigint PRIMARY KEY, board_id bigint, text text {columns})".encode())
    await conn.execute("SELECT attach_to_log('note', 'note', $$ARRAY['board/' || r.board_id]$$, %s)", (travelling,))


async def upgrade(conn: AsyncConnection, database_url: str) -> None:
    await conn.execute("UPDATE migration SET checksum = 'older' WHERE name = 'schema/log.sql'")
    migrate(database_url)


async def test_an_upgrade_makes_the_capture_of_every_attached_table_anew(conn: AsyncConnection, database_url: str):
    await attach(conn)
    await conn.execute(
        "CREATE OR REPLACE FUNCTION capture_note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )

    await upgrade(conn, database_url)

    before = await seq(conn)
    await conn.execute("INSERT INTO note VALUES (1, 1, 'x')")
    assert [e["type"] for e in await events(conn, after=before)] == ["note.created"]
    assert not await value(conn, "SELECT has_function_privilege('public', 'capture_note()', 'EXECUTE')")


async def test_a_dropped_table_is_missed_by_neither_upgrade_nor_doctor(conn: AsyncConnection, database_url: str):
    await attach(conn)
    await conn.execute("DROP TABLE note")

    await upgrade(conn, database_url)

    with psycopg.connect(database_url, autocommit=True) as own:
        assert [finding.level for finding in log.look(own)] == ["ok", "ok"]


async def test_a_row_that_two_keys_change_in_one_statement_is_logged_change_by_change(conn: AsyncConnection):
    person = "bigint REFERENCES person ON DELETE SET NULL"
    await attach(conn, f", writer {person}, reader {person}", "{text,writer,reader}")
    await conn.execute("INSERT INTO note VALUES (1, 1, 'x', 1, 2), (2, 1, 'y', 2, NULL)")
    before = await seq(conn)

    await conn.execute("DELETE FROM person")

    made = [(e["id"], e["set"], e["was"]) for e in await events(conn, after=before) if e["type"] == "note.updated"]
    assert sorted(made, key=str) == [
        (1, {"reader": None}, {"reader": 2}),
        (1, {"writer": None}, {"writer": 1}),
        (2, {"writer": None}, {"writer": 2}),
    ]
