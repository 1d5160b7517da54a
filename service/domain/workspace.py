"""The workspace: there is one, and its instance name tells this installation from others on the same host."""

from service.database import Database
from service.pipeline import Statement

INSTANCE = Statement(b"instance", b"SELECT instance FROM workspace")


async def instance(database: Database) -> bytes:
    """Return eight hex characters."""
    value = (await database.read(INSTANCE))[0][0]
    assert value is not None
    return value
