"""MIDI files that break the standard, as real files do: what is intact is read, and what was lost
is reported.
"""

from __future__ import annotations

import io
import struct
import time
from fractions import Fraction
from pathlib import Path

import mido  # type: ignore[import-untyped]  # mido has no type annotations
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.cli import main
from sequencer.language.compiler import compile_all
from sequencer.language.interchange.names import MAX_NAME_LENGTH
from sequencer.language.loader import Notation, load, load_text
from sequencer.language.midi_import import MAX_SECTIONS, score_from_midi
from sequencer.language.notations import print_score
from sequencer.midi.standard_files import MAX_CHANGES, Song, read_midi_file
from sequencer.midi.tracks import MAX_SILENT_QUARTERS, MidiFileError

PPQ = 480
BAR = 4 * PPQ
END = b"\x00\xff\x2f\x00"


def number(value: int) -> bytes:
    """Encode a variable-length number."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))


def meta(wait: int, kind: int, content: bytes) -> bytes:
    return number(wait) + bytes((0xFF, kind)) + number(len(content)) + content


def tempo(wait: int, microseconds: int) -> bytes:
    return meta(wait, 0x51, microseconds.to_bytes(3, "big"))


def meter(wait: int, top: int, power: int) -> bytes:
    return meta(wait, 0x58, bytes((top, power, 24, 8)))


def marker(wait: int, text: str | bytes) -> bytes:
    return meta(wait, 0x06, text if isinstance(text, bytes) else text.encode())


def chunk(content: bytes, name: bytes = b"MTrk", length: int | None = None) -> bytes:
    return name + struct.pack(">I", len(content) if length is None else length) + content


def header(tracks: int = 2, kind: int = 1, division: int = PPQ) -> bytes:
    return chunk(struct.pack(">HHH", kind, tracks, division), b"MThd")


MAP = (
    tempo(0, 500_000)
    + meter(0, 4, 2)
    + marker(0, "Intro")
    + tempo(2 * BAR, 250_000)
    + marker(0, "Verse")
)
"""Intro for two bars at 120 bpm, then Verse at 240."""
CONDUCTOR = MAP + END
NOTES = b"\x00\x90\x3c\x64" + number(4 * BAR) + b"\x3c\x00" + END


def is_whole(song: Song) -> bool:
    """Return whether all of the conductor track and the length of the notes were read."""
    tempos = ((Fraction(0), Fraction(120)), (Fraction(8), Fraction(240)))
    return (
        song.tempos == tempos
        and [one.text for one in song.markers] == ["Intro", "Verse"]
        and song.quarters == 16
    )


def notes_of(*between: bytes) -> bytes:
    """Return a track of notes that is four bars long, with bytes before its second half."""
    first, second = b"\x00\x90\x3c\x64", number(2 * BAR) + b"\x3c\x00"
    return first + number(2 * BAR) + b"\x3e\x40" + b"".join(between) + second + END


ODD: dict[str, tuple[bytes, str | None]] = {
    "nothing": (header() + chunk(CONDUCTOR) + chunk(NOTES), None),
    "running status after a text": (
        header() + chunk(CONDUCTOR) + chunk(notes_of(meta(0, 1, b"%+"))),
        None,
    ),
    "running status after sysex": (
        header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\xf0\x03\x01\x02\xf7")),
        None,
    ),
    "running status after an escape": (
        header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\xf7\x02\xf3\x01")),
        None,
    ),
    "active sensing": (header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\xfe")), None),
    "a clock among the data": (
        header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\x90\x3c\xf8\x40")),
        None,
    ),
    "a tune request": (header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\xf6")), None),
    "a song position": (header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\xf2\x01\x02")), None),
    "an undefined message": (header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\xf4\0\xf5")), None),
    "a velocity above 127": (
        header() + chunk(CONDUCTOR) + chunk(notes_of(b"\0\x90\x3c\xc8")),
        "1 data bytes above 127",
    ),
    "a length too large": (
        header() + chunk(CONDUCTOR, length=len(CONDUCTOR) + 4) + chunk(NOTES),
        "bytes, not the",
    ),
    "a length far too large": (
        header() + chunk(CONDUCTOR, length=1 << 31) + chunk(NOTES),
        "bytes, not the",
    ),
    "a length of both tracks": (
        header() + chunk(CONDUCTOR, length=len(CONDUCTOR) + 8 + len(NOTES)) + chunk(NOTES),
        "bytes, not the",
    ),
    "a length too small": (
        header() + chunk(CONDUCTOR, length=len(CONDUCTOR) - 9) + chunk(NOTES),
        "bytes, not the",
    ),
    "a length of nothing": (header() + chunk(CONDUCTOR, length=0) + chunk(NOTES), "bytes, not the"),
    "the last length too large": (
        header() + chunk(CONDUCTOR) + chunk(NOTES, length=len(NOTES) + 3),
        "track 2 has",
    ),
    "the last length too small": (
        header() + chunk(CONDUCTOR) + chunk(NOTES, length=5),
        "track 2 has",
    ),
    "no end of the first track": (
        header() + chunk(MAP) + chunk(NOTES),
        "track 1 has no end-of-track event",
    ),
    "no end, and a length too large": (
        header() + chunk(MAP, length=999) + chunk(NOTES),
        "track 1 has no end-of-track event",
    ),
    "no end of the last track": (
        header() + chunk(CONDUCTOR) + chunk(NOTES[:-4]),
        "track 2 has no end-of-track event",
    ),
    "bytes after the end of a track": (
        header() + chunk(CONDUCTOR + b"more") + chunk(NOTES),
        "4 bytes after the end of track 1",
    ),
    "noughts after the end of a track": (
        header() + chunk(CONDUCTOR + bytes(9)) + chunk(NOTES),
        None,
    ),
    "bytes between the tracks": (
        header() + chunk(CONDUCTOR) + b"junk!" + chunk(NOTES),
        "5 bytes before track 2",
    ),
    "bytes before the first track": (
        header() + b"\x00junk" + chunk(CONDUCTOR) + chunk(NOTES),
        "5 bytes before track 1",
    ),
    "bytes after the last track": (
        header() + chunk(CONDUCTOR) + chunk(NOTES) + b"the end",
        "7 bytes after the last track",
    ),
    "bytes before the header": (
        bytes(128) + header() + chunk(CONDUCTOR) + chunk(NOTES),
        "128 bytes before the header",
    ),
    "a chunk of another kind": (
        header() + chunk(b"any", b"XFIH") + chunk(CONDUCTOR) + chunk(NOTES) + chunk(b"", b"XFKM"),
        None,
    ),
    "a longer header": (
        chunk(struct.pack(">HHHI", 1, 2, PPQ, 7), b"MThd") + chunk(CONDUCTOR) + chunk(NOTES),
        None,
    ),
    "a header's length that is wrong": (
        header()[:7] + b"\x2a" + header()[8:] + chunk(CONDUCTOR) + chunk(NOTES),
        None,
    ),
    "a format that does not exist": (header(kind=7) + chunk(CONDUCTOR) + chunk(NOTES), "format 7"),
    "a RIFF file": (
        b"RIFF\x99\0\0\0RMIDdata\x99\0\0\0" + header() + chunk(CONDUCTOR) + chunk(NOTES),
        None,
    ),
    "a RIFF file with facts": (
        b"RIFF\x99\0\0\0RMIDLIST\4\0\0\0INFOdata\x99\0\0\0"
        + header()
        + chunk(CONDUCTOR)
        + chunk(NOTES),
        None,
    ),
    "fewer tracks than announced": (
        header(5) + chunk(CONDUCTOR) + chunk(NOTES),
        "announces 5 tracks, and 2 were found",
    ),
    "more tracks than announced": (header(1) + chunk(CONDUCTOR) + chunk(NOTES), None),
    "a far end of a track": (
        header(3)
        + chunk(CONDUCTOR)
        + chunk(NOTES)
        + chunk(b"\0\x90\x3c\x40\xff\xff\xff\x7f\xff\x2f\0"),
        "track 3 ends 559,240 quarters after its last event; its end was moved to bar 1.1",
    ),
    "a tempo of two bytes": (
        header() + chunk(meta(0, 0x51, b"\7\7") + CONDUCTOR) + chunk(NOTES),
        "a tempo of 2 bytes instead of 3",
    ),
    "an unreadable event in the notes": (
        header(3) + chunk(CONDUCTOR) + chunk(NOTES) + chunk(number(BAR) + b"\x3c\x40" + END),
        "track 3 cannot be read from bar 1.1 on (the byte 0x3c where an event begins)",
    ),
    "a number that never ends": (
        header(3)
        + chunk(CONDUCTOR)
        + chunk(NOTES)
        + chunk(number(BAR) + b"\x90\x3c\x40\xff\xff\xff\xff\x7f\x3c\x00" + END),
        "track 3 cannot be read from bar 2.1 on (a number of more than four bytes)",
    ),
    "an event after weeks": (
        header(3) + chunk(CONDUCTOR) + chunk(NOTES) + chunk(b"\xff\xff\xff\x7f\x90\x3c\x40" + END),
        "longer than any music",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_intact_is_read(name: str) -> None:
    data, note = ODD[name]
    song = read_midi_file(data)
    assert is_whole(song), (song.tempos, song.markers, song.quarters)
    if note is None:
        assert song.notes == ()
    else:
        assert note in " / ".join(song.notes)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (header(1) + chunk(CONDUCTOR[:-9]), "track 1 ends in the middle of an event at bar 3.1"),
        (
            header(1) + chunk(CONDUCTOR[:-12], length=len(CONDUCTOR)),
            "track 1 is cut off at bar 3.1",
        ),
        (
            header(1) + chunk(MAP + number(BAR) + b"\x3c\x40" + END),
            "track 1 cannot be read from bar 3.1 on",
        ),
        (
            header(2) + chunk(MAP + meta(BAR, 0x06, b"x")[:-1], length=7 + len(MAP)) + chunk(NOTES),
            "track 1 ends in the middle",
        ),
    ],
)
def test_what_is_lost_is_reported_and_where(data: bytes, note: str) -> None:
    song = read_midi_file(data)
    assert song.tempos[0] == (Fraction(0), Fraction(120))
    assert song.tempos[1:] == ((Fraction(8), Fraction(240)),)
    assert note in " / ".join(song.notes)


@pytest.mark.parametrize("cut", range(14 + 9, len(ODD["nothing"][0]) - 1))
def test_wherever_a_file_is_cut_off_it_is_reported(cut: int) -> None:
    data = ODD["nothing"][0][:cut]
    try:
        song = read_midi_file(data)
    except MidiFileError as error:
        assert "no event" in error.message
        return
    assert song.notes, "a file that was cut off is read without a word"
    assert (
        not is_whole(song) or "cut off" in " ".join(song.notes) or "tracks" in " ".join(song.notes)
    )


def test_the_end_of_hours_is_believed() -> None:
    song = read_midi_file(
        header(1, division=1) + chunk(MAP[:7] + number(MAX_SILENT_QUARTERS) + b"\xff\x2f\0")
    )
    assert song.quarters == MAX_SILENT_QUARTERS
    assert song.notes == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (header(division=0) + chunk(CONDUCTOR), "the division of this MIDI file is 0"),
        (header(division=0xE728) + chunk(CONDUCTOR), "counts video frames"),
        (header(kind=2) + chunk(CONDUCTOR), "format 2"),
        (header(), "no track"),
        (header() + chunk(b"\x00"), "no event of this MIDI file can be read"),
        (header() + chunk(b"\x00\x3c\x40"), "no event of this MIDI file can be read"),
        (b"\0" * 70_000 + header() + chunk(CONDUCTOR), "does not begin with MThd"),
        (header()[:12], "does not begin with MThd"),
    ],
)
def test_what_cannot_be_read_at_all(data: bytes, message: str) -> None:
    with pytest.raises(MidiFileError, match=message) as raised:
        read_midi_file(data)
    assert raised.value.hint


@pytest.mark.parametrize(
    "data",
    [
        header() + chunk(b"\0\x90\x3c\x40", length=0) * 100_000,
        header() + b"MTrk" * 500_000,
        header() + b"ABCD\0\0\0\0" * 250_000,
        header() + b"ABCD\0\0\0\1" * 250_000,
        header() + chunk(b"\0\x3c", length=9) * 100_000,
        header() + chunk(b"\0" * 2_000_000),
        header() + chunk(b"\0\x90\x3c\x40" + b"\0\x3c\x40" * 300_000),
    ],
    ids=range(7),
)
def test_no_file_takes_long(data: bytes) -> None:
    began = time.monotonic()
    try:
        song = read_midi_file(data)
    except MidiFileError:
        pass
    else:
        assert len(song.notes) < 40
    assert time.monotonic() - began < 10


# ---- the same with `import` and `clock file` -----------------------------------------------------


def test_import_reports_what_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.mid").write_bytes(ODD["a length too large"][0])
    assert main(["import", str(tmp_path / "a.mid")]) == 0
    out, err = capsys.readouterr()
    assert "section verse 2 bars, tempo 240" in out
    assert "track 1 has" in err


def test_a_clock_reads_the_same_file_with_the_same_notes(tmp_path: Path) -> None:
    data = ODD["an unreadable event in the notes"][0]
    (tmp_path / "a.mid").write_bytes(data)
    (tmp_path / "a.score").write_text(
        'clock file "a.mid"\nat 1 "A tram waits."\nend 4\n', encoding="utf-8"
    )
    reading = load(tmp_path / "a.score")
    assert [(one.code, one.severity, one.span.line) for one in reading.diagnostics] == [
        ("W530", "warning", 1)
    ]
    assert [one.message for one in reading.diagnostics] == [
        f"a.mid: {note}" for note in read_midi_file(data).notes
    ]
    assert reading.score is not None
    assert reading.score.song is not None
    assert reading.score.song.tempos == read_midi_file(data).tempos


# ---- the score that import writes has no errors --------------------------------------------------


def faults_of(song: Song, title: str, notation: Notation) -> list[str]:
    """Return the errors of the score that import would write."""
    text = print_score(score_from_midi(song, title), notation)
    reading = load_text(text, notation=notation)
    found = [*reading.diagnostics]
    if reading.score is not None:
        found += compile_all(reading.score).diagnostics
    return [f"{one.code} {one.message}" for one in found if one.severity == "error"]


TEXTS = st.one_of(
    st.sampled_from(
        [
            "Verse",
            "verse",
            "end",
            "until",
            "play",
            "サビ",
            "间奏",
            "후렴",
            "1st",
            "a" * 300,
            '"',
            "{x}",
            "\\",
            "# no",
        ]
    ),
    st.text(max_size=30),
    st.binary(max_size=12),
)
WAITS = st.one_of(
    st.sampled_from([0, 0, 1, 7, PPQ // 16, PPQ, BAR, 4 * BAR]), st.integers(0, 100_000)
)
METAS = st.one_of(
    st.tuples(st.just("tempo"), WAITS, st.integers(60_000, 0xFFFFFF)),
    st.tuples(st.just("meter"), WAITS, st.tuples(st.integers(1, 64), st.integers(0, 6))),
    st.tuples(st.sampled_from(["marker", "cue", "name"]), WAITS, TEXTS),
)


def built(events: list[tuple[str, int, object]], division: int) -> bytes:
    """Return a file of the drawn meta events."""
    track = b""
    for what, wait, value in events:
        match what, value:
            case "tempo", int(microseconds):
                track += tempo(wait, microseconds)
            case "meter", (int(top), int(power)):
                track += meter(wait, top, power)
            case _:
                content = (
                    value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
                )
                track += meta(wait, {"marker": 6, "cue": 7}.get(what, 3), content)
    return header(1, division=division) + chunk(track + END)


PARTS = st.lists(
    st.tuples(
        st.sampled_from([(4, 2), (1, 2), (3, 3), (1, 4), (1, 6), (7, 3)]),
        st.sampled_from([60_000, 120_000, 500_000, 461_538, 3_000_000]),
        st.integers(1, 9),
        TEXTS,
    ),
    max_size=30,
)


def in_parts(
    parts: list[tuple[tuple[int, int], int, int, str | bytes]],
) -> list[tuple[str, int, object]]:
    """Return a song of parts with a meter, a tempo, bars and a marker each.

    Most parts are shorter than a chunk.
    """
    events: list[tuple[str, int, object]] = []
    wait = 0
    for (top, power), microseconds, bars, text in parts:
        events += [("meter", wait, (top, power)), ("tempo", 0, microseconds), ("marker", 0, text)]
        wait = bars * top * 4 * PPQ >> power
    return [*events, ("marker", wait, "")]


@given(PARTS.map(in_parts), st.sampled_from(Notation))
@settings(max_examples=150, deadline=None)
def test_songs_of_short_sections_check(
    events: list[tuple[str, int, object]], notation: Notation
) -> None:
    song = read_midi_file(built(events, PPQ))
    assert faults_of(song, "short", notation) == []
    sections = score_from_midi(song, "short").sections
    assert len(sections) == max(
        1, len({one.quarter for one in song.markers if one.quarter < song.quarters} | {Fraction(0)})
    )


@given(
    st.lists(METAS, max_size=25),
    st.sampled_from([1, 24, 96, 480, 960, 32_767]),
    TEXTS.map(str),
    st.sampled_from(Notation),
)
@settings(max_examples=250, deadline=None)
def test_whatever_import_writes_checks(
    events: list[tuple[str, int, object]], division: int, title: str, notation: Notation
) -> None:
    try:
        song = read_midi_file(built(events, division))
        score_from_midi(song, title)
    except MidiFileError as error:
        assert "longer than" in error.message or "bars long" in error.message
        return
    assert faults_of(song, title, notation) == []


def test_a_pickup_bar_and_its_section_have_their_prompts(tmp_path: Path) -> None:
    events: list[tuple[str, int, object]] = [
        ("meter", 0, (1, 2)),
        ("meter", PPQ, (4, 2)),
        ("marker", 0, "A"),
    ]
    events += [("marker", 2 * BAR, "B"), ("marker", BAR, "")]
    song = read_midi_file(built(events, PPQ))
    opening, first, second = score_from_midi(song, "x").sections
    assert [str(one.items[0].place.beat) for one in (opening, first, second)] == ["1", "2", "1"]  # type: ignore[union-attr]
    (tmp_path / "a.mid").write_bytes(built(events, PPQ))
    for name in ("a.score", "a.yaml"):
        assert main(["import", str(tmp_path / "a.mid"), "-o", str(tmp_path / name)]) == 0
        assert main(["check", "-q", str(tmp_path / name)]) == 0


@pytest.mark.parametrize("notation", Notation)
def test_more_markers_than_a_score_has_sections(notation: Notation) -> None:
    events: list[tuple[str, int, object]] = [
        ("marker", PPQ, "x" * 300) for _ in range(3 * MAX_SECTIONS)
    ]
    song = read_midi_file(built([("meter", 0, (1, 2)), *events], PPQ))
    score = score_from_midi(song, "many")
    assert len(score.sections) == MAX_SECTIONS
    assert max(len(one.name) for one in score.sections) <= MAX_NAME_LENGTH
    assert faults_of(song, "many", notation) == []


def test_a_song_that_no_score_can_hold_is_refused_in_words() -> None:
    song = read_midi_file(built([("tempo", 0, 0xFFFFFF), ("marker", 100 * PPQ * 4_000, "x")], PPQ))
    with pytest.raises(
        MidiFileError,
        match=r"longer than 382 hours.*its marker x is at bar 100,001, the last event in it",
    ) as raised:
        score_from_midi(song, "x")
    assert (
        raised.value.hint
        == "move it to where the music is, or delete it, and export the song again"
    )
    song = read_midi_file(
        built([("tempo", 1, 400_000 + count % 9) for count in range(MAX_CHANGES + 1)], PPQ)
    )
    with pytest.raises(MidiFileError, match="100,003 tempo changes"):
        score_from_midi(song, "x")


# ---- growth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lowest", [60_000, 200_000, 500_000])
def test_a_dense_tempo_curve_keeps_exact_times_short(lowest: int) -> None:
    """If tempi were rounded to likely intended values, each would add its own denominator to all
    later times.
    """
    song = read_midi_file(built([("tempo", 60, lowest + count) for count in range(8_000)], 960))
    assert len(song.tempos) >= 8_000
    began = time.monotonic()
    seconds = song.tempo.seconds_at(song.quarters)
    score = score_from_midi(song, "curve")
    assert time.monotonic() - began < 4
    assert seconds == sum(
        Fraction((lowest + count) * 60, 960_000_000) for count in range(7_999)
    ) + Fraction(30_000, 960_000)
    assert 960_000_000 % seconds.denominator == 0
    assert len(score.sections) == 1


def test_few_tempi_are_taken_as_they_were_meant() -> None:
    song = read_midi_file(
        built([("tempo", 0, 461_538), ("tempo", PPQ, 468_750), ("tempo", PPQ, 476_190)], PPQ)
    )
    assert [bpm for _, bpm in song.tempos] == [130, 128, 126]


def test_many_marks_of_one_name() -> None:
    song = read_midi_file(
        built([("meter", 0, (64, 0)), *(("marker", 1, "hit") for _ in range(30_000))], PPQ)
    )
    began = time.monotonic()
    score = score_from_midi(song, "x")
    assert time.monotonic() - began < 10
    assert len(score.sections[0].items) == 30_001


def test_many_sections_with_many_tempi() -> None:
    events: list[tuple[str, int, object]] = []
    for count in range(1_500):
        events += [
            ("marker", BAR, "verse"),
            *(("tempo", 1, 400_000 + (count * 7 + more) % 900) for more in range(20)),
        ]
        events.append(("meter", BAR - 20, (4, 2)))
    song = read_midi_file(built(events, PPQ))
    began = time.monotonic()
    score = score_from_midi(song, "x")
    assert time.monotonic() - began < 10
    assert [score.sections[at].name for at in (1, 2, 1_400)] == ["verse", "verse-2", "verse-1400"]


# ---- the same as other readers -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nothing", "a velocity above 127", "a longer header"])
def test_mido_reads_the_same(name: str) -> None:
    data = ODD[name][0]
    other = mido.MidiFile(file=io.BytesIO(data), clip=True)
    song = read_midi_file(data)
    assert float(song.tempo.seconds_at(song.quarters)) == pytest.approx(other.length)
