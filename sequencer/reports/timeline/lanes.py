"""Draw the lanes of one system of the SVG timeline, along the axis of chunks.

The lanes show what is in force, and what happens.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from sequencer.reports.timeline.geometry import (
    BAND_HEIGHT,
    END,
    ERROR_LANE_HEIGHT,
    LEFT,
    PROMPT_LINE_HEIGHT,
    RUN_LANE_HEIGHT,
    SNAP_LANE_HEIGHT,
    SOUND_LANE_HEIGHT,
    THIN_LANE_HEIGHT,
    BarRuler,
    Heights,
    System,
    draw_bars,
    draw_chunks,
    first_chunk_of,
    ruler_step,
)
from sequencer.reports.timeline.plot import Band, Flag, HeldValue, Plot, marks_of
from sequencer.reports.timeline.prompt_box import PromptBox
from sequencer.reports.timeline.ruler_labels import Label, arrange_labels
from sequencer.reports.timeline.style import (
    escape_xml,
    px,
    px_of_ratio,
    render_tooltip,
    truncate,
)
from sequencer.reports.timeline.text_metrics import width_of
from sequencer.reports.timeline.waveform import columns
from sequencer.schedule.describe import decimal, milliseconds

NAME_FONT_SIZE = Fraction(23, 2)
"""The font size of section names, in pixels."""
MIN_CAPTION_WIDTH = 36
"""The width in pixels below which no part of a caption is written."""
MIN_MARK_DISTANCE = 2
"""Blocks that would begin closer than this to the previous one are omitted as indistinguishable."""

COLUMN_DISTANCE = 3
"""The pixels from one column of a waveform to the next."""

CssClassOf = Callable[[HeldValue], str]


class SystemRenderer:
    """One system while it is drawn."""

    def __init__(
        self,
        plot: Plot,
        system: System,
        heights: Heights,
        *,
        thumbnails: Mapping[str, str],
        bars: Sequence[BarRuler],
        flags: Sequence[Flag],
        error_scale: Fraction,
    ) -> None:
        self._plot, self._system, self._heights, self._thumbnails = (
            plot,
            system,
            heights,
            thumbnails,
        )
        self._bars, self._flags, self._error_scale = bars, flags, error_scale

    def lines(self) -> list[str]:
        """Return everything in the system, from back to front."""
        plot, heights = self._plot, self._heights
        flags = self._flags
        return [
            f'<g transform="translate(0 {self._system.top})">',
            self._grid(),
            *self._bands(),
            *self._bar_ruler(),
            *self._snaps(flags),
            *self._gaps(),
            *self._chunk_ruler(),
            *self._prompts(),
            *self._rules(),
            *self._images(),
            *self._thin_lane(heights.strengths, plot.strengths, "strength", lambda held: "f-faint"),
            *self._thin_lane(heights.scales, plot.scales, "SR", lambda held: f"r-{held.key}"),
            *self._thin_lane(heights.takes, plot.takes, "take", lambda held: "f-faint", bold=True),
            *self._messages(),
            *self._errors(flags),
            *self._run(flags),
            *self._sound(),
            "</g>",
        ]

    # ---- shared ----------------------------------------------------------------------------------

    def _is_start_visible(self, at: Fraction | int) -> bool:
        """Return whether something begins in this system, not in an earlier one."""
        return self._system.axis.at(at) >= self._system.first

    def _name(self, top: int, text: str, height: int = THIN_LANE_HEIGHT) -> str:
        return (
            f'<text class="e soft" x="{LEFT - 10}" '
            f'y="{px(Fraction(top) + Fraction(height, 2) + 4)}">{text}</text>'
        )

    def _grid(self) -> str:
        """Return a faint line down the lanes at every chunk, or every nth where they are dense."""
        system = self._system
        every = ruler_step(system.scale, 9)
        units = range(system.first, system.stop + 1)
        drawn = [
            system.px_of_unit(unit)
            for unit in units
            if (chunk := system.axis.chunk_at(unit)) is not None and chunk % every == 0
        ]
        top, bottom = self._heights.prompts, self._heights.whole - 4
        return f'<path class="k-faint" d="{"".join(f"M{x} {top}V{bottom}" for x in drawn)}"/>'

    # ---- rulers ----------------------------------------------------------------------------------

    def _bands(self) -> Iterable[str]:
        top = self._heights.band
        for band in self._plot.bands:
            box = self._system.clip(band.start, band.end)
            if box is None:
                continue
            left, width = box
            full = f"{band.name}: {band.caption}"
            yield (
                f'<g><title>{render_tooltip(full)}</title><rect class="h{band.tint}" '
                f'x="{px(left)}" y="{top}" '
                f'width="{px(max(width - 1, Fraction(1)))}" height="{BAND_HEIGHT}" rx="3"/>'
            )
            if band.open_from is not None and (
                hatched := self._system.clip(max(band.start, Fraction(band.open_from)), band.end)
            ):
                yield (
                    f'<rect fill="url(#open)" x="{px(hatched[0])}" y="{top}" '
                    f'width="{px(hatched[1])}" height="{BAND_HEIGHT}" rx="3"/>'
                )
            if self._is_start_visible(band.start):
                yield (
                    f'<rect class="g{band.tint}" x="{px(left)}" y="{top}" width="3" '
                    f'height="{BAND_HEIGHT}" rx="1.5"/>'
                )
            for mark, at in marks_of(band, self._plot.grid):
                if self._system.contains(at):
                    x = self._system.px(at)
                    yield (
                        f'<path class="g{band.tint}" d="M{x} {top + BAND_HEIGHT}l-4 '
                        f'-6h8z"><title>mark {render_tooltip(mark)}</title></path>'
                    )
            yield from self._band_text(band, left, width, top)
            yield "</g>"

    def _gaps(self) -> Iterable[str]:
        """Yield the breaks in the rulers where chunks are left out."""
        top, bottom = self._heights.band + BAND_HEIGHT, self._heights.prompts
        for gap in self._plot.axis.gaps:
            box = self._system.clip(gap.start, gap.end)
            if box is None:
                continue
            left, right = box[0] + 1, box[0] + box[1] - 1
            yield (
                f"<g><title>{gap.chunks} chunks {gap.which} are omitted: {gap.start} to "
                f"{gap.end - 1}</title>"
                f'<rect class="paper" x="{px(left)}" y="{top}" width="{px(right - left)}" '
                f'height="{bottom - top - 3}"/>'
                '<path class="k-soft" '
                f'd="{_zigzag(left, top, bottom - 4)}{_zigzag(right, top, bottom - 4)}"/></g>'
            )

    def _band_text(self, band: Band, left: Fraction, width: Fraction, top: int) -> Iterable[str]:
        """Yield the name, followed by what fits, as a single line of text.

        As a single line, the two cannot overlap in any font.
        """
        space = width - 16
        name = (
            truncate(band.name, space, NAME_FONT_SIZE, bold=True)
            if band.stretch.section is not None
            else ""
        )
        used = width_of(name, NAME_FONT_SIZE, bold=True) + 8 if name else Fraction(0)
        rest = space - used
        label = band.caption if self._is_start_visible(band.start) else "continued"
        caption = (
            truncate(label, rest)
            if rest >= MIN_CAPTION_WIDTH and (not name or name == band.name)
            else ""
        )
        if not name and not caption:
            return
        parts = f'<tspan class="b">{escape_xml(name)}</tspan>' if name else ""
        if caption:
            parts += (
                f"<tspan{' dx=' + chr(34) + '8' + chr(34) if name else ''} "
                f'opacity=".8">{escape_xml(caption)}</tspan>'
            )
        yield f'<text class="x{band.tint}" x="{px(left + 9)}" y="{top + 15}">{parts}</text>'

    def _bar_ruler(self) -> Iterable[str]:
        top = self._heights.bars
        if top is not None:
            yield self._name(top - 2, "bar")
            yield from draw_bars(self._system, top, self._bars)

    def _snaps(self, flags: Sequence[Flag]) -> Iterable[str]:
        """Yield a line from each cue's exact position to the boundary that it snapped to.

        The exact position is on the ruler of bars.
        """
        top = self._heights.snap
        if top is None:
            return
        yield self._name(top, "snap", SNAP_LANE_HEIGHT)
        high, low = top - 3, top + SNAP_LANE_HEIGHT - 2
        drawn: set[tuple[str, str]] = set()
        for flag in flags:
            if flag.exact is None or not self._system.contains(flag.exact) or flag.fired:
                continue
            start, stop = self._system.px(flag.exact), self._system.px(flag.chunk)
            if (start, stop) in drawn:
                continue
            drawn.add((start, stop))
            side = _error_class(flag)
            yield (
                f'<path class="k-{side}" stroke-width="1.4" d="M{start} {high}V{high + 4}L{stop} '
                f'{low - 4}V{low}"/>'
                f'<circle class="f-{side}" cx="{start}" cy="{high}" r="2.2"/>'
            )

    def _chunk_ruler(self) -> Iterable[str]:
        top = self._heights.chunks
        yield self._name(top - 1, "chunk")
        yield from draw_chunks(self._system, top, self._plot.grid)

    # ---- lanes -----------------------------------------------------------------------------------

    def _visible_values(
        self, lane: Sequence[HeldValue]
    ) -> Iterable[tuple[HeldValue, Fraction, Fraction]]:
        """Yield (held value, left, width) of what a lane shows here.

        What would begin on top of its neighbour is left out.
        """
        system, last = self._system, None
        first = bisect_right(lane, first_chunk_of(system), key=lambda held: held.start)
        for held in lane[max(0, first - 1) :]:
            if system.axis.at(held.start) >= system.stop:
                return  # values in force are in order and do not overlap
            box = system.clip(held.start, held.end)
            if box is None or (last is not None and box[0] - last < MIN_MARK_DISTANCE):
                continue
            last = box[0]
            yield held, *box

    def _prompts(self) -> Iterable[str]:
        top, lines = self._heights.prompts, self._heights.prompt_lines
        height = lines * PROMPT_LINE_HEIGHT + 8
        yield self._name(top, "prompt", 26)
        for held, left, width in self._visible_values(self._plot.prompts):
            box = PromptBox(
                held=held,
                left=left,
                width=max(width - 2, Fraction(1)),
                top=top,
                height=height,
                lines=lines,
                starts=self._is_start_visible(held.start),
                fade=(self._system.x(held.start), self._system.x(held.start + held.fade)),
            )
            yield from box.draw()

    def _rules(self) -> Iterable[str]:
        """Yield the exits and the rules of each section, where it begins."""
        top, lines = self._heights.rules, self._heights.rule_lines
        if top is None:
            return
        height = lines * PROMPT_LINE_HEIGHT + 6
        yield self._name(top, "rules", 26)
        for band in self._plot.bands:
            box = self._system.clip(band.start, band.end)
            if box is None or not band.rules:
                continue
            left, width = box
            wide = max(width - 2, Fraction(1))
            shown = band.rules if len(band.rules) <= lines else band.rules[: lines - 1]
            full = "\n".join(rule.full for rule in band.rules)
            yield (
                f'<svg x="{px(left)}" y="{top}" width="{px(wide)}" '
                f'height="{height}"><title>{render_tooltip(full)}</title>'
                f'<rect class="f-faint" width="100%" height="100%" rx="3"/>'
            )
            texts = [
                (truncate(rule.short, wide - 14, bold=rule.leaves), rule.leaves) for rule in shown
            ]
            if len(shown) < len(band.rules):
                texts.append((truncate(f"{len(band.rules) - len(shown)} more", wide - 14), False))
            for index, (text, leaves) in enumerate(texts if wide >= 44 else ()):
                if text:
                    yield (
                        f'<text class="{"f-live w" if leaves else "ink"}" x="8" '
                        f'y="{14 + index * PROMPT_LINE_HEIGHT}">{escape_xml(text)}</text>'
                    )
            yield "</svg>"

    def _images(self) -> Iterable[str]:
        top, height = self._heights.images, self._heights.image_height
        if top is None:
            return
        yield self._name(top, "image", height)
        for held, left, width in self._visible_values(self._plot.images):
            wide = max(width - 2, Fraction(1))
            image = self._thumbnails.get(held.key)
            yield (
                f'<svg x="{px(left)}" y="{top}" width="{px(wide)}" height="{height}">'
                f"<title>chunk {held.start}: {render_tooltip(held.full)}</title>"
                '<rect class="f-faint" width="100%" height="100%" rx="3"/>'
            )
            x = 8
            if image is not None:
                shown = height * 5 // 3
                yield (
                    f'<image href="{escape_xml(image)}" width="{shown}" '
                    f'height="{height}" preserveAspectRatio="xMidYMid slice"/>'
                )
                x += shown
            name = truncate(held.short, wide - x - 6)
            if name:
                yield f'<text x="{x}" y="{px(Fraction(height, 2) + 4)}">{escape_xml(name)}</text>'
            yield "</svg>"

    def _thin_lane(
        self,
        top: int | None,
        lane: Sequence[HeldValue],
        name: str,
        look: CssClassOf,
        bold: bool = False,
    ) -> Iterable[str]:
        """Yield a thin lane of bars with a word in each."""
        if top is None:
            return
        yield self._name(top, name)
        for held, left, width in self._visible_values(lane):
            wide = max(width - 1, Fraction(1))
            text = truncate(held.short, wide - 12)
            yield (
                f"<g><title>{render_tooltip(held.full)}</title><rect "
                f'class="{look(held)}" x="{px(left)}" y="{top}" width="{px(wide)}" '
                f'height="{THIN_LANE_HEIGHT}" rx="2"/>'
            )
            if bold and self._is_start_visible(held.start):
                yield (
                    f'<rect class="f-ink" x="{px(left)}" y="{top}" width="2" '
                    f'height="{THIN_LANE_HEIGHT}"/>'
                )
            if text:
                yield f'<text x="{px(left + 7)}" y="{top + 11}">{escape_xml(text)}</text>'
            yield "</g>"

    def _messages(self) -> Iterable[str]:
        """Yield a stroke for the messages of each cue, and the messages if there is space."""
        top = self._heights.messages
        if top is None:
            return
        yield self._name(top, ", ".join(self._plot.protocols))
        last: Fraction | None = None
        labels: list[Label] = []
        strokes: list[tuple[Fraction, Fraction]] = []
        for mark in self._plot.messages:
            x = self._system.x(mark.at)
            if not self._system.contains(mark.at):
                continue
            labels.append(Label(x=x + 6, text=mark.short))
            if last is not None and x - last < MIN_MARK_DISTANCE:
                continue
            last = x
            strokes.append((x - 1, x))
            colour = "bad" if mark.was_left_out else "ink"
            yield (
                f"<g><title>{render_tooltip(mark.full)}</title>"
                f'<rect class="f-{colour}" x="{px(x)}" y="{top + 2}" width="2" '
                f'height="{THIN_LANE_HEIGHT - 4}" rx="1"/></g>'
            )
        for label in arrange_labels(labels, END, strokes):
            yield (
                f'<text class="n soft" x="{px(label.x)}" '
                f'y="{top + 11}">{escape_xml(label.text)}</text>'
            )

    def _errors(self, flags: Sequence[Flag]) -> Iterable[str]:
        """Yield a bar for each cue, up if late and down if early, all to the same scale."""
        top = self._heights.errors
        if top is None:
            return
        middle = top + ERROR_LANE_HEIGHT // 2
        yield self._name(top, "snap error", ERROR_LANE_HEIGHT)
        full = self._error_scale
        yield (
            f'<text class="e n soft" x="{LEFT - 10}" y="{px(Fraction(middle) + 15)}">± '
            f"{decimal(full * 1000, 0)} ms</text>"
        )
        yield f'<path class="k-line" d="M{LEFT} {middle}H{px(self._system.right)}"/>'
        last: int | None = None
        sides: dict[str, list[Label]] = {}
        bars: list[tuple[int, str]] = []
        system = self._system
        for flag in flags:
            at = flag.chunk
            if flag.error is None or not system.contains(at):
                continue
            if last is not None and system.are_close(last, at, MIN_MARK_DISTANCE):
                continue
            last = at
            side = _error_class(flag)
            y, height = _error_bar(flag.error, full, middle)
            yield (
                f'<g><title>{render_tooltip(flag.full)}</title><rect class="f-{side}" '
                f'x="{system.px(at, -2)}" y="{y}" width="5" height="{height}" rx="1"/></g>'
            )
            bars.append((at, side))
            if flag.error:
                label = Label(
                    x=system.x(at, 5),
                    text=milliseconds(flag.error, 0).replace("-", "−"),
                    rank=0 if 2 * abs(flag.error) > full else 1,
                )
                sides.setdefault(side, []).append(label)
        for side, labels in sides.items():
            # Next to its bar, on the other side of the line, where there is no bar.
            base = middle - 4 if side == "early" else middle + 11
            others = [
                (system.x(at, -3), system.x(at))
                for at, other in bars
                if other not in (side, "soft")
            ]
            for label in arrange_labels(labels, END, others):
                yield f'<text class="n f-{side}" x="{px(label.x)}" y="{base}">{label.text}</text>'

    def _run(self, flags: Sequence[Flag]) -> Iterable[str]:
        """Yield each cue's dot where it landed, its ring where planned, and a line between them.

        The ring is drawn if the cue did not land at its planned position.
        """
        top = self._heights.run
        if top is None:
            return
        middle = top + RUN_LANE_HEIGHT // 2
        yield self._name(top, "landed", RUN_LANE_HEIGHT)
        yield f'<path class="k-faint" d="M{LEFT} {middle}H{px(self._system.right)}"/>'
        last: int | None = None
        system = self._system
        for flag in flags:
            at = flag.landed if flag.landed is not None else flag.planned
            if at is None or not system.contains(at):
                continue
            is_close = last is not None and system.are_close(last, at, MIN_MARK_DISTANCE)
            if flag.fate == "landed" and is_close:
                continue
            last = at
            mark = self._outcome_mark(flag, at, middle)
            yield f"<g><title>{render_tooltip(flag.full)}</title>{mark}</g>"

    def _sound(self) -> Iterable[str]:
        """Yield the waveform, and the bars as lines through it."""
        top, plot, system = self._heights.sound, self._plot, self._system
        if top is None or plot.sound is None:
            return
        yield self._name(top, "sound", SOUND_LANE_HEIGHT)
        bars = [
            system.px(at)
            for ruler in self._bars
            for at in ruler.bars
            if system.contains(at) and not system.axis.hides(at)
        ]
        if bars and system.scale * len(bars) >= 0:
            low = top + SOUND_LANE_HEIGHT
            yield f'<path class="k-line" d="{"".join(f"M{x} {top}V{low}" for x in bars)}"/>'
        each = max(1, int(system.scale / COLUMN_DISTANCE))
        middle, half = top + Fraction(SOUND_LANE_HEIGHT, 2), SOUND_LANE_HEIGHT // 2
        strokes = []
        for unit, level in columns(
            plot.sound, system.axis, plot.grid, (system.first, system.stop), each=each
        ):
            x = LEFT + (unit - system.first) * system.scale
            height = max(Fraction(1, 2), round(Fraction(level) * half * 2, 0) / 2)
            strokes.append(f"M{px(x)} {px(middle - height)}v{px(2 * height)}")
        full = render_tooltip(plot.sound.full)
        yield (
            f'<g><title>{full}</title><rect fill="none" pointer-events="all" x="{LEFT}" '
            f'y="{top}" width="{px(system.right - LEFT)}" height="{SOUND_LANE_HEIGHT}"/>'
            f'<path class="k-soft" stroke-width="1.8" d="{"".join(strokes)}"/></g>'
        )

    def _outcome_mark(self, flag: Flag, at: int, y: int) -> str:
        system, x = self._system, self._system.px(at)
        match flag.fate:
            case "landed" | "planned":
                if flag.fired:
                    return f'<path class="f-live" d="M{x} {y - 5}l5 5l-5 5l-5 -5z"/>'
                return f'<circle class="f-good" cx="{x}" cy="{y}" r="4"/>'
            case "later":
                line = ""
                if flag.planned is not None:
                    start = px(max(system.x(flag.planned), Fraction(LEFT)))
                    line = (
                        '<path class="k-late" stroke-width="1.6" stroke-dasharray="2 2" '
                        f'd="M{start} {y}H{x}"/>'
                        f'<circle class="k-late" cx="{start}" cy="{y}" r="3.4"/>'
                    )
                return f'{line}<circle class="f-late" cx="{x}" cy="{y}" r="4"/>'
            case "lost":
                return (
                    f'<path class="k-bad" stroke-width="2.2" d="M{system.px(at, -4)} {y - 4}l8 8m0 '
                    '-8l-8 8"/>'
                )
            case "aside":
                return (
                    '<circle class="k-soft" stroke-width="1.2" stroke-dasharray="2 1.5" '
                    f'cx="{x}" cy="{y}" r="3.6"/>'
                )


def _error_bar(error: Fraction, full: Fraction, middle: int) -> tuple[str, str]:
    """Return the top and the height of the bar of a snap error, as they are written.

    It is at least two pixels high, upwards from `middle` if late and downwards if early.
    """
    high = ERROR_LANE_HEIGHT // 2 - 1
    above, below = abs(error.numerator) * full.denominator, error.denominator * full.numerator
    above, below = (high, 1) if above >= below else (above * high, below)
    height = px_of_ratio(above, below) if above >= 2 * below else "2"
    if not error:
        return px(middle - 1), height
    return px_of_ratio(middle * below - above, below) if error > 0 else px(middle), height


def _zigzag(x: Fraction, top: int, bottom: int) -> str:
    """Return a torn edge as an SVG path."""
    path = f"M{px(x)} {top}"
    for index, y in enumerate(range(top, bottom, 5)):
        path += f"L{px(x + (2 if index % 2 else -2))} {min(y + 5, bottom)}"
    return path


def _error_class(flag: Flag) -> str:
    """Return `late`, `early`, or `soft` for neither."""
    if not flag.error:
        return "soft"
    return "late" if flag.error > 0 else "early"
