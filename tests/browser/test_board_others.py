"""What others do while I look: it is seen and said, and never touches what I have in hand."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.board import Board
from tests.browser.hands import Hands, at, drawn, saved
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_a_remote_move_flashes_in_the_movers_colour_with_their_name(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    ticket = board.tickets[0]

    await ada.tab.do({"do": "ticket.move", "id": ticket, "column_id": board.columns[2], "after": None})

    await ben.page.wait_for_function(  # both at once: the colour is soon gone
        """([column, ticket]) => document.querySelector(
            `[data-column="${column}"] [data-ticket="${ticket}"] > .ticket.flash > .ptag`
        )?.textContent === 'Ada moved this here'""",
        arg=[board.columns[2], ticket],
    )
    card = ben.lane(board.columns[2]).locator(f'[data-ticket="{ticket}"] > .ticket')
    await expect(card.locator(".ptag")).to_have_count(0)
    await expect(card).not_to_have_class(re.compile("flash"))
    # My own is simply so.
    assert await ada.ticket(ticket).locator(".ptag").count() == 0


async def test_a_change_in_sql_is_signed_by_its_role(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    role = board.sql("SELECT session_user")[0][0]
    board.rename(board.tickets[0], "Changed in psql")
    await expect(hands.ticket(board.tickets[0]).locator(".ptag")).to_have_text(f"SQL ({role}) changed this")
    await expect(hands.link(board.tickets[0])).to_have_text("Changed in psql")


async def test_others_changes_are_summed_up_for_the_ear(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    for ticket in board.tickets[:2]:
        await ada.tab.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[2]})
    await ada.tab.run({"do": "ticket.edit", "id": board.tickets[4], "title": "Other"})
    await expect(ben.said).to_have_text("Ada moved 2 tickets, Ada changed 1.", timeout=8_000)


async def test_my_keyboard_follows_the_ticket_that_someone_moves(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    ticket = board.tickets[0]
    await ben.press("ArrowDown")
    await expect(ben.link(ticket)).to_be_focused()
    await ada.tab.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[2]})
    await expect(ben.lane(board.columns[2]).locator(f'[data-ticket="{ticket}"] a.name')).to_be_focused()

    await ada.tab.run({"do": "ticket.archive", "id": ticket})

    await expect(ben.ticket(ticket)).to_have_count(0)
    await expect(ben.lane(board.columns[2]).locator("a.name:focus")).to_have_count(1)


async def test_what_i_am_typing_survives_a_remote_move_and_edit(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    ticket = board.tickets[0]
    await ben.press("ArrowDown", "e")
    await ben.page.keyboard.type("Ben writes")
    await ada.tab.run({"do": "ticket.move", "id": ticket, "column_id": board.columns[2]})
    field = ben.lane(board.columns[2]).locator("textarea.name-editor")
    await expect(field).to_be_focused()
    await ben.page.keyboard.type(" on")
    await expect(field).to_have_value("Ben writes on")

    await ada.tab.run({"do": "ticket.edit", "id": ticket, "title": "Ada was here"})
    await expect(field).to_have_value("Ben writes on")
    await ben.press("Enter")

    asked = ben.ticket(ticket).get_by_role("alert")
    await expect(asked).to_contain_text("Ada changed this title at")
    await expect(asked).to_contain_text("while you were typing. Your text is safe. Which one stays?")
    await expect(asked).to_contain_text("Ada was here")
    await expect(asked).to_contain_text("Ben writes on")
    assert board.title(ticket) == "Ada was here"
    await asked.get_by_role("button", name="Use mine").click()
    await expect(ada.link(ticket)).to_have_text("Ben writes on")
    await expect(asked).to_have_count(0)


@pytest.mark.parametrize("gone", ["archived", "deleted"])
async def test_the_text_in_a_ticket_that_is_taken_away_is_kept(
    served: Product, people: People, board: Board, window: Window, gone: str
) -> None:
    ben = await at(window, people, board, "Ben")
    ticket = board.tickets[0]
    role = board.sql("SELECT session_user")[0][0]
    await ben.press("ArrowDown", "e")
    await ben.page.keyboard.type("Do not lose me")

    if gone == "archived":
        board.sql("UPDATE ticket SET archived_at = now() WHERE id = %s", ticket)
    else:
        board.sql("DELETE FROM ticket WHERE id = %s", ticket)

    told = ben.toast(f"SQL ({role}) {gone} this ticket at ")
    await expect(told).to_contain_text("Your text is kept.")
    await expect(told.get_by_role("button", name="Copy my text")).to_be_visible()
    if gone == "archived":
        await told.get_by_role("button", name="Restore and save").click()
        await expect(ben.link(ticket)).to_have_text("Do not lose me")
        await ben.tab.until("board.pending().length === 0")
        assert board.title(ticket) == "Do not lose me"


@pytest.mark.parametrize("where", ["title", "composer"])
async def test_what_i_write_in_a_column_that_is_archived_comes_back_with_it(
    served: Product, people: People, board: Board, window: Window, where: str
) -> None:
    ben = await at(window, people, board, "Ben")
    role = board.sql("SELECT session_user")[0][0]
    await ben.press("ArrowDown", "e" if where == "title" else "c")
    await ben.page.keyboard.type("Do not lose me")

    board.sql("UPDATE board_column SET archived_at = now() WHERE id = %s", board.columns[0])

    told = ben.toast(f"SQL ({role}) archived this column at ")
    await expect(told).to_contain_text("Your text is kept.")
    await expect(told.get_by_role("button", name="Copy my text")).to_be_visible()
    await told.get_by_role("button", name="Restore").click()
    await expect(ben.lane(board.columns[0]).locator("textarea:focus")).to_have_value("Do not lose me")
    await ben.page.keyboard.type(" again")  # where I was
    await ben.press("Enter")
    await expect(ben.lane(board.columns[0]).locator("a.name", has_text="Do not lose me again")).to_be_visible()
    await saved(ben.page)
    assert "Do not lose me again" in board.titles()


async def test_what_somebody_archived_before_me_is_said_to_be_archived(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = await at(window, people, board)
    await window.context.set_offline(True)
    await ada.press("ArrowDown", "Delete")
    board.sql("UPDATE ticket SET archived_at = now() WHERE id = %s", board.tickets[0])
    await window.context.set_offline(False)

    await expect(ada.toast(f"{board.tickets[0]} was archived already.")).to_be_visible()
    await expect(ada.ticket(board.tickets[0])).to_have_count(0)


@pytest.mark.parametrize("where", ["title", "composer"])
async def test_what_i_write_on_a_board_i_am_removed_from_can_be_copied(
    served: Product, people: People, board: Board, window: Window, where: str
) -> None:
    person = people.new("Ben", board.id)
    await window.sign_in(person)
    ben = Hands(await window.tab(board.id))
    await ben.tab.live()
    await ben.page.wait_for_selector(".colhead")
    await ben.press("ArrowDown", "e" if where == "title" else "c")
    await ben.page.keyboard.type("Do not lose me")

    people.remove(person, board.id)

    await expect(ben.page.get_by_text("You are no longer a member of this board.")).to_be_visible()
    told = ben.toast("“Do not lose me” was not sent.")
    await expect(told.get_by_role("button", name="Copy my text")).to_be_visible()


async def test_a_half_written_ticket_goes_along_to_another_column(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = await at(window, people, board)
    await ada.press("ArrowDown", "c")
    await ada.page.keyboard.type("Half a ticket")

    await ada.lane(board.columns[1]).get_by_role("button", name="New ticket in Column 2").click()

    await expect(ada.lane(board.columns[1]).locator("textarea:focus")).to_have_value("Half a ticket")
    await ada.page.keyboard.type(", and the rest")
    await expect(ada.lane(board.columns[1]).locator("textarea:focus")).to_have_value("Half a ticket, and the rest")
    await ada.press("Enter", "Escape", "c")
    await expect(ada.lane(board.columns[1]).locator("textarea:focus")).to_have_value("")


async def test_undo_is_refused_when_someone_changed_the_same_since(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    ticket = board.tickets[0]
    await ada.press("ArrowDown", "e")
    await ada.page.keyboard.type("Ada's")
    await ada.press("Enter")
    await expect(ben.link(ticket)).to_have_text("Ada's")
    await ben.tab.run({"do": "ticket.edit", "id": ticket, "title": "Ben's"})
    await expect(ada.link(ticket)).to_have_text("Ben's")

    await ada.press("Control+z")

    await expect(ada.toast("Not undone: Ben changed this title at ")).to_be_visible()
    await expect(ada.link(ticket)).to_have_text("Ben's")
    assert board.title(ticket) == "Ben's"


async def test_a_ticket_that_my_filter_hides_is_announced(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    await ben.press("f")
    await ben.page.keyboard.type("ticket 1")
    await expect(ben.page).to_have_url(f"{other_window.url}/boards/{board.id}?q=ticket+1")
    await expect(ben.lane(board.columns[0]).locator(".colhead .n")).to_have_text("1 of 2")
    await expect(ben.lane(board.columns[1])).to_contain_text("No match among 2.")

    made = await ada.tab.run({"do": "ticket.create", "column_id": board.columns[0], "title": "Seldom"})

    told = ben.toast(f"Ada added {made['id']}. Your filter hides it.")
    await told.get_by_role("button", name="Show").click()
    await expect(ben.link(made["id"])).to_be_focused()


@pytest.mark.parametrize("asked", ["by the system", "here"])
async def test_reduced_motion_changes_colour_only(
    served: Product, people: People, board: Board, window: Window, other_window: Window, asked: str
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    if asked == "here":
        await ben.page.evaluate("localStorage.setItem('livelane.motion', 'reduced')")
        await ben.page.reload()
        await ben.page.wait_for_selector("[data-ticket]")
        await ben.tab.attach(board.id)
        await ben.tab.live()
    else:
        await ben.page.emulate_media(reduced_motion="reduce")
    await ben.page.evaluate(
        """() => {
            window.moved = []
            const animate = Element.prototype.animate
            Element.prototype.animate = function (...how) {
                moved.push(this.className)
                return animate.apply(this, how)
            }
        }"""
    )
    ticket = board.tickets[0]
    await ada.tab.do({"do": "ticket.move", "id": ticket, "column_id": board.columns[2], "after": None})
    flash = await ben.page.wait_for_function(  # all of it at once: it is soon gone
        """([moved, other]) => {
            const card = document.querySelector(`[data-ticket="${moved}"] > .flash`)
            if (!card) return null
            const plain = document.querySelector(`[data-ticket="${other}"] .ticket`)
            return [...[card, plain].map((each) => getComputedStyle(each).backgroundColor),
                getComputedStyle(card, '::before').animationName]
        }""",
        arg=[ticket, board.tickets[4]],
    )
    colour, plain, animation = await flash.json_value()
    assert colour != plain
    assert animation == "none"
    assert await ben.page.evaluate("moved") == []


async def test_a_remote_move_between_two_places_in_sight_travels_there(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    await ben.page.evaluate(
        """() => {
            window.travelled = []
            const animate = Element.prototype.animate
            Element.prototype.animate = function (frames, options) {
                const animation = animate.call(this, frames, options)
                if (this.classList.contains('traveller'))
                    travelled.push({ from: frames[0].transform, ms: animation.effect.getTiming().duration })
                return animation
            }
        }"""
    )
    await ada.tab.run({"do": "ticket.move", "id": board.tickets[0], "column_id": board.columns[2], "after": None})
    await ben.page.wait_for_function("() => travelled.length === 1")
    way = (await ben.page.evaluate("travelled"))[0]
    assert way["ms"] == 180
    assert way["from"].startswith("translate(-")  # it comes from the left
    await expect(ben.page.locator(".traveller")).to_have_count(0)


async def test_others_changes_can_be_muted(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada, ben = await at(window, people, board), await at(other_window, people, board, "Ben")
    await ben.page.get_by_role("button", name="You, Ben").click()
    await ben.page.get_by_role("menuitem", name="Do not announce others’ changes").click()
    await ada.tab.run({"do": "ticket.edit", "id": board.tickets[0], "title": "Other"})
    await expect(ben.link(board.tickets[0])).to_have_text("Other")
    await ben.page.wait_for_timeout(5_500)  # longer than they are gathered for
    await expect(ben.said).to_have_text("")
    await ben.press("ArrowDown", "Shift+ArrowRight")
    await expect(ben.said).to_have_text("Moved to Column 2, 1 of 3.")


def _fill(board: Board, titles: str = "'Bulk ' || n") -> list[int]:
    """Two hundred more tickets in the first column; their numbers, top to bottom."""
    rows = board.sql(
        f"INSERT INTO ticket (board_id, column_id, title, rank)"
        f" SELECT %s, %s, {titles}, 'b' || lpad(n::text, 6, '0') FROM generate_series(1, 200) n RETURNING id",
        board.id,
        board.columns[0],
    )
    return [ticket for (ticket,) in rows]


async def test_what_i_am_reading_stays_where_it_is_while_others_change_what_is_above(
    served: Product, people: People, board: Board, window: Window
) -> None:
    bulk = _fill(board)
    hands = await at(window, people, board)
    await hands.lane(board.columns[0]).locator(".list").evaluate("list => list.scrollTo(0, 5000)")
    await drawn(hands.page)
    read = await hands.page.evaluate(
        """() => {
            const { bottom, left } = document.querySelector('.lane-list').getBoundingClientRect()
            return +document.elementFromPoint(left + 40, bottom - 200).closest('[data-ticket]').dataset.ticket
        }"""
    )
    await hands.page.evaluate(
        """(ticket) => {
            window.places = new Set()
            const look = () => {
                places.add(Math.round(document.querySelector(`[data-ticket="${ticket}"]`)?.getBoundingClientRect().top))
                requestAnimationFrame(look)
            }
            look()
        }""",
        read,
    )

    board.sql("UPDATE ticket SET rank = 'a00' WHERE id = %s", bulk[150])  # from below
    board.sql("UPDATE ticket SET column_id = %s, rank = 'a00' WHERE id = %s", board.columns[0], board.tickets[1])
    board.sql("UPDATE ticket SET column_id = %s WHERE id = ANY(%s)", board.columns[1], bulk[2:5])
    board.sql("UPDATE ticket SET title = repeat('Longer ', 12) WHERE id = %s", bulk[0])
    await hands.tab.until(f"board.seq() === {board.seq()}")
    await drawn(hands.page)

    assert len(await hands.page.evaluate("[...places]")) == 1


async def test_the_ticket_i_am_at_keeps_the_keyboard_out_of_sight(
    served: Product, people: People, board: Board, window: Window
) -> None:
    bulk = _fill(board)
    hands = await at(window, people, board)
    await hands.press("ArrowDown", "ArrowDown", "ArrowDown")
    await expect(hands.link(bulk[0])).to_be_focused()
    await hands.lane(board.columns[0]).locator(".list").evaluate("list => list.scrollTo(0, 5000)")
    await expect(hands.ticket(bulk[75])).to_be_visible()
    await hands.page.evaluate("window.left = 0; document.activeElement.addEventListener('blur', () => left++)")

    board.sql("UPDATE ticket SET rank = 'a00' WHERE id = %s", bulk[150])
    await hands.tab.until(f"board.seq() === {board.seq()}")
    await drawn(hands.page)

    await expect(hands.link(bulk[0])).to_be_focused()
    assert await hands.page.evaluate("left") == 0


async def test_tickets_of_any_height_never_lie_on_each_other(
    served: Product, people: People, board: Board, window: Window
) -> None:
    bulk = _fill(board, "CASE n %% 3 WHEN 0 THEN repeat('WWW ', 13) WHEN 1 THEN repeat('i', 60) ELSE 'Short' END")
    hands = await at(window, people, board)
    await hands.page.evaluate(
        """() => {
            window.lying = []
            const look = () => {
                const slots = [...document.querySelectorAll('.lane-list')[0].querySelectorAll('[data-ticket]')]
                const rects = slots.map((slot) => slot.getBoundingClientRect()).sort((a, b) => a.top - b.top)
                for (let n = 1; n < rects.length; n++)
                    if (rects[n].top < rects[n - 1].bottom + 6) lying.push([rects[n - 1].bottom, rects[n].top])
                requestAnimationFrame(look)
            }
            look()
        }"""
    )

    for ticket in bulk[:6]:
        board.rename(ticket, "A title that takes three lines in a lane as narrow as this one is, or more than that")
    await hands.tab.until(f"board.seq() === {board.seq()}")
    for top in (300, 2000, 2300):
        await hands.lane(board.columns[0]).locator(".list").evaluate(f"list => list.scrollTo(0, {top})")
        await drawn(hands.page)

    assert await hands.page.evaluate("lying") == []
