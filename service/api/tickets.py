"""Tickets over HTTP."""

from litestar import delete, get, patch, post
from litestar.params import FromPath
from msgspec.json import Decoder

from service.api.answers import Answer, done, shown
from service.api.call import Call
from service.api.contract import BARE_WRITE, READ, WRITE, promise
from service.domain import tickets
from service.domain.tickets import NewTicket, Ticket, TicketChange, TicketMove

NEW, CHANGE, MOVE = Decoder(NewTicket), Decoder(TicketChange), Decoder(TicketMove)


@get("/api/tickets/{ticket_id:int}", **promise("getTicket", "tickets", Ticket, problems=READ))
async def read(request: Call, ticket_id: FromPath[int]) -> Answer:
    """A ticket with its description."""
    return shown(await tickets.read(request.shared.database, await request.credential(), ticket_id))


@post(
    "/api/columns/{column_id:int}/tickets",
    **promise("addTicket", "tickets", Ticket, body=NewTicket, status=201, problems=WRITE, keyed=True),
)
async def add(request: Call, column_id: FromPath[int]) -> Answer:
    """Add a ticket to a column: below `after`, first with null, last without it."""
    by, ticket = await request.attempt(NEW)
    return done(await tickets.add(request.shared.database, by, column_id, ticket), 201)


@patch(
    "/api/tickets/{ticket_id:int}",
    **promise("changeTicket", "tickets", Ticket, body=TicketChange, problems=WRITE, matches=True, keyed=True),
)
async def change(request: Call, ticket_id: FromPath[int]) -> Answer:
    """Change what is named, or restore an archived ticket with `{"archived": false}`."""
    by, data = await request.attempt(CHANGE)
    return done(await tickets.change(request.shared.database, by, ticket_id, data))


@post(
    "/api/tickets/{ticket_id:int}/move",
    **promise("moveTicket", "tickets", Ticket, body=TicketMove, problems=WRITE, matches=True, keyed=True),
)
async def move(request: Call, ticket_id: FromPath[int]) -> Answer:
    """Move a ticket to a column, of this board or another: below `after`, first with null, last without it."""
    by, data = await request.attempt(MOVE)
    return done(await tickets.move(request.shared.database, by, ticket_id, data))


@delete("/api/tickets/{ticket_id:int}", **promise("archiveTicket", "tickets", Ticket, problems=BARE_WRITE, keyed=True))
async def archive(request: Call, ticket_id: FromPath[int]) -> Answer:
    """Archive a ticket; PATCH `{"archived": false}` brings it back."""
    return done(await tickets.archive(request.shared.database, await request.bare_attempt(), ticket_id))


ROUTES = [read, add, change, move, archive]
