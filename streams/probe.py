"""GET /streams/probe: a few small frames, a moment apart, for whoever asks whether they come through one by one.

`?end=cut` ends it as a killed server does, in the middle of the body: does whoever stands between pass that on?
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, get
from sse_starlette import EventSourceResponse

from streams import wire
from streams.problems import Problem
from streams.response import HEADERS, SERVERS_SEND

FRAMES = 5
APART_S = 0.06
AT_ONCE = 100  # it needs no credential, so it must cost next to nothing

_running = 0


async def _frames(cut: wire.Send | None) -> AsyncIterator[bytes]:
    global _running
    _running += 1
    try:
        for n in range(1, FRAMES + 1):
            yield b'data: {"n":%d,"of":%d,"apart_ms":%d}\n\n' % (n, FRAMES, APART_S * 1000)
            if n < FRAMES:
                await asyncio.sleep(APART_S)
        if cut:
            wire.abort(cut)
    finally:
        _running -= 1


@get("/streams/probe", media_type="text/event-stream")
async def probe(request: Request[Any, Any, Any]) -> EventSourceResponse:
    """Five frames, then the end, or with `?end=cut` none.

    Needs no credential and tells nothing; a client measures when each arrived.
    """
    if _running >= AT_ONCE:
        raise Problem(503, "Too many are trying the way at once; try again in a moment.", retry_after_s=1)
    scope: Any = request.scope
    cut = request.query_params.get("end") == "cut"
    return EventSourceResponse(_frames(scope[SERVERS_SEND] if cut else None), headers=HEADERS)
