"""rekordbox's collection in XML: a track's beat grid, its cues and loops.

`DJ_PLAYLISTS / COLLECTION / TRACK` contains `TEMPO Inizio Bpm Metro Battito` (second, tempo, meter,
beat of the bar from 1), one for each change, and `POSITION_MARK Name Type Start End Num`: type 0 is
a cue, 1 a fade in, 2 a fade out, 3 a load point, 4 a loop; `Num` is -1 for a memory cue, and counts
hot cues from 0. Source: Pioneer DJ, "rekordbox xml format list".
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import unquote, urlsplit

from sequencer.core.timebase import Meter
from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.imported import (
    MAX_DURATION,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    Imported,
    ImportOptions,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.score_lines import ScoreLines, one_line
from sequencer.language.interchange.tempo_steps import TempoSteps, parse_meter, round_bpm
from sequencer.language.interchange.text_input import begin_text
from sequencer.language.interchange.timeline import (
    BarsGrid,
    Dropped,
    Point,
    Region,
    Timeline,
)
from sequencer.language.interchange.xml_input import Element, Path, parse_xml
from sequencer.language.score import Duration, Unit
from sequencer.language.values.writing import render_duration, render_string

KIND = "rekordbox"

BEAT_TOLERANCE = Fraction(2, 1000)
"""How far from a beat a change of tempo, or a cue from a quarter of one, counts as on it, in s."""

MIN_BPM, MAX_BPM = 10, 1000

BPM_DECIMALS = 6
"""rekordbox writes two."""

_TYPES = {"0": "cue", "1": "fade-in", "2": "fade-out", "3": "load", "4": "loop"}
_MAX_NAMES = 10


def recognise(data: bytes) -> bool:
    """Return whether this is a collection of rekordbox."""
    return "<DJ_PLAYLISTS" in begin_text(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """A `TEMPO`: from a second on, beats have this tempo."""

    at: Fraction
    bpm: Fraction
    meter: Meter
    beat: int
    line: int


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of one track: its grid is the clock, cues are marks, loops are sections.

    Raises:
        UnreadableError: The file cannot be read, has several tracks and none was chosen, or the
            track has no beat grid.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_FILE_BYTES:,} bytes",
            "export a playlist instead of the whole collection",
        )
    root = parse_xml(data, _is_needed)
    if root.name != "DJ_PLAYLISTS":
        raise UnreadableError(
            f"the document is a {root.name[:40]}, not DJ_PLAYLISTS",
            "export the collection of rekordbox as XML",
        )
    track = _choose_track(root, options.track)
    return _score_of(track, options)


def _is_needed(path: Path) -> bool:
    return path[1] == "COLLECTION" and (len(path) < 3 or path[2] == "TRACK")


def _choose_track(root: Element, wanted: str | None) -> Element:
    collection = root.find("COLLECTION")
    tracks = [] if collection is None else list(collection.all("TRACK"))
    if not tracks:
        raise UnreadableError("the collection has no track", "export it again")
    if wanted is not None:
        for same in (str, str.casefold):
            found = [one for one in tracks if same(_name(one)) == same(wanted)]
            if len(found) == 1:
                return found[0]
            if found:
                lines = ", ".join(str(one.line) for one in found[:_MAX_NAMES])
                raise UnreadableError(
                    f"{len(found)} tracks have the name {one_line(wanted, 60)} (lines {lines})",
                    "rename one of them in rekordbox, or export it alone",
                )
    elif len(tracks) == 1:
        return tracks[0]
    names = [render_string(one_line(_name(one), 60)) for one in tracks[:_MAX_NAMES]]
    rest = f" and {len(tracks) - _MAX_NAMES} more" * (len(tracks) > _MAX_NAMES)
    what = (
        f"the collection has {len(tracks)} tracks"
        if wanted is None
        else f"no track has the name {one_line(wanted, 60)}"
    )
    raise UnreadableError(f"{what}: {', '.join(names)}{rest}", f"choose one: --track {names[0]}")


def _name(track: Element) -> str:
    return track.attributes.get("Name", "").strip()


def _number(element: Element, name: str) -> Fraction:
    text = element.attributes.get(name, "")
    value = read_decimal(text)
    if value is None or abs(value) > MAX_DURATION:
        raise element.error(f'{name}="{one_line(text, 40)}" is not a number', "export it again")
    return value


def _anchors(track: Element) -> list[_Anchor]:
    """Return the track's changes of tempo, in order; the first begins at bar 1 or later."""
    found: list[_Anchor] = []
    for tempo in track.all("TEMPO"):
        bpm = _number(tempo, "Bpm")
        if not MIN_BPM <= bpm <= MAX_BPM:
            raise tempo.error(
                f"{float(bpm):g} bpm is not from {MIN_BPM} to {MAX_BPM}",
                "analyse the track again in rekordbox",
            )
        metro = tempo.attributes.get("Metro", "4/4")
        meter = parse_meter(metro)
        if meter is None:
            raise tempo.error(f'Metro="{one_line(metro, 40)}" is not a meter', "export it again")
        beat = _number(tempo, "Battito") if "Battito" in tempo.attributes else Fraction(1)
        if beat.denominator != 1 or not 1 <= beat <= meter.numerator:
            raise tempo.error(
                f"Battito {float(beat):g} is not a beat of {meter}", "export it again"
            )
        found.append(
            _Anchor(
                at=_number(tempo, "Inizio"),
                bpm=round_bpm(bpm, BPM_DECIMALS) * 4 / meter.denominator,
                meter=meter,
                beat=int(beat),
                line=tempo.line,
            )
        )
    if not found:
        raise track.error(
            f"the track {one_line(_name(track), 60)} has no beat grid",
            "analyse it in rekordbox, and export the collection again",
        )
    return sorted(found, key=lambda one: one.at)


def _score_of(track: Element, options: ImportOptions) -> Imported:
    tally = Tally()
    lines = ScoreLines(_name(track) or options.title, tally)
    anchors = _anchors(track)
    origin = _first_bar(anchors[0], tally)
    grid, meter = _grid_of(anchors, origin, tally)
    lines.header(grid.clock)
    artist = track.attributes.get("Artist", "").strip()
    if artist:
        lines.comment(f"artist: {artist}")
    _describe_sound(track, origin, lines, tally)
    for one in anchors[1:]:
        if one.meter != meter:
            lines.dropped(
                "meters", f"meter {one.meter} from {float(one.at):.3f} s (line {one.line})"
            )
    timeline = Timeline(lines, tally, grid)
    marks = list(track.all("POSITION_MARK"))
    if len(marks) > MAX_ENTRIES:
        raise track.error(f"it has more than {MAX_ENTRIES:,} cues", "delete some of them")
    for mark in marks:
        _add_mark(timeline, mark, grid, origin)
    total = _number(track, "TotalTime") if "TotalTime" in track.attributes else Fraction(0)
    end = None
    if total > origin:
        end = -(-grid.quarter_at(total - origin) // meter.bar) * meter.bar
    timeline.write(end, default_section="track")
    return tally.result(KIND, lines.text())


def _first_bar(first: _Anchor, tally: Tally) -> Fraction:
    """Return the second of the track at which bar 1 begins; not before the track does."""
    beat = first.meter.beat * 60 / first.bpm
    origin = first.at - (first.beat - 1) * beat
    bars = -(origin // (first.meter.bar * 60 / first.bpm)) if origin < 0 else 0
    if bars:
        origin += bars * first.meter.bar * 60 / first.bpm
        tally.note(
            "the first bar begins before the track does; bar 1 of the score is the next one, at "
            f"{float(origin):.3f} s"
        )
    return origin


def _grid_of(anchors: list[_Anchor], origin: Fraction, tally: Tally) -> tuple[BarsGrid, Meter]:
    """Return the grid whose beats are where the track's grid has them."""
    meter = anchors[0].meter
    steps = TempoSteps()
    last = anchors[0]
    for anchor in anchors[1:]:
        until = anchor.at - origin
        exact = steps.quarter + (until - steps.seconds) * last.bpm / 60
        quarters = round(exact / meter.beat) * meter.beat - steps.quarter
        off = abs(exact - steps.quarter - quarters) * 60 / last.bpm
        if off > BEAT_TOLERANCE:
            tally.note(
                f"the tempo change at {float(anchor.at):.3f} s (line {anchor.line}) is "
                f"{float(off * 1000):.0f} ms from a beat; it is on that beat in the score"
            )
        if quarters > 0:
            steps.advance(quarters, until, last.bpm)
        last = anchor
    steps.add(last.bpm)
    if steps.fitted:
        tally.note(
            f"{steps.fitted} tempi were changed a little, so that every beat is where the track "
            f"has it, to {float(steps.worst * 1000):.1f} ms"
        )
    (_, bpm), *changes = steps.steps
    return BarsGrid(bpm, meter, changes), meter


def _add_mark(timeline: Timeline, mark: Element, grid: BarsGrid, origin: Fraction) -> None:
    kind = _TYPES.get(mark.attributes.get("Type", "0"))
    text = mark.attributes.get("Name", "").strip()
    start = _number(mark, "Start") - origin
    number = mark.attributes.get("Num", "-1")
    hot = number.isdecimal() and len(number) < 4
    what = f"hot cue {chr(65 + int(number) % 26)}" if hot else "memory cue"
    if kind not in (None, "cue"):
        what = f"{kind}, {what}"
    colours = [mark.attributes.get(name, "") for name in ("Red", "Green", "Blue")]
    if all(one.isdecimal() and len(one) < 4 for one in colours):
        what += " #" + "".join(f"{int(one) & 255:02x}" for one in colours)
    where = f"{what}, line {mark.line}"
    if kind is None or start < 0:
        why = "its type is unknown" if kind is None else "it is before bar 1"
        timeline.add(
            Dropped(
                at=Fraction(0),
                what="cues",
                detail=f"{one_line(text, 60) or 'a cue'}, {where}: {why}",
            )
        )
        return
    if kind == "loop" and "End" in mark.attributes:
        end = _number(mark, "End") - origin
        if end > start:
            timeline.add(
                Region(start=_quarter(start, grid), end=_quarter(end, grid), text=text, where=where)
            )
            return
    default = f"hot-{int(number) + 1}" if hot else "cue"
    timeline.add(Point(at=_quarter(start, grid), text=text, name=default, comment=where))


def _quarter(seconds: Fraction, grid: BarsGrid) -> Fraction:
    """Return the quarter of a second: a quarter of a beat if one is near, or else exact."""
    exact = grid.quarter_at(seconds)
    step = grid.meter.beat / 4
    near = round(exact / step) * step
    return near if abs(grid.seconds_at(near) - seconds) <= BEAT_TOLERANCE else exact


def _describe_sound(track: Element, origin: Fraction, lines: ScoreLines, tally: Tally) -> None:
    """Add the sound file as a comment: it is not in the score's folder yet."""
    location = track.attributes.get("Location", "")
    try:
        name = one_line(unquote(urlsplit(location).path).rsplit("/", 1)[-1], 200)
    except ValueError:
        name = ""
    start = Duration(Fraction(round(origin * 10**9), 10**9), Unit.SECONDS)
    begin = f" from {render_duration(start)}" if start.amount else ""
    if name:
        lines.comment(f"sound {render_string(name)}{begin}")
        tally.note(
            f"bar 1 is at {float(origin):.3f} s of {name}: copy it next to the score, and remove "
            "the # before sound"
        )
    elif origin:
        tally.note(f"bar 1 is at {float(origin):.3f} s of the sound file")
