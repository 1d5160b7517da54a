"""Somebody in psql: transactions, savepoints, rollbacks, bulk, moves across boards, deletes."""

import random
import uuid

import anyio
import psycopg
from psycopg import AsyncConnection, IsolationLevel, Rollback

from tests.torture.ground import Ground

BULK = 650  # more than the 500 for which a snapshot may come instead


async def write_by_sql(ground: Ground, name: str) -> None:
    """Write until it is over, with a new connection whenever one is lost."""
    chance = ground.chance(name)
    while not ground.over.is_set():
        try:
            async with await AsyncConnection.connect(ground.server.sql_url, autocommit=True) as conn:
                await conn.execute("SET lock_timeout = '1s'")
                while not ground.over.is_set():
                    await _transaction(ground, chance, conn)
                    await anyio.sleep(chance.choice((0, 0.01, 0.05)))
        except psycopg.OperationalError:
            ground.ledger.counts["sql connection lost"] += 1
            await anyio.sleep(0.1)


async def _transaction(ground: Ground, chance: random.Random, conn: AsyncConnection) -> None:
    ledger = ground.ledger
    kept, undone = set[str](), set[str]()
    giving_up = chance.random() < 0.15
    if not conn.closed:
        await conn.set_isolation_level(
            IsolationLevel.REPEATABLE_READ if chance.random() < 0.1 else IsolationLevel.READ_COMMITTED
        )
    try:
        async with conn.transaction() as outer:
            if chance.random() < 0.3:
                await conn.execute("SET LOCAL synchronous_commit = off")
            if chance.random() < 0.3:
                await conn.execute("SET LOCAL livelane.actor = 'nobody'")
            for _ in range(chance.choice((1, 1, 2, 4))):
                if chance.random() < 0.2:
                    inner = await _in_savepoint(ground, chance, conn)
                    undone |= inner
                else:
                    kept |= await _statement(ground, chance, conn)
            if chance.random() < 0.05:
                await anyio.sleep(0.7)  # locks held while others go on
            if giving_up:
                raise Rollback(outer)
    except Rollback:  # comes out when there was no connection left to roll back on
        ledger.undone |= undone | kept
        return
    except psycopg.Error as error:
        if conn.broken or conn.closed:
            ledger.undone |= undone
            raise
        # 40P01, 40001: try again; 55P03: held too long; 23514: a limit. Nothing of it happened.
        if error.sqlstate not in ("40P01", "40001", "55P03", "23514", "23503", "23505"):
            raise AssertionError(f"a statement of the torture is wrong: {error}") from error
        ledger.counts[f"sql {error.sqlstate}"] += 1
        ledger.undone |= kept | undone
        return
    ledger.counts["sql rollback" if giving_up else "sql commit"] += 1
    ledger.undone |= undone | (kept if giving_up else set())
    if not giving_up:
        ledger.committed |= kept


async def _in_savepoint(ground: Ground, chance: random.Random, conn: AsyncConnection) -> set[str]:
    made: set[str] = set()
    async with conn.transaction() as inner:
        made = await _statement(ground, chance, conn)
        raise Rollback(inner)
    return made


async def _statement(ground: Ground, chance: random.Random, conn: AsyncConnection) -> set[str]:
    """One random change; gives the uids of the tickets it made."""
    column = chance.choice(chance.choice(ground.boards).columns)
    some = "SELECT id FROM ticket ORDER BY id DESC OFFSET %s LIMIT %s"
    where = (chance.randint(0, 80), chance.choice((1, 1, 3)))
    kind = chance.choices(
        ("insert", "title", "move", "archive", "restore", "delete", "bulk", "columns", "unchanged", "rank"),
        (30, 15, 20, 5, 4, 8, 1, 2, 3, 3),
    )[0]
    if kind in ("insert", "bulk"):
        uids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(BULK if kind == "bulk" else 1)]
        made = await conn.execute(
            "INSERT INTO ticket (column_id, uid, title, description) SELECT %s, u::uuid, 'by hand', %s"
            " FROM unnest(%s::text[]) u RETURNING id",
            (column, chance.choice(("", "short", "x" * 5000)) if kind == "insert" else "", uids),
        )
        ids = [row[0] for row in await made.fetchall()]
        if kind == "bulk":
            ground.ledger.counts["sql bulk"] += 1
            await conn.execute("UPDATE ticket SET title = 'bulk' WHERE id = ANY (%s)", (ids,))
            await conn.execute("DELETE FROM ticket WHERE id = ANY (%s)", (ids[5:],))
        else:
            ground.tickets.extend(ids)
        return set(uids)
    if kind == "title":
        await conn.execute(
            f"UPDATE ticket SET title = %s WHERE id IN ({some})".encode(), (f"sql {chance.random()}", *where)
        )
    elif kind == "move":
        await conn.execute(
            "UPDATE ticket SET (board_id, column_id) = (SELECT board_id, id FROM board_column WHERE id = %s)"
            f" WHERE id IN ({some})".encode(),
            (column, *where),
        )
    elif kind == "archive":
        await conn.execute(f"UPDATE ticket SET archived_at = now() WHERE id IN ({some})".encode(), where)
    elif kind == "restore":
        await conn.execute("UPDATE ticket SET archived_at = NULL WHERE column_id = %s", (column,))
    elif kind == "delete":
        await conn.execute(f"DELETE FROM ticket WHERE id IN ({some})".encode(), where)
    elif kind == "columns":
        await conn.execute(
            "UPDATE board_column SET archived_at = CASE WHEN archived_at IS NULL THEN now() END WHERE id = %s",
            (column,),
        )
    elif kind == "unchanged":
        await conn.execute(f"UPDATE ticket SET title = title WHERE id IN ({some})".encode(), where)
    else:
        await conn.execute(
            f"UPDATE ticket SET rank = %s WHERE id IN ({some})".encode(),
            (
                f"b{chance.choice(('', '0' * 39))}{chance.randint(10, 99)}V",
                *where,
            ),  # a long one: new ranks for its column
        )
    return set()
