"""A ticket's texts: read, written, drafted; and nothing in them does anything."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.hands import Hands, at, saved
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product

CHECKLIST = "Before\n\n- [x] ask\n- [ ] write\n- [ ] send\n"
NASTY = """\
<script>window.harmed = 1</script>

<img src=x onerror="window.harmed = 2">

[press](javascript:window.harmed=3)

[data](data:text/html,<script>window.harmed=4</script>)

![x](https://elsewhere.example/pixel.png)

<a href="javascript:window.harmed=5">press too</a>

<svg onload="window.harmed=6"></svg>

[fine](https://elsewhere.example/page)
"""


async def opened(hands: Hands, board: Board, ticket: int) -> Page:
    await hands.page.goto(f"{hands.tab.url}/boards/{board.id}/tickets/{ticket}")
    await expect(hands.page.get_by_role("article", name=f"Ticket {ticket}")).to_be_visible()
    return hands.page


async def describe(page: Page, text: str) -> None:
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill(text)
    await page.get_by_role("button", name="Save").click()


def description(board: Board, ticket: int) -> str:
    return board.sql("SELECT description FROM ticket WHERE id = %s", ticket)[0][0]


async def test_the_title_is_edited_in_place(served: Product, people: People, board: Board, window: Window) -> None:
    hands, ticket = await at(window, people, board), board.tickets[0]
    page = await opened(hands, board, ticket)
    await page.get_by_role("button", name="Ticket 1", exact=True).click()
    await page.get_by_label("Title", exact=True).fill("Written anew")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Written anew", level=1)).to_be_visible()
    await expect(hands.link(ticket)).to_have_text("Written anew")
    await expect(page.locator(".log li").first).to_contain_text("Ticket 1 → Written anew")
    assert board.title(ticket) == "Written anew"


async def test_escape_gives_the_old_title_back(served: Product, people: People, board: Board, window: Window) -> None:
    page = await opened(await at(window, people, board), board, board.tickets[0])
    await page.get_by_role("button", name="Ticket 1", exact=True).click()
    await page.get_by_label("Title", exact=True).fill("No")
    await page.keyboard.press("Escape")

    await expect(page.get_by_role("heading", name="Ticket 1", level=1)).to_be_visible()
    assert page.url.endswith(f"/tickets/{board.tickets[0]}")  # the panel stays


async def test_a_description_is_written_previewed_and_read(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    page = await opened(await at(window, people, board), board, ticket)
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill("It is **important**.\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator(".preview strong")).to_have_text("important")
    await page.get_by_role("button", name="Write", exact=True).click()
    await page.get_by_label("Description, in Markdown").press("Control+Enter")

    await expect(page.locator(".prose td").first).to_have_text("1")
    await saved(page)
    assert description(board, ticket).startswith("It is **important**.")


async def test_boxes_are_checked_where_they_stand(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    page = await opened(await at(window, people, board), board, ticket)
    await describe(page, CHECKLIST)
    await expect(page.get_by_text("1 of 3 tasks done")).to_be_visible()
    await page.get_by_role("checkbox", name="send").click()

    await expect(page.get_by_text("2 of 3 tasks done")).to_be_visible()
    await expect(page.locator(".log li").first).to_contain_text("checked “send”")
    assert description(board, ticket) == CHECKLIST.replace("- [ ] send", "- [x] send")


async def test_a_draft_survives_a_reload_and_is_gone_once_saved(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    page = await opened(await at(window, people, board), board, ticket)
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill("Half a thought")
    await page.reload()

    await expect(page.get_by_label("Description, in Markdown")).to_have_value("Half a thought")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".prose")).to_have_text("Half a thought")
    await page.reload()
    await expect(page.locator(".prose")).to_have_text("Half a thought")
    await expect(page.get_by_label("Description, in Markdown")).to_have_count(0)


async def test_nobody_else_on_this_browser_sees_my_draft(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    page = await opened(await at(window, people, board), board, ticket)
    await page.get_by_role("button", name="Write a description").click()
    await page.get_by_label("Description, in Markdown").fill("Mine alone")
    await page.close()

    page = await opened(await at(window, people, board, "Ben"), board, ticket)
    await expect(page.get_by_role("button", name="Write a description")).to_be_visible()
    await expect(page.get_by_text("Mine alone")).to_have_count(0)


async def test_markdown_can_do_no_harm(served: Product, people: People, board: Board, window: Window) -> None:
    ticket = board.tickets[0]
    board.sql("UPDATE ticket SET description = %s WHERE id = %s", NASTY, ticket)
    hands = await at(window, people, board)
    asked: list[str] = []
    hands.page.on("request", lambda request: asked.append(request.url))
    page = await opened(hands, board, ticket)
    fine = page.get_by_role("link", name="fine")
    await expect(fine).to_be_visible()

    assert await page.evaluate("window.harmed") is None
    assert await page.locator(".prose :is(script, img, svg, iframe, [onerror], [onload])").count() == 0
    assert not [
        href
        for href in await page.locator(".prose a").evaluate_all("links => links.map(a => a.getAttribute('href') ?? '')")
        if href.lower().startswith(("javascript:", "data:"))
    ]
    assert not [url for url in asked if "elsewhere" in url]
    assert await fine.get_attribute("rel") == "noopener noreferrer"
    assert await fine.get_attribute("target") == "_blank"


async def test_a_viewer_reads_and_changes_nothing(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    board.sql("UPDATE ticket SET description = %s WHERE id = %s", CHECKLIST, ticket)
    page = await opened(await at(window, people, board, role="viewer"), board, ticket)

    await expect(page.get_by_role("checkbox", name="write")).to_be_disabled()
    await expect(page.get_by_role("button", name="Edit description")).to_have_count(0)
    await expect(page.get_by_role("button", name="Archive")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Ticket 1", level=1).get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_escape_closes_the_panel_and_returns_to_its_ticket(
    served: Product, people: People, board: Board, window: Window, theme: str
) -> None:
    hands, ticket = await at(window, people, board), board.tickets[0]
    await hands.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await hands.press("ArrowDown", "Enter")
    await expect(hands.page.get_by_role("article", name=f"Ticket {ticket}")).to_be_visible()
    await hands.press("Escape")

    await expect(hands.page.get_by_role("article")).to_have_count(0)
    await expect(hands.link(ticket)).to_be_focused()


async def test_a_ticket_has_an_address_of_its_own(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    await window.sign_in(people.new("Ada", board.id))
    page = await window.context.new_page()
    await page.goto(f"{served.url}/tickets/{ticket}")
    await expect(page.get_by_role("heading", name="Ticket 1", level=1)).to_be_visible()
    board.rename(ticket, "Live here too")
    await expect(page.get_by_role("heading", name="Live here too", level=1)).to_be_visible()

    await page.goto(f"{served.url}/tickets/999999")
    sentence = "There is no ticket 999999, or you are not a member of its board."
    await expect(page.get_by_text(sentence)).to_be_visible()


@pytest.mark.parametrize("where", ["beside its board", "alone"])
async def test_archiving_an_open_ticket_offers_undo(
    served: Product, people: People, board: Board, window: Window, where: str
) -> None:
    hands, ticket = await at(window, people, board), board.tickets[0]
    page = await opened(hands, board, ticket)
    if where == "alone":
        await page.goto(f"{window.url}/tickets/{ticket}")
    await page.get_by_role("article", name=f"Ticket {ticket}").get_by_role("button", name="Archive").click()
    await expect(page).to_have_url(f"{window.url}/boards/{board.id}")
    await expect(hands.ticket(board.tickets[3])).to_be_visible()
    await expect(hands.ticket(ticket)).to_have_count(0)
    await hands.toast(f"Archived {ticket}").get_by_role("button", name="Undo").click()

    await expect(hands.ticket(ticket)).to_be_visible()
    await saved(page)
    assert board.sql("SELECT archived_at FROM ticket WHERE id = %s", ticket) == [(None,)]


async def test_a_ticket_alone_is_moved_renamed_and_archived_by_the_boards_keys(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ticket = board.tickets[0]
    board.sql("UPDATE board_column SET wip_limit = 2 WHERE id = %s", board.columns[1])
    await window.sign_in(people.new("Ada", board.id))
    page = await window.context.new_page()
    await page.goto(f"{window.url}/tickets/{ticket}")
    place = page.locator(".place")
    dialog = page.get_by_role("dialog", name=f"Move {ticket} to…")
    await expect(place).to_have_text("Column 1, 1 of 2")

    await page.get_by_role("button", name="Move to…").click()
    await dialog.get_by_label("Column").select_option(label="Column 3")
    await dialog.get_by_label("Position").fill("1")
    await dialog.get_by_role("button", name="Move to Column 3").click()
    await expect(place).to_have_text("Column 3, 1 of 3")
    await expect(page.locator(".toast", has_text=f"Moved {ticket} to Column 3, 1 of 3")).to_be_visible()
    await saved(page)
    assert board.column_of(ticket) == board.columns[2]
    await page.keyboard.press("Control+z")
    await expect(place).to_have_text("Column 1, 1 of 2")
    await saved(page)
    assert board.column_of(ticket) == board.columns[0]

    await page.keyboard.press("m")
    await dialog.get_by_label("Column").select_option(label="Column 2")
    await expect(dialog.get_by_text("Column 2 is full, 2 of 2.")).to_be_visible()
    await dialog.get_by_role("button", name="Move to Column 2").click()
    await expect(page.locator(".toast", has_text=f"{ticket} went back: Column 2 is full, 2 of 2.")).to_be_visible()
    await expect(place).to_have_text("Column 1, 1 of 2")

    await page.keyboard.press("e")
    await expect(page.get_by_label("Title", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Delete")
    await expect(page).to_have_url(f"{window.url}/boards/{board.id}")
