"""The first account, invitations and sign-in links: from a printed link to a board."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.board import Board
from tests.browser.hands import at
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product

PASSWORD = "correct horse battery"


async def first_account(window: Window, product: Product) -> Page:
    page = await window.context.new_page()
    await page.goto(f"{product.url}/#code={product.setup_code}")
    await page.get_by_label("Name").fill("Noor Bek")
    await page.get_by_label("Email").fill("noor@harbour.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account and open the sample board").click()
    await page.wait_for_url("**/boards/*")
    return page


@pytest.mark.alone
async def test_the_printed_link_makes_the_first_account_and_opens_a_board_to_play_with(
    served: Product, window: Window
) -> None:
    page = await first_account(window, served)

    await expect(page.locator(".ticket").first).to_be_visible()
    await expect(page.get_by_test_id("connection")).to_have_text("Live")
    await page.get_by_role("link", name="Boards", exact=True).click()
    await expect(page.locator("a.brow")).to_have_count(1)
    await expect(page.locator("a.brow .num")).to_contain_text("tickets")


@pytest.mark.alone
async def test_the_server_says_how_it_is_before_it_asks_for_trust(served: Product, window: Window) -> None:
    page = await window.context.new_page()
    await page.goto(f"{served.url}/#code={served.setup_code}")

    proof = page.get_by_role("region", name="This server, just now")
    await expect(proof.get_by_text("Database")).to_be_visible()
    await expect(proof.get_by_text("Event log")).to_be_visible()
    await expect(proof.locator("li", has_text="Stream to this browser")).to_contain_text(" ms")
    await expect(proof.locator("li", has_text="Plain HTTP")).to_contain_text("this machine only")


@pytest.mark.alone
async def test_the_code_leaves_the_address_at_once(served: Product, window: Window) -> None:
    page = await window.context.new_page()
    await page.goto(f"{served.url}/#code={served.setup_code}")
    await expect(page.get_by_role("heading", name="Create the first account")).to_be_visible()

    assert "code" not in page.url
    assert "code" not in await page.evaluate("JSON.stringify([localStorage, sessionStorage])")


@pytest.mark.alone
async def test_a_used_link_says_so_and_leads_on(served: Product, window: Window, other_window: Window) -> None:
    await first_account(window, served)
    page = await other_window.context.new_page()
    await page.goto(f"{served.url}/#code={served.setup_code}")

    await expect(page.get_by_role("heading", name="This link does not work, or not any more.")).to_be_visible()
    await page.get_by_role("button", name="Go on without it").click()
    await expect(page.get_by_role("heading", name="Sign in to Livelane")).to_be_visible()


@pytest.mark.alone
async def test_a_short_password_is_refused_at_its_field(served: Product, window: Window) -> None:
    page = await window.context.new_page()
    await page.goto(f"{served.url}/#code={served.setup_code}")
    await page.get_by_label("Name").fill("Noor")
    await page.get_by_label("Email").fill("noor@harbour.example")
    await page.get_by_label("Password").fill("short")
    await page.get_by_role("button", name="Create account").click()

    await expect(page.get_by_label("Password")).to_be_focused()
    assert not await page.get_by_label("Password").evaluate("field => field.checkValidity()")


async def test_somebody_new_comes_in_by_an_invitation(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada = await at(window, people, board, role="owner")
    await ada.page.get_by_role("button", name="Members").or_(ada.page.get_by_role("link", name="Members")).first.click()
    await ada.page.get_by_label("Address").fill(f"wen.{board.id}@harbour.example")
    await ada.page.get_by_role("button", name="Invite").click()
    link = await ada.page.get_by_test_id("invitation").inner_text()

    page = await other_window.context.new_page()
    await page.goto(link)
    await expect(page.get_by_role("heading", name=f"Join {'Road'}")).to_be_visible()
    await expect(page.get_by_label("Email")).to_have_value(f"wen.{board.id}@harbour.example")
    await page.get_by_label("Name").fill("Wen Li")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account and open the board").click()

    await page.wait_for_url(f"**/boards/{board.id}")
    await expect(page.locator(".ticket").first).to_be_visible()
    await expect(ada.page.locator(".member", has_text="Wen Li")).to_be_visible()


async def test_who_is_signed_in_already_joins_with_one_press(
    served: Product, people: People, board: Board, window: Window, other_window: Window
) -> None:
    ada = await at(window, people, board, role="owner")
    link = await ada.page.evaluate(
        """async ([board, member]) => (await (await fetch(`api/boards/${board}/members`, {
            method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(member),
        })).json()).link""",
        [board.id, {"email": "x@y.example", "role": "viewer"}],
    )
    await other_window.sign_in(people.new("Ben"))
    page = await other_window.context.new_page()
    await page.goto(link.replace("localhost", "127.0.0.1"))  # where Ben's cookie is
    await page.get_by_role("button", name="Join as Ben").click()

    await page.wait_for_url(f"**/boards/{board.id}")
    await expect(page.locator(".ticket").first).to_be_visible()


@pytest.mark.parametrize("wrong", ["#code=abcdefgh", "#code=%3Cimg%20src=x%3E", "#nothing"])
async def test_any_other_fragment_leads_to_the_sign_in_page(served: Product, window: Window, wrong: str) -> None:
    page = await window.context.new_page()
    await page.goto(f"{served.url}/{wrong}")
    on = page.get_by_role("button", name="Go on without it").or_(page.get_by_role("button", name="Sign in"))
    await expect(on).to_be_visible()
