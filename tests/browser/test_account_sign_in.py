"""Signing in and out, and what happens to a session under somebody's hands."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.test_account_start import PASSWORD, first_account
from tests.browser.window import Window
from tests.product import Product

pytestmark = pytest.mark.alone


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("Email").fill("noor@harbour.example")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_sign_out_and_in_again(served: Product, window: Window) -> None:
    page = await first_account(window, served)
    await page.get_by_role("button", name="You, Noor Bek").click()
    await page.get_by_role("menuitem", name="Sign out").click()

    await expect(page.get_by_role("heading", name="Sign in to Livelane")).to_be_visible()
    await expect(page.get_by_text("The server answered in")).to_be_visible()
    assert not [cookie for cookie in await window.context.cookies() if cookie.get("value")]
    await sign_in(page)
    await expect(page.locator(".ticket, a.brow").first).to_be_visible()


async def test_a_wrong_password_is_a_sentence_and_keeps_the_address(served: Product, window: Window) -> None:
    page = await first_account(window, served)
    await page.get_by_role("button", name="You, Noor Bek").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await sign_in(page, "not the password at all")

    await expect(page.get_by_role("alert")).to_have_text("This address and password do not belong together.")
    await expect(page.get_by_label("Email")).to_have_value("noor@harbour.example")


async def test_a_session_that_ended_is_said_and_signing_in_leads_back(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    await window.sign_in(ada)
    tab = await window.tab(board.id)
    await tab.live()
    people.end_sessions(ada)

    await expect(tab.page.get_by_text("Your session ended. Sign in again.")).to_be_visible()
    await tab.page.get_by_role("button", name="Sign in").click()
    await expect(tab.page.get_by_role("heading", name="Sign in to Livelane")).to_be_visible()
    assert tab.page.url.endswith(f"/boards/{board.id}")


async def test_in_dark_the_first_paint_is_dark(served: Product, window: Window) -> None:
    page = await window.context.new_page()
    await page.emulate_media(color_scheme="dark")
    await page.goto(served.url, wait_until="commit")
    await page.wait_for_function("document.body !== null")
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"


async def test_a_removed_member_is_told_and_sees_the_board_no_more(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    board.sql("DELETE FROM member WHERE board_id = %s", board.id)

    told = hands.page.get_by_role("heading", name="You are no longer a member of this board.")
    await expect(told).to_be_visible()
    await expect(hands.page.locator(".ticket")).to_have_count(0)
    await expect(hands.page.get_by_test_id("connection")).to_have_text("Live")
    await hands.page.get_by_role("link", name="To your boards").click()
    await expect(hands.page.get_by_role("heading", name="Boards")).to_be_visible()
