"""The server goes away and comes back; the board says so, goes on working, and misses nothing."""

import asyncio
import os
import signal
from time import monotonic

import pytest

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Tab, Window
from tests.product import Product

pytestmark = pytest.mark.alone

BACK_S = 8.0  # five between two tries at most, and what a slow machine takes


async def outage(served: Product, seconds: float) -> float:
    """Kill the server and start it again; the moment it answers."""
    served.kill()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(served.start)
    return monotonic()


async def watching(window: Window, people: People, board: Board) -> Tab:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    return tab


@pytest.mark.parametrize("front", ["direct", "vite", "nginx"], indirect=True)
async def test_a_killed_server_is_live_again_within_5_s_and_nothing_is_missed_f44_f45(
    served: Product, people: People, board: Board, window: Window
) -> None:
    tab = await watching(window, people, board)
    board.rename(board.tickets[0], "before")
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'before'")

    served.kill()
    await tab.until("board.connection().word === 'reconnecting'", 5_000)
    for n in range(30):
        board.rename(board.tickets[n % 6], f"while away {n}")
    # Behind a proxy this is the 502 period: each attempt is answered, and refused.
    await asyncio.sleep(3)
    await asyncio.to_thread(served.start)
    back = monotonic()

    await tab.until(f"board.ticket({board.tickets[5]}).title === 'while away 29'")
    await tab.live()
    assert monotonic() - back < BACK_S
    assert await tab.missed() == []
    assert await tab.ask("board.seq()") == board.seq()


async def test_a_restart_is_said_and_outlived(served: Product, people: People, board: Board, window: Window) -> None:
    tab = await watching(window, people, board)
    await tab.ask(
        "void (window.words = [], board.subscribe('connection', () => words.push(board.connection().reason)))"
    )

    served.stop()
    await asyncio.to_thread(served.start)
    back = monotonic()

    await tab.live()
    assert monotonic() - back < BACK_S
    assert "restart" in await tab.ask("words")


async def test_after_ten_seconds_the_dot_says_since_when_and_on_return_what_came(
    served: Product, people: People, board: Board, window: Window
) -> None:
    tab = await watching(window, people, board)
    served.kill()
    lost = await tab.ask("Date.now()")

    await tab.until("board.connection().word === 'offline'", 13_000)
    said = await tab.ask("board.connection()")
    assert abs(said["since"] - lost) < 2_000
    assert said["nextTryAt"] is None or said["nextTryAt"] > lost

    board.rename(board.tickets[0], "one")
    board.rename(board.tickets[0], "two")
    await tab.do({"do": "ticket.edit", "id": board.tickets[1], "title": "Mine"})
    assert await tab.title(board.tickets[1]) == "Mine"
    await tab.until("board.pending()[0].state === 'waiting'")

    await asyncio.to_thread(served.start)
    await tab.live()
    await tab.until("notices.some((n) => n.kind === 'back')")
    back = (await tab.ask("notices.filter((n) => n.kind === 'back')"))[0]
    assert back["events"] >= 2
    assert back["sent"] == 1
    await tab.until("board.pending().length === 0")
    assert board.title(board.tickets[1]) == "Mine"


async def test_the_hint_offline_is_checked_within_two_seconds(
    served: Product, people: People, board: Board, window: Window
) -> None:
    tab = await watching(window, people, board)
    await window.context.set_offline(True)
    await tab.until("board.connection().word === 'offline'", 5_000)

    await window.context.set_offline(False)
    await tab.live(BACK_S * 1000)


@pytest.mark.slow
async def test_a_silent_cut_is_noticed_within_25_s(
    served: Product, people: People, board: Board, window: Window
) -> None:
    tab = await watching(window, people, board)
    process = served.process
    assert process
    os.killpg(process.pid, signal.SIGSTOP)  # nothing is closed, nothing is said
    try:
        await tab.until("board.connection().word !== 'live'", 27_500)
    finally:
        os.killpg(process.pid, signal.SIGCONT)
    await tab.live(15_000)
    board.rename(board.tickets[0], "after")
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'after'")


async def test_without_streams_the_board_is_read_again_and_again(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    await window.context.add_init_script(
        "delete window.SharedWorker; window.EventSource = class extends EventTarget {"
        " constructor() { super(); this.readyState = 0; setTimeout(() => { this.readyState = 2; this.onerror?.({}) }) }"
        " close() {} }"
    )
    tab = await window.tab(board.id)
    board.rename(board.tickets[0], "polled")
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'polled'", 15_000)
    assert await tab.ask("board.connection().word") == "polling"

    outcome = await tab.run({"do": "ticket.edit", "id": board.tickets[1], "title": "Written"})
    assert outcome["is"] == "saved"
    assert board.title(board.tickets[1]) == "Written"


async def test_a_board_i_am_removed_from_ends_within_a_second_and_returns_with_me_f28(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    await window.sign_in(ada)
    tab = await window.tab(board.id)
    await tab.live()

    people.remove(ada, board.id)
    await tab.until("['forbidden', 'gone'].includes(board.status())", 2_000)

    board.sql("INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, 'viewer')", board.id, ada.id)
    await tab.until("board.status() === 'ready'")
    board.rename(board.tickets[0], "again")
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'again'")


async def test_a_session_that_ends_says_so_and_keeps_what_was_not_sent(
    served: Product, people: People, board: Board, window: Window
) -> None:
    ada = people.new("Ada", board.id)
    await window.sign_in(ada)
    tab = await window.tab(board.id)
    await tab.live()

    people.end_sessions(ada)
    await tab.until("livelane.ended() === 'expired'", 3_000)
    await tab.do({"do": "ticket.edit", "id": board.tickets[0], "title": "Not yet"})
    assert await tab.ask("livelane.unsaved()") == 1
    assert board.title(board.tickets[0]) == "Ticket 1"

    # The same person signs in again, in another tab: this one goes on where it stood.
    await window.sign_in(people.renew(ada))
    other = await window.tab(board.id)
    await tab.until("livelane.ended() === undefined && board.pending().length === 0")
    await other.until(f"board.ticket({board.tickets[0]}).title === 'Not yet'")
    await tab.live()
