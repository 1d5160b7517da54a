"""Epochs, retention, redaction, erasure: what changes the log itself."""

import json
from datetime import UTC, date, datetime, timedelta

import anyio
import pytest
from psycopg import AsyncConnection, DatabaseError, errors

from service.upkeep import look_after
from tests.cluster import Cluster, name_of
from tests.database.desk import BOARD, events, seq, set_up, snapshot, value


async def test_the_epoch_is_stable_until_it_is_renewed(conn: AsyncConnection, database_url: str):
    first = await value(conn, "SELECT current_epoch()")
    async with await AsyncConnection.connect(database_url, autocommit=True) as other:
        assert await value(other, "SELECT current_epoch()") == first

    renewed = await value(conn, "SELECT renew_epoch()")

    assert len(first) == len(renewed) == 8
    assert renewed == await value(conn, "SELECT current_epoch()") != first


async def test_a_copy_of_the_database_is_another_epoch_by_itself(cluster: Cluster, database_url: str):
    async with await AsyncConnection.connect(database_url, autocommit=True) as conn:
        original = await value(conn, "SELECT current_epoch()")

    with cluster.database(name_of(database_url) + "_copy", name_of(database_url)) as url:
        async with await AsyncConnection.connect(url, autocommit=True) as conn:
            assert await value(conn, "SELECT current_epoch()") != original


async def write_months(conn: AsyncConnection, year: int, months: int = 4) -> None:
    """One event of board 1 in the middle of each of the year's first months, as if it had been written then."""
    for n in range(1, months + 1):
        await conn.execute(
            """INSERT INTO event (topic, seq, at, noun, kind, entity_id, via, more)
               VALUES ('board/1', %s, %s, 'ticket', 'u', 1, 'rest', false)""",
            (n, datetime(year, n, 15, tzinfo=UTC)),
        )
    await conn.execute(
        "INSERT INTO topic_clock (topic, seq, at) VALUES ('board/1', %s, %s)",
        (months, datetime(year, months, 15, tzinfo=UTC)),
    )


async def upkeep(conn: AsyncConnection, days: int | None, today: str) -> list[str]:
    """What one call of log_upkeep() dropped."""
    return [name for (name,) in await (await conn.execute("SELECT log_upkeep(%s, %s)", (days, today))).fetchall()]


async def left(conn: AsyncConnection) -> tuple[int, list[int]]:
    """The lowest number kept of board 1, and the numbers that are there."""
    rows = await (await conn.execute("SELECT seq FROM event WHERE topic = 'board/1' ORDER BY seq")).fetchall()
    return await value(conn, "SELECT lowest_seq FROM topic_heads(ARRAY['board/1'])"), [seq for (seq,) in rows]


async def test_retention_drops_whole_months_one_a_call_and_raises_the_lowest_number(conn: AsyncConnection):
    for day in ("2026-01-15", "2026-04-15"):
        await value(conn, "SELECT count(*) FROM log_upkeep(NULL, %s)", day)
    await write_months(conn, 2026)

    assert await upkeep(conn, 3650, "2026-04-20") == []
    assert await upkeep(conn, 30, "2026-04-20") == ["event_2026_01"]
    assert await left(conn) == (2, [2, 3, 4])
    assert await upkeep(conn, 30, "2026-04-20") == ["event_2026_02"]
    assert await upkeep(conn, 30, "2026-04-20") == []  # March holds days within the window
    assert await left(conn) == (3, [3, 4])


async def test_retention_reaches_what_was_written_while_nothing_looked_after_the_log(conn: AsyncConnection):
    await write_months(conn, 2020)  # no partitions were made for these
    assert await value(conn, "SELECT count(*) FROM event_default") == 4

    assert await upkeep(conn, 3650, "2020-04-20") == []
    assert await upkeep(conn, 30, "2020-04-20") == ["event_default"]
    assert await upkeep(conn, 30, "2020-04-20") == []

    assert await left(conn) == (3, [3, 4])


async def test_a_log_in_use_is_left_for_the_next_time_and_the_rest_is_done(conn: AsyncConnection, database_url: str):
    for day in ("2026-01-15", "2026-04-15"):
        await value(conn, "SELECT count(*) FROM log_upkeep(NULL, %s)", day)
    await set_up(conn, 0)
    await conn.execute(
        "INSERT INTO event SELECT 'x', 1, '2026-01-15', 'ticket', 'u', 1, NULL, 'rest', NULL, '{}', '{}', NULL, false"
    )
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash, expires_at) VALUES (1, sha256('x'), now() - interval '1 minute')"
    )
    async with await AsyncConnection.connect(database_url) as backup:
        await backup.execute("SELECT count(*) FROM event")

        assert await upkeep(conn, 30, "2026-04-20") == []
        assert await value(conn, "SELECT count(*) FROM session") == 0

        await backup.rollback()
    assert await upkeep(conn, 30, "2026-04-20") == ["event_2026_01"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Etc/GMT+12"])
async def test_the_day_is_that_of_utc_wherever_the_session_is(conn: AsyncConnection, zone: str):
    """East of it a month would be dropped up to fourteen hours before its last event is as old as retention asks."""
    await conn.execute(f"SET timezone = '{zone}'".encode())

    rows = await conn.execute("SELECT pg_get_function_arguments('log_upkeep'::regproc)")
    _, _, default = (await rows.fetchall())[0][0].rpartition("DEFAULT ")
    assert await value(conn, f"SELECT {default} = (now() AT TIME ZONE 'UTC')::date")


async def test_a_month_that_is_due_while_the_log_is_in_use_is_made_the_next_time(
    conn: AsyncConnection, database_url: str
):
    await set_up(conn, 0)
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash, expires_at) VALUES (1, sha256('x'), now() - interval '1 minute')"
    )
    made = "SELECT to_regclass('event_2031_03') IS NOT NULL"
    async with await AsyncConnection.connect(database_url) as backup:
        await backup.execute("SELECT count(*) FROM event")

        assert await upkeep(conn, None, "2031-01-20") == []
        assert await value(conn, "SELECT count(*) FROM session") == 0

        await backup.rollback()
    assert not await value(conn, made)
    assert await upkeep(conn, None, "2031-01-20") == []
    assert await value(conn, made)


@pytest.mark.parametrize("asked", ["read_board_at(sha256('s'), 1, %s, 'test')", "read_event(sha256('s'), 1, %s)"])
async def test_who_asks_for_a_past_that_is_being_dropped_is_told_that_it_is_gone(
    conn: AsyncConnection, database_url: str, asked: str
):
    await value(conn, "SELECT count(*) FROM log_upkeep(NULL, '2024-01-15')")
    await set_up(conn, 1)
    await conn.execute("INSERT INTO session (person_id, secret_hash) VALUES (1, sha256('s'))")
    then = await seq(conn)
    await conn.execute("UPDATE ticket SET title = 'later'")
    await conn.execute("UPDATE event SET at = '2024-01-20' WHERE topic = 'board/1'")
    refused: list[str | None] = []

    async with (
        await AsyncConnection.connect(database_url, autocommit=True) as dropping,
        await AsyncConnection.connect(database_url, autocommit=True) as reading,
        anyio.create_task_group() as group,
    ):

        async def read() -> None:
            try:
                await reading.execute(f"SELECT {asked}".encode(), (then,))
            except DatabaseError as error:
                refused.append(error.sqlstate)

        await dropping.execute("BEGIN")
        assert await upkeep(dropping, 365, "2026-04-20") == ["event_2024_01"]
        group.start_soon(read)
        waits = f"SELECT cardinality(pg_blocking_pids({reading.info.backend_pid})) > 0"
        with anyio.fail_after(10):
            while not await value(conn, waits):  # noqa: ASYNC110 -- the database has no event for it
                await anyio.sleep(0.01)
        await dropping.execute("COMMIT")

    assert refused == ["LL410"]


async def test_the_service_drops_until_nothing_is_due(conn: AsyncConnection, database_url: str):
    await conn.execute("SELECT log_upkeep(NULL, '2024-01-15')")
    await write_months(conn, 2024, months=6)  # three in partitions of their own, three in the default one

    async with anyio.create_task_group() as group:
        group.start_soon(look_after, database_url, 365)
        with anyio.fail_after(10):
            while await left(conn) != (7, []):  # noqa: ASYNC110 -- the database has no event for it
                await anyio.sleep(0.02)
        group.cancel_scope.cancel()

    assert await value(conn, "SELECT count(*) FROM pg_class WHERE relname LIKE 'event_2024%%'") == 0


async def test_upkeep_makes_the_coming_months_once_and_one_node_at_a_time(conn: AsyncConnection, database_url: str):
    today = date.today() + timedelta(days=70)  # noqa: DTZ011 -- any day will do
    async with await AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT log_upkeep(NULL, %s)", (today,))
        await conn.execute("SET lock_timeout = '1s'")
        assert await value(conn, "SELECT count(*) FROM log_upkeep(NULL, %s)", today) == 0
        await other.commit()

    await value(conn, "SELECT count(*) FROM log_upkeep(NULL, %s)", today)
    assert await value(conn, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass") >= 4


async def test_redacting_a_ticket_blanks_rows_and_log_and_begins_another_epoch(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("UPDATE ticket SET title = 'my password is hunter2', description = 'hunter2' WHERE id = 1")
    await conn.execute("UPDATE ticket SET title = 'innocent' WHERE id = 1")
    await conn.execute(
        """INSERT INTO idempotency (person_id, key, fingerprint, body)
           VALUES (1, 'k', '\\x00', '{"id": 1, "column_id": 1, "title": "hunter2"}')"""
    )
    epoch = await value(conn, "SELECT current_epoch()")

    assert await value(conn, "SELECT redact_ticket(1)") is True

    everything = await events(conn, whole=True)
    assert "hunter2" not in json.dumps(everything)
    assert [e["seq"] for e in everything] == list(range(1, len(everything) + 1))
    assert "hunter2" not in json.dumps(await snapshot(conn))
    assert await value(conn, "SELECT count(*) FROM idempotency") == 0
    assert await value(conn, "SELECT current_epoch()") != epoch
    assert await value(conn, "SELECT redact_ticket(999)") is False


async def test_erasing_a_person_keeps_the_id_and_nothing_else(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("INSERT INTO token (person_id, name, secret_hash) VALUES (1, 't', sha256('x'))")
    await conn.execute("SELECT set_context(1, NULL, 'rest')")
    before = await seq(conn)

    assert await value(conn, "SELECT erase_person(1)") is True

    assert await value(conn, "SELECT row(name, email)::text FROM person WHERE id = 1") == '("Former member",)'
    assert await value(conn, "SELECT count(*) FROM credential(sha256('x'))") == 0
    assert [e["type"] for e in await events(conn, after=before)] == ["member.updated", "member.deleted"]
    assert not await value(conn, "SELECT bool_or(concat(e.set, e.was) ~ 'Ada|ada@') FROM event e")
    assert await value(conn, "SELECT erase_person(77)") is False


async def test_an_erased_person_is_invited_nowhere_any_more(conn: AsyncConnection):
    await set_up(conn)
    for email in ("bo@example.org", "cy@example.org"):
        await conn.execute("INSERT INTO invitation (board_id, email, role) VALUES (1, %s, 'viewer')", (email,))
        await conn.execute(
            """INSERT INTO one_time_code
               SELECT sha256(email::bytea), 'invitation', NULL, id, now(), now() FROM invitation WHERE email = %s""",
            (email,),
        )
    await conn.execute(
        """INSERT INTO idempotency (person_id, key, fingerprint, body) VALUES
           (1, 'a', '', '{"invitation_id": 1, "email": "bo@example.org"}'),
           (1, 'b', '', '{"person_id": 2, "name": "Bo"}'),
           (1, 'c', '', '{"id": 2, "title": "a board"}'), (1, 'd', '', NULL)"""
    )

    await conn.execute("SELECT erase_person(2)")

    assert await value(conn, "SELECT string_agg(email, ' ') FROM invitation") == "cy@example.org"
    assert await value(conn, "SELECT count(*) FROM one_time_code") == 1
    assert await value(conn, "SELECT string_agg(key, ' ' ORDER BY key) FROM idempotency") == "c d"


ADD = "SELECT (w).body::json->>'invitation_id' FROM add_member(sha256('s'), NULL, NULL, 1, %s, sha256('c')) w"


async def test_who_is_added_while_being_erased_is_no_member_but_an_address(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    await conn.execute("INSERT INTO session (person_id, secret_hash) VALUES (1, sha256('s'))")
    invitation: list[str | None] = []

    async with (
        await AsyncConnection.connect(database_url, autocommit=True) as erasing,
        await AsyncConnection.connect(database_url, autocommit=True) as adding,
        anyio.create_task_group() as group,
    ):

        async def add() -> None:
            invitation.append(await value(adding, ADD, '{"email": "bo@example.org", "role": "viewer"}'))

        await erasing.execute("BEGIN")
        await erasing.execute("SELECT erase_person(2)")
        group.start_soon(add)
        waits = f"SELECT cardinality(pg_blocking_pids({adding.info.backend_pid})) > 0"
        with anyio.fail_after(10):
            while not await value(conn, waits):  # noqa: ASYNC110 -- the database has no event for it
                await anyio.sleep(0.01)
        await erasing.execute("COMMIT")

    assert await value(conn, "SELECT string_agg(person_id::text, ' ') FROM member") == "1"
    assert invitation == ["1"]


async def test_an_erased_person_becomes_a_member_by_no_way(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("SELECT erase_person(2)")

    with pytest.raises(errors.ForeignKeyViolation, match="is erased"):
        await conn.execute("INSERT INTO member (board_id, person_id, role) VALUES (1, 2, 'viewer')")


async def test_of_the_boards_that_an_erased_person_alone_owned_somebody_else_becomes_the_owner(conn: AsyncConnection):
    people = ("Ann", "Ben", "Cem", "Dov", "Eve")
    ids = {name: await value(conn, "INSERT INTO person (name) VALUES (%s) RETURNING id", name) for name in people}
    for number, members in (
        (11, {"Ann": "owner", "Ben": "viewer", "Cem": "editor", "Dov": "editor"}),
        (12, {"Ben": "viewer", "Ann": "owner", "Eve": "viewer"}),
        (13, {"Ben": "editor", "Ann": "owner", "Eve": "owner"}),
        (14, {"Ann": "owner"}),
        (15, {"Ann": "editor", "Ben": "owner", "Cem": "editor"}),
    ):
        await conn.execute("INSERT INTO board (id, title) VALUES (%s, 'Theirs')", (number,))
        for name, role in members.items():
            await conn.execute(
                "INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, %s)", (number, ids[name], role)
            )

    await conn.execute("SELECT erase_person(%s)", (ids["Ann"],))

    owners = """
        SELECT string_agg(m.board_id || ' ' || p.name, ', ' ORDER BY m.board_id)
          FROM member m JOIN person p ON p.id = m.person_id WHERE m.role = 'owner' AND m.board_id > 10
    """
    assert await value(conn, owners) == "11 Cem, 12 Ben, 13 Eve, 15 Ben"


async def test_touching_all_topics_gives_each_a_new_number_that_asks_for_a_snapshot(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    await conn.execute("SELECT touch_all_topics()")

    rows = await conn.execute("SELECT seq, type FROM read_events(%s, %s, 10, false)", (BOARD, before))
    assert await rows.fetchall() == [(before + 1, "topic.updated")]


@pytest.mark.parametrize(
    ("columns", "valid"),
    [("now() + interval '1 hour'", True), ("now() - interval '1 second'", False)],
)
async def test_a_session_is_a_credential_until_it_expires(conn: AsyncConnection, columns: str, valid: bool):
    await set_up(conn)

    await conn.execute(
        f"INSERT INTO session (person_id, secret_hash, expires_at) VALUES (2, sha256('s'), {columns})".encode()
    )

    rows = await (await conn.execute("SELECT kind, person_id FROM credential(sha256('s'))")).fetchall()
    assert rows == ([("session", 2)] if valid else [])


async def test_a_token_is_a_credential_through_its_last_day(conn: AsyncConnection):
    await set_up(conn)

    await conn.execute(
        """INSERT INTO token (person_id, name, secret_hash, expires_on) VALUES
           (1, 'today', sha256('a'), (now() AT TIME ZONE 'UTC')::date),
           (1, 'yesterday', sha256('b'), (now() AT TIME ZONE 'UTC')::date - 1), (1, 'always', sha256('c'), NULL)"""
    )

    assert await value(conn, "SELECT expires_at > now() FROM credential(sha256('a'))") is True
    assert await value(conn, "SELECT count(*) FROM credential(sha256('b'))") == 0
    assert await value(conn, "SELECT expires_at IS NULL FROM credential(sha256('c'))") is True


async def test_topics_are_readable_by_members_and_by_oneself(conn: AsyncConnection):
    await set_up(conn)

    rows = await conn.execute(
        "SELECT * FROM topic_access(2, ARRAY['board/1', 'board/9', 'user/2', 'user/1', 'user/9', 'x', 'board/1; DROP'])"
    )

    assert await rows.fetchall() == [
        ("board/1", True, False), ("board/9", False, False), ("user/2", True, True), ("user/1", True, False),
        ("user/9", False, False), ("x", False, False), ("board/1; DROP", False, False),
    ]  # fmt: skip


async def test_upkeep_forgets_what_has_expired(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute(
        """INSERT INTO idempotency (person_id, key, fingerprint, created_at) VALUES
           (1, 'old', 'x', now() - interval '25 hours'), (1, 'young', 'x', now() - interval '23 hours')"""
    )
    await conn.execute(
        "INSERT INTO session (person_id, secret_hash, expires_at) VALUES (1, sha256('x'), now() - interval '1 minute')"
    )

    await value(conn, "SELECT count(*) FROM log_upkeep()")

    assert await value(conn, "SELECT string_agg(key, ',') FROM idempotency") == "young"
    assert await value(conn, "SELECT count(*) FROM session") == 0
