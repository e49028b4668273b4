"""What `rehearse` and `perform` print while they run, and the files they list at the end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sequencer import diff, replay
from sequencer.api.rehearsing import rehearse
from sequencer.cli import main
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.rehearsal import Progress
from sequencer.stages.simulated.renderer.drawn import DRAFT_SIZE

SHORT = (
    'score "Short"\ngrid 12 frames @ 24 fps\nat 0c "A boat. Grey light. Low close shot, '
    'fixed."\nend 3c\n'
)
PAUSING = 'at 0c "A boat."\non go rest -> pause\non go on -> resume\nend 6c\n'


def listed(out: str, folder: Path) -> set[str]:
    """Return the files that the output lists below the run's folder."""
    _, found, rest = out.partition(f"{folder}/\n")
    assert found
    return {match[1] for match in re.finditer(r"^  (\S+) +\S", rest, re.MULTILINE)}


@pytest.mark.parametrize(
    "command",
    [("rehearse", "--no-video"), ("perform", "--stage", "simulated")],
    ids=lambda one: one[0],
)
def test_the_files_of_a_run_are_listed(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short.score").write_text(SHORT, encoding="utf-8")
    folder = tmp_path / "run"
    name, *options = command
    assert main([name, str(tmp_path / "short.score"), *options, "--out", str(folder)]) == 0
    shown = capsys.readouterr()
    assert listed(shown.out, folder) == {one.name for one in folder.iterdir()}
    assert "disconnected" not in shown.err, "a first line that nothing is connected yet is no news"


def test_a_paused_rehearsal_shows_it(tmp_path: Path) -> None:
    moments: list[Progress] = []
    rehearse(
        compile_score(reads(PAUSING)),
        out=tmp_path / "run",
        video=False,
        events=["go rest@1c", "go on@30s"],
        progress=moments.append,
    )
    assert [one.paused for one in moments if one.is_turn] == [True, False]
    between = moments.index(next(one for one in moments if one.is_turn))
    assert not any(one.paused for one in moments[:between])
    assert not moments[-1].paused


def test_a_draft_has_a_small_video_and_frames_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import av

    score = tmp_path / "short.score"
    score.write_text(SHORT, encoding="utf-8")
    digests = {}
    for name, options in (("whole", ["--video-size", "64x64"]), ("draft", ["--draft"])):
        run = tmp_path / name
        assert main(["rehearse", str(score), *options, "-q", "--out", str(run)]) == 0
        report = json.loads((run / "report.json").read_text(encoding="utf-8"))
        assert report["settings"].get("draft", False) is (name == "draft")
        digests[name] = report["pictures"]
    with av.open(str(tmp_path / "draft" / "video.mp4")) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == DRAFT_SIZE
        assert sum(1 for _ in video.decode(video=0)) == 36
    assert digests["draft"]["renderer"] != digests["whole"]["renderer"]
    found = diff(tmp_path / "whole", tmp_path / "draft")
    assert found.frame_digests is None, "they are not comparable"
    assert replay(tmp_path / "draft").is_equal
    capsys.readouterr()
    assert main(["rehearse", str(score), "--draft", "--no-video"]) == 2
    assert "--draft applies to the video, but --no-video omits it" in capsys.readouterr().err
