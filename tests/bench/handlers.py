"""What requests are measured against: the barest handlers of the same framework, server and pool.

    python -m tests.bench.handlers DATABASE_URL CREDENTIAL_HEX

It prints its port. /hello answers; /one asks the database for a constant first; /tickets/N runs the query of GET
/api/tickets/N through the service's pool; /pool/N and /pool/one do the same through psycopg's own.
"""

import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar, Response, get
from litestar.params import FromPath
from psycopg_pool import AsyncConnectionPool

from service.database import Database
from service.domain.tickets import READ
from service.pipeline import Statement
from service.settings import CONNECTIONS

ONE = Statement(b"bench_one", b"SELECT 1")
JSON = "application/json"


def create_app(url: str, credential: bytes) -> Litestar:
    """Return the bare handlers; their database is open within the app's lifespan."""
    database = Database(url, CONNECTIONS)
    pool = AsyncConnectionPool(url, min_size=8, max_size=8, open=False, kwargs={"autocommit": True})

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncGenerator[None]:
        async with database, pool:
            yield

    @get("/hello", media_type=JSON)
    async def hello() -> Response[bytes]:
        return Response(b'{"hello": "world"}', media_type=JSON)

    @get("/one", media_type=JSON)
    async def one() -> Response[bytes]:
        [[value]] = await database.read(ONE)
        return Response(value or b"", media_type=JSON)

    @get("/tickets/{ticket_id:int}", media_type=JSON)
    async def ticket(ticket_id: FromPath[int]) -> Response[bytes]:
        [[body, _]] = await database.read(READ, credential, b"%d" % ticket_id)
        return Response(body or b"", media_type=JSON)

    @get("/pool/one", media_type=JSON)
    async def pooled_one() -> Response[bytes]:
        async with pool.connection() as conn:
            row = await (await conn.execute("SELECT 1")).fetchone()
        return Response(str(row[0] if row else "").encode(), media_type=JSON)

    @get("/pool/{ticket_id:int}", media_type=JSON)
    async def pooled(ticket_id: FromPath[int]) -> Response[bytes]:
        async with pool.connection() as conn:
            found = await conn.execute(
                "SELECT body FROM read_ticket(%s, %s)", (bytes.fromhex(credential[2:].decode()), ticket_id)
            )
            row = await found.fetchone()
        return Response((row[0] if row else "").encode(), media_type=JSON)

    return Litestar(
        [hello, one, ticket, pooled_one, pooled], lifespan=[running], openapi_config=None, logging_config=None
    )


def main() -> None:
    """Serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listening.getsockname()[1], flush=True)
    app = create_app(sys.argv[1], b"\\x" + sys.argv[2].encode())
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="none", access_log=False, log_level="warning", server_header=False
    )
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
