"""`clock file`: a score in the time of a MIDI file, in which every pass continues at the file's
current time.
"""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.catalog.computed import midi_file
from sequencer.core.errors import ScoreError
from sequencer.language.compiler import compile_all, compile_score
from sequencer.language.notations import read, reads
from sequencer.language.score import ClockKind, SongTime
from sequencer.language.text.printer import print_text
from sequencer.language.yaml.printer import print_yaml
from sequencer.midi.standard_files import read_midi_file
from sequencer.schedule.document import digest
from sequencer.schedule.model import Schedule

BAR = 96
"""Ticks of a bar of 4/4, 24 to the quarter."""


def tempo(bpm: int) -> bytes:
    return b"\x51\x03" + (60_000_000 // bpm).to_bytes(3, "big")


def meter(top: int, power: int) -> bytes:
    return bytes((0x58, 4, top, power, 24, 8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """120 bpm and 4/4; from bar 3 on 60 bpm; from bar 4 on 3/4."""
    changes = (
        (0, tempo(120)),
        (0, meter(4, 2)),
        (BAR, b"\x01\x00"),
        (BAR, tempo(60)),
        (BAR, meter(3, 2)),
    )
    (tmp_path / "song.mid").write_bytes(midi_file(*changes))
    return tmp_path


def compiled(text: str, folder: Path) -> Schedule:
    return compile_score(reads(text, folder=folder))


TWICE = """clock file "song.mid"
section a 2 bars {
  at 1 "One."
  at 2 "Two."
}
section b 2 bars {
  at 1 "Three."
  at 2.3 "Four.", midi note C3 for 1 beat
}
play a b a
"""


def test_every_pass_is_where_the_file_is_by_then(folder: Path) -> None:
    schedule = compiled(TWICE, folder)
    assert [stretch.start for stretch in schedule.stretches] == [0, 4, 11]
    assert [stretch.seconds for stretch in schedule.stretches] == [4, 7, 6]
    assert [entry.offset for entry in schedule.entries] == [0, 2, 0, 6, 0, 3]
    assert [stretch.occurrence for stretch in schedule.stretches] == [1, 1, 2]
    assert [
        str(stretch.meters.changes[-1][1]) for stretch in schedule.stretches if stretch.meters
    ] == ["4/4", "3/4", "3/4"]
    note = schedule.stretches[1].sends[0].acts[0]
    assert note.kind == "midi_note"
    assert note.seconds == 1
    assert schedule.clock.bpm == 120


def test_without_sections_too(folder: Path) -> None:
    schedule = compiled(
        'clock file "song.mid"\nat 1 "One."\nat 3.2 "Two."\nat 5 "Three."\n', folder
    )
    assert [entry.offset for entry in schedule.entries] == [0, 5, 11]


def test_both_notations_and_both_printers(folder: Path) -> None:
    score = reads(TWICE, folder=folder)
    for text, file in ((print_text(score), "a.score"), (print_yaml(score), "a.yaml")):
        again = reads(text, file=file, folder=folder)
        assert again == score
        assert digest(compile_score(again)) == digest(compile_score(score))


def test_another_file_is_another_schedule(folder: Path) -> None:
    before = digest(compiled(TWICE, folder))
    (folder / "song.mid").write_bytes(midi_file((0, tempo(121))))
    assert digest(compiled(TWICE, folder)) != before


def test_a_file_is_read_beside_its_score(folder: Path) -> None:
    (folder / "a.score").write_text(TWICE, encoding="utf-8")
    score = read(folder / "a.score")
    assert score.song is not None
    assert score.header.clock is not None
    assert score.header.clock.kind is ClockKind.FILE


def test_a_fault_of_two_passes_is_reported_once(folder: Path) -> None:
    wrong = TWICE.replace("  at 2 ", "  at 2.9 ")
    found = compile_all(reads(wrong, folder=folder))
    assert len([one for one in found.diagnostics if one.span.line == 4]) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "begin with MThd"),
        (b"MThd\0\0\0\6\0\2\0\1\0\x18MTrk\0\0\0\4\0\xff\x2f\0", "format 2"),
        (midi_file()[:-3], "no event"),
    ],
)
def test_what_cannot_be_read(folder: Path, data: bytes, message: str) -> None:
    (folder / "song.mid").write_bytes(data)
    with pytest.raises(ScoreError, match=message) as raised:
        compiled(TWICE, folder)
    assert [one.code for one in raised.value.diagnostics] == ["E532"]


def test_every_change_of_meter_counts_at_once(folder: Path) -> None:
    """Regression: the meters were recomputed for each change, so that the time grew with the
    square.
    """
    changes = [(BAR if count % 2 else 72, meter(3 + count % 2, 2)) for count in range(12_000)]
    (folder / "song.mid").write_bytes(midi_file((0, meter(4, 2)), *changes))
    began = time.monotonic()
    schedule = compiled(TWICE.replace("at 2.3", "at 2"), folder)
    assert time.monotonic() - began < 10
    assert len(schedule.stretches) == 3


@pytest.mark.parametrize(
    "path", ["../song.mid", "/etc/passwd", "nowhere/song.mid", ".", "a\\b.mid"]
)
def test_nothing_outside_of_the_folder_is_opened(folder: Path, path: str) -> None:
    inner = folder / "inner"
    inner.mkdir()
    written = path.replace("\\", "\\\\")
    with pytest.raises(ScoreError) as raised:
        reads(TWICE.replace("song.mid", written), folder=inner)
    assert {one.code for one in raised.value.diagnostics} <= {"E530", "E531"}


@given(
    st.lists(st.tuples(st.integers(0, 127), st.integers(20, 300)), max_size=12), st.integers(3, 7)
)
def test_times_add_up(changes: list[tuple[int, int]], bars: int) -> None:
    found = read_midi_file(midi_file(*((wait, tempo(bpm)) for wait, bpm in changes)))
    time = SongTime(found.tempos, found.meter_changes)
    text = f'clock file "s.mid"\nsection a {bars} bars {{\n  at 1 "One."\n}}\nplay a*3\n'
    schedule = compile_score(replace(reads(text), song=time))
    ends = [found.tempo.seconds_at(Fraction(bars * 4 * count)) for count in range(1, 4)]
    assert [stretch.start + stretch.seconds for stretch in schedule.stretches] == ends
