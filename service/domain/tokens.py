"""Bearer tokens for programs. A token is shown once, when it is made."""

import asyncio
import datetime
import logging
from typing import Annotated, NoReturn

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.database import Database
from service.domain.access import Read, found, number
from service.domain.errors import BoardError
from service.domain.secret import hashed, new_token
from service.domain.texts import Id, Name, Time, Wire
from service.pipeline import Failure, Statement

logger = logging.getLogger(__name__)

NOTE_S = 60.0


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token, without its secret."""

    id: Id
    name: str
    created_at: Time
    expires_on: datetime.date | None  # the last day it is good, in UTC
    last_used_at: Time | None  # to the minute


class ShownToken(Token, frozen=True, kw_only=True):
    """A new token with its secret."""

    token: Annotated[str, Meta(description="Send it as `Authorization: Bearer …`. It is never shown again.")]


class NewToken(Wire):
    name: Name
    expires_on: datetime.date | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if isinstance(self.expires_on, datetime.date) and self.expires_on < datetime.datetime.now(datetime.UTC).date():
            raise ValueError("A token cannot have expired before it is made - at `$.expires_on`")


LIST = Statement(b"list_tokens", b"SELECT list_tokens($1)")
ADD = Statement(b"add_token", b"SELECT body, person FROM add_token($1, $2, $3, $4)")
NOTE = Statement(b"note_tokens", b"SELECT note_tokens($1)")
REMOVE = Statement(b"remove_token", b"SELECT body, person FROM remove_token($1, $2)")


async def list_mine(database: Database, credential: bytes) -> Read:
    return Read((await database.read(LIST, credential))[0][0] or b"[]")


async def add(database: Database, credential: bytes, token: NewToken) -> Read:
    """Make a token; the answer has its secret."""
    secret = new_token()
    expires = token.expires_on.isoformat().encode() if isinstance(token.expires_on, datetime.date) else None
    made = found(await database.write(ADD, credential, token.name.encode(), expires, hashed(secret)), "token")
    return Read(made.body.removesuffix(b"}") + b', "token": "%b"}' % secret.encode(), made.person)


async def remove(database: Database, credential: bytes, token_id: int) -> Read:
    return found(await database.write(REMOVE, credential, number(token_id)), "token")


async def note(database: Database, seen: set[bytes]) -> None:
    """Set `last_used_at` of the tokens with these hashes to now, and empty the set."""
    hashes = list(seen)
    seen.clear()
    if hashes:
        array = b"{" + b",".join(b'"' + each.replace(b"\\", b"\\\\") + b'"' for each in hashes) + b"}"
        await database.write(NOTE, array)


async def keep_noting(database: Database, seen: set[bytes]) -> NoReturn:
    """Note the tokens in `seen` every minute, until cancelled: a write for each request would be dear."""
    while True:
        await asyncio.sleep(NOTE_S)
        try:
            await note(database, seen)
        except (BoardError, Failure) as error:
            logger.info("the tokens used are not noted this time: %s", error)
