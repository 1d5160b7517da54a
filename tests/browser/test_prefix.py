"""The product under a path prefix, as behind a proxy that serves other things too."""

from playwright.async_api import Browser

from tests.browser.board import make_board
from tests.browser.people import People
from tests.browser.window import Window
from tests.product import Product


async def test_everything_works_under_a_path_prefix(web_app: None, product: Product, chromium: Browser) -> None:
    url = f"{product.url}/team/live"
    product.start("--migrate", "--public-url", url)
    board = make_board(product.database_url)
    people = People(product.database_url)
    async with Window(chromium, url) as window:
        await window.sign_in(people.new("Ada", board.id))
        tab = await window.tab(board.id)
        await tab.live()
        assert await tab.ask("board.connection().holder") == "shared"

        outcome = await tab.run({"do": "ticket.edit", "id": board.tickets[0], "title": "Under a prefix"})
        assert outcome["is"] == "saved"
        board.rename(board.tickets[1], "From psql")
        await tab.until(f"board.ticket({board.tickets[1]}).title === 'From psql'")
        asked = await tab.ask("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")
        assert asked
        assert all(path.startswith("/team/live/") for path in asked), asked
