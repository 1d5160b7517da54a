"""The whole board by keyboard: going about, writing, moving, selecting, undoing."""

from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.hands import at, drawn
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_arrows_and_letters_walk_over_tickets_and_columns(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    one, two, three, four, five, six = board.tickets  # two to a column, dealt out

    await hands.press("ArrowDown")
    await expect(hands.link(one)).to_be_focused()
    for key, there in [
        ("ArrowDown", four), ("l", five), ("ArrowRight", six), ("k", three), ("h", two),
        ("End", five), ("Home", two), ("j", five), ("ArrowLeft", four), ("ArrowUp", one), ("ArrowUp", one),
    ]:  # fmt: skip
        await hands.press(key)
        await expect(hands.link(there), key).to_be_focused()


async def test_a_ticket_far_down_is_scrolled_in_before_it_takes_the_keyboard(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql(
        "INSERT INTO ticket (board_id, column_id, title, rank)"
        " SELECT %s, %s, 'Bulk ' || n, 'b' || lpad(n::text, 6, '0') FROM generate_series(1, 900) n",
        board.id,
        board.columns[0],
    )
    hands = await at(window, people, board)
    last = (await hands.tab.ask(f"board.tickets({board.columns[0]})"))[-1]
    assert await hands.ticket(last).count() == 0

    await hands.press("ArrowDown", "End")

    await expect(hands.link(last)).to_be_focused()
    await expect(hands.link(last)).to_be_in_viewport()
    item = hands.ticket(last)
    assert await item.get_attribute("aria-posinset") == await item.get_attribute("aria-setsize") == "902"
    # Scrolled away it stays mounted, and the keyboard stays on it.
    await hands.lane(board.columns[0]).locator(".list").evaluate("list => list.scrollTo(0, 0)")
    await expect(hands.ticket(board.tickets[0])).to_be_in_viewport()
    assert await hands.focused() == last
    assert await hands.page.evaluate("document.querySelectorAll('*').length") < 1_500


async def test_enter_opens_and_escape_returns_to_the_same_ticket(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.press("ArrowDown", "ArrowDown", "Enter")
    await expect(hands.page).to_have_url(f"{window.url}/boards/{board.id}/tickets/{board.tickets[3]}")
    await expect(hands.page.locator(".panel")).to_be_visible()

    await hands.press("Escape")

    await expect(hands.page).to_have_url(f"{window.url}/boards/{board.id}")
    await expect(hands.link(board.tickets[3])).to_be_focused()


async def test_back_from_a_ticket_everything_stands_where_it_stood(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("INSERT INTO ticket (column_id, title) SELECT %s, 'T' FROM generate_series(1, 200)", board.columns[0])
    hands = await at(window, people, board)
    scroller = hands.lane(board.columns[0]).locator(".list")
    await hands.press("ArrowDown", "End")
    await expect(hands.lane(board.columns[0]).locator("[data-index='201'] a.name")).to_be_focused()
    for _ in range(5):
        await hands.press("ArrowUp")
    await expect(hands.lane(board.columns[0]).locator("[data-index='196'] a.name")).to_be_focused()
    await drawn(hands.page)
    before, ticket = await scroller.evaluate("list => list.scrollTop"), await hands.focused()
    assert before > 1000

    await hands.press("Enter")
    await expect(hands.page.locator(".panel")).to_be_visible()
    await hands.press("Escape")

    await expect(hands.page.locator(".panel")).to_have_count(0)
    await hands.page.wait_for_function(
        "id => document.activeElement?.closest('[data-ticket]')?.dataset.ticket === String(id)", arg=ticket
    )
    await hands.page.wait_for_function(
        "([list, before]) => list.scrollTop === before", arg=[await scroller.element_handle(), before]
    )


async def test_shift_and_arrows_move_at_once_and_are_announced(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket, fellow = board.tickets[0], board.tickets[3]
    await hands.press("ArrowDown", "Shift+ArrowDown")
    await hands.ends_as(board.columns[0], [fellow, ticket])
    await expect(hands.said).to_have_text("Moved to Column 1, 2 of 2.")

    await hands.press("Shift+ArrowRight")

    await expect(hands.said).to_have_text("Moved to Column 2, 2 of 3.")
    await hands.ends_as(board.columns[1], [board.tickets[1], ticket, board.tickets[4]])
    await expect(hands.link(ticket)).to_be_focused()
    await hands.press("Shift+ArrowUp", "Shift+ArrowUp")  # the second finds it at the end already
    await expect(hands.said).to_have_text("It is at the end.")
    await hands.tab.until("board.pending().length === 0")
    assert board.column_of(ticket) == board.columns[1]


async def test_move_to_is_the_same_as_a_drop(served: Product, people: People, board: Board, window: Window) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]
    await hands.press("ArrowDown", "m")
    dialog = hands.page.get_by_role("dialog", name=f"Move {ticket} to…")
    await dialog.get_by_label("Column").select_option(label="Column 3")
    await dialog.get_by_label("Position").fill("2")
    await hands.press("Enter")

    await expect(dialog).to_have_count(0)
    await hands.ends_as(board.columns[2], [board.tickets[2], ticket, board.tickets[5]])
    await expect(hands.said).to_have_text("Moved to Column 3, 2 of 3.")
    await expect(hands.link(ticket)).to_be_focused()


async def test_a_column_that_is_archived_while_it_is_chosen_is_chosen_no_more(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.press("ArrowDown", "m")
    await hands.page.get_by_role("combobox").select_option(label="Column 3")

    board.sql("UPDATE board_column SET archived_at = now() WHERE id = %s", board.columns[2])

    await expect(hands.page.get_by_role("button", name="Move to Column 1")).to_be_visible()


async def test_the_composer_adds_one_after_the_other(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    column = board.columns[0]
    await hands.press("ArrowDown", "c")
    field = hands.lane(column).get_by_role("textbox")
    await expect(field).to_be_focused()
    await hands.page.keyboard.type("First thing")
    await hands.press("Enter")
    await expect(hands.lane(column).get_by_role("link", name="First thing")).to_be_visible()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("")
    await hands.page.keyboard.type("cn?m")  # letters, not commands
    await expect(field).to_have_value("cn?m")
    await field.fill("")

    await hands.page.evaluate(
        """() => {
            const data = new DataTransfer()
            data.setData('text/plain', '- one\\n- two\\n\\n3. three\\n')
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))
        }"""
    )
    await field.fill("- one\n- two\n\n3. three\n")
    await hands.lane(column).get_by_role("button", name="Create 3 tickets").click()
    await hands.tab.until("board.pending().length === 0")
    assert board.titles()[-4:] == ["First thing", "one", "two", "three"]

    await hands.press("Escape")
    await expect(field).to_have_count(0)
    await expect(hands.lane(column).get_by_role("link", name="three")).to_be_focused()
    await hands.press("n")  # the other key for it
    await expect(field).to_be_focused()


async def test_a_title_is_edited_in_place(served: Product, people: People, board: Board, window: Window) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]
    await hands.press("ArrowDown", "e")
    await hands.page.keyboard.type("Half a thought")
    await hands.press("Escape")
    await expect(hands.link(ticket)).to_have_text("Ticket 1")
    await expect(hands.link(ticket)).to_be_focused()

    await hands.press("F2")
    await hands.page.keyboard.type("A whole one")
    await hands.press("Enter")

    await expect(hands.link(ticket)).to_have_text("A whole one")
    await expect(hands.link(ticket)).to_be_focused()
    await hands.tab.until("board.pending().length === 0")
    assert board.title(ticket) == "A whole one"


async def test_del_archives_with_undo_and_the_keyboard_goes_on_at_the_next(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket, fellow = board.tickets[0], board.tickets[3]
    await hands.press("ArrowDown", "Delete")
    await expect(hands.ticket(ticket)).to_have_count(0)
    await expect(hands.link(fellow)).to_be_focused()
    await expect(hands.said).to_have_text(f"Archived {ticket}.")

    await hands.toast(f"Archived {ticket}").get_by_role("button", name="Undo").click()

    await expect(hands.ticket(ticket)).to_be_visible()
    await hands.tab.until("board.pending().length === 0")
    await hands.ends_as(board.columns[0], [ticket, fellow])


async def test_undo_is_offered_for_eight_seconds_and_by_key_after_that(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.page.evaluate(
        """() => {
            window.stood = {}
            new MutationObserver(() => {
                if (document.querySelector('.toast .btn')) stood.from ??= performance.now()
                else if (stood.from) stood.to ??= performance.now()
            }).observe(document.body, { childList: true, subtree: true })
        }"""
    )
    await hands.press("ArrowDown", "Delete")
    await hands.tab.until("stood.to", 20_000)

    assert 7_500 < await hands.tab.ask("stood.to - stood.from") < 12_000
    await hands.press("Control+z")
    await expect(hands.ticket(board.tickets[0])).to_be_visible()


async def test_selecting_by_key_moves_and_undoes_as_one(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.press("ArrowDown", "Control+a")
    await expect(hands.page.locator(".bulk")).to_contain_text("2 selected")
    await expect(hands.said).to_have_text("2 tickets selected.")
    await hands.press("Shift+ArrowRight")
    await hands.ends_as(board.columns[0], [])
    await hands.press("Control+z")
    await hands.ends_as(board.columns[0], [board.tickets[0], board.tickets[3]])
    await expect(hands.toast("Undone: 2 tickets are where they were.")).to_be_visible()
    await hands.press("Escape")
    await expect(hands.page.locator(".bulk")).to_have_count(0)
    await hands.tab.until("board.pending().length === 0")


async def test_the_sheet_lists_the_keys_and_single_ones_can_be_switched_off(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.press("?")
    sheet = hands.page.get_by_role("dialog", name="Shortcuts")
    await expect(sheet.get_by_text("Move to…")).to_be_visible()
    await sheet.get_by_role("switch").click()
    await hands.press("Escape")
    await hands.press("ArrowDown", "c")
    await expect(hands.lane(board.columns[0]).get_by_role("textbox")).to_have_count(0)
    await hands.press("Shift+ArrowRight")  # not a single letter: it goes on working
    await expect(hands.said).to_have_text("Moved to Column 2, 1 of 3.")


async def test_the_palette_finds_and_does(served: Product, people: People, board: Board, window: Window) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]
    await hands.press("ArrowDown", "Control+k")
    palette = hands.page.get_by_role("dialog", name="Find or do")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await hands.page.keyboard.type("column 3")
    await expect(palette.get_by_role("option", selected=True)).to_contain_text("Move to Column 3")
    await hands.press("Enter")
    await expect(hands.said).to_have_text("Moved to Column 3, 3 of 3.")
    await expect(hands.link(ticket)).to_be_focused()

    await hands.press("Control+k")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await hands.page.keyboard.type("zebra")
    await expect(palette).to_contain_text("Nothing found for 'zebra'.")
    await palette.get_by_role("combobox").fill("rename")  # another word for it
    await expect(palette.get_by_role("option", selected=True)).to_contain_text("Rename")
    await hands.press("Enter")
    await expect(hands.ticket(ticket).get_by_role("textbox")).to_be_focused()
    await hands.press("Escape", "Control+k")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await hands.page.keyboard.type("add a col")  # what the board's menu offers
    await hands.press("Enter")
    await expect(hands.page.get_by_label("Name of the new column")).to_be_focused()
    await hands.press("Escape", "Control+k")
    await palette.get_by_role("combobox").fill(f"#{board.tickets[4]}")
    await hands.press("Enter")
    await expect(hands.page).to_have_url(f"{window.url}/boards/{board.id}/tickets/{board.tickets[4]}")


async def test_someone_who_may_only_look_is_told_so(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board, role="viewer")
    await hands.press("ArrowDown", "Shift+ArrowRight")
    await expect(hands.said).to_have_text("You can view this board, not change it.")
    await hands.ends_as(board.columns[0], [board.tickets[0], board.tickets[3]])
    await expect(hands.page.get_by_role("button", name="New ticket in Column 1")).to_have_count(0)


async def test_the_link_to_a_ticket_is_copied(served: Product, people: People, board: Board, window: Window) -> None:
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=window.url)
    hands = await at(window, people, board)
    await hands.press("ArrowDown", "Control+Shift+c")
    await expect(hands.toast(f"Copied the link to {board.tickets[0]}")).to_be_visible()
    copied = await hands.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{window.url}/boards/{board.id}/tickets/{board.tickets[0]}"


async def test_keys_stay_with_what_has_the_keyboard(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.press("ArrowDown")
    await hands.page.get_by_role("button", name="Find or do").focus()
    await hands.press("Delete", "Shift+ArrowRight")
    await hands.ends_as(board.columns[0], [board.tickets[0], board.tickets[3]])
    # Composing a letter (as in Japanese or with dead keys) is no shortcut.
    await hands.link(board.tickets[0]).focus()
    await hands.page.evaluate(
        "document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'c', isComposing: true, bubbles: true }))"
    )
    await expect(hands.page.locator(".composer")).to_have_count(0)


async def test_pressing_elsewhere_saves_the_title(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    await hands.press("ArrowDown", "e")
    await hands.page.keyboard.type("By pressing elsewhere")
    await hands.lane(board.columns[2]).locator(".list").click(position={"x": 100, "y": 400})
    await expect(hands.link(board.tickets[0])).to_have_text("By pressing elsewhere")
    await hands.tab.until("board.pending().length === 0")
    assert board.title(board.tickets[0]) == "By pressing elsewhere"
