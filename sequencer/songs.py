"""A song as a score to be filled in: sections and marks from its markers, its tempi, its meters, and texts to write over."""

from __future__ import annotations

import re
from bisect import bisect_right
from fractions import Fraction

from sequencer.midi.files import Song
from sequencer.score import (
    AtBar,
    ChangeMeter,
    ChangeTempo,
    ClockKind,
    ClockLine,
    Cue,
    Duration,
    Header,
    PlayItem,
    Prompt,
    Score,
    Section,
    SetMark,
    Text,
    Unit,
)
from sequencer.timebase import Meter, MeterMap

_Starts = tuple[tuple[int, str], ...]


def score_of(song: Song, title: str) -> Score:
    """The score of a song. Markers on bar lines begin sections, others are marks; a song without markers is one section.

    The score's first tempo and meter stand in its header, what differs stands in the sections. `title` is used where the song
    has none. Every section opens with a text that says what is to be written there, so that the score checks and rehearses.
    """
    meters = song.meters
    end = _bar_from(meters, max(song.quarters, Fraction(1)))
    bpm, meter = song.tempos[0][1], song.meter_changes[0][1]
    starts = _starts(song, meters, end)
    sections = []
    for (bar, name), (following, _) in zip(starts, (*starts[1:], (end, "")), strict=True):
        sections.append(_section(song, meters, name, bar, following, bpm, meter))
    clock = ClockLine(ClockKind.BPM, bpm, meter)
    play = tuple(PlayItem(one.name) for one in sections)
    return Score(header=Header(title=song.title or title, clock=clock), sections=tuple(sections), play=play)


def _bar_from(meters: MeterMap, quarter: Fraction) -> int:
    """The bar (from 0) whose line is the first at or behind a quarter."""
    here = meters.bar_beat_at(quarter)
    return here.bar - 1 if here.beat == 1 and here.rest == 0 else here.bar


def _starts(song: Song, meters: MeterMap, end: int) -> _Starts:
    """(bar from 0, name) of each section, ascending, the first at bar 0."""
    found: dict[int, str] = {}
    for marker in song.markers:
        here = meters.bar_beat_at(marker.quarter)
        if here.beat == 1 and here.rest == 0 and here.bar - 1 < end:
            found.setdefault(here.bar - 1, marker.text)
    found.setdefault(0, "opening" if found else "song")
    names: set[str] = set()
    return tuple((bar, _name(found[bar], names)) for bar in sorted(found))


def _name(text: str, taken: set[str]) -> str:
    """A name of the language for a text, not taken yet; `taken` then has it too."""
    words = re.findall(r"\w+", text.lower())
    plain = "-".join(words) or "part"
    if not re.match(r"[^\W\d]", plain):
        plain = f"part-{plain}"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name)
    return name


def _section(song: Song, meters: MeterMap, name: str, bar: int, end: int, bpm: Fraction, meter: Meter) -> Section:
    """The section from one bar to another; `bpm` and `meter` are the header's."""
    first, last = meters.bar_start(bar), meters.bar_start(end)
    tempo_here = song.tempos[bisect_right(song.tempos, first, key=lambda one: one[0]) - 1][1]
    meter_here = meters.at_bar(bar)
    acts: dict[Fraction, list[ChangeTempo | ChangeMeter | SetMark | Prompt]] = {
        first: [Prompt(Text((f"Write here what {name} shows.",)))]
    }
    inside = {quarter: here for quarter, here in song.meter_changes if first < quarter < last}
    for quarter, here in inside.items():
        acts.setdefault(quarter, []).append(ChangeMeter(here))
    for quarter, here_bpm in song.tempos:
        if first < quarter < last:
            acts.setdefault(quarter, []).append(ChangeTempo(here_bpm))
    marks: set[str] = set()
    texts: dict[Fraction, dict[str, None]] = {}
    for marker in song.markers:
        if first < marker.quarter < last:
            texts.setdefault(marker.quarter, {})[marker.text] = None
    for quarter, here_texts in texts.items():  # a place has one mark: several markers there share it
        acts.setdefault(quarter, []).append(SetMark(_name(" ".join(here_texts), marks)))
    local = MeterMap.of([(0, meter_here), *((_bar_from(meters, quarter) - bar, here) for quarter, here in inside.items())])
    cues = []
    for quarter in sorted(acts):
        place = local.bar_beat_at(quarter - first)
        cues.append(Cue(AtBar(place.bar, place.beat, place.rest), tuple(acts[quarter])))
    return Section(
        name,
        Duration(Fraction(end - bar), Unit.BARS),
        tuple(cues),
        tempo=None if tempo_here == bpm else ChangeTempo(tempo_here),
        meter=None if meter_here == meter else ChangeMeter(meter_here),
    )
