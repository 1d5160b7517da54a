"""A browser window with tabs, and what a tab knows of a board: asked of the page's own session, `window.livelane`."""

import asyncio
import json
import time
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, CDPSession, Page

from tests.browser.people import Person

WAIT_MS = 10_000
KEPT = """async (count) => {
    let found = 0
    for (const { name } of await indexedDB.databases()) {
        const opening = indexedDB.open(name)
        const db = await new Promise((done) => { opening.onsuccess = () => done(opening.result) })
        const counting = db.transaction('ops').objectStore('ops').count()
        found += await new Promise((done) => { counting.onsuccess = () => done(counting.result) })
        db.close()
    }
    return found === count
}"""


class Tab:
    """One tab, looking at one board."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    async def open(self, board: int, query: str = "") -> Self:
        """Go to the board's page and begin to note every event that is applied."""
        await self.page.goto(f"{self.url}/boards/{board}{query}")
        await self.attach(board)
        await self.until("board.status() === 'ready'")
        return self

    async def attach(self, board: int) -> None:
        """Take hold of the board in the page that is there."""
        await self.page.wait_for_function("() => window.livelane !== undefined", timeout=WAIT_MS)
        await self.page.evaluate(
            """(id) => {
                window.board = livelane.open(id)
                window.seen = []
                window.seenAt = []
                window.notices = []
                board.onApplied(({ events }) => {
                    seen.push(...events.map((e) => e.seq))
                    seenAt.push(performance.now())
                })
                board.onNotice((notice) => notices.push(notice))
            }""",
            board,
        )

    async def ask(self, expression: str) -> Any:
        """The value of an expression in which `board` is the live board."""
        return await self.page.evaluate(f"async () => ({expression})")

    async def until(self, expression: str, within_ms: float = WAIT_MS) -> float:
        """Wait until it is true there; the seconds that took."""
        began = time.monotonic()
        try:
            await self.page.wait_for_function(f"() => ({expression})", timeout=within_ms, polling=20)
        except Exception as error:
            raise AssertionError(f"not within {within_ms} ms: {expression}; {await self.state()}") from error
        return time.monotonic() - began

    async def state(self) -> Any:
        return await self.ask(
            "window.board && { seq: board.seq(), status: board.status(), connection: board.connection(),"
            " pending: board.pending(), conflicts: board.conflicts(), ended: livelane.ended() }"
        )

    async def run(self, command: dict[str, Any]) -> Any:
        """Do it there and wait for the server's word; its outcome."""
        return await self.ask(f"await board.run({json.dumps(command)}).settled")

    async def do(self, command: dict[str, Any]) -> None:
        """Do it there, without waiting."""
        await self.ask(f"void board.run({json.dumps(command)})")

    async def live(self, within_ms: float = WAIT_MS) -> float:
        return await self.until("board.connection().word === 'live'", within_ms)

    async def title(self, ticket: int) -> str | None:
        return await self.ask(f"board.ticket({ticket})?.title")

    async def missed(self) -> list[int]:
        """Numbers between the first and the last event applied that were not, or twice."""
        seen: list[int] = await self.ask("seen")
        return [] if seen == list(range(seen[0], seen[-1] + 1)) else seen

    async def longest_silence(self) -> float:
        """The seconds between two events applied, at most."""
        times: list[float] = await self.ask("seenAt")
        return max((after - before) / 1000 for before, after in pairwise(times))

    async def kept(self, count: int) -> None:
        """Wait until so many of my changes are kept by the browser, where a reload or a crash finds them."""
        await self.page.wait_for_function(KEPT, arg=count, timeout=WAIT_MS, polling=50)

    async def crash(self) -> None:
        """Let the page's process die."""
        async with self.page.expect_event("crash"):
            dying = asyncio.ensure_future((await self.cdp()).send("Page.crash"))
        dying.cancel()  # it has no answer

    async def cdp(self) -> CDPSession:
        return await self.page.context.new_cdp_session(self.page)


class Window:
    """A browser of one person: cookies and storage of its own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.context: BrowserContext
        self.errors: list[str] = []

    async def __aenter__(self) -> Self:
        self.context = await self.browser.new_context()
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.context.close()
        assert kind or not self.errors, self.errors

    async def sign_in(self, person: Person) -> None:
        """Hold the person's cookie, as after signing in."""
        await self.context.clear_cookies()
        await self.context.add_cookies(
            [{"name": person.cookie, "value": person.secret, "url": self.url, "httpOnly": True, "sameSite": "Lax"}]
        )

    async def tab(self, board: int, query: str = "") -> Tab:
        """A new tab on a board."""
        return await Tab(await self.context.new_page(), self.url).open(board, query)
