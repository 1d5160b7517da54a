"""What runs beside the requests: noting which tokens are used, throwing away what is over."""

import asyncio
import logging
import random

from service.database import Database
from service.domain.errors import BoardError
from service.pipeline import Statement

logger = logging.getLogger(__name__)

NOTE_S = 60.0
TIDY_EVERY = 60  # notes
NOTE = Statement(b"note_tokens", b"SELECT note_tokens($1)")
TIDY = Statement(b"tidy", b"SELECT tidy()")


async def run(database: Database, seen: set[bytes]) -> None:
    """Note the tokens in `seen` every minute, and empty it; tidy the tables every hour. For ever."""
    turn = random.randrange(TIDY_EVERY)  # noqa: S311 -- so that workers do not tidy at once
    while True:
        await asyncio.sleep(NOTE_S)
        turn += 1
        try:
            await note(database, seen)
            if turn % TIDY_EVERY == 0:
                await database.wide(TIDY)
        except BoardError as error:
            logger.info("upkeep is put off: %s", error)
        except Exception:
            logger.exception("upkeep failed")


async def note(database: Database, seen: set[bytes]) -> None:
    """Set `last_used_at` of the tokens with these hashes to now, and forget them."""
    hashes = list(seen)
    seen.clear()
    if hashes:
        array = b"{" + b",".join(b'"' + each.replace(b"\\", b"\\\\") + b'"' for each in hashes) + b"}"
        await database.write(NOTE, array)
