"""Columns: add, change, move, archive. A column's tickets hide and return with it."""

import msgspec
from msgspec import UNSET, UnsetType

from service.database import Database
from service.domain.access import Attempt, Written, number, write, written
from service.domain.texts import After, Id, Restorable, Time, Title, Uid, WipLimit, Wire


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a board."""

    id: Id
    uid: str
    board_id: Id
    title: str
    wip_limit: int | None  # open tickets it may hold; null: any number
    rank: str
    version: int
    archived_at: Time | None
    created_at: Time
    created_by: int | None
    updated_at: Time


class NewColumn(Wire):
    title: Title
    wip_limit: WipLimit | UnsetType | None = UNSET
    after: After | UnsetType = UNSET
    uid: Uid | UnsetType = UNSET


class ColumnChange(Restorable):
    title: Title | UnsetType = UNSET
    wip_limit: WipLimit | UnsetType | None = UNSET


class ColumnMove(Wire):
    after: After | UnsetType = UNSET


ADD = write(b"add_column", b"add_column($1, $2, $3, $4, $5)")
CHANGE = write(b"change_column", b"change_column($1, $2, $3, $4, $5, $6)")
MOVE = write(b"move_column", b"move_column($1, $2, $3, $4, $5, $6)")
ARCHIVE = write(b"archive_column", b"archive_column($1, $2, $3, $4)")


async def add(database: Database, by: Attempt, board_id: int, column: NewColumn) -> Written:
    params = (by.credential, by.key, by.fingerprint, number(board_id), msgspec.json.encode(column))
    return written(await database.write(ADD, *params, row=f"board/{board_id}"))


async def change(database: Database, by: Attempt, column_id: int, change: ColumnChange) -> Written:
    params = (by.credential, by.key, by.fingerprint, by.known, number(column_id), msgspec.json.encode(change))
    return written(await database.write(CHANGE, *params, row=f"column/{column_id}"))


async def move(database: Database, by: Attempt, column_id: int, to: ColumnMove) -> Written:
    params = (by.credential, by.key, by.fingerprint, by.known, number(column_id), msgspec.json.encode(to))
    return written(await database.write(MOVE, *params, row=f"column/{column_id}"))


async def archive(database: Database, by: Attempt, column_id: int) -> Written:
    params = (by.credential, by.key, by.fingerprint, number(column_id))
    return written(await database.write(ARCHIVE, *params, row=f"column/{column_id}"))
