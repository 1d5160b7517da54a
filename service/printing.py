"""Prints what a board's stream brings, as readable lines or as JSON."""

import json
import sys
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from service.telling import Board, who

NAME_WIDTH = 16
COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")

# What people wrote must not reach the terminal as commands (C1 is another way to say ESC) or turn the line around.
COMMANDS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")


class Lines:
    """Readable lines: when, who, what."""

    def __init__(self, console: Console, last: int) -> None:
        self.console, self.last = console, last
        self.board = Board()
        self.seen = 0

    def snapshot(self, frame: dict[str, Any]) -> tuple[int, int] | None:
        """Say what is there; at the first one, return how much history to ask for."""
        state, first = frame["state"], self.seen == 0
        self.board.snapshot(state)
        tickets = len(state["tickets"])
        there = f"{len(state['columns'])} columns, {tickets} ticket{'' if tickets == 1 else 's'}, event {frame['seq']}"
        self.seen = max(frame["seq"], 1)
        if not first:
            self.note(f"a new snapshot ({frame['reason']}): {there}")
            return None
        self._write(Text.assemble((self.board.title, "bold"), (f"  board {state['board']['id']}: {there}", "dim")))
        return (frame["seq"], self.last) if self.last and frame["seq"] else None

    def past(self, events: list[dict[str, Any]]) -> None:
        """Print what happened before."""
        for event in events:
            self._print(event)

    def event(self, event: dict[str, Any]) -> None:
        """Print what happened now."""
        self._print(event)
        self.board.apply(event)
        self.seen = event["seq"]

    def note(self, text: str) -> None:
        """Say something about the connection, beside the board's own life."""
        self._write(Text(f"{_now()}  · {text}", style="dim"))

    def _print(self, event: dict[str, Any]) -> None:
        name = who(event)
        at = datetime.fromisoformat(event["at"]).astimezone()
        colour = COLOURS[(event["actor"]["id"] if event.get("actor") else hash(event["via"])) % len(COLOURS)]
        line = Text.assemble(
            (f"{at:%H:%M:%S}", "dim"), "  ", (f"{name:{NAME_WIDTH}}", colour), "  ",
            self.board.says(event), (f"  {event['seq']}", "dim"),
        )  # fmt: skip
        self._write(line)

    def _write(self, line: Text) -> None:
        line.plain = line.plain.translate(COMMANDS)
        self.console.print(line, soft_wrap=True)


class Objects:
    """One JSON object a line on stdout: snapshots and events as they came. Notes go to stderr."""

    def snapshot(self, frame: dict[str, Any]) -> None:
        """Write it."""
        self._write(frame)

    def past(self, events: list[dict[str, Any]]) -> None:
        """Nothing is asked for."""

    def event(self, event: dict[str, Any]) -> None:
        """Write it."""
        self._write(event)

    def note(self, text: str) -> None:
        """Say something about the connection."""
        click.echo(text, err=True)

    def _write(self, item: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n")
        sys.stdout.flush()


def _now() -> str:
    return f"{datetime.now().astimezone():%H:%M:%S}"
