"""axe finds nothing serious on any page, light and dark, on a desk and at 360 px; no page is wider than the phone."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import serious
from tests.browser.board import Board
from tests.browser.hands import drawn
from tests.browser.people import People
from tests.browser.test_ticket_texts import CHECKLIST
from tests.browser.window import Window
from tests.product import Product

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
Go = Callable[[Page, Board], Awaitable[None]]


async def first_start(page: Page, served: Product) -> None:
    await page.goto(f"{served.url}/#code={served.setup_code}")
    await expect(page.get_by_text("Stream to this browser")).to_be_visible()


async def boards(page: Page, board: Board) -> None:
    await expect(page.locator("a.brow .num")).to_contain_text("6 tickets")


async def new_board(page: Page, board: Board) -> None:
    await page.get_by_role("button", name="New board").click()
    await expect(page.get_by_role("dialog")).to_be_visible()


async def settings(page: Page, board: Board) -> None:
    await page.goto(page.url + "settings")
    await expect(page.get_by_text("No tokens.")).to_be_visible()
    await page.get_by_role("region", name="Tokens").get_by_label("Name").fill("one")
    await page.get_by_role("button", name="Make a token").click()
    await expect(page.get_by_test_id("secret")).to_be_visible()


async def ticket(page: Page, board: Board) -> None:
    await page.goto(f"{page.url}boards/{board.id}/tickets/{board.tickets[0]}")
    await expect(page.get_by_role("checkbox", name="write")).to_be_visible()
    await expect(page.locator(".log li")).to_have_count(2)


async def conflict(page: Page, board: Board) -> None:
    await ticket(page, board)
    await page.get_by_role("button", name="Edit description").click()
    await page.get_by_label("Description, in Markdown").fill("Mine")
    board.sql("UPDATE ticket SET description = 'Theirs' WHERE id = %s", board.tickets[0])
    await expect(page.locator(".description .conflict")).to_be_visible()


async def gone(page: Page, board: Board) -> None:
    await ticket(page, board)
    board.sql("UPDATE ticket SET archived_at = now() WHERE id = %s", board.tickets[0])
    await expect(page.get_by_role("article").get_by_role("alert")).to_contain_text("archived")
    await drawn(page)


async def alone(page: Page, board: Board) -> None:
    await page.goto(f"{page.url}tickets/{board.tickets[0]}")
    await expect(page.get_by_role("checkbox", name="write")).to_be_visible()


async def members(page: Page, board: Board) -> None:
    await page.goto(f"{page.url}boards/{board.id}/members")
    await page.get_by_label("Address").fill(f"wen.{board.id}@harbour.example")
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_test_id("invitation")).to_be_visible()


async def past(page: Page, board: Board) -> None:
    await page.goto(f"{page.url}boards/{board.id}/past?at={board.seq() - 2}")
    await expect(page.locator(".past-ticket").first).to_be_visible()
    await expect(page.locator(".tm .did")).to_be_visible()


async def connection(page: Page, board: Board) -> None:
    await page.goto(f"{page.url}boards/{board.id}")
    await expect(page.locator(".ticket").first).to_be_visible()
    board.rename(board.tickets[1], "Heard")
    await page.locator(".conn").click()
    await expect(page.get_by_text("A fresh stream")).to_be_visible()
    await expect(page.locator(".plot")).to_be_visible()


PAGES = [boards, new_board, settings, ticket, conflict, gone, alone, members, past, connection]


async def sound(page: Page) -> None:
    assert not await serious(page)
    for width in (DESK, PHONE):
        await page.set_viewport_size(width)  # type: ignore[arg-type]
        await page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    assert not await serious(page)


@THEMES
@pytest.mark.parametrize("go", PAGES, ids=lambda go: go.__name__)
async def test_a_page_is_sound(
    served: Product, people: People, board: Board, window: Window, go: Go, theme: str
) -> None:
    board.sql("UPDATE ticket SET description = %s WHERE id = %s", CHECKLIST, board.tickets[0])
    await window.sign_in(people.new("Ada", board.id, "owner"))
    page = await window.context.new_page()
    await page.set_viewport_size(DESK)  # type: ignore[arg-type]
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    await page.goto(window.url + "/")
    await go(page, board)

    await sound(page)


@pytest.mark.alone
@THEMES
async def test_the_first_page_and_the_sign_in_page_are_sound(served: Product, window: Window, theme: str) -> None:
    page = await window.context.new_page()
    await page.set_viewport_size(DESK)  # type: ignore[arg-type]
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    await first_start(page, served)
    await sound(page)
    await page.goto(served.url + "/")
    await expect(page.get_by_text("The server answered in")).to_be_visible()
    await sound(page)
