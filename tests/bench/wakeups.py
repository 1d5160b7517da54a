"""What ringing costs writers: PATCH beside pgbench calling its function, and that rung by the caller or the trigger."""

import itertools

from tests.bench.report import Figure
from tests.bench.requests import json_request, run
from tests.bench.rest import BOARDS, P99_MS, TICKETS, pgbench
from tests.bench.site import Site

WRITERS = (8, 32)
CALLER = "-c livelane.wake=caller"  # as the service's sessions


def measure(site: Site, for_s: float) -> list[Figure]:
    """Return commits a second, their p99 and their CPU in the service."""
    for _ in range(BOARDS):
        site.board(TICKETS)
    tickets = [row[0] for row in site.conn.execute("SELECT id FROM ticket ORDER BY id % 101, id").fetchall()]
    turn = itertools.count()
    call = (
        "SELECT body, topic, seq, person FROM change_ticket("
        f"'\\x{site.credential}', NULL, NULL, NULL, :id, jsonb_build_object('title', 'Title ' || :n))"
    )

    def patch(n: int) -> bytes:
        path = f"/api/tickets/{tickets[n % len(tickets)]}"
        return json_request("PATCH", path, site.token, f'{{"title":"Title {next(turn)}"}}')

    def get(n: int) -> bytes:
        return json_request("GET", f"/api/tickets/{tickets[n % len(tickets)]}", site.token)

    figures: list[Figure] = []
    for writers in WRITERS:
        site.start()
        try:
            load = run(site.address, site.pid, patch, connections=writers, for_s=for_s)
            read = run(site.address, site.pid, get, connections=writers, for_s=for_s, at_most_per_s=load.per_s)
        finally:
            site.product.stop()
        assert set(load.statuses) == set(read.statuses) == {200}
        alone, alone_p99 = pgbench(site, call, for_s, writers, CALLER)
        with site.database_on_all_cores():
            rung, rung_p99 = pgbench(site, call, for_s, writers)
            quiet, quiet_p99 = pgbench(site, call, for_s, writers, CALLER)
        name = f"PATCH title, {writers} connections"
        figures += [
            Figure(name, load.per_s, "/s", "pgbench, the same function", alone,
                   note=f"p50 {load.p50_ms:.1f} ms; pgbench's p99 {alone_p99:.1f} ms", least=0.8),
            Figure(f"{name}: p99", load.p99_ms, "ms", "goal", P99_MS, 1.0),
            Figure(f"{name}: CPU more than GET", load.cpu_us - read.cpu_us, "µs", "goal", 150.0, 1.0,
                   f"{load.cpu_us:.0f} against {read.cpu_us:.0f} at the same rate"),
            Figure(f"{writers} writers in pgbench, rung by the caller", quiet, "/s", "by the trigger", rung,
                   note=f"p99 {quiet_p99:.1f} against {rung_p99:.1f} ms; PostgreSQL on both cores"),
        ]  # fmt: skip
    return figures
