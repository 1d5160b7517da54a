"""Whatever statement changes rows, the log holds exactly its changes, in order."""

import anyio
import psycopg
import pytest
from psycopg import AsyncConnection

from tests.database.desk import BOARD, events, seq, set_up, snapshot, value
from tests.oracle import Replica, of_snapshot


async def changes(conn: AsyncConnection, *statements: str) -> list[dict]:
    """What the board's log gained by these statements, each a transaction of its own."""
    before = await seq(conn)
    for statement in statements:
        await conn.execute(statement.encode())
    return await events(conn, after=before)


async def test_an_insert_carries_the_whole_row(conn: AsyncConnection):
    await set_up(conn, 0)

    [event] = await changes(conn, "INSERT INTO ticket (column_id, title, description) VALUES (1, 'Écrire', 'long')")

    assert event["type"] == "ticket.created"
    assert event["set"] | {"uid": 0, "created_at": 0} == {
        "uid": 0, "board_id": 1, "column_id": 1, "title": "Écrire", "description": "long", "rank": "a0", "version": 1,
        "archived_at": None, "created_at": 0, "created_by": None,
    }  # fmt: skip
    assert "was" not in event


async def test_an_update_carries_what_changed_and_what_it_was(conn: AsyncConnection):
    await set_up(conn)

    [event] = await changes(conn, "UPDATE ticket SET column_id = 2, title = title WHERE id = 2")

    assert event["set"] == {"column_id": 2, "version": 2}
    assert event["was"] == {"column_id": 1, "version": 1}
    assert event["id"] == 2
    assert event["via"].startswith("sql:")
    assert event["actor"] is None


async def test_a_delete_carries_the_whole_row_it_took(conn: AsyncConnection):
    await set_up(conn)

    [event] = await changes(conn, "DELETE FROM ticket WHERE id = 3")

    assert event["type"] == "ticket.deleted"
    assert event["was"]["title"] == "T3"
    assert "set" not in event


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET title = title",
        "UPDATE ticket SET version = 900, updated_at = now()",
        "UPDATE ticket SET title = 'x' WHERE false",
        "INSERT INTO ticket SELECT * FROM ticket ON CONFLICT (id) DO NOTHING",
        "DELETE FROM ticket WHERE id = 99",
    ],
)
async def test_a_statement_that_changes_nothing_makes_no_event(conn: AsyncConnection, statement: str):
    await set_up(conn)

    assert await changes(conn, statement) == []
    assert await value(conn, "SELECT max(version) FROM ticket") == 1


async def test_the_database_alone_sets_the_version(conn: AsyncConnection):
    await set_up(conn)

    [event] = await changes(conn, "UPDATE ticket SET version = 77, title = 'New' WHERE id = 1")

    assert event["set"] == {"title": "New", "version": 2}


async def test_one_transaction_is_consecutive_and_says_more_until_its_last(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("UPDATE ticket SET title = 'a' WHERE id = 1")
        await conn.execute("INSERT INTO ticket (column_id, title) VALUES (2, 'b')")
        await conn.execute("DELETE FROM ticket WHERE id = 2")

    made = await events(conn, after=before)
    assert [e["type"] for e in made] == ["ticket.updated", "ticket.created", "ticket.deleted"]
    assert [e["seq"] for e in made] == [before + 1, before + 2, before + 3]
    assert [e.get("more", False) for e in made] == [True, True, False]
    assert len({e["at"] for e in made}) == 1


async def test_a_rolled_back_savepoint_leaves_nothing(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("UPDATE ticket SET title = 'kept' WHERE id = 1")
        await conn.execute("SAVEPOINT s")
        await conn.execute("UPDATE ticket SET title = 'lost' WHERE id = 2")
        await conn.execute("ROLLBACK TO SAVEPOINT s")
        await conn.execute("UPDATE ticket SET title = 'kept too' WHERE id = 3")

    assert [e["set"]["title"] for e in await events(conn, after=before)] == ["kept", "kept too"]
    assert await value(conn, "SELECT count(*) FROM pending") == 0


async def test_copy_is_live(conn: AsyncConnection):
    await set_up(conn, 0)
    before = await seq(conn)

    async with conn.cursor() as cur, cur.copy("COPY ticket (column_id, board_id, title) FROM STDIN") as copy:
        for n in range(4):
            await copy.write_row((1, 1, f"copied {n}"))

    made = await events(conn, after=before)
    assert [e["set"]["title"] for e in made] == [f"copied {n}" for n in range(4)]
    assert [e["set"]["rank"] for e in made] == ["a0", "a1", "a2", "a3"]


async def test_upsert_tells_inserts_from_updates(conn: AsyncConnection):
    await set_up(conn, 1)

    made = await changes(
        conn,
        """INSERT INTO ticket (id, column_id, title) VALUES (1, 1, 'old'), (50, 1, 'new')
           ON CONFLICT (id) DO UPDATE SET title = 'updated ' || excluded.title""",
    )

    assert sorted((e["type"], e["id"]) for e in made) == [("ticket.created", 50), ("ticket.updated", 1)]


async def test_merge_is_live(conn: AsyncConnection):
    await set_up(conn, 3)

    made = await changes(
        conn,
        """MERGE INTO ticket t USING (VALUES (1, 'one'), (2, NULL), (60, 'sixty')) s (id, title) ON t.id = s.id
           WHEN MATCHED AND s.title IS NULL THEN DELETE
           WHEN MATCHED THEN UPDATE SET title = s.title
           WHEN NOT MATCHED THEN INSERT (id, column_id, title) VALUES (s.id, 1, s.title)""",
    )

    assert sorted((e["type"], e["id"]) for e in made) == [
        ("ticket.created", 60), ("ticket.deleted", 2), ("ticket.updated", 1),
    ]  # fmt: skip


async def test_a_writable_cte_with_three_changes_gives_three_events(conn: AsyncConnection):
    await set_up(conn, 2)

    made = await changes(
        conn,
        """WITH gone AS (DELETE FROM ticket WHERE id = 1),
                new AS (INSERT INTO ticket (column_id, title) VALUES (2, 'n'))
           UPDATE ticket SET title = 'u' WHERE id = 2""",
    )

    assert sorted(e["type"] for e in made) == ["ticket.created", "ticket.deleted", "ticket.updated"]


async def test_a_cascade_shows_every_row_it_took(conn: AsyncConnection):
    await set_up(conn, 3)

    made = await changes(conn, "DELETE FROM board")

    assert sorted(e["type"] for e in made) == sorted(
        ["board.deleted", "member.deleted", *["column.deleted"] * 3, *["ticket.deleted"] * 3]
    )
    [last] = (await events(conn, "user/1"))[-1:]
    assert (last["type"], last["id"]) == ("membership.deleted", 1)


async def test_a_ticket_that_moves_to_another_board_leaves_one_topic_and_enters_the_other(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO board (title) VALUES ('Other')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (2, 'Inbox')")
    there = await seq(conn, "board/2")

    [left] = await changes(conn, "UPDATE ticket SET board_id = 2, column_id = 4 WHERE id = 2")
    [entered] = await events(conn, "board/2", there)

    assert (left["type"], left["id"], left["moved_to"]) == ("ticket.deleted", 2, 2)
    assert left["was"]["column_id"] == 1
    assert (entered["type"], entered["set"]["title"], entered["set"]["column_id"]) == ("ticket.created", "T2", 4)
    assert "moved_to" not in entered

    both = await changes(conn, "UPDATE ticket SET board_id = 2, column_id = 4 WHERE board_id = 1")
    assert [(e["type"], e["moved_to"], e.get("more", False)) for e in both] == [
        ("ticket.deleted", 2, True), ("ticket.deleted", 2, False),
    ]  # fmt: skip


async def test_a_membership_shows_on_the_board_and_on_the_persons_own_topic(conn: AsyncConnection):
    await set_up(conn, 0)

    [board] = await changes(conn, "INSERT INTO member (board_id, person_id, role) VALUES (1, 2, 'viewer')")
    own = (await events(conn, "user/2"))[-1]

    assert (board["type"], board["id"], board["set"]) == (
        "member.created", 2, {"person_id": 2, "name": "Bo", "role": "viewer"},
    )  # fmt: skip
    assert own["type"] == "membership.created"
    assert own["set"] == {"board_id": 1, "role": "viewer", "title": "Road", "archived_at": None}


async def test_a_new_name_reaches_the_boards_without_standing_in_the_log(conn: AsyncConnection):
    await set_up(conn, 0)

    [event] = await changes(conn, "UPDATE person SET name = 'Ada Lovelace' WHERE id = 1")

    assert (event["type"], event["id"], event["set"]) == ("member.updated", 1, {"name": "Ada Lovelace"})
    assert (await events(conn, "user/1"))[-1]["set"] == {"name": "Ada Lovelace", "version": 2}
    assert not await value(conn, "SELECT bool_or(concat(e.set, e.was) LIKE %s) FROM event e", "%Ada%")


async def test_a_board_s_new_title_reaches_its_members_own_topics(conn: AsyncConnection):
    await set_up(conn, 0)

    await conn.execute("UPDATE board SET title = 'Roads'")

    last = (await events(conn, "user/1"))[-1]
    assert (last["type"], last["id"], last["set"]) == ("membership.updated", 1, {"title": "Roads"})


@pytest.mark.parametrize("archive_and_restore", ["ticket", "board_column"])
async def test_what_comes_back_from_the_archive_comes_back_whole(conn: AsyncConnection, archive_and_restore: str):
    await set_up(conn, 3)
    await conn.execute(f"UPDATE {archive_and_restore} SET archived_at = now() WHERE id = 1".encode())
    state = await snapshot(conn)
    replica = Replica()
    replica.snapshot(state["seq"], state["epoch"], state)
    assert len(state["tickets"]) == (2 if archive_and_restore == "ticket" else 0)

    for event in await changes(conn, f"UPDATE {archive_and_restore} SET archived_at = NULL WHERE id = 1"):
        replica.event(event)

    assert replica.board() == of_snapshot(await snapshot(conn))
    assert len(replica.board()["tickets"]) == 3


RESTORE = "UPDATE board_column SET archived_at = NULL WHERE id = 2"
ENTER = "INSERT INTO ticket (id, column_id, title) VALUES (500, 2, 'new'); UPDATE ticket SET column_id = 2 WHERE id = 1"


@pytest.mark.parametrize("first", [RESTORE, ENTER])
async def test_what_enters_a_column_while_it_returns_is_missed_by_nobody(
    conn: AsyncConnection, database_url: str, first: str
):
    await set_up(conn)
    await conn.execute("UPDATE board_column SET archived_at = now() WHERE id = 2")
    replica = Replica()

    async with (
        await AsyncConnection.connect(database_url, autocommit=True) as one,
        await AsyncConnection.connect(database_url, autocommit=True) as two,
        anyio.create_task_group() as group,
    ):
        done = anyio.Event()

        async def then() -> None:
            for statement in {RESTORE: ENTER, ENTER: RESTORE}[first].split("; "):
                await two.execute(statement.encode())
            done.set()

        await one.execute(f"BEGIN; {first}".encode())
        group.start_soon(then)
        waits = f"SELECT cardinality(pg_blocking_pids({two.info.backend_pid})) > 0"
        with anyio.fail_after(10):
            while not done.is_set() and not await value(conn, waits):  # noqa: ASYNC110 -- the database has no event for it
                await anyio.sleep(0.01)
        state = await snapshot(conn)
        replica.snapshot(state["seq"], state["epoch"], state)
        await one.execute("COMMIT")

    for event in await events(conn, after=replica.seq or 0):
        replica.event(event)
    assert replica.board() == of_snapshot(await snapshot(conn))
    assert len(replica.board()["tickets"]) == 4


async def test_a_ticket_moved_out_of_an_archived_column_comes_whole(conn: AsyncConnection):
    await set_up(conn, 1)
    await conn.execute("UPDATE board_column SET archived_at = now() WHERE id = 1")

    [event] = await changes(conn, "UPDATE ticket SET column_id = 2 WHERE id = 1")

    assert event["set"]["title"] == "T1"
    assert event["was"] == {"column_id": 1, "version": 1}


async def test_a_table_s_columns_may_have_any_name(conn: AsyncConnection):
    await set_up(conn, 0)
    names = ("a", "b", "o", "n", "r", "t", "pair", "many", "alone", "topic", "set_", "was_", "kind")
    await conn.execute(f"CREATE TABLE note (id bigint PRIMARY KEY, {' text, '.join(names)} text)".encode())
    await conn.execute("CREATE TABLE shown (note_id bigint, topic text, alone boolean)")
    topics = "(SELECT array_agg(topic) FROM shown WHERE note_id = r.id AND alone)"
    await conn.execute("SELECT attach_to_log('note', 'note', %s, %s)", (topics, list(names)))
    await conn.execute("INSERT INTO shown VALUES (1, 'board/1', true), (2, 'board/1', true)")

    made = await changes(
        conn,
        "INSERT INTO note (id, a) VALUES (1, 'x'), (2, 'x')",
        *(f"UPDATE note SET {name} = 'y' WHERE id = 1" for name in names),
        *(f"UPDATE note SET {name} = 'z'" for name in names),
        "DELETE FROM note",
    )

    assert [e["type"] for e in made] == ["note.created"] * 2 + ["note.updated"] * 3 * len(names) + ["note.deleted"] * 2
    assert [e["set"] for e in made[2 : 2 + len(names)]] == [{name: "y"} for name in names]


async def test_truncate_is_refused_with_a_sentence(conn: AsyncConnection):
    await set_up(conn)

    with pytest.raises(psycopg.errors.FeatureNotSupported, match="Use DELETE FROM"):
        await conn.execute("TRUNCATE ticket")

    assert await value(conn, "SELECT count(*) FROM ticket") == 3


async def test_an_id_cannot_change(conn: AsyncConnection):
    await set_up(conn)

    with pytest.raises(psycopg.errors.CheckViolation, match="cannot change"):
        await conn.execute("UPDATE ticket SET id = 100 WHERE id = 1")


async def test_a_replication_role_is_captured_too(conn: AsyncConnection, admin_url: str):
    await set_up(conn)
    async with await AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute("SET session_replication_role = replica")

        [event] = await changes(admin, "UPDATE ticket SET title = 'replicated' WHERE id = 1")

    assert event["set"] == {"title": "replicated", "version": 2}


@pytest.mark.parametrize("actor", ["", "abc", "99", "-1", "1 or 1", "99999999999999999999999"])
async def test_an_actor_that_is_no_person_counts_as_none(conn: AsyncConnection, actor: str):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("SELECT set_config('livelane.actor', %s, true)", (actor,))
        await conn.execute("SELECT set_config('livelane.op', %s, true)", ("x" * 500,))
        await conn.execute("SELECT set_config('livelane.via', 'anything', true)")
        await conn.execute("INSERT INTO ticket (column_id, title) VALUES (1, 'still written')")

    [event] = await events(conn, after=before)
    assert (event["actor"], event["op"], event["via"][:4]) == (None, None, "sql:")


@pytest.mark.parametrize(
    ("op", "kept"),
    [("k" * 200, True), ("k" * 201, False), ("", False), ("two words", False), ("k\n", False), ("é", False)],
)
@pytest.mark.parametrize("rows", [1, 2])
async def test_an_operation_s_key_is_kept_when_it_could_have_come_by_rest(
    conn: AsyncConnection, op: str, kept: bool, rows: int
):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("SELECT set_config('livelane.op', %s, true)", (op,))
        await conn.execute("UPDATE ticket SET title = 'x' WHERE id <= %s", (rows,))

    assert [e["op"] for e in await events(conn, after=before)] == [op if kept else None] * rows


async def test_an_actor_is_named_when_the_event_is_read(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("SET LOCAL livelane.actor = '2'")
        await conn.execute("INSERT INTO ticket (column_id, title) VALUES (1, 'by Bo')")
    await conn.execute("UPDATE person SET name = 'Bob' WHERE id = 2")

    [event] = await events(conn, after=before)
    assert event["actor"] == {"id": 2, "name": "Bob"}
    assert event["set"]["created_by"] == 2


async def test_texts_over_4_kb_are_named_instead_of_sent_and_kept_whole_in_the_log(conn: AsyncConnection):
    await set_up(conn, 1)
    text = "é" * 3000

    [event] = await changes(conn, f"UPDATE ticket SET description = '{text}' WHERE id = 1")
    [whole] = await events(conn, after=event["seq"] - 1, whole=True)
    [moved] = await changes(conn, "UPDATE ticket SET column_id = 2 WHERE id = 1")

    assert event["omitted"] == ["set.description"]
    assert "description" not in event["set"]
    assert whole["set"]["description"] == text
    assert "omitted" not in whole
    assert "description" not in moved["set"]


@pytest.mark.parametrize("text", ["a\rb\nc", "\u2028\u2029\x85", 'quote " back \\', "\x01\x1f\x7f", "🦊 e\u0301"])
async def test_any_text_comes_back_as_it_was(conn: AsyncConnection, text: str):
    await set_up(conn, 1)
    before = await seq(conn)

    await conn.execute("UPDATE ticket SET description = %s WHERE id = 1", (text,))

    body = await value(conn, "SELECT body FROM read_events(%s, %s, 1, false)", BOARD, before)
    assert "\n" not in body
    assert "\r" not in body
    [event] = await events(conn, after=before)
    assert event["set"]["description"] == text


async def test_a_further_table_is_attached_with_one_call(conn: AsyncConnection):
    await set_up(conn, 1)
    await conn.execute(
        "CREATE TABLE remark (id bigserial PRIMARY KEY, board_id bigint, body text, secret text, stars int)"
    )
    await conn.execute(
        """SELECT attach_to_log('remark', 'remark', $$ARRAY['board/' || r.board_id, 'board/8']$$,
                                '{board_id,body,stars}')"""
    )

    made = await changes(
        conn,
        "INSERT INTO remark (board_id, body, secret, stars) VALUES (1, 'hello', 's', NULL)",
        "UPDATE remark SET secret = 'other'",
        "UPDATE remark SET stars = 5",
        "UPDATE remark SET board_id = 9",
        "UPDATE remark SET board_id = 1, body = 'back'",
        "DELETE FROM remark",
    )

    assert [(e["type"], e.get("set"), e.get("was")) for e in made] == [
        ("remark.created", {"board_id": 1, "body": "hello", "stars": None}, None),
        ("remark.updated", {"stars": 5}, {"stars": None}),
        ("remark.deleted", None, {"board_id": 1, "body": "hello", "stars": 5}),
        ("remark.created", {"board_id": 1, "body": "back", "stars": 5}, None),
        ("remark.deleted", None, {"board_id": 1, "body": "back", "stars": 5}),
    ]
    assert [e["type"].partition(".")[2] for e in await events(conn, "board/8")] == [
        "created", "updated", "updated", "updated", "deleted",
    ]  # fmt: skip
