from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sequencer
from sequencer.api import rehearsing
from sequencer.core.errors import OutputError, StageError
from sequencer.core.image_files import read_image
from sequencer.renderers.choosing import RendererChoice, open_renderer
from sequencer.runs.store import RunStore, open_store
from sequencer.schedule.document import to_json
from sequencer.sweeps import playing
from sequencer.sweeps.plan import Axis, Plan, PlanError
from sequencer.sweeps.playing import Ending, Job, play_job, play_jobs
from sequencer.sweeps.rows import Rows, compile_rows, images_of
from tests.support.sound_fixtures import click_track, write_wav
from tests.support.sweeps import SCORE, write_score
from tests.support.tiny_helios import OPTIONS, require_helios, save_weights

if TYPE_CHECKING:
    from sequencer.stages.simulated.rendering import Renderer


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return open_store(str(tmp_path / "store"))


def rows_of(folder: Path, renderer: str = "none", text: str = SCORE) -> Rows:
    score = write_score(folder, text=text)
    axes = (Axis("seed", ("1", "2")), Axis("renderer", (renderer,)))
    return compile_rows(Plan(name="p", score=score, axes=axes))


def job_of(rows: Rows, store: RunStore, number: int = 1, **changes: Any) -> Job:
    row = rows.rows[number - 1]
    for image in images_of(rows.rows):
        store.add_blob("images", image.sha256, read_image(rows.plan.score.parent, image))
    sound = rows.sound
    if sound is not None:
        store.add_blob("sounds", sound.sound.sha256, sound.file.read_bytes())
    job = Job(
        number=number,
        key=row.key,
        label=row.label,
        store=store.url,
        schedule=to_json(row.schedule),
        score=row.score,
        name="boat",
        values=row.values,
        inputs=row.inputs,
        renderer=row.renderer,
        size=(64, 64),
        is_paid=False,
        price_per_hour=Fraction(6),
        sound_sha256=None if sound is None else sound.sound.sha256,
    )
    return replace(job, **changes)


def failing(error: Exception) -> Any:
    def rehearse(*_: object, **__: object) -> None:
        raise error

    return rehearse


def test_a_row_is_played_once(tmp_path: Path, store: RunStore) -> None:
    job = job_of(rows_of(tmp_path), store)
    assert [one.ending for one in play_jobs([job, job])] == [Ending.PLAYED, Ending.PRESENT]
    record = store.record(job.key)
    assert record is not None
    assert record.summary["as_written"] is True
    assert record.values == {"seed": "1", "renderer": "none"}
    assert record.facts["inputs"] == job.inputs
    folder = store.local_folder(record)
    assert folder is not None
    assert sequencer.replay(folder).is_equal
    assert sequencer.read_journal(folder).sources == {"boat.score": job.score}


def test_a_row_with_a_video_has_all_files_of_a_rehearsal(tmp_path: Path, store: RunStore) -> None:
    job = job_of(rows_of(tmp_path, "draft"), store)
    assert play_job(job).ending is Ending.PLAYED
    record = store.record(job.key)
    assert record is not None
    assert {"video.mp4", "journal.jsonl", "report.json", "timeline.html"} <= set(record.files)


def test_the_sound_of_a_score_is_in_the_video(tmp_path: Path, store: RunStore) -> None:
    write_wav(tmp_path / "song.wav", click_track(6.0, [0.5, 1.0]))
    rows = rows_of(tmp_path, "draft", f'sound "song.wav"\n{SCORE}')
    job = job_of(rows, store)
    result = play_job(job)
    assert result.ending is Ending.PLAYED, result.reason
    import av

    record = store.record(job.key)
    assert record is not None
    assert store.copy_file(record, "video.mp4", tmp_path / "video.mp4")
    with av.open(str(tmp_path / "video.mp4")) as video:
        assert len(video.streams.audio) == 1


def test_a_failure_is_a_run_and_is_played_again_on_request(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(rows_of(tmp_path), store)
    with monkeypatch.context() as patch:
        patch.setattr(rehearsing, "rehearse_input", failing(StageError("no answer", "wait")))
        assert play_job(job).ending is Ending.FAILED
    before = play_job(job)
    assert (before.ending, before.reason) == (Ending.FAILED_BEFORE, "no answer\nhint: wait")
    assert play_job(replace(job, again=True)).ending is Ending.PLAYED
    assert [one.is_complete for one in store.attempts(job.key)] == [False, True]
    assert play_job(job).ending is Ending.PRESENT


def test_a_bug_does_not_end_other_rows_and_keeps_its_traceback(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(rows_of(tmp_path), store)
    monkeypatch.setattr(rehearsing, "rehearse_input", failing(KeyError("x")))
    result = play_job(job)
    assert result.ending is Ending.FAILED
    assert result.reason.startswith("this is a bug: KeyError")
    record = store.record(job.key)
    assert record is not None
    assert store.copy_file(record, "error.txt", tmp_path / "error.txt")
    assert "Traceback" in (tmp_path / "error.txt").read_text()


def test_a_row_that_cannot_be_saved_stays_missing(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(rows_of(tmp_path), store)
    monkeypatch.setattr(rehearsing, "rehearse_input", failing(OutputError("disk full")))
    result = play_job(job)
    assert (result.ending, result.reason) == (Ending.UNSAVED, "disk full")
    assert store.attempts(job.key) == []
    assert list(store.leftovers(-1)) == []


def test_a_row_with_a_missing_image_fails(tmp_path: Path, store: RunStore) -> None:
    rows = rows_of(tmp_path, "draft")
    job = job_of(rows, store)
    image = next(images_of(rows.rows))
    store.files.remove(f"images/{image.sha256}")
    result = play_job(job)
    assert result.ending in (Ending.FAILED, Ending.UNSAVED)
    assert not any(one.is_complete for one in store.attempts(job.key))


def test_a_row_that_somebody_else_plays_is_left_for_later(tmp_path: Path, store: RunStore) -> None:
    job = job_of(rows_of(tmp_path), store)
    store.begin(job.key).path.mkdir()
    assert play_job(replace(job, defer=True)).ending is Ending.BUSY
    assert play_job(job).ending is Ending.PLAYED


def test_a_row_that_costs_money_is_played_by_one_only(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(rows_of(tmp_path), store, is_paid=True)
    played: list[object] = []
    monkeypatch.setattr(rehearsing, "rehearse_input", lambda *_, **__: played.append(1))
    store.claim(job.key, "somebody")
    assert play_job(job).ending is Ending.CLAIMED
    assert not played


def test_a_store_that_cannot_be_used_is_a_reason(tmp_path: Path, store: RunStore) -> None:
    job = replace(job_of(rows_of(tmp_path), store), store="ftp://x")
    result = play_job(job)
    assert result.ending is Ending.UNSAVED
    assert "not the address of a store" in result.reason


# ---- a renderer with a model


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    require_helios()
    return save_weights(tmp_path / "weights")


def plan_with_model(folder: Path, where: Path, **changes: Any) -> Plan:
    axes = (Axis("seed", ("1", "2")), Axis("renderer", ("helios",)))
    options = tuple({**OPTIONS, "steps": "1-1-1"}.items())
    score = write_score(folder, text='seed 3\nat 0c "a paper boat"\nend 1c\n')
    plan = Plan(name="p", score=score, axes=axes, weights=str(where), renderer_options=options)
    return replace(plan, **changes)


@pytest.mark.xdist_group("torch")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_rows_with_a_model_are_made_by_one_that_is_loaded_once(
    tmp_path: Path, store: RunStore, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_with_model(tmp_path, Path("weights"))
    rows = compile_rows(plan)
    model = {"model": plan.model, "size": None}
    assert plan.model is not None
    assert plan.model.weights == str(weights), "workers may run in other folders"
    jobs = [job_of(rows, store, number, **model) for number in (1, 2)]
    loaded: list[RendererChoice] = []

    def load(choice: RendererChoice) -> Renderer:
        loaded.append(choice)
        return open_renderer(choice)

    monkeypatch.setattr(playing, "_models", {})
    monkeypatch.setattr(playing, "open_renderer", load)
    assert [one.ending for one in play_jobs(jobs)] == [Ending.PLAYED, Ending.PLAYED]
    assert len(loaded) == 1
    record = store.record(jobs[0].key)
    assert record is not None
    folder = store.local_folder(record)
    assert folder is not None
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["renderer"]["name"] == "helios"
    assert (
        report["settings"]["renderer"]["weights"] == jobs[0].inputs["video"]["renderer"]["weights"]
    )
    assert sequencer.replay(folder).is_equal

    options = plan_with_model(tmp_path, weights, renderer_options=tuple(OPTIONS.items()))
    assert compile_rows(options).rows[0].key != rows.rows[0].key
    file = weights / "scheduler" / "scheduler_config.json"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    others = compile_rows(plan)
    assert others.rows[0].key != rows.rows[0].key

    monkeypatch.setattr(playing, "_models", {})
    again = play_job(job_of(rows, store, 1, **model, key="0" * 64))
    assert again.ending is Ending.FAILED
    assert "where the plan was checked" in again.reason


def test_a_model_that_cannot_be_used_is_reported_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    changed: tuple[tuple[dict[str, Any], str], ...] = (
        ({"weights": None}, "needs its weights"),
        ({"weights": str(tmp_path / "nothing")}, "there is no such folder"),
        ({"weights": str(tmp_path / "empty")}, "model_index.json cannot be read"),
        ({"weights": "a/b"}, "40 hexadecimal digits"),
        ({"renderer_options": (("colour", "red"),)}, "Helios has no such option"),
        ({"axes": (Axis("renderer", ("full",)),)}, "no row has the renderer helios"),
        (
            {"axes": (Axis("stage", ("reactor",)), Axis("renderer", ("helios",)))},
            "a live model makes its own frames",
        ),
    )
    for changes, message in changed:
        plan = plan_with_model(tmp_path, tmp_path / "empty", **changes)
        with pytest.raises(PlanError, match=message):
            compile_rows(plan)


def test_weights_of_the_hub_are_in_the_key_without_being_loaded(tmp_path: Path) -> None:
    keys = {
        compile_rows(plan_with_model(tmp_path, Path(f"some/helios@{one * 40}"))).rows[0].key
        for one in "ab"
    }
    assert len(keys) == 2
