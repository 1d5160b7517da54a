"""What Chromium's own trace says of the page's main thread, move by move."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

CATEGORIES = ("-*", "devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing", "v8.execute")
SCRIPT = {
    "EvaluateScript", "EventDispatch", "FireAnimationFrame", "FireIdleCallback", "FunctionCall", "HandlePostMessage",
    "RunMicrotasks", "TimerFire", "v8.callFunction",
}  # fmt: skip
TASK = {"RunTask", "ThreadControllerImpl::RunTask"}
BEFORE_US = 30_000  # the message came at most that long before the frame that applies it


class Cost(msgspec.Struct, frozen=True):
    """Of one change on the main thread, in ms: scripts alone, and everything up to and with the paint.

    A change is the message with it, and the one task that makes a frame: scripts, style, layout, paint.
    """

    script: float
    whole: float
    cpu: float  # of the frame, without waiting for a core


def costs(trace: bytes, mark: str) -> list[Cost]:
    """Return what each change cost whose application the page marked."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    marks = [event for event in events if event.get("name") == mark and "blink.user_timing" in event.get("cat", "")]
    if not marks:
        return []
    thread = marks[0]["pid"], marks[0]["tid"]
    spans = [event for event in events if event.get("ph") == "X" and (event["pid"], event["tid"]) == thread]
    scripts = [event for event in spans if event["name"] in SCRIPT]
    tasks = [event for event in spans if event["name"] in TASK]
    assert tasks, "this Chromium's trace has no tasks"
    made: list[Cost] = []
    for at in (event["ts"] for event in marks):
        frame = next((each for each in tasks if each["ts"] <= at <= each["ts"] + each["dur"]), None)
        if frame is None:
            continue
        end = frame["ts"] + frame["dur"]
        before = [each for each in scripts if at - BEFORE_US <= each["ts"] < frame["ts"]]
        during = [each for each in scripts if frame["ts"] <= each["ts"] <= end]
        script = _covered([*before, *during])
        whole = _covered(before) + frame["dur"]
        made.append(Cost(script / 1000, whole / 1000, frame.get("tdur", 0) / 1000))
    return made


def _covered(spans: Iterable[dict[str, Any]]) -> float:
    """The time that the spans take together; those within others count once."""
    whole, end = 0.0, 0.0
    for span in sorted(spans, key=lambda each: each["ts"]):
        start, stop = span["ts"], span["ts"] + span.get("dur", 0)
        whole += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return whole
