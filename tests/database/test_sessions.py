"""Sessions: who gets one, and what ends it."""

import psycopg
import pytest
from psycopg import AsyncConnection

from tests.database.desk import set_up, value


async def test_a_password_changed_while_it_was_checked_opens_no_session(conn: AsyncConnection):
    await set_up(conn)
    await conn.execute("UPDATE person SET password_hash = 'new' WHERE id = 1")

    with pytest.raises(psycopg.Error, match="do not belong together"):
        await conn.execute("SELECT open_checked_session(1, sha256('a'), 'old')")
    await conn.execute("SELECT open_checked_session(1, sha256('b'), 'new')")

    assert await value(conn, "SELECT count(*) FROM session WHERE person_id = 1") == 1
