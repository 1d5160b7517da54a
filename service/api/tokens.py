"""Bearer tokens over HTTP."""

from litestar import delete, get, post
from litestar.params import FromPath
from msgspec.json import Decoder

from service.api.answers import JSON, NO_STORE, Answer, shown
from service.api.call import Call
from service.api.contract import promise
from service.domain import tokens
from service.domain.tokens import NewToken, ShownToken, Token

NEW = Decoder(NewToken)


@get("/api/tokens", **promise("listTokens", "account", list[Token], problems=(401, 503)))
async def list_mine(request: Call) -> Answer:
    """My tokens, without their secrets."""
    return shown(await tokens.list_mine(request.shared.database, await request.credential()))


@post(
    "/api/tokens",
    **promise(
        "addToken", "account", ShownToken, body=NewToken, status=201, problems=(400, 401, 403, 413, 415, 422, 503)
    ),
)
async def add(request: Call) -> Answer:
    """Make a token for a program. Its secret is shown here and never again."""
    by, data = await request.attempt(NEW)
    made = await tokens.add(request.shared.database, by.credential, data)
    return Answer(201, (JSON, NO_STORE), made.body, made.person)


@delete("/api/tokens/{token_id:int}", **promise("removeToken", "account", Token, problems=(401, 403, 404, 503)))
async def remove(request: Call, token_id: FromPath[int]) -> Answer:
    """End a token, and its streams with it."""
    return shown(await tokens.remove(request.shared.database, await request.credential(), token_id))


ROUTES = [list_mine, add, remove]
