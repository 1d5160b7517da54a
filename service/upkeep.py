"""Looks after the log every hour: coming partitions, retention, expired keys and sessions. One node at a time."""

import asyncio
import logging
import random

import psycopg

logger = logging.getLogger(__name__)

EVERY_S = 3600.0
AGAIN_S = 60.0  # after a failure


async def look_after(database_url: str, retention_days: int | None) -> None:
    """Run `log_upkeep` at once and then every hour, until cancelled. Failures are logged and tried again."""
    while True:
        wait_s = EVERY_S * random.uniform(0.9, 1.1)  # noqa: S311 -- jitter, no secret
        try:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
                while dropped := await (await conn.execute("SELECT log_upkeep(%s)", (retention_days,))).fetchone():
                    logger.info("retention dropped of %s", dropped[0])
        except psycopg.Error as error:
            logger.warning("upkeep failed, trying again in %.0f s: %s", AGAIN_S, str(error).strip())
            wait_s = AGAIN_S
        await asyncio.sleep(wait_s)
