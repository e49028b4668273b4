"""Reads Standard MIDI files: tempo map, meters and markers.

Pure: bytes in, a `Song` out; notes are ignored.

`tracks` finds the events; here they become music, and irregularities become notes in sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from sequencer.core.timebase import Meter, MeterMap, TempoChange, TempoMap
from sequencer.core.wide_numbers import MAX_TIME_BITS
from sequencer.midi.text_encoding import Encoding, encoding_named, guess_encoding
from sequencer.midi.tracks import TEXTS, Contents, Meta, MidiFileError, Remark, read_tracks

__all__ = ["Marker", "MidiFileError", "Song", "read_midi_file"]

MICROSECONDS = 60_000_000
"""In a minute."""
DEFAULT_TEMPO = 500_000
"""Microseconds per quarter if a file does not set a tempo: 120 bpm."""
MAX_NAME_LENGTH = 200
MAX_NUMERATOR = 64
MAX_DENOMINATOR = 6
"""Meters down to a 64th."""
MIN_QUARTER_US = 60_000
"""Microseconds: 1000 bpm, the fastest tempo of a score."""
MAX_CHANGES = 100_000
"""How many changes of tempo and meter a score takes from a file: on import, each becomes a line."""
MAX_NOTES = 20
"""How many notes are kept; the others are counted."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker or cue point: its position in quarters since the beginning, and its text."""

    quarter: Fraction
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """The tempo, meters and markers of a MIDI file.

    `tempos` are (quarter, bpm) and `meter_changes` (quarter, meter), in ascending order, the first
    of each at quarter 0; `quarters` is the song's length. `notes` describes losses and
    irregularities, in sentences; `text_notes` does so for names and markers, and how their encoding
    was guessed.
    """

    title: str | None
    tempos: tuple[tuple[Fraction, Fraction], ...]
    meter_changes: tuple[tuple[Fraction, Meter], ...]
    markers: tuple[Marker, ...]
    quarters: Fraction
    notes: tuple[str, ...] = ()
    text_notes: tuple[str, ...] = ()

    @property
    def tempo(self) -> TempoMap:
        """The tempo map; bpm counts quarters."""
        return TempoMap.of(TempoChange(quarter=quarter, bpm=bpm) for quarter, bpm in self.tempos)

    @property
    def meters(self) -> MeterMap:
        """The meters by bar."""
        return _by_bar(self.meter_changes)


def read_midi_file(data: bytes, encoding: str | None = None) -> Song:
    """Read the song of a MIDI file, as far as it is intact.

    The file has format 0 or 1, with quarters divided into ticks.

    Args:
        data: The file's bytes.
        encoding: The encoding of names and markers, by Python's name; guessed if omitted.

    Raises:
        MidiFileError: It is not a MIDI file, nothing in it can be read, or the encoding is unknown.
    """
    known = None if encoding is None else encoding_named(encoding)
    if encoding is not None and known is None:
        raise MidiFileError(
            f"{encoding} is not a text encoding",
            "write utf-8, shift_jis, gbk, big5, euc_kr or cp1252",
        )
    return _Reading(contents=read_tracks(data), encoding=known).song()


def _by_bar(changes: tuple[tuple[Fraction, Meter], ...]) -> MeterMap:
    def found() -> Iterator[tuple[int, Meter]]:
        bar, since = 0, Fraction(0)
        meter = changes[0][1]
        for quarter, following in changes:
            bar += int((quarter - since) / meter.bar)
            since, meter = quarter, following
            yield bar, meter

    return MeterMap.of(found())


@dataclass(slots=True)
class _Skipped:
    """Events of one kind that a score cannot represent: the first, and how many there were."""

    first: Remark
    count: int = 1


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What was found in the tracks, at ticks."""

    contents: Contents
    encoding: Encoding | None
    tempos: dict[int, int] = field(default_factory=dict)
    meters: dict[int, Meter] = field(default_factory=dict)
    markers: list[tuple[int, bytes]] = field(default_factory=list)
    title: bytes = b""
    skipped: dict[str, _Skipped] = field(default_factory=dict)

    def song(self) -> Song:
        """Return the complete song, in quarters."""
        texts: list[bytes] = []
        for number, track in enumerate(self.contents.tracks):
            for meta in track.metas:
                self._meta(meta, is_first=number == 0)
                if meta.kind in TEXTS:
                    texts.append(meta.content)
        changes = self._changes_of_meter()
        encoding = self.encoding or guess_encoding(texts)
        texts_of = _Texts(encoding)
        markers = sorted(
            ((tick, texts_of.decode(content)) for tick, content in self.markers),
            key=lambda one: one[0],
        )
        end = max(track.end for track in self.contents.tracks)
        return Song(
            title=texts_of.decode(self.title) or None,
            tempos=self._changes_of_tempo(),
            meter_changes=changes,
            markers=tuple(Marker(self._at(tick), text) for tick, text in markers if text),
            quarters=self._at(end),
            notes=self._notes(changes),
            text_notes=texts_of.notes(),
        )

    def _meta(self, meta: Meta, *, is_first: bool) -> None:
        content = meta.content
        match meta.kind:
            case 0x51:
                microseconds = int.from_bytes(content, "big")
                if len(content) != 3:
                    self._skip("a tempo", f"of {len(content)} bytes instead of 3", meta.tick)
                elif microseconds < MIN_QUARTER_US:
                    self._skip(
                        "a tempo", f"of {microseconds} microseconds per quarter note", meta.tick
                    )
                else:
                    self.tempos[meta.tick] = microseconds
            case 0x58:
                if len(content) < 2:
                    self._skip("a meter", f"of {len(content)} bytes instead of 4", meta.tick)
                elif not 0 < content[0] <= MAX_NUMERATOR or content[1] > MAX_DENOMINATOR:
                    self._skip("a meter", f"of {content[0]}/{1 << min(content[1], 99)}", meta.tick)
                else:
                    self.meters[meta.tick] = Meter(content[0], 1 << content[1])
            case 0x06 | 0x07:
                self.markers.append((meta.tick, content))
            case 0x03 if is_first and not self.title:
                self.title = content
            case _:
                pass

    def _skip(self, what: str, how: str, tick: int) -> None:
        if what in self.skipped:
            self.skipped[what].count += 1
        else:
            self.skipped[what] = _Skipped(Remark(f"{what} {how} at {{at}} was ignored", tick))

    def _at(self, tick: int) -> Fraction:
        return Fraction(tick, self.contents.division)

    def _changes_of_tempo(self) -> tuple[tuple[Fraction, Fraction], ...]:
        different = set(self.tempos.values())
        rounded = {microseconds: _bpm(microseconds) for microseconds in different}
        # Each rounded tempo adds a denominator of its own to the times after it; a tempo curve has
        # too many of them.
        if lcm(*(bpm.numerator for bpm in rounded.values())).bit_length() > MAX_TIME_BITS:
            rounded = {
                microseconds: Fraction(MICROSECONDS, microseconds) for microseconds in different
            }
        changes = [(Fraction(0), rounded.get(self.tempos.get(0, 0), _bpm(DEFAULT_TEMPO)))]
        for tick in sorted(self.tempos):
            bpm = rounded[self.tempos[tick]]
            if bpm != changes[-1][1]:
                changes.append((self._at(tick), bpm))
        return tuple(changes)

    def _changes_of_meter(self) -> tuple[tuple[Fraction, Meter], ...]:
        changes = [(Fraction(0), Meter(4, 4))]
        for tick in sorted(self.meters):
            quarter, meter = self._on_bar(self._at(tick), tick, changes[-1]), self.meters[tick]
            if quarter == changes[-1][0]:
                changes.pop()
            if not changes or meter != changes[-1][1]:
                changes.append((quarter, meter))
        return tuple(changes)

    def _on_bar(self, quarter: Fraction, tick: int, before: tuple[Fraction, Meter]) -> Fraction:
        """Return the bar line for a change of meter: its own position, or the next bar line."""
        since, meter = before
        if (
            quarter < since
        ):  # the previous change was moved to a later line, and this one replaces it
            return since
        bars = -((since - quarter) // meter.bar)
        line = since + bars * meter.bar
        if line != quarter and "inside" in self.skipped:
            self.skipped["inside"].count += 1
        elif line != quarter:
            text = (
                f"a meter change inside a bar (quarter {float(quarter):g}) was moved to the next "
                "bar line"
            )
            self.skipped["inside"] = _Skipped(Remark(text, tick))
        return line

    def _notes(self, changes: tuple[tuple[Fraction, Meter], ...]) -> tuple[str, ...]:
        meters = _by_bar(changes)

        def note(remark: Remark, more: int = 0) -> str:
            here = meters.bar_beat_at(self._at(remark.tick))
            text = remark.text.replace("{at}", f"bar {here.bar}.{here.beat}")
            return f"{text}, and {more:,} more like it" if more else text

        notes = [note(remark) for remark in self.contents.remarks[:MAX_NOTES]]
        if len(self.contents.remarks) > MAX_NOTES:
            notes.append(
                f"{len(self.contents.remarks) - MAX_NOTES:,} more problems of this file are "
                "not listed"
            )
        return (*notes, *(note(one.first, one.count - 1) for one in self.skipped.values()))


def _bpm(microseconds: int) -> Fraction:
    """Return quarters per minute.

    Files contain integer microseconds: 130 bpm is written as 461538, and meant as 130.

    The roundest number (up to three decimals) that would be written like this is taken as the
    intended one.
    """
    exact = Fraction(MICROSECONDS, microseconds)
    for digits in range(4):
        meant = round(exact, digits)
        if meant > 0 and round(MICROSECONDS / meant) == microseconds:
            return meant
    return exact


class _Texts:
    """Texts of a file in one encoding, and notes about their decoding."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._unreadable = 0
        self._is_used = False

    def decode(self, content: bytes) -> str:
        """Decode a text to one line without unprintable characters."""
        try:
            text = content.decode(self._encoding.codec)
        except UnicodeError:
            self._unreadable += 1
            text = content.decode(self._encoding.codec, "replace").replace(
                "\N{REPLACEMENT CHARACTER}", "?"
            )
        self._is_used |= not content.isascii()
        return " ".join("".join(char if char.isprintable() else " " for char in text).split())[
            :MAX_NAME_LENGTH
        ]

    def notes(self) -> tuple[str, ...]:
        """Return notes about a guessed encoding and about texts that it cannot decode."""
        notes = []
        if self._encoding.is_guess and self._is_used:
            notes.append(
                f"names and markers were read as {self._encoding.name}, which is a guess; "
                "--encoding sets another one"
            )
        if self._unreadable:
            notes.append(
                f"{self._unreadable:,} texts are not in {self._encoding.name}: unreadable "
                "characters are shown as ?"
            )
        return tuple(notes)
