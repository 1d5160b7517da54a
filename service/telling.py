"""Says a board's events in words: who did what, with the names of columns and tickets instead of their ids."""

from collections.abc import Mapping
from typing import Any

LONGEST = 60  # characters of a title in a line

Row = Mapping[str, Any]
NOTHING: Row = {}


class Board:
    """What is called how on one board, kept up to date by its snapshot and events."""

    def __init__(self) -> None:
        self.title = ""
        self.columns: dict[int, str] = {}
        self.tickets: dict[int, str] = {}
        self.places: dict[int, int] = {}  # the column each ticket stands in
        self.members: dict[int, str] = {}

    def snapshot(self, state: Row) -> None:
        """Take everything from a snapshot's state."""
        self.title = state["board"]["title"]
        self.columns |= {row["id"]: row["title"] for row in state["columns"]}  # older names stay: history uses them
        self.tickets |= {row["id"]: row["title"] for row in state["tickets"]}
        self.places = {row["id"]: row["column_id"] for row in state["tickets"]}
        self.members |= {row["person_id"]: row["name"] for row in state["members"]}

    def apply(self, event: Row) -> None:
        """Learn the names in an event."""
        noun, _, kind = event["type"].partition(".")
        known: Row = {**(event.get("was") or NOTHING), **(event.get("set") or NOTHING)}
        names = {"column": (self.columns, "title"), "ticket": (self.tickets, "title"), "member": (self.members, "name")}
        if noun in names and kind != "deleted":
            book, field = names[noun]
            if field in known:
                book[event["id"]] = known[field]
        if noun == "ticket" and "column_id" in known:
            self.places[event["id"]] = known["column_id"]
        if noun == "board" and "title" in known:
            self.title = known["title"]

    def says(self, event: Row) -> str:
        """Return what the event did, without who did it: "moved #1 “Fix login”: Doing → Done"."""
        noun, _, kind = event["type"].partition(".")
        tellers = {"board": self._board, "column": self._column, "ticket": self._ticket, "member": self._member}
        new: Row = event.get("set") or NOTHING
        old: Row = event.get("was") or NOTHING
        said = tellers[noun](kind, event, new, old) if noun in tellers else ""
        return said or f"{event['type']} {event['id']}{_fields(new, old)}"

    def _board(self, kind: str, event: Row, new: Row, old: Row) -> str:
        if kind == "created":
            return f"made the board {_quoted(new.get('title'))}"
        if kind == "deleted":
            return f"deleted the board {_quoted(old.get('title'))} for good"
        parts = [f"renamed the board: {_quoted(old.get('title'))} → {_quoted(new['title'])}"] if "title" in new else []
        if _described(event):
            parts.append("changed the board's description")
        if "archived_at" in new:
            parts.append("archived the board" if new["archived_at"] else "restored the board")
        return ", ".join(parts)

    def _column(self, kind: str, event: Row, new: Row, old: Row) -> str:
        name = self._column_name(event["id"], {**new, **old})
        if kind == "created":
            return f"added the column {name}"
        if kind == "deleted":
            return f"deleted the column {name} for good"
        if "archived_at" in old:
            return f"archived the column {name}" if new["archived_at"] else f"restored the column {name}"
        parts = [f"renamed the column {name} → {new['title']}"] if "title" in old else []
        if "wip_limit" in old:
            parts.append(f"set the limit of {name}: {old['wip_limit'] or 'none'} → {new['wip_limit'] or 'none'}")
        if "rank" in old:
            parts.append(f"moved the column {name}")
        return ", ".join(parts)

    def _ticket(self, kind: str, event: Row, new: Row, old: Row) -> str:
        number = event["id"]
        title = old.get("title") or new.get("title") or self.tickets.get(number)
        name = f"#{number} {_quoted(title)}"
        if kind == "created":
            return f"added {name} to {self._column_name(new.get('column_id'))}"
        if kind == "deleted":
            return f"moved {name} to board {event['moved_to']}" if "moved_to" in event else f"deleted {name} for good"
        here = self._column_name(new.get("column_id") or self.places.get(number))
        if "archived_at" in old:
            return f"archived {name}" if new["archived_at"] else f"restored {name} to {here}"
        parts: list[str] = []
        if "column_id" in old:
            parts.append(f"moved {name}: {self._column_name(old['column_id'])} → {here}")
        elif "rank" in old:
            parts.append(f"moved {name} within {here}")
        if "title" in old:
            parts.append(f"renamed #{number}: {_quoted(old['title'])} → {_quoted(new['title'])}")
        if _described(event):
            parts.append(f"edited the description of {name}")
        if not parts and not old:
            return f"brought back {name} in {here}"  # with its column
        return ", ".join(parts)

    def _member(self, kind: str, event: Row, new: Row, old: Row) -> str:
        name = new.get("name") or self.members.get(event["id"]) or f"person {event['id']}"
        if kind == "created":
            return f"added {name} as {new.get('role')}"
        if kind == "deleted":
            return f"removed {name}"
        if "role" in old:
            return f"made {name} {new['role']} (was {old['role']})"
        return f"{name} is the name of person {event['id']} now"

    def _column_name(self, column: int | None, row: Row | None = None) -> str:
        if row and row.get("title"):
            return str(row["title"])
        return self.columns.get(column or 0) or f"column {column}"


def who(event: Row) -> str:
    """Return who did it: "Ada", "SQL (livelane_sql)", "Ada, SQL (livelane_sql)", "system"."""
    actor, via = event.get("actor"), event["via"]
    name = actor["name"] if actor else ""
    if via.startswith("sql:"):
        return f"{name}{', ' if name else ''}SQL ({via.removeprefix('sql:')})"
    return name or ("system" if via == "system" else "someone")


def _described(event: Row) -> bool:
    return "description" in (event.get("set") or NOTHING) or "set.description" in event.get("omitted", [])


def _quoted(title: str | None) -> str:
    if title is None:
        return "(no title known)"
    return f"“{title if len(title) <= LONGEST else title[: LONGEST - 1] + '…'}”"


def _fields(new: Row, old: Row) -> str:
    said = [f"{key}: {old.get(key)!r} → {value!r}" for key, value in new.items() if key != "version"]
    return f" ({', '.join(said)})" if said else ""
