"""GET /streams/probe: a few small frames, a moment apart, for whoever asks whether they come through one by one."""

import asyncio
from collections.abc import AsyncIterator

from litestar import get
from sse_starlette import EventSourceResponse

from streams.problems import Problem
from streams.response import HEADERS

FRAMES = 5
APART_S = 0.06
AT_ONCE = 100  # it needs no credential, so it must cost next to nothing

_running = 0


async def _frames() -> AsyncIterator[bytes]:
    global _running
    _running += 1
    try:
        for n in range(1, FRAMES + 1):
            yield b'data: {"n":%d,"of":%d,"apart_ms":%d}\n\n' % (n, FRAMES, APART_S * 1000)
            if n < FRAMES:
                await asyncio.sleep(APART_S)
    finally:
        _running -= 1


@get("/streams/probe", media_type="text/event-stream")
async def probe() -> EventSourceResponse:
    """Five frames, then the end. Needs no credential and tells nothing; a client measures when each arrived."""
    if _running >= AT_ONCE:
        raise Problem(503, "Too many are trying the way at once; try again in a moment.", retry_after_s=1)
    return EventSourceResponse(_frames(), headers=HEADERS)
