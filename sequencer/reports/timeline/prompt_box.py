"""Draw one prompt in the SVG timeline: its box, its text, and the edge with which it begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt

from sequencer.reports.timeline.geometry import PROMPT_LINE_HEIGHT
from sequencer.reports.timeline.plot import HeldValue
from sequencer.reports.timeline.style import escape_xml, px, render_tooltip, wrap

MIN_PROMPT_WIDTH, MIN_WORD_WIDTH = 18, 110
"""The widths in pixels below which a prompt is omitted: always, and if a word does not fit."""
JOINT = 5
"""The pixels by which a prompt that fades out is drawn beyond its own box, over the gap."""
EDGE = 3
"""The width of the edge of a prompt, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBox:
    """A prompt in one system.

    Attributes:
        held: The prompt.
        left: Where its box begins, in pixels.
        width: The width of its box, in pixels.
        top: The top of its box, in pixels.
        height: The height of its box, in pixels.
        lines: How many lines of text it has space for.
        starts: Whether it begins in this system, not in an earlier one.
        fade: Where its fade starts and ends, in pixels; both may be outside the box.
    """

    held: HeldValue
    left: Fraction
    width: Fraction
    top: int
    height: int
    lines: int
    starts: bool
    fade: tuple[Fraction, Fraction]

    def draw(self) -> Iterable[str]:
        """Yield the elements of the SVG."""
        if self.held.fade and self.fade[1] > self.left:
            yield from self._draw_fading()
            return
        held = self.held
        yield (
            f'<svg x="{px(self.left)}" y="{self.top}" width="{px(self.width)}" '
            f'height="{self.height}"><title>{render_tooltip(held.tooltip)}</title>'
            f'<rect class="h{held.tint}" width="100%" height="100%" rx="3"/>'
        )
        if self.starts:
            yield f'<rect class="g{held.tint}" width="{EDGE}" height="100%" rx="1.5"/>'
        yield from self._texts(
            _prompt_lines(held.short, held.shortest, self.width - 14, self.lines), Fraction(8)
        )
        yield "</svg>"

    def _draw_fading(self) -> Iterable[str]:
        """Yield a prompt that fades in.

        Its edge rises from where the fade starts to where it ends; the previous prompt continues
        above the edge.
        """
        held, height = self.held, self.height
        joint = JOINT if self.starts else 0
        start, end = (at - self.left + joint for at in self.fade)
        thick = Fraction(EDGE * isqrt(int((end - start) ** 2) + height**2), height)
        yield (
            f'<svg x="{px(self.left - joint)}" y="{self.top}" width="{px(self.width + joint)}" '
            f'height="{height}"><title>{render_tooltip(held.tooltip)}</title>'
            f'<rect class="h{held.tint}" x="{joint}" width="{px(self.width)}" height="100%" '
            f'rx="3"/><path class="h{held.under}" d="M0 0H{px(end)}L{px(start)} {height}H0Z"/>'
            f'<path class="g{held.tint}" d="M{px(end)} 0L{px(start)} {height}h{px(thick)}L'
            f'{px(end + thick)} 0Z"/>'
        )
        x = end + thick + 4
        texts = _prompt_lines(held.short, held.shortest, self.width + joint - x - 6, self.lines)
        if not texts:  # then across the fade
            x = Fraction(joint + 8)
            texts = _prompt_lines(held.short, held.shortest, self.width - 14, self.lines)
        yield from self._texts(texts, x)
        yield "</svg>"

    def _texts(self, lines: Iterable[str], x: Fraction) -> Iterable[str]:
        for index, line in enumerate(lines):
            yield (
                f'<text class="x{self.held.tint}" x="{px(x)}" '
                f'y="{15 + index * PROMPT_LINE_HEIGHT}">{escape_xml(line)}</text>'
            )


@lru_cache(maxsize=1024)  # long scores repeat their prompts, in boxes of the same few widths
def _prompt_lines(short: str, shortest: str, space: Fraction, lines: int) -> Sequence[str]:
    found = _wrap_if_readable(short, space, lines)
    is_cut = not found or found[-1].endswith("…")
    return _wrap_if_readable(shortest, space, lines) if is_cut and shortest else found


def _wrap_if_readable(text: str, space: Fraction, lines: int) -> list[str]:
    """Return a text in lines, or nothing if the box is too narrow for whole words."""
    if space < MIN_PROMPT_WIDTH:
        return []
    found = wrap(text, space, lines)
    is_cut = any(line.endswith("…") and " " not in line for line in found[:-1])
    return [] if is_cut and space < MIN_WORD_WIDTH else found
