"""The board as a page: its semantics, columns, themes, phone width, print, and what it weighs."""

import gzip
import re

import pytest
from playwright.async_api import expect

from tests.browser.axe import serious
from tests.browser.board import Board
from tests.browser.conftest import FRONTEND
from tests.browser.hands import Hands, at, drawn
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_columns_are_labelled_regions_with_lists_of_links(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    for number in (1, 2, 3):
        lane = hands.page.get_by_role("region", name=f"Column {number}, column {number}")
        items = lane.get_by_role("list", name=f"Column {number}, 2 tickets").get_by_role("listitem")
        await expect(items).to_have_count(2)
        for position, item in enumerate(await items.all(), 1):
            assert await item.get_attribute("aria-setsize") == "2"
            assert await item.get_attribute("aria-posinset") == str(position)
            await expect(item.get_by_role("link")).to_be_visible()
    # One tab stop to a list.
    assert await hands.page.locator("a.name[tabindex='0']").count() == 3
    small = await hands.page.evaluate(
        "() => [...document.querySelectorAll('button, a[href], input')].filter(e => e.offsetParent)"
        ".map(e => ({ e: e.outerHTML.slice(0, 120), r: e.matches('a.name') ? e.closest('li') : e }))"
        ".map(({ e, r }) => ({ e, w: r.getBoundingClientRect().width, h: r.getBoundingClientRect().height }))"
        ".filter(({ w, h }) => w < 24 || h < 24)"
    )
    assert small == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_serious(
    served: Product, people: People, board: Board, window: Window, theme: str
) -> None:
    board.sql("UPDATE board_column SET wip_limit = 2 WHERE id = %s", board.columns[1])
    board.sql("UPDATE ticket SET archived_at = now() WHERE column_id = %s", board.columns[2])
    hands = await at(window, people, board)
    await hands.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await expect(hands.page.locator("html")).to_have_attribute("data-theme", theme)
    found = {"board": await serious(hands.page)}
    await hands.press("ArrowDown", "x")
    found["selected"] = await serious(hands.page)
    await hands.press("m")
    await expect(hands.page.get_by_role("dialog", name=f"Move {board.tickets[0]} to…")).to_be_visible()
    found["move"] = await serious(hands.page)
    await hands.press("Escape", "Escape", "c")
    found["composer"] = await serious(hands.page)
    await hands.press("Escape", "Control+k")
    await expect(hands.page.get_by_role("dialog", name="Find or do")).to_be_visible()
    found["palette"] = await serious(hands.page)
    await hands.press("Escape", "?")
    await expect(hands.page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    found["sheet"] = await serious(hands.page)
    await hands.press("Escape")
    await hands.page.get_by_role("button", name="Menu of column Column 2").click()
    found["menu"] = await serious(hands.page)
    await hands.press("Escape", "f")
    await hands.page.keyboard.type("ticket 1")
    found["filtered"] = await serious(hands.page)
    await hands.page.goto(f"{window.url}/boards/{board.id}/archive")
    await expect(hands.page.get_by_role("heading", name="Archive")).to_be_visible()
    found["archive"] = await serious(hands.page)
    assert {where: what for where, what in found.items() if what} == {}


async def test_columns_are_added_renamed_limited_moved_and_archived(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    page = ada.page

    await page.get_by_role("button", name="Add a column").click()
    await page.get_by_label("Name of the new column").fill("Blocked")
    await ada.press("Enter")
    blocked = ben.page.get_by_role("region", name="Blocked, column 4")
    await expect(blocked).to_contain_text("Nothing is blocked.")
    await expect(blocked).to_contain_text("Drop a ticket here, or press C to write one.")

    async def choose(row: str) -> None:
        await page.get_by_role("button", name=re.compile("Menu of column (Column 1|Doing)")).click()
        await page.get_by_role("menuitem", name=row).click()

    await choose("Rename")
    name = ada.lane(board.columns[0]).get_by_role("textbox")
    await expect(name).to_be_focused()
    await name.fill("Doing")
    await ada.press("Enter")
    await expect(ben.lane(board.columns[0]).get_by_role("heading")).to_have_text("Doing")
    await choose("Set a limit")
    await page.get_by_label("At most this many tickets").fill("3")
    await ada.press("Enter")
    await expect(ben.lane(board.columns[0]).locator(".n")).to_have_text("2 of 3")
    await expect(ben.lane(board.columns[0]).locator(".wip i")).to_have_count(3)
    await choose("Move right")
    await expect(ben.page.get_by_role("region", name="Doing, column 2")).to_be_visible()
    await choose("Archive column")
    await expect(ben.lane(board.columns[0])).to_have_count(0)
    await ada.toast("Archived Doing with 2 tickets").get_by_role("button", name="Undo").click()
    await expect(ben.lane(board.columns[0]).get_by_role("listitem")).to_have_count(2)


async def test_a_folded_column_stays_folded_for_me_alone(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    await ada.page.get_by_role("button", name="Menu of column Column 2").click()
    await ada.page.get_by_role("menuitem", name="Fold").click()
    folded = ada.page.get_by_role("region", name="Column 2, collapsed")
    await expect(folded).to_be_visible()
    await ada.page.reload()
    await expect(folded).to_be_visible()
    await expect(ben.lane(board.columns[1]).get_by_role("listitem")).to_have_count(2)
    await folded.get_by_role("button").click()
    await expect(ada.lane(board.columns[1]).get_by_role("listitem")).to_have_count(2)


async def test_archived_things_come_back_from_the_archive(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]
    await hands.press("ArrowDown", "Delete")
    await hands.tab.until("board.pending().length === 0")
    await hands.page.get_by_role("button", name="Board menu").click()
    await hands.page.get_by_role("menuitem", name="Archive", exact=True).click()
    await hands.page.get_by_role("button", name="Restore Ticket 1").click()
    await expect(hands.page.get_by_text("Nothing is archived here.")).to_be_visible()
    await hands.page.get_by_role("link", name="Back to the board").click()
    await expect(hands.ticket(ticket)).to_be_visible()


async def test_the_last_column_counts_what_is_archived_and_leads_there(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    link = hands.lane(board.columns[2]).get_by_role("link", name=re.compile("archived"))
    await expect(link).to_have_count(0)
    await hands.press("ArrowDown", "Delete")
    await expect(link).to_have_text("1 archived")
    board.sql("UPDATE ticket SET archived_at = now() WHERE column_id = %s", board.columns[1])
    await expect(link).to_have_text("3 archived")
    await hands.press("Control+z")
    await expect(link).to_have_text("2 archived")
    await link.click()
    await expect(hands.page.get_by_text("2 things archived on Road.")).to_be_visible()


async def test_a_middle_click_opens_the_ticket_in_a_tab_of_its_own(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    async with window.context.expect_page() as opened:
        await hands.link(board.tickets[0]).click(button="middle")
    tab = await opened.value
    await expect(tab.locator(".panel")).to_be_visible()
    assert tab.url == f"{window.url}/boards/{board.id}/tickets/{board.tickets[0]}"
    assert hands.page.url == f"{window.url}/boards/{board.id}"


async def test_the_theme_is_there_before_the_first_paint(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.page.get_by_role("button", name="You, Ada").click()
    await hands.page.get_by_role("menuitemradio", name="Dark").click()
    await expect(hands.page.locator("html")).to_have_attribute("data-theme", "dark")
    # The body does not exist yet when it is looked at: nothing can have been painted.
    await hands.page.add_init_script(
        "new MutationObserver((_, seen) => { if (document.body) {"
        " window.themeAtBody = document.documentElement.dataset.theme; seen.disconnect() } })"
        ".observe(document, { childList: true, subtree: true })"
    )
    await hands.page.reload()
    assert await hands.page.evaluate("themeAtBody") == "dark"


async def test_no_script_or_style_offends_the_content_policy(
    served: Product, people: People, board: Board, window: Window
) -> None:
    offences: list[str] = []
    window.context.on("console", lambda m: offences.append(m.text) if "Content Security Policy" in m.text else None)
    hands = await at(window, people, board)
    await hands.press("ArrowDown")
    for opens in ("m", "Control+k", "?"):
        await hands.press(opens)
        await expect(hands.page.get_by_role("dialog")).to_be_visible()
        await hands.press("Escape")
        await expect(hands.page.get_by_role("dialog")).to_have_count(0)
    await hands.press("Shift+ArrowRight")
    await expect(hands.toast("Moved")).to_be_visible()
    assert offences == []


async def test_at_360_px_one_lane_fills_the_screen_and_everything_has_a_button(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.page.set_viewport_size({"width": 360, "height": 780})
    hands = Hands(tab)
    page, ticket = tab.page, board.tickets[0]
    await expect(page.get_by_role("navigation", name="Columns")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await expect(page.get_by_test_id("connection")).to_have_text("Live")

    await hands.ticket(ticket).get_by_role("button", name="Move to…").click()
    dialog = page.get_by_role("dialog", name=f"Move {ticket} to…")
    await dialog.get_by_label("Column").select_option(label="Column 3")
    await dialog.get_by_role("button", name="Move to Column 3").click()
    await expect(hands.lane(board.columns[2]).locator(f'[data-ticket="{ticket}"]')).to_be_in_viewport()
    tabs = page.get_by_role("navigation", name="Columns")
    await expect(tabs.get_by_role("button", name="Column 3")).to_have_attribute("aria-current", "true")
    await tabs.get_by_role("button", name="Column 1").click()
    await expect(hands.lane(board.columns[0])).to_be_in_viewport(ratio=0.9)
    assert await serious(page) == []
    small = await page.evaluate(
        "() => [...document.querySelectorAll('button, .top a[href]')].filter(e => e.offsetParent)"
        ".filter(e => e.getBoundingClientRect().height < 40)"
        ".map(e => e.outerHTML.slice(0, 160))"
    )
    assert small == []


async def test_what_people_wrote_runs_in_its_own_direction(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE ticket SET title = 'זהו כרטיס 318 וגם English' WHERE id = %s", board.tickets[0])
    hands = await at(window, people, board)
    edges = """(card) => {
        const text = document.createRange()
        text.selectNodeContents(card.querySelector('.name'))
        const { left, right } = text.getBoundingClientRect()
        const box = card.getBoundingClientRect()
        return { left: left - box.left, right: box.right - right }
    }"""

    hebrew = await hands.ticket(board.tickets[0]).evaluate(edges)
    latin = await hands.ticket(board.tickets[1]).evaluate(edges)

    assert hebrew["right"] < 20 < hebrew["left"], hebrew
    assert latin["left"] < 20 < latin["right"], latin


async def test_an_open_tickets_title_runs_in_its_own_direction(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE ticket SET title = 'זהו כרטיס' WHERE id = %s", board.tickets[0])
    hands = await at(window, people, board)
    await hands.link(board.tickets[0]).click()

    title = hands.page.get_by_role("button", name="זהו כרטיס")
    left, right = await title.evaluate(
        """(button) => {
            const text = document.createRange()
            text.selectNodeContents(button)
            const [inner, outer] = [text.getBoundingClientRect(), button.getBoundingClientRect()]
            return [inner.left - outer.left, outer.right - inner.right]
        }"""
    )

    assert right < 20 < left, (left, right)


async def test_a_filter_that_matches_nothing_offers_the_way_out_on_a_phone(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.page.set_viewport_size({"width": 360, "height": 740})
    await hands.page.get_by_role("button", name="Filter").click()
    await hands.page.keyboard.type("zzz")

    box = await hands.page.get_by_role("button", name="Clear filters").bounding_box()

    assert box
    assert box["x"] + box["width"] <= 360, box


@pytest.mark.parametrize("width", [1280, 360])
async def test_a_question_about_columns_with_long_names_can_be_read(
    served: Product, people: People, board: Board, window: Window, width: int
) -> None:
    for column in board.columns:
        board.sql("UPDATE board_column SET title = title || repeat(' of long names', 8) WHERE id = %s", column)
    hands = await at(window, people, board)
    await hands.page.set_viewport_size({"width": width, "height": 740})
    await window.context.set_offline(True)
    move = {"do": "ticket.move", "id": board.tickets[0], "column_id": board.columns[1]}
    await hands.tab.do({**move, "seen": await hands.tab.ask(f"board.ticket({board.tickets[0]}).version")})
    board.sql("UPDATE ticket SET column_id = %s WHERE id = %s", board.columns[2], board.tickets[0])
    await window.context.set_offline(False)

    asked = hands.toast("all the same?")

    await expect(asked.get_by_role("button", name="Leave it")).to_be_visible()
    boxes = [await part.bounding_box() for part in await asked.locator("p, .btn").all()]
    text, *actions = [box for box in boxes if box]
    assert text["width"] > 250, text
    assert len(actions) == 2
    assert all(box["x"] > 0 and box["x"] + box["width"] < width for box in actions), actions


async def test_what_is_archived_does_not_hide_the_last_columns_name(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE ticket SET archived_at = now() WHERE column_id = %s", board.columns[0])
    for n in range(2):
        board.sql("INSERT INTO board_column (board_id, title, rank) VALUES (%s, 'Column 5', %s)", board.id, f"b{n}")
    hands = await at(window, people, board)
    await expect(hands.page.get_by_role("link", name="2 archived")).to_be_visible()

    shown, whole = await hands.page.locator(".colhead h2").last.evaluate("h => [h.clientWidth, h.scrollWidth]")

    assert shown >= whole


async def test_a_board_without_columns_offers_the_first(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE board_column SET archived_at = now() WHERE board_id = %s", board.id)
    await window.sign_in(people.new("Ada", board.id))
    page = await window.context.new_page()
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(f"{window.url}/boards/{board.id}")
    await expect(page.get_by_text("This board has no columns.")).to_be_visible()
    assert not await serious(page)

    await page.get_by_role("button", name="New ticket").click()  # there is no place for one yet
    await page.get_by_label("Name of the new column").fill("Inbox")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Inbox, column 1")).to_be_visible()


async def test_on_paper_every_ticket_is_there(served: Product, people: People, board: Board, window: Window) -> None:
    board.sql(
        "INSERT INTO ticket (board_id, column_id, title, rank)"
        " SELECT %s, %s, 'Bulk ' || n, 'b' || lpad(n::text, 6, '0') FROM generate_series(1, 200) n",
        board.id,
        board.columns[0],
    )
    hands = await at(window, people, board)
    assert await hands.lane(board.columns[0]).get_by_role("listitem").count() < 60
    await hands.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert await hands.lane(board.columns[0]).locator("[data-ticket]").count() == 202
    await hands.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert await hands.lane(board.columns[0]).locator("[data-ticket]").count() < 60


async def test_a_full_board_has_few_nodes(served: Product, people: People, board: Board, window: Window) -> None:
    for column in board.columns:
        board.sql(
            "INSERT INTO ticket (board_id, column_id, title, rank)"
            " SELECT %s, %s, 'Bulk ' || n, 'b' || lpad(n::text, 6, '0') FROM generate_series(1, 2000) n",
            board.id,
            column,
        )
    hands = await at(window, people, board)
    await hands.page.set_viewport_size({"width": 1440, "height": 900})
    await expect(hands.lane(board.columns[0]).locator(".n")).to_have_text("2,002")
    for column in board.columns:
        await hands.lane(column).locator(".list").evaluate("list => list.scrollTo(0, 40_000)")
    await hands.page.wait_for_function(
        "() => [...document.querySelectorAll('[data-column]')].every((lane) =>"
        " [...lane.querySelectorAll('[data-index]')].some((each) => each.dataset.index > 300))"
    )
    await drawn(hands.page)
    assert await hands.page.evaluate("document.querySelectorAll('*').length") <= 1_500


def test_the_first_load_weighs_at_most_180_kb_of_script(web_app: None) -> None:
    page = (FRONTEND / "dist" / "index.html").read_text()
    scripts = re.findall(r'(?:src|modulepreload"[^>]*href)="\./([^"]+\.js)"', page)
    assert any("index" in script for script in scripts)
    weights = {script: len(gzip.compress((FRONTEND / "dist" / script).read_bytes(), 6)) for script in scripts}
    assert sum(weights.values()) <= 180_000, weights
