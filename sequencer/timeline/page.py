"""The timeline as one HTML page: a strip to scroll and zoom, self-contained. Without its script it still scrolls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from sequencer.schedule.words import clock_time, decimal, milliseconds
from sequencer.timeline.lettering import cut, px, tip, tip_length, xml
from sequencer.timeline.looks import DAY, DAY_SCALES, DAY_TINTS, FONT, NIGHT, NIGHT_SCALES, NIGHT_TINTS
from sequencer.timeline.plot import Band, Flag, Held, Plot, bars_of, beats_of, marks_of

STRIDES = (1, 4, 16, 64, 256)
"""Numbers on the rulers stand at every so many chunks or bars; which of them, goes by the zoom."""
LONGEST_SHORT = 400
MOST_BEATS = 20_000
"""Beyond so many beats only bars are drawn."""

_SCRIPT = """
const root=document.documentElement,scroll=document.getElementById('scroll'),zoom=document.getElementById('zoom'),
told=document.getElementById('told'),strip=document.getElementById('strip'),many=+strip.dataset.chunks;
function stride(unit,room){return [1,4,16,64,256].find(n=>n*unit>=room)||1024}
function show(c){root.style.setProperty('--c',c+'px');strip.dataset.k=stride(c,26);strip.dataset.t=stride(c,46);
strip.dataset.b=stride(c*(+strip.dataset.bar||1),26);zoom.value=Math.log2(c)}
function to(c,at){const now=parseFloat(getComputedStyle(root).getPropertyValue('--c'));c=Math.min(400,Math.max(1,c));
at=at??scroll.clientWidth/2;const place=(scroll.scrollLeft+at)/now;show(c);scroll.scrollLeft=place*c-at}
zoom.addEventListener('input',()=>to(2**zoom.value));
document.getElementById('fit').addEventListener('click',()=>to(scroll.clientWidth/many));
scroll.addEventListener('wheel',e=>{if(!e.ctrlKey)return;e.preventDefault();
const now=parseFloat(getComputedStyle(root).getPropertyValue('--c'));
to(now*(e.deltaY<0?1.15:1/1.15),e.clientX-scroll.getBoundingClientRect().left)},{passive:false});
document.addEventListener('click',e=>{const one=e.target.closest('[title]');if(one)told.textContent=one.title});
document.getElementById('tools').hidden=false;
"""

_LAYOUT = """
*{box-sizing:border-box}
body{margin:0;padding:28px 28px 40px;background:var(--paper);color:var(--ink);font:13px/1.4 FONT}
h1{margin:0;font-size:24px;letter-spacing:-.01em}
header p{margin:2px 0 0;color:var(--soft)}
#tools{display:flex;gap:12px;align-items:center;margin:14px 0 0;color:var(--soft)}
#tools[hidden]{display:none}
#tools input{width:220px;accent-color:var(--early)}
button{font:inherit;color:inherit;background:var(--faint);border:0;border-radius:5px;padding:3px 12px;cursor:pointer}
#frame{display:grid;grid-template-columns:max-content 1fr;margin-top:16px;border-top:1px solid var(--faint)}
#names{padding-right:12px;text-align:right;color:var(--soft);font-size:12px}
#scroll{overflow-x:auto;overflow-y:hidden;padding-bottom:8px}
#strip{position:relative;margin-left:6px;width:calc(var(--c)*var(--many));min-width:1px}
.lane,#names div{position:relative;height:var(--h);margin-top:6px}
#names div{display:flex;align-items:center;justify-content:flex-end}
.lane.close,#names div.close{margin-top:0}
.i{position:absolute;top:0;bottom:0;left:calc(var(--x)*var(--c));width:calc(var(--w)*var(--c) - 2px);min-width:1px;
 overflow:clip;border-radius:4px;white-space:nowrap;background:var(--faint)}
.i>span{position:sticky;left:8px;padding:0 6px 0 8px;display:inline-block;max-width:100%}
.band{font-size:12px;line-height:26px}.band b{margin-right:8px}
.band .open{position:absolute;top:0;bottom:0;right:0;left:calc(var(--o)*var(--c));
 background:repeating-linear-gradient(45deg,transparent 0 4px,color-mix(in srgb,var(--live) 30%,transparent) 4px 7px)}
.mark{position:absolute;bottom:0;left:calc(var(--x)*var(--c) - 4px);border:4px solid transparent;
 border-bottom:6px solid var(--edge)}
.starts{border-left:3px solid var(--edge)}
.prompt{white-space:normal}
.prompt>span{margin-top:5px;max-height:75px;overflow:hidden;
 font-size:clamp(0px,(var(--w)*var(--c) - 55px)*99,12px);line-height:15px;overflow-wrap:anywhere;max-width:340px}
.image img{height:100%;float:left;position:sticky;left:0}
.image>span{line-height:var(--h)}
.thin{font-size:11.5px;line-height:var(--h)}
.take{border-left:2px solid var(--ink);font-weight:600}
svg.over{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
svg.over path{vector-effect:non-scaling-stroke;fill:none;stroke-width:1}
.num{position:absolute;left:calc(var(--x)*var(--c) + 3px);font-size:10.5px;font-style:normal;
 font-variant-numeric:tabular-nums;white-space:nowrap}
.chunk{top:4px;font-weight:600}.time{top:18px;color:var(--soft)}.bar{bottom:5px}
.err{position:absolute;left:calc(var(--x)*var(--c) - 2px);width:5px;border-radius:1px}
.err.late{bottom:50%;background:var(--late)}.err.early{top:50%;background:var(--early)}
.err.none{top:calc(50% - 1px);height:2px;background:var(--soft)}
.lane.zero::before{content:"";position:absolute;left:0;right:0;top:50%;border-top:1px solid var(--line)}
.dot{position:absolute;top:calc(50% - 4px);left:calc(var(--x)*var(--c) - 4px);width:9px;height:9px;border-radius:50%;
 background:var(--good)}
.dot.later{background:var(--late)}.dot.aside{background:none;border:1.5px dashed var(--soft)}
.dot.lost{background:none;border-radius:0;font:700 15px/9px sans-serif;color:var(--bad)}.dot.lost::before{content:"×"}
.dot.fired{border-radius:1px;transform:rotate(45deg);background:var(--live)}
.from{position:absolute;top:calc(50% - 1px);left:calc(var(--x)*var(--c));width:calc(var(--w)*var(--c));
 border-top:1.5px dashed var(--late)}
#told{min-height:3.2em;margin:14px 0 0;padding:10px 14px;border-radius:6px;background:var(--faint);max-width:90ch;
 unicode-bidi:plaintext;overflow-wrap:anywhere}
#told:empty::before{content:"Point at anything to read it whole, or click it to keep it here.";color:var(--soft)}
@media print{#tools,#told{display:none}#scroll{overflow:visible}}
"""


def draw_page(plot: Plot, thumbnails: Mapping[str, str]) -> str:
    """The whole page. Everything that comes from the score is escaped, and the page may load nothing."""
    scale = _first_scale(plot)
    lanes = _Lanes(plot, thumbnails, tip_length(len(plot.prompts) + len(plot.flags)))
    bar = _bar_length(plot)
    title = xml(plot.title)
    levels = f'data-k="{_stride(scale, 26)}" data-t="{_stride(scale, 46)}" data-b="{_stride(scale * (bar or 1), 26)}"'
    body = "\n".join(lanes.strip())
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{title}: timeline</title>\n<style>{_style(scale, plot.end)}</style>\n</head>\n<body>\n"
        f"<header><h1>{title}</h1><p>{xml(plot.subtitle)}</p></header>\n"
        '<div id="tools" hidden><label>zoom <input id="zoom" type="range" min="0" max="8.6" step="0.05" '
        f'value="{_log2(scale)}"></label> <button id="fit" type="button">whole</button></div>\n'
        f'<div id="frame">\n<div id="names">{"".join(lanes.names)}</div>\n'
        f'<div id="scroll" tabindex="0" role="region" aria-label="timeline">'
        f'<div id="strip" data-chunks="{plot.end}" data-bar="{decimal(bar, 4)}" {levels}>\n{body}\n</div></div>\n</div>\n'
        f'<p id="told" aria-live="polite"></p>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n'
    )


def _first_scale(plot: Plot) -> int:
    """Pixels to a chunk on opening: a short score fills a screen, a long one is legible and scrolls."""
    return max(26, min(240, 1130 // plot.end))


def _log2(scale: int) -> str:
    return decimal(Fraction((scale * scale * scale * scale).bit_length() - 1, 4), 2)


def _stride(unit: Fraction | int, room: int) -> int:
    return next((stride for stride in STRIDES if stride * unit >= room), 1024)


def _bar_length(plot: Plot) -> Fraction:
    """The shortest bar there is, in chunks; 0 without beats."""
    shortest = Fraction(0)
    for band in plot.bands:
        starts = [at for _, at in zip(range(2), (at for _, at in bars_of(band, plot.grid)), strict=False)]
        length = starts[1] - starts[0] if len(starts) == 2 else Fraction(0)
        if length and (not shortest or length < shortest):
            shortest = length
    return shortest


def _style(scale: int, many: int) -> str:
    def variables(colours: Mapping[str, str], tints: Sequence[tuple[str, str, str]], scales: Mapping[str, str]) -> str:
        parts = [f"--{name}:{colour}" for name, colour in colours.items()]
        for index, (fill, edge, letters) in enumerate(tints):
            parts += [f"--h{index}:{fill}", f"--g{index}:{edge}", f"--x{index}:{letters}"]
        parts += [f"--r{name}:{fill}" for name, fill in scales.items()]
        return ";".join(parts)

    hidden = []
    for letter, kind in (("k", "chunk"), ("t", "time"), ("b", "bar")):
        for index, stride in enumerate((*STRIDES, 1024)):
            hidden += [f'[data-{letter}="{stride}"] .{kind}.s{lower}' for lower in STRIDES[:index]]
    tints = "".join(
        f".h{index}{{background:var(--h{index});color:var(--x{index});--edge:var(--g{index})}}"
        for index in range(len(DAY_TINTS))
    )
    scales = "".join(f".r-{name}{{background:var(--r{name})}}" for name in DAY_SCALES)
    return (
        f":root{{color-scheme:light dark;--c:{scale}px;--many:{many};{variables(DAY, DAY_TINTS, DAY_SCALES)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{variables(NIGHT, NIGHT_TINTS, NIGHT_SCALES)}}}}}"
        f"{_LAYOUT.replace('FONT', FONT)}{tints}{scales}{','.join(hidden)}{{display:none}}"
    )


class _Lanes:
    """The lanes of the strip, with their names beside them."""

    def __init__(self, plot: Plot, thumbnails: Mapping[str, str], tips: int) -> None:
        self._plot, self._thumbnails, self._tips = plot, thumbnails, tips
        self.names: list[str] = []

    def strip(self) -> list[str]:
        """Every lane from top to bottom; fills `names` on the way."""
        plot = self._plot
        lines = self._lane("section", 26, (self._band(band) for band in plot.bands))
        if plot.has_beats:
            lines += self._lane("bar", 22, self._bars())
        if plot.has_errors:
            lines += self._lane("snap", 22, self._snaps(), close=True)
        lines += self._lane("chunk", 34, self._chunks(), close=True)
        lines += self._lane("prompt", 84, (self._held(held, f"prompt h{held.hue} starts") for held in plot.prompts))
        if plot.images:
            height = 54 if any(image.key in self._thumbnails for image in plot.images) else 20
            lines += self._lane("image", height, (self._image(held) for held in plot.images))
        if plot.strengths:
            lines += self._lane("strength", 20, (self._held(held, "thin") for held in plot.strengths))
        lines += self._lane("SR", 20, (self._held(held, f"thin r-{held.key}") for held in plot.scales))
        lines += self._lane("take", 20, (self._held(held, "thin take") for held in plot.takes))
        if plot.has_errors:
            lines += self._lane("snap error", 64, self._errors(), look="zero")
        if plot.performed:
            lines += self._lane("landed", 26, self._run(), look="zero")
        return lines

    def _lane(self, name: str, height: int, items: Iterable[str], *, close: bool = False, look: str = "") -> list[str]:
        style = f'style="--h:{height}px"'
        self.names.append(f"<div {style}{' class=close' if close else ''}>{name}</div>")
        looks = " ".join(word for word in ("lane", "close" if close else "", look) if word)
        return [f'<div class="{looks}" {style}>', *items, "</div>"]

    def _tip(self, text: str) -> str:
        return tip(text, self._tips)

    def _held(self, held: Held, look: str) -> str:
        short = xml(cut(held.short, LONGEST_SHORT))
        return (
            f'<div class="i {look}" style="--x:{held.start};--w:{held.end - held.start}" '
            f'title="chunk {held.start}: {self._tip(held.full)}"><span dir="auto">{short}</span></div>'
        )

    def _image(self, held: Held) -> str:
        picture = self._thumbnails.get(held.key)
        shown = "" if picture is None else f'<img alt="" src="{xml(picture)}">'
        return (
            f'<div class="i image" style="--x:{held.start};--w:{held.end - held.start}" '
            f'title="chunk {held.start}: {self._tip(held.full)}">{shown}<span dir="auto">{xml(held.short)}</span></div>'
        )

    def _band(self, band: Band) -> str:
        opened = "".join(
            f'<i class="mark" style="--x:{_number(at - band.start)}" title="mark {self._tip(mark)}"></i>'
            for mark, at in marks_of(band, self._plot.grid)
        )
        if band.open_from is not None:
            opened += f'<div class="open" style="--o:{_number(max(Fraction(0), band.open_from - band.start))}"></div>'
        name = "" if band.stretch.section is None else f"<b>{xml(band.name)}</b>"
        full = self._tip(f"{band.name}: {band.caption}")
        return (
            f'<div class="i band starts h{band.hue}" style="--x:{_number(band.start)};--w:{_number(band.end - band.start)}" '
            f'title="{full}">{opened}<span>{name}{xml(band.caption)}</span></div>'
        )

    # ---- rulers ----------------------------------------------------------------------------------------------------

    def _drawn(self, height: int, paths: Sequence[tuple[str, str]]) -> str:
        """Lines across the whole strip, in chunks and pixels; they are stretched with the zoom, their strokes are not."""
        drawn = "".join(f'<path stroke="var(--{colour})" d="{path}"/>' for colour, path in paths if path)
        return f'<svg class="over" viewBox="0 0 {self._plot.end} {height}" preserveAspectRatio="none">{drawn}</svg>'

    def _bars(self) -> Iterable[str]:
        bars, beats, count = [], [], 0
        numbers = []
        for band in self._plot.bands:
            for bar, at in bars_of(band, self._plot.grid):
                bars.append(f"M{_number(at)} 22v-8")
                numbers.append(f'<i class="num bar {_class(bar - 1)}" style="--x:{_number(at)}">{bar}</i>')
            for at in beats_of(band, self._plot.grid):
                count += 1
                if count > MOST_BEATS:
                    break
                beats.append(f"M{_number(at)} 22v-3")
        line = f"M0 22H{self._plot.end}"
        yield self._drawn(22, (("line", line + ("".join(beats) if count <= MOST_BEATS else "")), ("soft", "".join(bars))))
        yield from numbers

    def _snaps(self) -> Iterable[str]:
        paths: dict[str, list[str]] = {"late": [], "early": [], "soft": []}
        for flag in self._plot.flags:
            if flag.exact is not None and not flag.fired:
                paths[_side(flag)].append(f"M{_number(flag.exact)} 0v3L{flag.chunk} 18v4")
        yield self._drawn(22, [(side, "".join(dict.fromkeys(path))) for side, path in paths.items()])

    def _chunks(self) -> Iterable[str]:
        end = self._plot.end
        yield self._drawn(34, [("soft", f"M0 0H{end}" + "".join(f"M{chunk} 0v5" for chunk in range(end + 1)))])
        for chunk in range(end):
            look = _class(chunk)
            yield f'<i class="num chunk {look}" style="--x:{chunk}">{chunk}</i>'
            if end <= 4096 or chunk % 16 == 0:
                time = clock_time(self._plot.grid.boundary(chunk), 1)
                yield f'<i class="num time {look}" style="--x:{chunk}">{time}</i>'

    # ---- cues ------------------------------------------------------------------------------------------------------

    def _errors(self) -> Iterable[str]:
        full = self._plot.error_scale
        for flag in self._plot.flags:
            if flag.error is None:
                continue
            side = _side(flag)
            height = "" if side == "soft" else f";height:{px(max(min(abs(flag.error) / full, Fraction(1)) * 48, Fraction(2)))}%"
            title = self._tip(f"{milliseconds(flag.error)} ms: {flag.full}")
            look = "none" if side == "soft" else side
            yield f'<div class="err {look}" style="--x:{flag.chunk}{height}" title="{title}"></div>'

    def _run(self) -> Iterable[str]:
        for flag in self._plot.flags:
            at = flag.landed if flag.landed is not None else flag.planned
            if at is None:
                continue
            if flag.fate == "later" and flag.planned is not None and flag.planned < at:
                yield f'<div class="from" style="--x:{flag.planned};--w:{at - flag.planned}"></div>'
            look = f"{flag.fate}{' fired' if flag.fired and flag.fate == 'landed' else ''}"
            yield f'<div class="dot {look}" style="--x:{at}" title="{self._tip(flag.full)}"></div>'


def _number(value: Fraction | int) -> str:
    """A place in chunks, to a thousandth."""
    return decimal(Fraction(value), 3, trim=True)


def _class(index: int) -> str:
    """The largest stride that an index stands on."""
    return f"s{next(stride for stride in reversed(STRIDES) if index % stride == 0)}"


def _side(flag: Flag) -> str:
    if not flag.error:
        return "soft"
    return "late" if flag.error > 0 else "early"
