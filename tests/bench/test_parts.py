"""The measuring programs themselves, in tiny form, so that they cannot rot."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from service.schema.embedded import attach
from tests.bench import boards, bulk, fanout, many, nodes, peers, proxies, replay, requests, soak, units
from tests.bench.__main__ import beside
from tests.bench.machine import cores
from tests.bench.report import Album, Figure, put_into
from tests.bench.site import Site, site


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("bench"), cores()[0]) as made:
        yield made


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "BETWEEN_S", 0.05)
    monkeypatch.setattr(fanout, "LOOK_S", 0.05)
    monkeypatch.setattr(requests, "WARM_S", 0.1)
    monkeypatch.setattr(boards, "IDLE_S", 0.2)
    monkeypatch.setattr(nodes, "COUNTS", (2,))
    monkeypatch.setattr(many, "WATCHED_S", 0.5)
    monkeypatch.setattr(soak, "STREAMS", 8)


def test_the_peers_all_deliver_and_only_our_figures_have_goals(at: Site) -> None:
    album = Album()

    figures = peers.measure(at, 20, 3, album)

    names = {figure.what.partition(",")[0] for figure in figures}
    assert {"Livelane", "os.write loop", *(name for name, _ in peers.PYTHON.values())} <= names
    assert all(figure.value > 0 for figure in figures if "memory" not in figure.what)
    assert all(figure.what.startswith("Livelane") for figure in figures if figure.most)
    assert "**Livelane**" in album.tables["peers"]
    assert "Livelane" in _texts(album.pictures["peers"])


def test_growth_is_measured_at_each_size_and_drawn(at: Site) -> None:
    album = Album()

    figures = [
        *replay.measure(at, [1_000], 3, album),
        *boards.measure(at, [20], 15, album),
        *bulk.growth(at, [5], 2, album),
    ]

    assert all(figure.value > 0 for figure in figures if "CPU" not in figure.what)
    assert set(album.pictures) == {"replay", "boards", "snapshot"}
    for picture in album.pictures.values():
        assert _texts(picture)


@pytest.mark.proxy
def test_what_a_proxy_adds_is_measured_for_each(at: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "KINDS", ["nginx"])

    p50, p99 = proxies.measure(at, 20)

    assert p50.what == "commit → subscriber through nginx, TLS: p50"
    assert 0 < p50.limit <= p50.value
    assert p99.beside == "goal"


def test_many_streams_stay_open(at: Site) -> None:
    figures = many.measure(at, 30, 3)

    assert "0 missed" in [figure.note for figure in figures]


@pytest.mark.slow
def test_more_nodes_and_a_million_viewers_are_told_in_tables(at: Site) -> None:
    album = Album()

    figures = [*nodes.measure(at, 0.5, album, 2), *units.measure(at, 0.5, album, 20)]

    assert all(figure.value > 0 for figure in figures)
    assert album.tables["nodes"].count("\n| 2 |") == 2  # each node listens, and by NATS
    assert album.tables["units"].count("\n| 1,000 |") == 3


def test_the_visitors_of_a_soak_see_nothing_wrong(at: Site) -> None:
    kept: list[int] = []

    run = soak.measure(at, 4, 1, lambda so_far: kept.append(len(so_far.samples)))

    assert kept == [1, 2, 3, 4]
    assert not run.faults, run.faults
    assert run.did["UPDATE"] > 0
    assert run.samples[-1].rss_mib > 0
    assert run.samples[-1].streams > 0
    assert soak.figures(run.samples)
    assert _texts(soak.draw(run.samples))


def test_a_data_folder_is_measured_in_beside_its_own_database(tmp_path: Path) -> None:
    everyone = "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1"
    with attach(tmp_path) as server, psycopg.connect(server.url, autocommit=True) as conn:
        before = conn.execute(everyone).fetchall()

        with beside(tmp_path) as url, psycopg.connect(url) as there:
            assert (conninfo_to_dict(url)["dbname"],) not in before
            assert there.execute("SELECT current_user").fetchone() == ("livelane",)
            assert len(conn.execute(everyone).fetchall()) == len(before) + 1

        assert conn.execute(everyone).fetchall() == before


def test_each_part_has_a_place_of_its_own_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- end of a -->\nbetween\n<!-- b -->\nkept\n<!-- end of b -->\n")

    put_into(
        [Figure("new", 2.0, "ms", "goal", 1.0, 1.0)], page, "just bench a", 0.1, ("<!-- a -->", "<!-- end of a -->")
    )

    text = page.read_text()
    assert "| new | 2.00 ms | goal: 1.00 ms | 2.00 | ≤ 1 | **misses** |" in text
    assert "old" not in text
    assert text.startswith("before\n<!-- a -->\n`just bench a` on ")
    assert text.endswith("<!-- end of a -->\nbetween\n<!-- b -->\nkept\n<!-- end of b -->\n")


def _texts(picture: str) -> list[str]:
    """Return the words of an SVG, which must be XML without anything that is no number."""
    assert "nan" not in picture
    return [element.text or "" for element in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
