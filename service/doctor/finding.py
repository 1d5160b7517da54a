"""One line of the doctor's report."""

from typing import Literal

import msgspec

Level = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, how it is, and what to do about it."""

    level: Level
    check: str  # a stable name for programs: "triggers", "buffering"
    text: str
    todo: str = ""  # one sentence; empty when all is well


def ok(check: str, text: str) -> Finding:
    return Finding("ok", check, text)


def warn(check: str, text: str, todo: str) -> Finding:
    return Finding("warn", check, text, todo)


def fail(check: str, text: str, todo: str) -> Finding:
    return Finding("fail", check, text, todo)
