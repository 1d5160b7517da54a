"""A client that vanishes without a word: its network is gone, so nothing comes back, not even a reset."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.streams.conftest import Site, until

# Opens a stream, says when the snapshot is there, and reads on until it is killed.
CLIENT = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
connection.request("GET", "/streams?board=1&board=2", headers={"Authorization": "Bearer llt_ada"})
answer = connection.getresponse()
while line := answer.readline():
    if line.startswith(b"data:"):
        print("open", flush=True)
"""


class Network:
    """Two network namespaces, `server` and `client`, joined by one cable."""

    def __init__(self, name: str) -> None:
        self.server, self.client = f"{name}s", f"{name}c"
        self.address = "10.231.7.1"

    def lay(self) -> None:
        """Make the namespaces and the cable. CalledProcessError: not allowed here."""
        run("ip", "netns", "add", self.server)
        run("ip", "netns", "add", self.client)
        run("ip", "link", "add", self.server, "netns", self.server, "type", "veth",
            "peer", "name", self.client, "netns", self.client)  # fmt: skip
        for place, address in ((self.server, f"{self.address}/24"), (self.client, "10.231.7.2/24")):
            run("ip", "-n", place, "address", "add", address, "dev", place)
            run("ip", "-n", place, "link", "set", place, "up")
            run("ip", "-n", place, "link", "set", "lo", "up")

    def inside(self, place: str) -> tuple[str, ...]:
        """The beginning of a command that runs there."""
        return ("ip", "netns", "exec", place)

    def pull(self) -> None:
        """Pull the cable out at the client's end."""
        run("ip", "-n", self.client, "link", "set", self.client, "down")

    def remove(self) -> None:
        """Take it all away."""
        for place in (self.server, self.client):
            with contextlib.suppress(subprocess.CalledProcessError):
                run("ip", "netns", "delete", place)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network(f"ll{os.getpid() % 100000}")
    try:
        network.lay()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        network.remove()
        pytest.skip(f"network namespaces cannot be made here: {error}")
    yield network
    network.remove()


@pytest.mark.slow
async def test_a_client_whose_link_goes_down_is_gone_within_heartbeat_and_silence(
    site: Site, network: Network, rename: Callable[..., Any]
):
    if "host=%2F" not in site.database_url:
        pytest.skip("the server in its namespace reaches the database by a unix socket only")
    site.prefix, site.host = network.inside(network.server), network.address
    site.start(heartbeat_s=1.0, silence_s=3.0)
    baseline = await inside(site, network)
    client = subprocess.Popen(
        [*network.inside(network.client), sys.executable, "-c", CLIENT, network.address, str(site.port)],
        stdout=subprocess.PIPE,
    )
    try:
        assert client.stdout
        assert await asyncio.to_thread(client.stdout.readline) == b"open\n"
        assert (await inside(site, network))["streams"] == 1

        network.pull()
        pulled = time.monotonic()
        await rename("nobody hears this")

        async def gone() -> bool:
            return (await inside(site, network))["streams"] == 0

        async def as_before() -> bool:
            return await inside(site, network) == baseline

        await until(gone, 15)
        took = time.monotonic() - pulled
        await until(as_before)
    finally:
        client.kill()
        client.wait()

    assert 2 < took < 9  # heartbeat + silence, and the kernel's patience between two retransmissions


async def inside(site: Site, network: Network) -> dict[str, int]:
    """The counts from inside the server's process, asked from where it is."""
    answer = await asyncio.create_subprocess_exec(
        *network.inside(network.server), "curl", "-s", f"{site.url}/inside", stdout=subprocess.PIPE
    )
    return json.loads((await answer.communicate())[0])
