"""`just screenshots` makes the README's pictures from the running product.

`just screenshots FOLDER [NAMES …]` takes every page there, in light and dark, on a desk and at 360 px.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from service.schema.embedded import attach
from service.schema.migrate import migrate
from tests.browser.conftest import CHROMIUM, ROOT
from tests.browser.harbour import Harbour
from tests.browser.window import Window
from tests.product import Product

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}
README = (
    "first-start-light",
    "board-light",
    "board-dark",
    "ticket-light",
    "connection-light",
    "past-light",
    "phone-board-light",
)
EVENTS = 100  # for the plot behind the dot
BETWEEN_S = 0.04

THEMES = ("light", "dark")
Visit = Callable[[Page, Harbour], Awaitable[None]]
Wanted = Callable[[str], Path | None]  # where a picture goes; None: not asked for


async def board(page: Page, harbour: Harbour) -> None:
    await page.goto(f"{harbour.url}/boards/{harbour.board}")
    await page.get_by_text("Vessel positions").wait_for()


async def at_work(page: Page, harbour: Harbour) -> None:
    """The board, with others at work on it."""
    await board(page, harbour)
    top = await page.locator('[data-ticket="306"]').get_attribute("data-index") == "0"
    review = {"column_id": harbour.columns["Review"], "after": 300 if top else None}
    for number, name, title in (
        (331, "Mira", "Tide heights are wrong at Skerry Point"),
        (311, "Wen", "Keep the timetable"),
    ):
        now = await page.locator(f'[data-ticket="{number}"] .name').inner_text()
        more = " on the day the clocks go back" if number == 331 else " for 48 hours when there is no signal"
        harbour.act(name, "PATCH", f"/api/tickets/{number}", {"title": title if now.endswith(more) else title + more})
    harbour.act("Tomás", "POST", "/api/tickets/306/move", review)
    await page.get_by_text("Tomás moved this here").first.wait_for()


async def ticket(page: Page, harbour: Harbour) -> None:
    """A ticket beside its board, with two people at its title."""
    await page.goto(f"{harbour.url}/boards/{harbour.board}/tickets/318")
    await page.locator(".prose").wait_for()
    await page.locator(".log li").nth(4).wait_for()
    title = page.locator(".main h1.title button")
    now, usual = await title.inner_text(), "Cancellation push gives the reason and the next sailing"
    await title.click()
    await page.get_by_label("Title", exact=True).fill("Push says why a sailing is cancelled")
    harbour.act("Iris", "PATCH", "/api/tickets/318", {"title": usual if now != usual else f"{usual} today"})
    await page.get_by_role("button", name="Keep Iris’s").wait_for()
    await page.locator(".log li").nth(5).wait_for()


async def connection(page: Page, harbour: Harbour) -> None:
    await board(page, harbour)
    title = "Vessel positions lag a minute behind the radio feed"
    for n in range(EVENTS):
        name = ("Mira", "Tomás", "Wen")[n % 3]
        harbour.act(name, "PATCH", "/api/tickets/312", {"title": title + " ." * (n % 2)})
        await page.wait_for_timeout(BETWEEN_S * 1000)
    harbour.act("Mira", "PATCH", "/api/tickets/312", {"title": title})
    await page.locator(".conn").click()
    await page.get_by_text("A fresh stream").wait_for()


async def past(page: Page, harbour: Harbour) -> None:
    await page.goto(f"{harbour.url}/boards/{harbour.board}/past")
    await page.locator(".timeline").wait_for()
    hand = page.get_by_role("slider", name="Moment")
    box = await hand.bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] * 0.63, box["y"] + 40)
    for _ in range(20):  # on to a moment that is about a move
        if "→" in await page.locator(".tm .what").inner_text():
            break
        await hand.press("ArrowRight")
    await page.locator(".ticket.here").wait_for()


async def boards(page: Page, harbour: Harbour) -> None:
    await page.goto(harbour.url + "/")
    await page.get_by_text("Island council requests").wait_for()
    await page.locator(".brow .num b").nth(4).wait_for()


async def members(page: Page, harbour: Harbour) -> None:
    await page.goto(f"{harbour.url}/boards/{harbour.board}/members")
    await page.get_by_label("Role of Tomás Vidal").wait_for()


async def settings(page: Page, harbour: Harbour) -> None:
    await page.goto(harbour.url + "/settings")
    await page.get_by_text("Tokens for programs").wait_for()


PICTURES: dict[str, tuple[Visit, dict[str, int]]] = {
    "board": (at_work, DESK),
    "ticket": (ticket, DESK),
    "past": (past, DESK),
    "connection": (connection, DESK),
    "boards": (boards, DESK),
    "members": (members, DESK),
    "settings": (settings, DESK),
    "phone-board": (at_work, PHONE),
    "phone-ticket": (ticket, PHONE),
    "phone-past": (past, PHONE),
    "phone-boards": (boards, PHONE),
}


async def first_start(browser: Browser, url: str, code: str, wanted: Wanted) -> None:
    """Before there is anybody; and the sign-in page."""
    for theme in THEMES:
        for size, prefix in ((DESK, ""), (PHONE, "phone-")):
            start, sign_in = wanted(f"{prefix}first-start-{theme}"), wanted(f"{prefix}sign-in-{theme}")
            if not (start or sign_in):
                continue
            context = await browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
            page = await context.new_page()
            if start:
                await page.goto(f"{url}/#code={code}")
                await page.get_by_text("Stream to this browser").wait_for()
                await page.get_by_label("Name").fill("Noor Bek")
                await page.get_by_label("Email").fill("noor@harbour.example")
                await page.get_by_label("Password").fill("a long enough password")
                await shoot(page, start)
            if sign_in:
                await page.goto(url + "/")
                await page.get_by_text("The server answered in").wait_for()
                await shoot(page, sign_in)
            await context.close()


async def shoot(page: Page, path: Path) -> None:
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=path, caret="hide")


async def visit(context: BrowserContext, harbour: Harbour, name: str, path: Path) -> None:
    go, size = PICTURES[name]
    page = await context.new_page()
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await go(page, harbour)
    await page.wait_for_timeout(400)  # flashes end, the description's own part has come
    await shoot(page, path)
    await page.close()


async def take(product: Product, wanted: Wanted) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        await first_start(browser, product.url, product.setup_code, wanted)
        harbour = Harbour(product.url, product.database_url)
        await asyncio.to_thread(harbour.fill)
        for theme in THEMES:
            choose = f"try {{ localStorage.setItem('livelane.theme', '{theme}') }} catch {{}}"
            for name in PICTURES:
                path = wanted(f"{name}-{theme}")
                if path is None:
                    continue
                print(path.name)
                async with Window(browser, product.url) as window:  # a fresh one: drafts of the last are not there
                    await window.sign_in(harbour.people["Noor"])
                    await window.context.add_init_script(choose)
                    await visit(window.context, harbour, name, path)
        await browser.close()


def main() -> None:
    here, names = ROOT / "docs" / "pictures", set(README)
    if len(sys.argv) > 1:
        here, names = Path(sys.argv[1]), {f"{name}-{theme}" for name in sys.argv[2:] for theme in THEMES}
    here.mkdir(parents=True, exist_ok=True)

    def wanted(name: str) -> Path | None:
        return here / f"{name}.png" if not names or name in names else None

    with tempfile.TemporaryDirectory(prefix="livelane-pictures-") as place, attach(Path(place) / "data") as server:
        migrate(server.url)
        with Product(server.url, Path(place) / "serve.log") as product:
            product.start()
            asyncio.run(take(product, wanted))


if __name__ == "__main__":
    main()
