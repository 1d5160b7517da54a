"""Pages and writes through real proxies, as a browser sends them."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.browser.people import People
from tests.conformance.site import Board, Person
from tests.product import Product
from tests.proxies.conftest import Fronts, Way
from tests.proxies.fronts import Front, front, ordinary

REWRITE_HOST = {Way(kind, "ordinary") for kind in ("nginx", "apache", "vite", "vite-preview")}


@pytest.fixture
async def page(front: Front, behind: Product, ada: Person, board: Board) -> AsyncIterator[httpx.AsyncClient]:
    """A page's requests through the proxy: with the cookie of a member of the board."""
    eva = People(behind.database_url).new("Eva", board.id)
    async with httpx.AsyncClient(base_url=front.url, cookies={eva.cookie: eva.secret}, timeout=10) as client:
        yield client


async def test_what_a_browser_over_tls_sends_is_done_once_with_all_its_headers(page: httpx.AsyncClient, board: Board):
    page.headers["Sec-Fetch-Site"] = "same-origin"
    key = {"Idempotency-Key": secrets.token_hex(8)}
    body = {"title": "Änderung", "description": "long " * 4_000}

    made = await page.post(f"/api/columns/{board.columns[0]}/tickets", json=body, headers=key)
    again = await page.post(f"/api/columns/{board.columns[0]}/tickets", json=body, headers=key)
    path = f"/api/tickets/{made.json()['id']}"
    stale = await page.patch(path, json={"title": "x"}, headers={"If-Match": '"99"'})
    moved = await page.post(f"{path}/move", json={"column_id": board.columns[1]}, headers={"If-Match": '"1"'})
    gone = await page.delete(path)
    snapshot = await page.get(board.path)
    same = await page.get(board.path, headers={"If-None-Match": snapshot.headers["etag"]})
    head = await page.head(f"/streams/boards/{board.id}")

    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json()["id"] == again.json()["id"]
    assert made.json()["description"] == body["description"]
    assert again.headers["event-seq"] == made.headers["event-seq"]
    assert made.headers["event-topic"] == board.topic
    assert stale.status_code == 409
    assert stale.headers["content-type"].startswith("application/problem+json")
    assert (moved.status_code, gone.status_code) == (200, 200)
    assert snapshot.headers["content-encoding"] == "gzip"
    assert snapshot.json()["seq"] == int(gone.headers["event-seq"]) == int(made.headers["event-seq"]) + 2
    assert same.status_code == 304
    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")


async def test_the_page_and_its_pieces_come(front: Front, way: Way, page: httpx.AsyncClient):
    if way.kind.startswith("vite"):
        pytest.skip("Vite's pages are a front end's own")

    shown = await page.get("/", headers={"Accept": "text/html"})
    deep = await page.get("/boards/1", headers={"Accept": "text/html"})

    assert shown.status_code == deep.status_code == 200
    assert "<base href=" in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    script = shown.text.partition('type="module"')[2].partition('src="./')[2].partition('"')[0]
    assert (await page.get(f"/{script}")).headers["cache-control"].endswith("immutable")


async def test_a_cache_keeps_nothing_that_changes(fronts: Fronts, board: Board):
    async with httpx.AsyncClient(base_url=fronts[Way("varnish", "ordinary")].url) as client:
        kept: list[str] = []
        for path in (
            "/",
            "/boards/1",
            "/health/live",
            "/health/ready",
            "/metrics",
            "/api/me",
            board.path,
            board.stream,
        ):
            await client.get(path)
            answer = await client.get(path)
            if len(answer.headers["x-varnish"].split()) > 1:  # it names the request that it was fetched by
                kept.append(path)

    assert kept == []


async def test_a_cookies_write_from_plain_http_needs_the_host_or_is_told_the_public_url_f70(
    front: Front, way: Way, page: httpx.AsyncClient, board: Board
):
    """Browsers say no Sec-Fetch-Site there; Origin and Host are all there is."""
    page.headers["Origin"] = front.url

    answer = await page.patch(board.path, json={"title": "By its page"})

    if way in REWRITE_HOST:
        assert answer.status_code == 403
        assert f"--public-url {front.url};" in answer.json()["detail"]
    else:
        assert answer.status_code == 200, answer.text


async def test_a_stock_nginx_over_plain_http_works_once_public_url_is_set_f70(product: Product, tmp_path: Path):
    people = People(product.database_url)
    with front("nginx", ordinary("nginx"), [product.port], tmp_path / "nginx") as nginx:
        product.start()
        ada = people.new("Ada")
        async with httpx.AsyncClient(
            base_url=nginx.url, cookies={ada.cookie: ada.secret}, headers={"Origin": nginx.url}
        ) as page:
            refused = await page.post("/api/boards", json={"title": "Road"})
            said = refused.json()["detail"].partition("start it with ")[2].partition(";")[0]
            product.stop()
            product.start(*said.split())
            done = await page.post("/api/boards", json={"title": "Road"})
            foreign = await page.post("/api/boards", json={"title": "x"}, headers={"Origin": "http://evil.example"})

    assert (refused.status_code, done.status_code, foreign.status_code) == (403, 201, 403)
