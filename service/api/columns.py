"""Columns over HTTP."""

from litestar import delete, patch, post
from litestar.params import FromPath
from msgspec.json import Decoder

from service.api.answers import Answer, done
from service.api.call import Call
from service.api.contract import BARE_WRITE, WRITE, promise
from service.domain import columns
from service.domain.columns import Column, ColumnChange, ColumnMove, NewColumn

NEW, CHANGE, MOVE = Decoder(NewColumn), Decoder(ColumnChange), Decoder(ColumnMove)


@post(
    "/api/boards/{board_id:int}/columns",
    **promise("addColumn", "columns", Column, body=NewColumn, status=201, problems=WRITE, keyed=True),
)
async def add(request: Call, board_id: FromPath[int]) -> Answer:
    """Add a column to a board: right of `after`, first with null, last without it."""
    by, column = await request.attempt(NEW)
    return done(await columns.add(request.shared.database, by, board_id, column), 201)


@patch(
    "/api/columns/{column_id:int}",
    **promise("changeColumn", "columns", Column, body=ColumnChange, problems=WRITE, matches=True, keyed=True),
)
async def change(request: Call, column_id: FromPath[int]) -> Answer:
    """Change what is named, or restore an archived column and its tickets with `{"archived": false}`."""
    by, data = await request.attempt(CHANGE)
    return done(await columns.change(request.shared.database, by, column_id, data))


@post(
    "/api/columns/{column_id:int}/move",
    **promise("moveColumn", "columns", Column, body=ColumnMove, problems=WRITE, matches=True, keyed=True),
)
async def move(request: Call, column_id: FromPath[int]) -> Answer:
    """Move a column on its board: right of `after`, first with null, last without it."""
    by, data = await request.attempt(MOVE)
    return done(await columns.move(request.shared.database, by, column_id, data))


@delete("/api/columns/{column_id:int}", **promise("archiveColumn", "columns", Column, problems=BARE_WRITE, keyed=True))
async def archive(request: Call, column_id: FromPath[int]) -> Answer:
    """Archive a column; its tickets hide and return with it."""
    return done(await columns.archive(request.shared.database, await request.bare_attempt(), column_id))


ROUTES = [add, change, move, archive]
