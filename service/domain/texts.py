"""The values people type, as types: what the API refuses before the database has to."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

# One visible character at least, and no control characters: titles and names are one line.
END = r"$(?!\n)"  # where Python's own $ would pass over a line's end
BLANK = r"\s\x00-\x1f\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
LINE = rf"^[^\x00-\x1f\x7f]*[^{BLANK}][^\x00-\x1f\x7f]*{END}"
NO_NUL = r"^[^\x00]*$"
ADDRESS = rf"^[^@{BLANK}]+@[^@{BLANK}]+{END}"
UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}" + END
ZONE = rf"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*{END}"
LANGUAGE = rf"^[A-Za-z]{{2,8}}(-[A-Za-z0-9]{{1,8}})*{END}"

WANTED = {  # in words, for whoever sent something else
    LINE: "One line with a visible character is expected.",
    NO_NUL: "A text without NUL characters is expected.",
    ADDRESS: "An address like ada@example.org is expected.",
    UUID: "A UUID is expected, as in 0b8a2f4e-7a51-4a0e-9c55-3f1f3c9d2a10.",
    ZONE: "A time zone like Europe/Berlin is expected.",
    LANGUAGE: "A language like en-GB is expected.",
}

Title = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=LINE, description="One line.", examples=["Water the plants"])
]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=LINE, examples=["Ada"])]
Text = Annotated[
    str,
    Meta(max_length=100_000, pattern=NO_NUL, description="Markdown.", examples=["Twice a week, **not** the cactus."]),
]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1, examples=[1])]
Uid = Annotated[
    str,
    Meta(
        pattern=UUID,
        description="A UUID made by the client, so that things made offline have a name.",
        examples=["0b8a2f4e-7a51-4a0e-9c55-3f1f3c9d2a10"],
    ),
]
WipLimit = Annotated[int, Meta(ge=1, le=100_000, description="How many open tickets the column may hold.")]
Time = Annotated[str, Meta(description="RFC 3339, UTC.", extra_json_schema={"format": "date-time"})]
After = Annotated[Id | None, Meta(description="Stand below this open one; null: first; absent: last.")]


Email = Annotated[str, Meta(min_length=3, max_length=320, pattern=ADDRESS, examples=["ada@example.org"])]
# The floor, for programs that make accounts (NIST SP 800-63B asks for 8); the pages ask people for 12.
Password = Annotated[str, Meta(min_length=8, max_length=200, examples=["correct horse battery staple"])]
Code = Annotated[
    str, Meta(min_length=1, max_length=200, description="From a link's `#code=`.", examples=["9vJx0gYk1m3s5t7u9w1y3A"])
]
TimeZone = Annotated[str, Meta(max_length=64, pattern=ZONE, examples=["Europe/Berlin"])]
Locale = Annotated[str, Meta(max_length=35, pattern=LANGUAGE, examples=["en-GB"])]
Restore = Annotated[bool, Meta(description="Only false: restore it.", extra_json_schema={"const": False})]


class Wire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A request's body. What was left out stays out."""


class Restorable(Wire):
    """A change that may be `{"archived": false}`."""

    archived: Restore | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.archived is True:
            raise ValueError("archived can only be set to false here; DELETE archives - at `$.archived`")
