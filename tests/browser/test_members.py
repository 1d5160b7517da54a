"""Members of a board: roles, removing, leaving, invitations withdrawn."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board, make_board
from tests.browser.hands import at, saved
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product

OUT = "You are no longer a member of this board."


async def members(window: Window, people: People, board: Board, role: str = "owner") -> Page:
    hands = await at(window, people, board, role=role)
    await hands.page.goto(f"{window.url}/boards/{board.id}/members")
    await expect(hands.page.get_by_role("complementary", name="Members")).to_be_visible()
    return hands.page


async def test_an_owner_changes_a_role_and_it_holds_at_once(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    page = await members(window, people, board)
    ben = await at(other_window, people, board, "Ben")
    await page.get_by_label("Role of Ben").select_option("viewer")

    await ben.tab.until("board.role() === 'viewer'")
    assert ("Ben", "viewer") in board.sql(
        "SELECT name, role FROM person JOIN member ON person_id = person.id WHERE board_id = %s", board.id
    )
    await ben.tab.do({"do": "ticket.edit", "id": board.tickets[0], "title": "No"})
    await ben.tab.until("board.pending()[0]?.state === 'failed'")
    assert board.title(board.tickets[0]) == "Ticket 1"


async def test_a_removed_member_is_out_within_a_moment(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    page = await members(window, people, board)
    ben = await at(other_window, people, board, "Ben")
    await page.get_by_role("button", name="Remove Ben").click()

    await expect(page.locator(".member", has_text="Ben")).to_have_count(0)
    await expect(ben.page.get_by_role("heading", name=OUT)).to_be_visible()


@pytest.mark.parametrize("by", ["the toast", "key"])
async def test_removing_someone_can_be_taken_back(
    served: Product, people: People, board: Board, window: Window, by: str
) -> None:
    ben = people.new("Ben", board.id, "viewer")
    page = await members(window, people, board)
    line = page.locator(".member", has_text="Ben")
    await expect(line).to_contain_text("@example.org")  # by which they are brought back
    await page.get_by_role("button", name="Remove Ben").click()
    told = page.locator(".toast", has_text="Removed Ben. Their streams of this board ended.")
    await expect(told).to_be_visible()
    await expect(line).to_have_count(0)
    if by == "key":
        await page.keyboard.press("Control+z")
    else:
        await told.get_by_role("button", name="Undo").click()

    await expect(page.locator(".toast", has_text="Ben is a member again.")).to_be_visible()
    await expect(page.get_by_label("Role of Ben")).to_have_value("viewer")
    await saved(page)
    assert board.sql("SELECT role FROM member WHERE person_id = %s", ben.id) == [("viewer",)]


async def test_it_stays_said_whatever_else_i_come_to_or_leave(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = await at(window, people, board)
    board.sql("DELETE FROM member WHERE board_id = %s", board.id)
    await expect(ada.page.get_by_role("heading", name=OUT)).to_be_visible()

    other = make_board(served.database_url, "Other")
    other.sql("INSERT INTO member (board_id, person_id, role) SELECT %s, id, 'viewer' FROM person", other.id)
    await ada.tab.until(f"livelane.memberships().some((each) => each.board_id === {other.id})")
    # To whom it is closed the server says 404, as if there were none; were it asked again, that would be here by now.
    assert await ada.tab.ask(f"(await fetch('api/boards/{board.id}')).status") == 404
    assert await ada.tab.ask("board.status()") == "forbidden"
    await expect(ada.page.get_by_role("heading", name=OUT)).to_be_visible()


async def test_the_only_owner_stays(served: Product, people: People, board: Board, window: Window) -> None:
    page = await members(window, people, board)
    await expect(page.get_by_label("Role of Ada")).to_be_disabled()
    await expect(page.get_by_role("button", name="Leave this board")).to_be_disabled()


async def test_everyone_else_may_leave(served: Product, people: People, board: Board, window: Window) -> None:
    people.new("Owner", board.id, "owner")
    page = await members(window, people, board, "viewer")
    await expect(page.get_by_label("Address")).to_have_count(0)
    await page.get_by_role("button", name="Leave this board").click()

    await page.wait_for_url(window.url + "/")
    await expect(page.get_by_text("You are on no board.")).to_be_visible()


async def test_an_invitation_can_be_withdrawn(served: Product, people: People, board: Board, window: Window) -> None:
    page = await members(window, people, board)
    await page.get_by_label("Address").fill(f"wen.{board.id}@harbour.example")
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_test_id("invitation")).to_contain_text("#code=")
    await page.get_by_role("button", name=f"Withdraw the invitation of wen.{board.id}@harbour.example").click()

    await expect(page.get_by_role("list", name="Invited")).to_have_count(0)
    assert board.sql("SELECT count(*) FROM invitation WHERE board_id = %s", board.id) == [(0,)]


async def test_who_is_a_member_already_is_a_sentence(
    served: Product, people: People, board: Board, window: Window
) -> None:
    page = await members(window, people, board)
    people.new("Ben", board.id)
    rows = board.sql(
        "SELECT email FROM person JOIN member ON person_id = person.id WHERE board_id = %s AND name = 'Ben'", board.id
    )
    await page.get_by_label("Address").fill(rows[0][0])
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_role("alert")).to_have_text("This person is a member already.")
