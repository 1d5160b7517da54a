"""What can be wrong with a request, in the words of the domain. SQL raises these by the codes named here."""

from typing import Any


class BoardError(Exception):
    """The request cannot be done."""

    def __init__(self, detail: str = "", more: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.more: dict[str, Any] = more or {}  # `field`, `conflicts`, `current`: members of the problem


class NotSignedIn(BoardError):
    """You are not signed in."""


class Forbidden(BoardError):
    """You may not do this."""


class NotFound(BoardError):
    """There is no such thing here."""


class Gone(BoardError):
    """It is no longer kept."""


class Conflict(BoardError):
    """Somebody changed the same field since you read it."""


class Misplaced(BoardError):
    """The place it should go to is not there."""


class Archived(BoardError):
    """It is archived."""


class OverLimit(BoardError):
    """The column is full."""


class Exists(BoardError):
    """It exists already."""


class LastOwner(BoardError):
    """A board needs an owner."""


class KeyReused(BoardError):
    """The Idempotency-Key was used for another request."""


class Invalid(BoardError):
    """A value is not acceptable."""


class Locked(BoardError):
    """Somebody holds this row in an open transaction."""


class Away(BoardError):
    """The database does not answer."""


class TooMany(BoardError):
    """Too many attempts."""


OURS: dict[str, type[BoardError]] = {
    "LL401": NotSignedIn,
    "LL403": Forbidden,
    "LL404": NotFound,
    "LL410": Gone,
    "LL422": Invalid,
    "LL4AF": Misplaced,  # `after` names no open row there
    "LL4AR": Archived,
    "LL4CO": Conflict,
    "LL4EX": Exists,
    "LL4ID": KeyReused,
    "LL4LO": LastOwner,
}
