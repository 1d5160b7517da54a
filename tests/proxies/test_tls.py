"""HTTP/2 over TLS, spoken by curl to the proxies that have it."""

import time

import pytest

from tests.conformance.site import Board, Person, add_ticket
from tests.proxies.conftest import Fronts, Way
from tests.proxies.curl import curl, next_data

# Streams on one connection; over HTTP/1.1 a browser has six in all. Apache works on six of a connection at once.
STREAMS = {"nginx": 8, "haproxy": 8, "caddy": 8, "apache": 6}


@pytest.mark.parametrize("kind", ["nginx", "haproxy", "caddy", "apache"])
async def test_streams_over_http_2_come_at_once_and_many_share_a_connection_f46(
    kind: str, fronts: Fronts, ada: Person, board: Board
):
    front = fronts[Way(kind, "ours")]
    bearer = ("-H", f"Authorization: Bearer {ada.token}")
    written = "%{http_version} %{num_connects}\n"

    async with curl(fronts.certificate, *bearer, front.url + board.stream) as stream:
        state = await next_data(stream)
        delays: list[float] = []
        for n in range(10):
            began = time.monotonic()
            await add_ticket(ada, board, f"T{n}")
            assert (await next_data(stream))["seq"] == board.seq + n + 1
            delays.append(time.monotonic() - began)
        many = (f"{front.url}{board.stream}?after=now", "-o", "/dev/null") * STREAMS[kind]
        crowded = ("--parallel", "--max-time", "3", "-w", written, *many)
        async with curl(fronts.certificate, *bearer, *crowded) as crowd:
            said, _ = await crowd.communicate()
    async with curl(fronts.certificate, "-o", "/dev/null", "-w", written, f"{front.url}/health/ready") as plain:
        version = (await plain.communicate())[0].split()[0]

    assert state["seq"] == board.seq
    assert sorted(delays)[5] < 0.3  # the write itself is in it
    assert version == b"2"
    lines = [line.split() for line in said.splitlines()]
    assert [line[0] for line in lines] == [b"2"] * STREAMS[kind]
    assert sum(int(line[1]) for line in lines) == 1
