"""Parameters after the question mark. Read as text: Litestar takes `null` for a number that may be absent."""

import datetime
import re

import msgspec

from service.domain.access import BIGINT
from service.domain.errors import Invalid


def number(text: str | None, field: str, least: int = 0, most: int = BIGINT) -> int | None:
    """Return a whole number; None for absent."""
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,19}", text, re.ASCII) or not least <= int(text) <= most:
        raise Invalid(f"A whole number from {least} to {most} is expected.", {"field": field})
    return int(text)


def moment(text: str | None, field: str) -> datetime.datetime | None:
    """Return a time with its zone; None for absent."""
    if text is None:
        return None
    try:
        found = msgspec.convert(text, datetime.datetime)
    except msgspec.ValidationError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid("A time like 2026-11-23T10:00:00Z is expected.", {"field": field})
    try:
        return found.astimezone(datetime.UTC)  # PostgreSQL takes no zone as far off as RFC 3339 allows
    except OverflowError:
        raise Invalid("The years 1 to 9999 are understood.", {"field": field}) from None
