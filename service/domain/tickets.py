"""Tickets: read, add, change, move, archive."""

import msgspec
from msgspec import UNSET, UnsetType

from service.database import Database
from service.domain.access import Attempt, Read, Written, found, number, write, written
from service.domain.texts import After, Id, Restorable, Text, Time, Title, Uid, Wire
from service.pipeline import Statement


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket, shown as #id."""

    id: Id
    uid: str
    board_id: Id
    column_id: Id
    title: str
    description: str | UnsetType = UNSET  # left out in snapshots
    has_description: bool
    rank: str  # orders tickets within a column, byte by byte, then by id
    version: int  # +1 on each real change
    archived_at: Time | None
    created_at: Time
    created_by: int | None
    updated_at: Time


class NewTicket(Wire):
    title: Title
    description: Text | UnsetType = UNSET
    after: After | UnsetType = UNSET
    uid: Uid | UnsetType = UNSET


class TicketChange(Restorable):
    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class TicketMove(Wire):
    column_id: Id
    after: After | UnsetType = UNSET


READ = Statement(b"read_ticket", b"SELECT body, person FROM read_ticket($1, $2)")
ADD = write(b"add_ticket", b"add_ticket($1, $2, $3, $4, $5)")
CHANGE = write(b"change_ticket", b"change_ticket($1, $2, $3, $4, $5, $6)")
MOVE = write(b"move_ticket", b"move_ticket($1, $2, $3, $4, $5, $6, $7)")
ARCHIVE = write(b"archive_ticket", b"archive_ticket($1, $2, $3, $4)")


async def read(database: Database, credential: bytes, ticket_id: int) -> Read:
    return found(await database.read(READ, credential, number(ticket_id)), "ticket")


async def add(database: Database, by: Attempt, column_id: int, ticket: NewTicket) -> Written:
    """Add a ticket to a column: below `after`, first, or last."""
    column = number(column_id)
    params = (by.credential, by.key, by.fingerprint, column, msgspec.json.encode(ticket))
    return written(await database.write(ADD, *params, row=f"column/{column_id}"))


async def change(database: Database, by: Attempt, ticket_id: int, change: TicketChange) -> Written:
    """Change what is named. Raises Conflict when one of it was changed since `by.known`."""
    params = (by.credential, by.key, by.fingerprint, by.known, number(ticket_id), msgspec.json.encode(change))
    return written(await database.write(CHANGE, *params, row=f"ticket/{ticket_id}"))


async def move(database: Database, by: Attempt, ticket_id: int, to: TicketMove) -> Written:
    """Move a ticket to a column, of this board or another: below `after`, first, or last."""
    place = msgspec.json.encode({"after": to.after}) if to.after is not UNSET else b"{}"
    params = (by.credential, by.key, by.fingerprint, by.known, number(ticket_id), number(to.column_id), place)
    return written(await database.write(MOVE, *params, row=f"ticket/{ticket_id}"))


async def archive(database: Database, by: Attempt, ticket_id: int) -> Written:
    params = (by.credential, by.key, by.fingerprint, number(ticket_id))
    return written(await database.write(ARCHIVE, *params, row=f"ticket/{ticket_id}"))
