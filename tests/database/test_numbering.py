"""Numbers are given at commit: gapless, in commit order, blocking nobody before."""

from collections.abc import Iterator

import anyio
import psycopg
import pytest
from psycopg import AsyncConnection

from service.schema.embedded import attach
from service.schema.migrate import migrate
from tests.cluster import name_of
from tests.database.desk import events, seq, set_up, value


async def connect(url: str) -> AsyncConnection:
    return await AsyncConnection.connect(url, autocommit=True)


async def add_board(conn: AsyncConnection) -> None:
    """Board 2 with column 4 and ticket 100000."""
    await conn.execute("INSERT INTO board (title) VALUES ('Other')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (2, 'Inbox')")
    await conn.execute("INSERT INTO ticket (id, column_id, title) VALUES (100000, 4, 'There')")


async def test_numbers_follow_the_order_of_commits_not_of_statements(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    before = await seq(conn)
    async with await connect(database_url) as early:
        await early.execute("BEGIN")
        await early.execute("UPDATE ticket SET title = 'began first' WHERE id = 1")

        await conn.execute("UPDATE ticket SET title = 'committed first' WHERE id = 2")
        await early.execute("COMMIT")

    made = await events(conn, after=before)
    assert [(e["seq"] - before, e["set"]["title"]) for e in made] == [(1, "committed first"), (2, "began first")]
    assert made[0]["at"] <= made[1]["at"]


async def test_a_forgotten_transaction_blocks_no_other_writer_of_its_board(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    await conn.execute("SET lock_timeout = '500ms'")
    async with await connect(database_url) as lunch:
        await lunch.execute("BEGIN")
        await lunch.execute("UPDATE ticket SET title = 'mine' WHERE id = 1")

        for n in range(20):
            await conn.execute("UPDATE ticket SET title = %s WHERE id = 2", (f"free {n}",))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await conn.execute("UPDATE ticket SET title = 'held' WHERE id = 1")

        await lunch.execute("ROLLBACK")
    assert await value(conn, "SELECT max(seq) - count(*) FROM event WHERE topic = 'board/1'") == 0


async def test_transactions_over_two_boards_in_either_order_never_deadlock(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    await add_board(conn)
    await conn.execute("INSERT INTO ticket (id, column_id, title) SELECT 200 + n, 1, 'a' FROM generate_series(0, 7) n")
    await conn.execute("INSERT INTO ticket (id, column_id, title) SELECT 300 + n, 4, 'b' FROM generate_series(0, 7) n")

    async def write(n: int) -> None:
        rows = [200 + n, 300 + n] if n % 2 else [300 + n, 200 + n]
        async with await connect(database_url) as own:
            for k in range(25):
                async with own.transaction():
                    for row in rows:
                        await own.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"{n}-{k}", row))

    async with anyio.create_task_group() as group:
        for n in range(8):
            group.start_soon(write, n)

    for topic in ("board/1", "board/2"):
        numbers = [e["seq"] for e in await events(conn, topic)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > 200


async def test_number_now_returns_the_last_number_of_the_topic_asked_for(conn: AsyncConnection):
    await set_up(conn)
    await add_board(conn)
    here, there = await seq(conn), await seq(conn, "board/2")

    async with conn.transaction():
        assert await value(conn, "SELECT number_now('board/1')") is None
        await conn.execute("UPDATE ticket SET title = 'x'")
        assert await value(conn, "SELECT number_now('board/2')") == there + 1
        assert await value(conn, "SELECT number_now('board/1')") is None
        await conn.execute("UPDATE ticket SET title = 'y' WHERE id = 1")
        assert await value(conn, "SELECT number_now('board/1')") == here + 4

    assert await seq(conn) == here + 4


async def test_constraints_set_immediate_number_at_once_and_stay_right(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)

    async with conn.transaction():
        await conn.execute("UPDATE ticket SET title = 'one' WHERE id = 1")
        await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await conn.execute("UPDATE ticket SET title = 'two' WHERE id = 2")
        await conn.execute("UPDATE ticket SET title = 'three' WHERE id IN (1, 3)")

    assert [e["seq"] - before for e in await events(conn, after=before)] == [1, 2, 3, 4]


async def test_an_older_snapshot_gets_a_serialization_failure_instead_of_a_wrong_order(
    conn: AsyncConnection, database_url: str
):
    await set_up(conn)
    async with await connect(database_url) as old:
        await old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await old.execute("SELECT count(*) FROM ticket")
        await conn.execute("UPDATE ticket SET title = 'newer' WHERE id = 1")
        await old.execute("UPDATE ticket SET title = 'older' WHERE id = 2")

        with pytest.raises(psycopg.errors.SerializationFailure):
            await old.execute("COMMIT")

    assert await value(conn, "SELECT title FROM ticket WHERE id = 2") == "T2"


@pytest.mark.parametrize("asked", ["off", "local"])
async def test_the_commit_of_an_event_is_always_synchronous(conn: AsyncConnection, asked: str):
    await set_up(conn)

    async with conn.transaction():
        await conn.execute(f"SET LOCAL synchronous_commit = {asked}".encode())
        await conn.execute("UPDATE ticket SET title = 'x' WHERE id = 1")
        assert await value(conn, "SHOW synchronous_commit") == asked
        await conn.execute("SELECT number_now()")
        assert await value(conn, "SHOW synchronous_commit") == "on"

    async with conn.transaction():
        await conn.execute("SET LOCAL synchronous_commit = remote_apply")
        await conn.execute("UPDATE ticket SET title = 'y' WHERE id = 1")
        await conn.execute("SELECT number_now()")
        assert await value(conn, "SHOW synchronous_commit") == "remote_apply"


async def test_a_transaction_rings_each_topic_once(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    await add_board(conn)
    async with await connect(database_url) as ear:
        await ear.execute("LISTEN livelane")

        async with conn.transaction():
            await conn.execute(
                "INSERT INTO ticket (column_id, title) SELECT 1, 'n' || n FROM generate_series(1, 500) n"
            )
            await conn.execute("UPDATE ticket SET title = 'x'")

        rung = [n.payload async for n in ear.notifies(timeout=5, stop_after=2)]
        rung += [n.payload async for n in ear.notifies(timeout=0)]
    assert rung == ["board/1", "board/2"]


async def test_a_caller_who_rings_the_topic_it_asks_for_is_left_to_it(conn: AsyncConnection, database_url: str):
    await set_up(conn)
    await add_board(conn)
    async with await connect(database_url) as ear, await connect(database_url) as service:
        await ear.execute("LISTEN livelane")
        await service.execute("SET livelane.wake = 'caller'")

        async with service.transaction():
            await service.execute("UPDATE ticket SET title = 'one board' WHERE board_id = 1")
            await service.execute("SELECT number_now('board/1')")
        async with service.transaction():  # what it did not ask for is rung for it
            await service.execute("INSERT INTO ticket (column_id, title) VALUES (1, 'a'), (4, 'b')")
            await service.execute("SELECT number_now('board/1')")
        await service.execute("UPDATE ticket SET title = 'did not ask' WHERE board_id = 1")
        async with conn.transaction():  # nor did whoever does not say so, of the same role
            await conn.execute("UPDATE ticket SET title = 'SQL' WHERE board_id = 1")
            await conn.execute("SELECT number_now('board/1')")
        await conn.execute("NOTIFY livelane, 'the end'")

        rung = [n.payload async for n in ear.notifies(timeout=5, stop_after=4)]
    assert rung == ["board/2", "board/1", "board/1", "the end"]


async def test_twenty_thousand_rows_are_one_wake_up_and_stay_linear(conn: AsyncConnection, database_url: str):
    await set_up(conn, 20_000)
    before = await seq(conn)
    async with await connect(database_url) as ear:
        await ear.execute("LISTEN livelane")
        await conn.execute("UPDATE ticket SET title = 'x' || id")
        rung = [n.payload async for n in ear.notifies(timeout=5, stop_after=1)]
        rung += [n.payload async for n in ear.notifies(timeout=0)]

    assert rung == ["board/1"]
    assert await seq(conn) == before + 20_000
    # no nested loop over the transition tables: that would read rows 400,000,000 times
    plan = await value(conn, "SELECT count(*) FROM event WHERE topic = 'board/1' AND seq > %s", before)
    assert plan == 20_000


async def test_a_transaction_of_many_statements_looks_at_each_change_only_a_few_times(conn: AsyncConnection):
    await set_up(conn)
    before = await seq(conn)
    await conn.execute("SELECT pg_stat_force_next_flush()")
    looked = "SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes WHERE indexrelname = 'pending_transaction'"
    first = await value(conn, looked)

    async with conn.transaction():
        for n in range(400):
            await conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"t{n}", 1 + n % 3))
    await conn.execute("SELECT pg_stat_force_next_flush()")

    assert await value(conn, looked) - first < 400 * 10
    assert [e["set"]["title"] for e in await events(conn, after=before)] == [f"t{n}" for n in range(400)]


async def test_a_new_title_for_every_ticket_leaves_many_index_entries_alone(conn: AsyncConnection):
    """A bulk change of texts is cheap because new versions find room beside the old ones, before any of those goes."""
    await set_up(conn, 5_000)
    await conn.execute("UPDATE ticket SET title = 'new ' || id")
    await conn.execute("SELECT pg_stat_force_next_flush()")

    share = await value(
        conn, "SELECT n_tup_hot_upd / n_tup_upd::float FROM pg_stat_user_tables WHERE relname = 'ticket'"
    )
    assert share > 0.4  # on full pages it is none


async def test_the_hot_tables_are_never_read_whole(conn: AsyncConnection):
    await set_up(conn, 50)
    await add_board(conn)

    for n in range(30):
        await conn.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"t{n}", n + 1))
        await conn.execute("UPDATE ticket SET title = %s WHERE id IN (100000, 1, 2)", (f"u{n}",))
    await conn.execute("SELECT pg_stat_force_next_flush()")

    scans = await value(
        conn,
        """SELECT sum(seq_scan) FROM pg_stat_user_tables
            WHERE relname IN ('topic_clock', 'pending') OR relname LIKE %s""",
        "event_2%",
    )
    assert scans == 0


async def test_a_role_without_rights_on_the_log_writes_boards(conn: AsyncConnection, admin_url: str, database_url: str):
    await set_up(conn)
    before = await seq(conn)
    role = "desk_" + name_of(database_url)
    async with await connect(admin_url) as admin:
        await admin.execute(f"CREATE ROLE {role}".encode())
        try:
            await admin.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ticket TO {role}".encode())
            await admin.execute(f"SET SESSION AUTHORIZATION {role}".encode())
            await admin.execute("SET search_path = pg_catalog")
            await admin.execute("UPDATE public.ticket SET title = 'unprivileged' WHERE id = 1")
            await admin.execute("INSERT INTO public.ticket (column_id, title) VALUES (1, 'new')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await admin.execute("INSERT INTO public.event SELECT * FROM public.event")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await admin.execute("SELECT * FROM public.session")
            await admin.execute("RESET SESSION AUTHORIZATION")
            await admin.execute("RESET search_path")
        finally:
            await admin.execute(f"DROP OWNED BY {role}".encode())
            await admin.execute(f"DROP ROLE {role}".encode())

    assert [(e["type"], e["via"]) for e in await events(conn, after=before)] == [
        ("ticket.updated", f"sql:{role}"), ("ticket.created", f"sql:{role}"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def two_phase_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database on a PostgreSQL that can prepare transactions: no other has the setting, and it needs a start."""
    folder = tmp_path_factory.mktemp("two-phase")
    with attach(folder) as server, psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET max_prepared_transactions = 5")
    with attach(folder) as server:
        migrate(server.url)
        yield server.url


@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE ticket SET title = 'prepared' WHERE id = 1"],
        ["UPDATE ticket SET title = 'prepared'"],
        ["UPDATE ticket SET title = 'prepared' WHERE id = 1", "SELECT number_now()"],
        ["SELECT set_context(1, NULL, 'rest', 'ticket/1')", "UPDATE ticket SET title = 'prepared' WHERE id = 1"],
    ],
    ids=["one row", "many", "numbered", "alone"],
)
async def test_two_phase_commit_is_refused_in_a_sentence_and_blocks_nobody(two_phase_url: str, statements: list[str]):
    """Else the board's clock would be held until somebody commits what was prepared."""
    async with await connect(two_phase_url) as conn:
        if await value(conn, "SELECT count(*) FROM board") == 0:
            await set_up(conn)
        await conn.execute("UPDATE ticket SET title = 'free'")
        before = await seq(conn)
        await conn.execute("BEGIN")
        for statement in statements:
            await conn.execute(statement.encode())

        with pytest.raises(psycopg.errors.FeatureNotSupported, match="cannot PREPARE a transaction that has executed"):
            await conn.execute("PREPARE TRANSACTION 'x'")

        assert await value(conn, "SELECT count(*) FROM pg_prepared_xacts") == 0
        async with await connect(two_phase_url) as other:
            await other.execute("SET lock_timeout = '1s'")
            await other.execute("UPDATE ticket SET title = 'still free'")
        assert [e["set"]["title"] for e in await events(conn, after=before)] == ["still free"] * 3
