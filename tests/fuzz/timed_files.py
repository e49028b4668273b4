"""Fuzz targets for files with times of a song: beat grids, labels, markers, lyrics, subtitles."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from sequencer.core.diagnostics import render_all
from sequencer.core.timebase import Meter
from sequencer.language.beat_file import read_beat_file, render_beat_file
from sequencer.language.compiler import compile_all
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.notations import reads
from tests.fuzz import imported_files
from tests.fuzz.promises import BrokenError
from tests.support.timed_files import ABLETON_XML, BEATLENS, SAMPLES

_SONG = reads('clock file "song.beats"\nat 1 "A tram."\nat 2.1+1/2 mark x\nend 4\n')
_OPTIONS = (
    ImportOptions(),
    ImportOptions(
        bpm=Fraction(977, 10), meter=Meter(6, 8), words="prompts", locators="sections", title="\x1b"
    ),
)


def reading(kind: str) -> Callable[[bytes], None]:
    """Return a target: a file of this kind becomes a score that checks, or an UnreadableError."""

    def prepare(data: bytes) -> tuple[bytes, dict[str, bytes]]:
        is_xml = kind == "ableton" and data[:1] == b"<"
        return (gzip.compress(data, 1) if is_xml else data), {}

    return imported_files.reading(kind, _OPTIONS, prepare)


def beat_file(data: bytes) -> None:
    """Read a beat file: a score compiles in its time, and it is written and read back."""
    try:
        found = read_beat_file(data)
    except UnreadableError as error:
        error.in_file("song.beats")
        return
    if read_beat_file(render_beat_file(found).encode()) != found:
        raise BrokenError("a beat file does not read back")
    compiled = compile_all(replace(_SONG, song=found.song_time))
    if compiled.schedule is None:
        raise BrokenError(render_all(compiled.diagnostics, {}))


def beat_files() -> Iterator[bytes]:
    """Return beat files of ours and of BeatLens."""
    yield (Path(__file__).parents[2] / "scores" / "drummer.beats").read_bytes()
    yield b'{"meter": "3/4", "beats": ["0.3", "0.8", 1.3, 1.9], "downbeats": ["0.8"]}'
    yield BEATLENS


def files(kind: str) -> Callable[[], Iterator[bytes]]:
    """Return what yields files of a kind; those of Ableton are not compressed."""
    return lambda: iter((ABLETON_XML,) if kind == "ableton" else SAMPLES[kind])
