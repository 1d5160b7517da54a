"""`just bench-browser [quick]`: measure the board in Chromium, print a table, write JSON.

The real product, an embedded PostgreSQL and one headless Chromium at 1440 x 900, drawing in software.
"""

import argparse
import asyncio
import random
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
from playwright.async_api import Browser, CDPSession, async_playwright
from rich.console import Console

from service.schema.embedded import attach
from service.schema.migrate import migrate
from tests.bench.machine import cores_in_use
from tests.bench.report import QUIET, Figure, put_into, show, write
from tests.bench.site import percentile
from tests.browser.board import Board, make_board
from tests.browser.conftest import CHROMIUM
from tests.browser.people import People
from tests.browser.trace import CATEGORIES, costs
from tests.browser.window import Tab, Window
from tests.product import Product

SIZES = (6_000, 10_000)
COLUMNS = 6
SCREEN = {"width": 1440, "height": 900}
PROBE = Path(__file__).with_name("probe.js")
BETWEEN_S = 0.12  # so that the work of one move ends before the next
STORM_RATE = 100
LATE_MS = 25  # a frame that took longer was seen
LONG_MS = 50
SETTLE_S = 4.0  # the late parts are fetched by then
MARKERS = ("<!-- browser figures -->", "<!-- end of browser figures -->")


class Lengths(msgspec.Struct, frozen=True):
    """How much is measured."""

    openings: int = 5
    moves: int = 100
    own: int = 40
    storm_s: float = 10.0


QUICK = Lengths(openings=2, moves=40, own=15, storm_s=5.0)


class Mover:
    """Somebody else's hand: moves tickets by SQL, half of them to the top of a column where they are seen."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.chance = random.Random(7)
        self.moved = 0

    def move(self, conn: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.moved += 1
        top = self.chance.random() < 0.5
        rank = f"a{999_999 - self.moved}" if top else f"b{self.chance.randrange(10**6):06}{self.moved}"
        conn.execute(
            "UPDATE ticket SET column_id = %s, rank = %s WHERE id = %s",
            (self.chance.choice(self.board.columns), rank, self.chance.choice(self.board.tickets)),
        )

    def apart(self, count: int, between_s: float) -> None:
        """Move so many, with a pause after each."""
        with psycopg.connect(self.board.database_url, autocommit=True) as conn:
            for _ in range(count):
                self.move(conn)
                time.sleep(between_s)

    def storm(self, count: int, between_s: float) -> float:
        """Move so many at that pace, catching up what is late; return how many a second it came to."""
        with psycopg.connect(self.board.database_url, autocommit=True) as conn:
            began = time.monotonic()
            for n in range(count):
                time.sleep(max(0.0, began + n * between_s - time.monotonic()))
                self.move(conn)
            return count / max(time.monotonic() - began, count * between_s)


def full_board(database_url: str, tickets: int) -> Board:
    """A board of six columns with so many tickets."""
    board = make_board(database_url, f"{tickets:,} tickets", COLUMNS, 0)
    rows = board.sql(
        """
        INSERT INTO ticket (board_id, column_id, title, description, rank)
        SELECT %s, (%s::bigint[])[1 + n %% 6], 'A ticket with a title of usual length, number ' || n, 'Described.',
               'b' || lpad(n::text, 6, '0')
          FROM generate_series(1, %s) n RETURNING id
        """,
        board.id,
        board.columns,
        tickets,
    )
    board.tickets.extend(ticket for (ticket,) in rows)
    return board


async def opening(window: Window, board: Board) -> tuple[Tab, dict[str, Any]]:
    """Open the board in a new tab; what the probe saw."""
    page = await window.context.new_page()
    await page.set_viewport_size(SCREEN)  # type: ignore[arg-type]
    await page.add_init_script(path=PROBE)
    tab = await Tab(page, window.url).open(board.id)
    return tab, await page.evaluate("probe.opening")


async def moves(browser: Browser, tab: Tab, mover: Mover, count: int) -> list[Figure]:
    """Single moves of somebody else, well apart."""
    await asyncio.to_thread(mover.apart, 10, BETWEEN_S)
    await tab.ask("void board.onApplied(() => performance.mark('applied'))")
    await browser.start_tracing(page=tab.page, categories=CATEGORIES)
    await asyncio.to_thread(mover.apart, count, BETWEEN_S)
    await asyncio.sleep(0.5)
    made = costs(await browser.stop_tracing(), "applied")
    assert len(made) >= count / 2, f"{len(made)} of {count} moves were seen by themselves"
    script, whole, cpu = ([getattr(cost, name) for cost in made] for name in ("script", "whole", "cpu"))
    return [
        within(
            "one remote move, scripts: p95", percentile(script, 0.95), "ms", 8, f"p50 {percentile(script, 0.5):.1f}"
        ),
        within(
            "one remote move, all up to the paint: p95", percentile(whole, 0.95), "ms", 16,
            f"p50 {percentile(whole, 0.5):.1f}; the frame's CPU p50 {percentile(cpu, 0.5):.1f}, "
            f"p95 {percentile(cpu, 0.95):.1f}",
        ),
    ]  # fmt: skip


async def own(tab: Tab, count: int) -> list[Figure]:
    """Somebody's own change until it is seen."""
    seen = await tab.ask("[...document.querySelectorAll('[data-ticket]')].map((card) => Number(card.dataset.ticket))")
    made = [await tab.ask(f"await probe.own({seen[n % len(seen)]}, 'My own title {n}')") for n in range(count)]
    times = [each["ms"] for each in made]
    frames = [each["frames"] for each in made]
    note = f"p50 {percentile(times, 0.5):.1f} ms, p95 {percentile(times, 0.95):.1f} ms"
    return [within("own change is seen: frames, p95", percentile(frames, 0.95), "", 1, note)]


async def elsewhere(tab: Tab, mover: Mover, seconds: float) -> float:
    """The share of frames that come late, in %, while the storm is on a board that nobody looks at."""
    await tab.ask("void (window.stopWatch = probe.watch())")
    await asyncio.to_thread(mover.storm, int(seconds * STORM_RATE), 1 / STORM_RATE)
    return late((await tab.ask("stopWatch()"))["frames"])[1]


def late(frames: list[float]) -> tuple[int, float]:
    """How many of the frames came late, and their share in %."""
    count = sum(frame > LATE_MS for frame in frames)
    return count, 100 * count / max(1, len(frames))


async def storm(tab: Tab, mover: Mover, seconds: float, floor: float) -> list[Figure]:
    """A hundred moves a second of somebody else."""
    cdp = await tab.cdp()
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, began = await busy(cdp), time.monotonic()
    await tab.ask("void (window.stopWatch = probe.watch())")
    rate = await asyncio.to_thread(mover.storm, int(seconds * STORM_RATE), 1 / STORM_RATE)
    saw = await tab.ask("stopWatch()")
    share = 100 * (await busy(cdp) - before) / (time.monotonic() - began)
    await tab.until(f"board.seq() >= {mover.board.seq()}")
    assert await tab.missed() == []
    frames: list[float] = saw["frames"]
    count, share_late = late(frames)
    long = [task for task in saw["long"] if task > LONG_MS]
    name = f"{STORM_RATE} events/s for {seconds:.0f} s"
    return [
        within(
            f"{name}: longest task that is long", max(saw["long"], default=0), "ms", LONG_MS,
            f"{len(long)} over {LONG_MS} ms; {rate:.0f}/s came",
        ),
        within(
            f"{name}: frames over {LATE_MS} ms", share_late, "%", 1,
            f"{count} of {len(frames)}, the worst {max(frames, default=0):.0f} ms; "
            f"with the storm on another board {floor:.2f}",
        ),
        Figure(f"{name}: main thread's CPU", share, "%"),
    ]  # fmt: skip


async def busy(cdp: CDPSession) -> float:
    """Seconds that the page's main thread has been on a core."""
    metrics = (await cdp.send("Performance.getMetrics"))["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def within(what: str, value: float, unit: str, budget: float, note: str = "") -> Figure:
    """A figure that must not pass its budget."""
    return Figure(what, value, unit, "budget", budget, 1, note)


def gzipped(url: str) -> int:
    """How many bytes the product sends for this address to a browser."""
    with httpx.stream("GET", url, headers={"accept-encoding": "gzip"}) as answer:
        answer.raise_for_status()
        return sum(len(chunk) for chunk in answer.iter_raw())


def first_load(product: Product, scripts: list[str]) -> list[Figure]:
    """What comes over the wire before a board is seen."""
    worker = [name for name in scripts if "worker" in name]
    page = [name for name in dict.fromkeys(scripts) if name not in worker]
    found = next((Path(__file__).parents[2] / "frontend" / "dist" / "assets").glob("hub.worker-*.js"))
    return [
        within("scripts before a board is seen, gzip", sum(map(gzipped, page)) / 1000, "kB", 180, f"{len(page)} files"),
        within("shared worker, gzip", gzipped(f"{product.url}/assets/{found.name}") / 1000, "kB", 5),
    ]


async def board_figures(browser: Browser, product: Product, size: int, lengths: Lengths) -> list[Figure]:
    """Everything about a board of that size."""
    board = await asyncio.to_thread(full_board, product.database_url, size)
    other = await asyncio.to_thread(full_board, product.database_url, size)
    person = People(product.database_url).new("Ada", board.id)
    figures: list[Figure] = []
    openings: list[dict[str, Any]] = []
    for n in range(lengths.openings):
        async with Window(browser, product.url) as window:
            await window.sign_in(person)
            tab, saw = await opening(window, board)
            openings.append(saw)
            if n < lengths.openings - 1:
                continue
            await tab.live()
            await asyncio.sleep(SETTLE_S)
            nodes = await tab.ask("document.querySelectorAll('*').length")
            mover = Mover(board)
            figures += [within("elements in the page", nodes, "", 1_500)]
            figures += await moves(browser, tab, mover, lengths.moves)
            figures += await own(tab, lengths.own)
            floor = await elsewhere(tab, Mover(other), lengths.storm_s)
            figures += await storm(tab, mover, lengths.storm_s, floor)
    middle = {key: percentile([each[key] for each in openings], 0.5) for key in ("parse", "painted", "sinceStart")}
    note = f"parsing it {middle['parse']:.0f} ms; {middle['sinceStart']:.0f} ms since the address was entered"
    first = within("snapshot parsed → painted", middle["painted"], "ms", 300, note)
    figures = [msgspec.structs.replace(each, what=f"{size:,} tickets: {each.what}") for each in (first, *figures)]
    # On a slow machine the idle page has begun to fetch more by then: the opening with the least counts.
    scripts = min((each["scripts"] for each in openings), key=len)
    return figures if size != SIZES[0] else [*first_load(product, scripts), *figures]


async def measure(product: Product, sizes: list[int], lengths: Lengths, console: Console) -> list[Figure]:
    figures: list[Figure] = []
    async with async_playwright() as playwright:
        for size in sizes:
            console.print(f"[dim]measuring a board of {size:,} tickets …[/]")
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            figures += await board_figures(browser, product, size, lengths)
            await browser.close()
    return figures


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="just bench-browser", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="quick | SIZE", help="the short form, or one size alone")
    parser.add_argument("--json", type=Path, default=Path(".livelane/bench-browser.json"), help="where the JSON goes")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the table into this Markdown page as well")
    given = parser.parse_args()
    quick = "quick" in given.words
    sizes = [int(word) for word in given.words if word != "quick"] or list(SIZES)
    console = Console(width=None if sys.stdout.isatty() else 200)
    if (load := cores_in_use()) > QUIET:
        console.print(f"[yellow]The machine is busy ({load:.1f} cores in use): these are upper bounds.[/]")
    with tempfile.TemporaryDirectory(prefix="livelane-bench-") as place, attach(Path(place) / "data") as server:
        migrate(server.url, say=lambda _: None)
        with Product(server.url, Path(place) / "serve.log") as product:
            product.start("--data", f"{place}/data")
            figures = asyncio.run(measure(product, sizes, QUICK if quick else Lengths(), console))
    show(figures, console)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    command = shlex.join(["just", "bench-browser", *sys.argv[1:]])
    write({"browser": figures}, given.json, command, load)
    if given.page:
        put_into(figures, given.page, f"just bench-browser{' quick' if quick else ''}", load, MARKERS)
    console.print(f"[dim]the same as JSON: {given.json}[/]")
    sys.exit(1 if any(figure.holds is False for figure in figures) else 0)


if __name__ == "__main__":
    main()
