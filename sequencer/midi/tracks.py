"""Reads the tracks of a Standard MIDI File and their meta events, as far as they are intact.

Pure: bytes in, values out.

Files come from anywhere and many violate the specification: wrong track lengths, running status
that continues after a meta event, real-time messages among the notes, bytes between the tracks.
What is intact is read, and every loss is reported as a remark. Every length is checked before it is
used, and the time is linear in the number of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from sequencer.core.errors import SequencerError
from sequencer.midi.messages import length_of

END_OF_TRACK, TEMPO, METER = 0x2F, 0x51, 0x58
TEXTS = range(0x01, 0x10)
"""Kinds of meta events that contain a text: names, markers, lyrics."""

MAX_QUARTERS = 500_000
"""Days of music; in the smallest meter these are as many bars as a score can count."""
MAX_SILENT_QUARTERS = 50_000
"""How long after the last event a track may end; hours.

Some programs write the largest possible number.
"""
MAX_HEADER_SEARCH = 64 * 1024
"""Bytes that are searched for the header: some systems add their own before a file's."""

_AGAIN = "is it damaged? export it again"
_HEADER = b"MThd"
_TRACK = b"MTrk"


class MidiFileError(SequencerError):
    """A file that is not a MIDI file, or whose time cannot be read as music."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something irregular. `{at}` in the text is a placeholder for the position of `tick`."""

    text: str
    tick: int = 0


@dataclass(frozen=True, slots=True)
class Meta:
    """A meta event about time, or with a text."""

    tick: int
    kind: int
    content: bytes


@dataclass(slots=True)
class Track:
    """One track: its meta events in order, and the tick at which it ends."""

    metas: list[Meta] = field(default_factory=list)
    end: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a file: ticks per quarter note, tracks, and remarks about reading them."""

    division: int
    tracks: tuple[Track, ...]
    remarks: tuple[Remark, ...]


def read_tracks(data: bytes) -> Contents:
    """Read a Standard MIDI File of format 0 or 1, or one within a RIFF file.

    Raises:
        MidiFileError: It is not a MIDI file, it has no common time in quarter notes, or no event in
            it can be read.
    """
    return _File(data).contents()


class _Stop(Enum):
    """Why the reading of a track stopped."""

    END = auto()
    """The end-of-track event."""
    LIMIT = auto()
    """The last byte, after a complete event."""
    CUT = auto()
    """The last byte, in the middle of an event."""
    UNREADABLE = auto()
    """Bytes that are not an event."""


class _CutError(Exception):
    """The bytes end in the middle of an event."""


class _UnreadableError(Exception):
    """Bytes that are not an event; the argument is the reason."""


class _File:
    """Reads a file's chunks one after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._remarks: list[Remark] = []
        self._tracks: list[Track] = []
        self._division = 0

    def contents(self) -> Contents:
        offset, announced = self._header()
        while (found := self._next_track(offset)) is not None:
            offset = self._track(found)
        if not self._tracks:
            raise MidiFileError("this MIDI file contains no track", "export it again")
        if not any(track.events for track in self._tracks):
            raise MidiFileError("no event of this MIDI file can be read", _AGAIN)
        if len(self._tracks) < announced:
            self._remark(
                f"its header announces {announced:,} tracks, and {len(self._tracks):,} were "
                "found: the others are lost"
            )
        return Contents(self._division, tuple(self._tracks), tuple(self._remarks))

    def _remark(self, text: str, tick: int = 0) -> None:
        self._remarks.append(Remark(text, tick))

    def _header(self) -> tuple[int, int]:
        """Read the header; return where it ends, and how many tracks it announces."""
        data = self._data
        start = data.find(_HEADER, 0, MAX_HEADER_SEARCH)
        if start < 0 or len(data) < start + 14:
            raise MidiFileError(
                "this is not a MIDI file: it does not begin with MThd",
                "a Standard MIDI File ends in .mid or .midi",
            )
        if start and data[:4] != b"RIFF":
            self._remark(f"{start:,} bytes before the header were skipped")
        length = int.from_bytes(data[start + 4 : start + 8], "big")
        kind, announced, division = (
            int.from_bytes(data[start + at : start + at + 2], "big") for at in (8, 10, 12)
        )
        if kind == 2:
            raise MidiFileError(
                "a MIDI file of format 2 has no common timeline", "export it as format 0 or 1"
            )
        if kind > 2:
            self._remark(
                f"its header states format {kind}, which does not exist; it was read as format 1"
            )
        if division == 0:
            raise MidiFileError(
                "the division of this MIDI file is 0, so the length of a quarter note is unknown",
                _AGAIN,
            )
        if division & 0x8000:
            raise MidiFileError(
                "this MIDI file counts video frames, not beats",
                "export it with ticks per quarter note",
            )
        self._division = division
        end = start + 8 + length
        return (end if length >= 6 and self._is_boundary(end) else start + 14), announced

    def _is_boundary(self, offset: int) -> bool:
        """Whether a chunk may begin here, or the file ends here."""
        data = self._data
        if offset == len(data) or data.startswith(_TRACK, offset):
            return True
        name = data[offset : offset + 4]
        length = int.from_bytes(data[offset + 4 : offset + 8], "big")
        return (
            len(name) == 4
            and name.isascii()
            and name.decode("ascii").isprintable()
            and offset + 8 + length <= len(data)
        )

    def _next_track(self, offset: int) -> int | None:
        """Find the next track at or after a position.

        Chunks of other kinds are skipped, as the standard requires.
        """
        data = self._data
        while not data.startswith(_TRACK, offset):
            end = offset + 8 + int.from_bytes(data[offset + 4 : offset + 8], "big")
            if offset + 8 <= len(data) and self._is_boundary(offset) and self._is_boundary(end):
                offset = end
                continue
            found = data.find(_TRACK, offset)
            skipped = data[offset : len(data) if found < 0 else found]
            if skipped.strip(b"\0"):
                where = (
                    "after the last track" if found < 0 else f"before track {len(self._tracks) + 1}"
                )
                self._remark(f"{len(skipped):,} bytes {where} are not MIDI and were skipped")
            if found < 0:
                return None
            offset = found
        return offset

    def _track(self, start: int) -> int:
        """Read the track whose chunk begins here; return where to look for the next one."""
        data, number = self._data, len(self._tracks) + 1
        first = start + 8
        declared = int.from_bytes(data[start + 4 : first], "big")
        limit = first + declared
        is_plausible = self._is_boundary(limit)
        reader = _TrackReader(
            data, first, min(limit, len(data)), self._division, watch=not is_plausible
        )
        stop = reader.read()
        if stop in (_Stop.LIMIT, _Stop.CUT) and limit < len(data) and not is_plausible:
            longer = reader.longer(data.find(_TRACK, limit))
            if longer is not None:
                reader, stop = longer, _Stop.END
        self._tracks.append(reader.track)
        for remark in reader.remarks(number):
            self._remarks.append(remark)
        match stop:
            case _Stop.END:
                return self._after_end(
                    number, reader.offset, first, limit, is_plausible=is_plausible
                )
            case _Stop.LIMIT:
                self._without_end(number, reader, limit)
            case _Stop.CUT:
                text = (
                    f"track {number} ends in the middle of an event"
                    if limit <= len(data)
                    else f"track {number} is cut off"
                )
                self._remark(f"{text} at {{at}}: everything after that is lost", reader.tick)
                return limit if is_plausible else self._find_track(reader.offset)
            case _Stop.UNREADABLE:
                text = (
                    f"track {number} cannot be read from {{at}} on ({reader.why}): the rest of it "
                    "is lost"
                )
                self._remark(text, reader.tick)
                return limit if is_plausible else self._find_track(reader.offset)
        return limit if is_plausible else reader.offset

    def _find_track(self, offset: int) -> int:
        """Return where the next track begins, or the file's end if there is no other track.

        Anything between the tracks is skipped.
        """
        found = self._data.find(_TRACK, offset)
        return len(self._data) if found < 0 else found

    def _after_end(
        self, number: int, offset: int, first: int, limit: int, *, is_plausible: bool
    ) -> int:
        """Return where to continue after an end-of-track event that ends at `offset`."""
        data, declared, length = self._data, limit - first, offset - first
        if offset == limit:
            return limit
        if offset < limit and is_plausible and not data.startswith(_TRACK, offset):
            if data[offset:limit].strip(b"\0"):
                self._remark(
                    f"{limit - offset:,} bytes after the end of track {number} were skipped"
                )
            return limit
        self._remark(
            f"track {number} has {length:,} bytes, not the {declared:,} that its header "
            "announces; all of it was read"
        )
        return offset

    def _without_end(self, number: int, reader: _TrackReader, limit: int) -> None:
        if limit > len(self._data) and reader.offset == len(self._data):
            self._remark(
                f"track {number} is cut off at {{at}}: everything after that is lost", reader.tick
            )
        else:
            self._remark(
                (
                    f"track {number} has no end-of-track event; it ends after its last event, at "
                    f"{{at}}"
                ),
                reader.tick,
            )


class _TrackReader:
    """Reads the events of one track, up to `limit`.

    `watch` makes it check for the beginning of the next track before each event.
    """

    def __init__(self, data: bytes, offset: int, limit: int, division: int, *, watch: bool) -> None:
        self._data = data
        self._limit = limit
        self._division = division
        self._watch = watch
        self._status = 0
        self._out_of_range = 0
        self._late_end: int | None = None
        self.offset = offset
        self.tick = 0
        self.track = Track()
        self.why = ""

    def longer(self, next_track: int) -> _TrackReader | None:
        """Read on beyond the limit to find the track's end; return the reader, or None.

        The result is None unless the end comes before the next track.
        """
        data = self._data
        end = len(data) if next_track < 0 else next_track
        other = _TrackReader(data, self.offset, end, self._division, watch=False)
        other.tick, other._status, other._out_of_range = self.tick, self._status, self._out_of_range
        other.track = Track(list(self.track.metas), self.track.end, self.track.events)
        is_whole = other.read() is _Stop.END and (
            other.offset == end or not data[other.offset : end].strip(b"\0")
        )
        return other if is_whole else None

    def remarks(self, number: int) -> Iterator[Remark]:
        """Yield remarks about irregularities that caused no loss."""
        if self._out_of_range:
            yield Remark(
                f"track {number} has {self._out_of_range:,} data bytes above 127, which do not "
                "affect its timing"
            )
        if self._late_end is not None:
            text = (
                f"track {number} ends {self._late_end:,} quarters after its last event; its end "
                f"was moved to {{at}}"
            )
            yield Remark(text, self.track.end)

    def read(self) -> _Stop:
        """Read events until something stops it; `offset` is then after the last complete event."""
        track = self.track
        while self.offset < self._limit:
            if self._watch and self._data.startswith(_TRACK, self.offset):
                return _Stop.LIMIT
            before = self.offset
            try:
                is_end = self._event()
            except _CutError:
                self.offset = before
                return _Stop.CUT
            except _UnreadableError as error:
                self.offset, self.why = before, str(error)
                return _Stop.UNREADABLE
            track.events += 1
            track.end = self.tick
            if is_end:
                return _Stop.END
        return _Stop.LIMIT

    def _event(self) -> bool:
        """Read one event; return whether it ends the track."""
        tick = self.tick + self._number()
        status = self._byte()
        if status == 0xFF:
            kind, content = self._byte(), self._block()
            if kind == END_OF_TRACK:
                self._end(tick)
                return True
            self._at(tick)
            if kind in TEXTS or kind in (TEMPO, METER):
                self.track.metas.append(Meta(tick, kind, content))
            return False
        if status in (0xF0, 0xF7):
            self._block()
        elif status >= 0xF0:  # a message of a live stream, which does not belong in a file
            self._skip(length_of(status) or 0)
        elif status >= 0x80:
            self._status = status
            self._skip(length_of(status) or 0)
        elif (
            self._status
        ):  # it continues after meta events and sysex too, though the specification ends it there
            self.offset -= 1
            self._skip(length_of(self._status) or 0)
        else:
            raise _UnreadableError(f"the byte {status:#04x} where an event begins")
        self._at(tick)
        return False

    def _at(self, tick: int) -> None:
        if tick > MAX_QUARTERS * self._division:
            raise _UnreadableError(
                f"an event after {tick // self._division:,} quarters, which is longer than any "
                "music"
            )
        self.tick = tick

    def _end(self, tick: int) -> None:
        silence = tick - self.tick
        if tick > MAX_QUARTERS * self._division or silence > MAX_SILENT_QUARTERS * self._division:
            self._late_end = silence // self._division
        else:
            self.tick = tick

    def _byte(self) -> int:
        if self.offset >= self._limit:
            raise _CutError
        self.offset += 1
        return self._data[self.offset - 1]

    def _number(self) -> int:
        """Read a number of variable length, at most four bytes."""
        value = 0
        for _ in range(4):
            byte = self._byte()
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise _UnreadableError("a number of more than four bytes")

    def _block(self) -> bytes:
        """Read a length and that many bytes."""
        length = self._number()
        start = self.offset
        if start + length > self._limit:
            raise _CutError
        self.offset += length
        return self._data[start : self.offset]

    def _skip(self, count: int) -> None:
        """Skip data bytes; real-time messages may be among them."""
        while count:
            byte = self._byte()
            if 0xF8 <= byte < 0xFF:
                continue
            self._out_of_range += byte >= 0x80
            count -= 1
