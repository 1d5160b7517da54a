"""./justw on machines that lack something says what, and how to mend it. The machines are folders on the PATH."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "grep", "head", "tail", "rm", "mkdir", "mv", "cp", "cat", "apt-get")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout beside a `bin` folder with a few system programs, and no Python."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        if there := shutil.which(tool):
            (tmp_path / "bin" / tool).symlink_to(there)
    (tmp_path / "checkout").mkdir()
    shutil.copy(ROOT / "justw", tmp_path / "checkout" / "justw")
    (tmp_path / "checkout" / "justfile").write_text("hello:\n    @echo hello {{ justfile_directory() }}\n")
    return tmp_path


def python(machine: Path, script: str) -> None:
    """Put a `python3` on the machine's PATH; in the script, $real is an interpreter that has everything."""
    program = machine / "bin" / "python3"
    program.write_text(f"#!/bin/sh\nreal={sys.executable}\n{script}\n")
    program.chmod(0o755)


def justw(machine: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [machine / "checkout" / "justw", *arguments], capture_output=True, text=True, timeout=110, check=False,
        env={"PATH": str(machine / "bin"), "HOME": str(machine), **environment},
    )  # fmt: skip


def test_no_python(machine: Path) -> None:
    done = justw(machine, "hello")

    assert done.returncode == 1
    assert done.stderr.startswith("justw: Python is missing; ")
    assert "install" in done.stderr


def test_a_python_that_is_too_old(machine: Path) -> None:
    python(machine, 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')

    done = justw(machine, "hello")

    assert done.returncode == 1
    assert done.stderr.startswith("justw: this Python is 3.9, Livelane needs 3.11 or newer; ")


def test_a_python_without_venv(machine: Path) -> None:
    python(machine, 'case "$*" in *ensurepip*|*"-m pip"*) exit 1;; *) exec $real "$@";; esac')

    done = justw(machine, "hello")

    assert done.returncode == 1
    assert "no venv module" in done.stderr
    if shutil.which("apt-get"):
        assert f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in done.stderr


def test_no_network(machine: Path) -> None:
    python(machine, 'exec $real "$@"')

    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    done = justw(machine, "hello", **nowhere)

    assert done.returncode == 1
    assert "cannot be fetched from the Python package index: is there a network?" in done.stderr
    assert not list((machine / "checkout").glob(".tools*"))  # nothing half-made stays


def test_arguments_and_the_place_go_through_and_the_tools_are_made_once(machine: Path) -> None:
    shutil.copytree(ROOT / ".tools", machine / "checkout" / ".tools", symlinks=True)

    done = justw(machine, "hello")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"hello {machine / 'checkout'}\n"


def test_serve_ends_with_one_interrupt_and_no_word_of_an_error(database_url: str) -> None:
    with subprocess.Popen(
        [ROOT / "justw", "serve", "--port", "0", "--database-url", database_url], cwd="/", text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as serve:  # fmt: skip
        assert serve.stdout
        try:
            said = next(line for line in serve.stdout if "listener hears" in line)
        finally:
            os.killpg(serve.pid, signal.SIGINT)  # as a Ctrl-C in its terminal
        said += serve.stdout.read()

    assert serve.returncode == 0, said
    assert said.rstrip().endswith("Livelane has stopped.")
