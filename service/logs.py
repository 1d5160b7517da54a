"""Where log lines go and how they look: for a person at a terminal, or one JSON object a line for everything else.

What a line knows beside its text is given as `extra={"request": …, "board": …, "person": …}`: ids, never payloads.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime

STYLES = ("lines", "json")
LEVELS = ("debug", "info", "warning", "error", "critical")
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class Lines(logging.Formatter):
    """`12:00:01 WARNING listener lost its connection  board=7`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{record.levelname} "
        ids = "".join(f"  {name}={value}" for name, value in _extra(record).items())
        return f"{at} {level}{record.getMessage()}{ids}{self._trace(record)}"

    def _trace(self, record: logging.LogRecord) -> str:
        return "\n" + self.formatException(record.exc_info) if record.exc_info else ""


class Objects(logging.Formatter):
    """`{"at": "…Z", "level": "warning", "logger": "streams.listener", "text": "…", "board": 7}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in PLAIN and value is not None}


def wrong() -> str:
    """Return what is wrong with the settings, in a sentence; "" when nothing is."""
    for name, known in (("LIVELANE_LOG", STYLES), ("LIVELANE_LOG_LEVEL", LEVELS)):
        if (said := os.environ.get(name, "")) and said.lower() not in known:
            return f"{name} is {said!r}; it can be {', '.join(known[:-1])} or {known[-1]}."
    return ""


def begin() -> None:
    """Set the process's logging up; LIVELANE_LOG and LIVELANE_LOG_LEVEL change it."""
    style = os.environ.get("LIVELANE_LOG", "").lower() or ("lines" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if style == "lines" else Objects())
    level = os.environ.get("LIVELANE_LOG_LEVEL", "").upper() or "INFO"
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for talkative in ("uvicorn.error", "httpx", "httpcore"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
