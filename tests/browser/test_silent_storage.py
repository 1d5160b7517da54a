"""A browser whose IndexedDB forgets to answer: Chromium does, when a page is left while it makes its database."""

import pytest
from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product

FORGETS = """
const open = indexedDB.open.bind(indexedDB)
let forgotten = 0
indexedDB.open = (...asked) => forgotten++ < %d ? {} : open(...asked)
"""


@pytest.mark.parametrize("forgotten", [1, 1000])
async def test_the_board_opens_although_the_browsers_database_does_not_answer(
    served: Product, people: People, board: Board, window: Window, forgotten: int
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    await window.context.add_init_script(FORGETS % forgotten)
    page = await window.context.new_page()

    await page.goto(f"{window.url}/boards/{board.id}")

    await expect(page.get_by_role("link", name="Ticket 1")).to_be_visible()
