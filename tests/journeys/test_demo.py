"""`livelane demo` as a newcomer starts it: two links, colleagues at work, nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx


def test_two_links_sign_two_people_in_and_colleagues_work_until_ctrl_c(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("livelane"), "demo", "--port", "0", "--pace", "20"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    demo = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert demo.stdout
        links: list[tuple[str, str, str]] = []
        for line in demo.stdout:
            links += re.findall(r"(http://[\w.:]+)(/boards/\d+)#code=([\w-]+)", line)
            if "Ctrl-C ends it" in line:
                break
        assert len({base for base, _, _ in links}) == 2  # one browser can be both people
        clients = [httpx.Client(base_url=base, headers={"origin": base}, timeout=10) for base, _, _ in links]

        names = [_sign_in(client, code) for client, (_, _, code) in zip(clients, links, strict=True)]
        assert names == ["Ada", "Bo"]

        board = links[0][1]
        seen: set[str] = set()
        until = time.monotonic() + 60
        while time.monotonic() < until and not ({"Mira", "Tomás", "Yuki"} <= seen and "sql:livelane_sql" in seen):
            events = clients[1].get(f"/api{board}/events", params={"limit": 100}).json()
            seen |= {event["actor"]["name"] for event in events if event["actor"] and event["via"] == "rest"}
            seen |= {event["via"] for event in events}
            time.sleep(0.2)
        assert {"Mira", "Tomás", "Yuki", "sql:livelane_sql"} <= seen

        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith("livelane-")] == []
    finally:
        demo.kill()
        demo.wait()


def _sign_in(client: httpx.Client, code: str) -> str:
    until = time.monotonic() + 30
    while True:
        try:
            answer = client.post("/api/session", json={"code": code})
            if answer.status_code == 201:
                return answer.json()["name"]
        except httpx.TransportError:
            answer = None  # it has printed the links and is about to listen
        assert time.monotonic() < until, answer and answer.text
        time.sleep(0.1)
