"""Members and invitations over HTTP."""

from litestar import delete, get, patch, post
from litestar.params import FromPath
from msgspec.json import Decoder

from service.api.answers import Answer, done, shown
from service.api.call import Call
from service.api.contract import BARE_WRITE, READ, WRITE, promise
from service.domain import members
from service.domain.boards import Board
from service.domain.members import Member, MemberChange, NewMember
from service.domain.people import Exchange

NEW, CHANGE, ACCEPT = Decoder(NewMember), Decoder(MemberChange), Decoder(Exchange)


@get("/api/boards/{board_id:int}/members", **promise("listMembers", "members", list[Member], problems=READ))
async def list_all(request: Call, board_id: FromPath[int]) -> Answer:
    """The members in the order they came; for owners with their addresses, and with those who are invited."""
    return shown(await members.list_all(request.shared.database, await request.credential(), board_id))


@post(
    "/api/boards/{board_id:int}/members",
    **promise("addMember", "members", Member, body=NewMember, status=201, problems=WRITE, keyed=True),
)
async def add(request: Call, board_id: FromPath[int]) -> Answer:
    """Add whoever has the address, or invite it: `link` is what to hand to the person. Owners only."""
    by, data = await request.attempt(NEW)
    shared = request.shared
    return done(await members.add(shared.database, by, board_id, data, shared.settings.printed_url), 201)


@patch(
    "/api/boards/{board_id:int}/members/{person_id:int}",
    **promise("changeMember", "members", Member, body=MemberChange, problems=WRITE, matches=True, keyed=True),
)
async def change(request: Call, board_id: FromPath[int], person_id: FromPath[int]) -> Answer:
    """Change a member's role. Owners only; the last owner stays one."""
    by, data = await request.attempt(CHANGE)
    return done(await members.change(request.shared.database, by, board_id, person_id, data))


@delete(
    "/api/boards/{board_id:int}/members/{person_id:int}",
    **promise("removeMember", "members", Member, problems=BARE_WRITE, keyed=True),
)
async def remove(request: Call, board_id: FromPath[int], person_id: FromPath[int]) -> Answer:
    """Remove a member (owners), or leave (everyone). Answers the row as it was."""
    return done(await members.remove(request.shared.database, await request.bare_attempt(), board_id, person_id))


@delete(
    "/api/boards/{board_id:int}/invitations/{invitation_id:int}",
    **promise("withdrawInvitation", "members", Member, problems=BARE_WRITE, keyed=True),
)
async def withdraw(request: Call, board_id: FromPath[int], invitation_id: FromPath[int]) -> Answer:
    """Withdraw an invitation: its links are void. Owners only."""
    return done(await members.withdraw(request.shared.database, await request.bare_attempt(), board_id, invitation_id))


@post(
    "/api/invitations",
    **promise(
        "acceptInvitation",
        "members",
        Board,
        body=Exchange,
        problems=WRITE,
        keyed=True,
    ),
)
async def accept(request: Call) -> Answer:
    """Take an invitation up as who I am signed in as. Without an account: POST /api/setup with the same code."""
    by, data = await request.attempt(ACCEPT)
    return done(await members.accept(request.shared.database, by, data.code))


ROUTES = [list_all, add, change, remove, withdraw, accept]
