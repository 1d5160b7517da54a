"""Under a path prefix, whether the proxy strips it or passes it on."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import sse
from tests.browser.people import People
from tests.cluster import Cluster
from tests.product import Product
from tests.proxies.certificate import Certificate
from tests.proxies.fronts import front, ours

ORIGIN = "https://intra.example"
# what our configuration says, and what it says instead under /board/
PASSED_ON = {
    "nginx": [("location / {", "location /board/ {")],
    "haproxy": [("default_backend livelane", "use_backend livelane if { path_beg /board/ }")],
    "caddy": [("reverse_proxy 127.0.0.1:8000", "handle /board/* {\n reverse_proxy 127.0.0.1:8000\n}")],
    "apache": [("ProxyPass / http://127.0.0.1:8000/", "ProxyPass /board/ http://127.0.0.1:8000/board/")],
    "varnish": [("^/streams", "^/board/streams"), ("^/(api", "^/board/(api")],
}
STRIPPED = {
    "nginx": [("location / {", "location /board/ {"), ("proxy_pass http://livelane;", "proxy_pass http://livelane/;")],
    "haproxy": [
        (
            "default_backend livelane",
            "http-request replace-path /board/(.*) /\\1\n    default_backend livelane",
        )
    ],
    "caddy": [("reverse_proxy 127.0.0.1:8000", "handle_path /board/* {\n reverse_proxy 127.0.0.1:8000\n}")],
    "apache": [("ProxyPass / http://127.0.0.1:8000/", "ProxyPass /board/ http://127.0.0.1:8000/")],
    "varnish": [("sub vcl_recv {", 'sub vcl_recv {\n    set req.url = regsub(req.url, "^/board/", "/");')],
}


@pytest.fixture(scope="module")
def prefixed(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("prefixed")
    with (
        cluster.database(f"livelane_prefixed_{os.getpid()}", template) as url,
        Product(url, folder / "serve.log") as product,
    ):
        product.start("--public-url", f"{ORIGIN}/board")
        yield product


@pytest.mark.parametrize("changes", [PASSED_ON, STRIPPED], ids=["passed on", "stripped"])
@pytest.mark.parametrize("kind", PASSED_ON)
async def test_everything_works_under_a_prefix(
    kind: str,
    changes: dict[str, list[tuple[str, str]]],
    prefixed: Product,
    tmp_path: Path,
    certificate: Certificate,
):
    config = ours(kind)
    for old, new in changes[kind]:
        assert old in config
        config = config.replace(old, new)
    ada = People(prefixed.database_url).new("Ada")
    cookie = {"Cookie": f"{ada.cookie}={ada.secret}"}
    with front(kind, config, [prefixed.port], tmp_path / kind, certificate) as proxy:
        async with httpx.AsyncClient(base_url=f"{proxy.url}/board", headers=cookie | {"Origin": ORIGIN}) as page:
            shown = await page.get("/", headers={"Accept": "text/html"})
            made = await page.post("/api/boards", json={"title": "Road"})
            assert made.status_code == 201, made.text
            signed_out = await page.request("DELETE", "/api/session", headers={"Origin": "https://evil.example"})
            async with sse.stream(f"{proxy.url}/board/streams/boards/{made.json()['id']}", cookie) as stream:
                await stream.named("snapshot")
                await page.patch(f"/api/boards/{made.json()['id']}", json={"title": "Renamed"})
                change = await stream.change()
            left = await page.delete("/api/session")

    assert '<base href="/board/">' in shown.text
    assert change["set"]["title"] == "Renamed"
    assert signed_out.status_code == 403
    assert "Path=/board;" in left.headers["set-cookie"]
    assert "Secure" in left.headers["set-cookie"]
