"""What goes wrong meanwhile: restarts, kills, lost connections, a frozen process, lunch, a trigger of the user's."""

import os
import signal
import time
from functools import partial

import anyio
import anyio.to_thread
import psycopg
from psycopg import AsyncConnection

from tests.torture.ground import Ground

FAULTS = ("restart", "kill", "listener", "connections", "backend", "postgres", "freeze", "lunch", "trigger")

# `zzz` comes after the log's own, and changes another ticket in whoever's transaction.
# `again` comes before it, and changes once more what is being written.
MEDDLE = """
CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF pg_trigger_depth() = 1
       AND EXISTS (SELECT FROM before o JOIN after n USING (id) WHERE n.version <> o.version) THEN
        UPDATE ticket SET description = random()::text WHERE id = (SELECT min(id) FROM ticket);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER zzz AFTER UPDATE ON ticket REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION meddle();
CREATE OR REPLACE FUNCTION again() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF pg_trigger_depth() = 1 AND NEW.version IS DISTINCT FROM OLD.version THEN
        UPDATE ticket SET description = random()::text WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER again AFTER INSERT OR UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION again();
"""
MEDDLE_NO_MORE = "DROP TRIGGER IF EXISTS zzz ON ticket; DROP TRIGGER IF EXISTS again ON ticket"


async def break_things(ground: Ground, every_s: tuple[float, float]) -> None:
    """One fault after the other, every kind before any comes again; ends with everything running."""
    chance = ground.chance("faults")
    left: list[str] = []
    while not ground.over.is_set():
        with anyio.move_on_after(chance.uniform(*every_s)):
            await ground.over.wait()
        if ground.over.is_set():
            return
        if not left:
            kinds = [*FAULTS, "worker"] if len(ground.product.workers) > 1 else FAULTS
            left = chance.sample(kinds, len(kinds))
        fault = left.pop()
        ground.ledger.counts[f"fault {fault}"] += 1
        began = time.monotonic()
        await _make(ground, fault)
        ground.log(f"{fault} took {time.monotonic() - began:.1f} s")


async def _make(ground: Ground, fault: str) -> None:
    product = ground.product
    if fault == "restart":
        code = await anyio.to_thread.run_sync(product.stop)
        assert code == 0, f"a SIGTERM ended the server with {code}"
        await anyio.to_thread.run_sync(product.start)
    elif fault == "kill":
        await anyio.to_thread.run_sync(product.kill)
        await anyio.to_thread.run_sync(product.start)
    elif fault in ("listener", "connections"):
        await _terminate(ground, "query ILIKE 'listen %'" if fault == "listener" else "true")
    elif fault == "postgres":
        await anyio.to_thread.run_sync(ground.kill_postgres)
        await anyio.sleep(0.2)
        await anyio.to_thread.run_sync(partial(ground.await_postgres, 30))
    elif fault == "backend":
        await _kill_one_of_its_backends(ground)
        await anyio.sleep(0.2)
        await anyio.to_thread.run_sync(partial(ground.await_postgres, 30))
    elif fault == "freeze":
        worker = product.workers[0]
        os.kill(worker, signal.SIGSTOP)
        await anyio.sleep(1)
        os.kill(worker, signal.SIGCONT)
    elif fault == "worker":
        os.kill(product.workers[-1], signal.SIGKILL)  # its parent starts another
    elif fault == "trigger":
        await _alter(ground, MEDDLE)
        await anyio.sleep(2)
        await _alter(ground, MEDDLE_NO_MORE)
    else:
        await _go_to_lunch(ground)


async def _alter(ground: Ground, statements: str) -> None:
    """Run them as the owner of the tables, waiting for no table longer than the writers' patience."""
    with anyio.fail_after(30):
        async with await AsyncConnection.connect(ground.server.url, autocommit=True) as conn:
            await conn.execute("SET lock_timeout = '200ms'")
            while True:
                try:
                    await conn.execute(statements.encode())
                    return
                except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                    await anyio.sleep(0.1)


async def _terminate(ground: Ground, which: str) -> None:
    async with await AsyncConnection.connect(ground.server.admin_url, autocommit=True) as conn:
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            f" AND usename = 'livelane' AND {which}".encode()
        )


async def _kill_one_of_its_backends(ground: Ground) -> None:
    """PostgreSQL ends all others then, and recovers from its log without being started again."""
    async with await AsyncConnection.connect(ground.server.admin_url, autocommit=True) as conn:
        found = await conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'livelane' AND backend_type = 'client backend'"
        )
        pids = [pid for (pid,) in await found.fetchall()]
    if pids:
        os.kill(ground.chance("backend").choice(pids), signal.SIGKILL)


async def _go_to_lunch(ground: Ground) -> None:
    """Hold some rows for two seconds, then give them back unchanged."""
    try:
        async with await AsyncConnection.connect(ground.server.sql_url) as conn:
            await conn.execute("SET lock_timeout = '1s'")
            await conn.execute(
                "UPDATE ticket SET title = 'lunch' WHERE id IN (SELECT id FROM ticket ORDER BY id DESC LIMIT 9)"
            )
            await anyio.sleep(2)
            await conn.rollback()
    except psycopg.OperationalError:
        ground.ledger.counts["lunch was cut short"] += 1
