"""What docs/operations.md says is so: its metrics are served, its checks exist. (Its proxies: tests/proxies.)"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.product import Product

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_every_metric_that_is_described_is_served_and_the_other_way_round(serve: Product) -> None:
    served = {
        name
        for name in re.findall(r"^# TYPE (livelane_\w+)", httpx.get(f"{serve.url}/metrics").text, re.MULTILINE)
        if not name.endswith("_created")
    }
    table = PAGE.partition("## Metrics")[2].partition("```yaml")[0]
    described = set(re.findall(r"livelane_\w+", table)) | {
        f"livelane_streams_pool_{ending}" for ending in ("size", "free", "waiting")
    }
    rules = PAGE.partition("```yaml")[2].partition("```")[0]
    used = {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"livelane_\w+", rules)}

    assert described == served
    assert used <= described


def test_every_check_of_the_doctor_is_in_its_guide() -> None:
    source = "".join(path.read_text() for path in (ROOT / "service" / "doctor").glob("*.py"))
    checks = set(re.findall(r'\b(?:ok|warn|fail|level)\(\s*"([a-z-]+)"', source))
    guide = PAGE.partition("| check | says so when |")[2].partition("\n\n")[0]

    described = {name for row in guide.splitlines() for name in re.findall(r"`([a-z-]+)`", row.split("|")[1:2][0])
                 if row.startswith("| `")}  # fmt: skip

    assert described == checks


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_of_the_page_is_one_that_systemd_takes(tmp_path: Path) -> None:
    livelane = Path(sys.executable).with_name("livelane")
    text = PAGE.partition("```ini\n")[2].partition("```")[0].replace("/opt/livelane/bin/livelane", str(livelane))
    for name, more in (("livelane.service", ""), ("livelane@.service", " --port %i")):
        unit = tmp_path / name
        unit.write_text(text.replace("--migrate", f"--migrate{more}"))
        done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)

        said = [line for line in done.stderr.splitlines() if name in line]
        assert (done.returncode, said) == (0, [])
