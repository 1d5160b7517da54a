"""A PostgreSQL that a test may kill, and the product on it."""

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from service.schema.embedded import Server, attach
from service.schema.migrate import migrate
from tests.conformance.site import Board, Person, Site
from tests.product import Product


class Victim:
    """A PostgreSQL of one's own: killed, gone for as long as one likes, back again."""

    def __init__(self, server: Server, data: Path) -> None:
        self.server = server
        self._data = data
        self._keeper = next(
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and f"keeper\0{data}\0" in _command(folder)
        )

    def kill(self) -> None:
        """SIGKILL; it comes back by itself at once."""
        os.kill(self._postmaster(), signal.SIGKILL)

    def go(self) -> None:
        """SIGKILL, and stay away until `come_back`: its backends, which may still take a statement, are gone too."""
        os.kill(self._keeper, signal.SIGSTOP)
        postmaster = self._postmaster()
        backends = [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
        os.kill(postmaster, signal.SIGKILL)
        until = time.monotonic() + 10
        while any(_runs(pid) for pid in backends):
            assert time.monotonic() < until, "backends outlive their postmaster"
            time.sleep(0.01)

    def _postmaster(self) -> int:
        return int((self._data / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def come_back(self) -> None:
        """Let whoever watches over it start it again."""
        os.kill(self._keeper, signal.SIGCONT)

    def await_answer(self, seconds: float = 30) -> None:
        """Return when it answers."""
        until = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.server.admin_url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)


def _command(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_text()
    except OSError:
        return ""


def _runs(pid: int) -> bool:
    """Whether a process is there, and more than a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    data = tmp_path / "data"
    with attach(data) as server:
        victim = Victim(server, data)
        try:
            yield victim
        finally:
            victim.come_back()


@pytest.fixture
def fragile(victim: Victim, tmp_path: Path) -> Iterator[Product]:
    """The product on that PostgreSQL, running."""
    migrate(victim.server.url)
    with Product(victim.server.url, tmp_path / "serve.log") as product:
        product.start()
        yield product


@pytest.fixture
async def ada(request: pytest.FixtureRequest) -> AsyncIterator[Person]:
    """Somebody on whichever product the test asked for."""
    product: Product = request.getfixturevalue("fragile" if "victim" in request.fixturenames else "serve")
    async with Site(product.url, "", product.database_url).person("Ada") as person:
        yield person


@pytest.fixture
async def board(ada: Person) -> Board:
    return await ada.new_board()
