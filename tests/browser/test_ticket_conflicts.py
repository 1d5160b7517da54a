"""Two people at one ticket: different fields both survive, the same field is chosen, nobody's text is lost."""

from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.hands import at, saved
from tests.browser.people import People
from tests.browser.test_ticket_texts import description, opened
from tests.browser.window import Window
from tests.product import Product


async def typing_a_title(window: Window, people: People, board: Board, text: str) -> Page:
    page = await opened(await at(window, people, board, "Ben"), board, board.tickets[0])
    await page.get_by_role("button", name="Ticket 1", exact=True).click()
    await page.get_by_label("Title", exact=True).fill(text)
    return page


async def test_different_fields_both_survive(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ticket = await at(window, people, board), board.tickets[0]
    page = await typing_a_title(other_window, people, board, "Ben's title")
    await ada.tab.run({"do": "ticket.edit", "id": ticket, "description": "Ada's text"})
    await ada.tab.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[2]})
    await page.get_by_label("Title", exact=True).press("Enter")

    await expect(page.get_by_role("heading", name="Ben's title", level=1)).to_be_visible()
    await expect(page.locator(".prose")).to_have_text("Ada's text")
    await expect(page.locator(".conflict")).to_have_count(0)
    await saved(page)
    assert (board.title(ticket), description(board, ticket)) == ("Ben's title", "Ada's text")


async def test_the_second_at_the_same_field_sees_both_and_may_keep_theirs(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ticket = await at(window, people, board), board.tickets[0]
    page = await typing_a_title(other_window, people, board, "Ben's title")
    await ada.tab.run({"do": "ticket.edit", "id": ticket, "title": "Ada's title"})

    box = page.get_by_role("article").locator(".conflict")
    await expect(box).to_contain_text("Ada changed this title at")
    await expect(box).to_contain_text("while you were typing. Your text is safe. Which one stays?")
    await expect(box.locator(".opt").nth(0)).to_contain_text("Ada's title")
    await expect(box.locator(".opt").nth(1)).to_contain_text("Ben's title")
    await expect(page.get_by_label("Title", exact=True)).to_have_value("Ben's title")
    await box.get_by_role("button", name="Keep Ada’s").click()

    await expect(page.get_by_role("heading", name="Ada's title", level=1)).to_be_visible()
    assert board.title(ticket) == "Ada's title"


async def test_or_use_mine_and_both_stand_in_the_history(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ticket = await at(window, people, board), board.tickets[0]
    page = await typing_a_title(other_window, people, board, "Ben's title")
    await ada.tab.run({"do": "ticket.edit", "id": ticket, "title": "Ada's title"})
    await page.get_by_role("article").get_by_role("button", name="Use mine").click()

    await expect(page.get_by_role("heading", name="Ben's title", level=1)).to_be_visible()
    await expect(page.locator(".log li").nth(0)).to_contain_text("Ben's title")
    await expect(page.locator(".log li").nth(1)).to_contain_text("Ada's title")
    assert board.title(ticket) == "Ben's title"


async def test_sql_is_named_when_it_was_there_first(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await typing_a_title(window, people, board, "Ben's title")
    role = board.sql("SELECT session_user")[0][0]
    board.rename(board.tickets[0], "From psql")

    await expect(page.get_by_role("article").locator(".conflict")).to_contain_text(f"SQL ({role}) changed this title")
    await expect(page.get_by_role("button", name="Keep SQL’s")).to_be_visible()


async def test_a_change_that_nobody_heard_of_is_caught_by_the_server(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    """Ben saves over what he had seen, not over what Ada made of it since; the save is refused, his text kept."""
    ada, ticket = await at(window, people, board), board.tickets[0]
    page = await typing_a_title(other_window, people, board, "Ben's title")
    await page.get_by_label("Title", exact=True).press("Escape")
    await page.evaluate(f"livelane.open({board.id}).run({{ do: 'ticket.edit', id: {ticket}, title: 'seen', seen: 1 }})")
    await ada.tab.until(f"board.ticket({ticket}).title === 'seen'")  # Ben's own screen shows it before it is so
    await ada.tab.run({"do": "ticket.edit", "id": ticket, "title": "Ada's title"})
    await expect(page.get_by_role("heading", name="Ada's title", level=1)).to_be_visible()
    # As a stale tab would send it: with the version it had seen.
    await page.evaluate(
        f"livelane.open({board.id}).run({{ do: 'ticket.edit', id: {ticket}, title: 'Ben again', seen: 2 }})"
    )

    box = page.get_by_role("article").locator(".conflict")
    await expect(box.locator(".opt").nth(0)).to_contain_text("Ada's title")
    await expect(box.locator(".opt").nth(1)).to_contain_text("Ben again")
    assert board.title(ticket) == "Ada's title"
    await box.get_by_role("button", name="Use mine").click()
    await expect(page.get_by_role("heading", name="Ben again", level=1)).to_be_visible()
    await saved(page)
    assert board.title(ticket) == "Ben again"


async def test_a_description_under_two_hands_keeps_both_texts(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ticket = await at(window, people, board), board.tickets[0]
    page = await opened(await at(other_window, people, board, "Ben"), board, ticket)
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill("Ben's long text")
    await ada.tab.run({"do": "ticket.edit", "id": ticket, "description": "Ada's long text"})

    box = page.locator(".description .conflict")
    await expect(box).to_contain_text("Ada changed this description at")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()
    # Not even a reload loses it.
    await page.reload()
    await expect(page.get_by_label("Description, in Markdown")).to_have_value("Ben's long text")
    await expect(box).to_contain_text("Ada changed this description at")
    await box.get_by_role("button", name="Use mine").click()
    await expect(page.locator(".prose")).to_have_text("Ben's long text")
    await saved(page)
    assert description(board, ticket) == "Ben's long text"


async def test_a_ticket_archived_under_my_hands_keeps_my_text_and_comes_back_with_it(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ticket = await at(window, people, board), board.tickets[0]
    page = await opened(await at(other_window, people, board, "Ben"), board, ticket)
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill("Ben was writing")
    await ada.tab.run({"do": "ticket.archive", "id": ticket})

    gone = page.get_by_role("article").get_by_role("alert")
    await expect(gone).to_contain_text("Ada archived this ticket at")
    await expect(gone).to_contain_text("Your text is kept.")
    await expect(gone).to_contain_text("Ben was writing")
    await gone.get_by_role("button", name="Restore and save").click()

    await expect(page.locator(".prose")).to_have_text("Ben was writing")
    await saved(page)
    assert board.sql("SELECT archived_at IS NULL, description FROM ticket WHERE id = %s", ticket) == [
        (True, "Ben was writing")
    ]


async def test_so_does_one_that_was_archived_while_i_was_gone(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands, ticket = await at(window, people, board), board.tickets[0]
    page = await opened(hands, board, ticket)
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill("Half a thought")
    await page.goto(f"{window.url}/settings")
    board.sql("UPDATE ticket SET archived_at = now() WHERE id = %s", ticket)
    await opened(hands, board, ticket)
    gone = page.get_by_role("article").get_by_role("alert")
    await expect(gone).to_contain_text("Half a thought")
    await gone.get_by_role("button", name="Restore and save").click()

    await expect(page.locator(".prose")).to_have_text("Half a thought")
    await expect(page.get_by_label("Description, in Markdown")).to_have_count(0)
    await saved(page)
    assert board.sql("SELECT archived_at IS NULL, description FROM ticket WHERE id = %s", ticket) == [
        (True, "Half a thought")
    ]


async def test_a_ticket_deleted_for_good_leaves_my_text_to_copy(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await typing_a_title(window, people, board, "Ben's title")
    board.sql("DELETE FROM ticket WHERE id = %s", board.tickets[0])

    gone = page.get_by_role("article").get_by_role("alert")
    await expect(gone).to_contain_text("deleted this ticket at")
    await expect(gone).to_contain_text("Ben's title")
    await expect(gone.get_by_role("button", name="Copy my text")).to_be_visible()
    await expect(gone.get_by_role("button", name="Restore")).to_have_count(0)


async def test_an_archived_ticket_opens_by_its_address_and_can_be_restored(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands, ticket = await at(window, people, board), board.tickets[0]
    await hands.tab.run({"do": "ticket.archive", "id": ticket})
    page = await opened(hands, board, ticket)
    await page.get_by_role("button", name="Restore", exact=True).click()

    await expect(page.get_by_role("heading", name="Ticket 1", level=1)).to_be_visible()
    await expect(hands.link(ticket)).to_be_visible()
