"""Draw the timeline as one self-contained SVG image of systems below each other.

The same score gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from sequencer.reports.timeline.geometry import (
    LEFT,
    PLOT_WIDTH,
    RIGHT,
    WIDTH,
    System,
    bar_rulers,
    heights_of,
    systems_of,
)
from sequencer.reports.timeline.lanes import SystemRenderer
from sequencer.reports.timeline.legend import legend_of
from sequencer.reports.timeline.plot import Flag, Plot
from sequencer.reports.timeline.style import (
    escape_xml,
    px,
    render_tooltip,
    style_of_svg,
    truncate,
    wrap,
)
from sequencer.reports.timeline.text_metrics import width_of

TITLE_FONT_SIZE, SUBTITLE_FONT_SIZE = 21, Fraction(23, 2)
"""Font sizes, in pixels."""
LEGEND_TEXT_OFFSET = 19
"""Pixels from a mark of the legend to its text."""
LEGEND_ROW_HEIGHT = 18
"""The height of a row of the legend, in pixels."""
_HATCHING = (
    '<defs><pattern id="open" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)">'
    '<path class="k-live" d="M0 0V7" stroke-width="2.4" opacity=".35"/></pattern></defs>'
)
_SHAPES = {
    "bar": '<rect class="f-{colour}" x="{x}" y="{y}" width="5" height="9" rx="1"/>',
    "dot": '<circle class="f-{colour}" cx="{middle}" cy="{centre}" r="4"/>',
    "ring": (
        '<circle class="k-{colour}" stroke-width="1.2" stroke-dasharray="2 1.5" cx="{middle}" '
        'cy="{centre}" r="3.6"/>'
    ),
    "diamond": '<path class="f-{colour}" d="M{middle} {y}l4.5 4.5 -4.5 4.5 -4.5 -4.5z"/>',
    "cross": '<path class="k-{colour}" stroke-width="2" d="M{x} {y}l8 8m0 -8l-8 8"/>',
    "hatch": '<rect fill="url(#open)" x="{x}" y="{y}" width="14" height="10"/>',
    "tick": '<rect class="f-{colour}" x="{middle}" y="{y}" width="2" height="10" rx="1"/>',
    "slant": '<path class="k-{colour}" stroke-width="2" d="M{x} {y}m0 9l10 -9"/>',
    "gap": '<path class="k-{colour}" d="M{x} {y}l3 3 -3 3 3 3m5 -9l3 3 -3 3 3 3"/>',
}


def draw_svg(plot: Plot, thumbnails: Mapping[str, str]) -> str:
    """Return the complete image. `thumbnails` are `data:` URLs by the digests of the images."""
    pictured = any(image.key in thumbnails for image in plot.images)
    heights = heights_of(plot, pictured)
    systems = systems_of(plot, heights.whole)
    bottom = systems[-1].top + heights.whole + 6
    foot, rows = _footer(plot, bottom + 12)
    height = bottom + rows * LEGEND_ROW_HEIGHT + 10
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 '
            f'0 {WIDTH} {height}" role="img">'
        ),
        f"<title>{escape_xml(plot.title)}: timeline</title><style>{style_of_svg()}</style>",
        _HATCHING,
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        (
            f'<text class="t" x="{LEFT}" y="36">'
            f"{escape_xml(truncate(plot.title, PLOT_WIDTH, TITLE_FONT_SIZE, bold=True))}</text>"
        ),
        (
            f'<text class="s soft" x="{LEFT}" y="56">'
            f"{escape_xml(truncate(plot.subtitle, PLOT_WIDTH, SUBTITLE_FONT_SIZE))}</text>"
        ),
    ]
    bars = bar_rulers(plot, systems[0].scale)
    seen = _flags_by_system(systems, plot.flags)
    scale = plot.error_scale  # the same for the lane of every system
    for system, flags in zip(systems, seen, strict=True):
        parts += SystemRenderer(
            plot, system, heights, thumbnails=thumbnails, bars=bars, flags=flags, error_scale=scale
        ).lines()
    parts += foot
    parts.append("</svg>")
    return "\n".join(part for part in parts if part) + "\n"


def _flags_by_system(systems: Sequence[System], flags: Iterable[Flag]) -> list[list[Flag]]:
    """Return, for each system, the flags of which it shows a part, in their order."""
    each, axis = systems[0].stop - systems[0].first, systems[0].axis
    found: list[list[Flag]] = [[] for _ in systems]
    for flag in flags:
        positions = (flag.chunk, flag.planned, flag.landed, flag.exact)
        for index in {int(axis.at(at)) // each for at in positions if at is not None}:
            if 0 <= index < len(found):
                found[index].append(flag)
    return found


def _footer(plot: Plot, y: int) -> tuple[list[str], int]:
    """Return the rules of every section and the legend, in rows, and the number of rows.

    There are as many rows as the rules and the legend need.
    """
    shown: list[str] = []
    row = 0
    if plot.everywhere:
        text = "in every section: " + " · ".join(rule.short for rule in plot.everywhere)
        full = "\n".join(rule.full for rule in plot.everywhere)
        for line in wrap(text, PLOT_WIDTH, 3):
            shown.append(
                f'<text x="{LEFT}" y="{y + row * LEGEND_ROW_HEIGHT}">'
                f"{escape_xml(line)}<title>{render_tooltip(full)}</title></text>"
            )
            row += 1
    x = Fraction(LEFT)
    for shape, colour, text in legend_of(plot):
        wide = LEGEND_TEXT_OFFSET + width_of(text)
        if x > LEFT and x + wide > WIDTH - RIGHT:
            x, row = Fraction(LEFT), row + 1
        base = y + row * LEGEND_ROW_HEIGHT
        positions = {
            "x": px(x),
            "y": base - 9,
            "middle": px(x + Fraction(9, 2)),
            "centre": base - 4,
            "colour": colour,
        }
        shown.append(
            _SHAPES[shape].format(**positions)
            + f'<text class="soft" x="{px(x + LEGEND_TEXT_OFFSET)}" y="{base}">{text}</text>'
        )
        x += wide + 22
    return shown, row + (1 if x > LEFT else 0)
