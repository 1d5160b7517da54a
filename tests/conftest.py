"""What every test may ask for: a database of its own, a connection to it, a running `livelane serve`."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from service.schema.embedded import attach
from service.schema.migrate import migrate
from tests.cluster import Cluster, name_of
from tests.product import Product

NUMBERS = count(1)
HERE = Path(__file__).parent
# They begin the run, or it ends with one of them alone: files that take half a minute and more.
LONG = (
    "proxies/test_doctor.py",
    "browser/test_outage.py",
    "bench/test_parts.py",
    "browser/test_board_state.py",
    "service/test_schemathesis.py",
    "browser/test_board_others.py",
    "journeys/test_torture.py",
    "browser/test_board_shape.py",
    "service/test_serve.py",
    "faults/test_wires.py",
    "service/test_wheel.py",
    "browser/test_one_stream.py",
    "browser/test_offline.py",
    "streams/test_listener.py",
    "conformance/test_stream_several.py",
    "nodes/test_nodes.py",
    "proxies/test_streams.py",
    "proxies/test_upgrade.py",
    "service/test_embedded.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the others stay in their order."""
    places = {HERE / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL for this run: LIVELANE_TEST_DATABASE_URL if set, else an embedded one in a temporary folder.

    An external one needs a role that may create databases; LIVELANE_TEST_ADMIN_URL names a superuser beside it.
    """
    if url := os.environ.get("LIVELANE_TEST_DATABASE_URL"):
        yield Cluster(url=url, admin_url=os.environ.get("LIVELANE_TEST_ADMIN_URL", url))
        return
    with attach(tmp_path_factory.mktemp("embedded")) as server:
        with psycopg.connect(server.admin_url, autocommit=True) as conn:
            # The machine will not lose power in a test; a killed server loses nothing without it.
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("SELECT pg_reload_conf()")
        yield Cluster(url=server.url, admin_url=server.admin_url)


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> Iterator[str]:
    """The name of a database with this release's schema, nobody connected, to be cloned."""
    with cluster.database(f"livelane_template_{os.getpid()}") as url:
        migrate(url)
        yield name_of(url)


@pytest.fixture
def empty_database_url(cluster: Cluster) -> Iterator[str]:
    """A database without any schema, for this test alone."""
    with cluster.database(f"livelane_empty_{os.getpid()}_{next(NUMBERS)}") as url:
        yield url


@pytest.fixture
def database_url(cluster: Cluster, template: str) -> Iterator[str]:
    """A migrated database for this test alone; its role owns the tables and is no superuser."""
    with cluster.database(f"livelane_test_{os.getpid()}_{next(NUMBERS)}", template) as url:
        yield url


@pytest.fixture
def admin_url(cluster: Cluster, database_url: str) -> str:
    """The same database as a superuser."""
    return cluster.admin_url_of(database_url)


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """An autocommit connection to the test's database, as its owner."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def product(database_url: str, tmp_path: Path) -> Iterator[Product]:
    """The product, not started yet, on a free port and the test's database: `product.start("--workers", "2")`."""
    with Product(database_url, tmp_path / "serve.log") as product:
        yield product


@pytest.fixture
def serve(product: Product) -> Product:
    """The real `livelane serve` process, ready; `.url`, `.kill()`, `.stop()`, `.start()` again on the same port."""
    product.start()
    return product
