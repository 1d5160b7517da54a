"""Runs `livelane doctor`, and reads what it found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

Finding = dict[str, Any]


def examine(*arguments: str, idle: str = "0") -> tuple[int, list[Finding]]:
    """Run the command; return its exit code and its findings."""
    command = [Path(sys.executable).with_name("livelane"), "doctor", "--json", "--idle", idle, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def troubles(findings: list[Finding]) -> list[Finding]:
    """Return what is not ok, but for the tests' own PostgreSQL, which runs without fsync."""
    return [finding for finding in findings if finding["level"] != "ok" and finding["check"] != "durability"]


def one(findings: list[Finding], check: str) -> Finding:
    """Return the finding of that check, which must be the only trouble."""
    assert [finding["check"] for finding in troubles(findings)] == [check], troubles(findings)
    return troubles(findings)[0]
