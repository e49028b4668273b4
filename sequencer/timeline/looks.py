"""Colours and letters of the timeline, by day and by night. Tints are for sections; warm is late, cold is early."""

from __future__ import annotations

FONT = 'Inter, "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", Arial, sans-serif'

DAY = {
    "paper": "#ffffff",
    "ink": "#1d2129",
    "soft": "#69707d",
    "faint": "#e6e8ec",
    "line": "#c9cdd5",
    "late": "#d4652a",
    "early": "#16899c",
    "good": "#2f8f57",
    "bad": "#c8324a",
    "live": "#8a5cd1",
}
NIGHT = {
    "paper": "#14161a",
    "ink": "#e9ebef",
    "soft": "#98a0ad",
    "faint": "#282c34",
    "line": "#444a56",
    "late": "#f08a50",
    "early": "#4fc3d6",
    "good": "#62c98c",
    "bad": "#f2687d",
    "live": "#b795f0",
}
# (fill, edge, letters) of each tint
DAY_TINTS = (
    ("#e3eefb", "#3f7fc4", "#173a63"),
    ("#fdebd3", "#d08a2a", "#5f3b08"),
    ("#e2f3e6", "#3f9a5c", "#16462a"),
    ("#fbe3ea", "#c4557d", "#611a37"),
    ("#ece6fa", "#7d62c0", "#362361"),
    ("#dff3f4", "#2f929a", "#0f4448"),
)
NIGHT_TINTS = (
    ("#1b2b40", "#5b9be0", "#cfe2f8"),
    ("#3a2a14", "#dca04a", "#f7e2c0"),
    ("#18311f", "#5fbd7f", "#cdeed7"),
    ("#3b1c28", "#de7c9f", "#f8d5e1"),
    ("#2a2145", "#a18ae0", "#e2d9fa"),
    ("#12302f", "#52b9c0", "#c9eef0"),
)
# fill of super-resolution off, 2x, 4x
DAY_SCALES = {"off": "#eceef1", "2x": "#c9d2e0", "4x": "#93a5c2"}
NIGHT_SCALES = {"off": "#23262d", "2x": "#37435a", "4x": "#586d92"}


def style_of_svg() -> str:
    """The style sheet of the SVG. By day in plain rules, which every renderer knows; by night in a media block."""
    day = "".join(_rules(DAY, DAY_TINTS, DAY_SCALES))
    night = "".join(_rules(NIGHT, NIGHT_TINTS, NIGHT_SCALES))
    return (
        f"text{{font-family:{FONT};font-size:10.5px}}"
        ".t{font-size:21px;font-weight:700}.s{font-size:11.5px}.b{font-weight:700;font-size:11.5px}.n{font-size:9px}"
        ".m{text-anchor:middle}.e{text-anchor:end}.w{font-weight:600}"
        f"{day}@media (prefers-color-scheme:dark){{{night}}}"
    )


def _rules(colours: dict[str, str], tints: tuple[tuple[str, str, str], ...], scales: dict[str, str]) -> list[str]:
    rules = [f".paper{{fill:{colours['paper']}}}", f"text{{fill:{colours['ink']}}}", f".soft{{fill:{colours['soft']}}}"]
    for name in ("faint", "line", "soft", "ink", "late", "early", "good", "bad", "live"):
        rules += [f".f-{name}{{fill:{colours[name]}}}", f".k-{name}{{stroke:{colours[name]};fill:none}}"]
    for index, (fill, edge, letters) in enumerate(tints):
        rules += [f".h{index}{{fill:{fill}}}", f".g{index}{{fill:{edge}}}", f".x{index}{{fill:{letters}}}"]
    rules += [f".r-{name}{{fill:{fill}}}" for name, fill in scales.items()]
    return rules
