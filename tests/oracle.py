"""What a consumer holds: rows by noun and id, folded from snapshots and events alone.

Written from the protocol, without a look at the product's code, so that it can judge it.
"""

from __future__ import annotations

from typing import Any

from tests.sse import Frame

ARRAYS = {"columns": "column", "tickets": "ticket", "members": "member"}
NOT_IN_EVENTS = ("updated_at", "description")
OMITTED = object()  # a text over 4 KB that a frame named instead of carrying


class Broken(AssertionError):
    """The stream said something that the protocol forbids."""


class Gap(Broken):
    """An event did not follow the one before it."""


class Replica:
    """One topic as a consumer sees it."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.epoch = ""
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.applied: list[int] = []  # the seqs of the events applied since the last snapshot
        self.snapshots: list[str] = []  # the reasons
        self._group: list[dict[str, Any]] = []  # events of a transaction whose last is still to come

    def snapshot(self, seq: int, epoch: str, state: dict[str, Any], reason: str = "start") -> None:
        """Replace what is held."""
        self.seq, self.epoch, self.applied, self._group = seq, epoch, [], []
        self.rows = {}
        if "person" in state:
            self.rows["person", state["person"]["id"]] = dict(state["person"])
            for row in state["memberships"]:
                self.rows["membership", row["board_id"]] = dict(row)
        else:
            self.rows["board", state["board"]["id"]] = dict(state["board"])
            for key, noun in ARRAYS.items():
                for row in state[key]:
                    self.rows[noun, row["person_id" if noun == "member" else "id"]] = dict(row)
        self.snapshots.append(reason)

    def event(self, event: dict[str, Any]) -> None:
        """Take the next event; one already applied is ignored. A transaction shows only once it is whole.

        Raises Gap when one is missing.
        """
        seq: int = event["seq"]
        if self.seq is not None and seq <= self.seq:
            return
        if self.seq is not None and seq != self.seq + 1:
            raise Gap(f"{event['topic']}: {seq} came after {self.seq}")
        self.seq = seq
        self.applied.append(seq)
        self._group.append(event)
        if not event.get("more"):
            for one in self._group:
                self._apply(one)
            self._group = []

    def _apply(self, event: dict[str, Any]) -> None:
        noun, _, kind = event["type"].partition(".")
        key = (noun, event["id"])
        changed = event.get("set", {}) | {
            name.removeprefix("set."): OMITTED for name in event.get("omitted", []) if name.startswith("set.")
        }
        if noun == "ticket" and "description" in changed:
            changed["has_description"] = changed["description"] != ""
        if kind == "created":
            assert key not in self.rows or noun in ("member", "membership"), f"{key} was created twice"
            self.rows[key] = {"id": event["id"], **changed}
        elif kind == "updated":
            row = self.rows.setdefault(key, {"id": event["id"]})
            for name, former in event.get("was", {}).items():
                held = row.get(name, former)
                if held is not OMITTED and held != former:
                    raise Broken(f"{event['topic']} {event['seq']}: {key}.{name} was {held!r}, not {former!r}")
            row.update(changed)
        else:
            self.rows.pop(key, None)

    @property
    def is_whole(self) -> bool:
        """No transaction is half received."""
        return not self._group

    def board(self) -> dict[str, Any]:
        """What is to be shown: open columns and their open tickets, without what events do not carry."""
        columns = {i: r for (n, i), r in self.rows.items() if n == "column" and _open(r)}
        tickets = {i: r for (n, i), r in self.rows.items() if n == "ticket" and _open(r) and r["column_id"] in columns}
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

    def person(self) -> dict[str, Any]:
        """The same for a person's own topic: what both snapshots and events carry."""
        return {
            "person": {i: _comparable(r) for (n, i), r in self.rows.items() if n == "person"},
            "memberships": {
                i: {k: r[k] for k in ("board_id", "title", "role")}
                for (n, i), r in self.rows.items()
                if n == "membership"
            },
        }


class Consumer:
    """Everything one subscriber of one or more topics holds; strict about what the stream may say.

    Give it every frame of every connection, in order; `reconnected()` between connections.
    """

    def __init__(self, *topics: str) -> None:
        self.topics = set(topics)
        self.replicas: dict[str, Replica] = {}
        self.ended: dict[str, str] = {}  # topic → reason
        self.cursor = ""
        self.byes: list[dict[str, Any]] = []
        self._delivered: set[str] = set()  # topics in the cursor

    def take(self, frame: Frame) -> None:
        """Apply one frame. Raises Broken when it breaks the protocol."""
        said = frame.json()
        if frame.event == "message":
            self._change(said)
        elif frame.event == "snapshot":
            topic = self._known(said)
            state = said["state"]
            if (said["seq"], said["epoch"]) != (state["seq"], state["epoch"]):
                raise Broken(f"a snapshot of {topic} and its state disagree about seq or epoch")
            self.replicas.setdefault(topic, Replica()).snapshot(said["seq"], said["epoch"], state, said["reason"])
            self._delivered.add(topic)
        elif frame.event == "heartbeat":
            self._heartbeat(said)
        elif frame.event == "bye":
            self.byes.append(said)
            if "topic" in said:
                self.ended[said["topic"]] = said["reason"]
        if frame.has_id:
            self._id(frame.id)
        elif frame.event in ("message", "snapshot", "heartbeat"):
            raise Broken(f"a {frame.event} without an id")

    def _change(self, event: dict[str, Any]) -> None:
        topic = self._known(event)
        replica = self.replicas.setdefault(topic, Replica())
        if replica.seq is not None and event["seq"] <= replica.seq:
            raise Broken(f"{topic}: {event['seq']} came again after {replica.seq}")
        replica.event(event)
        self._delivered.add(topic)

    def _heartbeat(self, said: dict[str, Any]) -> None:
        for topic, seq in said["seq"].items():
            if topic not in self.topics:
                raise Broken(f"a heartbeat names {topic}, which was not asked for")
            replica = self.replicas.setdefault(topic, Replica())
            if replica.seq is None:
                replica.seq = seq
            if replica.seq != seq:
                raise Broken(f"a heartbeat says {topic} stands at {seq}; {replica.seq} was the last that came")
            if not replica.is_whole:
                raise Broken(f"a heartbeat came amid a transaction of {topic}")
            self._delivered.add(topic)

    def _known(self, said: dict[str, Any]) -> str:
        if said["v"] != 1:
            raise Broken(f"v is {said['v']}")
        if said["topic"] not in self.topics:
            raise Broken(f"{said['topic']} was not asked for")
        if said["topic"] in self.ended:
            raise Broken(f"{said['topic']} had ended: {self.ended[said['topic']]}")
        return said["topic"]

    def _id(self, cursor: str) -> None:
        _, vector = parse_cursor(cursor)
        if list(vector) != sorted(vector, key=str.encode):
            raise Broken(f"the vector is not in ascending order: {cursor}")
        for topic, seq in vector.items():
            if topic in self.ended:
                continue
            if (held := self.replicas.get(topic)) is None or held.seq != seq:
                raise Broken(f"{cursor}, but {topic} stands at {held and held.seq}")
        if missing := self._delivered - set(vector) - set(self.ended):
            raise Broken(f"{cursor} lacks {missing}")
        self.cursor = cursor

    def reconnected(self) -> None:
        """A new connection begins from `cursor`."""
        self.ended.clear()
        if self.cursor:
            self._delivered &= set(parse_cursor(self.cursor)[1])


def parse_cursor(cursor: str) -> tuple[str, dict[str, int]]:
    """The epoch and the vector of an id. Raises Broken when it has another form."""
    epoch, colon, vector = cursor.partition(":")
    if not colon or len(epoch) != 8 or " " in cursor:
        raise Broken(f"no cursor: {cursor!r}")
    pairs = [pair.partition("=") for pair in vector.split(",")]
    if any(not (topic and seq.isdigit()) for topic, _, seq in pairs):
        raise Broken(f"no cursor: {cursor!r}")
    return epoch, {topic: int(seq) for topic, _, seq in pairs}


def of_snapshot(state: dict[str, Any]) -> dict[str, Any]:
    """The same view of a snapshot's state, for comparing."""
    replica = Replica()
    replica.snapshot(state["seq"], state["epoch"], state)
    return replica.person() if "person" in state else replica.board()


def _open(row: dict[str, Any]) -> bool:
    """Open, and known as a whole: of a row hidden at the snapshot, later events say only what changed."""
    return "title" in row and row.get("archived_at", "?") is None and row.get("column_id", 0) is not None


def _comparable(row: dict[str, Any], *keep: str) -> dict[str, Any]:
    return {k: v for k, v in row.items() if (k in keep or k not in NOT_IN_EVENTS) and not _is_long(v)}


def _is_long(value: object) -> bool:
    """A text that no frame carries."""
    return value is OMITTED or (isinstance(value, str) and len(value.encode()) > 4096)
