"""What the catalog's examples cannot spell out: long scores, encodings, images, MIDI files.

A block of a code's file refers to a function of this module by its name: ```score wrong
computed=long_line.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from sequencer.core.catalog.record import File

_TRAM = 'at 0c "A tram waits at an empty stop."\n'


# ---- scores --------------------------------------------------------------------------------------


def bell_character() -> bytes:
    """Return a score with a control character, which a page could not show."""
    return b'at 0c "A tram\x07waits."\n'


def long_line() -> bytes:
    """Return a score whose line has more than 200,000 characters."""
    return ('at 0c "' + "word " * 40_001 + '"\n').encode()


def long_seed() -> bytes:
    """Return a score with a value of more than 200 characters."""
    return f"seed {'1' * 201}\n{_TRAM}".encode()


def many_mistakes() -> bytes:
    """Return a text with more statements than are reported that cannot be read."""
    return b"no\n" * 401


def many_unknown_scenes() -> bytes:
    """Return a score with more mistakes than are kept; each of its lines can be read."""
    lines = "".join(f"at {chunk}c trem\n" for chunk in range(600))
    return f'scene tram {{\n  base "A tram waits at an empty stop."\n}}\n{lines}'.encode()


def long_name() -> bytes:
    """Return a score with a name of more than 100 characters."""
    return f'clock 120 bpm\nat 1 mark {"a" * 101}, "A tram waits."\n'.encode()


def long_prompt() -> bytes:
    """Return a score with a text of more than 100,000 characters."""
    return f'at 0c """{"word " * 20_001}"""\n'.encode()


def growing_variable() -> bytes:
    """Return a score whose prompt exceeds 20,000 characters once its variables are filled in."""
    return f'let a = "{"word " * 1_000}"\nat 0c "{{a}}{{a}}{{a}}{{a}}{{a}}"\n'.encode()


def latin_1() -> bytes:
    """Return a score in Latin-1."""
    return 'at 0c "A tram waits at the café."\n'.encode("latin-1")


def utf_16() -> bytes:
    """Return a score in UTF-16."""
    return _TRAM.encode("utf-16")


def program() -> bytes:
    """Return the beginning of an executable file."""
    return b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\xff\xfe\x80"


def many_used_files() -> bytes:
    """Return a score that uses more than 100 files."""
    return ("".join(f'use "lights{number}.score"\n' for number in range(101)) + _TRAM).encode()


def long_sound_name() -> bytes:
    """Return a score with a sound whose name is longer than file systems allow."""
    return f'sound "{"t" * 300}.wav"\n{_TRAM}'.encode()


def long_file_name() -> bytes:
    """Return a score with an image whose name is longer than file systems allow."""
    return _TRAM.replace('"', f'image "{"t" * 300}.png", "', 1).encode()


def long_follow_up() -> bytes:
    """Return a score with a prompt of about 450 words."""
    look = "Soft grey light. Low close shot, 35mm."
    more = " Leaves float by in the water and the rain goes on." * 40
    return (
        f'at 0c "A paper boat drifts along a gutter. {look}"\n'
        f'at 4c "The paper boat drifts on. Now it turns once. {look}{more}"\n'
    ).encode()


# ---- files next to a score -----------------------------------------------------------------------


def big_score() -> bytes:
    """Return slightly more than the largest score that is read."""
    return b"# a line that is read by nobody\n" * (16 * 1024 * 32 + 1)


def numbered_lights() -> tuple[File, ...]:
    """Return 101 scores with one variable each."""
    return tuple(
        File(f"lights{number}.score", f'let light{number} = "Neon."\n'.encode())
        for number in range(101)
    )


def png(width: int, height: int) -> bytes:
    """Return a black PNG of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(1)
    row = b"\0" * ((width + 7) // 8 + 1)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def small_image() -> bytes:
    """Return a small PNG."""
    return png(64, 48)


def wide_image() -> bytes:
    """Return a PNG with more than 50,000,000 pixels."""
    return png(9_000, 6_000)


def large_image() -> bytes:
    """Return a PNG of more than 20 MB."""
    return small_image() + b"\0" * 20_000_000


def gif_image() -> bytes:
    """Return a GIF of one pixel."""
    header = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    return header + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def sound() -> bytes:
    """Return a WAV file of a tenth of a second."""
    samples = bytes(1600)
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def midi_file(*meta: tuple[int, bytes]) -> bytes:
    """Return a MIDI file of one track with meta events, at 24 ticks per quarter.

    Each event is (ticks after the previous one, its bytes).
    """
    track = b"".join(
        bytes((wait,)) + b"\xff" + content for wait, content in (*meta, (96, b"\x2f\x00"))
    )
    return (
        b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x18MTrk" + len(track).to_bytes(4, "big") + track
    )


def song() -> bytes:
    """Return a MIDI file with a tempo of 120."""
    return midi_file((0, b"\x51\x03\x07\xa1\x20"))


def song_with_meter_change() -> bytes:
    """Return a MIDI file in 4/4, then 3/4 from the second bar on."""
    return midi_file((0, b"\x58\x04\x04\x02\x18\x08"), (96, b"\x58\x04\x03\x02\x18\x08"))


def damaged_song() -> bytes:
    """Return a MIDI file whose last bytes are missing."""
    return song_with_meter_change()[:-6]


def _by_name(*functions: Callable[[], bytes]) -> dict[str, Callable[[], bytes]]:
    return {function.__name__: function for function in functions}


SCORES = _by_name(
    bell_character,
    long_line,
    long_seed,
    many_mistakes,
    many_unknown_scenes,
    long_name,
    long_prompt,
    growing_variable,
    latin_1,
    utf_16,
    program,
    many_used_files,
    long_file_name,
    long_sound_name,
    long_follow_up,
)
"""Functions that return an example's score."""

FILES = _by_name(
    big_score,
    small_image,
    wide_image,
    large_image,
    gif_image,
    sound,
    song,
    song_with_meter_change,
    damaged_song,
)
"""Functions that return a file next to an example."""

FILE_GROUPS: dict[str, Callable[[], tuple[File, ...]]] = {"numbered_lights": numbered_lights}
"""Functions that return several files."""
