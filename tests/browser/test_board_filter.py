"""Finding among many: the filter narrows by key, counts in every column, and is part of the address."""

from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_the_filter_narrows_counts_and_is_part_of_the_address(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE ticket SET title = 'Ferry at noon' WHERE id IN (%s, %s)", board.tickets[0], board.tickets[4])
    hands = await at(window, people, board)
    field = hands.page.get_by_label("Filter tickets by text or number")
    await hands.press("ArrowDown", "f")
    await expect(field).to_be_focused()
    await hands.page.keyboard.type("fERRy")

    await expect(hands.page.locator(".bar .count")).to_have_text("2 of 6")
    await expect(hands.lane(board.columns[0]).locator(".colhead .n")).to_have_text("1 of 2")
    await expect(hands.lane(board.columns[2]).locator(".colhead .n")).to_have_text("0 of 2")
    await expect(hands.lane(board.columns[2])).to_contain_text("No match among 2.")
    await hands.ends_as(board.columns[0], [board.tickets[0]])
    await expect(hands.page).to_have_url(f"{window.url}/boards/{board.id}?q=fERRy")

    await hands.page.reload()  # whoever gets the address sees the same
    await expect(hands.page.locator(".bar .count")).to_have_text("2 of 6")
    await hands.press("/")
    await expect(field).to_be_focused()
    await field.fill(f"#{board.tickets[5]}")
    await expect(hands.page.locator(".bar .count")).to_have_text("1 of 6")
    await field.fill("nothing is called so")
    await expect(hands.page.locator(".bulk")).to_contain_text("No ticket matches these filters. 6 are hidden.")
    await hands.page.get_by_role("button", name="Clear filters").click()
    await expect(hands.page.locator("[data-ticket]")).to_have_count(6)
    await expect(hands.page).to_have_url(f"{window.url}/boards/{board.id}")


async def test_two_hundred_boards_are_listed_and_the_last_is_found(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    board.sql(
        "WITH made AS (INSERT INTO board (title) SELECT 'Harbour ' || n FROM generate_series(1, 199) n RETURNING id)"
        " INSERT INTO member (board_id, person_id, role) SELECT id, %s, 'viewer' FROM made",
        ada.id,
    )
    await window.sign_in(ada)
    page = await window.context.new_page()
    await page.goto(f"{window.url}/")
    await expect(page.locator("a.brow")).to_have_count(200)
    await expect(page.get_by_test_id("connection")).to_have_text("Live")
    await expect(page.locator("a.brow .num", has_text="tickets")).to_have_count(200)  # not only of those that are live
    await expect(page.get_by_text("The first 30 are live")).to_be_visible()

    await page.keyboard.press("Control+k")
    finder = page.get_by_role("dialog", name="Find or do")
    await finder.get_by_role("combobox").fill("199")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Harbour 199")).to_be_visible()
    await expect(page.get_by_text("This board has no columns.")).to_be_visible()
