"""What holds for every writer, SQL clients included."""

import contextlib
import json

import anyio
import psycopg
import pytest
from psycopg import AsyncConnection

from service.schema.migrate import migrate
from tests.database.desk import events, seq, set_up, snapshot, value

TITLE_OF_501 = "x" * 501


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (f"UPDATE ticket SET title = '{TITLE_OF_501}'", psycopg.errors.CheckViolation),
        ("UPDATE ticket SET title = '  '", psycopg.errors.CheckViolation),
        (r"UPDATE ticket SET title = E'a\nb'", psycopg.errors.CheckViolation),
        ("UPDATE ticket SET description = repeat('x', 100001)", psycopg.errors.CheckViolation),
        ("UPDATE ticket SET rank = 'a-1'", psycopg.errors.CheckViolation),
        ("UPDATE ticket SET rank = ''", psycopg.errors.CheckViolation),
        ("UPDATE ticket SET rank = repeat('a', 201)", psycopg.errors.CheckViolation),
        (r"UPDATE ticket SET rank = E'a0\n'", psycopg.errors.CheckViolation),
        ("UPDATE board_column SET rank = 'ä'", psycopg.errors.CheckViolation),
        ("UPDATE ticket SET column_id = 4", psycopg.errors.ForeignKeyViolation),
        ("UPDATE ticket SET board_id = 2", psycopg.errors.ForeignKeyViolation),
        ("INSERT INTO ticket (board_id, column_id, title) VALUES (1, 4, 'x')", psycopg.errors.ForeignKeyViolation),
        ("UPDATE board_column SET wip_limit = 0", psycopg.errors.CheckViolation),
        ("UPDATE member SET role = 'king'", psycopg.errors.CheckViolation),
        ("UPDATE board SET title = ''", psycopg.errors.CheckViolation),
        ("INSERT INTO ticket (id, column_id, title) VALUES (0, 1, 'x')", psycopg.errors.CheckViolation),
        ("INSERT INTO board (id, title) VALUES (-1, 'x')", psycopg.errors.CheckViolation),
        (f"INSERT INTO board_column (id, board_id, title) VALUES ({2**53}, 1, 'x')", psycopg.errors.CheckViolation),
    ],
)
async def test_a_row_that_breaks_a_rule_is_refused_and_leaves_no_event(
    conn: AsyncConnection, statement: str, error: type[psycopg.Error]
):
    await set_up(conn)
    await conn.execute("INSERT INTO board (title) VALUES ('Other')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (2, 'Inbox')")
    before = await seq(conn)

    with pytest.raises(error):
        await conn.execute(statement.encode())

    assert await events(conn, after=before) == []
    assert await value(conn, "SELECT count(*) FROM pending") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET column_id = 2 WHERE id = 3",
        "INSERT INTO ticket (column_id, title) VALUES (2, 'one more')",
        "INSERT INTO ticket (column_id, title) SELECT 2, 'n' FROM generate_series(1, 5)",
        "UPDATE ticket SET archived_at = NULL WHERE id = 4",
        "UPDATE ticket SET column_id = 2",
    ],
)
async def test_what_would_pass_a_wip_limit_fails_as_a_whole(conn: AsyncConnection, statement: str):
    await set_up(conn, 4)
    await conn.execute("UPDATE board_column SET wip_limit = 2 WHERE id = 2")
    await conn.execute("UPDATE ticket SET column_id = 2, archived_at = now() WHERE id = 4")
    await conn.execute("UPDATE ticket SET column_id = 2 WHERE id IN (1, 2)")
    before = await seq(conn)

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        await conn.execute(statement.encode())

    assert refused.value.diag.constraint_name == "wip_limit"
    assert await seq(conn) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET title = 'edited', description = 'd' WHERE column_id = 2",
        "UPDATE ticket SET rank = rank || 'V' WHERE id = 1",
        "UPDATE board_column SET wip_limit = 1 WHERE id = 2",
        "UPDATE ticket SET column_id = 1 WHERE id = 1",
        "UPDATE ticket SET archived_at = now() WHERE id = 2",
    ],
)
async def test_a_full_column_may_be_edited_reordered_emptied_and_limited_further(conn: AsyncConnection, statement: str):
    await set_up(conn, 3)
    await conn.execute("UPDATE ticket SET column_id = 2 WHERE id IN (1, 2)")
    await conn.execute("UPDATE board_column SET wip_limit = 2 WHERE id = 2")
    before = await seq(conn)

    await conn.execute(statement.encode())

    assert await seq(conn) > before


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
async def test_a_raced_wip_limit_is_never_passed(conn: AsyncConnection, database_url: str, level: str):
    await set_up(conn, 12)
    await conn.execute("UPDATE board_column SET wip_limit = 3 WHERE id = 2")
    told: list[type[Exception]] = []
    ready = anyio.Event()

    async def move(ticket: int) -> None:
        async with await AsyncConnection.connect(database_url, autocommit=True) as own:
            await own.execute(f"BEGIN ISOLATION LEVEL {level}".encode())
            await own.execute("SELECT count(*) FROM ticket")
            if ticket == 12:
                ready.set()
            await ready.wait()
            try:
                await own.execute("UPDATE ticket SET column_id = 2 WHERE id = %s", (ticket,))
                await own.execute("COMMIT")
            except (psycopg.errors.CheckViolation, psycopg.errors.SerializationFailure) as error:
                told.append(type(error))

    async with anyio.create_task_group() as group:
        for ticket in range(1, 13):
            group.start_soon(move, ticket)

    inside = await value(conn, "SELECT count(*) FROM ticket WHERE column_id = 2")
    assert 1 <= inside <= 3
    assert len(told) == 12 - inside
    if level == "READ COMMITTED":
        assert inside == 3


async def test_an_insert_may_leave_out_board_and_rank(conn: AsyncConnection):
    await set_up(conn, 2)

    await conn.execute("INSERT INTO ticket (column_id, title) VALUES (1, 'last')")

    row = await (await conn.execute("SELECT board_id, rank FROM ticket WHERE title = 'last'")).fetchone()
    assert row == (1, "a2")


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("ticket", "(id, column_id, title) VALUES (500, 1, 'a'), (400, 1, 'b')"),
        ("board_column", "(id, board_id, title) VALUES (500, 1, 'a')"),
        ("board", "(id, title) VALUES (500, 'a')"),
    ],
)
async def test_a_row_that_brings_its_own_id_is_in_nobody_s_way(conn: AsyncConnection, table: str, values: str):
    await set_up(conn)

    await conn.execute(f"INSERT INTO {table} {values}".encode())

    columns = values[4 : values.index(")")].lstrip()
    rest = {"ticket": "(1, 'next')", "board_column": "(1, 'next')", "board": "('next')"}[table]
    following = await value(conn, f"INSERT INTO {table} ({columns}) VALUES {rest} RETURNING id")
    assert following == 501


LARGEST = 2**53 - 1


@pytest.mark.parametrize("number", [LARGEST, 2**52, 2**63 - 1])
@pytest.mark.parametrize("end", ["ROLLBACK", "COMMIT"])
async def test_a_row_with_a_very_large_id_leaves_room_for_others(conn: AsyncConnection, number: int, end: str):
    await set_up(conn)
    await conn.execute("BEGIN")
    refused = pytest.raises(psycopg.errors.CheckViolation) if number > LARGEST else contextlib.nullcontext()
    with refused:
        await conn.execute("INSERT INTO ticket (id, column_id, title) VALUES (%s, 1, 'x')", (number,))
    await conn.execute(end.encode())

    following = [
        await value(conn, "INSERT INTO ticket (column_id, title) VALUES (1, 'next') RETURNING id") for _ in range(3)
    ]
    assert following == [4, 5, 6]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("infinity", "9999-12-31T23:59:59.999999Z"),
        ("-infinity", "0001-01-01T00:00:00.000000Z"),
        ("12026-11-26 08:00+00", "9999-12-31T23:59:59.999999Z"),
        ("2026-11-26 08:00 BC", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31 23:30-00:30", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01 00:30+00:30", "0001-01-01T00:00:00.000000Z"),
        ("2026-11-26 08:00:00.123456+02", "2026-11-26T06:00:00.123456Z"),
    ],
)
async def test_a_time_beyond_what_can_be_written_is_said_as_the_nearest(conn: AsyncConnection, given: str, said: str):
    await set_up(conn)
    before = await seq(conn)

    await conn.execute("UPDATE ticket SET archived_at = %s WHERE id = 1", (given,))
    await conn.execute("INSERT INTO ticket (column_id, title, created_at) VALUES (1, 'x', %s)", (given,))

    archived, created = await events(conn, after=before)
    assert archived["set"]["archived_at"] == said
    assert created["set"]["created_at"] == said
    now = await snapshot(conn)
    assert [ticket["created_at"] for ticket in now["tickets"] if ticket["title"] == "x"] == [said]
    assert 1 not in [ticket["id"] for ticket in now["tickets"]]
    assert json.loads(await value(conn, "SELECT board_at(1, %s, 'test')", now["seq"])) == now
    then = json.loads(await value(conn, "SELECT board_at(1, %s, 'test')", before))
    assert 1 in [ticket["id"] for ticket in then["tickets"]]


async def test_no_time_is_said_of_none(conn: AsyncConnection):
    assert await value(conn, "SELECT rfc3339(NULL)") is None


async def test_a_row_that_somebody_s_trigger_changes_has_another_version(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute(
        "CREATE FUNCTION spaced() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.title := ''T 1''; RETURN NEW; END'"
    )
    await conn.execute("CREATE TRIGGER normalize BEFORE UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION spaced()")
    before = await seq(conn)

    await conn.execute("UPDATE ticket SET title = title WHERE id = 1")
    await conn.execute("UPDATE ticket SET title = 'Other' WHERE id = 1")  # which the trigger undoes

    [event] = await events(conn, after=before)
    assert event["set"] == {"title": "T 1", "version": 2}
    assert await value(conn, "SELECT version FROM ticket WHERE id = 1") == 2


async def test_an_upgraded_table_keeps_its_rows_once(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    await conn.execute("CREATE TRIGGER keep_row BEFORE UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION keep_row()")
    await conn.execute("UPDATE migration SET checksum = 'older' WHERE name = 'schema/attach.sql'")

    migrate(database_url)

    kept = "SELECT string_agg(tgname, ' ') FROM pg_trigger WHERE tgrelid = 'ticket'::regclass AND tgname ~ 'keep'"
    assert await value(conn, kept) == "zzz_keep_row"
