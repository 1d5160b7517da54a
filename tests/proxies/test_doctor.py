"""`livelane doctor URL` through real proxies: what an ordinary one breaks is named, with the line that mends it."""

from pathlib import Path

import psycopg
import pytest

from tests.doctor import examine, one, troubles
from tests.product import Product
from tests.proxies.conftest import Fronts, Way
from tests.proxies.fronts import KINDS, front, ordinary, ours
from tests.proxies.mended import mended

GZIP = "gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;\nserver {"
APACHES_GZIP = "ProxyPreserveHost On\nSetOutputFilter DEFLATE\n</Virt"
NAMES = {"nginx": "nginx", "haproxy": "HAProxy", "caddy": "Caddy", "apache": "Apache", "varnish": "Varnish"}

# what stands in the newcomer's file, and what it becomes; what the doctor must find
FAULTS: dict[str, tuple[str, str, str, set[str]]] = {
    "nginx as it comes": ("nginx", "", "", {"host"}),
    "apache as it comes": ("apache", "", "", {"host"}),
    "haproxy as it comes": ("haproxy", "", "", {"latency"}),
    "vite as it comes": ("vite", "", "", {"host", "cut"}),
    "nginx that buffers": (
        "nginx", "server {", f"proxy_ignore_headers X-Accel-Buffering; {GZIP}", {"host", "buffering"}
    ),
    "nginx that compresses": ("nginx", "server {", GZIP, {"host", "compression"}),
    "apache that compresses": ("apache", "</Virt", APACHES_GZIP, {"compression"}),
    "caddy that compresses": ("caddy", "reverse_proxy", "encode gzip\nreverse_proxy", {"compression"}),
    "varnish that buffers": (
        "varnish", "vcl 4.1;", "vcl 4.1;\nsub vcl_backend_response { set beresp.do_stream = false; }", {"buffering"}
    ),
}  # fmt: skip
# HAProxy's 200 ms show as lateness, or as two events in one piece.
SAME = {"latency": "buffering"}


@pytest.fixture(scope="module", autouse=True)
def _account(behind: Product) -> None:
    """Without an account the doctor tries no streams."""
    with psycopg.connect(behind.database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO person (name) VALUES ('Ada')")


def look(url: str, behind: Product, idle: str = "0") -> list[dict[str, str]]:
    """What the doctor does not find well on the way to the address."""
    _, findings = examine(url, "--direct", behind.url, "--database-url", behind.database_url, idle=idle)
    return troubles(findings)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_configuration_breaks_is_named_with_the_lines_that_mend_it(
    fault: str, behind: Product, fronts: Fronts, tmp_path: Path
):
    kind, before, after, expected = FAULTS[fault]
    config = ordinary(kind).replace(before, after) if before else ordinary(kind)
    with front(kind, config, [behind.port], tmp_path / "wrong") as wrong:
        found = look(wrong.url, behind)

    with front(kind, mended(kind, config, found), [behind.port], tmp_path / "mended") as right:
        left = look(right.url, behind)

    assert {SAME.get(finding["check"], finding["check"]) for finding in found} == {SAME.get(e, e) for e in expected}, (
        found
    )
    assert left == []


@pytest.mark.parametrize(
    "way", [Way("caddy", "ordinary"), Way("varnish", "ordinary"), *(Way(kind, "ours") for kind in KINDS)], ids=str
)
def test_a_good_configuration_is_found_good(way: Way, behind: Product, fronts: Fronts):
    _, findings = examine(fronts[way].url, "--direct", behind.url, "--database-url", behind.database_url)

    assert troubles(findings) == []
    reach = next(finding["text"] for finding in findings if finding["check"] == "reach")
    assert f"{NAMES.get(way.kind, 'Node')} stands between" in reach
    if way in {Way(kind, "ours") for kind in ("nginx", "haproxy", "caddy", "apache")}:
        assert " h2," in reach
    assert "directly" in next(finding["text"] for finding in findings if finding["check"] == "latency")


def test_an_haproxy_that_compresses_everything_heeds_our_no_transform_f41(behind: Product, tmp_path: Path):
    config = ours("haproxy").replace("default_backend", "filter compression\ncompression algo gzip\ndefault_backend")
    config = config.replace("bind :443 ssl crt /etc/ssl/private/board.example.pem alpn h2,http/1.1", "bind :80")
    config = config.replace("http-request set-header X-Forwarded-Proto https\n", "")
    with front("haproxy", config, [behind.port], tmp_path / "haproxy") as haproxy:
        assert look(haproxy.url, behind) == []


@pytest.mark.parametrize(
    ("kind", "line", "cut"),
    [("nginx", "proxy_read_timeout 1h;", "proxy_read_timeout 2s;"), ("apache", "ProxyTimeout 3600", "ProxyTimeout 2")],
    ids=["nginx", "apache"],
)
def test_a_proxy_that_cuts_silent_streams_is_found(
    kind: str, line: str, cut: str, behind: Product, fronts: Fronts, tmp_path: Path
):
    config = ours(kind)
    assert line in config
    with front(kind, config.replace(line, cut), [behind.port], tmp_path / kind, fronts.certificate) as impatient:
        found = one(look(impatient.url, behind, "6s"), "idle")

    assert "cut after 2 s" in found["text"]
    assert line.partition(" ")[0] in found["todo"]


def test_a_proxy_with_nothing_behind_is_found(fronts: Fronts, behind: Product, tmp_path: Path):
    with front("nginx", ordinary("nginx"), [1], tmp_path / "nginx") as nginx:
        assert "finds no Livelane behind it (502)" in one(look(nginx.url, behind), "reach")["text"]


def test_a_site_that_is_not_livelane_is_found(behind: Product, tmp_path: Path):
    config = ordinary("nginx").replace("proxy_pass http://127.0.0.1:8000;", "return 200 'hello';")
    with front("nginx", config, [1], tmp_path / "nginx") as nginx:
        assert "not as Livelane does" in one(look(nginx.url, behind), "reach")["text"]


def test_without_a_way_past_it_a_slow_proxy_is_named_all_the_same(fronts: Fronts, behind: Product):
    url = fronts[Way("haproxy", "ordinary")].url

    _, findings = examine(url, "--database-url", behind.database_url)

    [found] = troubles(findings)
    assert "option http-no-delay" in found["todo"]
