from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.timebase import TempoChange, TempoMap
from sequencer.language.interchange import rekordbox as reader
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.notations import reads
from sequencer.language.score import ChangeTempo, Cue
from tests.support.imports import body, imported
from tests.support.timed_files import REKORDBOX, cue, rekordbox, tempo, track


def test_the_grid_is_the_clock_cues_are_marks_and_loops_sections() -> None:
    found = imported(REKORDBOX, "rekordbox")
    assert found.text.startswith(
        'score "Boat"\nclock 128 bpm, 4/4\n# artist: Somebody\n# sound "boat song.wav" from 25ms\n'
    )
    assert body(found) == (
        "section gap-1 16 bars {\n"
        "  at 9 mark drop  # hot cue A #28e214, line 5\n}\n"
        "section hook 4 bars {  # loop, hot cue B #28e214, line 5\n}\n"
        "section gap-2 76 bars {\n}"
    )
    assert found.summary == "kept 2, rounded 0, dropped 0"
    assert "bar 1 is at 0.025 s of boat song.wav" in found.notes[0]


def test_a_grid_that_begins_inside_a_bar_counts_from_the_beat_it_states() -> None:
    data = rekordbox(track(tempo("2.5", "120", beat=3), cue("x", "3.5")))
    found = imported(data, "rekordbox")
    assert "from 1.5s\n" in found.text
    assert "at 2 mark x" in found.text


def test_a_first_bar_before_the_track_is_left_out_with_a_note() -> None:
    data = rekordbox(track(tempo("0.5", "120", beat=3), cue("early", "0.5"), cue("x", "1.5")))
    found = imported(data, "rekordbox")
    assert "bar 1 of the score is the next one, at 1.500 s" in found.notes[0]
    assert "at 1 mark x" in found.text
    assert "# dropped: early, hot cue A #28e214, line 5: it is before bar 1\n" in found.text
    assert found.summary == "kept 1, rounded 0, dropped 1 (cues)"


def test_a_change_of_tempo_is_a_cue_on_its_beat() -> None:
    data = rekordbox(track(tempo("0", "120"), tempo("16", "140"), cue("x", "17.714"), seconds=30))
    found = imported(data, "rekordbox")
    assert body(found) == (
        "section track 17 bars {\n  at 9 tempo 140\n  at 10 mark x  # hot cue A #28e214, line 5\n}"
    )


def test_a_change_beside_a_beat_is_reported_and_later_beats_stay_where_they_are() -> None:
    data = rekordbox(track(tempo("0", "120"), tempo("16.1", "60"), cue("x", "20.1")))
    found = imported(data, "rekordbox")
    assert "is 100 ms from a beat" in " ".join(found.notes)
    assert "1 tempi were changed a little" in " ".join(found.notes)
    assert "at 10 mark x" in found.text


def tempi_of(text: str) -> TempoMap:
    """Return the tempo map of a score with one section."""
    score = reads(text)
    assert score.header.clock is not None and score.header.clock.bpm is not None
    changes = [TempoChange(quarter=Fraction(0), bpm=score.header.clock.bpm)]
    for item in score.sections[0].items:
        assert isinstance(item, Cue)
        for action in item.actions:
            if isinstance(action, ChangeTempo):
                place = item.place
                quarter = Fraction(4 * (place.bar - 1) + place.beat - 1) + place.rest  # type: ignore[union-attr]  # written as bars
                changes.append(TempoChange(quarter=quarter, bpm=action.bpm))
    return TempoMap.of(changes)


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(8000, 18000)), min_size=1, max_size=30))
def test_beats_never_drift_from_a_grid_with_many_changes(parts: list[tuple[int, int]]) -> None:
    """rekordbox writes milliseconds and hundredths of a bpm: their errors must not add up."""
    at, anchors, quarter = Fraction(1, 2), [], 0
    tempi = []
    for beats, hundredths in parts:
        anchors.append((quarter, Fraction(round(at * 1000), 1000)))
        tempi.append(tempo(f"{float(anchors[-1][1]):.3f}", f"{hundredths / 100:.2f}"))
        at += beats * Fraction(6000, hundredths)
        quarter += beats
    found = reader.read(rekordbox(track(*tempi, seconds=400)), ImportOptions())
    time = tempi_of(found.text)
    for (beat, wanted), _ in pairwise([*anchors, anchors[-1]]):
        assert abs(time.seconds_at(Fraction(beat)) + anchors[0][1] - wanted) <= Fraction(2, 1000)


def test_a_collection_of_several_tracks_needs_a_name() -> None:
    tracks = [track(tempo("0", "120"), name=name) for name in ("One", "Two", "two", "Three")]
    data = rekordbox(*tracks)
    with pytest.raises(UnreadableError, match='has 4 tracks: "One", "Two"') as raised:
        reader.read(data, ImportOptions())
    assert raised.value.hint == 'choose one: --track "One"'
    assert imported(data, "rekordbox", track="one").text.startswith('score "One"')
    assert imported(data, "rekordbox", track="Two").text.startswith('score "Two"')
    with pytest.raises(UnreadableError, match="2 tracks have the name TWO"):
        reader.read(data, ImportOptions(track="TWO"))
    with pytest.raises(UnreadableError, match='no track has the name Four: "One"'):
        reader.read(data, ImportOptions(track="Four"))


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("", "the track Boat has no beat grid"),
        (tempo("x", "120"), 'Inizio="x" is not a number'),
        (tempo("0", "0"), "0 bpm is not from 10 to 1000"),
        (tempo("0", "120", "4/5"), 'Metro="4/5" is not a meter'),
        (tempo("0", "120", beat=5), "Battito 5 is not a beat of 4/4"),
        (tempo("0", "120") + cue("x", "soon"), 'Start="soon" is not a number'),
    ],
)
def test_a_wrong_value_is_an_error_at_its_line(inside: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        reader.read(rekordbox(track(inside)), ImportOptions())
    assert raised.value.place == ":5"
    assert raised.value.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<DJ_PLAYLISTS/>", "the collection has no track"),
        (b"<DJ_PLAYLISTS>", "this is not XML"),
        (b"<a><DJ_PLAYLISTS/></a>", "the document is a a, not DJ_PLAYLISTS"),
        (b'<!DOCTYPE a><DJ_PLAYLISTS a="&x;"/>', "document type"),
        (b"<DJ_PLAYLISTS>" + bytes(9_000_000), "larger than 8,388,608 bytes"),
    ],
)
def test_another_document_is_an_error(data: bytes, message: str) -> None:
    assert reader.recognise(data)
    with pytest.raises(UnreadableError, match=message):
        reader.read(data, ImportOptions())
