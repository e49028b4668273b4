"""The file of a clock: what is read from it, and the code of everything else."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.timebase import Meter
from sequencer.language.check import check_text
from sequencer.language.clock_files import load_clock_file
from sequencer.language.loader import load_text
from sequencer.language.score import Score, SongTime
from tests.support.timed_files import AUDACITY, BEATLENS, REKORDBOX
from tests.unit.midi.test_standard_files import BAR, song_of

SONG = song_of([(0, "tempo", 500_000), (BAR, "meter", Meter(3, 4))], 2 * BAR)
BEATS = json.dumps(
    {"format": "sequencer-beats", "meter": "4/4", "beats": ["0.5", "1.0", "1.5", "2.25", "2.5"]}
).encode()


def score(text: str) -> Score:
    reading = load_text(text, "a.score")
    assert reading.score is not None, reading.diagnostics
    return reading.score


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "scores"
    (inner / "refs").mkdir(parents=True)
    (tmp_path / "outside.mid").write_bytes(SONG)
    (inner / "song.mid").write_bytes(SONG)
    (inner / "song.beats").write_bytes(BEATS)
    (inner / "text.mid").write_text("hello")
    return inner


def loaded(
    folder: Path, path: str, most: int = 10**6, outside: bool = False
) -> tuple[SongTime | None, list[str]]:
    faults = Diagnostics()
    found = load_clock_file(
        score(f'clock file "{path}"\nat 1 "A."\n'), folder, most, outside, faults
    )
    return found, [one.code for one in faults.diagnostics]


def test_a_midi_file_gives_tempi_and_meters(folder: Path) -> None:
    song, reported = loaded(folder, "song.mid")
    assert song == SongTime(
        ((Fraction(0), Fraction(120)),), ((Fraction(0), Meter(4, 4)), (Fraction(4), Meter(3, 4)))
    )
    assert reported == []


def test_other_clocks_name_no_file(folder: Path) -> None:
    faults = Diagnostics()
    assert (
        load_clock_file(score('clock 120 bpm\nat 1 "A."\n'), folder, 10**6, False, faults) is None
    )
    assert not faults.has_errors


@pytest.mark.parametrize(
    ("path", "most", "code"),
    [
        ("gone.mid", 10**6, "E530"),
        ("refs", 10**6, "E530"),
        ("../outside.mid", 10**6, "E531"),
        ("text.mid", 10**6, "E532"),
        ("song.mid", len(SONG) - 1, "E532"),
    ],
)
def test_other_midi_files_are_reported(folder: Path, path: str, most: int, code: str) -> None:
    assert loaded(folder, path, most) == (None, [code])


def test_the_midi_file_that_was_probably_meant_is_named(folder: Path) -> None:
    faults = Diagnostics()
    load_clock_file(score('clock file "sogn.mid"\nat 1 "A."\n'), folder, 10**6, False, faults)
    (one,) = faults.diagnostics
    assert one.hint is not None
    assert "song.mid" in one.hint


def test_a_beat_file_gives_a_tempo_for_each_beat_whatever_its_name(folder: Path) -> None:
    expected = SongTime(
        (
            (Fraction(0), Fraction(120)),
            (Fraction(2), Fraction(80)),
            (Fraction(3), Fraction(240)),
        ),
        ((Fraction(0), Meter(4, 4)),),
        Fraction(1, 2),
    )
    assert loaded(folder, "song.beats") == (expected, [])
    (folder / "beats.mid").write_bytes(BEATS)
    assert loaded(folder, "beats.mid") == (expected, [])


def test_an_analysis_of_beatlens_is_a_beat_file(folder: Path) -> None:
    (folder / "meta.json").write_bytes(BEATLENS)
    song, reported = loaded(folder, "meta.json")
    assert reported == [] and song is not None
    assert song.tempos == ((Fraction(0), Fraction(120)),)
    assert song.start == Fraction(7, 20)


@pytest.mark.parametrize(
    ("path", "data", "code", "message"),
    [
        ("gone.beats", None, "E530", "there is no beat file gone.beats"),
        ("../gone.beats", None, "E531", "the beat file ../gone.beats is outside"),
        (
            "a.beats",
            b'{"beats": ["0", "1", "x"]}',
            "E533",
            "a.beats at /beats/2: a time is a decim",
        ),
        ("a.beats", b'{"beats": [0,\n1,}', "E533", "a.beats:2:3: this is not JSON: "),
        ("a.beats", b"hello", "E533", "a.beats:1:1: this is not JSON: "),
        ("a.beats", b" " * 1_000_001, "E533", "a.beats is larger than 1,000,000 bytes"),
    ],
)
def test_wrong_beat_files_are_reported_with_the_path_of_the_value(
    folder: Path, path: str, data: bytes | None, code: str, message: str
) -> None:
    if data is not None:
        (folder / path).write_bytes(data)
    faults = Diagnostics()
    text = f'clock file "{path}"\nat 1 "A."\n'
    assert load_clock_file(score(text), folder, 10**6, False, faults) is None
    (one,) = faults.diagnostics
    assert one.code == code and message in one.message and one.hint


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [("a.xml", REKORDBOX, "rekordbox"), ("a.txt", AUDACITY, "audacity")],
)
def test_a_file_of_another_program_can_be_imported(
    folder: Path, name: str, data: bytes, kind: str
) -> None:
    (folder / name).write_bytes(data)
    faults = Diagnostics()
    load_clock_file(score(f'clock file "{name}"\nat 1 "A."\n'), folder, 10**6, False, faults)
    (one,) = faults.diagnostics
    assert one.hint == f"make a score of it ({kind}): sequencer import {name}"


@pytest.mark.parametrize(
    ("start", "reported"),
    [(" from 500ms", []), ("", ["W531"]), (" from 1.5s", ["W531"])],
)
def test_a_sound_that_does_not_begin_with_the_beats_is_reported(
    folder: Path, start: str, reported: list[str]
) -> None:
    (folder / "song.wav").write_bytes(b"RIFF")
    text = f'clock file "song.beats"\nsound "song.wav"{start}\nat 1 "A tram."\nend 2\n'
    found = check_text(text, "a.score", folder=folder, advice=False)
    assert [one.code for one in found.diagnostics] == reported
    for one in found.diagnostics:
        assert one.hint == "begin the sound there: from 500ms"
