"""What a person sees and touches on a board's page: lanes, tickets, keys and the pointer."""

import re
import time

from playwright.async_api import Locator, Page, expect

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Tab, Window

WAIT_S = 10.0


class Hands:
    """A person at one tab."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.page: Page = tab.page

    def ticket(self, ticket: int) -> Locator:
        return self.page.locator(f'[data-ticket="{ticket}"]')

    def link(self, ticket: int) -> Locator:
        return self.ticket(ticket).locator("a.name")

    def lane(self, column: int) -> Locator:
        return self.page.locator(f'[data-column="{column}"]')

    def toast(self, text: str) -> Locator:
        return self.page.locator(".toast", has_text=text)

    @property
    def said(self) -> Locator:
        """The last thing the live region said."""
        return self.page.get_by_test_id("announcements")

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def order(self, column: int) -> list[int]:
        """The numbers of the tickets drawn in a lane, top to bottom."""
        return (
            await self.lane(column)
            .locator("[data-ticket]")
            .evaluate_all(
                "cards => cards.sort((a, b) => a.dataset.index - b.dataset.index).map(card => +card.dataset.ticket)"
            )
        )

    async def ends_as(self, column: int, tickets: list[int]) -> None:
        """Wait until a lane shows these, once the server's word on their places is in."""
        until = time.monotonic() + WAIT_S
        while (order := await self.order(column)) != tickets:
            assert time.monotonic() < until, order
            await self.page.wait_for_timeout(50)

    async def focused(self) -> int | None:
        """The number of the ticket that has the keyboard."""
        return await self.page.evaluate(
            "(n => n ? +n : null)(document.activeElement?.closest('[data-ticket]')?.dataset.ticket)"
        )

    async def take(self, ticket: int) -> None:
        """Press the pointer on a ticket and begin to drag it."""
        box = await self.ticket(ticket).bounding_box()
        assert box
        await self.page.mouse.move(box["x"] + 30, box["y"] + 20)
        await self.page.mouse.down()
        await self.page.mouse.move(box["x"] + 38, box["y"] + 28, steps=3)
        await expect(self.ticket(ticket).locator(".ticket")).to_have_class(_word("is-source"))

    async def carry(self, column: int, y: float) -> None:
        """Over a lane, `y` px below the top of its list."""
        box = await self.lane(column).locator(".list").bounding_box()
        assert box
        await self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + y - 4, steps=5)
        await self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + y, steps=2)

    async def drop(self) -> None:
        await self.page.mouse.up()


async def saved(page: Page) -> None:
    """Wait until the server has everything that was done at this tab: a screen shows it before it is so."""
    await page.wait_for_function("() => livelane.unsaved() === 0", polling=20)


async def drawn(page: Page) -> None:
    """Wait until what the page has to draw is drawn."""
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"\b{word}\b")


async def at(window: Window, people: People, board: Board, name: str = "Ada", role: str = "editor") -> Hands:
    """Somebody at a tab of their own, live on the board, its tickets drawn."""
    await window.sign_in(people.new(name, board.id, role))
    tab = await window.tab(board.id)
    await tab.live()
    hands = Hands(tab)
    await hands.page.wait_for_selector(".colhead")
    return hands
