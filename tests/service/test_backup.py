"""A backup taken in use goes back into an empty database, on the same server or an older one, all or nothing."""

import stat
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from service import credentials
from tests.product import Product

LIVELANE = Path(sys.executable).with_name("livelane")


def livelane(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LIVELANE, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def told(serve: Product) -> str:
    """Ada's token; she has a board with a ticket whose title tries to break out of a dump."""
    with psycopg.connect(serve.database_url, autocommit=True) as conn:
        credentials.add_person(conn, "ada@example.org", "Ada", admin=True)
        token = credentials.add_token(conn, "ada@example.org", "test")
    with httpx.Client(base_url=serve.url, headers={"Authorization": f"Bearer {token}"}) as ada:
        board = ada.post("/api/boards", json={"title": "Kept"}).json()
        answer = ada.get(f"/api/boards/{board['id']}")
        assert answer.status_code == 200, answer.text
        column = answer.json()["columns"][0]["id"]
        title = r"\. SET transaction_timeout = 0; 'quotes' \t ünï"
        assert ada.post(f"/api/columns/{column}/tickets", json={"title": title}).status_code == 201
    return token


def test_a_restored_board_is_the_same_in_another_life(
    serve: Product, told: str, empty_database_url: str, tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {told}"}
    before = httpx.get(f"{serve.url}/api/boards/1", headers=headers).json()
    file = tmp_path / "board.backup"

    taken = livelane("backup", file, "--database-url", serve.database_url)
    assert taken.returncode == 0, taken.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = livelane("restore", file, "--database-url", empty_database_url)
    assert restored.returncode == 0, restored.stderr
    with psycopg.connect(empty_database_url) as conn:  # rights are not in a backup
        open_ = "SELECT has_function_privilege('public', 'capture_ticket()', 'EXECUTE')"
        assert conn.execute(open_).fetchone() == (False,)

    with Product(empty_database_url, tmp_path / "second.log") as second:
        second.start()
        after = httpx.get(f"{second.url}/api/boards/1", headers=headers).json()
    assert after.pop("epoch") != before.pop("epoch")
    del after["app"], before["app"]  # the web app may be built anew meanwhile
    assert after == before


def test_a_database_in_use_is_not_restored_over(serve: Product, told: str, tmp_path: Path) -> None:
    file = tmp_path / "board.backup"
    assert livelane("backup", file, "--database-url", serve.database_url).returncode == 0

    refused = livelane("restore", file, "--database-url", serve.database_url)

    assert refused.returncode == 1
    assert "tables are in this database already" in refused.stderr


def test_a_place_that_cannot_be_written_to_is_said(serve: Product, tmp_path: Path) -> None:
    refused = livelane("backup", tmp_path / "nowhere" / "board.backup", "--database-url", serve.database_url)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: {tmp_path}/nowhere/board.backup cannot be written: No such file")


def test_half_a_backup_restores_nothing(serve: Product, told: str, empty_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "board.backup"
    assert livelane("backup", file, "--database-url", serve.database_url).returncode == 0
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    refused = livelane("restore", file, "--database-url", empty_database_url)

    assert refused.returncode == 1
    assert "failed, and nothing was kept" in refused.stderr
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT count(*) FROM pg_class WHERE relname = 'ticket'").fetchone() == (0,)
