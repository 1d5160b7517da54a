"""Epochs, retention, redaction, erasure: what changes the log itself."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg import AsyncConnection

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


async def test_retention_drops_whole_months_and_raises_the_lowest_number(conn: AsyncConnection):
    months = [date(2026, 1, 15), date(2026, 2, 15), date(2026, 3, 15), date(2026, 4, 15)]
    await value(conn, "SELECT count(*) FROM log_upkeep(NULL, %s)", months[0])
    await value(conn, "SELECT count(*) FROM log_upkeep(NULL, %s)", months[-1])
    for n, day in enumerate(months, 1):  # as if they had been written then
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        await conn.execute(
            """INSERT INTO event (topic, seq, at, noun, kind, entity_id, via, more)
               VALUES ('board/1', %s, %s, 'ticket', 'u', 1, 'rest', false)""",
            (n, at),
        )
    await conn.execute("INSERT INTO topic_clock (topic, seq, at) VALUES ('board/1', 4, '2026-04-15')")

    kept = await (await conn.execute("SELECT * FROM log_upkeep(3650, '2026-04-20')")).fetchall()
    gone = await (await conn.execute("SELECT * FROM log_upkeep(30, '2026-04-20')")).fetchall()

    assert kept == []
    assert gone == [("event_2026_01",), ("event_2026_02",)]  # March holds days within the window
    assert await value(conn, "SELECT lowest_seq FROM topic_heads(ARRAY['board/1'])") == 3
    left = await (await conn.execute("SELECT seq FROM event WHERE topic = 'board/1' ORDER BY seq")).fetchall()
    assert left == [(3,), (4,)]


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
