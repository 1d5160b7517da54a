"""What docs/operations.md says is so: its metrics are served, its proxy works, its checks exist."""

import re
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.journeys.test_doctor import examine, troubles
from tests.nginx import nginx
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
    guide = PAGE.partition("| check | fails when |")[2].partition("\n\n")[0]

    described = {name for row in guide.splitlines() for name in re.findall(r"`([a-z-]+)`", row.split("|")[1:2][0])
                 if row.startswith("| `")}  # fmt: skip

    assert described == checks


@pytest.mark.proxy
def test_the_nginx_of_the_page_is_found_good(serve: Product, tmp_path: Path) -> None:
    with psycopg.connect(serve.database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO person (name) VALUES ('Ada')")
    block = PAGE.partition("```nginx\n")[2].partition("```")[0]
    upstream = block[: block.index("server {\n    listen")].replace("127.0.0.1:8000", f"127.0.0.1:{serve.port}")
    location = block.partition("location / {")[2].partition("}")[0]

    with nginx(serve.url, tmp_path / "nginx", location, http=upstream) as url:
        code, findings = examine(url, "--direct", serve.url, "--database-url", serve.database_url)

    assert (code, troubles(findings)) == (0, [])
