"""Commands and functions about one schedule, given a score for several stages."""

from __future__ import annotations

from pathlib import Path

import pytest

import sequencer
from sequencer.cli import main

STAGES = 'stages left, right\nat 0c "A."\nat 2c on right "B."\nend 4c\n'


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A score for two stages."""
    path = tmp_path / "pair.score"
    path.write_text(STAGES, encoding="utf-8")
    return path


def test_the_sheet_shows_all_stages_or_one(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sheet", str(pair), "--as", "csv"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["left", "right", "right"]
    assert main(["sheet", str(pair), "--as", "csv", "--part", "right"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    out = pair.with_suffix(".md")
    assert main(["sheet", str(pair), "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 3 cues\n"
    assert main(["sheet", str(pair), "-o", str(pair.with_suffix(".html"))]) == 2
    assert "--part left" in capsys.readouterr().err
    assert not pair.with_suffix(".html").exists()


def test_a_timeline_of_each_stage_or_of_one(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pair.with_suffix(".svg")
    assert main(["timeline", str(pair), "-o", str(out)]) == 0
    left, right = out.with_name("pair-left.svg"), out.with_name("pair-right.svg")
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        str(left),
        str(right),
    ]
    assert "B." not in left.read_text(encoding="utf-8")
    assert not out.exists()
    assert main(["timeline", str(pair), "-o", str(out), "--part", "right"]) == 0
    assert out.read_text(encoding="utf-8") == right.read_text(encoding="utf-8")


def test_one_stage_is_exported(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(pair), "--as", "srt"]) == 2
    assert "--part left" in capsys.readouterr().err
    assert main(["export", str(pair), "--as", "srt", "--part", "right"]) == 0
    assert "B." in capsys.readouterr().out


@pytest.mark.parametrize("command", ["sheet", "timeline", "export", "compile"])
def test_an_unknown_stage(command: str, pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = {"timeline": ["-o", str(pair.with_suffix(".svg"))], "export": ["--as", "srt"]}
    assert main([command, str(pair), "--part", "top", *more.get(command, [])]) == 2
    assert "no stage top" in capsys.readouterr().err


def test_functions(pair: Path) -> None:
    score = sequencer.read(pair)
    sources = (pair, score, sequencer.check(pair), sequencer.compile_ensemble(score))
    for source in sources:
        assert sequencer.sheet(source, kind="csv").startswith("stage,cue")
        assert sequencer.sheet(source, kind="csv", part="left").startswith("cue,")
        assert "B." in sequencer.timeline(source, part="right")
        assert "B." in sequencer.export(source, kind="srt", part="right")
        with pytest.raises(sequencer.UsageError, match="several stages"):
            sequencer.timeline(source)
        with pytest.raises(sequencer.UsageError, match="several stages"):
            sequencer.export(source, kind="srt")
        with pytest.raises(sequencer.UsageError, match="no stage top"):
            sequencer.sheet(source, part="top")
    with pytest.raises(TypeError):
        sequencer.sheet(pair, part=1)  # type: ignore[arg-type]  # what a caller may write


def test_a_run_for_one_stage_takes_over_no_score_for_several(pair: Path) -> None:
    from sequencer.api.reloading import read_edited

    edited = read_edited(pair)
    assert edited.schedule is None
    assert edited.problems == (
        f"{pair}: this score is for several stages (left, right), this run is for one",
    )


def test_a_sweep_plays_one_stage(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "plan", str(pair), "--seed", "1,2"]) == 1
    assert "is for several stages (left, right)" in capsys.readouterr().err


def test_grid_help_is_about_the_cues_of_all_stages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bars.score"
    path.write_text(
        'clock 120 bpm, 4/4\nstages left, right\nsection dawn 4 bars {\n  at 1 "A."\n'
        '  at 2 on left "B."\n  at 3 on right "C."\n}\n',
        encoding="utf-8",
    )
    assert main(["check", str(path), "--grid", "--best-phase", "--align", "dawn"]) == 0
    shown = capsys.readouterr().out
    assert "; snap error 250 ms on average, -625 ms at worst (dawn 2.1" in shown
    assert "3 cues: mean 250 ms, worst -625 ms (dawn 2.1)" in shown
    assert "phase now: 3 cues" in shown
    clicks = path.with_suffix(".wav")
    assert main(["check", str(path), "--align", "x", "--clicks", str(clicks)]) == 2
    assert "there is no mark or section x" in capsys.readouterr().err
    assert main(["check", str(path), "--clicks", str(clicks)]) == 0
    assert "3 chunks with cues" in capsys.readouterr().out
    assert main(["check", str(path), "--grid", "--json"]) == 0
    assert '"grid"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [["doctor", "--stage", "simulated"], ["render", "--renderer", "drawn", "--quiet"]]
)
@pytest.mark.parametrize("kind", ["score", "json"])
def test_the_hint_to_choose_a_stage_works(
    command: list[str],
    kind: str,
    pair: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(pair.parent)
    if kind == "json":
        assert main(["compile", str(pair), "-o", str(pair.with_suffix(".json"))]) == 0
    name, *options = command
    line = [name, str(pair.with_suffix(f".{kind}")), *options]
    assert main(line) == 2
    assert "choose one: --part left" in capsys.readouterr().err
    assert main([*line, "--part", "left"]) == 0
