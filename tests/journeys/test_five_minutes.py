"""The README's story, by the commands a person would type: serve, account, board, watch, psql, kill, resume."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

LIVELANE = Path(sys.executable).with_name("livelane")
README = Path(__file__).parents[2] / "README.md"
EMAIL = "ada@example.org"
ANSWER_S = 20.0


class Terminal:
    """A program running in a terminal of its own, what it prints going to a file."""

    def __init__(self, folder: Path, name: str, *command: str | Path) -> None:
        self._file = folder / f"{name}.txt"
        with self._file.open("ab") as file:
            self.process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip

    def sees(self, pattern: str, after: int = 0, within_s: float = ANSWER_S) -> re.Match[str]:
        """Wait until it has printed that."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if found := re.compile(pattern, re.DOTALL).search(self.text, after):
                return found
            time.sleep(0.01)
        raise AssertionError(f"never saw {pattern}:\n{self.text[-4000:]}")

    @property
    def text(self) -> str:
        return self._file.read_text()

    def end(self, how: signal.Signals) -> None:
        """Signal the program and all it has started in this terminal; wait for it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        self.process.wait(ANSWER_S)


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Terminal]]:
    """Those opened; all are closed at the end, the last first."""
    opened: list[Terminal] = []
    yield opened
    for terminal in reversed(opened):
        terminal.end(signal.SIGTERM)


def curl(*arguments: str) -> dict[str, object]:
    """What curl prints, as JSON."""
    told = subprocess.run(["curl", "-sS", "--fail-with-body", *arguments], check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    return json.loads(told.stdout)


def livelane(*arguments: str | Path) -> str:
    """What a livelane command prints."""
    told = subprocess.run([LIVELANE, *arguments], check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.mark.slow
def test_the_first_five_minutes(tmp_path: Path, terminals: list[Terminal]):
    data = tmp_path / "data"
    port = free_port()
    here = f"http://localhost:{port}"
    post = ("-X", "POST", "-H", "Content-Type: application/json")

    def serve() -> Terminal:
        terminal = Terminal(tmp_path, f"serve{len(terminals)}", LIVELANE, "serve", "--data", data, "--port", str(port))
        terminals.append(terminal)
        terminal.sees(re.escape(here), within_s=90)
        return terminal

    def watch(*arguments: str) -> Terminal:
        terminal = Terminal(tmp_path, f"curl{len(terminals)}", "curl", "-sN", *arguments)
        terminals.append(terminal)
        return terminal

    # serve, and the first account by the printed link
    server = serve()
    code = server.sees(r"#code=([\w-]+)")[1]
    account = {"code": code, "name": "Ada", "email": EMAIL, "password": "a good long password"}
    curl(*post, "-H", f"Origin: {here}", "-d", json.dumps(account), f"{here}/api/setup")
    token = livelane("token", EMAIL, "--data", data).splitlines()[-1]
    bearer = ("-H", f"Authorization: Bearer {token}")

    # one more, invited from the command line to where this server is
    link = livelane("person", "add", "ben@example.org", "--name", "Ben", "--data", data)
    assert link.startswith(f"{here}/#code=")

    # the README's own statement, on the board that the first account finds, gives the README's own event
    told = re.search(r'livelane sql -- -c "(.+?)"\n.*?("id":7,)\s+("set":.+?),', README.read_text(), re.DOTALL)
    assert told
    watching = watch(*bearer, f"{here}/streams/boards/1?after=now")
    watching.sees("event: heartbeat")
    livelane("sql", "--data", data, "--", "-c", told[1])
    watching.sees(re.escape(told[2] + told[3]))

    # a board and a ticket with curl, watched with curl
    board = curl(*bearer, *post, "-d", '{"title": "Road"}', f"{here}/api/boards")["id"]
    watching = watch(*bearer, f"{here}/streams/boards/{board}")
    state = json.loads(watching.sees(r"event: snapshot\ndata: (.+?)\n")[1])["state"]
    columns = [column["id"] for column in state["columns"]]
    ticket = curl(*bearer, *post, "-d", '{"title": "Pave"}', f"{here}/api/columns/{columns[0]}/tickets")["id"]
    watching.sees(rf'"type":"ticket.created".*"id":{ticket},')

    # psql moves it, and it is seen
    move = f"UPDATE ticket SET column_id = {columns[1]} WHERE id = {ticket}"
    livelane("sql", "--data", data, "--", "-c", move)
    moved = watching.sees(rf'id: (\S+)\ndata: (\{{[^\n]*"via":"sql:livelane_sql"[^\n]*"id":{ticket},[^\n]*)\n')
    assert json.loads(moved[2])["set"]["column_id"] == columns[1]

    # typed into an open psql, a change is seen within milliseconds of the Enter
    waits: list[float] = []
    with subprocess.Popen([LIVELANE, "sql", "--data", data, "--", "-q"], stdin=subprocess.PIPE, text=True) as psql:
        assert psql.stdin
        for n in range(10):
            began = time.monotonic()
            print(f"UPDATE ticket SET title = 'Pave {n}' WHERE id = {ticket};", file=psql.stdin, flush=True)
            watching.sees(f'"title":"Pave {n}"')
            waits.append(time.monotonic() - began)
    assert sorted(waits)[2] < 0.1, waits

    # kill -9 of everything in that terminal, start again: curl resumes by its last id, exactly
    cursor = re.findall(r"id: (\S+)\n", watching.text)[-1]
    server.end(signal.SIGKILL)
    began = time.monotonic()
    serve()
    assert time.monotonic() - began < 30
    back = f"UPDATE ticket SET column_id = {columns[2]} WHERE id = {ticket}"
    livelane("sql", "--data", data, "--", "-c", back)
    resumed = watch(*bearer, "-H", f"Last-Event-ID: {cursor}", f"{here}/streams/boards/{board}")
    event = json.loads(resumed.sees(r"data: (\{[^\n]*ticket.updated[^\n]*)\n")[1])
    assert event["seq"] == int(cursor.rpartition("=")[2]) + 1
    assert event["set"]["column_id"] == columns[2]
    assert "snapshot" not in resumed.text

    # one Ctrl-C ends it all, and says goodbye to who watches
    terminals[3].process.send_signal(signal.SIGINT)
    resumed.sees(r'event: bye\ndata: \{[^\n]*"restart"')
    assert terminals[3].process.wait(15) == 0
    assert resumed.process.wait(5) == 0, "curl was cut off amid the body"
    assert not (data / "postgres" / "postmaster.pid").exists()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
