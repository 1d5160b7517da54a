"""Pictures of what was measured: bars and lines as SVG, legible on light and on dark pages."""

import math
from collections.abc import Sequence
from html import escape

import msgspec

WIDTH, PAD, GAP = 820.0, 24.0, 32.0
STYLE = """
.page{fill:#fcfcfb;stroke:#e4e3df} text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#52514e}
.title{font-size:17px;font-weight:600;fill:#0b0b0b} .head{font-weight:600;fill:#0b0b0b}
.ours{font-weight:600;fill:#0b0b0b}
.small{font-size:11.5px} .end{text-anchor:end} .mid{text-anchor:middle}
.grid{stroke:#e4e3df;stroke-width:1} .axis{stroke:#b8b6b0;stroke-width:1}
.mark{fill:#2a78d6} .rest{fill:#c6c4be} .line{fill:none;stroke:#2a78d6;stroke-width:2;stroke-linejoin:round}
.dot{fill:#2a78d6;stroke:#fcfcfb;stroke-width:2} .thin{fill:none;stroke:#9b9993;stroke-width:1.5;stroke-linejoin:round}
.thindot{fill:#9b9993;stroke:#fcfcfb;stroke-width:2}
@media(prefers-color-scheme:dark){
.page{fill:#1a1a19;stroke:#383835} text{fill:#c3c2b7} .title,.head,.ours{fill:#fff}
.grid{stroke:#383835} .axis{stroke:#6b6a65} .mark{fill:#3987e5} .rest{fill:#5c5b57} .line{stroke:#3987e5}
.dot{fill:#3987e5;stroke:#1a1a19} .thin{stroke:#8a8882} .thindot{fill:#8a8882;stroke:#1a1a19}}
""".replace("\n", "")


class Bar(msgspec.Struct, frozen=True):
    """One bar of a panel."""

    label: str
    value: float
    text: str  # what stands at its end
    ours: bool = False


class Bars(msgspec.Struct, frozen=True):
    """A panel of bars from zero."""

    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> float:
        return 26 + 24.0 * len(self.bars)

    def draw(self, x: float, y: float, width: float) -> str:
        """Return the panel's marks."""
        left = x + max(len(bar.label) for bar in self.bars) * 6.9 + 8
        room = x + width - left - max(len(bar.text) for bar in self.bars) * 7.0 - 6
        most = max(bar.value for bar in self.bars) or 1
        parts = [_text(x, y + 13, self.title, "head")]
        for number, bar in enumerate(self.bars):
            top = y + 26 + 24 * number
            long = max(1.5, bar.value / most * room)
            name = " ours" if bar.ours else ""
            parts += [
                _text(left - 8, top + 13, bar.label, f"end{name}"),
                f'<path class="{"mark" if bar.ours else "rest"}" d="M{left:.1f} {top + 2:.1f}h{max(0, long - 4):.1f}'
                f'q4 0 4 4v8q0 4 -4 4h-{max(0, long - 4):.1f}z"/>',
                _text(left + long + 6, top + 13, bar.text, name.strip()),
            ]
        return "".join(parts)


class Line(msgspec.Struct, frozen=True):
    """One line of a panel."""

    label: str  # lines of one label and kind are named once, at the top of the picture
    points: Sequence[tuple[float, float]]
    ours: bool = True
    dots: bool = True
    texts: bool = False  # the values at the ticks


class Lines(msgspec.Struct, frozen=True):
    """A panel of lines; y begins at zero."""

    title: str
    x: str  # what stands below
    lines: Sequence[Line]
    log: bool = False  # of x
    ticks: Sequence[float] = ()  # of x; none: every point of the first line
    top: float = 0.0  # of y, at least
    labels: Sequence[str] = ()  # for the ticks, when they are not numbers

    height = 226.0

    def draw(self, x: float, y: float, width: float) -> str:
        """Return the panel's marks."""
        left, right, top, bottom = x + 46, x + width - 14, y + 34, y + self.height - 42
        xs = [point[0] for line in self.lines for point in line.points]
        steps = _steps(max([self.top, *(point[1] for line in self.lines for point in line.points)]))
        scale = math.log10 if self.log else float
        least, most = scale(min(xs)), scale(max(xs))

        def across(value: float) -> float:
            return left + (scale(value) - least) / ((most - least) or 1) * (right - left)

        def up(value: float) -> float:
            return bottom - value / steps[-1] * (bottom - top)

        parts = [_text(x, y + 13, self.title, "head"), _text((left + right) / 2, bottom + 36, self.x, "small mid")]
        for step in steps:
            parts += [
                f'<path class="{"grid" if step else "axis"}" d="M{left:.1f} {up(step):.1f}H{right:.1f}"/>',
                _text(left - 8, up(step) + 4, _short(step), "small end"),
            ]
        ticks = self.ticks or [point[0] for point in self.lines[0].points]
        for number, tick in enumerate(ticks):
            text = self.labels[number] if self.labels else _short(tick)
            parts.append(_text(across(tick), bottom + 18, text, "small mid"))
        for line in sorted(self.lines, key=lambda line: line.ours):
            where = [(across(a), up(b)) for a, b in line.points]
            path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in where)
            parts.append(f'<path class="{"line" if line.ours else "thin"}" d="{path}"/>')
            if line.dots:
                name = "dot" if line.ours else "thindot"
                parts += [f'<circle class="{name}" cx="{a:.1f}" cy="{b:.1f}" r="4.5"/>' for a, b in where]
            if line.texts:
                for (a, b), (place, value) in zip(where, line.points, strict=True):
                    if place not in ticks:
                        continue
                    side = "end" if a > right - 20 else "" if a < left + 20 else "mid"
                    parts.append(_text(a, b - 10, _short(value), f"small {side}"))
        return "".join(parts)


def picture(title: str, under: str, panels: Sequence[Bars | Lines]) -> str:
    """Return an SVG of the panels, two in a row, or three; `under` says beneath the title what one looks at."""
    columns = 3 if len(panels) == 3 else min(2, len(panels))
    width = (WIDTH - 2 * PAD - GAP * (columns - 1)) / columns
    parts: list[str] = []
    y = PAD + 58
    for first in range(0, len(panels), columns):
        row = panels[first : first + columns]
        parts += [panel.draw(PAD + (width + GAP) * n, y, width) for n, panel in enumerate(row)]
        y += max(panel.height for panel in row) + 22
    height = y - 22 + PAD
    keys = {line.label: line.ours for panel in panels if isinstance(panel, Lines) for line in panel.lines if line.label}
    right = WIDTH - PAD
    for label, ours in reversed(keys.items()):
        right -= (7.4 if ours else 6.4) * len(label)
        parts.append(_text(right, PAD + 16, label, "ours" * ours))
        parts.append(f'<path class="{"line" if ours else "thin"}" d="M{right - 26:.1f} {PAD + 12:.1f}h18"/>')
        right -= 46
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" width="{WIDTH:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(title)}"><style>{STYLE}</style>'
        f'<rect class="page" x=".5" y=".5" width="{WIDTH - 1:.0f}" height="{height - 1:.0f}" rx="10"/>'
        f"{_text(PAD, PAD + 16, title, 'title')}{_text(PAD, PAD + 38, under, '')}{''.join(parts)}</svg>\n"
    )


def _text(x: float, y: float, text: str, name: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}">{escape(text)}</text>'


def _steps(most: float) -> list[float]:
    """Return round numbers from 0 to at least `most`, four to six of them."""
    rough = (most or 1) * 1.08 / 4
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough)
    return [step * number for number in range(math.ceil((most or 1) * 1.08 / step) + 1)]


def _short(value: float) -> str:
    """Return a number as short as it is read: 0.5, 20, 1,000, 10k, 10M."""
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (size if letter == 'M' else 1e3):.3g}{letter}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
