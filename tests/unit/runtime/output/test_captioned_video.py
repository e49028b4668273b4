"""`rehearse --clean` and `--caption`: what is written on the frames of the video, and which chunk
it names.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import sequencer
from sequencer.cli import main
from sequencer.cli.rehearse import caption_parts
from sequencer.engine.journal import read_journal
from sequencer.runtime.output.captioned_video import DEFAULT_PARTS, PARTS
from sequencer.stages.simulated.renderer.text_overlay import Lettering

SCORE = """score "Boat"
clock 120 bpm, 4/4
grid 4 frames @ 4 fps
section verse 2 bars {
  at 1 "A boat on a lake."
}
section end 2 bars, cut seed 9 {
  at 1 "The boat is gone."
}
play verse end
"""


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "boat.score"
    path.write_text(SCORE, encoding="utf-8")
    return path


def frames_of(run: Path) -> NDArray[np.uint8]:
    with av.open(str(run / "video.mp4")) as container:
        return np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)])


def played(score: Path, name: str, *options: str) -> NDArray[np.uint8]:
    out = score.parent / name
    assert (
        main(["rehearse", str(score), "--out", str(out), "-q", "--video-size", "640x384", *options])
        == 0
    )
    return frames_of(out)


def bright(frames: NDArray[np.uint8], rows: slice) -> int:
    """Return the number of pixels as bright as letters."""
    return int((frames[:, rows] > 225).sum())


def test_a_clean_video_has_no_text_at_all(score: Path) -> None:
    clean, plain = played(score, "clean", "--clean"), played(score, "plain")
    assert clean.shape == plain.shape
    for rows in (slice(0, 40), slice(-110, None)):
        assert bright(plain, rows) > 20 * max(1, bright(clean, rows))
    assert (played(score, "none", "--caption", "none") == clean).all()
    journal = read_journal(score.parent / "clean")
    assert journal.header["settings"]["caption"] == []
    renderers = {
        record.event.renderer
        for record in journal.records
        if record.event is not None and hasattr(record.event, "renderer")
    }
    assert all("without text" in renderer for renderer in renderers)


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_a_caption_can_be_chosen_alone(score: Path, part: str) -> None:
    clean, one = played(score, "clean", "--clean"), played(score, "one", "--caption", part)
    changed = np.abs(one.astype(int) - clean).mean(axis=(0, 2))
    top, middle, below = changed[:40].mean(), changed[150:250].mean(), changed[-110:].mean()
    written, free = (below, top) if part == "simulator" else (top, below)
    assert written > 5 * max(free, middle), "it is written where it belongs, and nowhere else"
    settings = json.loads((score.parent / "one" / "report.json").read_text(encoding="utf-8"))[
        "settings"
    ]
    assert settings["caption"] == [part]


def test_what_is_read_and_what_is_refused(score: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert caption_parts("none") == frozenset()
    assert caption_parts(" Position, title ") == {"title", "position"}
    assert frozenset(PARTS) - {"action"} == DEFAULT_PARTS
    for options, message in (
        (
            ("--caption", "titel"),
            "'titel' is not a part of a caption: these are title, section, take",
        ),
        (("--caption", "title,none"), "'none' is not a part"),
        (("--caption", ""), "'' is not a part"),
        (("--clean", "--caption", "title"), "--clean writes nothing"),
        (("--clean", "--no-video"), "--clean applies to the video"),
        (("--caption", "title", "--no-video"), "--caption applies to the video"),
    ):
        assert main(["rehearse", str(score), "--out", str(score.parent / "never"), *options]) == 2
        assert message in capsys.readouterr().err
    assert not (score.parent / "never").exists()


def test_frames_name_score_chunks(score: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chunk on a frame is the one in the cue sheet, the timeline and the report, also after a
    cut.
    """
    written: list[int] = []
    panel = Lettering.panel

    def keep(self: Lettering, prompt: str, facts: str) -> object:
        match = re.search(r"chunk (\d+)", facts)
        assert match is not None
        written.append(int(match[1]))
        return panel(self, prompt, facts)

    monkeypatch.setattr(Lettering, "panel", keep)
    schedule = sequencer.compile_score(sequencer.reads(SCORE))
    rehearsed = sequencer.rehearse(schedule, out=score.parent / "run", video_size=(64, 64))
    assert rehearsed.report.takes == 2
    made = [
        chunk for index, chunk in enumerate(written) if index == 0 or chunk != written[index - 1]
    ]
    assert made[: rehearsed.report.chunks] == sorted(set(written))[: rehearsed.report.chunks]
    assert max(written) >= rehearsed.report.chunks - 1


def test_the_chunks_of_a_run_are_score_chunks_everywhere(score: Path) -> None:
    schedule = sequencer.compile_score(sequencer.reads(SCORE))
    rehearsed = sequencer.rehearse(schedule, out=score.parent / "run", video_size=(64, 64))
    assert [(one.take, one.chunk) for one in rehearsed.pictures][:8] == [
        (1 + chunk // 4, chunk) for chunk in range(8)
    ]
    assert rehearsed.folder is not None
    report = json.loads((rehearsed.folder / "report.json").read_text(encoding="utf-8"))
    assert [one[1] for one in report["pictures"]["chunks"]] == [
        one.chunk for one in rehearsed.pictures
    ]
