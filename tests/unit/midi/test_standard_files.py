"""MIDI files: read as mido writes them, imported as scores with the time of the song, and refused
with a clear message.
"""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import mido  # type: ignore[import-untyped]  # mido has no type annotations
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.cli import main
from sequencer.core.timebase import Meter
from sequencer.language.compiler import compile_score
from sequencer.language.midi_import import score_from_midi
from sequencer.language.notations import print_score, read, reads
from sequencer.language.score import AtBar, ChangeMeter, ChangeTempo, Cue, SetMark
from sequencer.midi.standard_files import read_midi_file
from sequencer.midi.tracks import MidiFileError

Event = tuple[int, str, object]
"""(tick, what, value): tempo in microseconds, meter, marker."""
PPQ = 480
BAR = 4 * PPQ


def song_of(events: list[Event], end: int, ppq: int = PPQ, kind: int = 1) -> bytes:
    """Return a file as mido writes it, with an additional track of notes."""
    file = mido.MidiFile(ticks_per_beat=ppq, type=kind)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Song of tests")])
    now = 0
    for tick, what, value in sorted(events, key=lambda one: one[0]):
        match what, value:
            case "tempo", int():
                message = mido.MetaMessage("set_tempo", tempo=value, time=tick - now)
            case "meter", Meter():
                message = mido.MetaMessage(
                    "time_signature",
                    numerator=value.numerator,
                    denominator=value.denominator,
                    time=tick - now,
                )
            case _:
                message = mido.MetaMessage(what, text=str(value), time=tick - now)
        track.append(message)
        now = tick
    notes = mido.MidiTrack(
        [
            mido.Message("note_on", note=60, time=0),
            mido.Message("note_on", note=60, velocity=0, time=end),
        ]
    )
    notes.insert(1, mido.Message("sysex", data=(1, 2, 3)))
    file.tracks += [track, notes] if kind else [track]
    if not kind:
        track.append(mido.MetaMessage("end_of_track", time=end - now))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


SONG: list[Event] = [
    (0, "tempo", 461538),
    (0, "marker", "Intro"),
    (4 * BAR, "marker", "Verse 1"),
    (6 * BAR, "tempo", 500000),
    (6 * BAR + PPQ, "marker", "snare!"),
    (8 * BAR, "meter", Meter(3, 4)),
    (8 * BAR, "marker", "Verse 1"),
    (8 * BAR + 2 * 3 * PPQ, "meter", Meter(7, 8)),
    (8 * BAR + 2 * 3 * PPQ + 7 * PPQ // 2, "cue_marker", "lift"),
]
END = 8 * BAR + 2 * 3 * PPQ + 4 * 7 * PPQ // 2


@pytest.mark.parametrize("kind", [0, 1])
def test_a_song_is_read(kind: int) -> None:
    song = read_midi_file(song_of(SONG, END, kind=kind))
    assert song.title == "Song of tests"
    assert song.tempos == ((Fraction(0), Fraction(130)), (Fraction(24), Fraction(120)))
    assert song.meter_changes == (
        (Fraction(0), Meter(4, 4)),
        (Fraction(32), Meter(3, 4)),
        (Fraction(38), Meter(7, 8)),
    )
    assert [(marker.quarter, marker.text) for marker in song.markers][-1] == (
        Fraction(83, 2),
        "lift",
    )
    assert song.quarters == Fraction(END, PPQ)
    assert song.meters.changes == ((0, Meter(4, 4)), (8, Meter(3, 4)), (10, Meter(7, 8)))
    length = mido.MidiFile(file=io.BytesIO(song_of(SONG, END))).length
    assert float(song.tempo.seconds_at(song.quarters)) == pytest.approx(length, abs=1e-4)


def test_a_song_becomes_sections_and_marks() -> None:
    score = score_from_midi(read_midi_file(song_of(SONG, END)), "x")
    assert [one.name for one in score.sections] == ["intro", "verse-1", "verse-1-2", "lift"]
    intro, verse, second, lift = score.sections
    assert (intro.tempo, intro.meter) == (None, None)
    _, tempo, mark = verse.items
    assert tempo == Cue(AtBar(3), (ChangeTempo(Fraction(120)),))
    assert mark == Cue(AtBar(3, 2), (SetMark("snare"),))
    assert second.tempo == ChangeTempo(Fraction(120))
    assert second.meter == ChangeMeter(Meter(3, 4))
    assert lift.meter == ChangeMeter(Meter(7, 8))
    text = print_score(score)
    again = reads(text)
    assert again == score
    compiled = compile_score(again)
    song = read_midi_file(song_of(SONG, END))
    total = compiled.stretches[-1].start + compiled.stretches[-1].seconds
    assert total == song.tempo.seconds_at(song.quarters)


def test_a_song_without_anything() -> None:
    song = read_midi_file(song_of([], 5 * PPQ))
    assert song.tempos == ((Fraction(0), Fraction(120)),)
    score = score_from_midi(song, "plain")
    (section,) = score.sections
    assert section.duration is not None
    assert (section.name, section.duration.amount) == ("song", Fraction(2))


def test_a_change_of_meter_inside_a_bar_is_reported() -> None:
    song = read_midi_file(song_of([(BAR + PPQ, "meter", Meter(3, 4))], 4 * BAR))
    assert song.meter_changes[1] == (Fraction(8), Meter(3, 4))
    assert "inside a bar" in song.notes[0]


METERS = st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(7, 8), Meter(5, 16), Meter(2, 2)])


@given(
    st.lists(st.tuples(st.integers(0, 40 * BAR), st.integers(200_000, 1_500_000)), max_size=12),
    st.lists(st.tuples(st.integers(0, 40 * BAR), METERS), max_size=5),
    st.lists(
        st.tuples(
            st.integers(0, 40 * BAR),
            st.sampled_from(["A", "Chorus", "1st", "drop!", "Ünïcode", ""]),
        ),
        max_size=8,
    ),
    st.sampled_from([24, 96, 480, 960]),
)
@settings(max_examples=60, deadline=None)
def test_any_song_keeps_its_time(
    tempi: list[tuple[int, int]],
    meters: list[tuple[int, Meter]],
    markers: list[tuple[int, str]],
    ppq: int,
) -> None:
    events: list[Event] = [(at, "tempo", value) for at, value in tempi]
    events += [(at, "meter", value) for at, value in meters]
    events += [(at, "marker", value) for at, value in markers]
    song = read_midi_file(song_of(events, 41 * BAR, ppq))
    score = reads(print_score(score_from_midi(song, "any")))
    compiled = compile_score(score)
    last = compiled.stretches[-1]
    here = song.meters.bar_beat_at(song.quarters)
    end = song.meters.bar_start(here.bar - 1 if here.beat == 1 and here.rest == 0 else here.bar)
    assert last.start + last.seconds == song.tempo.seconds_at(end)


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_song_or_refused(noise: bytes, position: int) -> None:
    whole = song_of(SONG, END)
    for data in (
        noise,
        b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk" + len(noise).to_bytes(4, "big") + noise,
        whole[:position] + noise + whole[position:],
    ):
        try:
            song = read_midi_file(data)
        except MidiFileError as error:
            assert error.hint
        else:
            assert song.quarters >= 0


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([(0, "meter", Meter(90, 4))], "90/4"),
        ([(0, "tempo", 59_999)], "59999 microseconds"),
        ([(PPQ, "meter", Meter(63, 4)), (2 * PPQ, "meter", Meter(3, 4))], "inside a bar"),
        (
            [
                (PPQ, "meter", Meter(3, 4)),
                (2 * PPQ, "meter", Meter(5, 8)),
                (5 * PPQ, "meter", Meter(7, 8)),
            ],
            "inside a bar",
        ),
    ],
)
def test_what_no_score_can_hold_is_passed_over_and_reported(
    events: list[Event], message: str
) -> None:
    song = read_midi_file(song_of(events, 9 * BAR))
    assert any(message in note for note in song.notes), song.notes
    compile_score(reads(print_score(score_from_midi(song, "Odd"))))


def test_what_comes_after_weeks_is_not_believed() -> None:
    assert read_midi_file(song_of([], 500_000, ppq=1)).notes == ()
    assert "longer than any music" in " ".join(read_midi_file(song_of([], 500_001, ppq=1)).notes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "MThd"),
        (b"RIFF....WAVEfmt ", "MThd"),
        (b"MThd\0\0\0\6\0\2\0\1\1\xe0MTrk\0\0\0\0", "format 2"),
        (b"MThd\0\0\0\6\0\1\0\1\xe7\x28MTrk\0\0\0\0", "video frames"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x20abc", "no event"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0", "no track"),
    ],
)
def test_what_is_no_song(data: bytes, message: str) -> None:
    with pytest.raises(MidiFileError, match=message):
        read_midi_file(data)


class TestCommand:
    def test_it_writes_a_score_that_checks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        song = tmp_path / "song.mid"
        song.write_bytes(song_of(SONG, END))
        out = tmp_path / "song.score"
        assert main(["import", str(song), "-o", str(out)]) == 0
        assert "tempi: 2" in capsys.readouterr().out
        assert read(out).header.title == "Song of tests"
        assert main(["check", str(out)]) == 0
        assert main(["import", str(song), "-o", str(out)]) == 2
        assert "already exists" in capsys.readouterr().err
        assert main(["import", str(song), "-o", str(out), "--force"]) == 0
        assert main(["import", str(song), "-o", str(tmp_path / "song.yaml")]) == 0
        assert compile_score(read(tmp_path / "song.yaml")).takes == compile_score(read(out)).takes

    def test_it_prints(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        song = tmp_path / "song.mid"
        song.write_bytes(song_of(SONG, END))
        assert main(["import", str(song)]) == 0
        assert "section verse-1 4 bars" in capsys.readouterr().out

    def test_what_goes_wrong(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["import", str(tmp_path / "none.mid")]) == 1
        (tmp_path / "a.mid").write_bytes(b"nothing")
        assert main(["import", str(tmp_path / "a.mid")]) == 1
        assert main(["import", str(tmp_path / "a.mid"), "-o", "x.txt"]) == 2
        assert "Traceback" not in capsys.readouterr().err
