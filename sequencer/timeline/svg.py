"""The timeline as one SVG picture: systems of chunks below each other, self-contained, the same bytes for the same score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from sequencer.schedule.words import decimal, milliseconds
from sequencer.timeline.layout import (
    BAND,
    ERRORS,
    LEFT,
    LINE,
    RUN,
    SNAP,
    THIN,
    WIDTH,
    Heights,
    System,
    heights_of,
    systems_of,
)
from sequencer.timeline.lettering import cut, px, tip, wrap, xml
from sequencer.timeline.looks import style_of_svg
from sequencer.timeline.plot import Band, Flag, Held, Plot, marks_of
from sequencer.timeline.rulers import Ruled, draw_bars, draw_chunks, ruled, step

CELL = Fraction(29, 5)
"""About how wide one character is, in pixels."""
NARROWEST = Fraction(2)
"""Blocks that would begin closer to the one before are left out: nobody could tell them apart."""
_HATCHING = (
    '<defs><pattern id="open" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="k-live" d="M0 0V7" stroke-width="2.4" opacity=".35"/></pattern></defs>'
)

_Look = Callable[[Held], str]


def draw_svg(plot: Plot, thumbnails: Mapping[str, str]) -> str:
    """The whole picture. `thumbnails` are data addresses by the images' digests."""
    pictured = any(image.key in thumbnails for image in plot.images)
    heights = heights_of(plot, pictured)
    systems = systems_of(plot, heights.whole)
    height = systems[-1].top + heights.whole + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{xml(plot.title)}: timeline</title><style>{style_of_svg()}</style>",
        _HATCHING,
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="t" x="{LEFT}" y="36">{xml(cut(plot.title, 70))}</text>',
        f'<text class="s soft" x="{LEFT}" y="56">{xml(cut(plot.subtitle, 190))}</text>',
    ]
    bars = ruled(plot, systems[0].scale)
    seen = _seen_by(systems, plot.flags)
    scale = plot.error_scale  # every system's lane has the same
    for system, flags in zip(systems, seen, strict=True):
        parts += _Drawing(plot, system, heights, thumbnails, bars, flags, scale).lines()
    parts.append(_legend(plot, height - 16))
    parts.append("</svg>")
    return "\n".join(part for part in parts if part) + "\n"


def _seen_by(systems: Sequence[System], flags: Iterable[Flag]) -> list[list[Flag]]:
    """The flags that each system has something of, in their order."""
    each = systems[0].stop - systems[0].first
    found: list[list[Flag]] = [[] for _ in systems]
    for flag in flags:
        places = (flag.chunk, flag.planned, flag.landed, None if flag.exact is None else int(flag.exact))
        for index in {at // each for at in places if at is not None}:
            if 0 <= index < len(found):
                found[index].append(flag)
    return found


def _legend(plot: Plot, y: int) -> str:
    """What the colours mean, of those that occur."""
    fates = {flag.fate for flag in plot.flags} if plot.performed else set()
    told = (
        ("late", "later than written", any((flag.error or 0) > 0 for flag in plot.flags)),
        ("early", "earlier than written", any((flag.error or 0) < 0 for flag in plot.flags)),
        ("live", "may be left from here on", any(band.open_from is not None for band in plot.bands)),
        ("good", "landed as planned", "landed" in fates),
        ("live", "fired by a rule", plot.performed and any(flag.fired for flag in plot.flags)),
        ("late", "landed later than planned", "later" in fates),
        ("soft", "skipped or overtaken", "aside" in fates),
        ("bad", "lost", "lost" in fates),
    )
    x, shown = Fraction(LEFT), []
    for colour, text, occurs in told:
        if not occurs:
            continue
        shown.append(
            f'<rect class="f-{colour}" x="{px(x)}" y="{y - 8}" width="9" height="9" rx="2"/>'
            f'<text class="soft" x="{px(x + 14)}" y="{y}">{text}</text>'
        )
        x += 14 + len(text) * CELL + 22
    return "".join(shown)


class _Drawing:
    """One system, being drawn."""

    def __init__(
        self,
        plot: Plot,
        system: System,
        heights: Heights,
        thumbnails: Mapping[str, str],
        bars: Sequence[Ruled],
        flags: Sequence[Flag],
        error_scale: Fraction,
    ) -> None:
        self._plot, self._system, self._heights, self._thumbnails = plot, system, heights, thumbnails
        self._bars, self._flags, self._error_scale = bars, flags, error_scale

    def lines(self) -> list[str]:
        """Everything in it, back to front."""
        plot, heights = self._plot, self._heights
        flags = self._flags
        return [
            f'<g transform="translate(0 {self._system.top})">',
            self._grid(),
            *self._bands(),
            *self._bar_ruler(),
            *self._snaps(flags),
            *self._chunk_ruler(),
            *self._prompts(),
            *self._images(),
            *self._plain(heights.strengths, plot.strengths, "strength", lambda held: "f-faint"),
            *self._plain(heights.scales, plot.scales, "SR", lambda held: f"r-{held.key}"),
            *self._plain(heights.takes, plot.takes, "take", lambda held: "f-faint", bold=True),
            *self._gear(),
            *self._errors(flags),
            *self._run(flags),
            "</g>",
        ]

    # ---- what is common --------------------------------------------------------------------------------------------

    def _inside(self, at: Fraction | int) -> bool:
        return self._system.first <= at < self._system.stop

    def _clipped(self, start: Fraction | int, end: Fraction | int) -> tuple[Fraction, Fraction] | None:
        """(left, width) in pixels of the part of a stretch that this system shows."""
        first, stop = self._system.first, self._system.stop
        if start >= stop or end <= first or start >= end:
            return None
        left, right = max(start, first), min(end, stop)
        return self._system.x(left), (right - left) * self._system.scale

    def _name(self, top: int, text: str, height: int = THIN) -> str:
        return f'<text class="e soft" x="{LEFT - 10}" y="{px(Fraction(top) + Fraction(height, 2) + 4)}">{text}</text>'

    def _grid(self) -> str:
        """A faint line down the lanes at every chunk, or at every so many where they are dense."""
        every = step(self._system.scale, 9)
        first = -(-self._system.first // every) * every
        xs = (self._system.x(chunk) for chunk in range(first, self._system.stop + 1, every))
        top, bottom = self._heights.prompts, self._heights.whole - 4
        return f'<path class="k-faint" d="{"".join(f"M{px(x)} {top}V{bottom}" for x in xs)}"/>'

    # ---- rulers ----------------------------------------------------------------------------------------------------

    def _bands(self) -> Iterable[str]:
        top = self._heights.band
        for band in self._plot.bands:
            box = self._clipped(band.start, band.end)
            if box is None:
                continue
            left, width = box
            full = f"{band.name}: {band.caption}"
            yield (
                f'<g><title>{tip(full)}</title><rect class="h{band.hue}" x="{px(left)}" y="{top}" '
                f'width="{px(max(width - 1, Fraction(1)))}" height="{BAND}" rx="3"/>'
            )
            if band.open_from is not None and (hatched := self._clipped(max(band.start, Fraction(band.open_from)), band.end)):
                yield (
                    f'<rect fill="url(#open)" x="{px(hatched[0])}" y="{top}" width="{px(hatched[1])}" height="{BAND}" rx="3"/>'
                )
            if band.start >= self._system.first:
                yield f'<rect class="g{band.hue}" x="{px(left)}" y="{top}" width="3" height="{BAND}" rx="1.5"/>'
            for mark, at in marks_of(band, self._plot.grid):
                if self._inside(at):
                    x = px(self._system.x(at))
                    yield f'<path class="g{band.hue}" d="M{x} {top + BAND}l-4 -6h8z"><title>mark {tip(mark)}</title></path>'
            yield from self._band_text(band, left, width, top)
            yield "</g>"

    def _band_text(self, band: Band, left: Fraction, width: Fraction, top: int) -> Iterable[str]:
        room = int((width - 14) / Fraction(13, 2))
        name = cut(band.name, room) if band.stretch.section is not None else ""
        if name and room >= 1:
            yield f'<text class="b x{band.hue}" x="{px(left + 9)}" y="{top + 15}">{xml(name)}</text>'
        rest = int((width - 26 - len(name) * Fraction(13, 2)) / CELL)
        if rest >= 6:
            x = left + 9 + (len(name) * Fraction(34, 5) + 8 if name else 0)
            yield f'<text class="x{band.hue}" x="{px(x)}" y="{top + 15}" opacity=".8">{xml(cut(band.caption, rest))}</text>'

    def _bar_ruler(self) -> Iterable[str]:
        top = self._heights.bars
        if top is not None:
            yield self._name(top - 2, "bar")
            yield from draw_bars(self._system, top, self._bars)

    def _snaps(self, flags: Sequence[Flag]) -> Iterable[str]:
        """From each cue's exact place on the ruler of bars to the boundary that it snapped to."""
        top = self._heights.snap
        if top is None:
            return
        yield self._name(top, "snap", SNAP)
        high, low = top - 3, top + SNAP - 2
        drawn: set[tuple[str, str]] = set()
        for flag in flags:
            if flag.exact is None or not self._inside(flag.exact) or flag.fired:
                continue
            start, stop = px(self._system.x(flag.exact)), px(self._system.x(flag.chunk))
            if (start, stop) in drawn:
                continue
            drawn.add((start, stop))
            side = _side(flag)
            yield (
                f'<path class="k-{side}" stroke-width="1.4" d="M{start} {high}V{high + 4}L{stop} {low - 4}V{low}"/>'
                f'<circle class="f-{side}" cx="{start}" cy="{high}" r="2.2"/>'
            )

    def _chunk_ruler(self) -> Iterable[str]:
        top = self._heights.chunks
        yield self._name(top - 1, "chunk")
        yield from draw_chunks(self._system, top, self._plot.grid)

    # ---- lanes -----------------------------------------------------------------------------------------------------

    def _seen(self, lane: Sequence[Held]) -> Iterable[tuple[Held, Fraction, Fraction]]:
        """(held, left, width) of what a lane shows here; what would begin on top of its neighbour is left out."""
        last: Fraction | None = None
        for held in lane:
            box = self._clipped(held.start, held.end)
            if box is None or (last is not None and box[0] - last < NARROWEST):
                continue
            last = box[0]
            yield held, *box

    def _prompts(self) -> Iterable[str]:
        top, lines = self._heights.prompts, self._heights.prompt_lines
        height = lines * LINE + 8
        yield self._name(top, "prompt", 26)
        for held, left, width in self._seen(self._plot.prompts):
            wide = max(width - 2, Fraction(1))
            yield (
                f'<svg x="{px(left)}" y="{top}" width="{px(wide)}" height="{height}">'
                f"<title>chunk {held.start}: {tip(held.full)}</title>"
                f'<rect class="h{held.hue}" width="100%" height="100%" rx="3"/>'
            )
            if held.start >= self._system.first:
                yield f'<rect class="g{held.hue}" width="3" height="100%" rx="1.5"/>'
            for index, line in enumerate(wrap(held.short, int((wide - 13) / CELL), lines) if wide >= 32 else ()):
                yield f'<text class="x{held.hue}" x="8" y="{15 + index * LINE}">{xml(line)}</text>'
            yield "</svg>"

    def _images(self) -> Iterable[str]:
        top, height = self._heights.images, self._heights.image_height
        if top is None:
            return
        yield self._name(top, "image", height)
        for held, left, width in self._seen(self._plot.images):
            wide = max(width - 2, Fraction(1))
            picture = self._thumbnails.get(held.key)
            yield (
                f'<svg x="{px(left)}" y="{top}" width="{px(wide)}" height="{height}">'
                f'<title>chunk {held.start}: {tip(held.full)}</title><rect class="f-faint" width="100%" height="100%" rx="3"/>'
            )
            x = 8
            if picture is not None:
                shown = height * 5 // 3
                yield f'<image href="{xml(picture)}" width="{shown}" height="{height}" preserveAspectRatio="xMidYMid slice"/>'
                x += shown
            name = cut(held.short, int((wide - x - 4) / CELL))
            if name:
                yield f'<text x="{x}" y="{px(Fraction(height, 2) + 4)}">{xml(name)}</text>'
            yield "</svg>"

    def _plain(self, top: int | None, lane: Sequence[Held], name: str, look: _Look, bold: bool = False) -> Iterable[str]:
        """A thin lane of plain bars with a word in each."""
        if top is None:
            return
        yield self._name(top, name)
        for held, left, width in self._seen(lane):
            wide = max(width - 1, Fraction(1))
            text = cut(held.short, int((wide - 10) / CELL))
            yield (
                f'<g><title>{tip(held.full)}</title><rect class="{look(held)}" x="{px(left)}" y="{top}" width="{px(wide)}" '
                f'height="{THIN}" rx="2"/>'
            )
            if bold and held.start >= self._system.first:
                yield f'<rect class="f-ink" x="{px(left)}" y="{top}" width="2" height="{THIN}"/>'
            if text:
                yield f'<text x="{px(left + 7)}" y="{top + 11}">{xml(text)}</text>'
            yield "</g>"

    def _gear(self) -> Iterable[str]:
        """A stroke for everything that gear is told, where it is told."""
        top = self._heights.gear
        if top is None:
            return
        yield self._name(top, "gear")
        last: Fraction | None = None
        for told in self._plot.gear:
            x = self._system.x(told.at)
            if not self._inside(told.at) or (last is not None and x - last < NARROWEST):
                continue
            last = x
            colour = "bad" if told.was_left_out else "ink"
            yield (
                f"<g><title>{tip(told.full)}</title>"
                f'<rect class="f-{colour}" x="{px(x)}" y="{top + 2}" width="2" height="{THIN - 4}" rx="1"/></g>'
            )

    def _errors(self, flags: Sequence[Flag]) -> Iterable[str]:
        """A bar for each cue, up where it is late, down where it is early, all to one scale."""
        top = self._heights.errors
        if top is None:
            return
        middle = top + ERRORS // 2
        yield self._name(top, "snap error", ERRORS)
        full = self._error_scale
        high = ERRORS // 2 - 1
        yield f'<text class="e n soft" x="{LEFT - 10}" y="{px(Fraction(middle) + 15)}">± {decimal(full * 1000, 0)} ms</text>'
        yield f'<path class="k-line" d="M{px(self._system.x(self._system.first))} {middle}H{px(self._system.right)}"/>'
        last: Fraction | None = None
        named: Fraction | None = None
        for flag in flags:
            if flag.error is None or not self._inside(flag.chunk):
                continue
            x = self._system.x(flag.chunk)
            if last is not None and x - last < NARROWEST:
                continue
            last = x
            length = min(abs(flag.error) / full, Fraction(1)) * high
            side = _side(flag)
            y = middle - length if flag.error > 0 else Fraction(middle)
            yield (
                f'<g><title>{tip(flag.full)}</title><rect class="f-{side}" x="{px(x - 2)}" '
                f'y="{px(y - (0 if length else 1))}" width="5" height="{px(max(length, Fraction(2)))}" rx="1"/>'
            )
            if flag.error and (named is None or x - named >= 30):
                named = x
                label = milliseconds(flag.error, 0).replace("-", "−")
                at = middle - 4 if flag.error < 0 else middle + 11
                yield f'<text class="n f-{side}" x="{px(x + 5)}" y="{at}">{label}</text>'
            yield "</g>"

    def _run(self, flags: Sequence[Flag]) -> Iterable[str]:
        """Planned against landed: a dot where it landed, a ring where it was planned and did not land, a line between them."""
        top = self._heights.run
        if top is None:
            return
        middle = top + RUN // 2
        yield self._name(top, "landed", RUN)
        yield f'<path class="k-faint" d="M{px(self._system.x(self._system.first))} {middle}H{px(self._system.right)}"/>'
        last: Fraction | None = None
        for flag in flags:
            at = flag.landed if flag.landed is not None else flag.planned
            if at is None or not self._inside(at):
                continue
            x = self._system.x(at)
            if flag.fate == "landed" and last is not None and x - last < NARROWEST:
                continue
            last = x
            yield f"<g><title>{tip(flag.full)}</title>{self._fate(flag, x, middle)}</g>"

    def _fate(self, flag: Flag, x: Fraction, y: int) -> str:
        match flag.fate:
            case "landed" | "planned":
                if flag.fired:
                    return f'<path class="f-live" d="M{px(x)} {y - 5}l5 5l-5 5l-5 -5z"/>'
                return f'<circle class="f-good" cx="{px(x)}" cy="{y}" r="4"/>'
            case "later":
                line = ""
                if flag.planned is not None:
                    start = max(self._system.x(flag.planned), Fraction(LEFT))
                    line = (
                        f'<path class="k-late" stroke-width="1.6" stroke-dasharray="2 2" d="M{px(start)} {y}H{px(x)}"/>'
                        f'<circle class="k-late" cx="{px(start)}" cy="{y}" r="3.4"/>'
                    )
                return f'{line}<circle class="f-late" cx="{px(x)}" cy="{y}" r="4"/>'
            case "lost":
                return f'<path class="k-bad" stroke-width="2.2" d="M{px(x - 4)} {y - 4}l8 8m0 -8l-8 8"/>'
            case "aside":
                return f'<circle class="k-soft" stroke-width="1.2" stroke-dasharray="2 1.5" cx="{px(x)}" cy="{y}" r="3.6"/>'


def _side(flag: Flag) -> str:
    """Late, early, or neither."""
    if not flag.error:
        return "soft"
    return "late" if flag.error > 0 else "early"
