"""A printed sign-in link, for somebody who has no password yet and for somebody who forgot it."""

import hashlib
import secrets

import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.test_account_sign_in import sign_in
from tests.browser.test_account_start import first_account
from tests.browser.window import Window
from tests.product import Product

NEW = "a horse that nobody forgets"


def link(board: Board, person: int, path: str = "/") -> str:
    """Where `livelane person link` leads."""
    code = secrets.token_urlsafe(16)
    board.sql(
        "INSERT INTO one_time_code (code_hash, purpose, person_id, expires_at)"
        " VALUES (%s, 'sign-in', %s, now() + interval '7 days')",
        hashlib.sha256(code.encode()).digest(),
        person,
    )
    return f"{path}#code={code}"


async def choose(page: Page) -> None:
    await page.get_by_label("Password").fill(NEW)
    await page.get_by_role("button", name="Save and go on").click()


@pytest.mark.alone  # the first account of its database
async def test_whoever_forgot_the_password_chooses_a_new_one_by_a_printed_link_and_signs_in_with_it(
    served: Product, board: Board, window: Window, other_window: Window
) -> None:
    at_home = await first_account(window, served)
    ((noor,),) = board.sql("SELECT id FROM person WHERE email = 'noor@harbour.example'")
    page = await other_window.context.new_page()
    await page.goto(other_window.url + link(board, noor))

    await expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    await choose(page)
    await expect(page.get_by_role("heading", name="Boards")).to_be_visible()
    await expect(at_home.get_by_text("Your session ended. Sign in again.")).to_be_visible()
    await page.get_by_role("button", name="You, Noor Bek").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await sign_in(page, NEW)
    await expect(page.get_by_role("button", name="You, Noor Bek")).to_be_visible()


async def test_whoever_was_added_is_asked_for_a_password_once_and_can_choose_it_later(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    page = await window.context.new_page()
    await page.goto(window.url + link(board, ada.id))
    await expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    await page.get_by_role("button", name="Not now").click()
    await expect(page.get_by_role("heading", name="Boards")).to_be_visible()

    await page.goto(window.url + "/settings")
    await expect(page.get_by_label("Current password")).to_have_count(0)
    await page.get_by_label("New password").fill(NEW)
    await page.get_by_role("button", name="Set password").click()
    await expect(page.get_by_text("Changed.")).to_be_visible()
    await expect(page.get_by_label("Current password")).to_be_visible()


async def test_a_link_to_a_board_goes_straight_there(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    page = await window.context.new_page()
    await page.goto(window.url + link(board, ada.id, f"/boards/{board.id}"))

    await expect(page.locator(".ticket").first).to_be_visible()


async def test_who_is_signed_in_as_somebody_else_is_asked_first(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    bo = people.new("Bo", board.id)
    page = await window.context.new_page()
    await page.goto(window.url + link(board, bo.id))
    await page.get_by_role("button", name="Sign in as Bo").click()
    await expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    await choose(page)

    await expect(page.get_by_role("button", name="You, Bo")).to_be_visible()
