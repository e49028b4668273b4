"""A song as a score to be filled in: sections and marks from its markers, its tempi, its meters, and texts to write over.

Whatever comes out is a score that `check` accepts, within every bound that a score has.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoMap
from sequencer.language.score import (
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
from sequencer.midi.standard_files import MAX_CHANGES, Marker, Song
from sequencer.midi.tracks import MidiFileError

MAX_SECTIONS = 1_900
"""Names of 100 characters each still fit into one line of a score; further markers become marks."""
MAX_CHUNKS = MAX_BARS = 1_000_000
MAX_NAME = 100
MAX_TITLE = 200

_Value = TypeVar("_Value")
_Starts = tuple[tuple[int, str], ...]


def score_from_midi(song: Song, title: str) -> Score:
    """The score of a song. Markers on bar lines begin sections, others are marks; a song without markers is one section.

    The score's first tempo and meter are in its header, what differs is in the sections. `title` is used where the song has
    none. Every section opens with a text that says what is to be written there, so that the score checks and rehearses; where
    it would land on the same chunk as the one before it, it comes a little later, or not at all.

    Raises:
        SongError: The song is longer, or its tempo has more points, than a score can hold.
    """
    meters, tempo, grid = song.meters, song.tempo, ChunkGrid()
    end = _bar_from(meters, max(song.quarters, Fraction(1)))
    if grid.snap(tempo.seconds_at(meters.bar_start(end)), Snap.NEAREST) > MAX_CHUNKS:
        hours = round(MAX_CHUNKS * grid.chunk / 3600)
        raise MidiFileError(f"this song is longer than {hours} hours, the longest a score can be{_last(song)}", _SHORTER)
    if end >= MAX_BARS:
        raise MidiFileError(f"this song is {end:,} bars long; a score can hold {MAX_BARS:,}{_last(song)}", _SHORTER)
    changes = len(song.tempos) + len(song.meter_changes) + len(song.markers)
    if changes > MAX_CHANGES:
        message = f"this song has {changes:,} changes of tempo and meter and markers; a score can hold {MAX_CHANGES:,}"
        raise MidiFileError(message, "export it with fewer points of its tempo curve")
    # A song that ends before its first chunk is half over would have no chunk at all: then its last bar is repeated.
    while grid.snap(tempo.seconds_at(meters.bar_start(end)), Snap.NEAREST) < 1:
        end += 1
    bpm, meter = song.tempos[0][1], song.meter_changes[0][1]
    starts = _starts(song, meters, end)
    maker = _Sections(song, meters, tempo, grid, bpm, meter)
    sections = []
    for (bar, name), (following, _) in zip(starts, (*starts[1:], (end, "")), strict=True):
        sections.append(maker.section(name, bar, following))
    clock = ClockLine(ClockKind.BPM, bpm, meter)
    play = tuple(PlayItem(one.name) for one in sections)
    return Score(header=Header(title=song.title or _printable(title), clock=clock), sections=tuple(sections), play=play)


_SHORTER = "move it to where the music is, or delete it, and export the song again"


def _last(song: Song) -> str:
    """What the song ends with, for a message that it is too long."""
    ends = [
        *((marker.quarter, f"its marker {_shown(marker.text)}") for marker in song.markers),
        *((quarter, f"its tempo {float(bpm):.6g} bpm") for quarter, bpm in song.tempos[1:]),
        *((quarter, f"its meter {meter}") for quarter, meter in song.meter_changes[1:]),
    ]
    quarter, what = max(ends, key=lambda one: one[0], default=(Fraction(-1), ""))
    if quarter < song.quarters:
        return "; a note or the end of a track is the last event in it"
    return f"; {what} is at bar {song.meters.bar_beat_at(quarter).bar:,}, the last event in it"


def _shown(text: str, most: int = 40) -> str:
    return _printable(text[:most]) + "…" * (len(text) > most)


def _printable(title: str) -> str:
    """A title from a file's name, which may hold anything."""
    return "".join(char if char.isprintable() else " " for char in title).strip()[:MAX_TITLE] or "song"


def _bar_from(meters: MeterMap, quarter: Fraction) -> int:
    """The bar (from 0) whose line is the first at or after a quarter."""
    here = meters.bar_beat_at(quarter)
    return here.bar - 1 if here.beat == 1 and here.rest == 0 else here.bar


def _starts(song: Song, meters: MeterMap, end: int) -> _Starts:
    """(bar from 0, name) of each section, ascending, the first at bar 0."""
    found: dict[int, str] = {}
    for marker in song.markers:
        here = meters.bar_beat_at(marker.quarter)
        is_new = here.bar - 1 not in found and len(found) < MAX_SECTIONS - 1
        if here.beat == 1 and here.rest == 0 and here.bar - 1 < end and is_new:
            found[here.bar - 1] = marker.text
    found.setdefault(0, "opening" if found else "song")
    names = _Names()
    return tuple((bar, names.name(found[bar])) for bar in sorted(found))


@dataclass(slots=True)
class _Names:
    """Names that are taken, and how often a text has asked for one."""

    taken: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)

    def name(self, text: str) -> str:
        """A name of the language for a text, not taken yet."""
        words = re.findall(r"\w+", unicodedata.normalize("NFC", text.lower()))
        plain = "-".join(words) or "part"
        if not re.match(r"[^\W\d]", plain):
            plain = f"part-{plain}"
        plain = plain[: MAX_NAME - 8].rstrip("-")  # room for a number
        number = self.asked.get(plain, 0) + 1
        name = plain if number == 1 else f"{plain}-{number}"
        while name in self.taken:
            number += 1
            name = f"{plain}-{number}"
        self.asked[plain] = number
        self.taken.add(name)
        return name


@dataclass(slots=True)
class _Sections:
    """Makes the sections of a song, in order. `bpm` and `meter` are the header's."""

    song: Song
    meters: MeterMap
    tempo: TempoMap
    grid: ChunkGrid
    bpm: Fraction
    meter: Meter
    prompted: int = -1
    """The chunk that the last prompt lands on."""

    def section(self, name: str, bar: int, end: int) -> Section:
        """The section from one bar to another."""
        song, meters = self.song, self.meters
        first, last = meters.bar_start(bar), meters.bar_start(end)
        tempo_here = song.tempos[bisect_right(song.tempos, first, key=lambda one: one[0]) - 1][1]
        meter_here = meters.at_bar(bar)
        acts: dict[Fraction, list[ChangeTempo | ChangeMeter | SetMark | Prompt]] = {}
        prompt = self._prompt_at(first, last)
        if prompt is not None:
            acts[prompt] = [Prompt(Text((f"Write here what {name} shows.",)))]
        inside = dict(_between(song.meter_changes, first, last))
        for quarter, here in inside.items():
            acts.setdefault(quarter, []).append(ChangeMeter(here))
        for quarter, here_bpm in _between(song.tempos, first, last):
            acts.setdefault(quarter, []).append(ChangeTempo(here_bpm))
        names = _Names()
        texts: dict[Fraction, dict[str, None]] = {}
        for marker in _markers_between(song.markers, first, last):
            texts.setdefault(marker.quarter, {})[marker.text] = None
        for quarter, here_texts in texts.items():  # a position has one mark: several markers there share it
            acts.setdefault(quarter, []).append(SetMark(names.name(" ".join(here_texts))))
        bars = [(_bar_from(meters, quarter) - bar, here) for quarter, here in inside.items()]
        local = MeterMap.of([(0, meter_here), *bars])
        cues = []
        for quarter in sorted(acts):
            place = local.bar_beat_at(quarter - first)
            cues.append(Cue(AtBar(place.bar, place.beat, place.rest), tuple(acts[quarter])))
        return Section(
            name,
            Duration(Fraction(end - bar), Unit.BARS),
            tuple(cues),
            tempo=None if tempo_here == self.bpm else ChangeTempo(tempo_here),
            meter=None if meter_here == self.meter else ChangeMeter(meter_here),
        )

    def _prompt_at(self, first: Fraction, last: Fraction) -> Fraction | None:
        """Where a section's prompt goes: at its start, or on the first beat on another chunk than the last prompt."""
        quarter = first
        if self.grid.snap(self.tempo.seconds_at(first), Snap.NEAREST) <= self.prompted:
            # a time of exactly half a chunk still belongs to the chunk before, so the beat after this one is taken
            earliest = self.tempo.quarter_at((self.prompted + Fraction(1, 2)) * self.grid.chunk)
            here = self.meters.bar_beat_at(earliest)
            quarter = self.meters.quarter_of(here.bar, here.beat) + self.meters.at_bar(here.bar - 1).beat
        if quarter >= last:
            return None
        self.prompted = self.grid.snap(self.tempo.seconds_at(quarter), Snap.NEAREST)
        return quarter


def _between(changes: Sequence[tuple[Fraction, _Value]], first: Fraction, last: Fraction) -> Sequence[tuple[Fraction, _Value]]:
    """The changes after `first` and before `last`."""
    begin = bisect_right(changes, first, key=lambda one: one[0])
    return changes[begin : bisect_left(changes, last, begin, key=lambda one: one[0])]


def _markers_between(markers: Sequence[Marker], first: Fraction, last: Fraction) -> Sequence[Marker]:
    begin = bisect_right(markers, first, key=lambda one: one.quarter)
    return markers[begin : bisect_left(markers, last, begin, key=lambda one: one.quarter)]
