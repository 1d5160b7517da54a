"""Dragging with the pointer: where it drops, what the line says, and what happens to it meanwhile."""

from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_a_dragged_ticket_lands_where_the_line_says(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    first, _, other = board.tickets[0], board.tickets[1], board.tickets[2]
    source, target = board.columns[0], board.columns[2]

    await hands.take(first)
    await hands.carry(target, 70)
    await expect(hands.lane(target).locator(".drop")).to_have_text("2 of 3")
    await hands.drop()

    await hands.ends_as(target, [other, first, board.tickets[5]])
    await hands.ends_as(source, [board.tickets[3]])
    await expect(hands.toast(f"Moved {first} to Column 3, 2 of 3")).to_be_visible()
    await expect(hands.said).to_have_text("Moved to Column 3, 2 of 3.")
    await hands.tab.until("board.pending().length === 0")
    assert board.column_of(first) == target


async def test_an_empty_column_takes_a_dragged_ticket(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE ticket SET archived_at = now() WHERE column_id = %s", board.columns[2])
    hands = await at(window, people, board)
    await expect(hands.lane(board.columns[2])).to_contain_text("Drop a ticket here")
    await hands.take(board.tickets[0])
    await hands.carry(board.columns[2], 200)
    await hands.drop()

    await hands.ends_as(board.columns[2], [board.tickets[0]])
    await hands.tab.until("board.pending().length === 0")
    assert board.column_of(board.tickets[0]) == board.columns[2]


async def test_escape_puts_a_dragged_ticket_back(served: Product, people: People, board: Board, window: Window) -> None:
    hands = await at(window, people, board)
    ticket = board.tickets[0]

    await hands.take(ticket)
    await hands.carry(board.columns[2], 70)
    await hands.press("Escape")
    await hands.drop()

    await expect(hands.page.locator(".drop")).to_have_count(0)
    await hands.ends_as(board.columns[0], [ticket, board.tickets[3]])
    assert board.column_of(ticket) == board.columns[0]


async def test_dropping_does_not_wait_for_the_server(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket, target = board.tickets[0], board.columns[1]
    await window.context.set_offline(True)

    await hands.take(ticket)
    await hands.carry(target, 12)
    await hands.drop()

    await hands.ends_as(target, [ticket, board.tickets[1], board.tickets[4]])
    await expect(hands.ticket(ticket).locator(".saving")).to_be_visible()
    await window.context.set_offline(False)
    await hands.tab.until("board.pending().length === 0")
    assert board.column_of(ticket) == target


async def test_a_stale_drag_is_told_and_not_obeyed_gitea_21243(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    ticket = board.tickets[0]

    await ben.take(ticket)
    await ben.carry(board.columns[1], 12)
    await ada.tab.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[2]})
    await ben.tab.until(f"board.ticket({ticket}).column_id === {board.columns[2]}")
    await ben.drop()

    question = ben.toast("Move it to Column 2 all the same?")
    await expect(question).to_contain_text(f"Ada moved {ticket} to Column 3 at ")
    assert board.column_of(ticket) == board.columns[2]
    await ben.ends_as(board.columns[2], [board.tickets[2], board.tickets[5], ticket])
    await question.get_by_role("button", name="Leave it").click()
    await expect(question).to_have_count(0)
    assert board.column_of(ticket) == board.columns[2]
    assert await ben.tab.ask("board.conflicts()") == []


async def test_a_ticket_archived_while_it_is_dragged_is_not_moved(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    ticket = board.tickets[0]

    await ben.take(ticket)
    await ben.carry(board.columns[1], 12)
    await ada.tab.run({"do": "ticket.archive", "id": ticket})
    told = ben.toast(f"Ada archived {ticket} while you were dragging it.")
    await expect(told).to_be_visible()
    await ben.drop()

    await expect(ben.page.locator(".drop")).to_have_count(0)
    await expect(ben.ticket(ticket)).to_have_count(0)
    await told.get_by_role("button", name="Restore").click()
    await expect(ada.ticket(ticket)).to_be_visible()
    assert board.column_of(ticket) == board.columns[0]


async def test_a_ticket_deleted_in_sql_while_it_is_dragged_is_gone_with_a_sentence(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    ticket, fellow = board.tickets[0], board.tickets[3]

    await hands.take(ticket)
    await hands.carry(board.columns[1], 12)
    board.sql("DELETE FROM ticket WHERE id = %s", ticket)
    told = hands.toast(f"deleted {ticket} while you were dragging it.")
    await expect(told).to_contain_text("SQL (")
    await hands.drop()

    await expect(hands.page.locator(".drop")).to_have_count(0)
    await hands.ends_as(board.columns[0], [fellow])
    await hands.ends_as(board.columns[1], [board.tickets[1], board.tickets[4]])
    await hands.take(fellow)  # and hands are free for the next
    await hands.carry(board.columns[1], 12)
    await hands.drop()
    await hands.ends_as(board.columns[1], [fellow, board.tickets[1], board.tickets[4]])


async def test_a_ticket_whose_column_is_archived_while_it_is_dragged_stays_there_with_a_sentence(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = await at(window, people, board)
    role = board.sql("SELECT session_user")[0][0]
    ticket, (first, second, _) = board.tickets[0], board.columns
    await ada.take(ticket)
    await ada.carry(second, 30)

    board.sql("UPDATE board_column SET archived_at = now() WHERE id = %s", first)

    told = ada.toast(f"SQL ({role}) archived the column you were dragging from.")
    await expect(told).to_be_visible()
    await ada.drop()
    await told.get_by_role("button", name="Restore").click()
    await expect(ada.lane(first).locator(f'[data-ticket="{ticket}"]')).to_be_visible()
    assert board.column_of(ticket) == first
    assert await ada.order(second) == [board.tickets[1], board.tickets[4]]


async def test_a_full_column_sends_the_ticket_back_and_says_so(
    served: Product, people: People, board: Board, window: Window
) -> None:
    board.sql("UPDATE board_column SET wip_limit = 2, title = 'Doing' WHERE id = %s", board.columns[1])
    hands = await at(window, people, board)
    await expect(hands.lane(board.columns[1]).locator(".colhead .n")).to_have_text("2 of 2, full")
    ticket = board.tickets[0]

    await hands.take(ticket)
    await hands.carry(board.columns[1], 12)
    await hands.drop()

    await expect(hands.toast(f"{ticket} went back: Doing is full, 2 of 2.")).to_be_visible()
    await hands.ends_as(board.columns[0], [ticket, board.tickets[3]])


async def test_a_stack_is_dragged_in_one_and_undone_in_one(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    first, second = board.tickets[0], board.tickets[3]
    target = board.columns[2]
    await hands.link(first).focus()
    await hands.press("x", "ArrowDown", "x")
    await expect(hands.page.locator(".bulk")).to_contain_text("2 selected")

    await hands.take(second)
    await hands.carry(target, 12)
    await hands.drop()

    await hands.ends_as(target, [first, second, board.tickets[2], board.tickets[5]])
    await hands.tab.until("board.pending().length === 0")
    await hands.press("Control+z")
    await hands.ends_as(board.columns[0], [first, second])
    await hands.tab.until("board.pending().length === 0")
    assert {board.column_of(first), board.column_of(second)} == {board.columns[0]}


async def test_dragging_to_an_edge_scrolls_the_lane_and_the_board(
    served: Product, people: People, board: Board, window: Window
) -> None:
    for n in range(4, 10):
        board.sql(
            "INSERT INTO board_column (board_id, title, rank) VALUES (%s, %s, %s)", board.id, f"Column {n}", f"a{n}"
        )
    board.sql(
        "INSERT INTO ticket (board_id, column_id, title, rank)"
        " SELECT %s, %s, 'Bulk ' || n, 'b' || lpad(n::text, 6, '0') FROM generate_series(1, 60) n",
        board.id,
        board.columns[1],
    )
    hands = await at(window, people, board)
    page, ticket = hands.page, board.tickets[0]
    list_ = hands.lane(board.columns[1]).locator(".list")
    box = await list_.bounding_box()
    assert box

    await hands.take(ticket)
    await hands.carry(board.columns[1], box["height"] - 10)
    await page.wait_for_function(
        "list => list.scrollTop > 300", arg=await list_.element_handle(), polling=50, timeout=10_000
    )
    viewport = page.viewport_size
    assert viewport
    await page.mouse.move(viewport["width"] - 12, box["y"] + 60, steps=4)
    await page.wait_for_function("() => document.querySelector('.board').scrollLeft > 300", polling=50, timeout=10_000)
    await hands.press("Escape")
    await hands.drop()
    assert board.column_of(ticket) == board.columns[0]


async def test_my_drag_goes_on_while_someone_moves_another_ticket_and_mine(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    mine, other = board.tickets[0], board.tickets[1]
    await ben.take(mine)
    await ben.carry(board.columns[2], 12)
    await ada.tab.run({"do": "ticket.move", "id": other, "column_id": board.columns[2], "after": None})
    await ben.tab.until(f"board.tickets({board.columns[2]})[0] === {other}")
    await expect(ben.lane(board.columns[2]).locator(".drop")).to_be_visible()
    await ada.tab.run({"do": "ticket.edit", "id": mine, "title": "Renamed in hand"})
    await expect(ben.link(mine)).to_have_text("Renamed in hand")

    await ben.carry(board.columns[2], 14)
    await ben.drop()

    # Someone changed its title, I its place: both survive.
    await ben.tab.until("board.pending().length === 0")
    await ben.ends_as(board.columns[2], [mine, other, board.tickets[2], board.tickets[5]])
    assert (board.column_of(mine), board.title(mine)) == (board.columns[2], "Renamed in hand")
