"""The Livelane under test, and fresh people and boards in it."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from psycopg import AsyncConnection

from tests.cluster import Cluster
from tests.conformance.site import Board, Person, Site, join
from tests.product import Product

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def own_product(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One server for the whole suite; tests keep apart by making their own people and boards."""
    folder: Path = tmp_path_factory.mktemp("conformance")
    with (
        cluster.database(f"livelane_conformance_{os.getpid()}", template) as url,
        Product(url, folder / "serve.log") as product,
    ):
        product.start()
        yield product


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Site:
    """The one the environment names, else our own with a first person made on the command line."""
    if url := os.environ.get("LIVELANE_URL"):
        return Site(url.rstrip("/"), os.environ["LIVELANE_TOKEN"], os.environ["LIVELANE_DATABASE_URL"])
    product: Product = request.getfixturevalue("own_product")
    livelane = Path(sys.executable).with_name("livelane")
    database = ("--database-url", product.database_url)
    subprocess.run([livelane, "person", "add", "root@example.org", "--name", "Root", "--admin", *database], check=True)
    told = subprocess.run(
        [livelane, "token", "root@example.org", *database], check=True, capture_output=True, text=True
    )
    return Site(product.url, told.stdout.splitlines()[-1], product.database_url)


@pytest.fixture
async def root(site: Site) -> AsyncIterator[Person]:
    """The person of the suite's token: the first account."""
    async with httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {site.token}"}) as http:
        me = (await http.get("/api/me")).raise_for_status().json()
        yield Person(me["id"], me["name"], me["email"], site.token, site, http)


@pytest.fixture
async def ada(site: Site) -> AsyncIterator[Person]:
    """Somebody new, without boards."""
    async with site.person("Ada", PASSWORD) as person:
        yield person


@pytest.fixture
async def bo(site: Site) -> AsyncIterator[Person]:
    """Somebody else, member of nothing."""
    async with site.person("Bo", PASSWORD) as person:
        yield person


@pytest.fixture
async def board(ada: Person) -> Board:
    """Ada's board with To do, Doing, Done and no tickets."""
    return await ada.new_board()


@pytest.fixture
async def editor(ada: Person, board: Board, site: Site) -> AsyncIterator[Person]:
    async with site.person("Eva") as person:
        await join(ada, board, person, "editor")
        yield person


@pytest.fixture
async def viewer(ada: Person, board: Board, site: Site) -> AsyncIterator[Person]:
    async with site.person("Vic") as person:
        await join(ada, board, person, "viewer")
        yield person


@pytest.fixture
async def sql(site: Site) -> AsyncIterator[AsyncConnection]:
    """A connection as any SQL client has one."""
    async with site.sql() as conn:
        yield conn
