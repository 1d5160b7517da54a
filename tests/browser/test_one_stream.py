"""One stream for a whole browser, whatever becomes of its tabs."""

import asyncio
from time import monotonic

import httpx
import pytest

from tests.browser.board import Board, make_board
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product

pytestmark = pytest.mark.alone


def open_streams(product: Product) -> int:
    """As the server counts them."""
    lines = httpx.get(f"{product.url}/metrics").text.splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("livelane_streams_open "))


async def until_streams(product: Product, count: int, within_s: float = 15.0) -> None:
    end = monotonic() + within_s
    while (found := open_streams(product)) != count:
        assert monotonic() < end, f"{found} streams, not {count}"
        await asyncio.sleep(0.05)


async def test_ten_tabs_hold_one_stream_and_all_are_live_and_can_fetch_f46(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tabs = [await window.tab(board.id) for _ in range(10)]
    await until_streams(served, 1)

    board.rename(board.tickets[0], "From psql")

    for tab in tabs:
        await tab.until(f"board.ticket({board.tickets[0]}).title === 'From psql'")
        assert await tab.ask("(await fetch('api/me')).status") == 200
        await tab.until("board.connection().tabs === 10")
    assert open_streams(served) == 1


async def test_several_boards_share_the_stream_too_f46(
    served: Product, people: People, board: Board, window: Window
) -> None:
    others = [make_board(served.database_url, f"Other {n}") for n in range(6)]
    ada = people.new("Ada", board.id)
    for other in others:
        other.sql("INSERT INTO member (board_id, person_id, role) VALUES (%s, %s, 'editor')", other.id, ada.id)
    await window.sign_in(ada)
    first = await window.tab(board.id)
    tabs = [await window.tab(other.id) for other in others]

    board.rename(board.tickets[0], "Here")
    for other in others:
        other.rename(other.tickets[0], "There")

    await first.until(f"board.ticket({board.tickets[0]}).title === 'Here'")
    for tab, other in zip(tabs, others, strict=True):
        await tab.until(f"board.ticket({other.tickets[0]}).title === 'There'")
    await until_streams(served, 1)


async def test_the_first_tab_crashes_and_the_others_are_live_again_within_2_s_f47(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tabs = [await window.tab(board.id) for _ in range(4)]
    for tab in tabs:
        await tab.live()
    board.rename(board.tickets[0], "before")
    for tab in tabs[1:]:
        await tab.until(f"board.ticket({board.tickets[0]}).title === 'before'")

    session = await tabs[0].cdp()
    crash = asyncio.ensure_future(session.send("Page.crash"))  # it has no answer
    for n in range(60):
        board.rename(board.tickets[0], f"during {n}")
        await asyncio.sleep(0.02)
    for tab in tabs[1:]:
        await tab.until(f"board.ticket({board.tickets[0]}).title === 'during 59'")
    crash.cancel()

    for tab in tabs[1:]:
        assert await tab.longest_silence() < 5  # two are promised, on a machine that does nothing else
        assert await tab.missed() == []
        await tab.live()
    await until_streams(served, 1)


async def test_closing_tabs_keeps_the_stream_until_the_last_one_goes(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tabs = [await window.tab(board.id) for _ in range(3)]
    await tabs[0].page.close()
    await tabs[1].page.close()

    board.rename(board.tickets[0], "Still here")
    await tabs[2].until(f"board.ticket({board.tickets[0]}).title === 'Still here'")
    await tabs[2].until("board.connection().tabs === 1")

    await tabs[2].page.close()
    await until_streams(served, 0)


async def test_without_a_shared_worker_the_tab_holds_its_own_stream(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    await window.context.add_init_script("delete window.SharedWorker")
    tab = await window.tab(board.id)

    board.rename(board.tickets[0], "Alone")
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'Alone'")
    assert await tab.ask("board.connection().holder") == "tab"
    await until_streams(served, 1)


async def test_back_and_forward_leave_no_ghost_and_miss_nothing_f48(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    tab = await window.tab(board.id)
    await tab.live()
    await tab.ask("void (window.restored = null, addEventListener('pageshow', (e) => { restored = e.persisted }))")
    board.rename(board.tickets[0], "before")
    await tab.until(f"board.ticket({board.tickets[0]}).title === 'before'")

    await tab.page.goto(f"{served.url}/health/live")
    await until_streams(served, 0)
    for n in range(5):
        board.rename(board.tickets[0], f"away {n}")
    await tab.page.go_back(wait_until="commit")

    await tab.until(f"window.board && board.ticket({board.tickets[0]}).title === 'away 4'")
    assert await tab.ask("restored") is True, "the page did not come from the back/forward cache"
    assert await tab.missed() == []
    await until_streams(served, 1)


@pytest.mark.slow
async def test_a_frozen_first_tab_starves_nobody_f48(
    served: Product, people: People, board: Board, window: Window
) -> None:
    await window.sign_in(people.new("Ada", board.id))
    first = await window.tab(board.id)
    second = await window.tab(board.id)
    session = await first.cdp()
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})

    for n in range(10):
        board.rename(board.tickets[0], f"frozen {n}")
    await second.until(f"board.ticket({board.tickets[0]}).title === 'frozen 9'")

    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await first.until(f"board.ticket({board.tickets[0]}).title === 'frozen 9'")
    assert await first.missed() == []
    assert await second.missed() == []
