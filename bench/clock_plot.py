"""The clock benchmark's plot as SVG: tempo over a step and a ramp, and prediction errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.clock_rivals import Follower
from bench.clock_scenarios import PPQN, SCENARIOS, Clock, Scenario

WIDTH, HEIGHT, LEFT, TOP, GAP = 860, 200, 48, 34, 66
COLOURS = {
    "ours": "#0a6b3d",
    "MA24": "#c2571a",
    "isobar": "#7a4fb5",
    "oracle": "#8a8a8a",
    "true": "#222222",
}
Series = dict[str, list[tuple[float, float]]]


def _traced(
    scenario: Scenario,
    makers: Mapping[str, Callable[[Clock], Follower]],
    measure: str,
    first: int,
    last: int,
) -> Series:
    """Return (beat, value) of each follower: its tempo, or its error two beats ahead in ms."""
    clock = scenario.make(0)
    series: Series = {}
    if measure == "tempo":
        series["true"] = [(tick / PPQN, clock.bpm[tick]) for tick in range(first, last)]
    for name, make in makers.items():
        follower, line = make(clock), []
        for at, tick in clock.arrivals:
            follower.tick(at, tick)
            if first <= tick < last:
                ahead = tick + 2 * PPQN
                error = (follower.time_of(ahead) - clock.truth[ahead]) / 1e6
                line.append((tick / PPQN, follower.bpm if measure == "tempo" else error))
        series[name] = line
    return series


def _panel(
    title: str, unit: str, series: Series, *, low: float, high: float, top: float
) -> list[str]:
    """Return one panel: its frame, grid, labels and lines."""
    xs = [x for line in series.values() for x, _ in line]
    left, right = min(xs), max(xs)

    def place(x: float, y: float) -> str:
        across = LEFT + (x - left) / (right - left) * (WIDTH - LEFT - 20)
        share = (min(high, max(low, y)) - low) / (high - low)
        return f"{across:.1f},{top + HEIGHT - share * HEIGHT:.1f}"

    parts = [f'<text x="{LEFT}" y="{top - 10}" class="title">{title}, {unit}</text>']
    for step in range(5):
        value = low + (high - low) * step / 4
        x0, y = place(left, value).split(",")
        parts.append(f'<line x1="{x0}" x2="{WIDTH - 20}" y1="{y}" y2="{y}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{float(y) + 4:.1f}" class="left">{value:g}</text>')
    for beat in range(int(left), int(right) + 1, 2):
        x, y = place(max(left, beat), low).split(",")
        parts.append(f'<text x="{x}" y="{float(y) + 16:.1f}" class="below">{beat}</text>')
    for name, line in series.items():
        dash = ' stroke-dasharray="5 4"' if name in ("true", "oracle") else ""
        points = " ".join(place(x, y) for x, y in line)
        parts.append(f'<polyline points="{points}" stroke="{COLOURS[name]}"{dash} class="line"/>')
    return parts


def plot(makers: Mapping[str, Callable[[Clock], Follower]]) -> str:
    """Return an SVG of four panels, one seed each: a step, a ramp, late stalls and lost ticks."""
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    panels = (
        ("step 120→140, 1 ms", "tempo", "bpm", 31, 36, 110.0, 150.0),
        ("ramp 100→160, 1 ms", "tempo", "bpm", 14, 36, 90.0, 170.0),
        ("late stalls", "ahead", "ms", 8, 40, -60.0, 60.0),
        ("lost 1 %, doubled ½ %", "ahead", "ms", 8, 40, -60.0, 60.0),
    )
    body: list[str] = []
    for number, (name, measure, unit, first, last, low, high) in enumerate(panels):
        shown = {who: make for who, make in makers.items() if who != "oracle" or measure == "ahead"}
        series = _traced(by_name[name], shown, measure, first * PPQN, last * PPQN)
        what = "tempo followed" if measure == "tempo" else "error of a prediction two beats ahead"
        body += _panel(
            f"{name}: {what}", unit, series, low=low, high=high, top=TOP + number * (HEIGHT + GAP)
        )
    bottom = TOP + len(panels) * (HEIGHT + GAP) - 20
    for number, (name, colour) in enumerate(COLOURS.items()):
        x = LEFT + number * 120
        body.append(
            f'<line x1="{x}" x2="{x + 24}" y1="{bottom}" y2="{bottom}" stroke="{colour}" '
            'stroke-width="3"/>'
        )
        body.append(f'<text x="{x + 30}" y="{bottom + 4}" class="key">{name}</text>')
    style = (
        "text{font:12px sans-serif;fill:#222}.title{font-weight:bold}"
        ".left{text-anchor:end}.below{text-anchor:middle}"
        ".grid{stroke:#ddd}.line{fill:none;stroke-width:1.6}"
    )
    tall = bottom + 20
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" role="img" '
        'aria-label="Clock followers">'
    )
    return "\n".join(
        [
            head,
            f"<style>{style}</style>",
            f'<rect width="{WIDTH}" height="{tall}" fill="#fff"/>',
            *body,
            "</svg>",
            "",
        ]
    )
