"""A running Livelane and the people who use it."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import msgspec
import psycopg
from argon2 import PasswordHasher
from psycopg import AsyncConnection

from tests import sse


class Site(msgspec.Struct, frozen=True):
    """Where it is, and one person's bearer token."""

    url: str
    token: str
    database_url: str

    @asynccontextmanager
    async def sql(self) -> AsyncIterator[AsyncConnection]:
        """An autocommit connection, as any SQL client has one."""
        async with await AsyncConnection.connect(self.database_url, autocommit=True) as conn:
            yield conn

    @asynccontextmanager
    async def person(self, name: str, password: str | None = None) -> AsyncIterator["Person"]:
        """Somebody new with a token of their own."""
        secret = f"llt_{secrets.token_urlsafe(24)}"
        address = f"{name.lower()}.{secrets.token_hex(6)}@example.org"
        hashed = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(password) if password else None
        async with self.sql() as conn:
            made = await conn.execute(
                "INSERT INTO person (email, name, password_hash) VALUES (%s, %s, %s) RETURNING id",
                (address, name, hashed),
            )
            row = await made.fetchone()
            assert row
            await conn.execute(
                "INSERT INTO token (person_id, name, secret_hash) VALUES (%s, 'test', %s)",
                (row[0], hashlib.sha256(secret.encode()).digest()),
            )
        async with httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {secret}"}) as http:
            yield Person(row[0], name, address, secret, self, http)


class Person:
    """Somebody with a token: calls, and opens streams."""

    def __init__(self, person_id: int, name: str, email: str, token: str, site: Site, http: httpx.AsyncClient) -> None:
        self.id = person_id
        self.name = name
        self.email = email
        self.token = token
        self.site = site
        self.http = http

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """One request; `If_Match="3"` and the like become headers."""
        return await self.http.request(
            method,
            path,
            json=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def get(self, path: str) -> Any:
        """A 200's body."""
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def did(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """A write's 2xx body."""
        answer = await self.call(method, path, body, **headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def new_board(self, *columns: str, title: str = "Road") -> "Board":
        made = await self.did("POST", "/api/boards", {"title": title} | ({"columns": columns} if columns else {}))
        return Board(await self.get(f"/api/boards/{made['id']}"))

    def stream(
        self, path: str, *, cursor: str | None = None, headers: list[tuple[str, str]] | None = None, **options: Any
    ) -> AbstractAsyncContextManager[sse.Stream]:
        """Open a stream; `cursor` goes into Last-Event-ID."""
        sent = [("Authorization", f"Bearer {self.token}"), *(headers or [])]
        if cursor is not None:
            sent.append(("Last-Event-ID", cursor))
        return sse.stream(self.site.url + path, sent, **options)


class Board:
    """Ids of a board just made, from its snapshot."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.id: int = state["board"]["id"]
        self.topic = f"board/{self.id}"
        self.path = f"/api/boards/{self.id}"
        self.stream = f"/streams/boards/{self.id}"
        self.columns: list[int] = [column["id"] for column in state["columns"]]
        self.epoch: str = state["epoch"]
        self.seq: int = state["seq"]

    def cursor(self, seq: int) -> str:
        return f"{self.epoch}:{self.topic}={seq}"


async def add_ticket(person: Person, board: Board, title: str = "T", column: int = 0, **more: object) -> dict[str, Any]:
    """A ticket's row, made over REST."""
    return await person.did("POST", f"/api/columns/{board.columns[column]}/tickets", {"title": title, **more})


async def join(owner: Person, board: Board, person: Person, role: str) -> None:
    """Let a person in."""
    await owner.did("POST", f"{board.path}/members", {"email": person.email, "role": role})


async def value(conn: AsyncConnection, query: str, *arguments: object) -> Any:
    """The one value a query gives."""
    row = await (await conn.execute(query.encode(), arguments)).fetchone()
    assert row is not None, f"no row from {query}"
    return row[0]


def problem(answer: httpx.Response, status: int, kind: str | None = None) -> dict[str, Any]:
    """The problem of a refused request, after checking that it is one."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
    said = answer.json()
    assert said["status"] == status
    assert isinstance(said["title"], str)
    assert said["title"]
    assert said["type"].startswith("/problems/"), said["type"]
    if kind is not None:
        assert said["type"] == f"/problems/{kind}"
    return said


def sync_value(database_url: str, query: str, *arguments: object) -> Any:
    """`value` for fixtures that are not asynchronous."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        row = conn.execute(query.encode(), arguments).fetchone()
        assert row is not None
        return row[0]
