"""The progress of a long command: lines with the time left where there is no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.cli import main, progress
from sequencer.cli.progress import LiveLine

SCORE = 'score "Short"\ngrid 12 frames @ 24 fps\nat 0c "A boat."\nat 2c "It turns."\nend 3c\n'


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    monkeypatch.setattr(progress, "time", found)
    return found


def test_lines_have_the_time_left(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    with LiveLine("rehearsing") as line:
        line.show(0, 400, "verse 1.1")
        time.now += 20
        line.show(50, 400, "verse 3.1")
        time.now += 1
        line.show(51, 400, "too soon for a line")
        time.now += 3979
        line.show(100, 400, "verse 9.1")
        time.now += 20
        line.show(400, 400, "the end")
        time.now += 20
        line.step("writing timeline.svg")
    assert capsys.readouterr().err == (
        "rehearsing 50/400 (2:20 left) verse 3.1\n"
        "rehearsing 100/400 (3:20:00 left) verse 9.1\n"
        "rehearsing 400/400 the end\n"
        "rehearsing writing timeline.svg\n"
    )


def test_a_quiet_line_shows_nothing(time: Time, capsys: pytest.CaptureFixture[str]) -> None:
    with LiveLine("rehearsing", quiet=True) as line:
        time.now += 20
        line.show(1, 2, "here", at_once=True)
        line.step("writing timeline.svg")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--no-video"], ["timeline.svg", "timeline.html"]),
        (["--draft"], ["video.mp4", "contact-sheet.png", "timeline.svg", "timeline.html"]),
    ],
)
def test_the_files_that_are_written_at_the_end_are_steps(
    options: list[str],
    files: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", -1)
    score = tmp_path / "short.score"
    score.write_text(SCORE, encoding="utf-8")
    assert main(["rehearse", str(score), *options, "--out", str(tmp_path / "run")]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[-1] for line in lines if "writing" in line] == files
    assert "rehearsing 3/3 It turns." in lines
    assert lines[0].startswith("rehearsing 1/3 (")


def test_drawing_a_timeline_has_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", -1)
    score, drawn = tmp_path / "short.score", tmp_path / "short.svg"
    score.write_text(SCORE, encoding="utf-8")
    assert main(["timeline", str(score), "-o", str(drawn)]) == 0
    assert capsys.readouterr().err == f"timeline: reading {score}\ntimeline: drawing {drawn}\n"


def test_the_progress_of_a_range_counts_its_own_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", -1)
    score = tmp_path / "short.score"
    score.write_text(SCORE, encoding="utf-8")
    run = ["rehearse", str(score), "--from", "2c", "--no-video", "--out", str(tmp_path / "run")]
    assert main(run) == 0
    assert capsys.readouterr().err.startswith("rehearsing 1/1 It turns.\n")
