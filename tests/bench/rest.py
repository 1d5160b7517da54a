"""REST at 32 connections on one core, beside the barest handlers of the same framework, server and pool.

The service's CPU is taken while PostgreSQL keeps to the load's core, out of the service's way. How long writes take is
taken with PostgreSQL on all cores, as it runs when nobody pins it; squeezed beside the load it is what they wait for.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from service.schema.programs import environment_of
from tests.bench.picture import Bar, Bars, picture
from tests.bench.report import Album, Figure
from tests.bench.requests import json_request, run
from tests.bench.site import Site, percentile

BOARDS = 30
TICKETS = 100  # a board
P99_MS = 40.0
ONE_CALL = ("/pool/one", "/one")  # a handler with one call, through psycopg's pool and through the service's


def measure(site: Site, for_s: float, album: Album) -> list[Figure]:
    """Return the figures of GET, PATCH and move, spread over boards; of PATCH on one board alone, too."""
    boards = [site.board(TICKETS) for _ in range(BOARDS)]
    tickets = site.conn.execute(
        "SELECT id, board_id FROM ticket WHERE board_id = ANY (%s) ORDER BY id %% 101, id", (boards,)
    ).fetchall()
    hot = [number for number, board in tickets if board == boards[0]]
    columns = {
        board: site.value("SELECT array_agg(id ORDER BY rank) FROM board_column WHERE board_id = %s", board)
        for board in boards
    }
    token, turn = site.token, itertools.count()

    def ticket(n: int) -> int:
        return tickets[n % len(tickets)][0]

    def get(path: str) -> Callable[[int], bytes]:
        return lambda n: json_request("GET", path.format(ticket(n)), token)

    def patch(n: int) -> bytes:
        return json_request("PATCH", f"/api/tickets/{ticket(n)}", token, f'{{"title":"Title {next(turn)}"}}')

    def patch_hot(n: int) -> bytes:
        return json_request("PATCH", f"/api/tickets/{hot[n % TICKETS]}", token, f'{{"title":"Title {next(turn)}"}}')

    def move(n: int) -> bytes:
        number, board = tickets[n % len(tickets)]
        column = columns[board][(n // len(tickets) + n) % 3]
        return json_request("POST", f"/api/tickets/{number}/move", token, f'{{"column_id":{column},"after":null}}')

    with site.beside("tests.bench.handlers", site.url, site.credential) as (process, port):
        at = ("127.0.0.1", port)
        hello = run(at, process.pid, get("/hello"), for_s=for_s)
        one = run(at, process.pid, get("/one"), for_s=for_s)
        pooled = run(at, process.pid, get("/pool/{}"), for_s=for_s)
        site.start()
        try:  # what is compared runs one after the other: the machine's own speed changes within seconds
            bare = run(at, process.pid, get("/tickets/{}"), for_s=for_s)
            read = run(site.address, site.pid, get("/api/tickets/{}"), for_s=for_s)
            change = run(site.address, site.pid, patch, for_s=for_s)
            as_change = [run(at, process.pid, get(way), for_s=for_s, at_most_per_s=change.per_s) for way in ONE_CALL]
            moved = run(site.address, site.pid, move, for_s=for_s)
            as_move = [run(at, process.pid, get(way), for_s=for_s, at_most_per_s=moved.per_s) for way in ONE_CALL]
            with site.database_on_all_cores():
                free_change = run(site.address, site.pid, patch, for_s=for_s)
                free_move = run(site.address, site.pid, move, for_s=for_s)
                crowded = run(site.address, site.pid, patch_hot, for_s=for_s)
        finally:
            site.product.stop()
    loads = (hello, one, bare, pooled, read, change, moved, free_change, free_move, crowded)
    for load in (*loads, *as_change, *as_move):
        assert set(load.statuses) == {200}, load.statuses
    with site.database_on_all_cores():
        direct_per_s, direct_p99 = pgbench(site, "UPDATE ticket SET title = 'Title ' || :n WHERE id = :id", for_s)
    figures = [
        Figure("GET ticket, 32 connections", read.per_s, "/s", "bare handler, same query and pool", bare.per_s,
               note=f"{read.cpu_us:.0f} µs CPU against {bare.cpu_us:.0f}; by psycopg's pool {pooled.cpu_us:.0f}",
               least=0.9),
        Figure("GET ticket, 32 connections", read.per_s, "/s", "psycopg's pool", pooled.per_s, least=2.0),
        Figure("GET ticket: p99", read.p99_ms, "ms", "bare handler", bare.p99_ms),
        Figure("PATCH title, 32 connections", free_change.per_s, "/s", "pgbench, its UPDATE", direct_per_s),
    ]  # fmt: skip
    for name, load, free, (pool, own) in (
        ("PATCH title", change, free_change, as_change),
        ("move", moved, free_move, as_move),
    ):
        figures += [
            Figure(f"{name}: CPU a request", load.cpu_us, "µs", "hello + one call of psycopg's pool, same rate",
                   pool.cpu_us, 1.5),
            Figure(f"{name}: CPU a request", load.cpu_us, "µs", "hello + one call our own way, same rate", own.cpu_us,
                   note=f"flat out it is {one.cpu_us:.0f}, hello {hello.cpu_us:.0f}"),
            Figure(f"{name}: p99", free.p99_ms, "ms", "goal", P99_MS, 1.0,
                   f"{free.per_s:.0f}/s, p50 {free.p50_ms:.1f}; pgbench's p99 {direct_p99:.1f}"),
            Figure(f"{name}: p99, PostgreSQL on the load's core", load.p99_ms, "ms",
                   note=f"{load.per_s:.0f}/s, p50 {load.p50_ms:.1f}"),
        ]  # fmt: skip
    album.pictures["rest"] = picture(
        "REST at 32 connections, requests a second",
        "One worker on one core. Grey: the same framework, server and database without anything of ours",
        [
            Bars("Reading a ticket", [
                *(Bar(label, load.per_s, f"{load.per_s:,.0f}/s · {load.cpu_us:.0f} µs CPU", ours)
                  for label, load, ours in (("GET ticket", read, True), ("bare handler", bare, False),
                                            ("by psycopg's pool", pooled, False), ("without a database", hello, False)))
            ]),
            Bars("Writing, each commit on the disk", [
                *(Bar(label, load.per_s, f"{load.per_s:,.0f}/s · p99 {load.p99_ms:.0f} ms", True)
                  for label, load in (("PATCH title", free_change), ("move", free_move),
                                      ("PATCH, one board", crowded))),
                Bar("pgbench, its UPDATE", direct_per_s, f"{direct_per_s:,.0f}/s · p99 {direct_p99:.0f} ms"),
            ]),
        ],
    )  # fmt: skip
    return [
        *figures,
        Figure("PATCH title, all on one board: p99", crowded.p99_ms, "ms", "goal", P99_MS, 1.0,
               f"{crowded.per_s:.0f}/s, {crowded.cpu_us:.0f} µs CPU"),
    ]  # fmt: skip


def pgbench(site: Site, statement: str, for_s: float, clients: int = 32, options: str = "") -> tuple[float, float]:
    """Return how often a second PostgreSQL alone runs the statement for so many clients, log included; p99 in ms.

    The script has `:id`, a ticket, and `:n`, a number. `options` are of the session, as PGOPTIONS takes them.
    """
    program = shutil.which("pgbench") or "/usr/lib/postgresql/15/bin/pgbench"
    if not Path(program).exists():
        return 0.0, 0.0
    lowest, highest = site.conn.execute("SELECT min(id), max(id) FROM ticket WHERE archived_at IS NULL").fetchone() or (
        1,
        1,
    )
    script = site.folder / "statement.sql"
    script.write_text(f"\\set id random({lowest}, {highest})\n\\set n random(1, 1000000000)\n{statement};\n")
    times = Path(tempfile.mkdtemp(dir=site.folder)) / "times"
    subprocess.run(
        [program, "-n", "-M", "prepared", "-c", str(clients), "-T", str(max(1, round(for_s))), "-f", script,
         "--log", f"--log-prefix={times}"],
        env={**os.environ, **environment_of(site.url), "PGOPTIONS": options}, capture_output=True, check=True,
    )  # fmt: skip
    lines = [line.split() for path in times.parent.iterdir() for line in path.read_text().splitlines()]
    ends = [int(line[4]) + int(line[5]) / 1e6 for line in lines]
    return len(lines) / (max(ends) - min(ends)), percentile([int(line[2]) / 1000 for line in lines], 0.99)
