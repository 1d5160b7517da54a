"""A ticket's history is the log: who, what, from and to, when; and any of it can come back as a new event."""

from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.test_ticket_texts import description, opened
from tests.browser.window import Window
from tests.product import Product


async def test_rest_and_sql_stand_in_one_history_with_their_names(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ticket = await at(window, people, board), board.tickets[0]
    await ada.tab.run({"do": "ticket.edit", "id": ticket, "title": "Ada's"})
    board.sql("UPDATE ticket SET column_id = %s WHERE id = %s", board.columns[1], ticket)
    page = await opened(await at(other_window, people, board, "Ben"), board, ticket)
    log = page.get_by_role("list", name="History, newest first").get_by_role("listitem")

    await expect(log).to_have_count(3)
    role = board.sql("SELECT session_user")[0][0]
    await expect(log.nth(0)).to_contain_text("SQL")
    await expect(log.nth(0)).to_contain_text(f"({role})")
    await expect(log.nth(0)).to_contain_text("Column 1 → Column 2")
    await expect(log.nth(1)).to_contain_text("Ada")
    await expect(log.nth(1)).to_contain_text("Ticket 1 → Ada's")
    await expect(log.nth(2)).to_contain_text("wrote this ticket")


async def test_it_grows_while_it_is_looked_at(served: Product, people: People, board: Board, window: Window) -> None:
    ticket = board.tickets[0]
    page = await opened(await at(window, people, board), board, ticket)
    log = page.locator(".log li")
    await expect(log).to_have_count(1)
    board.rename(ticket, "Once")
    board.rename(ticket, "Twice")

    await expect(log).to_have_count(3)
    await expect(log.first).to_contain_text("Once → Twice")
    await expect(log.first).to_contain_text("(now)")


async def test_restore_this_writes_a_new_event_and_erases_none(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    page = await opened(await at(window, people, board), board, ticket)
    for title in ("Once", "Twice"):
        board.rename(ticket, title)
    log = page.locator(".log li")
    await expect(log).to_have_count(3)
    await log.nth(1).get_by_role("button", name="Restore this").click()

    await expect(page.get_by_role("heading", name="Once", level=1)).to_be_visible()
    await expect(log).to_have_count(4)
    await expect(log.first).to_contain_text("Twice → Once")
    assert board.title(ticket) == "Once"


async def test_a_place_and_a_long_text_come_back_too(
    served: Product, people: People, board: Board, window: Window
) -> None:
    """Over 4 KB a text does not travel in the frame: it is fetched from the log when it is wanted."""
    ticket, long = board.tickets[0], "All of it. " * 600
    page = await opened(await at(window, people, board), board, ticket)
    board.sql("UPDATE ticket SET description = %s WHERE id = %s", long, ticket)
    board.sql("UPDATE ticket SET description = 'Short' WHERE id = %s", ticket)
    board.sql("UPDATE ticket SET column_id = %s WHERE id = %s", board.columns[1], ticket)
    board.sql("UPDATE ticket SET column_id = %s WHERE id = %s", board.columns[2], ticket)
    log = page.locator(".log li")
    await expect(log).to_have_count(5)

    await log.nth(1).get_by_role("button", name="Restore this").click()  # Column 2
    await expect(page.locator(".place")).to_contain_text("Column 2")
    await expect(log).to_have_count(6)
    await log.nth(4).get_by_role("button", name="Restore this").click()  # the long text
    await expect(log).to_have_count(7)

    assert board.column_of(ticket) == board.columns[1]
    assert description(board, ticket) == long


async def test_what_stands_offers_no_restoring(served: Product, people: People, board: Board, window: Window) -> None:
    page = await opened(await at(window, people, board), board, board.tickets[0])
    await expect(page.locator(".log li")).to_have_count(1)
    await expect(page.get_by_role("button", name="Restore this")).to_have_count(0)


async def test_a_viewer_sees_it_and_restores_nothing(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.rename(board.tickets[0], "Once")
    page = await opened(await at(window, people, board, role="viewer"), board, board.tickets[0])
    await expect(page.locator(".log li")).to_have_count(2)
    await expect(page.get_by_role("button", name="Restore this")).to_have_count(0)
