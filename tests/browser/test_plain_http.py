"""A board in the house's network, without TLS: browsers give such pages no locks and no Sec-Fetch."""

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import async_playwright, expect

from tests.browser.board import Board
from tests.browser.conftest import CHROMIUM
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_everything_works_over_plain_http(served: Product, people: People, board: Board) -> None:
    url = f"http://board.lan:{urlsplit(served.url).port}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP board.lan 127.0.0.1"]
        )
        async with Window(browser, url) as window:
            await window.sign_in(people.new("Ada", board.id))
            tab = await window.tab(board.id)
            await tab.live()
            assert await tab.ask("isSecureContext") is False
            assert await tab.ask("board.connection().holder") == "shared"

            outcome = await tab.run({"do": "ticket.edit", "id": board.tickets[0], "title": "In the house"})
            assert outcome["is"] == "saved"
            others = [await window.tab(board.id) for _ in range(7)]  # a stream each would be one too many (F46)
            board.rename(board.tickets[1], "From psql")
            for each in (tab, *others):
                await each.until(f"board.ticket({board.tickets[1]}).title === 'From psql'")
                assert await each.ask("(await fetch('api/me')).status") == 200

            # Scripts get no clipboard here, and yet "Copy link" fills it.
            assert await tab.ask("navigator.clipboard") is None
            await tab.page.goto(f"{url}/boards/{board.id}/tickets/{board.tickets[0]}")
            await tab.page.get_by_role("button", name="Copy link").click()
            await expect(tab.page.get_by_text(f"Copied the link to {board.tickets[0]}.").first).to_be_visible()
            await tab.page.locator(".main h1.title button").click()
            field = tab.page.get_by_label("Title", exact=True)
            await field.fill("")
            await field.press("ControlOrMeta+v")
            await expect(field).to_have_value(f"{url}/tickets/{board.tickets[0]}")
            await tab.page.keyboard.press("Escape")
            await tab.open(board.id)
            await tab.live()

            # The tab that made the worker crashes: without locks it takes a little longer to notice.
            crash = asyncio.ensure_future((await tab.cdp()).send("Page.crash"))
            board.rename(board.tickets[1], "After the crash")
            for each in others:
                await each.until(f"board.ticket({board.tickets[1]}).title === 'After the crash'", 20_000)
                assert await each.missed() == []
            crash.cancel()
        await browser.close()
