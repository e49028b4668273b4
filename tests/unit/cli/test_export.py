"""The command `export`: it chooses a format, writes its files, and names what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer import reads, rehearse
from sequencer.api.exporting import export
from sequencer.cli import main
from sequencer.core.errors import UsageError

SCORE = 'seed 5\nat 0c "A boat."\nat 4c "It turns."\nend 8c\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("boat.score").write_text(SCORE)


def test_the_ending_names_the_format_and_a_warning_what_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["export", "boat.score", "-o", "boat.edl"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "boat.edl: markers: 2\n"
    assert printed.err == "warning: this format does not contain the seed 5\n"
    assert main(["export", "boat.score", "-o", "boat.edl"]) == 2
    assert "boat.edl already exists" in capsys.readouterr().err
    assert main(["export", "boat.score", "-o", "boat.edl", "--force"]) == 0


def test_without_an_output_the_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "boat.score", "--as", "audacity"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("0.000000\t0.000000\tchunk 0")
    assert printed.err.startswith("labels: 2\n")


def test_a_format_can_have_a_folder_or_a_file_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["export", "boat.score", "--as", "longlive", "-o", "film.jsonl"]) == 0
    assert Path("film.yaml").read_text().startswith("num_output_frames: 45")
    assert main(["export", "boat.score", "--as", "longlive-shots", "-o", "shots"]) == 0
    assert sorted(path.name for path in Path("shots").iterdir()) == [
        "000.json",
        "001.json",
        "shot_durations.txt",
    ]
    capsys.readouterr()
    assert main(["export", "boat.score", "--as", "longlive-shots", "-o", "shots"]) == 2
    assert main(["export", "boat.score", "--as", "longlive"]) == 2
    Path("other.yaml").write_text("mine")
    assert main(["export", "boat.score", "--as", "longlive", "-o", "other.jsonl"]) == 2
    assert not Path("other.jsonl").exists() and Path("other.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["--as", "tapes"], "no such format is written", 2),
        ([], "the format is not named", 2),
        (["-o", "film.csv"], "that of several formats: helios, reaper", 2),
        (["-o", "film.csv", "--as", "edl"], "must end in .edl", 2),
        (["-o", ".", "--as", "edl"], "it is a folder", 2),
        (["-o", "boat.score", "--as", "longlive-shots"], "boat.score already exists", 2),
        (["--as", "edl", "--start-tc", "soon"], "--start-tc soon is not a time code", 1),
        (["--as", "helios", "--interpolate-time", "0"], "is not from 1 to", 2),
        (["--as", "helios", "--interpolate-time", "5"], "not on a multiple of 5", 1),
        (["--as", "chapters"], "name it: -o film.mp4", 2),
    ],
)
def test_what_cannot_be_exported_is_an_error(
    arguments: list[str], message: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "boat.score", *arguments]) == code
    assert message in capsys.readouterr().err


def test_a_score_without_prompts_cannot_be_exported(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.score").write_text('let x = "y"\n')
    assert main(["export", "empty.score", "--as", "edl"]) == 2
    assert "there is no prompt" in capsys.readouterr().err


def test_python_gives_the_text_and_a_run_names_its_video() -> None:
    lost: list[str] = []
    assert export(reads(SCORE), kind="srt", warn=lost.append).count("-->") == 2
    assert lost == ["this format does not contain the seed 5"]
    result = rehearse(reads(SCORE), video_size=(64, 64), out="runs/boat")
    assert '"target_url": "runs/boat/video.mp4"' in export(result, kind="otio")
    export("runs/boat", output="runs/boat.otio")
    assert '"target_url": "boat/video.mp4"' in Path("runs/boat.otio").read_text()
    with pytest.raises(UsageError, match="the format is not named"):
        export(reads(SCORE))
    with pytest.raises(TypeError):
        export(3, kind="srt")  # type: ignore[arg-type]  # a wrong type on purpose
