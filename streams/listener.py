"""LISTENs on the one channel and says which topic moved. Does nothing else, so that the database's queue never fills.

One of the sources of wake-ups (wakeups.py). By itself it serves one process; with NATS an elected reader has one.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import psycopg

from streams import log, metrics
from streams.settings import Settings

logger = logging.getLogger(__name__)

RETRY_S = (0.2, 1.0)  # jittered: all processes lose the same server at the same moment
EVERYTHING = "*"  # the payload that says any topic may have moved, and the epoch with them

DEAF = (
    "LISTEN hears nothing although NOTIFY was sent: the database URL seems to lead through a transaction pooler "
    "(PgBouncer with pool_mode=transaction, or the like). Give a URL that leads to PostgreSQL itself."
)


class Listener:
    """One connection that hears every notification.

    It is known to be well by its echo: a notification sent through the pool that must come back.
    """

    def __init__(
        self,
        settings: Settings,
        pool: log.Pool,
        rung: Callable[[str, int], None],
        again: Callable[[], None],
        *,
        name: str = "livelane listener",
        take: Callable[[psycopg.AsyncConnection], Awaitable[bool]] | None = None,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._rung = rung
        self._again = again
        self._name = name  # of its session
        self._take = take  # asked before listening whether this connection may; the reader's way to be the only one
        self._echo = f"echo/{random.getrandbits(64):016x}"
        self._heard = asyncio.Event()
        self.well = False
        self._since = datetime.now(UTC)
        self._detail = "connecting"

    def health(self) -> dict[str, dict[str, object]]:
        """How the listener is, since when, and what to do when it is not well."""
        since = self._since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"listener": {"ok": self.well, "since": since, "detail": self._detail}}

    async def watch(self, topics: Iterable[str]) -> None:
        """It hears of every topic."""

    def forget(self, topic: str) -> None:
        """It hears of every topic."""

    async def run(self) -> None:
        """Listen for ever; a lost connection is made again, and `again` is called each time LISTEN is in force."""
        while True:
            why = ""
            try:
                await self.listen()
            except (psycopg.Error, OSError) as error:
                self._say(False, log.plainly(error))
                why = str(error).strip()
            except Exception:  # a fault of ours must not end it, nor all streams with it
                logger.exception("the listener failed and begins again")
                self._say(False, "it failed and begins again; the server's log says more")
            retry_s = random.uniform(*RETRY_S)  # noqa: S311 -- jitter, no secret
            logger.warning("listener lost its connection, retrying in %.1f s: %s", retry_s, why or self._detail)
            await asyncio.sleep(retry_s)

    async def listen(self) -> None:
        """Listen once. Returns or raises when the connection is no longer good, or may not be had."""
        async with await psycopg.AsyncConnection.connect(
            self._settings.database_url, **log.CONNECTION, application_name=self._name
        ) as conn:
            if self._take and not await self._take(conn):
                return
            await conn.execute("LISTEN livelane")
            metrics.LISTENER_CONNECTS.inc()
            self._again()  # LISTEN first, then read: what is committed from now on is heard
            hearing = asyncio.create_task(self._hear(conn))
            echoing = asyncio.create_task(self._listen_for_echo())
            try:
                done, _ = await asyncio.wait({hearing, echoing}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                # Ending notifies() midway loses what it had in hand. It ends here only with its connection, after which
                # everything is read again.
                for task in (hearing, echoing):
                    task.cancel()
                await asyncio.wait({hearing, echoing})

    async def _hear(self, conn: psycopg.AsyncConnection) -> None:
        async for notification in conn.notifies():
            if notification.payload == self._echo:
                self._heard.set()
            elif notification.payload == EVERYTHING:
                self._again()
            else:
                for topic in notification.payload.split(" "):
                    self._rung(topic, notification.pid)

    async def _listen_for_echo(self) -> None:
        """Send an echo from time to time; return when one does not come back, raise when none can be sent."""
        while True:
            self._heard.clear()
            sent = time.perf_counter()
            try:
                await log.ring(self._pool, self._echo)
            except (*log.AWAY, psycopg.Error) as error:
                self._say(False, log.plainly(error))
                raise  # what cuts the pool off may have cut us off too, without a word
            try:
                async with asyncio.timeout(self._settings.echo_s):
                    await self._heard.wait()
            except TimeoutError:
                self._say(False, DEAF)
                return
            metrics.ROUND_TRIP.observe(time.perf_counter() - sent)
            self._say(True, "hears notifications")
            await asyncio.sleep(self._settings.echo_s)

    def _say(self, well: bool, detail: str) -> None:
        if well != self.well:
            self._since = datetime.now(UTC)
            if well:
                logger.info("%s hears notifications", self._name.removeprefix("livelane "))
        self.well = well
        self._detail = detail
        if not self._take:  # a reader's ears are not those of the process
            metrics.LISTENER_UP.set(well)
