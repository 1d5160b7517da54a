"""What changed while I was away: told once, in a line, with the way to look at it."""

import json

from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.hands import Hands, at
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product

HOUR_MS = 3_600_000


async def leave(hands: Hands, hours: float) -> None:
    """Close the board, and let it have been so many hours ago."""
    page = hands.page
    await page.wait_for_function("() => Object.keys(localStorage).some(key => key.startsWith('livelane visit'))")
    await page.goto(f"{hands.tab.url}/settings")
    await page.evaluate(
        "ago => { for (const key of Object.keys(localStorage).filter(key => key.startsWith('livelane visit')))"
        " localStorage[key] = JSON.stringify({ ...JSON.parse(localStorage[key]), at: Date.now() - ago }) }",
        hours * HOUR_MS,
    )


async def test_the_board_says_what_others_did_since(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ben = await at(other_window, people, board, "Ben")
    ada = await at(window, people, board)
    await leave(ada, 5)
    await ben.tab.run({"do": "ticket.edit", "id": board.tickets[0], "title": "Ben's"})
    await ben.tab.run({"do": "ticket.move", "id": board.tickets[0], "column_id": board.columns[1]})
    await ben.tab.run({"do": "ticket.archive", "id": board.tickets[1]})
    await ada.page.goto(f"{window.url}/boards/{board.id}")

    away = ada.page.get_by_role("region", name="While you were away")
    await expect(away).to_contain_text("2 things changed since")
    await expect(away).to_contain_text("by Ben")
    await away.get_by_role("button", name="Show").click()
    changes = ada.page.get_by_role("list", name="Changes, the last first").locator("li.change")
    await expect(changes.nth(0)).to_contain_text("Ben archived")
    await expect(changes.nth(1)).to_contain_text("Ben's")
    await expect(changes.nth(1)).to_contain_text("Column 1 → Column 2")


async def test_a_short_absence_and_my_own_changes_are_no_news(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = await at(window, people, board)
    await leave(ada, 0.05)
    board.rename(board.tickets[0], "A minute later")
    await ada.page.goto(f"{window.url}/boards/{board.id}")
    await expect(ada.link(board.tickets[0])).to_have_text("A minute later")
    assert await ada.page.get_by_role("region", name="While you were away").count() == 0

    await ada.tab.attach(board.id)
    await ada.tab.run({"do": "ticket.edit", "id": board.tickets[1], "title": "Mine"})
    await leave(ada, 5)
    visits = await ada.page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('livelane visit'))")
    for key in visits:  # as if the visit had ended before my own change
        visit = json.loads(await ada.page.evaluate("key => localStorage[key]", key))
        await ada.page.evaluate(
            "([k, v]) => { localStorage[k] = v }", [key, json.dumps({**visit, "seq": board.seq() - 1})]
        )
    await ada.page.goto(f"{window.url}/boards/{board.id}")
    await expect(ada.link(board.tickets[1])).to_have_text("Mine")
    await ada.page.wait_for_load_state("networkidle")
    assert await ada.page.get_by_role("region", name="While you were away").count() == 0


async def test_one_can_see_it_as_it_was_when_one_left(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = await at(window, people, board)
    await leave(ada, 5)
    board.rename(board.tickets[0], "Later")
    await ada.page.goto(f"{window.url}/boards/{board.id}")
    await ada.page.get_by_role("link", name="See it as it was").click()

    await expect(ada.page.locator(".past-ticket", has_text="Ticket 1")).to_be_visible()
