"""Me over HTTP."""

import logging
from contextlib import nullcontext

from litestar import get, patch
from msgspec import UNSET
from msgspec.json import Decoder

from service.api.answers import Answer, done, shown
from service.api.call import Call
from service.api.contract import promise
from service.domain import people
from service.domain.people import Me, MeChange

logger = logging.getLogger(__name__)

CHANGE = Decoder(MeChange)


@get("/api/me", **promise("getMe", "account", Me, problems=(401, 503)))
async def read(request: Call) -> Answer:
    """Who am I?"""
    return shown(await people.read_me(request.shared.database, await request.credential()))


@patch(
    "/api/me",
    **promise(
        "changeMe", "account", Me, body=MeChange, problems=(400, 401, 403, 409, 413, 415, 422, 429, 503), matches=True,
        headers=("Event-Seq", "Event-Topic"),
    ),
)  # fmt: skip
async def change(request: Call) -> Answer:
    """Change what is named. A new password needs the current one, but for an hour after a sign-in code, and ends my
    other sessions."""
    by, data = await request.attempt(CHANGE)
    shared = request.shared
    who = f"me/{by.credential.decode()}"
    with shared.limits.by_email.guess(who) if data.current_password is not UNSET else nullcontext():
        made = await people.change_me(shared.database, shared.passwords, by.credential, by.known, data)
    if data.password is not UNSET:
        logger.info("a password was changed", extra={"person": made.person and int(made.person)})
    return done(made)


ROUTES = [read, change]
