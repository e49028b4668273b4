"""The player of a run's page."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from html import unescape
from pathlib import Path

import pytest

import sequencer
from sequencer.core.timebase import ChunkGrid
from sequencer.media.score_sounds import read_score_sound
from sequencer.reports.timeline.player import Recording
from tests.support.sound_fixtures import click_track, write_wav

GRID = ChunkGrid()
CHUNK = Fraction(33, 24)
SCORE = """score "Night <tram>"
sound "song.wav" from 1s
at 0c "A tram waits."
at 2c cut seed 5, "It \\"turns\\" <left>."
end 4c
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    write_wav(folder / "song.wav", click_track(12, [1]))
    score = folder / "a.score"
    score.write_text(SCORE)
    sequencer.rehearse(score, out=folder / "video", video_size=(64, 64))
    sequencer.rehearse(score, out=folder / "sound", video=False)
    sequencer.rehearse(score, out=folder / "part", from_="2c", video_size=(64, 64))
    score.write_text(SCORE.replace('sound "song.wav" from 1s\n', ""))
    sequencer.rehearse(score, out=folder / "plain", video=False)
    return folder


def times_of(page: str) -> list[list[float]]:
    found = re.search(r'data-times="([^"]+)"', page)
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]  # a list of pairs


def test_a_page_with_a_video_plays_it_and_lists_the_cues(runs: Path) -> None:
    page = (runs / "video" / "timeline.html").read_text()
    assert page.count('src="video.mp4"') == 1 and (runs / "video" / "video.mp4").is_file()
    assert times_of(page) == [[0, 0], [1.375, 1]]
    rows = re.findall(r'data-s="([\d.]+)".*?<time>([^<]+)</time>.*?<span dir="auto">([^<]*)', page)
    assert [(row[0], row[1], unescape(row[2])) for row in rows] == [
        ("0.000", "0:00.0", "A tram waits."),
        ("2.750", "0:02.8", 'It "turns" <left>. · cut seed 5'),
    ]
    assert 'id="playhead"' in page and ">sound<" in page


def test_a_page_is_one_file_that_loads_only_the_recording_next_to_it(runs: Path) -> None:
    for name in ("video", "sound", "plain"):
        page = (runs / name / "timeline.html").read_text()
        assert not re.findall(r"https?:(?!//www\.w3\.org/2000/svg)", page)
        sources = re.findall(r'(?:src|href)="([^"]*)"', page)
        expected = {"video": ["video.mp4"], "sound": ["../song.wav#t=1"], "plain": []}
        assert sources == expected[name]
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
        assert policy is not None and policy[1].startswith("default-src 'none'")
        assert ("media-src" in policy[1]) == (name != "plain")
        assert ("playhead" in page) == (name != "plain")


def test_without_a_video_the_page_plays_the_sound(runs: Path) -> None:
    page = (runs / "sound" / "timeline.html").read_text()
    assert times_of(page) == [[1, 0], [2.375, 1]]
    assert "<audio" in page and "<video" not in page


def test_the_video_of_a_part_begins_at_its_first_chunk(runs: Path) -> None:
    page = (runs / "part" / "timeline.html").read_text()
    assert times_of(page) == [[0, 2], [1.375, 3]]


def test_a_sound_is_found_from_the_run_s_folder(tmp_path: Path) -> None:
    from sequencer.core.sounds import SoundTrack

    (tmp_path / "my music").mkdir()
    write_wav(tmp_path / "my music" / "so#ng.wav", click_track(2, [0]))
    track = SoundTrack(path="my music/so#ng.wav")
    recording = Recording.of_sound(
        read_score_sound(track, tmp_path), tmp_path / "runs" / "one", GRID
    )
    assert recording is not None and recording.path == "../../my music/so#ng.wav"


def test_seconds_of_chunks_as_they_arrived() -> None:
    one = 1_000_000_000
    shown = [(0, 5 * one), (1, 6 * one), (2, 10 * one), (3, 10 * one), (4, 12 * one)]
    recording = Recording.of_shown("video.mp4", GRID, 5 * one, shown)
    pairs = [(float(second), float(chunk)) for second, chunk in recording.times[:4]]
    assert pairs == [(0, 0), (1, 1), (5, 2), (7, 4)]
    assert recording.second_of(0) == 0
    assert recording.second_of(Fraction(3, 2)) == 3
    assert recording.second_of(3) == 6
    assert recording.second_of(4) == 7
    assert recording.second_of(6) == 7 + 2 * CHUNK


def test_a_recording_in_which_nothing_was_shown_counts_from_the_beginning() -> None:
    recording = Recording.of_shown("video.mp4", GRID, 0, [])
    assert recording.second_of(2) == 2 * CHUNK
