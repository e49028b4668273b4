"""Turn a MIDI file into a score to be filled in.

Sections and marks come from its markers, tempos and meters from the file; texts are placeholders.

The result is always a score that `check` accepts, within all limits of a score.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from sequencer.core.timebase import ChunkGrid, Meter, MeterMap, Snap, TempoMap
from sequencer.language.interchange.names import NameAllocator
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
MAX_TITLE_LENGTH = 200

_Value = TypeVar("_Value")
_SectionStarts = tuple[tuple[int, str], ...]


def score_from_midi(song: Song, title: str) -> Score:
    """Return the score of a MIDI file.

    Markers on bar lines begin sections, other markers become marks; a song without markers is one
    section. The score's first tempo and meter go into its header, changes into the sections. Every
    section opens with a text that shows what to write there, so that the score passes `check` and
    can be rehearsed. If that text would fall on the same chunk as the preceding one, it comes a
    little later, or is omitted.

    Args:
        song: The contents of the MIDI file.
        title: The title if the song has none.

    Raises:
        MidiFileError: The song is longer, or has more changes of tempo and meter and markers, than
            a score can contain.
    """
    meters, tempo, grid = song.meters, song.tempo, ChunkGrid()
    end = _find_bar(meters, max(song.quarters, Fraction(1)))
    if grid.snap(tempo.seconds_at(meters.bar_start(end)), Snap.NEAREST) > MAX_CHUNKS:
        hours = round(MAX_CHUNKS * grid.chunk / 3600)
        raise MidiFileError(
            (
                f"this song is longer than {hours} hours, the longest a score can "
                f"be{_describe_end(song)}"
            ),
            _SHORTEN_HINT,
        )
    if end >= MAX_BARS:
        raise MidiFileError(
            f"this song is {end:,} bars long; a score can have {MAX_BARS:,}{_describe_end(song)}",
            _SHORTEN_HINT,
        )
    changes = len(song.tempos) + len(song.meter_changes) + len(song.markers)
    if changes > MAX_CHANGES:
        message = (
            f"this song has {changes:,} tempo changes, meter changes and markers; a score can have "
            f"{MAX_CHANGES:,}"
        )
        raise MidiFileError(message, "export it with fewer points in its tempo curve")
    # A song that ends before the middle of its first chunk would have no chunk at all, so its last
    # bar is repeated.
    while grid.snap(tempo.seconds_at(meters.bar_start(end)), Snap.NEAREST) < 1:
        end += 1
    bpm, meter = song.tempos[0][1], song.meter_changes[0][1]
    starts = _find_section_starts(song, meters, end)
    maker = _SectionBuilder(song=song, meters=meters, tempo=tempo, grid=grid, bpm=bpm, meter=meter)
    sections = []
    for (bar, name), (following, _) in zip(starts, (*starts[1:], (end, "")), strict=True):
        sections.append(maker.build(name, bar, following))
    clock = ClockLine(kind=ClockKind.BPM, bpm=bpm, meter=meter)
    play = tuple(PlayItem(one.name) for one in sections)
    return Score(
        header=Header(title=song.title or _replace_unprintable(title), clock=clock),
        sections=tuple(sections),
        play=play,
    )


_SHORTEN_HINT = "move it to where the music is, or delete it, and export the song again"


def _describe_end(song: Song) -> str:
    """Return what the song ends with, for a message that it is too long."""
    ends = [
        *((marker.quarter, f"its marker {_excerpt(marker.text)}") for marker in song.markers),
        *((quarter, f"its tempo {float(bpm):.6g} bpm") for quarter, bpm in song.tempos[1:]),
        *((quarter, f"its meter {meter}") for quarter, meter in song.meter_changes[1:]),
    ]
    quarter, what = max(ends, key=lambda one: one[0], default=(Fraction(-1), ""))
    if quarter < song.quarters:
        return "; a note or the end of a track is the last event in it"
    return f"; {what} is at bar {song.meters.bar_beat_at(quarter).bar:,}, the last event in it"


def _excerpt(text: str, most: int = 40) -> str:
    return _replace_unprintable(text[:most]) + "…" * (len(text) > most)


def _replace_unprintable(title: str) -> str:
    """Return a title from a file name, which may contain anything."""
    return (
        "".join(char if char.isprintable() else " " for char in title).strip()[:MAX_TITLE_LENGTH]
        or "song"
    )


def _find_bar(meters: MeterMap, quarter: Fraction) -> int:
    """Return the bar (from 0) that begins at a quarter or is the first to begin after it."""
    here = meters.bar_beat_at(quarter)
    return here.bar - 1 if here.beat == 1 and here.rest == 0 else here.bar


def _find_section_starts(song: Song, meters: MeterMap, end: int) -> _SectionStarts:
    """Return (bar from 0, name) of each section, ascending, the first at bar 0."""
    found: dict[int, str] = {}
    for marker in song.markers:
        here = meters.bar_beat_at(marker.quarter)
        is_new = here.bar - 1 not in found and len(found) < MAX_SECTIONS - 1
        if here.beat == 1 and here.rest == 0 and here.bar - 1 < end and is_new:
            found[here.bar - 1] = marker.text
    found.setdefault(0, "opening" if found else "song")
    names = NameAllocator()
    return tuple((bar, names.allocate(found[bar])) for bar in sorted(found))


@dataclass(slots=True, kw_only=True)
class _SectionBuilder:
    """Builds the sections of a song, in order. `bpm` and `meter` are those of the header."""

    song: Song
    meters: MeterMap
    tempo: TempoMap
    grid: ChunkGrid
    bpm: Fraction
    meter: Meter
    prompted: int = -1
    """The chunk of the last prompt."""

    def build(self, name: str, bar: int, end: int) -> Section:
        """Return the section from one bar to another."""
        song, meters = self.song, self.meters
        first, last = meters.bar_start(bar), meters.bar_start(end)
        tempo_here = song.tempos[bisect_right(song.tempos, first, key=lambda one: one[0]) - 1][1]
        meter_here = meters.at_bar(bar)
        acts: dict[Fraction, list[ChangeTempo | ChangeMeter | SetMark | Prompt]] = {}
        prompt = self._find_prompt_quarter(first, last)
        if prompt is not None:
            acts[prompt] = [Prompt(Text((f"Write here what {name} shows.",)))]
        inside = dict(_changes_between(song.meter_changes, first, last))
        for quarter, here in inside.items():
            acts.setdefault(quarter, []).append(ChangeMeter(here))
        for quarter, here_bpm in _changes_between(song.tempos, first, last):
            acts.setdefault(quarter, []).append(ChangeTempo(here_bpm))
        names = NameAllocator()
        texts: dict[Fraction, dict[str, None]] = {}
        for marker in _markers_between(song.markers, first, last):
            texts.setdefault(marker.quarter, {})[marker.text] = None
        for (
            quarter,
            here_texts,
        ) in texts.items():  # a position has only one mark, so several markers share it
            acts.setdefault(quarter, []).append(SetMark(names.allocate(" ".join(here_texts))))
        bars = [(_find_bar(meters, quarter) - bar, here) for quarter, here in inside.items()]
        local = MeterMap.of([(0, meter_here), *bars])
        cues = []
        for quarter in sorted(acts):
            position = local.bar_beat_at(quarter - first)
            cues.append(
                Cue(AtBar(position.bar, position.beat, position.rest), tuple(acts[quarter]))
            )
        return Section(
            name=name,
            duration=Duration(Fraction(end - bar), Unit.BARS),
            items=tuple(cues),
            tempo=None if tempo_here == self.bpm else ChangeTempo(tempo_here),
            meter=None if meter_here == self.meter else ChangeMeter(meter_here),
        )

    def _find_prompt_quarter(self, first: Fraction, last: Fraction) -> Fraction | None:
        """Return the quarter of a section's prompt.

        That is its start, or the first beat on a later chunk than the last prompt.
        """
        quarter = first
        if self.grid.snap(self.tempo.seconds_at(first), Snap.NEAREST) <= self.prompted:
            # a time at exactly half a chunk still belongs to the previous chunk, so the next beat
            # is taken
            earliest = self.tempo.quarter_at((self.prompted + Fraction(1, 2)) * self.grid.chunk)
            here = self.meters.bar_beat_at(earliest)
            quarter = (
                self.meters.quarter_of(here.bar, here.beat) + self.meters.at_bar(here.bar - 1).beat
            )
        if quarter >= last:
            return None
        self.prompted = self.grid.snap(self.tempo.seconds_at(quarter), Snap.NEAREST)
        return quarter


def _changes_between(
    changes: Sequence[tuple[Fraction, _Value]], first: Fraction, last: Fraction
) -> Sequence[tuple[Fraction, _Value]]:
    """Return the changes after `first` and before `last`."""
    begin = bisect_right(changes, first, key=lambda one: one[0])
    return changes[begin : bisect_left(changes, last, begin, key=lambda one: one[0])]


def _markers_between(
    markers: Sequence[Marker], first: Fraction, last: Fraction
) -> Sequence[Marker]:
    begin = bisect_right(markers, first, key=lambda one: one.quarter)
    return markers[begin : bisect_left(markers, last, begin, key=lambda one: one.quarter)]
