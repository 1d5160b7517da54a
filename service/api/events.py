"""History over HTTP."""

import datetime
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from service.api.answers import Answer, shown
from service.api.call import Call
from service.api.contract import promise
from service.domain import events
from service.domain.access import BIGINT
from service.domain.events import Event

Seq = Annotated[int | None, QueryParameter(ge=0, le=BIGINT)]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@get(
    "/api/boards/{board_id:int}/events", **promise("listEvents", "history", list[Event], problems=(401, 404, 422, 503))
)
async def list_of_board(
    request: Call, board_id: FromPath[int], after_seq: Seq = None, before_seq: Seq = None, limit: Limit = 50
) -> Answer:
    """What happened on the board, newest first; the bounds are not included. Read on with `before_seq`."""
    credential = await request.credential()
    database = request.shared.database
    return shown(await events.list_of_board(database, credential, board_id, after_seq, before_seq, limit))


@get(
    "/api/boards/{board_id:int}/events/{seq:int}",
    **promise("getEvent", "history", Event, problems=(401, 404, 410, 503)),
)
async def read(request: Call, board_id: FromPath[int], seq: FromPath[int]) -> Answer:
    """One event, whole: also the long texts that the stream leaves out."""
    return shown(await events.read(request.shared.database, await request.credential(), board_id, seq))


@get(
    "/api/tickets/{ticket_id:int}/events",
    **promise("listTicketEvents", "history", list[Event], problems=(401, 404, 422, 503)),
)
async def list_of_ticket(
    request: Call,
    ticket_id: FromPath[int],
    before: Annotated[
        datetime.datetime | None, QueryParameter(description="Only what happened before this time.")
    ] = None,
    limit: Limit = 50,
) -> Answer:
    """A ticket's life, newest first, on the boards I may see."""
    credential = await request.credential()
    return shown(await events.list_of_ticket(request.shared.database, credential, ticket_id, before, limit))


ROUTES = [list_of_board, read, list_of_ticket]
