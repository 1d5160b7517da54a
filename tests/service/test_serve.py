"""`livelane serve` as a process: one port, the web app, health, metrics, workers, signals, a path prefix."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from service import credentials
from service.serve import Schema
from tests.product import Product

LIVELANE = Path(sys.executable).with_name("livelane")


def ready(url: str) -> dict[str, object]:
    return httpx.get(f"{url}/health/ready").json()


def test_health_names_each_part_with_since_when(serve: Product) -> None:
    said = ready(serve.url)

    assert said["status"] == "ready"
    parts = said["parts"]
    assert isinstance(parts, dict)
    assert {"database", "listener", "migrations"} <= set(parts)
    assert all(
        part["ok"] and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", part["since"]) for part in parts.values()
    )
    assert httpx.get(f"{serve.url}/health/live").json() == {"status": "live"}
    assert httpx.get(f"{serve.url}/health/other").status_code == 404


async def test_a_part_that_is_not_well_says_since_when_and_not_when_it_was_last_asked() -> None:
    schema = Schema("postgresql://nobody@127.0.0.1:1/nothing")
    assert (await schema.health())["ok"] is False
    schema.since = "2026-01-01T00:00:00Z"

    assert (await schema.health())["since"] == "2026-01-01T00:00:00Z"


def test_health_tells_nobody_how_the_database_is_reached_and_the_log_does(product: Product, admin_url: str) -> None:
    product.start()
    known = conninfo_to_dict(product.database_url)
    name = str(known["dbname"])
    with psycopg.connect(admin_url, dbname="postgres", autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        until = time.monotonic() + 20
        while "not currently accepting" not in product.log and time.monotonic() < until:
            time.sleep(0.05)
        said = httpx.get(f"{product.url}/health/ready", timeout=10)
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())

    assert said.status_code == 503
    assert "the server's log says" in said.text
    for secret in (name, str(known["user"]), str(known["host"]), "server on socket", "FATAL"):
        assert secret not in said.text
    assert f'database \\"{name}\\" is not currently accepting connections' in product.log


def test_metrics_are_prometheus_text(serve: Product) -> None:
    answer = httpx.get(f"{serve.url}/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "process_open_fds" in answer.text


def test_the_page_is_served_fresh_and_strictly(serve: Product) -> None:
    page = httpx.get(f"{serve.url}/")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'self'(;|$)", policy)
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    again = httpx.get(f"{serve.url}/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_assets_are_compressed_and_kept_for_ever_and_other_paths_are_the_page(serve: Product) -> None:
    page = httpx.get(f"{serve.url}/")
    script = re.search(r'src="\./(assets/[^"]+\.js)"', page.text)
    assert script

    asset = httpx.get(f"{serve.url}/{script[1]}")

    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in asset.headers["vary"]
    plain = httpx.get(f"{serve.url}/{script[1]}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == asset.content
    assert httpx.get(f"{serve.url}/boards/7").text == page.text
    assert httpx.get(f"{serve.url}/assets/gone-1234.js").status_code == 404
    assert httpx.post(f"{serve.url}/boards/7").status_code == 405


def test_assets_of_an_earlier_release_are_still_served(product: Product, tmp_path: Path) -> None:
    product.start("--data", str(tmp_path / "data"))
    earlier = tmp_path / "data" / "assets" / "late-0ldHash1.js"
    forgotten = tmp_path / "data" / "assets" / "late-0lderHash.js"
    earlier.write_text("export {}")
    forgotten.write_text("export {}")
    os.utime(forgotten, (0, 0))

    product.stop()
    product.start()

    answer = httpx.get(f"{product.url}/assets/{earlier.name}")
    assert (answer.text, answer.headers["content-type"]) == ("export {}", "text/javascript; charset=utf-8")
    assert httpx.get(f"{product.url}/assets/{forgotten.name}").status_code == 404


def test_no_path_leads_out_of_the_web_app(serve: Product) -> None:
    page = httpx.get(f"{serve.url}/").text

    for path in ("/../pyproject.toml", "/..%2f..%2fpyproject.toml", "/assets/../../../pyproject.toml", "//etc/passwd"):
        with httpx.Client(base_url=serve.url) as client:
            answer = client.send(httpx.Request("GET", f"{serve.url}{path}"))
        assert answer.text == page or answer.status_code == 404
        assert "[project]" not in answer.text


@pytest.mark.parametrize("stripped", [False, True])
def test_everything_works_under_a_path_prefix_that_a_proxy_passes_on_or_strips(
    product: Product, stripped: bool
) -> None:
    product.start("--public-url", "https://board.example/team/")
    start = product.url if stripped else f"{product.url}/team"

    page = httpx.get(f"{start}/boards/1")

    assert '<base href="/team/">' in page.text
    assert httpx.get(f"{start}/api/boards").status_code == 401
    assert httpx.get(f"{start}/streams/boards/1").status_code == 401
    assert httpx.get(f"{start}/health/ready").status_code == 200
    assert "https://board.example/team/#code=" in product.log


def test_the_halves_run_apart_on_one_database(product: Product, tmp_path: Path) -> None:
    product.start("--only", "api")
    assert httpx.get(f"{product.url}/api/boards").status_code == 401
    elsewhere = httpx.get(f"{product.url}/streams/boards/1")
    assert (elsewhere.status_code, elsewhere.headers["content-type"]) == (404, "application/problem+json")
    assert "--only api" in elsewhere.json()["detail"]
    assert httpx.get(f"{product.url}/").status_code == 200

    with Product(product.database_url, tmp_path / "streams.log") as other:
        other.start("--only", "streams")
        assert httpx.get(f"{other.url}/streams/boards/1").status_code == 401
        assert httpx.get(f"{other.url}/api/boards").status_code == 404
        assert httpx.get(f"{other.url}/").status_code == 404


def test_a_worker_that_is_killed_is_replaced_and_all_end_together(product: Product) -> None:
    product.start("--workers", "2")
    assert product.process
    before = product.workers
    assert len(before) == 2
    assert "process_open_fds" not in httpx.get(f"{product.url}/metrics").text  # the workers' numbers, added up

    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: len(set(product.workers) - set(before)) == 1)
    after = product.workers
    eventually(lambda: ready(product.url)["status"] == "ready")

    assert product.stop() in {0, 128 + signal.SIGTERM}
    assert not any(Path(f"/proc/{pid}").exists() for pid in after)


def test_workers_leave_with_a_killed_parent(product: Product) -> None:
    product.start("--workers", "2")
    assert product.process
    workers = product.workers
    assert len(workers) == 2

    product.process.kill()
    product.process.wait()

    eventually(lambda: not any(alive(pid) for pid in workers))


def test_one_interrupt_stops_everything_quickly_with_streams_open(product: Product) -> None:
    product.start()
    assert product.process
    headers = {"Authorization": f"Bearer {token(product.database_url)}"}
    board = httpx.post(f"{product.url}/api/boards", json={"title": "Open"}, headers=headers).json()["id"]

    with httpx.stream("GET", f"{product.url}/streams/boards/{board}", headers=headers, timeout=20) as stream:
        lines = stream.iter_lines()
        assert "event: snapshot" in lines
        began = time.monotonic()
        product.process.send_signal(signal.SIGINT)
        rest = list(lines)  # ends cleanly, not cut

    assert "event: bye" in rest
    assert product.process.wait(15) == 0
    assert time.monotonic() - began < 5
    assert "Traceback" not in product.log


def token(database_url: str) -> str:
    with psycopg.connect(database_url, autocommit=True) as conn:
        credentials.add_person(conn, "ada@example.org", "Ada", admin=False)
        return credentials.add_token(conn, "ada@example.org", "test")


def test_serve_on_a_data_directory_prints_a_link_and_leaves_nothing_running(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [LIVELANE, "serve", "--port", "0", "--data", data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        assert first.stdout
        url = re.search(r"runs at (http://localhost:\d+)", first.stdout.readline())
        code = re.search(r"(http://localhost:\d+)/#code=([\w-]{22})", first.stdout.readline())
        assert url
        assert code
        assert url[1] == code[1]

        second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 1
        assert f"process {first.pid}" in second.stderr
        assert url[1] in second.stderr
        counted = subprocess.run(
            [LIVELANE, "sql", "--data", data, "--", "-At", "-c", "SELECT count(*) FROM one_time_code"],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
        assert counted.stdout == "1\n"  # joined the running server, and the code is there, hashed

        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 0
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_a_port_in_use_is_said(serve: Product) -> None:
    done = subprocess.run(
        [LIVELANE, "serve", "--port", str(serve.port), "--database-url", serve.database_url],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"Error: Port {serve.port} on 127.0.0.1 is in use by another program. Stop it, or choose another with --port."
    )


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(happened: Callable[[], bool], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.05)
