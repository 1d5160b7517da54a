"""A small board in a test's database, and what the log says of it."""

import json
from typing import Any

from psycopg import AsyncConnection

BOARD = "board/1"


async def set_up(conn: AsyncConnection, tickets: int = 3) -> None:
    """Ada owns board 1 with columns 1, 2, 3 (To do, Doing, Done); `tickets` stand in column 1, ids from 1."""
    await conn.execute("INSERT INTO person (email, name) VALUES ('ada@example.org', 'Ada'), ('bo@example.org', 'Bo')")
    await conn.execute("INSERT INTO board (title) VALUES ('Road')")
    await conn.execute("INSERT INTO member (board_id, person_id, role) VALUES (1, 1, 'owner')")
    await conn.execute("INSERT INTO board_column (board_id, title) VALUES (1, 'To do'), (1, 'Doing'), (1, 'Done')")
    if tickets:
        await conn.execute(
            "INSERT INTO ticket (column_id, title) SELECT 1, 'T' || n FROM generate_series(1, %s) n", (tickets,)
        )


async def events(
    conn: AsyncConnection, topic: str = BOARD, after: int = 0, whole: bool = False
) -> list[dict[str, Any]]:
    """The topic's events as a stream carries them."""
    rows = await conn.execute("SELECT body FROM read_events(%s, %s, 1000000, %s)", (topic, after, whole))
    return [json.loads(body) for (body,) in await rows.fetchall()]


async def seq(conn: AsyncConnection, topic: str = BOARD) -> int:
    """The topic's last number."""
    return await value(conn, "SELECT topic_seq(%s)", topic)


async def snapshot(conn: AsyncConnection, topic: str = BOARD) -> dict[str, Any]:
    """The topic's state."""
    return json.loads(await value(conn, "SELECT state FROM topic_snapshot(%s, 'test')", topic))


async def value(conn: AsyncConnection, query: str, *arguments: object) -> Any:
    """The one value a query gives."""
    row = await (await conn.execute(query.encode(), arguments)).fetchone()
    assert row is not None, f"no row from {query}"
    return row[0]
