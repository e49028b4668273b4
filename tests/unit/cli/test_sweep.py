from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.cli import main
from tests.support.sweeps import write_plan, write_score


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_score(tmp_path)


def run(*arguments: str) -> int:
    return main(["sweep", *arguments])


def test_a_sweep_from_a_plan_to_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lights = ("--let", "light=Blue.", "--let", "light=Red.")
    plan = ("plan", "boat.score", "--seed", "1..3", *lights, "--renderer", "none")
    assert run(*plan, "-o", "plan.yaml") == 0
    shown = capsys.readouterr().out
    assert "plan: 6 rows, " in shown
    assert "free of charge" in shown
    assert run(*plan, "-o", "plan.yaml") == 2, "an existing plan is kept"
    assert run("plan", "plan.yaml", "--json") == 0
    capsys.readouterr()
    assert run("run", "plan.yaml", "--store", "takes", "--row", "2", "--workers", "1") == 0
    assert "1 of 1 row complete, 1 of them played now" in capsys.readouterr().out
    assert run("show", "plan.yaml", "--store", "takes") == 0
    assert "1 complete, 5 missing" in capsys.readouterr().out
    assert run("run", "plan.yaml", "--store", "takes", "--workers", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "rows": 6,
        "played": 5,
        "complete": 6,
        "failed": 0,
        "claimed": 0,
        "missing": 0,
        "not_as_written": [],
    }
    assert run("choose", "plan.yaml", "2", "--store", "takes", "--by", "Ann", "--note", "calm") == 0
    assert run("choose", "plan.yaml", "3", "--store", "takes", "--by", "Ann", "--reject") == 0
    assert "1 row rejected by Ann" in capsys.readouterr().out
    assert run("export", "plan.yaml", "--store", "takes", "--csv", "-") == 0
    table = capsys.readouterr().out
    assert table.startswith("number,let.light,seed,renderer,take,state,")
    assert "chosen by Ann,calm," in table
    assert run("export", "plan.yaml", "--store", "takes", "--csv", "table.csv") == 0
    assert (tmp_path / "table.csv").read_text() == table
    assert run("show", "plan.yaml", "--store", "takes") == 0
    assert "rejected by Ann" in capsys.readouterr().out
    assert run("sheet", "plan.yaml", "--store", "takes") == 0
    assert "plan-sheet.html: 0 of 6 rows with frames" in capsys.readouterr().out
    assert run("choose", "plan.yaml", "3", "--store", "takes", "--by", "Ann", "--undecided") == 0
    assert run("clean", "--store", "takes", "--dry-run", "--older", "0") == 0
    assert "0 leftovers found" in capsys.readouterr().out


def test_a_changed_score_is_stated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_plan(tmp_path, "seed: [1, 2]\nrenderer: none\n")
    run("run", "plan.yaml", "--store", "takes", "--workers", "1")
    score = tmp_path / "boat.score"
    score.write_text(score.read_text().replace("Waves rise.", "Waves fall."))
    capsys.readouterr()
    assert run("run", "plan.yaml", "--store", "takes", "--workers", "1") == 0
    assert "have changed since it was first run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["plan", "boat.score", "--let", "light"], "'light' is not NAME=VALUE", 2),
        (["plan", "boat.score", "--renderer", "nice"], "--renderer nice is not one of full", 2),
        (["plan", "boat.score", "--seed", "9..1"], "9..1 is not a range", 2),
        (["plan", "boat.score", "--let", "ligth=x"], "did you mean light?", 2),
        (["plan", "boat.score", "--takes", "2"], "hint: vary noise instead: --noise 0..3", 2),
        (["plan", "boat.score", "--seed", "1-8"], "hint: write a range as 1..8", 2),
        (["plan", "boat.score", "--strength", "1.5"], "--strength: 1.5 is not valid", 2),
        (["plan", "boat.score", "--tempo", "fast"], "--tempo: fast is not valid", 2),
        (["plan", "boat.score", "--image", "boat.png=no.png"], "no.png", 1),
        (["plan", "boat.score", "--seed", "8..1"], "hint: 1..8", 2),
        (["plan", "bad.yaml"], "bad.yaml:3:1: 1-8 is not valid", 1),
        (["plan", "boat.score", "--seeds", "1..8"], "did you mean --seed? see: sequencer", 2),
        (["plan", "boat.score", "-q"], "hint: see: sequencer sweep plan --help", 2),
        (["clean", "boat.score", "--store", "t"], "hint: see: sequencer sweep clean --help", 2),
        (["run", "boat.score", "--store", "t"], "boat.score is a score", 1),
        (["plan", "boat.score", "--name", "a/b"], "cannot be the name of a sweep", 2),
        (["plan", "missing.score"], "there is no file missing.score", 1),
        (["plan", "plan.yaml", "--seed", "1"], "is a plan, which --seed does not change", 2),
        (["plan", "plan.yaml", "-o", "x.yaml"], "is a plan, which -o does not change", 2),
        (["run", "missing.yaml", "--store", "t"], "make a plan with: sequencer sweep plan", 1),
        (["run", "plan.yaml", "--store", "t", "--row", "9"], "'9' is not a row of this plan", 2),
        (["run", "plan.yaml", "--store", "t", "--shard", "3/2"], "'3/2' is not a shard", 2),
        (["run", "plan.yaml", "--store", "t", "--limit", "gpu=1"], "is not sessions=N", 2),
        (["run", "plan.yaml", "--store", "t", "--limit", "sessions=0"], "from 1 to 1000", 2),
        (["run", "plan.yaml", "--store", "t", "--workers", "0"], "from 1 to 1000", 2),
        (["run", "plan.yaml", "--store", "t", "--on", "tcp://10.0.0.1:1"], "over TLS", 2),
        (["run", "plan.yaml", "--store", "t", "--tls-ca", "x"], "--on is local", 2),
        (["run", "plan.yaml", "--store", "s3://k:s@b/x"], "bucket and folder only", 2),
        (["choose", "plan.yaml", "--store", "t"], "name the rows", 2),
        (["choose", "plan.yaml", "1", "--store", "made"], "has not been played yet", 2),
        (["clean", "--store", "made", "--release", "../x"], "there is no claim of ../x", 2),
        (["run", "plan.yaml", "--store", "s3:/b/x"], "hint: --store s3://b/x", 2),
        (["show", "plan.yaml", "--store", "t"], "hint: run the sweep first: sequencer sweep ", 1),
        (["sheet", "plan.yaml", "--store", "t"], "there is no store t", 1),
        (["export", "plan.yaml", "--store", "t", "--csv", "-"], "there is no store t", 1),
        (["choose", "plan.yaml", "1", "--store", "t"], "there is no store t", 1),
        (["clean", "--store", "t"], "there is no store t", 1),
        (["plan", "boat.score", "-o", "no/x.yaml"], "there is no folder no\nhint: create", 1),
        (["sheet", "plan.yaml", "--store", "made", "-o", "plan.yaml"], "is the input", 2),
        (["sheet", "plan.yaml", "--store", "made", "-o", "no/x.png"], "there is no folder no", 1),
        (["export", "plan.yaml", "--store", "made", "--csv", "boat.score"], "is the input", 2),
        (["dance"], ", not dance\nhint: write ", 2),
    ],
)
def test_mistakes_are_explained(
    arguments: list[str],
    message: str,
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_plan(tmp_path, "seed: [1, 2]\nrenderer: none\n")
    write_plan(tmp_path, "seed: 1-8\n", "bad.yaml")
    (tmp_path / "made").mkdir()
    assert run(*arguments) == code
    errors = capsys.readouterr().err
    assert message in errors
    assert "Traceback" not in errors


def test_what_is_too_young_to_be_removed_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    partial = tmp_path / "takes" / "runs" / "aa" / f".{'a' * 64}.{'0' * 16}.partial"
    partial.mkdir(parents=True)
    assert run("clean", "--store", "takes") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("0 leftovers removed\n1 leftover kept, because")
    assert printed.endswith(
        "less than 24 hours ago: once no sweep is running, remove what is left "
        "with: sequencer sweep clean --store takes --older 0\n"
    )
    assert run("clean", "--store", "takes", "--older", "0") == 0
    assert capsys.readouterr().out.endswith("\n1 leftover removed\n")
    assert not partial.exists()


def test_a_paid_sweep_asks_for_its_maximum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_plan(tmp_path, "seed: 1..3\nstage: reactor\n")
    assert run("plan", "plan.yaml") == 0
    assert "on paid stages" in capsys.readouterr().out
    assert run("run", "plan.yaml", "--store", "takes") == 2
    errors = capsys.readouterr().err
    assert "3 rows on a paid stage cost about $0.0" in errors
    assert "hint: if that is right, confirm it: --most-dollars 1" in errors
    assert not (tmp_path / "takes" / "claims").exists()
