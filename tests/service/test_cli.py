"""The verbs that make people, tokens and links, and take texts away: beside a running server, on its database."""

import contextlib
import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import click
import httpx
import pytest

from service.parameters import Networks, WebAddress
from tests.product import Product

LIVELANE = Path(sys.executable).with_name("livelane")


@pytest.fixture
def livelane(serve: Product):
    """Run a verb on the running server's database and give its output; it must succeed."""

    def run(*arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            [LIVELANE, *arguments, "--database-url", serve.database_url],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) != fails, done.stderr
        return done.stderr if fails else done.stdout

    return run


def client(serve: Product, token: str) -> httpx.Client:
    return httpx.Client(base_url=serve.url, headers={"Authorization": f"Bearer {token}"})


def test_the_printed_link_makes_the_first_account_once(serve: Product) -> None:
    origin = {"Origin": serve.url}
    first = {"code": serve.setup_code, "name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}

    made = httpx.post(f"{serve.url}/api/setup", json=first, headers=origin)
    again = httpx.post(f"{serve.url}/api/setup", json=first | {"email": "bob@example.org"}, headers=origin)

    assert made.status_code == 201
    assert made.json()["admin"] is True
    assert again.status_code == 403
    serve.stop()
    serve.start()
    assert serve.log.count("#code=") == 1  # nobody is invited again


def test_a_token_is_alone_on_the_last_line_and_works(serve: Product, livelane) -> None:
    livelane("person", "add", "Ada@Example.org", "--name", "Ada Lovelace")

    token = livelane("token", "ada@example.org").splitlines()[-1]

    with client(serve, token) as ada:
        me = ada.get("/api/me").json()
    assert (me["email"], me["name"], me["admin"]) == ("ada@example.org", "Ada Lovelace", False)


def test_a_person_who_was_added_signs_in_by_the_link_and_another_link_can_be_made(serve: Product, livelane) -> None:
    added = livelane("person", "add", "ada@example.org", "--name", "Ada", "--url", "https://board.example/x/")
    linked = livelane("person", "link", "ada@example.org")

    assert re.fullmatch(r"https://board\.example/x/#code=[\w-]{22}\n", added)
    for printed in (added, linked):
        code = printed.strip().rpartition("=")[2]
        answer = httpx.post(f"{serve.url}/api/session", json={"code": code}, headers={"Origin": serve.url})
        assert answer.status_code in {200, 201}, answer.text
        assert answer.cookies


def test_what_cannot_be_done_is_said(livelane) -> None:
    livelane("person", "add", "ada@example.org", "--name", "Ada")

    assert "already" in livelane("person", "add", "ADA@example.org", "--name", "Ada", fails=True)
    assert "looks like ada@example.org" in livelane("person", "add", "nonsense", "--name", "Ada", fails=True)
    assert "looks like ada@example.org" in livelane("person", "add", "b@example.org", "--name", " ", fails=True)
    assert "livelane person add bob@example.org" in livelane("token", "bob@example.org", fails=True)
    assert "Nobody here has the address" in livelane("person", "erase", "bob@example.org", "--yes", fails=True)
    assert "no ticket #99" in livelane("redact", "ticket", "99", fails=True)
    assert "1<=x<=9223372036854775807" in livelane("redact", "ticket", "9" * 20, fails=True)
    assert "name has 1 to 200 characters" in livelane("token", "ada@example.org", "--name", " ", fails=True)


def test_an_erased_person_is_out_and_nameless_and_the_id_stays(serve: Product, livelane) -> None:
    livelane("person", "add", "ada@example.org", "--name", "Ada")
    livelane("person", "add", "bob@example.org", "--name", "Bob")
    ada, bob = (livelane("token", f"{name}@example.org").splitlines()[-1] for name in ("ada", "bob"))
    with client(serve, ada) as http:
        board = http.post("/api/boards", json={"title": "Shared"}).json()["id"]
        http.post(f"/api/boards/{board}/members", json={"email": "bob@example.org", "role": "owner"})
        alone = http.post("/api/boards", json={"title": "Mine"}).json()["id"]

    said = livelane("person", "erase", "ada@example.org")

    assert re.fullmatch(
        rf"Person 1 is erased\. .*\nBoard {alone} has no member left, so nobody .*\n", said
    )  # not Shared
    with client(serve, ada) as http:
        assert http.get("/api/me").status_code == 401
    with client(serve, bob) as http:
        events = http.get(f"/api/boards/{board}/events").json()
    assert "Ada" not in str(events)
    assert any((event.get("actor") or {}).get("id") == 1 for event in events)


def test_whose_boards_go_to_somebody_else_on_erasure_is_told(serve: Product, livelane) -> None:
    livelane("person", "add", "ada@example.org", "--name", "Ada")
    livelane("person", "add", "bob@example.org", "--name", "Bob")
    with client(serve, livelane("token", "ada@example.org").strip()) as http:
        board = http.post("/api/boards", json={"title": "Shared"}).json()["id"]
        http.post(f"/api/boards/{board}/members", json={"email": "bob@example.org", "role": "viewer"})

    said = livelane("person", "erase", "ada@example.org")

    assert f"Board {board} had no other owner; Bob is its owner now." in said
    with client(serve, livelane("token", "bob@example.org").strip()) as http:
        assert http.delete(f"/api/boards/{board}").status_code == 200


def at_terminal(typed: str, *arguments: str) -> tuple[int, str]:
    """Run a verb at a terminal of its own, type that, and give its exit code and what stood there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [LIVELANE, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C is one
    ) as process:  # fmt: skip
        os.close(theirs)
        said, until = b"", time.monotonic() + 20
        with contextlib.suppress(OSError):  # at the end of the other side
            while time.monotonic() < until:
                silent = not select.select([ours], [], [], 1)[0]
                if not silent:
                    said += os.read(ours, 4096)
                # again after a silent second: readline misses a Ctrl-C in its first moment
                if said.rstrip().endswith(b"[y/N]:") or (silent and b"[y/N]:" in said):
                    os.write(ours, typed.encode())
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
    os.close(ours)
    return process.returncode, said.decode()


@pytest.mark.parametrize("typed", ["n\n", "\n", "\x03", "\x04"], ids=["no", "enter", "ctrl-c", "ctrl-d"])
def test_somebody_at_a_terminal_is_asked_before_what_nobody_can_undo(serve: Product, livelane, typed: str) -> None:
    livelane("person", "add", "ada@example.org", "--name", "Ada")
    erase = ("person", "erase", "ada@example.org", "--database-url", serve.database_url)

    code, said = at_terminal(typed, *erase)

    assert (code, "Nothing was changed." in said, "Aborted" in said) == (1, True, False), said
    assert at_terminal("y\n", *erase)[0] == 0


def test_a_restore_into_a_migrated_database_says_what_is_there(livelane, tmp_path: Path) -> None:
    livelane("backup", str(tmp_path / "board.dump"))

    assert "Livelane's tables are in this database" in livelane("restore", str(tmp_path / "board.dump"), fails=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--wakeups", "nats://[::1"], "--wakeups is the address of a NATS server"),
        (["serve", "--wakeups", "nats://host:abc"], "--wakeups is the address of a NATS server"),
        (["serve", "--host", "a..b"], "There is no host 'a..b'"),
        (["migrate", "--database-url", "postgresql://[::1/x"], "The database URL is not one"),
        (["doctor", "http://a..b"], "'http://a..b' is not like https://board.example"),
        (["tail", "1", "--url", "http://a..b"], "'http://a..b' is not like https://board.example"),
        (["demo", "--url", "http://localhost:1"], "Give the database of http://localhost:1 as well"),
        (["demo", "--url", "localhost"], "'localhost' is not like https://board.example"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_cannot_be_meant_is_a_sentence_and_no_traceback(arguments: list[str], said: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIVELANE_")}
    if arguments[0] in {"serve", "tail"}:
        arguments = [*arguments, "--data", str(tmp_path)]
    done = subprocess.run([LIVELANE, *arguments], capture_output=True, text=True, timeout=20, check=False,
                          env=environment)  # fmt: skip

    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("setting", ["LIVELANE_LOG=plain", "LIVELANE_LOG_LEVEL=verbose"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_log_that_cannot_be_is_refused_before_anything_starts(setting: str, workers: str, tmp_path: Path) -> None:
    name, _, value = setting.partition("=")
    done = subprocess.run([LIVELANE, "serve", "--port", "0", "--workers", workers, "--data", tmp_path],
                          capture_output=True, text=True, timeout=20, check=False,
                          env={**os.environ, name: value})  # fmt: skip

    assert done.returncode == 2
    assert f"{name} is {value!r}; it can be " in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_redacted_ticket_is_blank_in_rows_and_log_and_the_epoch_is_new(serve: Product, livelane) -> None:
    livelane("person", "add", "ada@example.org", "--name", "Ada")
    token = livelane("token", "ada@example.org").splitlines()[-1]
    with client(serve, token) as ada:
        board = ada.post("/api/boards", json={"title": "Shared"}).json()["id"]
        snapshot = ada.get(f"/api/boards/{board}").json()
        column = snapshot["columns"][0]["id"]
        ticket = ada.post(
            f"/api/columns/{column}/tickets", json={"title": "My PIN", "description": "It is 1234"}
        ).json()["id"]
        ada.patch(f"/api/tickets/{ticket}", json={"title": "My PIN is secret"})

        livelane("redact", "ticket", str(ticket), "--yes")

        everything = [ada.get(path).text for path in (f"/api/tickets/{ticket}", f"/api/boards/{board}/events")]
        after = ada.get(f"/api/boards/{board}").json()
    assert not [text for text in everything if "PIN" in text or "1234" in text]
    assert after["epoch"] != snapshot["epoch"]


@pytest.mark.parametrize(
    "said", ["localhost:8000", "ftp://a", "http://", "http://a:b", "http://a?b=1", "http://[", "https://a:b@c"]
)
def test_what_is_no_address_is_told_from_what_is_one(said: str) -> None:
    assert WebAddress()("https://board.example:8443/prefix/") == "https://board.example:8443/prefix"
    with pytest.raises(click.BadParameter, match=re.escape(f"{said!r} is not like https://board.example")):
        WebAddress()(said)


@pytest.mark.parametrize("said", ["nonsense", "10.0.0.0/33", "10.0.0.1/8", "127.0.0.1,*"])
def test_proxies_that_are_no_networks_are_refused_instead_of_never_trusted(said: str) -> None:
    assert Networks()("127.0.0.1, 10.0.0.0/8,::1") == ("127.0.0.1", "10.0.0.0/8", "::1")
    with pytest.raises(click.BadParameter, match=r"name addresses or networks"):
        Networks()(said)


@pytest.mark.parametrize(
    "verb",
    [
        ["tail", "1", "--url"],
        ["doctor"],
        ["doctor", "--direct"],
        ["serve", "--public-url"],
        ["serve", "--trusted-proxies"],
        ["person", "link", "a@b.c", "--url"],
    ],
    ids=" ".join,
)
def test_an_address_that_is_none_is_refused_with_one_that_would_do(verb: list[str]) -> None:
    done = subprocess.run([LIVELANE, *verb, "nonsense"], capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 2
    assert re.search(
        r"Invalid value for '(--[a-z-]+|\[URL\])': 'nonsense' .*(https://board|10\.0\.0\.0/8)", done.stderr
    )


def test_help_lists_every_verb_with_a_line() -> None:
    said = subprocess.run([LIVELANE, "--help"], capture_output=True, text=True, check=True).stdout

    for verb in ("serve", "migrate", "sql", "person", "token", "redact", "tail", "doctor", "backup", "restore"):
        assert re.search(rf"^  {verb} +[A-Z]", said, re.MULTILINE), verb
