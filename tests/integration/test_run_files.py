"""The same score and seed give the same frames, another seed gives other frames, and the files of a
run are complete.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image

import sequencer

SCORES = Path(__file__).parents[2] / "scores"
SHORT = (
    'score "Short"\nseed {seed}\nat 0c "A paper boat drifts."\nat 2c "It sinks.", sr 4x\nend 3c\n'
)


def render_frames(seed: int) -> tuple[sequencer.RehearsalResult, list[str]]:
    schedule = sequencer.compile_score(sequencer.reads(SHORT.format(seed=seed)))
    rehearsed = sequencer.rehearse(schedule, save=False)
    return rehearsed, [one.sha256 for one in rehearsed.pictures]


def test_the_same_seed_gives_the_same_frames_and_another_does_not() -> None:
    rehearsed, first = render_frames(7)
    _, second = render_frames(7)
    _, other = render_frames(8)
    assert rehearsed.renderer
    assert len(first) == 3
    assert first == second
    assert not set(first) & set(other)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    schedule = sequencer.compile_score(sequencer.reads(SHORT.format(seed=7)))
    folder = tmp_path_factory.mktemp("runs")
    outs = [folder / "one", folder / "two"]
    for out in outs:
        sequencer.rehearse(schedule, out=out, video_size=(640, 384))
    return outs


def test_a_run_leaves_all_its_files_and_no_others(runs: list[Path]) -> None:
    names = sorted(path.name for path in runs[0].iterdir())
    assert names == [
        "contact-sheet.png",
        "journal.jsonl",
        "report.json",
        "timeline.html",
        "timeline.svg",
        "video.mp4",
    ]


def test_every_file_is_the_same_twice(runs: list[Path]) -> None:
    for path in sorted(runs[0].iterdir()):
        assert path.read_bytes() == (runs[1] / path.name).read_bytes(), path.name


def test_the_video_holds_every_frame_at_its_time(runs: list[Path]) -> None:
    with av.open(str(runs[0] / "video.mp4")) as container:
        stream = container.streams.video[0]
        frames = [(frame.pts, frame.width, frame.height) for frame in container.decode(stream)]
        assert stream.average_rate == 24
    assert len(frames) == 99
    assert {(width, height) for _, width, height in frames} == {(640, 384)}
    steps = {
        later[0] - earlier[0]
        for earlier, later in pairwise(frames)
        if later[0] and earlier[0] is not None
    }
    assert len(steps) == 1


def test_the_contact_sheet_is_an_image(runs: list[Path]) -> None:
    with Image.open(runs[0] / "contact-sheet.png") as sheet:
        sheet.load()
        assert sheet.width > 300


def test_the_report_holds_the_digests_of_the_frames(runs: list[Path]) -> None:
    report = json.loads((runs[0] / "report.json").read_text())
    _, expected = render_frames(7)
    assert [chunk[3] for chunk in report["pictures"]["chunks"]] == expected


def test_a_cut_with_a_new_seed_changes_the_frames_under_one_prompt() -> None:
    text = (
        'seed 1\nat 0c "A paper boat."\nat 1c cut seed 2, "A paper boat."\nat 2c cut seed 1, "A '
        'paper boat."\nend 3c\n'
    )
    # Without a caption, which names the score chunk and so differs each time.
    rehearsed = sequencer.rehearse(
        sequencer.compile_score(sequencer.reads(text)), save=False, caption=()
    )
    first, second, third = (one.sha256 for one in rehearsed.pictures)
    assert first == third, "the same seed, prompt and frame again"
    assert first != second
    assert [(one.take, one.chunk) for one in rehearsed.pictures] == [(1, 0), (2, 1), (3, 2)]
