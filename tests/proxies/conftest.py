"""One product, and every proxy before it, each started when a test first asks for it and kept to the end."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cluster import Cluster
from tests.conformance.site import Board, Person, Site
from tests.product import Product
from tests.proxies.certificate import Certificate, make_certificate
from tests.proxies.fronts import KINDS, Front, is_there, ordinary, ours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.proxy)


class Way(NamedTuple):
    """A proxy, and whose configuration it runs on."""

    kind: str
    how: str  # "ordinary" or "ours"

    def __str__(self) -> str:
        return f"{self.kind}-{self.how}"


WAYS = [Way(kind, how) for how in ("ordinary", "ours") for kind in KINDS]


class Fronts:
    """The proxies that run already."""

    def __init__(self, product: Product, folder: Path, certificate: Certificate) -> None:
        self.product = product
        self.certificate = certificate
        self._folder = folder
        self._running: dict[Way, Front] = {}

    def __getitem__(self, way: Way) -> Front:
        front = self.begin(way)
        front.await_ready()
        return front

    def begin(self, way: Way) -> Front:
        """Start one without waiting for it."""
        if not is_there(way.kind):
            pytest.skip(f"{KINDS[way.kind].program} is not installed")
        if way not in self._running or self._running[way].process.poll() is not None:
            config = (ordinary if way.how == "ordinary" else ours)(way.kind)
            folder = self._folder / str(way)
            self._running[way] = Front(way.kind, config, [self.product.port], folder, self.certificate)
        return self._running[way]

    def all(self) -> dict[Way, Front]:
        """Every proxy that is installed, ready."""
        ways = [way for way in WAYS if is_there(way.kind)]
        for way in ways:
            self.begin(way)
        return {way: self[way] for way in ways}

    def stop(self) -> None:
        for front in self._running.values():
            front.process.terminate()
        for front in self._running.values():
            front.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def _trust(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every client here trust it: our reader, httpx, curl and the doctor."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.trusted))


@pytest.fixture(scope="session")
def behind(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product behind all proxies, told nothing of them."""
    folder = tmp_path_factory.mktemp("behind")
    with (
        cluster.database(f"livelane_proxies_{os.getpid()}", template) as url,
        Product(url, folder / "serve.log") as product,
    ):
        product.start()
        yield product


@pytest.fixture(scope="session")
def fronts(behind: Product, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Fronts]:
    fronts = Fronts(behind, tmp_path_factory.mktemp("fronts"), certificate)
    yield fronts
    fronts.stop()


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


@pytest.fixture
def front(fronts: Fronts, way: Way) -> Front:
    """One proxy after the other."""
    return fronts[way]


@pytest.fixture
def site(behind: Product) -> Site:
    if not behind.runs:  # a test that ended it could not start it again in time
        behind.start()
    return Site(behind.url, "", behind.database_url)


@pytest.fixture
async def ada(site: Site) -> AsyncIterator[Person]:
    """Somebody with a token, past the proxies.

    The streams end with the token: some proxies notice only at the second heartbeat that nobody is behind them.
    """
    async with site.person("Ada") as person:
        yield person
        async with site.sql() as conn:
            await conn.execute("DELETE FROM token WHERE person_id = %s", (person.id,))


@pytest.fixture
async def board(ada: Person) -> Board:
    return await ada.new_board()


def through(front: Front, person: Person) -> Person:
    """The same person, going through a proxy with streams."""
    at = Site(front.url, "", person.site.database_url)
    return Person(person.id, person.name, person.email, person.token, at, person.http)
