"""Boards over HTTP."""

from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery
from msgspec.json import Decoder

from service.api.answers import JSON, Answer, done, shown
from service.api.call import Call
from service.api.contract import BARE_WRITE, WRITE, promise
from service.api.parameters import number
from service.domain import boards
from service.domain.access import BIGINT
from service.domain.boards import Archive, Board, BoardChange, ListedBoard, NewBoard, Snapshot

ARCHIVED = {"archived": {"type": "boolean", "default": False, "description": "The archived ones instead."}}
AT = {"at": {"type": "integer", "minimum": 0, "maximum": BIGINT, "description": "As it was at this seq."}}

ALONE = "At most so many of each. 0: the total alone."
MOST = {"limit": {"type": "integer", "minimum": 0, "maximum": BIGINT, "description": ALONE}}

NEW, CHANGE = Decoder(NewBoard), Decoder(BoardChange)


@get("/api/boards", **promise("listBoards", "boards", list[ListedBoard], problems=(401, 422, 503), query=ARCHIVED))
async def list_mine(request: Call, archived: FromQuery[bool] = False) -> Answer:
    """The boards I am a member of, oldest first: the open ones, or with `archived=true` the archived ones."""
    return shown(await boards.list_mine(request.shared.database, await request.credential(), archived))


@post(
    "/api/boards",
    **promise(
        "createBoard",
        "boards",
        Board,
        body=NewBoard,
        status=201,
        problems=WRITE,
        keyed=True,
    ),
)
async def create(request: Call) -> Answer:
    """Create a board of mine, with the columns To do, Doing and Done unless others are named."""
    by, board = await request.attempt(NEW)
    return done(await boards.create(request.shared.database, by, board), 201)


@get(
    "/api/boards/{board_id:int}",
    **promise("getBoard", "boards", Snapshot, problems=(400, 401, 404, 410, 422, 503), headers=("ETag",), query=AT),
)
async def read(request: Call, board_id: FromPath[int], at: FromQuery[str | None] = None) -> Answer:
    """The board's whole state: open rows, a ticket without its description. With `at`, as it was at that seq."""
    credential = await request.credential()
    shared = request.shared
    if (seq := number(at, "at")) is not None:
        return shown(await boards.read_at(shared.database, credential, board_id, seq, shared.settings.app))
    held = request.header(b"if-none-match")
    known = held.removeprefix(b"W/").strip(b'"') if held and len(held) < 200 and held.isascii() else None
    board = await boards.read(shared.database, credential, board_id, known, shared.settings.app)
    headers = ((b"etag", b'W/"%b"' % board.tag), REVALIDATE, VARY)
    if board.body is None:
        return Answer(304, headers, b"", board.person)
    return Answer(200, (JSON, *headers), board.body, board.person)


@get(
    "/api/boards/{board_id:int}/archive",
    **promise("getArchive", "boards", Archive, problems=(401, 404, 422, 503), query=MOST),
)
async def read_archive(request: Call, board_id: FromPath[int], limit: FromQuery[str | None] = None) -> Answer:
    """The board's archived columns and tickets, newest first, and how many there are."""
    credential, most = await request.credential(), number(limit, "limit")
    return shown(await boards.read_archive(request.shared.database, credential, board_id, most))


@patch(
    "/api/boards/{board_id:int}",
    **promise("changeBoard", "boards", Board, body=BoardChange, problems=WRITE, matches=True, keyed=True),
)
async def change(request: Call, board_id: FromPath[int]) -> Answer:
    """Rename or describe a board, or restore it with `{"archived": false}`."""
    by, data = await request.attempt(CHANGE)
    return done(await boards.change(request.shared.database, by, board_id, data))


@delete("/api/boards/{board_id:int}", **promise("archiveBoard", "boards", Board, problems=BARE_WRITE, keyed=True))
async def archive(request: Call, board_id: FromPath[int]) -> Answer:
    """Archive a board. Owners only."""
    return done(await boards.archive(request.shared.database, await request.bare_attempt(), board_id))


REVALIDATE = (b"cache-control", b"private, no-cache")
VARY = (b"vary", b"cookie, authorization")
ROUTES = [list_mine, create, read, read_archive, change, archive]
