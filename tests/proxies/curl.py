"""curl as a client of streams over HTTP/2."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.proxies.certificate import Certificate


@asynccontextmanager
async def curl(certificate: Certificate, *arguments: str) -> AsyncIterator[Process]:
    """Run curl for the block, trusting our certificate."""
    trust = ("--cacert", str(certificate.trusted))
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", "-N", "--http2", *trust, *arguments, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def next_data(process: Process, timeout: float = 5) -> dict[str, object]:
    """The next data line that is no heartbeat's."""
    assert process.stdout
    event = ""
    async with asyncio.timeout(timeout):
        while line := (await process.stdout.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                if event != "heartbeat":
                    return json.loads(value)
                event = ""
    raise AssertionError(f"curl ended: {await process.stderr.read() if process.stderr else ''}")
