"""The time machine: a board's past by slider, key and play; and what can be brought back from it."""

from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.test_ticket_texts import description
from tests.browser.window import Window
from tests.product import Product


async def past(window: Window, people: People, board: Board, role: str = "editor", query: str = "") -> Page:
    hands = await at(window, people, board, role=role)
    await hands.page.goto(f"{window.url}/boards/{board.id}/past{query}")
    await expect(hands.page.get_by_role("slider", name="Moment")).to_be_visible()
    await expect(hands.page.locator(".past .board")).to_be_visible()
    return hands.page


def lived(board: Board) -> int:
    """Rename, move and archive the first ticket; the number before all that."""
    before = board.seq()
    ticket = board.tickets[0]
    board.rename(ticket, "Renamed")
    board.sql("UPDATE ticket SET column_id = %s WHERE id = %s", board.columns[2], ticket)
    board.sql("UPDATE ticket SET archived_at = now() WHERE id = %s", ticket)
    return before


async def test_stepping_back_shows_each_moment_as_it_was(
    served: Product, people: People, board: Board, window: Window
) -> None:
    before = lived(board)
    page = await past(window, people, board, query=f"?at={before + 3}")
    slider = page.get_by_role("slider", name="Moment")
    lanes = page.locator(".past .col")
    await expect(page.locator(".past-ticket", has_text="Renamed")).to_have_count(0)
    await slider.press("ArrowLeft")  # moved, not archived yet
    await expect(lanes.nth(2).locator(".past-ticket", has_text="Renamed")).to_be_visible()
    await expect(page.locator(".tm .what")).to_contain_text("Column 1 → Column 3")
    await slider.press("ArrowLeft")  # renamed, not moved yet
    await expect(lanes.nth(0).locator(".past-ticket", has_text="Renamed")).to_be_visible()
    await slider.press("ArrowLeft")
    await expect(lanes.nth(0).locator(".past-ticket", has_text="Ticket 1")).to_be_visible()
    # and on again, by events alone
    await slider.press("ArrowRight")
    await slider.press("ArrowRight")
    await expect(lanes.nth(2).locator(".past-ticket", has_text="Renamed")).to_be_visible()


async def test_it_is_unmistakably_not_now(served: Product, people: People, board: Board, window: Window) -> None:
    before = lived(board)
    page = await past(window, people, board, query=f"?at={before}")

    await expect(page.get_by_test_id("connection")).to_have_text("Past")
    await expect(page.locator(".past-bar")).to_contain_text("You are looking at")
    sentence = "Nothing can be changed here. Restoring writes a new event; it never erases one."
    await expect(page.locator(".past-bar")).to_contain_text(sentence)
    ground = await page.locator(".app").evaluate("app => getComputedStyle(app).backgroundColor")
    assert ground == "rgb(243, 239, 227)"
    await expect(page.locator(".past-ticket", has_text="Ticket 1")).to_contain_text("not open now")


async def test_on_a_phone_the_past_has_its_columns_as_tabs(
    served: Product, people: People, board: Board, window: Window
) -> None:
    before = lived(board)
    page = await past(window, people, board, query=f"?at={before}")
    await page.set_viewport_size({"width": 360, "height": 740})
    tabs = page.get_by_role("navigation", name="Columns as they were")
    await expect(tabs.get_by_role("button")).to_have_text(["Column 12", "Column 22", "Column 32"])  # two tickets each

    await tabs.get_by_role("button", name="Column 3").click()

    await expect(page.get_by_role("region", name="Column 3")).to_be_in_viewport(ratio=0.9)
    await expect(tabs.get_by_role("button", name="Column 3")).to_have_attribute("aria-current", "true")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await expect(page.get_by_role("button", name="Back to now")).to_be_in_viewport()


async def test_the_slider_is_the_log(served: Product, people: People, board: Board, window: Window) -> None:
    lived(board)
    page = await past(window, people, board)
    slider = page.get_by_role("slider", name="Moment")
    await expect(slider).to_have_attribute("aria-valuemin", "1")
    await expect(slider).to_have_attribute("aria-valuemax", str(board.seq()))
    await slider.press("Home")
    await expect(slider).to_have_attribute("aria-valuenow", "1")
    await expect(page.locator(".past-ticket")).to_have_count(0)  # the board had just been made
    await slider.press("End")
    await expect(slider).to_have_attribute("aria-valuenow", str(board.seq()))
    box = await slider.bounding_box()
    assert box
    await page.mouse.click(box["x"] + 1, box["y"] + 40)
    await expect(slider).to_have_attribute("aria-valuenow", "1")


async def test_todays_board_goes_on_meanwhile(served: Product, people: People, board: Board, window: Window) -> None:
    page = await past(window, people, board)
    slider = page.get_by_role("slider", name="Moment")
    at_first = await slider.get_attribute("aria-valuenow")
    board.rename(board.tickets[1], "Just now")

    await expect(slider).to_have_attribute("aria-valuemax", str(board.seq()))
    assert at_first is not None
    await page.get_by_role("button", name="Back to now").click()
    await expect(page.locator(f'[data-ticket="{board.tickets[1]}"]')).to_contain_text("Just now")


async def test_an_archived_ticket_comes_back_as_it_was(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    board.sql("UPDATE ticket SET description = 'Then' WHERE id = %s", ticket)
    before = lived(board)
    board.sql("UPDATE ticket SET description = 'Later' WHERE id = %s", ticket)
    page = await past(window, people, board, query=f"?at={before}")
    await page.locator(".past-ticket", has_text="Ticket 1").get_by_role("button").click()
    await page.get_by_role("button", name=f"Restore {ticket} to this").click()

    await expect(page.locator(".toast", has_text=f"Restored {ticket}")).to_be_visible()
    assert board.title(ticket) == "Ticket 1"
    assert board.column_of(ticket) == board.columns[0]
    assert description(board, ticket) == "Then"
    assert board.sql("SELECT archived_at FROM ticket WHERE id = %s", ticket) == [(None,)]
    kept = board.sql("SELECT count(*) FROM event WHERE topic = %s AND entity_id = %s", f"board/{board.id}", ticket)
    assert kept[0][0] >= 6  # nothing of the log is gone


async def test_playing_walks_to_the_present(served: Product, people: People, board: Board, window: Window) -> None:
    before = lived(board)
    page = await past(window, people, board, query=f"?at={before}")
    await page.get_by_role("button", name="Play").click()

    slider = page.get_by_role("slider", name="Moment")
    await expect(slider).to_have_attribute("aria-valuenow", str(board.seq()), timeout=8_000)
    await expect(page.get_by_role("button", name="Play")).to_be_visible()  # it stopped by itself


async def test_a_viewer_looks_and_restores_nothing(
    served: Product, people: People, board: Board, window: Window
) -> None:
    before = lived(board)
    page = await past(window, people, board, "viewer", f"?at={before + 1}")
    await expect(page.locator(".ticket.here")).to_be_visible()
    await expect(page.get_by_role("button", name="Restore")).to_have_count(0)


async def test_what_the_log_no_longer_holds_is_a_sentence(
    served: Product, people: People, board: Board, window: Window
) -> None:
    topic = f"board/{board.id}"
    lived(board)
    board.sql("DELETE FROM event WHERE topic = %s AND seq < 5", topic)
    board.sql("UPDATE topic_clock SET lowest_seq = 5 WHERE topic = %s", topic)
    hands = await at(window, people, board)
    await hands.page.goto(f"{window.url}/boards/{board.id}/past?at=1")

    slider = hands.page.get_by_role("slider", name="Moment")
    await expect(slider).to_have_attribute("aria-valuemin", "5")
    await expect(hands.page.locator(".past .board")).to_be_visible()


async def test_back_from_it_the_keyboard_and_a_half_written_ticket_are_where_they_were(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    now = hands.page.get_by_role("button", name="Back to now")
    await hands.press("ArrowDown", "ArrowRight", "ArrowDown")
    await expect(hands.link(board.tickets[4])).to_be_focused()

    await hands.press("t")
    await expect(now).to_be_visible()
    await hands.press("Escape")

    await expect(hands.link(board.tickets[4])).to_be_focused()
    await hands.press("c")
    await hands.page.keyboard.type("Half a ticket")
    await hands.page.get_by_role("button", name="Time machine").click()
    await now.click()
    await expect(hands.lane(board.columns[1]).locator("textarea:focus")).to_have_value("Half a ticket")
