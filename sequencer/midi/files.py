"""Standard MIDI files: tempo map, meters and markers. Pure: bytes in, a `Song` out; notes are passed over.

Read by hand, with every length looked at before it is believed: such files come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sequencer.errors import SequencerError
from sequencer.midi.splitting import length_of
from sequencer.timebase import Meter, MeterMap, TempoChange, TempoMap

MICROSECONDS = 60_000_000
"""In a minute."""
DEFAULT_TEMPO = 500_000
"""Microseconds in a quarter where a file says nothing: 120 bpm."""
TEXT, TRACK_NAME, MARKER, CUE_POINT, END, TEMPO, METER = 0x01, 0x03, 0x06, 0x07, 0x2F, 0x51, 0x58
MOST_TICKS = 1 << 40
MOST_QUARTERS = 500_000
"""Days of music; in the smallest meter these are as many bars as a score can count."""
LONGEST_NAME = 200
MOST_NUMERATOR = 64
MOST_DENOMINATOR = 6
"""Meters down to a 64th."""
SHORTEST_QUARTER = 60_000
"""Microseconds: 1000 bpm, the fastest that a score may be."""


class SongError(SequencerError):
    """A file that is no MIDI file, or one whose time cannot be read as music."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker or cue point: its place in quarters since the beginning, and its text."""

    quarter: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Song:
    """What a MIDI file says of time.

    `tempos` are (quarter, bpm) and `meter_changes` (quarter, meter), ascending, the first of each at quarter 0; `quarters` is
    the song's length. `notes` tells what was not quite as it should be, in sentences.
    """

    title: str | None
    tempos: tuple[tuple[Fraction, Fraction], ...]
    meter_changes: tuple[tuple[Fraction, Meter], ...]
    markers: tuple[Marker, ...]
    quarters: Fraction
    notes: tuple[str, ...] = ()

    @property
    def tempo(self) -> TempoMap:
        """Its tempo map; bpm counts quarters."""
        return TempoMap.of(TempoChange(quarter, bpm) for quarter, bpm in self.tempos)

    @property
    def meters(self) -> MeterMap:
        """Its meters by bar."""
        return MeterMap.of(self._by_bar())

    def _by_bar(self) -> Iterator[tuple[int, Meter]]:
        bar, since = 0, Fraction(0)
        meter = self.meter_changes[0][1]
        for quarter, following in self.meter_changes:
            bar += int((quarter - since) / meter.bar)
            since, meter = quarter, following
            yield bar, meter


def read_song(data: bytes) -> Song:
    """The song of a MIDI file (format 0 or 1, quarters divided into ticks). Raises SongError."""
    header, tracks = _chunks(data)
    kind, division = int.from_bytes(header[0:2], "big"), int.from_bytes(header[4:6], "big")
    if kind > 1:
        raise SongError(f"a MIDI file of format {kind} has no one time line", "export it as format 0 or 1")
    if division & 0x8000 or not division:
        raise SongError("this MIDI file counts video frames, not beats", "export it with ticks per quarter note")
    found = _Found(division)
    for track in tracks:
        found.read(track)
    return found.song()


def _chunks(data: bytes) -> tuple[bytes, list[bytes]]:
    """The header's content and those of all tracks; chunks of other kinds are passed over."""
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[20:]
    if data[:4] != b"MThd" or len(data) < 14:
        raise SongError("this is no MIDI file: it does not begin with MThd", "a Standard MIDI File ends in .mid or .midi")
    place, tracks = 0, list[bytes]()
    header = b""
    while place + 8 <= len(data):
        name, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "big")
        content = data[place + 8 : place + 8 + length]
        if name == b"MThd":
            header = header or content
        elif name == b"MTrk":
            if len(content) < length:
                raise SongError("this MIDI file is cut off in the middle of a track", "export or copy it again")
            tracks.append(content)
        place += 8 + length
    if len(header) < 6 or not tracks:
        raise SongError("this MIDI file holds no track", "export it again")
    return header, tracks


class _Found:
    """What was found in the tracks so far, at ticks."""

    def __init__(self, division: int) -> None:
        self._division = division
        self._title: str | None = None
        self._tempos: dict[int, int] = {}
        self._meters: dict[int, Meter] = {}
        self._markers: list[tuple[int, str]] = []
        self._end = 0
        self._tracks = 0
        self._notes: list[str] = []

    def read(self, track: bytes) -> None:
        """One track's events."""
        reader = _Reader(track)
        tick, status = 0, 0
        while reader.more:
            tick += reader.number()
            if tick > MOST_TICKS or tick > MOST_QUARTERS * self._division:
                raise SongError("this MIDI file is longer than any music", "is it damaged? export it again")
            first = reader.peek()
            if first >= 0x80:
                status = reader.byte()
            if status == 0xFF:
                kind, content = reader.byte(), reader.block()
                if kind == END:
                    break
                self._meta(tick, kind, content)
                status = 0
            elif status in (0xF0, 0xF7):
                reader.block()
                status = 0
            elif 0x80 <= status < 0xF0:
                reader.skip(length_of(status) or 0)
            else:
                raise SongError("a track of this MIDI file cannot be read", "is it damaged? export it again")
        self._end = max(self._end, tick)
        self._tracks += 1

    def _meta(self, tick: int, kind: int, content: bytes) -> None:
        match kind:
            case 0x51 if len(content) == 3:
                microseconds = int.from_bytes(content, "big")
                if microseconds >= SHORTEST_QUARTER:
                    self._tempos[tick] = microseconds
                else:
                    self._notes.append(f"a tempo of {microseconds} microseconds a quarter was passed over")
            case 0x58 if len(content) >= 2:
                if 0 < content[0] <= MOST_NUMERATOR and content[1] <= MOST_DENOMINATOR:
                    self._meters[tick] = Meter(content[0], 1 << content[1])
                else:
                    self._notes.append(f"a meter of {content[0]}/{1 << min(content[1], 99)} was passed over")
            case 0x06 | 0x07:
                self._markers.append((tick, _text(content)))
            case 0x03 if self._tracks == 0 and self._title is None:
                self._title = _text(content) or None
            case _:
                pass

    def song(self) -> Song:
        """All of it, in quarters."""
        tempos = {Fraction(0): _bpm(DEFAULT_TEMPO)} | {
            self._at(tick): _bpm(self._tempos[tick]) for tick in sorted(self._tempos)
        }
        changes = [(Fraction(0), Meter(4, 4))]
        for tick in sorted(self._meters):
            quarter, meter = self._on_bar(self._at(tick), changes[-1]), self._meters[tick]
            if quarter == changes[-1][0]:
                changes.pop()
            if not changes or meter != changes[-1][1]:
                changes.append((quarter, meter))
        plain: list[tuple[Fraction, Fraction]] = []
        for quarter, bpm in tempos.items():
            if not plain or bpm != plain[-1][1]:
                plain.append((quarter, bpm))
        markers = tuple(Marker(self._at(tick), text) for tick, text in sorted(self._markers) if text)
        return Song(self._title, tuple(plain), tuple(changes), markers, self._at(self._end), tuple(self._notes))

    def _at(self, tick: int) -> Fraction:
        return Fraction(tick, self._division)

    def _on_bar(self, quarter: Fraction, before: tuple[Fraction, Meter]) -> Fraction:
        """The bar line for a change of meter: where it stands, or the next one."""
        since, meter = before
        if quarter < since:  # the change before this one was put on a later line, and this one takes its place
            return since
        bars = -((since - quarter) // meter.bar)
        line = since + bars * meter.bar
        if line != quarter:
            self._notes.append(f"a change of meter inside a bar (quarter {float(quarter):g}) was put on the next bar line")
        return line


class _Reader:
    """Bytes of one track. Raises SongError past their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def more(self) -> bool:
        """Whether there is anything left."""
        return self._place < len(self._data)

    def peek(self) -> int:
        """The next byte, left where it is."""
        if not self.more:
            raise SongError("a track of this MIDI file ends in the middle of an event", "is it damaged? export it again")
        return self._data[self._place]

    def byte(self) -> int:
        """The next byte."""
        value = self.peek()
        self._place += 1
        return value

    def number(self) -> int:
        """A number of variable length, at most four bytes."""
        value = 0
        for _ in range(4):
            byte = self.byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise SongError("a track of this MIDI file cannot be read", "is it damaged? export it again")

    def block(self) -> bytes:
        """Bytes behind their number."""
        length = self.number()
        start = self._place
        self.skip(length)
        return self._data[start : self._place]

    def skip(self, count: int) -> None:
        """Go on by so many bytes, all of which must be there."""
        self._place += count
        if self._place > len(self._data):
            raise SongError("a track of this MIDI file ends in the middle of an event", "is it damaged? export it again")


def _bpm(microseconds: int) -> Fraction:
    """Quarters a minute. Files hold whole microseconds: 130 bpm is written as 461538, and meant as 130.

    The roundest number (up to three decimals) that would be written like this is taken for what was meant.
    """
    exact = Fraction(MICROSECONDS, microseconds)
    for digits in range(4):
        meant = round(exact, digits)
        if meant > 0 and round(MICROSECONDS / meant) == microseconds:
            return meant
    return exact


def _text(content: bytes) -> str:
    """A text of a file, which says nowhere how it is encoded."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:LONGEST_NAME]
