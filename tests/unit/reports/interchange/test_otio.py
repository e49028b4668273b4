"""The timeline is read back by the library of OpenTimelineIO, if that is installed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sequencer import compile_score, reads
from sequencer.reports.interchange import otio
from sequencer.reports.interchange.exported import ExportOptions
from sequencer.reports.interchange.film import FilmPause, film_of_schedule

SCORE = """
score "Paper boat"
seed 42
section drift 6c {
  at 0c "A paper boat drifts along a gutter, and it is a very long way to the sea."
  at 2c strength 0.5, "It turns."
  at 3c mark quiet
}
section pool 4c, cut seed 9 {
  at 0c sr 4x, "A pool."
}
play drift pool
"""


def timeline(video: str | None = None) -> Any:
    library = pytest.importorskip("opentimelineio")
    film = film_of_schedule(compile_score(reads(SCORE)))
    text = otio.write(film, ExportOptions(video=video)).text
    return library.adapters.read_from_string(text, "otio_json")


def test_prompts_are_clips_of_the_recording() -> None:
    found = timeline("video.mp4")
    (track,) = found.tracks
    assert found.name == "Paper boat" and found.global_start_time.value == 86400
    assert [clip.name for clip in track] == [
        "0c A paper boat drifts along a gutter, and it is a very long wa…",
        "2c It turns.",
        "0s A pool.",
    ]
    ranges = [(one.source_range.start_time.value, one.source_range.duration.value) for one in track]
    assert ranges == [(0, 66), (66, 132), (198, 132)]
    assert track.duration().value == 330 and track.duration().rate == 24
    assert track[0].media_reference.target_url == "video.mp4"
    notes = track[1].metadata["helios_sequencer"]
    assert (notes["chunk"], notes["prompt"], notes["snap_error_ms"]) == (2, "It turns.", 0)
    assert found.metadata["helios_sequencer"]["seed"] == 42


def test_the_rest_are_markers() -> None:
    (track,) = timeline().tracks
    found = [
        (one.name, one.color, one.marked_range.start_time.value, one.marked_range.duration.value)
        for one in track.markers
    ]
    assert found == [
        ("drift", "PURPLE", 0, 198),
        ("strength", "YELLOW", 66, 1),
        ("quiet", "GREEN", 99, 1),
        ("pool", "PURPLE", 198, 132),
        ("cut", "RED", 198, 1),
        ("sr", "ORANGE", 198, 1),
    ]
    assert track.markers[4].comment == "cut seed 9 at 0s, 0.0 ms"
    assert track[0].media_reference.is_missing_reference


def test_the_sound_is_a_track_of_its_own() -> None:
    library = pytest.importorskip("opentimelineio")
    film = replace(
        film_of_schedule(compile_score(reads(SCORE))), sound=("song.wav", Fraction(25, 2))
    )
    text = otio.write(film, ExportOptions()).text
    _, track = library.adapters.read_from_string(text, "otio_json").tracks
    assert track.kind == "Audio" and track[0].media_reference.target_url == "song.wav"
    assert (track[0].source_range.start_time.value, track.duration().value) == (300, 330)
    assert "the sound song.wav" in film.losses()[0]


def test_a_pause_has_no_frames_but_a_marker() -> None:
    film = film_of_schedule(compile_score(reads(SCORE)))
    paused = replace(film, pauses=(FilmPause(3, film.seconds(2)),))
    text = otio.write(paused, ExportOptions()).text
    assert text is not None and '"comment": "paused 2.8 s"' in text
