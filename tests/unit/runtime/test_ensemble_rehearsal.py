"""A rehearsal on several stages: its folder, its report, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequencer.core.errors import ScheduleError, UsageError
from sequencer.core.images import ImageFile
from sequencer.engine.journal import read_journal
from sequencer.engine.replay import replay
from sequencer.renderers.choosing import RendererChoice, open_renderer
from sequencer.runtime.ensemble_rehearsal import faults_for, rehearse_ensemble
from sequencer.stages.simulated.faults import End, Faults
from tests.support.ensembles import ensemble_of_texts, stage_faults

TEXT = 'at 0c "A."\nat 1c "B."\nend 3c\n'
SCHEDULE = ensemble_of_texts({"left": TEXT, "right": TEXT.replace("B.", "Rain.")}, realign=2)


def no_image(image: ImageFile) -> bytes:
    raise FileNotFoundError(image.path)


def test_the_folder_of_a_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    seen: list[int] = []
    result = rehearse_ensemble(
        SCHEDULE,
        sources={"x.score": TEXT},
        out=out,
        images=no_image,
        watch=lambda one: seen.append(one.chunk),
    )
    assert result.folder == out
    assert result.went_well
    assert result.failures == ()
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    own = ("report.json", "timeline.svg", "timeline.html")
    stages = {f"{stage}/{name}" for stage in ("left", "right") for name in own}
    assert names == {"journal.jsonl", "report.json", *stages}
    assert "Rain" in (out / "right" / "timeline.svg").read_text("utf-8")
    assert "Rain" not in (out / "left" / "timeline.svg").read_text("utf-8")
    assert seen == [1, 2, 3]
    assert replay(out).is_equal
    assert read_journal(out).sources == {"x.score": TEXT}


def test_the_report_states_the_spread(tmp_path: Path) -> None:
    faults: dict[str | None, Faults] = {None: Faults(), "right": stage_faults(-20_000)}
    result = rehearse_ensemble(SCHEDULE, out=tmp_path / "run", images=no_image, faults=faults)
    document = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    assert document == json.loads(json.dumps(result.document))
    assert [cue["chunk"] for cue in document["cues"]] == [0, 1]
    assert document["cues"][1]["spread_ms"] == pytest.approx(27.5 * 2, abs=3)
    assert document["cues"][1]["first"] == "left"
    assert document["cues"][1]["last"] == "right"
    assert document["freeze_ms"]["worst"] > 50
    assert set(document["stages"]) == {"left", "right"}
    assert document["schedule_digest"] == SCHEDULE.digest()


def test_a_lost_stage_is_in_the_report(tmp_path: Path) -> None:
    result = rehearse_ensemble(
        SCHEDULE,
        out=tmp_path / "run",
        images=no_image,
        faults={None: Faults(), "right": stage_faults(end=End(chunk=1))},
    )
    assert not result.went_well
    assert result.document["lost"] == ["right"]
    assert result.document["cues"][1]["missing"] == ["right"]
    assert result.report.reports["left"].went_as_written


@pytest.mark.slow
def test_each_stage_has_a_video(tmp_path: Path) -> None:
    renderer = open_renderer(RendererChoice(draft=True), None, None)
    try:
        result = rehearse_ensemble(
            SCHEDULE, out=tmp_path / "run", images=no_image, renderer=renderer
        )
    finally:
        renderer.close()
    assert result.failures == ()
    for name in ("left", "right"):
        assert (tmp_path / "run" / name / "video.mp4").stat().st_size > 1_000
        assert len(result.pictures[name]) == 3
        assert "video.mp4" in (tmp_path / "run" / name / "timeline.html").read_text("utf-8")
    left, right = ([one.sha256 for one in result.pictures[name]] for name in ("left", "right"))
    assert left[0] != right[1]
    assert left[1] != right[1]


def test_faults_for_all_have_a_seed_for_each() -> None:
    found = faults_for(SCHEDULE, {None: Faults(seed=7)})
    assert [one.seed for one in found.values()] == [7, 8]
    own = Faults(seed=40)
    assert faults_for(SCHEDULE, {"right": own})["right"] is own


@pytest.mark.parametrize("names", [("a/b", "c"), ("..", "c"), ("Left", "left"), ("-x", "c")])
def test_names_that_cannot_be_folders(names: tuple[str, str], tmp_path: Path) -> None:
    schedule = ensemble_of_texts(dict.fromkeys(names, TEXT))
    with pytest.raises(ScheduleError, match="cannot be folders"):
        rehearse_ensemble(schedule, out=tmp_path / "run", images=no_image)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already exists"):
        rehearse_ensemble(SCHEDULE, out=tmp_path, images=no_image)
    assert tmp_path.is_dir()
