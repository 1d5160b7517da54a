"""What a run gives: figures beside their limits, as a table for people and JSON for programs."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.machine import description

QUIET = 0.3  # cores in use by others up to which absolutes mean something
MARKERS = ("<!-- figures -->", "<!-- end of figures -->")


class Album(msgspec.Struct):
    """What the parts have to show beside figures."""

    pictures: dict[str, str] = {}  # name → SVG
    tables: dict[str, str] = {}  # part → Markdown, on a page in place of the figures' own table


class Figure(msgspec.Struct, frozen=True):
    """One figure. With a limit, `value / limit` must not pass `most` (or, when `least` is set, not fall below it)."""

    what: str
    value: float
    unit: str
    beside: str = ""  # what the limit is
    limit: float = 0.0
    most: float = 0.0
    note: str = ""
    least: float = 0.0

    @property
    def ratio(self) -> float | None:
        return self.value / self.limit if self.limit else None

    @property
    def holds(self) -> bool | None:
        """Whether the goal is met; None when there is none."""
        if self.ratio is None or not (self.most or self.least):
            return None
        return self.ratio <= self.most if self.most else self.ratio >= self.least


def show(figures: list[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False)
    for title, justify in (("what", "left"), ("measured", "right"), ("limit, same run", "left"), ("ratio", "right"),
                           ("goal", "right"), ("", "left"), ("", "left")):  # fmt: skip
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        goal = f"≤ {figure.most:g}" if figure.most else f"≥ {figure.least:g}" if figure.least else ""
        held = {True: "[green]holds[/]", False: "[red]misses[/]", None: ""}[figure.holds]
        limit = f"{figure.beside} {_number(figure.limit)} {figure.unit}" if figure.limit else ""
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        table.add_row(figure.what, f"{_number(figure.value)} {figure.unit}", limit, ratio, goal, held, figure.note)
    console.print(table)


def write(parts: dict[str, list[Figure]], path: Path, command: str, load: float) -> None:
    """Write the same as JSON."""
    rows = [
        {"part": part, **msgspec.to_builtins(one), "ratio": one.ratio and round(one.ratio, 3), "holds": one.holds}
        for part, figures in parts.items()
        for one in figures
    ]
    run = {"command": command, "machine": description(), "cores_in_use_before": round(load, 2), "figures": rows}
    path.write_text(json.dumps(run, indent=2) + "\n")


def put_into(
    figures: list[Figure], page: Path, command: str, load: float, markers: tuple[str, str] = MARKERS, table: str = ""
) -> None:
    """Replace what stands between the page's two markers by the table in Markdown and where it was measured."""
    machine = description()
    where = (
        f"`{command}` on {datetime.now(UTC):%Y-%m-%d}: {machine['cores']} cores ({machine['cpu']}), "
        f"Linux {machine['kernel']}, Python {machine['python']}; {load:.1f} cores in use before it"
        f"{', so other work was in the way: trust the ratios' if load > QUIET else ''}."
    )
    before, _, rest = page.read_text().partition(markers[0])
    after = rest.partition(markers[1])[2]
    page.write_text(f"{before}{markers[0]}\n{where}\n\n{table or _markdown(figures)}\n{markers[1]}{after}")


def _markdown(figures: list[Figure]) -> str:
    rows = [
        "| what | measured | beside it, in the same run | ratio | goal | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for figure in figures:
        goal = f"≤ {figure.most:g}" if figure.most else f"≥ {figure.least:g}" if figure.least else ""
        held = {True: "holds", False: "**misses**", None: ""}[figure.holds]
        limit = f"{figure.beside}: {_number(figure.limit)} {figure.unit}" if figure.limit else ""
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        said = "; ".join(part for part in (held, figure.note) if part)
        rows.append(f"| {figure.what} | {_number(figure.value)} {figure.unit} | {limit} | {ratio} | {goal} | {said} |")
    return "\n".join(rows)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
