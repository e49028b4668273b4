"""Fuzz targets for MIDI and Link: MIDI streams, MIDI files, port addresses, session states."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

from sequencer.core.diagnostics import render_all
from sequencer.core.errors import SequencerError
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.events import ChunkDone, ConditionsReady, Ready, Started
from sequencer.language.check import check_text
from sequencer.language.loader import Notation
from sequencer.language.midi_import import score_from_midi
from sequencer.language.notations import print_score
from sequencer.midi.addresses import address
from sequencer.midi.messages import MessageSplitter
from sequencer.midi.standard_files import read_midi_file
from sequencer.schedule.model import Schedule
from sequencer.sync.link import LinkFeed, Moment
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.midi_port import Feed
from sequencer.sync.timecode import TimecodeFeed
from tests.fuzz.frames import journaled
from tests.fuzz.promises import BrokenError, text_of


@cache
def _followers() -> tuple[Schedule, ...]:
    """Return schedules that follow an external clock."""
    parts = 'seed 1\nat {0} "A boat."\nat {1} "A coat."\nend {2}\n'
    texts = (
        "clock midi, nominal 120 bpm, 4/4\n" + parts.format("1", "2", "4"),
        "clock link, nominal 97.3 bpm, 3/4\n" + parts.format("1", "2", "4"),
        "clock mtc 25\n" + parts.format("0s", "3s", "9s"),
    )
    found = []
    for text in texts:
        checked = check_text(text, "a.score")
        if checked.schedule is None:
            raise BrokenError(render_all(checked.diagnostics, checked.sources))
        found.append(checked.schedule)
    return tuple(found)


class _Listening:
    """A conductor that plays while a clock runs. The model finishes a chunk now and then."""

    def __init__(self, schedule: Schedule) -> None:
        self._conductor = Conductor(schedule)
        self._chunk = 0
        self._at = 0
        for event in (Ready(0), ConditionsReady(1, True, False), Started(2, 0, None)):
            self._conductor.receive(event)

    def handle(self, event: Event) -> None:
        """Receive an event of the clock, and finish a chunk of the model every so often."""
        self._conductor.receive(event)
        while event.at - self._at > 1_375_000_000 and self._chunk < 64:
            self._at += 1_375_000_000
            self._conductor.receive(ChunkDone(event.at, self._chunk, 33 * (self._chunk + 1), None))
            self._chunk += 1


def link(data: bytes) -> None:
    """Feed Link session states, 26 bytes each: a journal line can hold the events, and a conductor
    follows them.
    """
    feeds = (LinkFeed(), LinkFeed(3.0, transport=False))
    listening = [_Listening(_followers()[1]) for _ in feeds]
    at = 0
    for start in range(0, min(len(data), 26 * 80) - 25, 26):
        wait, beat, bpm, playing, peers = struct.unpack_from("<Qddbb", data, start)
        at += wait % 4_000_000_000
        moment = Moment(at=at, beat=beat, bpm=bpm, playing=playing > 0, peers=max(0, peers))
        for feed, conductor in zip(feeds, listening, strict=True):
            for event in feed.handle(moment):
                journaled(event)
                conductor.handle(event)
            ahead = feed.ahead
            if ahead is not None and not ahead >= 0:
                raise BrokenError(f"the score begins in {ahead} quarters")


def links() -> Iterator[bytes]:
    """Yield sessions that play steadily, are slow, jump, and stop."""

    def moments(*steps: tuple[int, float, float, int, int]) -> bytes:
        return b"".join(struct.pack("<Qddbb", *step) for step in steps)

    yield moments(*((500_000_000, beat / 2, 120.0, 1, 1) for beat in range(40)))
    yield moments(*((500_000_000, beat - 3.5, 120.0, beat > 4, 0) for beat in range(16)))
    yield moments(
        *(
            (300_000_000, beat * 7.25 % 16, 60.0 + beat, beat % 5 > 0, beat % 2)
            for beat in range(24)
        )
    )
    yield moments((0, 0.0, 0.0, 1, 1), (1, 1e308, 20.0, 1, 1), (1, -1e308, 999.0, 1, 1))


def midi(data: bytes) -> None:
    """Feed pieces of a stream: a byte for the delay, one for the length, and the content.

    The resulting values are finite.
    """
    splitter = MessageSplitter()
    feeds: tuple[Feed, ...] = (MidiFeed(120.0), MidiFeed(87.5, follows=False), TimecodeFeed())
    followers = [_Listening(schedule) for schedule in _followers()]
    offset, at = 0, 0
    while offset + 2 <= len(data):
        wait, length = data[offset], data[offset + 1] % 16
        at += wait * wait * 50_000
        piece = data[offset + 2 : offset + 2 + length]
        offset += 2 + length
        for message in splitter.feed(piece):
            for feed, follower in zip(feeds, followers, strict=True):
                for event in feed.feed(message, at):
                    journaled(event)
                    follower.handle(event)
        if wait > 200:
            for feed, follower in zip(feeds, followers, strict=True):
                for event in feed.silence(at) if wait < 250 else feed.unplugged(at):
                    journaled(event)
                    follower.handle(event)


def midis() -> Iterator[bytes]:
    yield (
        b"\x00\x01\xfa"
        + b"\x14\x01\xf8" * 60
        + b"\x14\x01\xfc\x14\x01\xfb"
        + b"\x13\x01\xf8" * 30
        + b"\xff\x00"
    )
    yield (
        b"\x05\x03\x99\x32\x40\x05\x02\x33\x00\x05\x03\xb0\x14\x5a\x05\x02\xc0\x04\x05\x03\xf2\x10\x00"
        * 3
    )
    yield b"".join(
        bytes((10, 2, 0xF1, piece << 4 | value))
        for piece, value in ((n % 8, n // 8 % 10) for n in range(64))
    )
    yield b"\x05\x0a\xf0\x7f\x7f\x01\x01\x21\x00\x00\x00\xf7" * 2


def song_file(data: bytes) -> None:
    """Read a MIDI file: a score that prints and checks without errors in both notations, or a
    SequencerError.
    """
    try:
        song = read_midi_file(data)
        score = score_from_midi(song, "fuzz")
    except SequencerError:
        return
    for notation, name in ((Notation.TEXT, "song.score"), (Notation.YAML, "song.yaml")):
        checked = check_text(print_score(score, notation), name, advice=False)
        if checked.schedule is None:
            raise BrokenError(
                "the score of a song does not "
                f"check:\n{render_all(checked.diagnostics, checked.sources)}"
            )


def song_files() -> Iterator[bytes]:
    def track(*events: bytes) -> bytes:
        body = b"".join(events)
        return b"MTrk" + len(body).to_bytes(4, "big") + body

    end = b"\x00\xff\x2f\x00"
    meta = (
        b"\x00\xff\x03\x04Song",
        b"\x00\xff\x51\x03\x07\xa1\x20",
        b"\x00\xff\x58\x04\x04\x02\x18\x08",
        b"\x00\xff\x06\x05intro",
    )
    later = (
        b"\x8f\x00\xff\x06\x04drop",
        b"\x83\x60\xff\x51\x03\x06\x1a\x80",
        b"\x87\x40\x90\x3c\x40\x60\x3c\x00",
        end,
    )
    yield b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0" + track(*meta, *later)
    head = b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x00\x60"
    yield head + track(*meta, end) + track(b"\x00\xf0\x02\x01\xf7", *later)
    pickup = (
        b"\x00\xff\x58\x04\x01\x02\x18\x08",
        b"\x60\xff\x58\x04\x04\x02\x18\x08",
        b"\x00\xff\x06\x04\x83\x54\x83\x72",
    )
    yield (
        head
        + track(*pickup, end)
        + b"junk"
        + track(*later[:-1], b"\x00\xfe", b"\x83\x60\x3c\x40", b"\xff\xff\xff\x7f\xff\x2f\x00")
    )


def port(data: bytes) -> None:
    """Parse a MIDI port address: an address, or an error that describes what to write."""
    try:
        str(address(text_of(data)))
    except SequencerError:
        return


def ports() -> Iterator[bytes]:
    yield from (b"Digitakt", b"virtual:x", b"tcp://127.0.0.1:5004", b"tcp-listen://:9000", b"3")
