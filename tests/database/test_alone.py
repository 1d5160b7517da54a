"""A transaction said to change one row alone is numbered in that statement; the log stays right whatever it does."""

import pytest
from psycopg import AsyncConnection

from tests.database.desk import events, seq, set_up, value

ALONE = "SELECT set_context(1, NULL, 'rest', 'ticket/1')"
THE_ROW = "UPDATE ticket SET title = 'x' WHERE id = 1"
GATHERED = "SELECT n_tup_ins FROM pg_stat_xact_user_tables WHERE relname = 'pending'"


async def test_one_row_is_numbered_in_its_statement_and_gathered_nowhere(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    gathered = await value(conn, GATHERED)
    async with conn.transaction():
        await conn.execute(ALONE)
        await conn.execute(THE_ROW)
        assert await value(conn, "SELECT current_setting('livelane.alone')") == f"#{before + 1}"
        assert await value(conn, GATHERED) == gathered

    (event,) = await events(conn, after=before)
    assert (event["seq"], event.get("more", False), event["type"]) == (before + 1, False, "ticket.updated")
    assert (event["set"], event["was"]) == ({"title": "x", "version": 2}, {"title": "T1", "version": 1})
    assert (event["actor"]["id"], event["via"]) == (1, "rest")
    assert await value(conn, "SELECT current_setting('livelane.alone', true)") == ""  # of that transaction only


@pytest.mark.parametrize(
    "first",
    [
        "UPDATE ticket SET title = 'x' WHERE id = 2",
        "UPDATE ticket SET title = 'x' WHERE id IN (2, 3)",
        "INSERT INTO ticket (column_id, title) VALUES (1, 'x')",
        "DELETE FROM ticket WHERE id = 3",
        "UPDATE board SET title = 'x'",
        "UPDATE ticket SET title = title WHERE id = 1; UPDATE ticket SET title = 'x' WHERE id = 3",
    ],
)
async def test_whoever_changes_something_else_first_has_all_in_one_batch(conn: AsyncConnection, first: str):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute(ALONE)
        for statement in first.split("; "):
            await conn.execute(statement.encode())
        await conn.execute(THE_ROW)

    made = await events(conn, after=before)
    assert len(made) > 1
    assert [event["seq"] - before for event in made] == list(range(1, len(made) + 1))
    assert [event.get("more", False) for event in made] == [True] * (len(made) - 1) + [False]
    assert (made[-1]["id"], made[-1]["set"]["title"]) == (1, "x")


async def test_whoever_changes_something_else_afterwards_has_it_numbered_at_commit(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute(ALONE)
        await conn.execute(THE_ROW)
        await conn.execute("UPDATE ticket SET title = 'y'")

    made = await events(conn, after=before)
    assert [(event["seq"] - before, event.get("more", False)) for event in made] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
    ]
    assert await value(conn, "SELECT count(*) FROM pending") == 0


async def test_a_ticket_that_changes_its_board_has_its_two_events(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO board (title) VALUES ('Other')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (2, 'Inbox')")
    here, there = await seq(conn), await seq(conn, "board/2")

    async with conn.transaction():
        await conn.execute(ALONE)
        await conn.execute("UPDATE ticket SET board_id = 2, column_id = 4 WHERE id = 1")

    assert [event["type"] for event in await events(conn, after=here)] == ["ticket.deleted"]
    assert [event["type"] for event in await events(conn, "board/2", there)] == ["ticket.created"]


async def test_a_rolled_back_savepoint_gives_its_number_back(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute(ALONE)
        await conn.execute("SAVEPOINT s")
        await conn.execute(THE_ROW)
        await conn.execute("ROLLBACK TO s")
        assert await value(conn, "SELECT current_setting('livelane.alone')") == "ticket/1"
        await conn.execute("UPDATE ticket SET title = 'z' WHERE id = 1")

    assert [(event["seq"] - before, event["set"]["title"]) for event in await events(conn, after=before)] == [(1, "z")]


@pytest.mark.parametrize("asked", ["off", "local"])
async def test_its_commit_is_synchronous(conn: AsyncConnection, asked: str):
    await set_up(conn)

    async with conn.transaction():
        await conn.execute(f"SET LOCAL synchronous_commit = {asked}".encode())
        await conn.execute(ALONE)
        await conn.execute(THE_ROW)
        assert await value(conn, "SHOW synchronous_commit") == "on"


async def test_the_writes_of_rest_gather_nothing(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    number = await seq(conn)
    for call in (
        "change_ticket(sha256('s'), NULL, NULL, NULL, 1, '{\"title\": \"new\"}')",
        "move_ticket(sha256('s'), NULL, NULL, NULL, 3, 2, '{\"after\": null}')",
        "archive_ticket(sha256('s'), NULL, NULL, 3)",
    ):
        async with conn.transaction():
            gathered = await value(conn, GATHERED)
            number += 1
            assert await value(conn, f"SELECT (w).seq FROM {call} w") == number
            assert await value(conn, GATHERED) == gathered
    assert [event["seq"] for event in await events(conn, after=number - 3)] == [number - 2, number - 1, number]


async def test_a_move_that_gives_its_column_new_ranks_is_one_batch(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    await conn.execute("UPDATE ticket SET rank = 'a0' || repeat('0', 38) || id WHERE id IN (1, 2)")
    before = await seq(conn)

    number = await value(
        conn, "SELECT (w).seq FROM move_ticket(sha256('s'), NULL, NULL, NULL, 3, 1, '{\"after\": 1}') w"
    )

    made = await events(conn, after=before)
    assert [event["id"] for event in made[:-1]] == [1, 2], "the column was given new ranks"
    assert (made[-1]["id"], made[-1]["seq"]) == (3, number)
    assert [event.get("more", False) for event in made] == [True, True, False]


@pytest.mark.parametrize("board", [1, 2])
@pytest.mark.parametrize(
    "trigger",
    ["zzz AFTER UPDATE ON ticket FOR EACH STATEMENT", "aaa AFTER UPDATE ON ticket FOR EACH STATEMENT"]
    + [f"zzz {when} UPDATE ON ticket FOR EACH ROW" for when in ("BEFORE", "AFTER")],
)
async def test_what_a_trigger_of_the_users_changes_is_in_the_batch(conn: AsyncConnection, trigger: str, board: int):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    await conn.execute("INSERT INTO board (title) VALUES ('Other')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (2, 'Inbox')")
    await conn.execute("INSERT INTO ticket (id, column_id, title) VALUES (100, 4, 'There')")
    other = 2 if board == 1 else 100
    await conn.execute(
        f"""
        CREATE FUNCTION also() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() = 1 THEN
                UPDATE ticket SET description = 'x' WHERE id = {other};
            END IF;
            RETURN NEW;
        END $$
        """.encode()
    )
    await conn.execute(f"CREATE TRIGGER {trigger} EXECUTE FUNCTION also()".encode())
    before, there = await seq(conn), await seq(conn, "board/2")

    number = await value(
        conn, "SELECT (w).seq FROM change_ticket(sha256('s'), NULL, NULL, NULL, 1, '{\"title\": \"x\"}') w"
    )

    made, elsewhere = await events(conn, after=before), await events(conn, "board/2", there)
    assert {event["id"] for event in (*made, *elsewhere)} == {1, other}
    assert [event.get("more", False) for event in made] == [True] * (len(made) - 1) + [False]
    assert number == made[-1]["seq"] == before + len(made)


async def test_a_trigger_that_changes_the_row_again_does_not_use_up_the_promise(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    await conn.execute(
        """
        CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() = 1 THEN
                UPDATE ticket SET description = 'x' WHERE id = NEW.id;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    await conn.execute("CREATE TRIGGER again AFTER UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION again()")
    before = await seq(conn)

    number = await value(
        conn, "SELECT (w).seq FROM change_ticket(sha256('s'), NULL, NULL, NULL, 1, '{\"title\": \"x\"}') w"
    )

    made = await events(conn, after=before)
    assert [(event["seq"] - before, event.get("more", False)) for event in made] == [(1, True), (2, False)]
    assert number == before + 2


async def test_whoever_changed_something_before_cannot_promise_to_be_alone(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("UPDATE ticket SET title = 'first' WHERE id = 1")
        await conn.execute(ALONE)
        await conn.execute(THE_ROW)

    made = await events(conn, after=before)
    assert [event["set"]["title"] for event in made] == ["first", "x"]
    assert [event.get("more", False) for event in made] == [True, False]


async def test_a_write_that_changes_nothing_has_no_number_of_one_before_it(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    before = await seq(conn)
    write = "SELECT (w).seq FROM change_ticket(sha256('s'), NULL, NULL, NULL, 1, '{\"title\": \"x\"}') w"

    async with conn.transaction():
        assert await value(conn, write) == before + 1
        assert await value(conn, write) is None


async def test_the_promise_of_one_change_counts_only_before_any_other(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("UPDATE ticket SET title = 'a' WHERE id = 1")
        await conn.execute("SET LOCAL livelane.alone = 'ticket/1'")  # which only set_context() is to make
        await conn.execute("UPDATE ticket SET title = 'b' WHERE id = 1")

    assert [event["set"]["title"] for event in await events(conn, after=before)] == ["a", "b"]


@pytest.mark.parametrize(
    ("noun", "topics"),
    [("mine", "ARRAY['user/' || r.created_by]"), ("ticket", "ARRAY['all/1', 'board/' || r.board_id]")],
)
async def test_a_table_that_is_attached_otherwise_too_answers_with_the_right_number(
    conn: AsyncConnection, noun: str, topics: str
):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('s'))")
    await conn.execute("UPDATE ticket SET created_by = 1")
    await conn.execute("SELECT attach_to_log('ticket', %s, %s, '{title,version}')", (noun, topics))
    before = await seq(conn)

    number = await value(
        conn, "SELECT (w).seq FROM change_ticket(sha256('s'), NULL, NULL, NULL, 1, '{\"title\": \"x\"}') w"
    )

    assert number == await seq(conn) == before + 1
