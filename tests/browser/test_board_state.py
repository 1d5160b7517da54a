"""What the board says about saving, failing, losing the server and finding it again."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from playwright.async_api import Dialog, expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


@pytest.fixture
def held(board: Board) -> Iterator[psycopg.Connection]:
    """Somebody's forgotten transaction in psql: it holds the first ticket's row."""
    with psycopg.connect(board.database_url) as conn:
        conn.execute("UPDATE ticket SET title = title WHERE id = %s", (board.tickets[0],))
        yield conn


async def test_a_change_that_cannot_be_saved_says_so_and_waits_for_the_person(
    served: Product, people: People, board: Board, held: psycopg.Connection, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]
    await hands.press("ArrowDown", "e")
    await hands.page.keyboard.type("Mine")
    await hands.press("Enter")
    await expect(hands.link(ticket)).to_have_text("Mine")
    await expect(hands.ticket(ticket).locator(".saving")).to_have_text("Saving")
    why = hands.ticket(ticket).locator(".why")
    await expect(why).to_contain_text("Not saved.", timeout=60_000)

    held.rollback()
    await why.get_by_role("button", name="Retry").click()

    await expect(why).to_have_count(0)
    await hands.tab.until("board.pending().length === 0")
    assert board.title(ticket) == "Mine"
    held.close()


async def test_discarding_a_failed_change_brings_the_truth_back(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]
    board.sql("UPDATE member SET role = 'viewer' WHERE board_id = %s", board.id)
    await hands.tab.until("board.role() === 'viewer'")
    await hands.tab.do({"do": "ticket.edit", "id": ticket, "title": "Mine"})
    why = hands.ticket(ticket).locator(".why")
    await expect(why).to_be_visible()
    await expect(hands.link(ticket)).to_have_text("Mine")
    await why.get_by_role("button", name="Discard").click()
    await expect(hands.link(ticket)).to_have_text("Ticket 1")


@pytest.mark.alone
async def test_the_dot_says_what_is_so_and_the_banner_comes_after_ten_seconds(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE ticket SET description = 'Long' WHERE id = %s", board.tickets[1])
    hands = await at(window, people, board)
    word = hands.page.get_by_test_id("connection")
    banner = hands.page.locator(".banner")
    await expect(word).to_have_text("Live")
    await hands.press("ArrowDown", "Enter")  # its part is there from now on
    await expect(hands.page.get_by_role("article", name=f"Ticket {board.tickets[0]}")).to_be_visible()
    await hands.press("Escape")
    await expect(hands.link(board.tickets[0])).to_be_focused()

    served.kill()
    await expect(word).to_have_text("Reconnecting", timeout=4_000)
    await hands.press("Shift+ArrowRight")
    await expect(hands.ticket(board.tickets[0]).locator(".saving")).to_have_text("Waiting")
    await expect(banner).to_have_count(0)
    await expect(banner).to_contain_text(
        "Keep working: your 1 change waits here and goes out when it answers.", timeout=15_000
    )
    await expect(word).to_contain_text("Offline since ")
    # A ticket beside the board covers neither the banner nor its button, and no wait in it is without a sentence.
    await hands.link(board.tickets[1]).click()
    panel = hands.page.get_by_role("article", name=f"Ticket {board.tickets[1]}")
    await expect(panel).to_contain_text("The description is not here yet. It comes when the server answers.")
    await expect(panel).to_contain_text("The history did not load: no answer.")
    await hands.press("Escape")
    warned: list[str] = []

    async def stay(dialog: Dialog) -> None:
        warned.append(dialog.type)
        await dialog.dismiss()

    hands.page.on("dialog", stay)
    async with hands.page.expect_event("dialog"):
        await hands.page.close(run_before_unload=True)  # asks first, and stays
    await expect(banner).to_be_visible()
    assert warned == ["beforeunload"]

    await banner.get_by_role("button", name="Try now").click()  # while it is tried, leaving asks nothing
    starting = threading.Thread(target=served.start)
    starting.start()
    await expect(word).to_have_text("Live", timeout=30_000)
    starting.join()
    await expect(banner).to_have_count(0)
    await expect(hands.toast("Back. ")).to_contain_text("your 1 change is saved.")
    assert board.column_of(board.tickets[0]) == board.columns[1]


async def test_a_member_who_is_removed_is_told_and_can_copy_what_was_not_sent(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    await window.sign_in(ada)
    tab = await window.tab(board.id)
    await tab.live()
    await window.context.set_offline(True)
    await tab.do({"do": "ticket.edit", "id": board.tickets[0], "title": "Not sent yet"})
    people.remove(ada, board.id)
    await window.context.set_offline(False)
    await expect(tab.page.locator("h1", has_text="You are no longer a member of this board.")).to_be_visible()
    await expect(tab.page.get_by_label("Not sent")).to_have_value("Not sent yet")
    await expect(tab.page.get_by_role("button", name="Copy my text")).to_be_visible()


async def test_a_board_that_is_not_there_is_a_sentence(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    page = await window.context.new_page()
    await page.goto(f"{window.url}/boards/999999")
    none = page.get_by_role("heading", name="There is no board 999999, or you are not a member of it.")
    await expect(none).to_be_visible()
    await page.goto(f"{window.url}/nowhere")
    await expect(page.get_by_role("heading", name="There is nothing at this address.")).to_be_visible()
