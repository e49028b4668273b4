"""Fuzz targets for files with times of a song: beat grids, labels, markers, lyrics, subtitles."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from sequencer.core.diagnostics import render_all
from sequencer.core.timebase import Meter
from sequencer.language import interchange
from sequencer.language.beat_file import read_beat_file, render_beat_file
from sequencer.language.check import check_text
from sequencer.language.compiler import compile_all
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.loader import Notation
from sequencer.language.notations import print_score, reads
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

    def target(data: bytes) -> None:
        for one in interchange.readers():
            one.recognise(data)
        reader = interchange.find_reader(kind)
        if reader is None:
            raise BrokenError(f"{kind} has no reader")
        whole = gzip.compress(data, 1) if kind == "ableton" and data[:1] == b"<" else data
        for options in _OPTIONS:
            try:
                found = reader.read(whole, options)
            except UnreadableError as error:
                error.in_file("song")
                continue
            check_score(found.text)

    return target


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


def check_score(text: str) -> None:
    """Check the score of a file, in both notations."""
    checked = check_text(text, "song.score", advice=False)
    if checked.score is None or checked.schedule is None:
        raise BrokenError(f"{render_all(checked.diagnostics, checked.sources)}\n{text}")
    for notation, name in ((Notation.TEXT, "song.score"), (Notation.YAML, "song.yaml")):
        again = check_text(print_score(checked.score, notation), name, advice=False)
        if again.schedule is None:
            raise BrokenError(render_all(again.diagnostics, again.sources))


def files(kind: str) -> Callable[[], Iterator[bytes]]:
    """Return what yields files of a kind; those of Ableton are not compressed."""
    return lambda: iter((ABLETON_XML,) if kind == "ableton" else SAMPLES[kind])
