"""Play rows in a worker, which may be another process or another machine.

A worker gets everything with the job, or from the store. It never raises what a run can cause: the
failure of one row must not end the others.
"""

from __future__ import annotations

import socket
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sequencer.api.sources import RunInput
from sequencer.core import lazy_dataclass
from sequencer.core.errors import OutputError, SequencerError, StageError
from sequencer.core.images import ImageFile
from sequencer.core.version import package_version
from sequencer.engine.revisions import CURRENT
from sequencer.media.score_sounds import ScoreSound, read_score_sound
from sequencer.renderers.choosing import RendererChoice, open_renderer
from sequencer.runs.record import RunRecord, name_of
from sequencer.runs.store import DiskStore, PartialRun, RunStore, open_store, who_am_i
from sequencer.runtime.results import PerformanceResult, RehearsalResult
from sequencer.schedule.document import from_json

if TYPE_CHECKING:
    from sequencer.stages.simulated.rendering import Renderer

MAX_REASON = 10_000
"""The longest reason of a failure that a record keeps, in characters."""


class Ending(StrEnum):
    """How the job of a row ended."""

    PLAYED = "played"
    PRESENT = "present"
    """It was in the store already, or another worker finished first."""
    FAILED = "failed"
    """It failed now, and the failure is in the store."""
    FAILED_BEFORE = "failed before"
    CLAIMED = "claimed"
    """Somebody else plays it, and it costs money."""
    BUSY = "busy"
    """Somebody else seems to be playing it."""
    UNSAVED = "unsaved"
    """It could not be saved, for example because the disk is full."""
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row to play. It is sent to workers, so it has no secret and no open file.

    Attributes:
        schedule: The compiled schedule, as JSON.
        sound_sha256: The digest of the sound in the store.
        again: Whether a row that failed is played again.
        defer: Whether a row that somebody else seems to be playing is left for later.
        key_file: The file of the API key on the worker's machine.
        model: The renderer with a model that makes the frames, if the row has one.
    """

    number: int
    key: str
    label: str
    store: str
    schedule: str
    score: str
    name: str
    values: Mapping[str, str]
    inputs: Mapping[str, Any]
    renderer: str
    size: tuple[int, int] | None
    is_paid: bool
    price_per_hour: Fraction
    sound_sha256: str | None = None
    again: bool = False
    defer: bool = False
    key_file: Path | None = None
    model: RendererChoice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """How the job of a row ended, and why; `as_written` is None where nothing was played."""

    number: int
    key: str
    ending: Ending
    reason: str = ""
    as_written: bool | None = None


def play_jobs(jobs: Sequence[Job]) -> list[JobResult]:
    """Play rows one after the other."""
    return [play_job(job) for job in jobs]


@lru_cache(maxsize=4)
def _store(where: str) -> RunStore:
    return open_store(where)


def play_job(job: Job) -> JobResult:
    """Play one row, unless the store has it; write it to the store, also if it fails."""
    try:
        return _play_job(job, _store(job.store))
    except SequencerError as error:
        return _ended(job, Ending.UNSAVED, str(error))


def _ended(job: Job, ending: Ending, reason: str = "", as_written: bool | None = None) -> JobResult:
    return JobResult(
        number=job.number,
        key=job.key,
        ending=ending,
        reason=reason[:MAX_REASON],
        as_written=as_written,
    )


def _play_job(job: Job, store: RunStore) -> JobResult:
    attempts = store.attempts(job.key)
    if attempts and attempts[-1].is_complete:
        return _ended(job, Ending.PRESENT)
    if attempts and not job.again:
        return _ended(job, Ending.FAILED_BEFORE, attempts[-1].failed or "")
    if job.defer and store.is_being_written(job.key):
        return _ended(job, Ending.BUSY)
    name = name_of(job.key, len(attempts) + 1)
    if job.is_paid and not store.claim(name, who_am_i()):
        return _ended(job, Ending.CLAIMED, f"claims/{name}.json")
    partial = store.begin(job.key)
    try:
        return _play(job, store, partial, name)
    finally:
        partial.discard()


def _play(job: Job, store: RunStore, partial: PartialRun, name: str) -> JobResult:
    began, clock = datetime.now(UTC), time.monotonic()
    failed: str | None = None
    result: RehearsalResult | PerformanceResult | None = None
    try:
        with tempfile.TemporaryDirectory(prefix="sequencer-sound-") as folder:
            found = _StoreInput(
                schedule=from_json(job.schedule),
                sources={f"{job.name}.score": job.score},
                folder=Path(folder),
                name=job.name,
                store=store,
                sound_digest=job.sound_sha256,
            )
            result = (
                _rehearse(job, found, partial.path)
                if not _is_live(job)
                else _perform(job, found, partial.path)
            )
    except OutputError as error:
        return _ended(job, Ending.UNSAVED, str(error))
    except SequencerError as error:
        failed = str(error)
    except Exception as error:  # noqa: BLE001  # one row must not end the others; the traceback is kept
        failed = f"this is a bug: {type(error).__name__}: {error}"
        partial.path.mkdir(exist_ok=True)
        (partial.path / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
    if result is not None:
        if result.report.ended.startswith("interrupted"):
            return _ended(job, Ending.INTERRUPTED, result.report.ended)
        if result.failures:
            return _ended(job, Ending.UNSAVED, "; ".join(result.failures))
    record = RunRecord(
        name=name,
        failed=None if failed is None else failed[:MAX_REASON],
        values={**job.values, **({"take": str(job.inputs["take"])} if job.inputs["take"] else {})},
        summary={} if result is None else _summary(result),
        facts={
            "inputs": dict(job.inputs),
            "began": began.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - clock, 3),
            "host": socket.gethostname(),
            "version": package_version(),
            "revision": CURRENT,
        },
    )
    is_ours = partial.finish(record)
    if failed is not None:
        return _ended(job, Ending.FAILED, failed)
    ending = Ending.PLAYED if is_ours else Ending.PRESENT
    return _ended(job, ending, as_written=None if result is None else result.went_well)


def _is_live(job: Job) -> bool:
    return str(job.inputs["stage"]["kind"]) != "simulated"


def _summary(result: RehearsalResult | PerformanceResult) -> dict[str, Any]:
    report = result.report
    return {
        "cues": len(report.cues),
        "landed": sum(1 for cue in report.cues if cue.landed is not None),
        "chunks": report.chunks,
        "takes": report.takes,
        "ended": report.ended,
        "as_written": result.went_well,
    }


_models: dict[str, Renderer] = {}
"""The renderer with a model that this process has loaded: weights are loaded once for all rows."""
_models_lock = Lock()


@contextmanager
def _loaded(job: Job) -> Iterator[Renderer | None]:
    """Load the renderer of a job, if it has one, or take the one that is loaded.

    One row at a time uses it, also where a worker has several threads.

    Raises:
        UsageError: It cannot be used.
        StageError: It cannot be loaded, or its weights are others than those of the plan.
    """
    if job.model is None:
        yield None
        return
    expected = job.inputs["video"]["renderer"]
    name = repr((job.model.weights, sorted(job.model.options.items()), expected["weights"]))
    with _models_lock:
        if name not in _models:
            for other in list(_models):
                _models.pop(other).close()  # before another one needs the memory
            renderer = open_renderer(job.model)
            if renderer.facts.weights != expected["weights"]:
                renderer.close()
                raise StageError(
                    f"the weights {job.model.weights} are {renderer.facts.weights} on "
                    f"{socket.gethostname()}, and {expected['weights']} where the plan was checked",
                    "give all machines the same weights, or name weights of the Hugging Face Hub",
                )
            _models[name] = renderer
        yield _models[name]


def _rehearse(job: Job, found: RunInput, out: Path) -> RehearsalResult:
    with _loaded(job) as renderer:
        return _rehearse_with(renderer, job, found, out)


def _rehearse_with(
    renderer: Renderer | None, job: Job, found: RunInput, out: Path
) -> RehearsalResult:
    from sequencer.api.rehearsing import rehearse_input

    return rehearse_input(
        found,
        out=out,
        video=job.renderer != "none",
        video_size=job.size if job.renderer != "none" else None,
        draft=job.renderer == "draft",
        from_=None,
        to=None,
        realtime=False,
        events=(),
        faults=None,
        progress=None,
        warn=None,
        bundle=False,
        caption=None,
        typed=None,
        renderer=renderer,
    )


def _perform(job: Job, found: RunInput, out: Path) -> PerformanceResult:
    from sequencer.api.performing import perform

    stage = job.inputs["stage"]
    return perform(
        found,
        out=out,
        stage="reactor",
        url=stage.get("url"),
        local=bool(stage.get("local")),
        key_file=job.key_file,
        record=job.renderer != "none",
        video_size=job.size if job.renderer != "none" else None,
        price=job.price_per_hour,
        warn=lambda _: None,
    )


@lazy_dataclass.dataclass(frozen=True, slots=True, kw_only=True)
class _StoreInput(RunInput):
    """What a job plays, with its images and its sound from the store."""

    store: RunStore
    sound_digest: str | None

    def image(self, image: ImageFile) -> bytes:
        """Return the bytes of an image."""
        return self.store.blob("images", image.sha256)

    @contextmanager
    def sound(self) -> Iterator[ScoreSound | None]:
        """Decode the sound of the score, if it has one."""
        track, sha256 = self.schedule.sound, self.sound_digest
        if track is None or sha256 is None:
            yield None
            return
        if isinstance(self.store, DiskStore):
            file = Path(self.store.url) / "sounds" / sha256
        else:
            file = self.folder / "sound"
            file.write_bytes(self.store.blob("sounds", sha256))
        yield read_score_sound(track, self.folder, stored_in=file)
