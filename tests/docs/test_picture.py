"""The image in the README is a timeline that the project itself rendered from a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sequencer
from sequencer.cli import main
from tests.docs.pages import DOCS, ROOT, read_page

TIMELINE = DOCS / "pictures" / "night-tram-timeline.svg"


def without_photographs(text: str) -> str:
    """Return an SVG without the bytes of its images, which differ with the version of Pillow."""
    return re.sub(r"data:image/\w+;base64,[\w+/=]+", "data:", text)


def test_the_readmes_timeline_is_drawn_from_a_real_run(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    score = sequencer.read(Path("scores/night-tram.score"))
    rehearsed = sequencer.rehearse(
        sequencer.compile_score(score),
        sources=dict(score.sources),
        folder=Path("scores"),
        out=tmp_path / "run",
        video=False,
    )
    assert rehearsed.went_well
    drawn = tmp_path / "drawn.svg"
    assert main(["timeline", str(tmp_path / "run"), "-o", str(drawn)]) == 0
    text = drawn.read_text(encoding="utf-8")
    committed = TIMELINE.read_text(encoding="utf-8") if TIMELINE.exists() else ""
    if request.config.getoption("--update-golden") and without_photographs(
        committed
    ) != without_photographs(text):
        TIMELINE.parent.mkdir(exist_ok=True)
        TIMELINE.write_text(text, encoding="utf-8", newline="\n")
    assert without_photographs(TIMELINE.read_text(encoding="utf-8")) == without_photographs(text)
    assert TIMELINE.relative_to(ROOT).as_posix() in read_page(ROOT / "README.md").links()
