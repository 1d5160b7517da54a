"""Boards: list, create, read now or as they were, change, archive."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.database import Database
from service.domain.access import Attempt, Read, Written, number, write, written
from service.domain.columns import Column
from service.domain.members import Role
from service.domain.texts import Id, Restorable, Text, Time, Title, Uid, Wire
from service.domain.tickets import Ticket
from service.pipeline import Statement


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A board, and my role on it."""

    id: Id
    uid: str
    title: str
    description: str
    version: int
    archived_at: Time | None
    created_at: Time
    created_by: int | None
    updated_at: Time
    role: Role | UnsetType = UNSET  # not in snapshots, which are the same for everyone


class ListedBoard(Board, frozen=True, kw_only=True):
    """A board of mine, with what a list shows of it."""

    tickets: int  # open, in open columns
    changed_at: Time  # when anything on it last changed


class BoardMember(msgspec.Struct, frozen=True):
    """Who is on the board, as everyone there sees it."""

    person_id: Id
    name: str
    role: Role


class Snapshot(msgspec.Struct, frozen=True):
    """A board's whole state at a seq: open rows only."""

    v: int
    app: str  # the web app's version
    topic: Annotated[str, Meta(examples=["board/1"])]
    seq: int  # the last event that is in it
    epoch: str
    board: Board
    columns: list[Column]
    tickets: list[Ticket]
    members: list[BoardMember]
    labels: list[dict[str, Any]]


class Archive(msgspec.Struct, frozen=True):
    """What is archived on a board, newest first."""

    board: Board
    total: int  # of columns and tickets, however many are listed
    columns: list[Column]
    tickets: list[Ticket]


class NewBoard(Wire):
    title: Title
    description: Text | UnsetType = UNSET
    columns: (
        Annotated[list[Title], Meta(max_length=100, description="To do, Doing, Done unless named.")] | UnsetType
    ) = UNSET
    uid: Uid | UnsetType = UNSET


class BoardChange(Restorable):
    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class Tagged(msgspec.Struct, frozen=True):
    """A snapshot and its tag; the body is None when the reader has it."""

    body: bytes | None
    tag: bytes
    person: bytes


LIST = Statement(b"list_boards", b"SELECT list_boards($1, $2)")
CREATE = write(b"create_board", b"create_board($1, $2, $3, $4)")
READ = Statement(b"read_board", b"SELECT body, tag, person FROM read_board($1, $2, $3, $4)")
READ_AT = Statement(b"read_board_at", b"SELECT read_board_at($1, $2, $3, $4)")
ARCHIVED = Statement(b"read_archive", b"SELECT read_archive($1, $2, $3)")
CHANGE = write(b"change_board", b"change_board($1, $2, $3, $4, $5, $6)")
ARCHIVE = write(b"archive_board", b"archive_board($1, $2, $3, $4)")


async def list_mine(database: Database, credential: bytes, archived: bool) -> Read:
    rows = await database.read(LIST, credential, b"t" if archived else b"f")
    return Read(rows[0][0] or b"[]")


async def create(database: Database, by: Attempt, board: NewBoard) -> Written:
    params = (by.credential, by.key, by.fingerprint, msgspec.json.encode(board))
    return written(await database.write(CREATE, *params))


async def read(database: Database, credential: bytes, board_id: int, known: bytes | None, app: str) -> Tagged:
    """Return the board's snapshot, without a body when `known` is its tag still."""
    rows = await database.wide(READ, credential, number(board_id), known, app.encode())
    body, tag, person = rows[0]
    assert tag is not None
    assert person is not None
    return Tagged(body, tag, person)


async def read_at(database: Database, credential: bytes, board_id: int, seq: int, app: str) -> Read:
    """Return the snapshot as it was at `seq`. Raises Gone below what the log keeps, NotFound above its end."""
    rows = await database.wide(READ_AT, credential, number(board_id), b"%d" % seq, app.encode())
    return Read(rows[0][0] or b"")


async def read_archive(database: Database, credential: bytes, board_id: int, most: int | None) -> Read:
    """Return what is archived, at most so many columns and tickets; all when None."""
    rows = await database.wide(ARCHIVED, credential, number(board_id), None if most is None else b"%d" % most)
    return Read(rows[0][0] or b"")


async def change(database: Database, by: Attempt, board_id: int, change: BoardChange) -> Written:
    params = (by.credential, by.key, by.fingerprint, by.known, number(board_id), msgspec.json.encode(change))
    return written(await database.write(CHANGE, *params, row=f"board/{board_id}"))


async def archive(database: Database, by: Attempt, board_id: int) -> Written:
    params = (by.credential, by.key, by.fingerprint, number(board_id))
    return written(await database.write(ARCHIVE, *params, row=f"board/{board_id}"))
