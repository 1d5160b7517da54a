"""What a consumer of a topic holds: rows by noun and id, folded from snapshots and events alone.

Written from the protocol, without a look at the product's code, so that it can judge it.
"""

from __future__ import annotations

from typing import Any

NOUNS = {"columns": "column", "tickets": "ticket", "members": "member"}
NOT_IN_EVENTS = ("updated_at", "has_description", "description")


class Gap(AssertionError):
    """An event did not follow the one before it."""


class Replica:
    """One topic of one board as a consumer sees it."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.epoch = ""
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.applied: list[int] = []  # the seqs of the events applied since the last snapshot
        self.snapshots: list[str] = []  # the reasons

    def snapshot(self, seq: int, epoch: str, state: dict[str, Any], reason: str = "start") -> None:
        """Replace what is held."""
        self.seq, self.epoch, self.applied = seq, epoch, []
        self.rows = {("board", state["board"]["id"]): dict(state["board"])}
        for key, noun in NOUNS.items():
            for row in state[key]:
                self.rows[noun, row["person_id" if noun == "member" else "id"]] = dict(row)
        self.snapshots.append(reason)

    def event(self, event: dict[str, Any]) -> None:
        """Apply the next event; one already applied is ignored.

        Raises Gap when one is missing.
        """
        if self.seq is None:
            self.seq = event["seq"] - 1
        if event["seq"] <= self.seq:
            return
        if event["seq"] != self.seq + 1:
            raise Gap(f"{event['topic']}: {event['seq']} came after {self.seq}")
        self.seq = event["seq"]
        self.applied.append(self.seq)
        noun, _, kind = event["type"].partition(".")
        key = (noun, event["id"])
        if kind == "created":
            assert key not in self.rows or noun == "member", f"{key} was created twice"
            self.rows[key] = {"id": event["id"], **event["set"]}
        elif kind == "updated":
            row = self.rows.setdefault(key, {"id": event["id"]})
            row.update(event["set"])
        else:
            self.rows.pop(key, None)

    def board(self) -> dict[str, Any]:
        """What is to be shown: open columns and their open tickets, without what events do not carry."""
        columns = {i: r for (n, i), r in self.rows.items() if n == "column" and r["archived_at"] is None}
        tickets = {
            i: r
            for (n, i), r in self.rows.items()
            if n == "ticket" and r["archived_at"] is None and r["column_id"] in columns
        }
        members = {
            i: {k: r[k] for k in ("person_id", "name", "role")} for (n, i), r in self.rows.items() if n == "member"
        }
        boards = {i: r for (n, i), r in self.rows.items() if n == "board"}
        return {
            "board": {i: _comparable(r, "description") for i, r in boards.items()},
            "columns": {i: _comparable(r) for i, r in columns.items()},
            "tickets": {i: _comparable(r) for i, r in tickets.items()},
            "members": members,
        }


def of_snapshot(state: dict[str, Any]) -> dict[str, Any]:
    """The same view of a snapshot's state, for comparing."""
    replica = Replica()
    replica.snapshot(state["seq"], state["epoch"], state)
    return replica.board()


def _comparable(row: dict[str, Any], *keep: str) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k in keep or k not in NOT_IN_EVENTS}
