"""History, read from the log: the stream's objects with nothing left out."""

import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.database import Database
from service.domain.access import Read, number, optional
from service.domain.texts import Id, Time
from service.pipeline import Statement


class Actor(msgspec.Struct, frozen=True):
    id: Id
    name: str


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One committed change of one topic."""

    v: int
    topic: Annotated[str, Meta(examples=["board/1"])]
    seq: int  # 1, 2, 3, … within the topic, without gaps
    type: Annotated[str, Meta(examples=["ticket.updated"])]
    at: Time
    via: Annotated[str, Meta(description="`rest`, `system`, or `sql:` and the role.", examples=["rest"])]
    actor: Actor | None
    op: str | None  # the Idempotency-Key of the write that made it
    id: int
    set: dict[str, Any] | UnsetType = UNSET  # the changed columns, the whole row when created
    was: dict[str, Any] | UnsetType = UNSET  # their former values, the whole row when deleted
    moved_to: int | UnsetType = UNSET  # the board the ticket left for
    more: bool | UnsetType = UNSET  # events of the same transaction follow


LIST = Statement(b"list_events", b"SELECT list_events($1, $2, $3, $4, $5)")
READ = Statement(b"read_event", b"SELECT read_event($1, $2, $3)")
OF_TICKET = Statement(b"list_ticket_events", b"SELECT list_ticket_events($1, $2, $3, $4)")


async def list_of_board(
    database: Database, credential: bytes, board_id: int, after_seq: int | None, before_seq: int | None, limit: int
) -> Read:
    """Return the events between the two, which are not among them, newest first."""
    bounds = (optional(after_seq), optional(before_seq), b"%d" % limit)
    return Read((await database.wide(LIST, credential, number(board_id), *bounds))[0][0] or b"[]")


async def read(database: Database, credential: bytes, board_id: int, seq: int) -> Read:
    return Read((await database.read(READ, credential, number(board_id), number(seq)))[0][0] or b"")


async def list_of_ticket(
    database: Database, credential: bytes, ticket_id: int, before: datetime.datetime | None, limit: int
) -> Read:
    """Return the ticket's events on boards this person may see, newest first."""
    until = before.isoformat().encode() if before else None
    rows = await database.wide(OF_TICKET, credential, number(ticket_id), until, b"%d" % limit)
    return Read(rows[0][0] or b"[]")
