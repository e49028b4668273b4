"""SVG charts without a library, readable on light and dark: bars, lines, margins over goals."""

from __future__ import annotations

from html import escape
from math import floor, inf, log10

from bench.findings import Bars, Lines, Row, figure

WIDTH, LEFT, RIGHT, BAR, GAP = 860, 330, 96, 16, 10
COLOURS = ("a", "b", "c", "d", "e")
_LIGHT = {"a": "#0a6b3d", "b": "#c2571a", "c": "#7a4fb5", "d": "#3a6ea5", "e": "#8a8a8a"}
_DARK = {"a": "#4fc28a", "b": "#f0955b", "c": "#b79af0", "d": "#7fb2e5", "e": "#a8a8a8"}


def _colours(colours: dict[str, str]) -> str:
    return "".join(
        f".{name}{{stroke:{colour}}}rect.{name}{{fill:{colour}}}"
        for name, colour in colours.items()
    )


STYLE = (
    "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}"
    ".left{text-anchor:end}.below{text-anchor:middle}"
    ".ground{fill:#fff}.grid{stroke:#ddd}.mark{stroke:#222;stroke-dasharray:4 3}"
    ".line{fill:none;stroke-width:1.6}"
    + _colours(_LIGHT)
    + "@media(prefers-color-scheme:dark){text{fill:#ddd}.ground{fill:#161b22}"
    ".grid{stroke:#333b45}.mark{stroke:#ddd}" + _colours(_DARK) + "}"
)


def _page(title: str, tall: float, body: list[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall:g}" role="img" '
        f'aria-label="{escape(title)}">'
    )
    return "\n".join(
        [
            head,
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{tall:g}" class="ground"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def drawn(chart: Bars | Lines) -> str:
    """Return a chart as an SVG document."""
    match chart:
        case Bars():
            return _bars(chart)
        case Lines():
            return _lines(chart)


def _bars(chart: Bars) -> str:
    most = max([value for _, value in chart.bars] + [chart.mark or 0.0]) or 1.0
    plot_width = WIDTH - LEFT - RIGHT
    body = [f'<text x="16" y="22" class="title">{escape(chart.title)}, {escape(chart.unit)}</text>']
    top = 40.0
    for name, value in chart.bars:
        wide = max(1.0, value / most * plot_width)
        body.append(f'<text x="{LEFT - 8}" y="{top + 12:g}" class="left">{escape(name)}</text>')
        body.append(f'<rect x="{LEFT}" y="{top:g}" width="{wide:.1f}" height="{BAR}" class="a"/>')
        body.append(f'<text x="{LEFT + wide + 6:.1f}" y="{top + 12:g}">{figure(value)}</text>')
        top += BAR + GAP
    if chart.mark is not None:
        x = LEFT + chart.mark / most * plot_width
        body.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="34" y2="{top - 4:g}" class="mark"/>')
        body.append(
            f'<text x="{x:.1f}" y="{top + 10:g}" class="below">goal {figure(chart.mark)}</text>'
        )
        top += 18
    return _page(chart.title, top + 6, body)


def _steps(low: float, high: float) -> list[float]:
    """Return about five round numbers between two."""
    raw = (high - low) / 5 or 1.0
    size = 10.0 ** floor(log10(raw))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= raw * 0.999)
    first = floor(low / step) + (0 if low % step == 0 else 1)
    return [step * number for number in range(first, floor(high / step + 1e-9) + 1)]


def _lines(chart: Lines) -> str:
    points = [point for _, line in chart.lines for point in line]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    high = max(y for _, y in points) * 1.05 or 1.0
    edge, top, tall = 64, 40, 220

    def place(x: float, y: float) -> tuple[float, float]:
        return edge + (x - left) / ((right - left) or 1.0) * (
            WIDTH - edge - 24
        ), top + tall - y / high * tall

    body = [f'<text x="16" y="22" class="title">{escape(chart.title)}</text>']
    for value in _steps(0.0, high):
        _, y = place(left, value)
        body.append(f'<line x1="{edge}" x2="{WIDTH - 24}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        body.append(f'<text x="{edge - 6}" y="{y + 4:.1f}" class="left">{figure(value)}</text>')
    for value in _steps(left, right):
        x, _ = place(value, 0.0)
        body.append(f'<text x="{x:.1f}" y="{top + tall + 16}" class="below">{figure(value)}</text>')
    body.append(
        f'<text x="{WIDTH - 24}" y="{top + tall + 34}" class="left">{escape(chart.across)}</text>'
    )
    body.append(f'<text x="{WIDTH - 24}" y="22" class="left">{escape(chart.up)}</text>')
    for number, (name, line) in enumerate(chart.lines):
        colour = COLOURS[number % len(COLOURS)]
        drawn_at = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        body.append(f'<polyline points="{drawn_at}" class="line {colour}"/>')
        x = edge + number * 190
        y = top + tall + 34
        body.append(
            f'<line x1="{x}" x2="{x + 22}" y1="{y - 4}" y2="{y - 4}" class="line {colour}"/>'
        )
        body.append(f'<text x="{x + 28}" y="{y}">{escape(name)}</text>')
    return _page(chart.title, top + tall + 46, body)


def goals(rows: list[tuple[str, Row]]) -> str:
    """Return a chart of each row's margin over its goal, on a logarithmic scale.

    Rows to the right of the line reach their goal.
    """
    low, high = 0.5, 16.0
    edge = LEFT + 90
    plot_width = WIDTH - edge - RIGHT

    def place(margin: float) -> float:
        return edge + log10(min(high, max(low, margin)) / low) / log10(high / low) * plot_width

    body = [
        (
            '<text x="16" y="22" class="title">Margin over each goal (right of the line: '
            "reached)</text>"
        )
    ]
    top = 40.0
    for name, row in rows:
        margin = row.margin
        if margin is None:
            continue
        start, end = sorted((place(1.0), place(margin)))
        label = f"{figure(margin)} ×" if margin != inf else "no bound"
        body.append(f'<text x="{edge - 8}" y="{top + 11:g}" class="left">{escape(name)}</text>')
        colour = "a" if row.is_reached else "b"
        body.append(
            f'<rect x="{start:.1f}" y="{top:g}" width="{max(1.5, end - start):.1f}" '
            f'height="13" class="{colour}"/>'
        )
        body.append(f'<text x="{max(end, place(1.0)) + 6:.1f}" y="{top + 11:g}">{label}</text>')
        top += 20
    for value in (0.5, 1, 2, 4, 8, 16):
        x = place(value)
        kind = "mark" if value == 1 else "grid"
        body.insert(1, f'<line x1="{x:.1f}" x2="{x:.1f}" y1="34" y2="{top:g}" class="{kind}"/>')
        body.append(f'<text x="{x:.1f}" y="{top + 16:g}" class="below">{figure(value)} ×</text>')
    return _page("Margin over each goal", top + 26, body)
