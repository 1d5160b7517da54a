"""GET /streams/probe: frames that come one by one, for anybody."""

import time

import httpx
import pytest

from streams.probe import APART_S, FRAMES
from tests.product import Product


def test_the_frames_come_one_by_one_and_the_stream_ends(serve: Product) -> None:
    arrived: list[float] = []
    with httpx.stream("GET", f"{serve.url}/streams/probe") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        for line in answer.iter_lines():
            if line.startswith("data:"):
                arrived.append(time.monotonic())

    assert len(arrived) == FRAMES
    assert arrived[-1] - arrived[0] >= 0.8 * APART_S * (FRAMES - 1)


def test_it_ends_as_a_killed_server_does_when_asked_to(serve: Product) -> None:
    lines: list[str] = []
    url = f"{serve.url}/streams/probe?end=cut"
    with httpx.stream("GET", url) as answer, pytest.raises(httpx.RemoteProtocolError):
        lines.extend(answer.iter_lines())

    assert "Traceback" not in serve.log


def test_it_answers_to_get_alone(serve: Product) -> None:
    assert httpx.post(f"{serve.url}/streams/probe").status_code == 405
