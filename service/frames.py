"""Takes a text/event-stream apart into frames, as a browser would."""

import codecs
import re

import msgspec

LINE_END = re.compile(r"\r\n|\n|\r(?!$)")  # a lone \r at the end may be half of \r\n: wait for more


class Frame(msgspec.Struct, frozen=True):
    """One dispatched event of a stream."""

    event: str  # "" for an unnamed one
    id: str  # the stream's last id so far; send it back as Last-Event-ID
    data: str


class Frames:
    """The reading end of one stream. `retry_ms` is what the server last asked for, None before it did."""

    def __init__(self) -> None:
        self.last_id = ""
        self.retry_ms: int | None = None
        self.comments = 0
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._event = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> list[Frame]:
        """Return the frames that are complete with this piece of the body."""
        *lines, self._rest = LINE_END.split(self._rest + self._decoder.decode(piece))
        return [frame for line in lines if (frame := self._line(line)) is not None]

    def _line(self, line: str) -> Frame | None:
        if not line:
            return self._dispatch()
        if line.startswith(":"):
            self.comments += 1
            return None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id" and "\0" not in value:
            self.last_id = value
        elif field == "retry" and value.isdecimal():
            self.retry_ms = int(value)
        return None

    def _dispatch(self) -> Frame | None:
        event, data = self._event, self._data
        self._event, self._data = "", []
        return Frame(event, self.last_id, "\n".join(data)) if data else None
