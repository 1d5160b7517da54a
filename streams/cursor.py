"""Where a stream stands: the last number delivered of each topic, as the ids of its frames say it."""

import re

from streams.tail import Entry

NUMBER = r"(?:0|[1-9][0-9]{0,17})"
PART = rf"[a-z]+/[1-9][0-9]{{0,17}}={NUMBER}"
ID = re.compile(rf"([0-9a-f]{{8}}):({PART}(?:,{PART})*)")


class Place:
    """An epoch and a number per topic. Never changes, so streams that stand at the same place share it."""

    __slots__ = ("epoch", "id", "seqs")

    def __init__(self, epoch: str, seqs: dict[str, int]) -> None:
        self.epoch = epoch
        self.seqs = seqs
        self.id = f"{epoch}:{','.join(f'{topic}={seqs[topic]}' for topic in sorted(seqs))}".encode()

    def at(self, topic: str, seq: int) -> "Place":
        """The place after that number of the topic."""
        return Place(self.epoch, {**self.seqs, topic: seq})

    def without(self, topic: str) -> "Place":
        """The place when the topic is no longer carried."""
        return Place(self.epoch, {name: seq for name, seq in self.seqs.items() if name != topic})

    def after(self, topic: str, entries: list[Entry]) -> "tuple[bytes, Place]":
        """The frames of the topic's next entries, as one stretch of bytes, and the place behind them."""
        behind = self.at(topic, entries[-1].seq)
        name = f"{topic}=".encode()
        start = behind.id.index(b":" + name) if b":" + name in behind.id else behind.id.index(b"," + name)
        start += 1 + len(name)
        left, right = behind.id[:start], behind.id[start + len(b"%d" % entries[-1].seq) :]
        frames = b"".join(b"id: %b%d%b\n%b" % (left, entry.seq, right, entry.data) for entry in entries)
        return frames, behind


def parse_id(text: str) -> Place | None:
    """Read the last id a client has seen; None when it is none of ours."""
    found = ID.fullmatch(text)
    if found is None:
        return None
    seqs: dict[str, int] = {}
    for part in found[2].split(","):
        topic, _, seq = part.partition("=")
        if topic in seqs:
            return None
        seqs[topic] = int(seq)
    return Place(found[1], seqs)
