"""Draw the timeline as one self-contained HTML page: a strip to scroll and zoom.

It shows everything without its script too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from sequencer.reports.timeline.legend import legend_of
from sequencer.reports.timeline.page_assets import FADES, NO_SCRIPT, STRIDES, script, style
from sequencer.reports.timeline.player import Recording, draw_player
from sequencer.reports.timeline.player_assets import PLAYER_SCRIPT, player_style
from sequencer.reports.timeline.plot import Band, Flag, HeldValue, Plot, beats_of, marks_of
from sequencer.reports.timeline.style import escape_xml, max_tooltip_length, px, render_tooltip
from sequencer.reports.timeline.waveform import MAX_COLUMNS, Waveform, columns
from sequencer.schedule.describe import clock_time, decimal, milliseconds

MAX_STRIP_TEXT_LENGTH = 400
"""The most characters of a text in the strip."""
MAX_BEATS = 20_000
"""Above this number of beats, only bars are drawn."""
MAX_FULL_PROMPTS = 500
"""The most prompts that are written in full below their actions."""
MAX_RULES = 10
"""The most rules of a section that are written in its lane."""
MAX_COLUMNS_PER_CHUNK = 48
"""The most columns of a waveform in a chunk."""
DEFAULT_STRIP_WIDTH = 1150
"""The approximate width of the strip in pixels, used without the script."""

_SHAPES = {
    "bar": '<i class="err {colour}"></i>',
    "dot": '<i class="dot{later}"></i>',
    "ring": '<i class="dot aside"></i>',
    "diamond": '<i class="dot fired"></i>',
    "cross": '<i class="dot lost"></i>',
    "tick": '<i class="tick {colour}"></i>',
}


def draw_page(plot: Plot, thumbnails: Mapping[str, str], recording: Recording | None = None) -> str:
    """Return the complete page.

    Everything from the score is escaped, and the page must not load anything, except for a
    recording next to it.
    """
    units = max(1, plot.axis.length)
    scale = Fraction(DEFAULT_STRIP_WIDTH, units)
    lanes = _StripRenderer(
        plot,
        thumbnails,
        max_tooltip_length(len(plot.prompts) + len(plot.flags) + len(plot.messages)),
    )
    bar = _bar_length(plot)
    title = escape_xml(plot.title)
    levels = (
        f'data-k="{_stride(scale, 26)}" data-t="{_stride(scale, 46)}" '
        f'data-b="{_stride(scale * (bar or 1), 26)}"'
    )
    body = "\n".join(lanes.strip())
    rows = " ".join(lanes.rows)
    player = "" if recording is None else draw_player(plot, recording)
    looks, scripts = style(units, rows), script()
    if any(held.fade for held in plot.prompts):
        looks += FADES
    if recording is not None:
        body += '<div id="playhead" hidden></div>'
        looks, scripts = looks + player_style(), scripts + PLAYER_SCRIPT
    sources = "" if recording is None else "; media-src 'self' file:"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'; "
        f"script-src 'unsafe-inline'; img-src data:{sources}\">\n"
        f"<title>{title}: "
        f"timeline</title>\n<style>{looks}</style>{NO_SCRIPT}\n</head>\n<body>\n"
        f'<header><h1 title="{title}">{title}</h1><p>{escape_xml(plot.subtitle)}</p></header>\n'
        f"{player}"
        '<div id="tools" hidden><label>zoom <input id="zoom" type="range" min="-8" max="8.6" '
        'step="0.05"></label> '
        '<button id="fit" type="button">fit</button></div>\n'
        '<div id="scroll" tabindex="0" role="region" aria-label="timeline">'
        f'<div id="strip" data-chunks="{plot.end}" data-units="{units}" '
        f'data-bar="{decimal(bar, 4)}" {levels}>\n{body}\n'
        f"</div></div>\n{_footer(plot)}\n<script>{scripts}</script>\n</body>\n</html>\n"
    )


def _footer(plot: Plot) -> str:
    everywhere = ""
    if plot.everywhere:
        full = render_tooltip("\n".join(rule.full for rule in plot.everywhere))
        short = escape_xml(" · ".join(rule.short for rule in plot.everywhere))
        everywhere = f'<p id="everywhere" title="{full}">in every section: {short}</p>'
    entries = []
    for shape, colour, text in legend_of(plot):
        drawn = _SHAPES.get(shape, "").format(
            colour=colour, later=" later" if colour == "late" else ""
        )
        look = f"shape {shape}" if shape in ("hatch", "gap", "slant") else "shape"
        entries.append(f'<li><span class="{look}">{drawn}</span>{text}</li>')
    return (
        f'<footer>{everywhere}<ul id="legend">{"".join(entries)}</ul>\n<p id="detail" '
        'aria-live="polite"></p></footer>'
    )


def _stride(unit: Fraction | int, space: int) -> int:
    return next((stride for stride in STRIDES if stride * unit >= space), 1024)


def _bar_length(plot: Plot) -> Fraction:
    """Return the length of the shortest bar, in chunks; 0 without beats."""
    shortest = Fraction(0)
    for number in range(len(plot.bands)):
        starts = plot.bars(number)[:2]
        length = starts[1] - starts[0] if len(starts) == 2 else Fraction(0)
        if length and (not shortest or length < shortest):
            shortest = length
    return shortest


class _StripRenderer:
    """The lanes of the strip, each preceded by its name.

    `rows` are their heights, as CSS grid row sizes.
    """

    def __init__(self, plot: Plot, thumbnails: Mapping[str, str], tips: int) -> None:
        self._plot, self._thumbnails, self._tips = plot, thumbnails, tips
        self._at = plot.axis.at
        self.rows: list[str] = []

    def strip(self) -> list[str]:
        """Return every lane from top to bottom, and fill `rows`.

        The free height of the window goes to the lanes with texts.
        """
        plot = self._plot
        lines = self._lane("section", "26px", (self._band(band) for band in plot.bands))
        if plot.has_beats:
            lines += self._lane("bar", "22px", self._bars(), look="ruler")
        if plot.has_errors:
            lines += self._lane("snap", "22px", self._snaps(), close=True)
        lines += self._lane("chunk", "34px", self._chunks(), close=True, look="ruler")
        lines += self._lane(
            "prompt", "minmax(84px,3fr)", (self._prompt(held) for held in plot.prompts)
        )
        if plot.has_rules:
            most = min(MAX_RULES, max(len(band.rules) for band in plot.bands))
            lines += self._lane("rules", f"minmax({most * 17 + 8}px,max-content)", self._rules())
        if plot.images:
            height = (
                "minmax(48px,1fr)"
                if any(image.key in self._thumbnails for image in plot.images)
                else "20px"
            )
            lines += self._lane("image", height, (self._image(held) for held in plot.images))
        if plot.strengths:
            lines += self._lane(
                "strength", "20px", (self._render_value(held, "thin") for held in plot.strengths)
            )
        lines += self._lane(
            "SR", "20px", (self._render_value(held, f"thin r-{held.key}") for held in plot.scales)
        )
        lines += self._lane(
            "take", "20px", (self._render_value(held, "thin take") for held in plot.takes)
        )
        if plot.messages:
            lines += self._lane(", ".join(plot.protocols), "20px", self._messages())
        if plot.has_errors:
            most_error = decimal(plot.error_scale * 1000, 0)
            scale = f'<i class="most">+{most_error} ms</i><i class="least">−{most_error} ms</i>'
            lines += self._lane(
                "snap error", "minmax(72px,2fr)", self._errors(), look="zero scale", more=scale
            )
        if plot.performed:
            lines += self._lane("landed", "26px", self._run(), look="zero")
        if plot.sound is not None:
            lines += self._lane("sound", "56px", self._sound(plot.sound), look="ruler")
        return lines

    def _lane(
        self,
        name: str,
        height: str,
        items: Iterable[str],
        *,
        close: bool = False,
        look: str = "",
        more: str = "",
    ) -> list[str]:
        self.rows.append(height)
        shut = " close" if close else ""
        looks = " ".join(word for word in ("lane", look) if word) + shut
        return [
            f'<div class="name{shut}">{name}{more}</div><div class="{looks}">',
            *items,
            "</div>",
        ]

    def _tip(self, text: str) -> str:
        return render_tooltip(text, self._tips)

    def _position_style(self, start: Fraction | int, end: Fraction | int) -> str:
        one = self._at(start)
        return f"--x:{_number(one)};--w:{_number(self._at(end) - one)}"

    def _render_value(self, held: HeldValue, look: str) -> str:
        return (
            f'<div class="i {look}" style="{self._position_style(held.start, held.end)}" '
            f'title="chunk {held.start}: {self._tip(held.full)}"><span '
            f'dir="auto">{escape_xml(held.short)}</span></div>'
        )

    def _prompt(self, held: HeldValue) -> str:
        """Return the part that changes and, below it, the complete prompt if there is space.

        The prompt is written as far as the window has space for it.
        """
        whole = (
            ""
            if held.short == held.full or len(self._plot.prompts) > MAX_FULL_PROMPTS
            else f"<small>{escape_xml(_truncate(held.full))}</small>"
        )
        place = self._position_style(held.start, held.end)
        look, joint = "starts", ""
        if held.fade:
            length = _number(self._at(held.start + held.fade) - self._at(held.start))
            place += f";--f:{length};--own:var(--h{held.tint});--from:var(--h{held.under})"
            look, joint = "fades", f'<i class="joint" style="{place}"></i>'
        return (
            f'{joint}<div class="i prompt h{held.tint} {look}" style="{place}" '
            f'title="{self._tip(held.tooltip)}">'
            f'<span dir="auto">{escape_xml(_truncate(held.short))}{whole}</span></div>'
        )

    def _image(self, held: HeldValue) -> str:
        image = self._thumbnails.get(held.key)
        shown = "" if image is None else f'<img alt="" src="{escape_xml(image)}">'
        return (
            f'<div class="i image" style="{self._position_style(held.start, held.end)}" '
            f'title="chunk {held.start}: {self._tip(held.full)}">{shown}<span '
            f'dir="auto">{escape_xml(held.short)}</span></div>'
        )

    def _band(self, band: Band) -> str:
        start = self._at(band.start)
        opened = "".join(
            (
                f'<i class="mark" style="--x:{_number(self._at(at) - start)}" title="mark '
                f'{self._tip(mark)}"></i>'
            )
            for mark, at in marks_of(band, self._plot.grid)
        )
        if band.open_from is not None:
            opens = max(Fraction(0), Fraction(self._at(band.open_from) - start))
            opened += f'<div class="open" style="--o:{_number(opens)}"></div>'
        name = "" if band.stretch.section is None else f"<b>{escape_xml(band.name)}</b>"
        full = self._tip(f"{band.name}: {band.caption}")
        return (
            f'<div class="i band starts h{band.tint}" '
            f'style="{self._position_style(band.start, band.end)}" '
            f'title="{full}">{opened}<span dir="auto">{name}{escape_xml(band.caption)}</span></div>'
        )

    def _rules(self) -> Iterable[str]:
        """Yield the exits and the rules of each section."""
        for band in self._plot.bands:
            if not band.rules:
                continue
            shown = band.rules if len(band.rules) <= MAX_RULES else band.rules[: MAX_RULES - 1]
            texts = [(rule.short, rule.leaves) for rule in shown]
            if len(shown) < len(band.rules):
                texts.append((f"{len(band.rules) - len(shown)} more", False))
            listed = "".join(
                f"<li{' class=leaves' if leaves else ''}>{escape_xml(text)}</li>"
                for text, leaves in texts
            )
            full = self._tip("\n".join(rule.full for rule in band.rules))
            box = self._position_style(band.start, band.end)
            yield (
                f'<div class="i rules" style="{box}" title="{full}"><ul '
                f'dir="auto">{listed}</ul></div>'
            )

    # ---- rulers ----------------------------------------------------------------------------------

    def _render_lines(self, height: int, paths: Sequence[tuple[str, str]]) -> str:
        """Return lines across the entire strip, in chunks and pixels.

        The zoom stretches the lines, but not their strokes.
        """
        drawn = "".join(
            f'<path stroke="var(--{colour})" d="{path}"/>' for colour, path in paths if path
        )
        return (
            f'<svg class="over" viewBox="0 0 {self._plot.axis.length} {height}" '
            f'preserveAspectRatio="none">{drawn}</svg>'
        )

    def _gaps(self, with_text: bool = False) -> Iterable[str]:
        """Yield the gaps, where chunks are left out.

        On the ruler of chunks, each gap has the number of chunks.
        """
        for gap in self._plot.axis.gaps:
            text = f"+{gap.chunks}" if with_text else ""
            full = f"{gap.chunks} chunks {gap.which} are omitted: {gap.start} to {gap.end - 1}"
            yield (
                f'<i class="gap" style="{self._position_style(gap.start, gap.end)}" '
                f'title="{full}">{text}</i>'
            )

    def _bars(self) -> Iterable[str]:
        bars, beats, count = [], [], 0
        numbers = []
        axis = self._plot.axis
        for number, band in enumerate(self._plot.bands):
            for bar, at in enumerate(self._plot.bars(number), 1):
                if axis.hides(at):
                    continue
                x = _number(axis.at(at))
                bars.append(f"M{x} 22v-8")
                numbers.append(
                    f'<i class="num bar {_stride_class(bar - 1)}" style="--x:{x}">{bar}</i>'
                )
            known = self._plot.known_beats.get(number)
            for at in beats_of(band, self._plot.grid) if known is None else known:
                count += 1
                if count > MAX_BEATS:
                    break
                if not axis.hides(at):
                    beats.append(f"M{_number(axis.at(at))} 22v-3")
        line = f"M0 22H{axis.length}"
        yield self._render_lines(
            22,
            (
                ("line", line + ("".join(beats) if count <= MAX_BEATS else "")),
                ("soft", "".join(bars)),
            ),
        )
        yield from numbers
        yield from self._gaps()

    def _snaps(self) -> Iterable[str]:
        paths: dict[str, list[str]] = {"late": [], "early": [], "soft": []}
        for flag in self._plot.flags:
            if flag.exact is not None and not flag.fired:
                start, stop = _number(self._at(flag.exact)), _number(self._at(flag.chunk))
                paths[_error_class(flag)].append(f"M{start} 0v3L{stop} 18v4")
        yield self._render_lines(
            22, [(side, "".join(dict.fromkeys(path))) for side, path in paths.items()]
        )
        yield from self._gaps()

    def _chunks(self) -> Iterable[str]:
        axis, end = self._plot.axis, self._plot.end
        chunks = [
            chunk for unit in range(axis.length + 1) if (chunk := axis.chunk_at(unit)) is not None
        ]
        ticks = "".join(f"M{_number(axis.at(chunk))} 0v5" for chunk in chunks)
        yield self._render_lines(34, [("soft", f"M0 0H{axis.length}{ticks}")])
        starts = {gap.start for gap in axis.gaps}
        for chunk in chunks:
            if chunk >= end or chunk in starts:
                continue
            look, x = _stride_class(chunk), _number(axis.at(chunk))
            yield f'<i class="num chunk {look}" style="--x:{x}">{chunk}</i>'
            if end <= 4096 or chunk % 16 == 0:
                time = clock_time(self._plot.grid.boundary(chunk), 1)
                yield f'<i class="num time {look}" style="--x:{x}" data-n="{chunk}">{time}</i>'
        yield from self._gaps(with_text=True)

    # ---- cues ------------------------------------------------------------------------------------

    def _messages(self) -> Iterable[str]:
        """Yield a stroke for each cue that sends messages, and these where there is space."""
        for mark in self._plot.messages:
            x = _number(self._at(mark.at))
            colour = " bad" if mark.was_left_out else ""
            yield f'<i class="tick{colour}" style="--x:{x}" title="{self._tip(mark.full)}"></i>'
            yield f'<i class="message" style="--x:{x}">{escape_xml(mark.short)}</i>'

    def _errors(self) -> Iterable[str]:
        full = self._plot.error_scale
        for flag in self._plot.flags:
            if flag.error is None:
                continue
            side = _error_class(flag)
            height = ""
            if side != "soft":
                share = min(abs(flag.error) / full, Fraction(1))
                height = f";height:{px(max(share * 48, Fraction(2)))}%"
            title = self._tip(f"{milliseconds(flag.error)} ms: {flag.full}")
            look, x = "none" if side == "soft" else side, _number(self._at(flag.chunk))
            yield f'<div class="err {look}" style="--x:{x}{height}" title="{title}"></div>'
            if flag.error:
                text = milliseconds(flag.error, 0).replace("-", "−")
                yield f'<i class="error {look}" style="--x:{x}">{text}</i>'

    def _run(self) -> Iterable[str]:
        for flag in self._plot.flags:
            at = flag.landed if flag.landed is not None else flag.planned
            if at is None:
                continue
            if flag.fate == "later" and flag.planned is not None and flag.planned < at:
                yield f'<div class="from" style="{self._position_style(flag.planned, at)}"></div>'
            look = f"{flag.fate}{' fired' if flag.fired and flag.fate == 'landed' else ''}"
            yield (
                f'<div class="dot {look}" style="--x:{_number(self._at(at))}" '
                f'title="{self._tip(flag.full)}"></div>'
            )

    def _sound(self, sound: Waveform) -> Iterable[str]:
        """Yield the waveform as one shape, and the bars as lines through it."""
        axis = self._plot.axis
        each = max(1, min(MAX_COLUMNS_PER_CHUNK, MAX_COLUMNS // max(1, axis.length)))
        upper: list[str] = []
        lower: list[str] = []
        shapes: list[str] = []
        last = Fraction(-1)
        for at, level in columns(sound, axis, self._plot.grid, (0, axis.length), each=each):
            if upper and at - last > Fraction(3, 2 * each):  # a gap
                shapes.append(_shape(upper, lower))
                upper, lower = [], []
            last = at
            height = round(level * 50, 1)
            upper.append(f"{_number(at)} {50 - height:g}")
            lower.append(f"{_number(at)} {50 + height:g}")
        if upper:
            shapes.append(_shape(upper, lower))
        bars = "".join(
            f"M{_number(axis.at(at))} 0v100"
            for number in range(len(self._plot.bands))
            for at in self._plot.bars(number)
            if not axis.hides(at)
        )
        yield (
            f'<svg class="over" viewBox="0 0 {axis.length} 100" preserveAspectRatio="none">'
            f'<path stroke="var(--line)" d="{bars}"/>'
            f'<path class="wave" d="{"".join(shapes)}"><title>{self._tip(sound.full)}</title>'
            "</path></svg>"
        )
        yield from self._gaps()


def _shape(upper: list[str], lower: list[str]) -> str:
    """Return a closed path through the upper points and back through the lower ones."""
    return f"M{'L'.join([*upper, *reversed(lower)])}Z"


def _truncate(text: str) -> str:
    return text if len(text) <= MAX_STRIP_TEXT_LENGTH else text[: MAX_STRIP_TEXT_LENGTH - 1] + "…"


def _number(value: Fraction | int) -> str:
    """Return a position in chunks, to a thousandth."""
    return str(value) if isinstance(value, int) else decimal(value, 3, trim=True)


_STRIDE_CLASSES = tuple(
    f"s{next(stride for stride in reversed(STRIDES) if index % stride == 0)}"
    for index in range(STRIDES[-1])
)


def _stride_class(index: int) -> str:
    """Return the CSS class of the largest stride that divides an index."""
    return _STRIDE_CLASSES[index % STRIDES[-1]]


def _error_class(flag: Flag) -> str:
    if not flag.error:
        return "soft"
    return "late" if flag.error > 0 else "early"
