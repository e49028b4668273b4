"""Gear: a MIDI stream, a MIDI file, the address of a port."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.frames import journaled
from fuzz.promises import BrokenError, text_of

from sequencer.checking import check_text
from sequencer.clocks.midi import MidiFeed
from sequencer.clocks.mtc import TimecodeFeed
from sequencer.errors import SequencerError, render_all
from sequencer.midi.addresses import address
from sequencer.midi.files import read_song
from sequencer.midi.splitting import Splitter
from sequencer.notation import print_score
from sequencer.songs import score_of


def midi(data: bytes) -> None:
    """Pieces of a stream: a byte for how long it took, one for how much comes, and that much. What comes out is finite."""
    splitter = Splitter()
    feeds = (MidiFeed(120.0), MidiFeed(87.5, follows=False), TimecodeFeed())
    place, at = 0, 0
    while place + 2 <= len(data):
        wait, length = data[place], data[place + 1] % 16
        at += wait * wait * 50_000
        piece = data[place + 2 : place + 2 + length]
        place += 2 + length
        for message in splitter.feed(piece):
            for feed in feeds:
                for event in feed.hear(message, at):
                    journaled(event)
        if wait > 200:
            for feed in feeds:
                for event in feed.silence(at) if wait < 250 else feed.unplugged(at):
                    journaled(event)


def midis() -> Iterator[bytes]:
    yield b"\x00\x01\xfa" + b"\x14\x01\xf8" * 60 + b"\x14\x01\xfc\x14\x01\xfb" + b"\x13\x01\xf8" * 30 + b"\xff\x00"
    yield b"\x05\x03\x99\x32\x40\x05\x02\x33\x00\x05\x03\xb0\x14\x5a\x05\x02\xc0\x04\x05\x03\xf2\x10\x00" * 3
    yield b"".join(bytes((10, 2, 0xF1, piece << 4 | value)) for piece, value in ((n % 8, n // 8 % 10) for n in range(64)))
    yield b"\x05\x0a\xf0\x7f\x7f\x01\x01\x21\x00\x00\x00\xf7" * 2


def song_file(data: bytes) -> None:
    """A MIDI file gives a song whose score prints and reads back, or a SongError."""
    try:
        song = read_song(data)
    except SequencerError:
        return
    printed = print_score(score_of(song, "fuzz"))
    checked = check_text(printed, "song.score", advice=False)
    if checked.score is None:
        raise BrokenError(f"the score of a song does not read:\n{render_all(checked.diagnostics, checked.sources)}")


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
    later = (b"\x8f\x00\xff\x06\x04drop", b"\x83\x60\xff\x51\x03\x06\x1a\x80", b"\x87\x40\x90\x3c\x40\x60\x3c\x00", end)
    yield b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0" + track(*meta, *later)
    yield b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x00\x60" + track(*meta, end) + track(b"\x00\xf0\x02\x01\xf7", *later)


def port(data: bytes) -> None:
    """An address of a MIDI port is one, or an error that says what to write."""
    try:
        str(address(text_of(data)))
    except SequencerError:
        return


def ports() -> Iterator[bytes]:
    yield from (b"Digitakt", b"virtual:x", b"tcp://127.0.0.1:5004", b"tcp-listen://:9000", b"3")
