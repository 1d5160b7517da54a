"""A real Chromium before the real product, directly or behind Vite's own server."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.board import Board, make_board
from tests.browser.people import People
from tests.browser.window import Window
from tests.cluster import Cluster
from tests.product import Product
from tests.proxies.fronts import Front, ordinary
from tests.proxies.fronts import front as proxy

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
CHROMIUM = os.environ.get("LIVELANE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# Playwright switches these off, but people's browsers have them on.
AS_PEOPLE_HAVE_IT = ("--disable-back-forward-cache", "--disable-background-timer-throttling")
START_S = 30.0
EXPECT_MS = 10_000

expect.set_options(timeout=EXPECT_MS)  # a machine may be slow; what is promised within a time says so itself


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def web_app() -> None:
    """The built web app, newer than its sources."""
    built = FRONTEND / "dist" / "index.html"
    sources = [FRONTEND / "index.html", *(FRONTEND / "src").rglob("*"), *(FRONTEND / "public").rglob("*")]
    with (FRONTEND / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several workers come here at once
        if not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in sources):
            subprocess.run(["npm", "run", "build", "--silent"], cwd=FRONTEND, check=True)


@pytest.fixture(scope="session")
def shared(
    web_app: None, cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """The product for all tests that make people and boards of their own in it, and let it run."""
    folder = tmp_path_factory.mktemp("browser")
    with (
        cluster.database(f"livelane_browser_{os.getpid()}", template) as url,
        Product(url, folder / "serve.log") as product,
    ):
        product.start()
        yield product


@pytest.fixture
def served(request: pytest.FixtureRequest, web_app: None) -> Iterator[Product]:
    """The product with its web app, running; shared, unless the test is marked `alone`."""
    if request.node.get_closest_marker("alone"):
        product: Product = request.getfixturevalue("product")
        product.start()
        yield product
        return
    product = request.getfixturevalue("shared")
    yield product
    if not product.runs:
        product.start()
        pytest.fail("the product that the tests share has ended; mark what ends it `alone`")


@pytest.fixture
def people(served: Product) -> People:
    return People(served.database_url)


@pytest.fixture
def board(served: Product) -> Board:
    """A board with three columns and six tickets, and nobody on it."""
    return make_board(served.database_url)


class Vite:
    """Vite's development server in front of the product."""

    def __init__(self, backend: str, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                ["node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", str(port)],
                cwd=FRONTEND, env={**os.environ, "BACKEND_URL": backend}, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + START_S
        while True:
            try:
                httpx.get(self.url, timeout=10)
                return
            except httpx.TransportError:
                assert self.process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)  # `node` is a launcher; the real one would stay
        self.process.wait(10)


@pytest.fixture
def vite(served: Product, tmp_path: Path) -> Iterator[Vite]:
    vite = Vite(served.url, tmp_path / "vite.log")
    yield vite
    vite.stop()


@pytest.fixture
def nginx(served: Product, tmp_path: Path) -> Iterator[Front]:
    """A newcomer's nginx that lets no WebSocket through, as many houses' proxies do."""
    config = ordinary("nginx").replace(
        "location / {", 'location / {\n if ($http_upgrade) { return 403; }\n proxy_set_header Upgrade "";'
    )
    with proxy("nginx", config, [served.port], tmp_path / "nginx") as running:
        yield running


@pytest.fixture
def front(request: pytest.FixtureRequest, served: Product) -> str:
    """Where the browser goes: the product itself, or through Vite or nginx when a test asks for that."""
    through = getattr(request, "param", "direct")
    return served.url if through == "direct" else request.getfixturevalue(through).url


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for a file; workers, caches, cookies and storage are each window's own and end with it."""
    assert CHROMIUM, "Chromium is missing: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], ignore_default_args=list(AS_PEOPLE_HAVE_IT)
        )
        yield browser
        await browser.close()


@pytest.fixture
async def window(chromium: Browser, front: str) -> AsyncIterator[Window]:
    """One browser with its own cookies and storage, nobody signed in."""
    async with Window(chromium, front) as window:
        yield window


@pytest.fixture
async def other_window(chromium: Browser, front: str) -> AsyncIterator[Window]:
    """Somebody else's browser."""
    async with Window(chromium, front) as window:
        yield window
