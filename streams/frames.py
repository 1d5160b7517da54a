"""The bytes of the stream's frames."""

import random
from datetime import UTC, datetime
from typing import Literal

import msgspec

from streams.cursor import Place

Reason = Literal["start", "epoch", "expired", "ahead", "malformed", "bulk", "lagging", "schema"]

BEHIND = b": behind\n\n"  # instead of a heartbeat

# Inside JSON these stand in strings alone, so their escapes mean the same. Left as they are, a client that splits lines
# as Unicode does (Python's str.splitlines) would break the frame.
LINE_BREAKS = str.maketrans({"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def one_line(json: str) -> bytes:
    """JSON text without a raw line break of any kind, as UTF-8."""
    return json.encode() if json.isascii() else json.translate(LINE_BREAKS).encode()


def data(json: str) -> bytes:
    """The part of an event's frame that every stream shares; an id line goes before it."""
    return b"data: %b\n\n" % one_line(json)


def opening(retry_ms: int) -> bytes:
    """What a stream begins with."""
    return b"retry: %d\n: ok\n\n" % retry_ms


def snapshot(place: Place, topic: str, reason: Reason) -> bytes:
    """A snapshot's frame up to its state; after the state, SNAPSHOT_END closes it."""
    return b'id: %b\nevent: snapshot\ndata: {"v":1,"topic":"%b","seq":%d,"epoch":"%b","reason":"%b","state":' % (
        place.id,
        topic.encode(),
        place.seqs[topic],
        place.epoch.encode(),
        reason.encode(),
    )


SNAPSHOT_END = b"}\n\n"


def heartbeat(place: Place) -> bytes:
    """The last number already sent on a stream, per topic."""
    beat = msgspec.json.encode({"seq": place.seqs, "at": now()})
    return b"id: %b\nevent: heartbeat\ndata: %b\n\n" % (place.id, beat)


def bye(reason: str, retry: int | Literal[False], topic: str | None = None) -> bytes:
    """A goodbye, to one topic or to the whole stream. `retry`: milliseconds, or False when asking again is refused."""
    words = {"reason": reason, "retry": retry} if topic is None else {"reason": reason, "topic": topic, "retry": retry}
    frame = b"event: bye\ndata: %b\n\n" % msgspec.json.encode(words)
    return frame if retry is False else b"retry: %d\n%b" % (retry, frame)


def now() -> str:
    """The time as the protocol writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def jittered(bounds: tuple[int, int]) -> int:
    """Some whole number between the bounds."""
    return random.randint(*bounds)  # noqa: S311 -- jitter, no secret
