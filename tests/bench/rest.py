"""REST at 32 connections on one core, beside the barest handlers of the same framework, server and pool."""

import itertools
from collections.abc import Callable

from tests.bench.report import Figure
from tests.bench.requests import json_request, run
from tests.bench.site import Site

TICKETS = 3000
P99_MS = 40.0


def measure(site: Site, for_s: float) -> list[Figure]:
    """Return the figures of GET, PATCH and move."""
    board = site.board(TICKETS)
    rows = site.conn.execute("SELECT id FROM ticket WHERE board_id = %s ORDER BY id", (board,)).fetchall()
    ids = [number for (number,) in rows]
    columns = [
        number
        for (number,) in site.conn.execute(
            "SELECT id FROM board_column WHERE board_id = %s ORDER BY rank", (board,)
        ).fetchall()
    ]
    token, turn = site.token, itertools.count()

    def get(path: str) -> Callable[[int], bytes]:
        return lambda n: json_request("GET", path.format(ids[n * 7 % TICKETS]), token)

    def patch(n: int) -> bytes:
        return json_request("PATCH", f"/api/tickets/{ids[n * 7 % TICKETS]}", token, f'{{"title":"Title {next(turn)}"}}')

    def move(n: int) -> bytes:
        column = columns[(n // TICKETS + n) % 3]
        return json_request("POST", f"/api/tickets/{ids[n * 7 % TICKETS]}/move", token,
                            f'{{"column_id":{column},"after":null}}')  # fmt: skip

    with site.beside("tests.bench.handlers", site.url, site.credential) as (process, port):
        at = ("127.0.0.1", port)
        hello = run(at, process.pid, get("/hello"), for_s=for_s)
        one = run(at, process.pid, get("/one"), for_s=for_s)
        bare = run(at, process.pid, get("/tickets/{}"), for_s=for_s)
        pooled = run(at, process.pid, get("/pool/{}"), for_s=for_s)
    site.start()
    try:
        read = run(site.address, site.pid, get("/api/tickets/{}"), for_s=for_s)
        change = run(site.address, site.pid, patch, for_s=for_s)
        moved = run(site.address, site.pid, move, for_s=for_s)
    finally:
        site.product.stop()
    for load in (hello, one, bare, pooled, read, change, moved):
        assert set(load.statuses) == {200}, load.statuses
    note = f"hello {hello.cpu_us:.0f} µs, same read by psycopg's pool {pooled.cpu_us:.0f} µs"
    figures = [
        Figure("GET ticket, 32 connections", read.per_s, "/s", "bare handler, same query and pool", bare.per_s,
               note=f"{read.cpu_us:.0f} µs CPU against {bare.cpu_us:.0f}", least=0.9),
        Figure("GET ticket: p99", read.p99_ms, "ms", "bare handler", bare.p99_ms),
    ]  # fmt: skip
    for name, load in (("PATCH title", change), ("move", moved)):
        rate = f"{load.per_s:.0f}/s, p50 {load.p50_ms:.1f}"
        figures += [
            Figure(f"{name}, 32 connections: CPU a request", load.cpu_us, "µs", "hello + one pool call", one.cpu_us,
                   1.5, note),
            Figure(f"{name}: p99", load.p99_ms, "ms", "goal", P99_MS, 1.0, rate),
        ]  # fmt: skip
    return figures
