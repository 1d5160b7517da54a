"""Settings: who I am, how it looks, my password, tokens for programs."""

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.test_account_start import PASSWORD, first_account
from tests.browser.window import Window
from tests.product import Product


async def settings(window: Window, people: People, board: Board) -> Page:
    await window.sign_in(people.new("Ada", board.id))
    page = await window.context.new_page()
    await page.goto(window.url + "/settings")
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    return page


async def test_a_new_name_is_everywhere_at_once(served: Product, people: People, board: Board, window: Window) -> None:
    page = await settings(window, people, board)
    await page.get_by_label("Name").first.fill("Ada Lovelace")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("button", name="You, Ada Lovelace")).to_be_visible()
    assert board.sql("SELECT name FROM person JOIN member ON person_id = person.id WHERE board_id = %s", board.id) == [
        ("Ada Lovelace",)
    ]


async def test_time_zone_and_language_show_what_they_do(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.context.clock.set_fixed_time("2026-11-25T12:05:00Z")
    page = await settings(window, people, board)
    await page.get_by_label("Time zone").select_option("Pacific/Auckland")
    await page.get_by_label("Dates and times").select_option("de")
    await expect(page.locator("em", has_text="as ")).to_have_text("as Donnerstag 26. November, 01:05")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    kept = board.sql(
        "SELECT time_zone, locale FROM person JOIN member ON person_id = person.id WHERE board_id = %s", board.id
    )
    assert kept == [("Pacific/Auckland", "de")]


async def test_every_page_writes_moments_in_the_time_zone_of_the_person(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await settings(window, people, board)
    await page.get_by_label("Time zone").select_option("Pacific/Kiritimati")  # no browser of ours is there
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    board.sql("UPDATE ticket SET archived_at = now() WHERE id = %s", board.tickets[0])
    [(there,)] = board.sql(
        "SELECT to_char(archived_at AT TIME ZONE 'Pacific/Kiritimati', 'HH24:MI') FROM ticket WHERE id = %s",
        board.tickets[0],
    )

    await page.goto(f"{window.url}/boards/{board.id}/archive")
    await expect(page.get_by_role("listitem").filter(has_text=str(board.tickets[0]))).to_contain_text(there)


async def test_a_token_is_shown_once_works_and_ends(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await settings(window, people, board)
    section = page.get_by_role("region", name="Tokens for programs")
    await section.get_by_label("Name").fill("nightly import")
    await section.get_by_role("button", name="Make a token").click()
    secret = await page.get_by_test_id("secret").inner_text()
    program = httpx.AsyncClient(base_url=served.url, headers={"Authorization": f"Bearer {secret}"})

    assert (await program.get("/api/me")).json()["name"] == "Ada"
    await page.reload()
    await expect(section.get_by_text("nightly import")).to_be_visible()
    await expect(page.get_by_test_id("secret")).to_have_count(0)
    await section.get_by_role("button", name="End the token nightly import").click()
    await expect(section.get_by_text("No tokens.")).to_be_visible()
    assert (await program.get("/api/me")).status_code == 401
    await program.aclose()


@pytest.mark.alone
async def test_a_new_password_needs_the_old_one(served: Product, window: Window) -> None:
    page = await first_account(window, served)
    await page.goto(served.url + "/settings")
    await page.get_by_label("Current password").fill("something else entirely")
    await page.get_by_label("New password").fill("another horse entirely")
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_role("alert")).to_have_text("This is not the current password.")

    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Changed. Other browsers are signed out.")).to_be_visible()


async def test_theme_single_keys_and_motion_are_kept_for_the_browser(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await settings(window, people, board)
    await page.get_by_text("Dark", exact=True).click()
    await page.get_by_role("switch", name="Single-key shortcuts").click()
    await page.get_by_role("switch", name="Less motion").click()
    await page.reload()

    root = page.locator("html")
    await expect(root).to_have_attribute("data-theme", "dark")
    await expect(root).to_have_attribute("data-motion", "reduced")
    await expect(page.get_by_role("switch", name="Single-key shortcuts")).not_to_be_checked()

    await page.goto(f"{served.url}/boards/{board.id}")
    await expect(page.locator(".ticket").first).to_be_visible()
    await page.keyboard.press("c")
    await expect(page.locator(".composer")).to_have_count(0)
