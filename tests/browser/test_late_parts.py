"""What the page fetches late: gone after an upgrade, out of reach without a connection, or lost once on the way."""

import re

from playwright.async_api import Page, Route, expect

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Tab, Window


async def lose(page: Page, files: str, times: int = 1_000_000) -> list[str]:
    """Answer 404 for assets so named, the first few times each; what was asked for."""
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        if asked.count(route.request.url) <= times:
            await route.fulfill(status=404, content_type="application/problem+json", body="{}")
        else:
            await route.continue_()

    await page.route(re.compile(rf"/assets/{files}"), answer)
    return asked


async def opened(people: People, board: Board, window: Window) -> Tab:
    await window.sign_in(people.new("Ada", board.id))
    return Tab(await window.context.new_page(), window.url)


async def test_a_part_that_is_gone_after_an_upgrade_leaves_a_sentence_and_the_board(
    people: People, board: Board, window: Window
) -> None:
    tab = await opened(people, board, window)
    asked = await lose(tab.page, r"(TicketPanel|MembersPanel)-.*\.js")
    await tab.open(board.id)
    await tab.live()

    await tab.page.get_by_text("Ticket 1", exact=True).click()

    missing = tab.page.get_by_role("alert").filter(has_text="The server runs a newer release.")
    await expect(missing).to_be_visible()
    assert len([url for url in asked if "TicketPanel" in url]) >= 2
    await expect(tab.page.get_by_text("Ticket 2", exact=True)).to_be_visible()
    board.rename(board.tickets[1], "From psql")
    await expect(tab.page.get_by_text("From psql", exact=True)).to_be_visible()

    await tab.page.unroute_all()
    await missing.get_by_role("button", name="Reload").click()
    await expect(tab.page.locator(".main h1.title button")).to_have_text("Ticket 1")


async def test_a_part_and_its_styles_that_were_lost_once_come_at_the_second_try(
    people: People, board: Board, window: Window
) -> None:
    tab = await opened(people, board, window)
    asked = await lose(tab.page, r"Ticket.*\.(js|css)", times=1)
    await tab.page.goto(f"{tab.url}/boards/{board.id}/tickets/{board.tickets[0]}")

    await expect(tab.page.locator(".main h1.title button")).to_have_text("Ticket 1")
    sheets = [url for url in asked if url.endswith(".css")]
    assert len(sheets) >= 2, asked
    whole = "[...document.styleSheets].filter((sheet) => sheet.href === %r).map((sheet) => sheet.cssRules.length > 0)"
    assert await tab.page.evaluate(whole % sheets[0]) == [True]


async def test_every_part_opens_offline_once_the_board_was_live_for_a_while(
    people: People, board: Board, window: Window
) -> None:
    tab = await opened(people, board, window)
    await tab.open(board.id)
    await tab.live()
    parts = (
        "MoveDialog",
        "Palette",
        "ShortcutSheet",
        "BoardList",
        "TicketPanel",
        "ArchivePage",
        "TimeMachine",
        "Markdown",
    )
    here = "performance.getEntriesByType('resource').map((entry) => entry.name.split('/').at(-1))"
    await tab.until(
        f"{list(parts)}.every((part) => {here}.some((name) => new RegExp(`^${{part}}-.*js$`).test(name)))", 30_000
    )
    await window.context.set_offline(True)

    await tab.page.get_by_text("Ticket 1", exact=True).click()
    await expect(tab.page.locator(".main h1.title button")).to_have_text("Ticket 1")
    await tab.page.keyboard.press("Escape")
    await tab.page.keyboard.press("?")
    await expect(tab.page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await tab.page.evaluate(f"history.pushState(null, '', document.baseURI + 'boards/{board.id}/archive')")
    await expect(tab.page.get_by_role("heading", name=re.compile("rchive"))).to_be_visible()
