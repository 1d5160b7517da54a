"""F29: what people write, and what lets them in, stands in no log line and no metric."""

import re

import httpx
import pytest

from tests import sse
from tests.conformance.site import Board, Person
from tests.product import Product

TEXT = "Kohlrabi"  # in everything that is written below


@pytest.fixture
def serve(product: Product) -> Product:
    """The product, saying all it ever says."""
    product.start(LIVELANE_LOG_LEVEL="DEBUG")
    return product


async def test_logs_and_metrics_hold_no_payload_and_no_secret(serve: Product, ada: Person, board: Board):
    email = f"{TEXT.lower()}@example.org"
    password = f"wrong {TEXT}"
    made = await ada.did("POST", "/api/tokens", {"name": TEXT})
    column = f"/api/columns/{board.columns[0]}/tickets"
    async with ada.stream(board.stream) as stream:
        await stream.named("snapshot")
        ticket = await ada.did("POST", column, {"title": TEXT, "description": TEXT * 2000}, Idempotency_Key=f"k-{TEXT}")
        await stream.change()
        await ada.call("PATCH", f"/api/tickets/{ticket['id']}", {"title": TEXT * 100})  # too long
        await ada.call("PATCH", f"/api/tickets/{ticket['id']}", {TEXT: 1})  # an unknown field
        await ada.http.post(column, content=f'{{"title": "{TEXT}', headers={"Content-Type": "application/json"})
        await ada.did("PATCH", "/api/me", {"name": TEXT})
        await join_and_fail(ada, board, email)
        async with ada.site.sql() as sql:
            await sql.execute("UPDATE ticket SET title = %s WHERE id = %s", (f"{TEXT} by hand", ticket["id"]))
        async with httpx.AsyncClient(base_url=serve.url, headers={"Origin": serve.url}) as browser:
            await browser.post("/api/session", json={"email": ada.email, "password": password})
            await browser.get(f"/api/boards?token={made['token']}&q={TEXT}")
            await browser.get("/api/me", headers={"Authorization": f"Bearer {made['token']}x{TEXT}"})
    async with sse.stream(
        f"{serve.url}{board.stream}?after={TEXT}", {"Authorization": f"Bearer {ada.token}"}
    ) as stream:
        await stream.named("snapshot")
    serve.kill()  # the worst end: whatever is said at the end is said
    serve.start()
    metrics = (await ada.http.get("/metrics")).text

    for where, said in (("log", serve.log), ("metrics", metrics)):
        for secret in (TEXT, TEXT.lower(), ada.token, made["token"], ada.email, password):
            found = re.search(f".*{re.escape(secret)}.*", said)
            assert not found, f"{secret} stands in the {where}: {found[0]}"
    assert re.search(r'"board[/"]', serve.log), "the log names boards by id"


async def join_and_fail(ada: Person, board: Board, email: str) -> None:
    """An invitation, and an address that is none."""
    await ada.did("POST", f"{board.path}/members", {"email": email, "role": "viewer"})
    await ada.call("POST", f"{board.path}/members", {"email": f"{TEXT} {email}", "role": "viewer"})
