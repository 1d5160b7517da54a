"""What a database role may do that is not the owner: its rights on the tables, and nothing by the log's functions."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import AsyncConnection

from service.schema.migrate import migrate
from tests.cluster import name_of
from tests.database.desk import events, seq, set_up, value

TICKET = (
    "id bigint, uid uuid, board_id bigint, column_id bigint, title text, description text, rank text, version integer, "
    "archived_at timestamptz, created_at timestamptz, created_by bigint, updated_at timestamptz"
)
# By these anybody could write what the tables' owner may. number_now() does no more than COMMIT would.
OPEN = """
    SELECT p.proname FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND p.proname <> 'number_now'
       AND has_function_privilege('public', p.oid, 'EXECUTE')
     ORDER BY 1
"""


@pytest.fixture
async def other(conn: AsyncConnection, admin_url: str, database_url: str) -> AsyncIterator[AsyncConnection]:
    """A session of a role that has no right yet but to connect."""
    role = "other_" + name_of(database_url)
    await set_up(conn)
    async with await AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(f"CREATE ROLE {role}".encode())
        try:
            await admin.execute(f"SET SESSION AUTHORIZATION {role}".encode())
            yield admin
        finally:
            await admin.rollback()
            await admin.execute("RESET SESSION AUTHORIZATION")
            await admin.execute(f"DROP OWNED BY {role} CASCADE".encode())
            await admin.execute(f"DROP ROLE {role}".encode())


async def opened(conn: AsyncConnection) -> list[str]:
    return [name for (name,) in await (await conn.execute(OPEN.encode())).fetchall()]


async def grant(conn: AsyncConnection, other: AsyncConnection, statement: str) -> None:
    await conn.execute(statement.format(other=await value(other, "SELECT session_user")).encode())


async def test_nobody_but_the_owner_may_run_what_runs_with_the_owner_s_rights(conn: AsyncConnection):
    await conn.execute("CREATE TABLE note (id bigint PRIMARY KEY, board_id bigint, text text)")
    await conn.execute("SELECT attach_to_log('note', 'note', $$ARRAY['board/' || r.board_id]$$, '{text}')")

    assert await opened(conn) == []


@pytest.mark.parametrize("function", ["capture_ticket", "fill_ticket", "fill_creator", "return_tickets", "ring_person"])
async def test_a_table_of_one_s_own_has_no_trigger_of_the_log(
    conn: AsyncConnection, other: AsyncConnection, function: str
):
    before = await seq(conn)
    await other.execute(f"CREATE TEMP TABLE ticket ({TICKET})".encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await other.execute(
            "CREATE TRIGGER forge AFTER INSERT ON ticket REFERENCING NEW TABLE AS new_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION public.{function}()".encode()
        )
    await other.execute("INSERT INTO ticket (id, board_id, column_id, version, title) VALUES (77, 1, 1, 1, 'forged')")

    assert await seq(conn) == before


async def test_a_role_without_rights_holds_up_nobody_and_numbers_nothing(conn: AsyncConnection, other: AsyncConnection):
    await conn.execute("UPDATE board_column SET wip_limit = 9 WHERE id = 3")
    before = await seq(conn)
    await other.execute("BEGIN")
    await other.execute("SELECT public.set_context(1, 'k', 'rest', 'ticket/1')")
    assert await value(other, "SELECT public.number_now('board/1')") is None
    await other.execute("SAVEPOINT s")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await other.execute("SELECT public.check_wip_limit(3)")
    await other.execute("ROLLBACK TO s")

    await conn.execute("SET lock_timeout = '500ms'")
    await conn.execute("INSERT INTO ticket (column_id, title) VALUES (3, 'in time')")

    await other.execute("COMMIT")
    assert await seq(conn) == before + 1


async def test_a_role_for_reports_writes_boards_and_all_their_triggers_run(
    conn: AsyncConnection, other: AsyncConnection
):
    await grant(conn, other, "SELECT grant_sql_access('{other}')")
    await conn.execute("UPDATE board_column SET wip_limit = 1 WHERE id = 2")
    before = await seq(conn)

    await other.execute("INSERT INTO board (title) VALUES ('Theirs')")
    await other.execute("INSERT INTO member (board_id, person_id, role) VALUES (1, 2, 'viewer')")
    await other.execute("INSERT INTO board_column (board_id, title) VALUES (1, 'Later')")
    await other.execute("UPDATE ticket SET column_id = 2 WHERE id = 1")
    with pytest.raises(psycopg.errors.CheckViolation):
        await other.execute("UPDATE ticket SET column_id = 2 WHERE id = 2")
    await other.execute("UPDATE board_column SET archived_at = now() WHERE id = 2")
    await other.execute("UPDATE board_column SET archived_at = NULL WHERE id = 2")
    await other.execute("DELETE FROM ticket WHERE id = 3")

    assert [e["type"] for e in await events(conn, after=before)] == [
        "member.created", "column.created", "ticket.updated", "column.updated", "column.updated", "ticket.updated",
        "ticket.deleted",
    ]  # fmt: skip


async def test_a_service_that_does_not_own_the_tables_writes_them(conn: AsyncConnection, other: AsyncConnection):
    await grant(conn, other, "GRANT ALL ON ALL TABLES IN SCHEMA public TO {other}")
    await conn.execute("INSERT INTO session (person_id, secret_hash) VALUES (1, sha256('s'))")
    write = "SELECT (w).seq FROM {}(sha256('s'), NULL, NULL, {}) w"
    before = await seq(conn)

    made = [
        await value(other, write.format("add_ticket", '1, \'{"title": "New"}\'')),
        await value(other, write.format("change_ticket", 'NULL, 1, \'{"title": "x"}\'')),
        await value(other, write.format("archive_column", "1")),
    ]
    await other.execute("DELETE FROM session")  # tells its streams

    assert made == [before + 1, before + 2, before + 3]


async def test_an_older_database_is_closed_by_its_upgrade_and_keeps_what_an_operator_granted(
    conn: AsyncConnection, other: AsyncConnection, database_url: str
):
    await conn.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC")
    await grant(conn, other, "GRANT EXECUTE ON FUNCTION check_wip_limit(bigint), erase_person(bigint) TO {other}")
    await conn.execute("UPDATE migration SET checksum = 'older' WHERE name = 'schema/log.sql'")
    assert "capture_ticket" in await opened(conn)

    migrate(database_url)

    assert await opened(conn) == []
    assert await value(other, "SELECT has_function_privilege('check_wip_limit(bigint)', 'EXECUTE')")
    assert await value(other, "SELECT has_function_privilege('erase_person(bigint)', 'EXECUTE')")
