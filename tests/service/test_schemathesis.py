"""A program that tries the API out by its own documentation finds nothing wrong with it."""

import asyncio
import hashlib
import os
import sys
from pathlib import Path

import psycopg
import pytest

from tests.service.conftest import Person

EXAMPLES = os.environ.get("LIVELANE_SCHEMATHESIS_EXAMPLES", "8")  # per operation and phase; more on demand
SEED = os.environ.get("LIVELANE_SCHEMATHESIS_SEED", "1")  # another try is the same test
SECRET = "llt_tried-out"
# A token's last day may not have gone by, which no schema can say.
CONFIG = """
[[operations]]
include-name = "POST /api/tokens"
checks.positive_data_acceptance.enabled = false
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_trying_every_operation_out_finds_nothing(
    url: str, ada: Person, conn: psycopg.AsyncConnection, tmp_path: Path
):
    board, (todo, *_) = await ada.board()
    for number in range(5):
        await ada.ticket(todo, f"ticket {number}")
    # An id out of the way: what is tried out includes ending tokens.
    await conn.execute(
        """
        INSERT INTO token (id, person_id, name, secret_hash) OVERRIDING SYSTEM VALUE
        VALUES (4711000, %s, 'tried out', %s)
        """,
        (ada.id, hashlib.sha256(SECRET.encode()).digest()),
    )

    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("st"),
        *("run", f"{url}/docs/openapi.json", "--checks", "all", "--continue-on-failure"),
        *("--max-examples", EXAMPLES, "--seed", SEED),
        # DELETE archives here, and what is archived is read and restored at the same address.
        *("--exclude-checks", "use_after_free"),
        *("--suppress-health-check", "too_slow"),  # on a busy machine making the data takes its time
        *("-H", f"Authorization: Bearer {SECRET}", "-H", "Sec-Fetch-Site: same-origin", "--no-color"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    output, _ = await process.communicate()

    assert process.returncode == 0, output.decode()[-20_000:]
    assert board
