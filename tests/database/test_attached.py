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
