"""Live sets of Ableton (`.als`): locators and the tempo, with its automation.

The format is not documented: a gzip file with XML. `Ableton/LiveSet/Locators/Locators/Locator` has
`Time` (quarters from 0), `Name` and `Annotation`. The tempo is in `LiveSet/MasterTrack`, since Live
12 `MainTrack`: `DeviceChain/Mixer/Tempo` with `Manual` and `AutomationTarget Id`; its automation is
the envelope whose `EnvelopeTarget/PointeeId` is that id, with `FloatEvent Time Value`. An event at
-63072000 is the value from the start. Two events at one time are a jump, others a ramp that is
linear over beats. The meter is not read.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import log

from sequencer.core.timebase import COMMON_TIME, Meter
from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.imported import (
    MAX_ENTRIES,
    Imported,
    ImportOptions,
    Tally,
    UnreadableError,
)
from sequencer.language.interchange.score_lines import ScoreLines, one_line
from sequencer.language.interchange.tempo_steps import MICROSECONDS, round_bpm
from sequencer.language.interchange.timeline import (
    QUARTER_STEP,
    BarsGrid,
    Dropped,
    Point,
    Region,
    Timeline,
)
from sequencer.language.interchange.xml_input import Element, Path, parse_xml, unpack_gzip

KIND = "ableton"

MIN_BPM, MAX_BPM = 10, 1000
BPM_DECIMALS = 6
MAX_QUARTERS = 1_000_000
"""The latest time that is read, in quarters."""

MAX_STEPS = 2_000
"""The maximum number of tempi that ramps are divided into."""

LAST_BARS = 8
"""How many bars the section of the last locator lasts: a set does not state its end."""

_TRACKS = ("MasterTrack", "MainTrack")
_PEEK = 4096


def recognise(data: bytes) -> bool:
    """Return whether this is a gzip file that begins as a Live set."""
    if data[:2] != b"\x1f\x8b":
        return False
    try:
        start = zlib.decompressobj(wbits=31).decompress(data[:_PEEK], _PEEK)
    except zlib.error:
        return False
    return b"<Ableton" in start


def read(data: bytes, options: ImportOptions) -> Imported:
    """Return the score of a set: locators are marks or sections, tempo ramps are steps per bar.

    Raises:
        UnreadableError: The file is not a Live set, or exceeds a limit.
    """
    root = parse_xml(unpack_gzip(data), _is_needed)
    live = root.find("LiveSet")
    if root.name != "Ableton" or live is None:
        raise UnreadableError("this is not a set of Ableton Live", "save it again in Live")
    tally = Tally()
    lines = ScoreLines(options.title, tally)
    meter = options.meter or COMMON_TIME
    if options.meter is None:
        tally.note("the meter of a set is not read; 4/4 is assumed: add --meter 3/4 to change it")
    tempos, dropped = _tempo_steps(live, meter, tally)
    (_, bpm), *changes = tempos
    grid = BarsGrid(bpm, meter, changes)
    lines.header(grid.clock)
    timeline = Timeline(lines, tally, grid)
    timeline.add(*dropped)
    _add_locators(timeline, live, options.locators == "sections", meter)
    timeline.write(default_section="set")
    return tally.result(KIND, lines.text())


def _is_needed(path: Path) -> bool:
    if path[1:2] != ("LiveSet",):
        return False
    if len(path) < 3 or path[2] == "Locators":
        return True
    if path[2] not in _TRACKS:
        return False
    inside = path[3:]
    return inside[:1] == ("AutomationEnvelopes",) or all(
        name == wanted
        for name, wanted in zip(inside, ("DeviceChain", "Mixer", "Tempo"), strict=False)
    )


def _value(element: Element | None, what: str) -> Fraction:
    """Return the number of an element's `Value`."""
    if element is None:
        raise UnreadableError(f"the set has no {what}", "save it again in Live")
    return _number(element, "Value", what)


def _number(element: Element, attribute: str, what: str) -> Fraction:
    text = element.attributes.get(attribute, "")
    value = read_decimal(text)
    if value is None:
        raise element.error(f"{what} {one_line(text, 40)!r} is not a number", "save the set again")
    return value


# ---- locators ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locator:
    at: Fraction
    name: str
    note: str
    line: int


def _locators(live: Element) -> list[_Locator]:
    parent = live.find("Locators", "Locators")
    found: list[_Locator] = []
    for one in () if parent is None else parent.all("Locator"):
        time = _value(one.find("Time"), "time of a locator")
        if not 0 <= time <= MAX_QUARTERS:
            raise one.error(f"its time {float(time):g} is not from 0 to {MAX_QUARTERS:,}", None)
        name, note = one.find("Name"), one.find("Annotation")
        found.append(
            _Locator(
                at=time,
                name="" if name is None else name.attributes.get("Value", ""),
                note="" if note is None else note.attributes.get("Value", ""),
                line=one.line,
            )
        )
    if len(found) > MAX_ENTRIES:
        raise UnreadableError(f"the set has more than {MAX_ENTRIES:,} locators", None)
    return sorted(found, key=lambda one: one.at)


def _add_locators(timeline: Timeline, live: Element, are_sections: bool, meter: Meter) -> None:
    found = _locators(live)
    ends: list[Fraction | None] = [None] * len(found)
    for index in range(len(found) - 2, -1, -1):  # where the next one that is later begins
        is_later = found[index + 1].at > found[index].at
        ends[index] = found[index + 1].at if is_later else ends[index + 1]
    for index, one in enumerate(found):
        where = one_line(one.note, 200)
        if not are_sections:
            timeline.add(Point(at=one.at, text=one.name, name=f"l{index + 1}", comment=where))
            continue
        end = ends[index] or (-(-one.at // meter.bar) + LAST_BARS) * meter.bar
        is_first = index == 0 or found[index - 1].at < one.at
        if is_first:
            timeline.add(Region(start=one.at, end=end, text=one.name, where=where))
        else:
            timeline.add(Point(at=one.at, text=one.name, name=f"l{index + 1}", comment=where))


# ---- tempo ---------------------------------------------------------------------------------------


def _tempo_steps(
    live: Element, meter: Meter, tally: Tally
) -> tuple[list[tuple[Fraction, Fraction]], list[Dropped]]:
    """Return (quarter, bpm) of every step, the first at 0, and what was dropped."""
    track = next((one for one in map(live.find, _TRACKS) if one is not None), None)
    tempo = None if track is None else track.find("DeviceChain", "Mixer", "Tempo")
    if track is None or tempo is None:
        raise UnreadableError("the set has no tempo", "save it again in Live")
    events = _events(track, tempo)
    if not events:
        return [(Fraction(0), _checked(_value(tempo.find("Manual"), "tempo"), tempo))], []
    starting = [one for one in events if one[0] <= 0]
    now = starting[-1][1] if starting else events[0][1]
    steps = _Steps(now)
    points = [(Fraction(0), now), *((at, bpm) for at, bpm in events if at > 0)]
    for (at, bpm), (later, target) in pairwise(points):
        if later > at and bpm != target and not (at == 0 and not _has_event_at_zero(events)):
            steps.ramp(at, bpm, later, target, meter.bar)
        steps.jump(later, target)
    if steps.ramps:
        tally.note(
            f"tempo ramps became steps at bar lines ({steps.ramps}); in between, a beat is at "
            f"most {float(steps.worst * 1000):.1f} ms from where Live has it"
        )
    detail = "values between the bars of a tempo ramp"
    dropped = [Dropped(at=at, what="tempo ramps", detail=detail) for at in steps.starts]
    return steps.steps, dropped


def _has_event_at_zero(events: list[tuple[Fraction, Fraction]]) -> bool:
    return any(at == 0 for at, _ in events)


def _events(track: Element, tempo: Element) -> list[tuple[Fraction, Fraction]]:
    """Return (quarter, bpm) of the tempo's automation, in order."""
    target = tempo.find("AutomationTarget")
    wanted = None if target is None else target.attributes.get("Id")
    if wanted is None:
        return []
    for envelope in track.descendants("AutomationEnvelope"):
        pointee = envelope.find("EnvelopeTarget", "PointeeId")
        if pointee is None or pointee.attributes.get("Value") != wanted:
            continue
        found = [
            (
                _on_grid(_number(one, "Time", "the time")),
                _checked(_number(one, "Value", "the tempo"), one),
            )
            for one in envelope.descendants("FloatEvent")
        ]
        if len(found) > MAX_ENTRIES or any(at > MAX_QUARTERS for at, _ in found):
            raise envelope.error(
                f"it has more than {MAX_ENTRIES:,} events, or one after {MAX_QUARTERS:,} quarters",
                "shorten the automation of the tempo",
            )
        return sorted(found, key=lambda one: one[0])
    return []


def _on_grid(quarter: Fraction) -> Fraction:
    return Fraction(round(quarter * QUARTER_STEP), QUARTER_STEP)


def _checked(bpm: Fraction, element: Element) -> Fraction:
    """Return a tempo with at most six decimals. Raises UnreadableError."""
    if not MIN_BPM <= bpm <= MAX_BPM:
        raise element.error(f"{float(bpm):g} bpm is not from {MIN_BPM} to {MAX_BPM}", None)
    return round_bpm(bpm, BPM_DECIMALS)


class _Steps:
    """Collects tempo steps. Ramps are divided at bar lines, with the exact time of each part."""

    def __init__(self, bpm: Fraction) -> None:
        self.steps: list[tuple[Fraction, Fraction]] = [(Fraction(0), bpm)]
        self.ramps = 0
        self.worst = Fraction(0)
        self.starts: list[Fraction] = []

    def jump(self, at: Fraction, bpm: Fraction) -> None:
        """Change the tempo; the last change at a time counts."""
        if self.steps[-1][0] == at:
            self.steps.pop()
        if not self.steps or self.steps[-1][1] != bpm:
            self.steps.append((at, bpm))
        if len(self.steps) > MAX_STEPS:
            raise UnreadableError(
                f"its tempo automation needs more than {MAX_STEPS:,} steps",
                "shorten the ramps in Live",
            )

    def ramp(
        self, at: Fraction, bpm: Fraction, later: Fraction, target: Fraction, bar: Fraction
    ) -> None:
        """Add a ramp from one tempo to another, linear over quarters."""
        self.ramps += 1
        self.starts.append(at)
        slope = (target - bpm) / (later - at)
        here = at
        while here < later:
            following = min(later, (here // bar + 1) * bar)
            first, last = bpm + slope * (here - at), bpm + slope * (following - at)
            seconds = _ramp_seconds(first, last, following - here)
            pace = round(seconds / float(following - here) * 1_000_000)
            self.jump(here, Fraction(MICROSECONDS, pace))
            # The error is largest near the middle: compare there.
            middle = (first + last) / 2
            there = _ramp_seconds(first, middle, (following - here) / 2)
            error = abs(there - float(following - here) / 2 * pace / 1_000_000)
            self.worst = max(self.worst, Fraction(round(error * 1_000_000), 1_000_000))
            here = following


def _ramp_seconds(first: Fraction, last: Fraction, quarters: Fraction) -> float:
    """Return how long some quarters last while the tempo changes linearly over them."""
    low, high = float(first), float(last)
    if low == high:
        return 60 * float(quarters) / low
    return 60 * float(quarters) / (high - low) * log(high / low)
