"""What every test may ask for: a database, a connection, a running `livelane serve`."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
