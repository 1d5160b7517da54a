"""The first account, sign-in and sign-out over HTTP."""

import logging
from typing import Any

import msgspec
from litestar import delete, post
from msgspec.json import Decoder

from service.api.answers import NO_STORE, Answer, Header, done, shown
from service.api.call import Call
from service.api.contract import promise
from service.api.limits import network
from service.domain import people
from service.domain.people import CodeUse, Exchange, Me, Opened, Setup, SignIn

logger = logging.getLogger(__name__)

SETUP, EXCHANGE, SIGN_IN = Decoder(Setup), Decoder(Exchange), Decoder(SignIn)
COOKIE_S = 400 * 86_400  # as long as browsers allow; the server knows when a session ends
OPEN = (400, 403, 413, 415, 422, 429, 503)


@post("/api/code", **promise("describeCode", "account", CodeUse, body=Exchange, problems=OPEN, open=True))
async def describe(request: Call) -> Answer:
    """What a link's one-time code is for. Does not use it up."""
    request.refuse_cross_site()
    data = await request.read(EXCHANGE)
    with request.shared.limits.by_host.guess(network(request.host)):
        return shown(await people.describe_code(request.shared.database, data.code))


@post(
    "/api/setup",
    **promise(
        "setUp", "account", Me, body=Setup, status=201, problems=(*OPEN, 409), open=True,
        headers=("Set-Cookie", "Event-Seq", "Event-Topic"),
    ),
)  # fmt: skip
async def set_up(request: Call) -> Answer:
    """Make the first account with the code that the server printed, or the account of somebody invited; signs in."""
    request.refuse_cross_site()
    data = await request.read(SETUP)
    with request.shared.limits.by_host.guess(network(request.host)):
        opened = await people.make_account(request.shared.database, request.shared.passwords, data)
    logger.info("an account was made", extra={"person": _person(opened)})
    return await _signed_in(request, opened)


@post(
    "/api/session",
    **promise(
        "signIn", "account", Me, body=(SignIn, Exchange), status=201, problems=(*OPEN, 401), open=True,
        headers=("Set-Cookie", "Event-Seq", "Event-Topic"),
    ),
)  # fmt: skip
async def sign_in(request: Call) -> Answer:
    """Sign in with address and password, or with the one-time code of a printed link."""
    request.refuse_cross_site()
    content = await request.content()
    shared = request.shared
    if _has_code(content):
        code = request.decode(content, EXCHANGE).code
        with shared.limits.by_host.guess(network(request.host)):
            opened = await people.exchange(shared.database, code)
    else:
        who = request.decode(content, SIGN_IN)
        with shared.limits.by_host.guess(network(request.host)), shared.limits.by_email.guess(who.email.lower()):
            opened = await people.sign_in(shared.database, shared.passwords, who)
    logger.info("signed in", extra={"person": _person(opened)})
    return await _signed_in(request, opened)


@delete(
    "/api/session",
    **promise("signOut", "account", None, status=204, problems=(401, 403, 503), headers=("Set-Cookie",)),
)
async def sign_out(request: Call) -> Answer:
    """End this session, and its streams with it."""
    person = await people.sign_out(request.shared.database, await request.credential())
    return Answer(204, (NO_STORE, await _cookie(request, "", 0)), person=person)


async def _signed_in(request: Call, opened: Opened) -> Answer:
    answer = done(opened.me, 201)
    answer.headers = (*answer.headers, await _cookie(request, opened.secret, COOKIE_S))
    return answer


async def _cookie(request: Call, value: str, age_s: int) -> Header:
    settings = request.shared.settings
    name = (await request.cookie_name()).decode()
    secure = "; Secure" if settings.secure or request.scope["scheme"] == "https" else ""
    text = f"{name}={value}; Path={settings.prefix or '/'}; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"
    return (b"set-cookie", text.encode())


def _has_code(content: bytes) -> bool:
    try:
        data: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False  # said by whoever decodes it next
    return isinstance(data, dict) and "code" in data


def _person(opened: Opened) -> int:
    return int(opened.me.person or 0)


ROUTES = [describe, set_up, sign_in, sign_out]
