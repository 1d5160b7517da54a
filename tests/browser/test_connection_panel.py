"""Behind the dot: the sentence, the figures, the way, and a report to paste."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.hands import Hands, at
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def panel(hands: Hands) -> Page:
    await hands.page.locator(".conn").click()
    # Its part of the program is fetched late: once the heading is there, so is the rest.
    await expect(hands.page.get_by_role("dialog", name="Connection").get_by_role("heading")).to_be_visible()
    return hands.page


async def test_it_says_the_number_and_measures_the_last_events(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    for n in range(5):
        board.rename(board.tickets[0], f"Title {n}")
    await hands.tab.until(f"board.seq() === {board.seq()}")
    page = await panel(hands)
    dialog = page.get_by_role("dialog", name="Connection")

    await expect(dialog.get_by_role("heading")).to_have_text(f"Live at event {board.seq()}")
    await expect(dialog).to_contain_text("The server’s last number is the same as yours.")
    await expect(dialog.locator(".plot .v")).to_have_count(5)
    await expect(dialog.locator(".figs")).to_contain_text("Missed")
    await expect(dialog.locator(".hops li", has_text="A fresh stream")).to_contain_text(" ms")
    await expect(dialog).to_contain_text("One stream for this browser")


async def test_the_figures_beside_the_plot_have_room(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    board.rename(board.tickets[0], "Another title")
    await hands.tab.until(f"board.seq() === {board.seq()}")
    plot = (await panel(hands)).locator(".plot")
    await expect(plot.locator("text.pl")).to_have_count(2)

    over = await plot.evaluate(
        """(plot) => {
            const figure = plot.querySelector('text.pl:last-of-type')
            figure.textContent = 'p95 8888' // a slow day
            return figure.getBoundingClientRect().right - plot.getBoundingClientRect().right
        }"""
    )

    assert over <= 1


async def test_it_counts_the_tabs_that_share_the_stream(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    second = await window.tab(board.id)
    await second.live()
    await panel(hands)
    await expect(hands.page.get_by_text("2 tabs share one stream")).to_be_visible()


async def test_the_report_can_be_pasted(served: Product, people: People, board: Board, window: Window) -> None:
    await window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hands = await at(window, people, board)
    page = await panel(hands)
    await expect(page.get_by_text("A fresh stream")).to_be_visible()
    await page.get_by_role("button", name="Copy report").click()
    await expect(page.locator(".toast", has_text="Copied the report.")).to_be_visible()
    report = await page.evaluate("navigator.clipboard.readText()")

    assert report.startswith(f"Livelane at {served.url}/")
    assert f"Live at event {board.seq()}" in report
    assert "A fresh stream" in report


@pytest.mark.alone
async def test_an_outage_is_said_with_the_next_try(
    served: Product, people: People, board: Board, window: Window
) -> None:
    hands = await at(window, people, board)
    page = await panel(hands)
    served.kill()

    dialog = page.get_by_role("dialog", name="Connection")
    await expect(dialog.get_by_role("heading")).to_have_text("Reconnecting")
    await expect(dialog).to_contain_text("The stream broke at")
