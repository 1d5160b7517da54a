"""History over HTTP."""

from litestar import get
from litestar.params import FromPath, FromQuery

from service.api.answers import Answer, shown
from service.api.call import Call
from service.api.contract import promise
from service.api.parameters import moment, number
from service.domain import events
from service.domain.access import BIGINT
from service.domain.events import Event

SEQ = {"type": "integer", "minimum": 0, "maximum": BIGINT}
LIMIT = {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
AFTER = SEQ | {"description": "Only what came after this seq."}
BEFORE = SEQ | {"description": "Only what came before this seq."}
EARLIER = {"type": "string", "format": "date-time", "description": "Only what came before this time."}


@get(
    "/api/boards/{board_id:int}/events",
    **promise(
        "listEvents",
        "history",
        list[Event],
        problems=(401, 404, 422, 503),
        query={"after_seq": AFTER, "before_seq": BEFORE, "limit": LIMIT},
    ),
)
async def list_of_board(
    request: Call,
    board_id: FromPath[int],
    after_seq: FromQuery[str | None] = None,
    before_seq: FromQuery[str | None] = None,
    limit: FromQuery[str | None] = None,
) -> Answer:
    """What happened on the board, newest first; the bounds are not included. Read on with `before_seq`."""
    credential = await request.credential()
    database = request.shared.database
    return shown(
        await events.list_of_board(
            database,
            credential,
            board_id,
            number(after_seq, "after_seq"),
            number(before_seq, "before_seq"),
            _limit(limit),
        )
    )


@get(
    "/api/boards/{board_id:int}/events/{seq:int}",
    **promise("getEvent", "history", Event, problems=(401, 404, 410, 503)),
)
async def read(request: Call, board_id: FromPath[int], seq: FromPath[int]) -> Answer:
    """One event, whole: also the long texts that the stream leaves out."""
    return shown(await events.read(request.shared.database, await request.credential(), board_id, seq))


@get(
    "/api/tickets/{ticket_id:int}/events",
    **promise(
        "listTicketEvents",
        "history",
        list[Event],
        problems=(401, 404, 422, 503),
        query={"before": EARLIER, "limit": LIMIT},
    ),
)
async def list_of_ticket(
    request: Call,
    ticket_id: FromPath[int],
    before: FromQuery[str | None] = None,
    limit: FromQuery[str | None] = None,
) -> Answer:
    """A ticket's life, newest first, on the boards I may see."""
    credential = await request.credential()
    return shown(
        await events.list_of_ticket(
            request.shared.database, credential, ticket_id, moment(before, "before"), _limit(limit)
        )
    )


def _limit(text: str | None) -> int:
    return number(text, "limit", 1, 500) or 50


ROUTES = [list_of_board, read, list_of_ticket]
