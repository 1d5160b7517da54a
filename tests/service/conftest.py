"""The API on a real port over a database of its own, and people who use it."""

import asyncio
import contextlib
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn

from service.app import create_app
from service.settings import Settings


class Person:
    """Somebody with a bearer token."""

    def __init__(self, client: httpx.AsyncClient, number: int) -> None:
        self.client = client
        self.id = number

    async def ask(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """One request; `if_match=...` becomes the header If-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=json, headers=named)

    async def get(self, path: str) -> Any:
        """The body of a GET that must succeed."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        """The row a write answers; it must succeed."""
        answer = await self.ask(method, path, json, **headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, status: int, problem: str, method: str, path: str, json: Any = None, **headers: str) -> Any:
        """The problem document of a request that must fail so."""
        answer = await self.ask(method, path, json, **headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"/problems/{problem}", answer.text
        return answer.json()

    async def board(self, *columns: str, **more: Any) -> tuple[int, list[int]]:
        """A new board of mine: its id, and its columns' ids."""
        made = await self.do(
            "POST", "/api/boards", {"title": "Garden", **({"columns": columns} if columns else {}), **more}
        )
        snapshot = await self.get(f"/api/boards/{made['id']}")
        return made["id"], [column["id"] for column in snapshot["columns"]]

    async def ticket(self, column: int, title: str = "Water the plants", **more: Any) -> Any:
        return await self.do("POST", f"/api/columns/{column}/tickets", {"title": title, **more})

    async def order(self, board: int, column: int) -> list[str]:
        """The titles of a column's tickets, top to bottom."""
        snapshot = await self.get(f"/api/boards/{board}")
        return [ticket["title"] for ticket in snapshot["tickets"] if ticket["column_id"] == column]


NewPerson = Callable[..., Awaitable[Person]]


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """The API under uvicorn on a free port; gives its URL."""
    # With the protocol named, or asyncio leaves Nagle on and every answer waits 40 ms for an acknowledgement.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings),
                lifespan="on",
                log_config=None,
                proxy_headers=True,
                forwarded_allow_ips="127.0.0.1",
            )
        )
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:
            assert not task.done(), "the server ended"
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await task


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url)


@pytest.fixture
async def url(settings: Settings) -> AsyncIterator[str]:
    async with running(settings) as url:
        yield url


@pytest.fixture
async def person(url: str, conn: psycopg.AsyncConnection) -> AsyncIterator[NewPerson]:
    """Makes people: `ada = await person("Ada")`."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(name: str) -> Person:
            secret = f"llt_{secrets.token_urlsafe(32)}"
            cursor = await conn.execute(
                """
                WITH p AS (INSERT INTO person (name, email) VALUES (%s, %s) RETURNING id)
                INSERT INTO token (person_id, name, secret_hash) SELECT id, 'test', %s FROM p RETURNING person_id
                """,
                (name, f"{name.lower()}@example.org", hashlib.sha256(secret.encode()).digest()),
            )
            row = await cursor.fetchone()
            assert row
            client = httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {secret}"}, timeout=10)
            return Person(await stack.enter_async_context(client), row[0])

        yield make


@pytest.fixture
async def ada(person: NewPerson) -> Person:
    return await person("Ada")
