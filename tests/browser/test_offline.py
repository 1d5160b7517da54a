"""What is done without a connection is kept, goes out once, in order, and under nobody else's name."""

import asyncio

import pytest
from playwright.async_api import Route

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Tab, Window
from tests.product import Product

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("front", ["vite"], indirect=True)
async def test_offline_edits_survive_a_reload_and_go_out_once_in_order(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    await tab.ask(
        "dispatchEvent(new PageTransitionEvent('pagehide')) && dispatchEvent(new PageTransitionEvent('pageshow'))"
    )
    served.kill()

    first, second, third = board.tickets[:3]
    await tab.do({"do": "ticket.edit", "id": first, "title": "A"})
    await tab.do({"do": "ticket.move", "id": second, "column_id": board.columns[2], "after": None})
    await tab.do({"do": "ticket.create", "column_id": board.columns[0], "title": "Made offline"})
    await tab.do({"do": "ticket.edit", "id": third, "title": "B"})
    keys = [op["op"] for op in await tab.ask("board.pending()")]
    await tab.kept(4)

    await tab.page.reload()
    await tab.attach(board.id)
    await tab.until("board.status() === 'ready' && board.pending().length === 4")
    assert await tab.title(first) == "A"
    assert await tab.ask(f"board.tickets({board.columns[2]})[0]") == second
    assert await tab.ask(
        f"board.tickets({board.columns[0]}).map((t) => board.ticket(t).title).includes('Made offline')"
    )

    await asyncio.to_thread(served.start)
    await tab.until("board.pending().length === 0", 20_000)
    assert board.ops() == keys
    assert board.title(first) == "A"
    assert board.column_of(second) == board.columns[2]
    assert board.titles().count("Made offline") == 1


async def test_a_lost_answer_is_no_second_ticket_f60(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    lost = 0

    async def lose_answers(route: Route) -> None:
        nonlocal lost
        await route.fetch()
        lost += 1
        await (route.abort() if lost < 3 else route.continue_())

    await window.context.route("**/api/columns/*/tickets", lose_answers)
    await tab.do({"do": "ticket.create", "column_id": board.columns[0], "title": "Once"})
    await tab.until("board.pending().length === 0", 20_000)
    await asyncio.sleep(1.5)

    assert board.titles().count("Once") == 1
    titles = await tab.ask("board.columns().flatMap((c) => board.tickets(c)).map((t) => board.ticket(t).title)")
    assert titles.count("Once") == 1


async def test_what_a_crashed_tab_did_not_send_another_tab_sends(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    stays = await window.tab(board.id)
    tab = await window.tab(board.id)
    await tab.live()
    served.kill()
    await tab.do({"do": "ticket.edit", "id": board.tickets[0], "title": "From the dead"})
    await tab.kept(1)
    await tab.crash()
    await asyncio.to_thread(served.start)

    await stays.until(f"board.ticket({board.tickets[0]}).title === 'From the dead'", 45_000)
    await stays.until("board.pending().length === 0")
    assert board.title(board.tickets[0]) == "From the dead"
    assert len(board.ops()) == 1


@pytest.mark.parametrize("front", ["vite"], indirect=True)
async def test_the_next_person_at_this_browser_gets_nothing_of_the_first_f72(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada, ben = people.new("Ada", board.id), people.new("Ben", board.id)
    await window.sign_in(ada)
    tab = await window.tab(board.id)
    await tab.live()
    await tab.ask(
        "dispatchEvent(new PageTransitionEvent('pagehide')) && dispatchEvent(new PageTransitionEvent('pageshow'))"
    )
    served.kill()
    await tab.do({"do": "ticket.edit", "id": board.tickets[0], "title": "Ada's secret"})
    await tab.kept(1)
    await tab.page.goto("about:blank")
    await asyncio.to_thread(served.start)

    # Ben's cookie; the browser is the same.
    await window.sign_in(ben)
    bens = await window.tab(board.id)
    await bens.live()
    assert await bens.title(board.tickets[0]) == "Ticket 1"
    assert await bens.ask("livelane.unsaved()") == 0
    assert await bens.ask("livelane.person.name") == "Ben"
    await asyncio.sleep(3)
    assert board.title(board.tickets[0]) == "Ticket 1"
    await bens.page.close()

    # Ada is back, and so is what she did.
    await window.sign_in(ada)
    adas = await window.tab(board.id)
    await adas.until(f'board.ticket({board.tickets[0]}).title === "Ada\'s secret"', 20_000)
    await adas.until("board.pending().length === 0")
    rows = board.sql("SELECT actor_id FROM event WHERE topic = %s AND op IS NOT NULL", f"board/{board.id}")
    assert rows == [(ada.id,)]


async def test_an_open_tab_sends_nothing_once_someone_else_signed_in_f72(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada, ben = people.new("Ada", board.id), people.new("Ben", board.id)
    await window.sign_in(ada)
    adas = await window.tab(board.id)
    await adas.live()
    await window.sign_in(ben)
    bens = await window.tab(board.id)
    await bens.live()

    await adas.until("livelane.ended() === 'other'")
    await adas.do({"do": "ticket.edit", "id": board.tickets[0], "title": "As Ben?"})
    board.rename(board.tickets[1], "For Ben")
    await bens.until(f"board.ticket({board.tickets[1]}).title === 'For Ben'")
    await asyncio.sleep(2)
    assert board.title(board.tickets[0]) == "Ticket 1"
    assert await adas.title(board.tickets[1]) == "Ticket 2"


async def test_writes_older_than_a_day_ask_first(served: Product, people: People, board: Board, window: Window) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    served.kill()
    await tab.do({"do": "ticket.edit", "id": board.tickets[0], "title": "Yesterday's news"})
    await tab.until("board.pending()[0].state === 'waiting'")
    await tab.kept(1)
    await age_kept_changes(tab, hours=25)
    await tab.page.goto("about:blank")
    await asyncio.to_thread(served.start)

    await tab.open(board.id)
    await tab.until("livelane.oldChanges()?.count === 1")
    assert board.title(board.tickets[0]) == "Ticket 1"

    await tab.ask("void livelane.oldChanges().send()")
    await tab.until(f'board.ticket({board.tickets[0]}).title === "Yesterday\'s news" && board.pending().length === 0')
    assert board.title(board.tickets[0]) == "Yesterday's news"
    assert await tab.ask("livelane.oldChanges() === undefined")


async def age_kept_changes(tab: Tab, hours: int) -> None:
    await tab.page.evaluate(
        """async (ms) => {
            for (const { name } of await indexedDB.databases()) {
                const opening = indexedDB.open(name)
                const db = await new Promise((done) => { opening.onsuccess = () => done(opening.result) })
                const store = db.transaction('ops', 'readwrite').objectStore('ops')
                const all = store.getAll()
                all.onsuccess = () => { for (const op of all.result) store.put({ ...op, at: op.at - ms }) }
                await new Promise((done) => { store.transaction.oncomplete = done })
                db.close()
            }
        }""",
        hours * 3_600_000,
    )
