"""Colours, text and tooltips of the timeline in light and dark mode.

Sections use tints; late is a warm colour, early a cool one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from html import escape

from sequencer.reports.timeline.text_metrics import width_of

FONT = 'Inter, "Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", Arial, sans-serif'

LIGHT_COLOURS = {
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
DARK_COLOURS = {
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
# (fill, edge, text) of each tint. In the SVG, the classes `h0`, `g0` and `x0` have the fill, the
# edge and the text of tint 0.
LIGHT_TINTS = (
    ("#e3eefb", "#3f7fc4", "#173a63"),
    ("#fdebd3", "#d08a2a", "#5f3b08"),
    ("#e2f3e6", "#3f9a5c", "#16462a"),
    ("#fbe3ea", "#c4557d", "#611a37"),
    ("#ece6fa", "#7d62c0", "#362361"),
    ("#dff3f4", "#2f929a", "#0f4448"),
)
DARK_TINTS = (
    ("#1b2b40", "#5b9be0", "#cfe2f8"),
    ("#3a2a14", "#dca04a", "#f7e2c0"),
    ("#18311f", "#5fbd7f", "#cdeed7"),
    ("#3b1c28", "#de7c9f", "#f8d5e1"),
    ("#2a2145", "#a18ae0", "#e2d9fa"),
    ("#12302f", "#52b9c0", "#c9eef0"),
)
# fill of super-resolution off, 2x, 4x
LIGHT_SCALES = {"off": "#eceef1", "2x": "#c9d2e0", "4x": "#93a5c2"}
DARK_SCALES = {"off": "#23262d", "2x": "#37435a", "4x": "#586d92"}


def style_of_svg() -> str:
    """Return the style sheet of the SVG.

    Classes: `f-` and `k-` fill and stroke with a colour, `r-` fills with that of a resolution;
    `h`, `g` and `x` are the fill, the edge and the text of a tint.

    Light mode uses simple rules that every renderer supports; dark mode is in a media block.
    """
    day = "".join(_colour_rules(LIGHT_COLOURS, LIGHT_TINTS, LIGHT_SCALES))
    night = "".join(_colour_rules(DARK_COLOURS, DARK_TINTS, DARK_SCALES))
    return (
        f"text{{font-family:{FONT};font-size:10.5px}}"
        ".t{font-size:21px;font-weight:700}.s{font-size:11.5px}.b{font-weight:700;font-size:11.5px}.n{font-size:9px}"
        ".m{text-anchor:middle}.e{text-anchor:end}.w{font-weight:600}"
        f"{day}@media (prefers-color-scheme:dark){{{night}}}"
    )


def _colour_rules(
    colours: dict[str, str], tints: tuple[tuple[str, str, str], ...], scales: dict[str, str]
) -> list[str]:
    rules = [
        f".paper{{fill:{colours['paper']}}}",
        f"text{{fill:{colours['ink']}}}",
        f".soft{{fill:{colours['soft']}}}",
    ]
    for name in ("faint", "line", "soft", "ink", "late", "early", "good", "bad", "live"):
        rules += [
            f".f-{name}{{fill:{colours[name]}}}",
            f".k-{name}{{stroke:{colours[name]};fill:none}}",
        ]
    for index, (fill, edge, text) in enumerate(tints):
        rules += [
            f".h{index}{{fill:{fill}}}",
            f".g{index}{{fill:{edge}}}",
            f".x{index}{{fill:{text}}}",
        ]
    rules += [f".r-{name}{{fill:{fill}}}" for name, fill in scales.items()]
    return rules


_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_TIP_LENGTH, MIN_TIP_LENGTH, MAX_TIPS_LENGTH = 1200, 60, 1_500_000
"""The length of a tooltip in characters: maximum, minimum, and maximum of all in an image.

The last one is the total length of all tooltips of an image.
"""
DEFAULT_FONT_SIZE = Fraction(21, 2)
"""The font size of most texts, in pixels."""


def escape_xml(text: str) -> str:
    """Escape a text for XML and HTML.

    Characters that XML forbids become the replacement character.
    """
    allowed = text if text.isprintable() else _FORBIDDEN.sub("\ufffd", text)
    return escape(allowed, quote=True)


def max_tooltip_length(texts: int) -> int:
    """Return how long each of `texts` tooltips may be, in characters."""
    return max(MIN_TIP_LENGTH, min(MAX_TIP_LENGTH, MAX_TIPS_LENGTH // max(1, texts)))


def render_tooltip(text: str, longest: int = MAX_TIP_LENGTH) -> str:
    """Return a text for a tooltip, escaped and at most `longest` characters long."""
    return escape_xml(text if len(text) <= longest else text[: longest - 1] + "…")


def px(value: Fraction | int) -> str:
    """Return a length in pixels, rounded to a tenth, in the shortest notation."""
    return px_of_ratio(value.numerator, value.denominator)


def px_of_ratio(above: int, below: int) -> str:
    """Return `px` of above / below, which need not be in lowest terms."""
    tenths, left = divmod(above * 10, below)
    if 2 * left > below or (2 * left == below and tenths % 2):
        tenths += 1
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}{f'.{rest}' if rest else ''}"


def truncate(
    text: str,
    width_left: Fraction | int,
    size: Fraction | int = DEFAULT_FONT_SIZE,
    *,
    bold: bool = False,
) -> str:
    """Cut a text to at most `width_left` pixels.

    A shortened text ends in `…`; the result is empty where nothing fits.
    """
    text = " ".join(text.split())
    if width_of(text, size, bold=bold) <= width_left:
        return text
    kept, left = 0, Fraction(width_left) - width_of("…", size, bold=bold)
    for char in text:
        left -= width_of(char, size, bold=bold)
        if left < 0:
            break
        kept += 1
    shown = text[:kept].rstrip()
    return f"{shown}…" if shown else ""


def wrap(
    text: str, width_left: Fraction | int, lines: int, size: Fraction | int = DEFAULT_FONT_SIZE
) -> list[str]:
    """Wrap a text between words into at most `lines` lines of `width_left` pixels.

    A shortened text ends in `…`.
    """
    found: list[str] = []
    line = ""
    rest = list(_words(text))
    while rest:
        word, is_apart = rest[0]
        longer = f"{line} {word}" if line and is_apart else line + word
        if width_of(longer, size) <= width_left:
            line = longer
            rest.pop(0)
            continue
        if len(found) == lines - 1:
            return [
                *found,
                *_lines_unless_empty(
                    truncate(f"{longer} …" if len(rest) > 1 else longer, width_left, size)
                ),
            ]
        if line:
            found.append(line)
            line = ""
        else:  # a word that is wider than the box
            found += _lines_unless_empty(truncate(word, width_left, size))
            rest.pop(0)
    return [*found, *_lines_unless_empty(line)][:lines]


def _lines_unless_empty(line: str) -> list[str]:
    return [line] if line else []


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Yield words and single ideographs, each with whether a space precedes it.

    Lines may break between ideographs, so each is yielded individually.
    """
    for word in text.split():
        if word.isascii():  # nearly every word of most scores, and many times as fast
            yield word, True
            continue
        piece, is_apart = "", True
        for char in word:
            is_wide = (
                unicodedata.east_asian_width(char) in "WF" and unicodedata.category(char) == "Lo"
            )
            if is_wide and piece:
                yield piece, is_apart
                piece, is_apart = "", False
            piece += char
        yield piece, is_apart
