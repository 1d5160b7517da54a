"""Behind a proxy that strips `Upgrade` and refuses whoever asks for it."""

import pytest
from playwright.async_api import WebSocket

from tests.browser.board import Board
from tests.browser.people import People
from tests.browser.window import Tab, Window
from tests.product import Product

TRIES_ONE = """await new Promise((done) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/streams')
  socket.onopen = () => done('open')
  socket.onerror = () => done('refused')
})"""


@pytest.mark.parametrize("front", ["nginx"], indirect=True)
async def test_everything_works_where_websockets_are_blocked_f43(
    served: Product, people: People, board: Board, window: Window
) -> None:
    sockets: list[WebSocket] = []
    await window.sign_in(people.new("Ada", board.id))
    tab = Tab(await window.context.new_page(), window.url)
    tab.page.on("websocket", lambda socket: sockets.append(socket))
    await tab.open(board.id)
    await tab.live()

    outcome = await tab.run({"do": "ticket.edit", "id": board.tickets[0], "title": "Written"})
    board.rename(board.tickets[1], "From psql")
    await tab.until(f"board.ticket({board.tickets[1]}).title === 'From psql'")

    assert outcome["is"] == "saved"
    assert board.title(board.tickets[0]) == "Written"
    assert await tab.missed() == []
    assert sockets == []
    assert await tab.ask(TRIES_ONE) == "refused"
