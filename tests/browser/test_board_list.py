"""The board list: live rows, a new board, archived ones."""

from playwright.async_api import Page, expect

from tests.browser.board import Board, make_board
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def listed(window: Window, people: People, board: Board, role: str = "owner") -> Page:
    await window.sign_in(people.new("Ada", board.id, role))
    page = await window.context.new_page()
    await page.goto(window.url + "/")
    await expect(page.get_by_role("link", name="Road")).to_be_visible()
    return page


async def test_a_row_tells_what_happened_last_and_counts_live(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await listed(window, people, board)
    row = page.get_by_role("link", name="Road")
    await expect(row.locator(".num")).to_have_text("6 tickets")
    role = board.sql("SELECT session_user")[0][0]
    board.sql("INSERT INTO ticket (column_id, title) VALUES (%s, 'One more')", board.columns[0])

    await expect(row.locator(".num")).to_have_text("7 tickets")
    await expect(row.locator(".last")).to_contain_text(f"SQL ({role})")
    board.rename(board.tickets[0], "Anew")
    await expect(row.locator(".last")).to_contain_text(f"renamed {board.tickets[0]} “Anew”")


async def test_a_full_column_is_amber_in_the_shape(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await listed(window, people, board)
    await expect(page.locator(".spark i")).to_have_count(3)
    await expect(page.locator(".spark i.full")).to_have_count(0)
    board.sql("UPDATE board_column SET wip_limit = 2 WHERE id = %s", board.columns[0])
    await expect(page.locator(".spark i.full")).to_have_count(1)


async def test_boards_come_and_go_by_themselves(served: Product, people: People, board: Board, window: Window) -> None:
    page = await listed(window, people, board)
    other = make_board(served.database_url, "Other")
    board.sql("INSERT INTO member (board_id, person_id, role) SELECT %s, id, 'viewer' FROM person", other.id)
    await expect(page.get_by_role("link", name="Other")).to_contain_text("view only")
    other.sql("DELETE FROM member WHERE board_id = %s", other.id)
    await expect(page.get_by_role("link", name="Other")).to_have_count(0)


async def test_a_new_board_opens_with_its_columns(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await listed(window, people, board)
    await page.get_by_role("button", name="New board").click()
    await page.get_by_label("Name").fill("Harbour")
    await page.get_by_label("Columns").fill("Inbox\nDone")
    await page.get_by_role("button", name="Create board").click()

    await page.wait_for_url("**/boards/*")
    await expect(page.locator(".colhead h2")).to_have_text(["Inbox", "Done"])


async def test_an_archived_board_comes_back(served: Product, people: People, board: Board, window: Window) -> None:
    page = await listed(window, people, board)
    board.sql("UPDATE board SET archived_at = now() WHERE id = %s", board.id)
    await expect(page.locator("a.brow")).to_have_count(0)
    await expect(page.get_by_text("1 archived board.")).to_be_visible()
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("button", name="Restore Road").click()

    await expect(page.get_by_role("link", name="Road")).to_be_visible()


async def test_find_or_do_is_there_without_a_board_too(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    await window.sign_in(ada)
    page = await window.context.new_page()
    await page.goto(f"{window.url}/")
    await expect(page.locator("a.brow .num")).to_contain_text("6 tickets")
    finder = page.get_by_role("dialog", name="Find or do")

    await page.keyboard.press("Control+k")
    await expect(finder.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("new")
    await expect(finder.get_by_role("option", selected=True)).to_have_text("New board")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="New board")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(f"{window.url}/")

    await page.goto(f"{window.url}/settings")
    await page.get_by_role("button", name="Find or do").click()
    await finder.get_by_role("combobox").fill("ro")
    await expect(finder.get_by_role("option", selected=True)).to_contain_text("Road")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{window.url}/boards/{board.id}")
    await expect(page.locator("[data-ticket]")).to_have_count(6)


async def test_a_run_that_goes_on_below_is_not_passed_off_as_its_end(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    board.sql("INSERT INTO ticket (column_id, title) SELECT %s, 'T' FROM generate_series(1, 90)", board.columns[0])
    page = await window.context.new_page()
    await page.goto(f"{window.url}/")

    await expect(page.locator(".brow .last")).to_contain_text("added at least 30 tickets")


async def test_arrows_go_from_row_to_row(served: Product, people: People, board: Board, window: Window) -> None:
    page = await listed(window, people, board)
    other = make_board(served.database_url, "Other")
    board.sql("INSERT INTO member (board_id, person_id, role) SELECT %s, id, 'viewer' FROM person", other.id)
    await expect(page.get_by_role("link", name="Other")).to_be_visible()
    await page.get_by_role("link", name="Road").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("link", name="Other")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/boards/{other.id}")


async def test_first_stands_where_i_was_last_then_what_changed_last(
    served: Product, people: People, board: Board, window: Window
) -> None:
    quiet, busy = make_board(served.database_url, "Quiet"), make_board(served.database_url, "Busy")
    ada = people.new("Ada", board.id)
    for other in (busy, quiet):
        other.sql("INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, 'viewer')", other.id, ada.id)
    await window.sign_in(ada)
    tab = await window.tab(board.id)
    await tab.until("Object.keys(localStorage).some(key => key.startsWith('livelane visit'))")
    busy.rename(busy.tickets[0], "Just now")
    names = tab.page.locator("a.brow h2 > span:first-child")

    await tab.page.goto(f"{window.url}/")
    await expect(names).to_have_text(["Road", "Busy", "Quiet"])

    quiet.rename(quiet.tickets[0], "Even later")  # nothing moves while it is looked at
    await expect(tab.page.locator("a.brow", has_text="Quiet")).to_contain_text("Even later")
    await expect(names).to_have_text(["Road", "Busy", "Quiet"])
    await tab.page.reload()
    await expect(names).to_have_text(["Road", "Quiet", "Busy"])
