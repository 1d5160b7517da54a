"""Accounts: the first one and those of invited people, sessions, me."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.database import Database
from service.domain.access import Read, Written, found, write, written
from service.domain.errors import Forbidden, NotSignedIn
from service.domain.members import Role
from service.domain.passwords import Passwords
from service.domain.secret import hashed, new_session
from service.domain.texts import Code, Email, Id, Locale, Name, Password, Time, TimeZone, Wire
from service.pipeline import Statement


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The person who asks."""

    id: Id
    uid: str
    name: str
    email: str | None
    admin: bool  # whose it is to manage people, not boards; no call asks for it yet
    time_zone: str
    locale: str
    has_password: bool
    version: int
    created_at: Time
    updated_at: Time


class CodeBoard(msgspec.Struct, frozen=True):
    id: Id
    title: str


class CodeUse(msgspec.Struct, frozen=True):
    """What a one-time code is for, so that a page can ask the right thing."""

    purpose: Literal["setup", "invitation", "sign-in"]
    email: str | None
    name: str | None
    board: CodeBoard | None
    role: Role | None
    has_account: bool  # sign in, then accept; else make the account


class Setup(Wire):
    code: Code
    name: Name
    email: Email
    password: Password


class SignIn(Wire):
    email: Email
    password: Annotated[str, Meta(max_length=200)]


class Exchange(Wire):
    code: Code


class MeChange(Wire):
    name: Name | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    current_password: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


DESCRIBE = Statement(b"describe_code", b"SELECT describe_code($1)")
MAKE = write(b"make_account", b"make_account($1, $2, $3, $4, $5)")
EXCHANGE = write(b"exchange_code", b"exchange_code($1, $2)")
BY_EMAIL = Statement(b"person_by_email", b"SELECT id, password_hash FROM person_by_email($1)")
OPEN = write(b"open_checked_session", b"open_checked_session($1, $2, $3)")
END = Statement(b"end_session", b"SELECT end_session($1)")
ME = Statement(b"read_me", b"SELECT body, person FROM read_me($1)")
PASSWORD = Statement(b"my_password", b"SELECT password_hash, forgotten FROM my_password($1)")
CHANGE = write(b"change_me", b"change_me($1, $2, $3, $4, $5)")


class Opened(msgspec.Struct, frozen=True):
    """A session was opened: its secret, shown once, and the person."""

    secret: str
    me: Written


async def describe_code(database: Database, code: str) -> Read:
    """Return what the code is for; Forbidden when it cannot be used, or not any more."""
    rows = await database.read(DESCRIBE, hashed(code))
    if rows[0][0] is None:
        raise Forbidden("This code is not valid, or not any more.")
    return Read(rows[0][0])


async def make_account(database: Database, passwords: Passwords, setup: Setup) -> Opened:
    """Make the first account, or that of somebody invited, and sign it in."""
    await describe_code(database, setup.code)  # before the hashing, which is dear on purpose
    password = await passwords.hash(setup.password)
    secret = new_session()
    params = (hashed(setup.code), setup.name.encode(), setup.email.encode(), password.encode(), hashed(secret))
    return Opened(secret, written(await database.write(MAKE, *params)))


async def sign_in(database: Database, passwords: Passwords, who: SignIn) -> Opened:
    """Open a session. NotSignedIn for a wrong password and for an unknown address alike, in the same time."""
    rows = await database.read(BY_EMAIL, who.email.encode())
    person, password = rows[0] if rows else (None, None)
    right = await passwords.matches(password.decode() if password else None, who.password)
    if not right or person is None:
        raise NotSignedIn("This address and password do not belong together.")
    secret = new_session()
    return Opened(secret, written(await database.write(OPEN, person, hashed(secret), password)))


async def exchange(database: Database, code: str) -> Opened:
    """Open a session for the person a sign-in code was made for."""
    secret = new_session()
    return Opened(secret, written(await database.write(EXCHANGE, hashed(code), hashed(secret))))


async def sign_out(database: Database, credential: bytes) -> bytes | None:
    """End the session and return whose it was."""
    return (await database.write(END, credential))[0][0]


async def read_me(database: Database, credential: bytes) -> Read:
    return found(await database.write(ME, credential), "person")


async def change_me(
    database: Database, passwords: Passwords, credential: bytes, known: bytes | None, change: MeChange
) -> Written:
    """Change what is named. A new password ends the other sessions.

    It needs the current one, unless there is none or the session was opened by a sign-in code within the hour.
    """
    old, new = None, None
    if change.password is not UNSET:
        rows = await database.read(PASSWORD, credential)
        if not rows:
            raise NotSignedIn("Sign in first: this session or token is unknown or has ended.")
        old, forgotten = rows[0]
        if old is not None:
            if change.current_password is UNSET:
                if forgotten != b"t":
                    raise Forbidden("A new password needs the current one.", {"field": "current_password"})
            elif not await passwords.matches(old.decode(), change.current_password):
                raise Forbidden("This is not the current password.", {"field": "current_password"})
        new = (await passwords.hash(change.password)).encode()
    named = msgspec.to_builtins(change)
    rest = {name: value for name, value in named.items() if not name.endswith("password")}
    return written(await database.write(CHANGE, credential, known, msgspec.json.encode(rest), new, old))
