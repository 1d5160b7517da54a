"""Who is on a board, and who is invited to it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.database import Database
from service.domain.access import Attempt, Read, Written, number, write, written
from service.domain.secret import hashed, new_code
from service.domain.texts import Email, Time, Wire
from service.pipeline import Statement

Role = Literal["viewer", "editor", "owner"]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member; or, for owners, somebody invited, whose `person_id` is null."""

    id: int | None  # the person's
    person_id: int | None
    name: str | None
    email: str | None  # for owners only
    role: Role
    version: int | None
    created_at: Time
    created_by: int | None
    updated_at: Time
    invitation_id: int | None
    link: Annotated[str | None, Meta(description="In the answer to POST alone: hand it to the person.")]


class NewMember(Wire):
    email: Email
    role: Role


class MemberChange(Wire):
    role: Role


LIST = Statement(b"list_members", b"SELECT list_members($1, $2)")
ADD = write(b"add_member", b"add_member($1, $2, $3, $4, $5, $6)")
CHANGE = write(b"change_member", b"change_member($1, $2, $3, $4, $5, $6, $7)")
REMOVE = write(b"remove_member", b"remove_member($1, $2, $3, $4, $5)")
WITHDRAW = write(b"withdraw_invitation", b"withdraw_invitation($1, $2, $3, $4, $5)")
ACCEPT = write(b"accept_invitation", b"accept_invitation($1, $2, $3, $4)")


async def list_all(database: Database, credential: bytes, board_id: int) -> Read:
    """Return the members in the order they came; for owners with addresses and with those invited."""
    return Read((await database.read(LIST, credential, number(board_id)))[0][0] or b"[]")


async def add(database: Database, by: Attempt, board_id: int, member: NewMember, url: str) -> Written:
    """Add whoever has the address, or invite it. The answer has a link under `url`: to the board or the invitation."""
    code = new_code()
    params = (by.credential, by.key, by.fingerprint, number(board_id), msgspec.json.encode(member), hashed(code))
    made = written(await database.write(ADD, *params, row=f"board/{board_id}"))
    row = msgspec.json.decode(made.body)
    row["link"] = f"{url}/boards/{board_id}" if row["invitation_id"] is None else f"{url}/#code={code}"
    return msgspec.structs.replace(made, body=msgspec.json.encode(row))


async def change(database: Database, by: Attempt, board_id: int, person_id: int, change: MemberChange) -> Written:
    params = (by.credential, by.key, by.fingerprint, by.known, number(board_id), number(person_id))
    return written(await database.write(CHANGE, *params, msgspec.json.encode(change), row=f"board/{board_id}"))


async def remove(database: Database, by: Attempt, board_id: int, person_id: int) -> Written:
    """Remove a member, or leave. Returns the row as it was."""
    params = (by.credential, by.key, by.fingerprint, number(board_id), number(person_id))
    return written(await database.write(REMOVE, *params, row=f"board/{board_id}"))


async def withdraw(database: Database, by: Attempt, board_id: int, invitation_id: int) -> Written:
    params = (by.credential, by.key, by.fingerprint, number(board_id), number(invitation_id))
    return written(await database.write(WITHDRAW, *params, row=f"board/{board_id}"))


async def accept(database: Database, by: Attempt, code: str) -> Written:
    """Take an invitation up as who I am signed in as; returns the board."""
    return written(await database.write(ACCEPT, by.credential, by.key, by.fingerprint, hashed(code)))
