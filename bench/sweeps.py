"""Measures what a sweep adds to its runs: the store, the workers, and how it resumes."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.findings import Findings, Row, Section
from sequencer.api.rehearsing import rehearse
from sequencer.runs.index import RunIndex
from sequencer.runs.local_pool import LocalPool
from sequencer.runs.record import RunRecord
from sequencer.runs.store import RunStore, open_store
from sequencer.sweeps.plan import Axis, Plan
from sequencer.sweeps.playing import JobResult, play_jobs
from sequencer.sweeps.rows import Row as SweepRow
from sequencer.sweeps.rows import Rows, compile_rows
from sequencer.sweeps.sweep import SweepRun, find_states

QUICK, MANY, VIDEOS = 60, 1_000, 6
SCORE = """\
clock 120 bpm, 4/4
grid 12 frames @ 24 fps
let light = "In blue light."
section calm 4 bars {
  at 1 "A boat drifts. {light}"
  every 1 bar from 2 pick("It turns." | "It stops." | "It leaks.")
}
"""

SECTION = Section(
    "Sweeps",
    f"""
{QUICK} rehearsals without video in a sweep, compared with the same ones one after the other in one
process: once with the work of the store only, once with a worker in another process, from its
start to its end. {MANY:,} rows of a plan are compiled, their runs are indexed, and all are looked
up. {VIDEOS} rows with a video on two workers are compared with one worker; what cannot be divided
(the start of the workers and the compilation of the plan) limits the gain: by Amdahl's law to
1 / (s + (1 − s) / 2), where s is its share. At last a worker is killed in the middle of such
a sweep.
""",
)


def measure() -> Findings:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "boat.score").write_text(SCORE, encoding="utf-8")
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        return Findings((*_overhead(folder), *_lookups(folder), *_workers(folder)))


def _rows(folder: Path, count: int, renderer: str) -> Rows:
    seeds = Axis("seed", tuple(map(str, range(count))))
    axes = (seeds, Axis("renderer", (renderer,)))
    return compile_rows(Plan(name="bench", score=folder / "boat.score", axes=axes, size=(320, 192)))


def _sweep(rows: Rows, store: RunStore, workers: int) -> SweepRun:
    return SweepRun(
        rows=rows,
        selected=rows.rows,
        store=store,
        engine=LocalPool(workers),
        handle=lambda *_: None,
    )


def _overhead(folder: Path) -> list[Row]:
    """Compare rehearsals in a store with plain ones, in turns."""
    rows = _rows(folder, QUICK, "none")
    stored = open_store(str(folder / "stored"))
    jobs = [_sweep(rows, stored, 1).job_of(row, defer=False) for row in rows.rows]
    _play(jobs[:2])  # loads everything
    plain, kept = 0.0, 0.0
    for number, (row, job) in enumerate(zip(rows.rows[2:], jobs[2:], strict=True)):
        began = time.perf_counter()
        rehearse(row.schedule, video=False, out=folder / "plain" / str(number))
        middle = time.perf_counter()
        _play([job])
        plain += middle - began
        kept += time.perf_counter() - middle
    began = time.perf_counter()
    _sweep(rows, open_store(str(folder / "swept")), 1).play(rows.rows)
    swept = time.perf_counter() - began
    count = len(jobs) - 2
    return [
        Row("a plain rehearsal", 1000 * plain / count, "ms"),
        Row("a row, with its store", kept / plain, "×", beside="a plain rehearsal", most=3),
        Row(
            f"{QUICK} rows with a worker of their own",
            swept / QUICK / (plain / count),
            "×",
            beside="plain rehearsals",
        ),
    ]


def _play(jobs: Sequence[object]) -> list[JobResult]:
    results = play_jobs(jobs)  # type: ignore[arg-type]  # jobs of a sweep
    assert all(one.ending.value == "played" for one in results), results
    return results


def _lookups(folder: Path) -> list[Row]:
    """Compile a large plan, index its runs, and look all of them up."""
    began = time.perf_counter()
    rows = _rows(folder, MANY, "none")
    compiled = time.perf_counter() - began
    store = open_store(str(folder / "many"))
    for row in rows.rows:
        partial = store.begin(row.key)
        partial.finish(RunRecord(name=row.key, failed=None, facts={"inputs": dict(row.inputs)}))
    began = time.perf_counter()
    with RunIndex(store, folder / "index.sqlite") as index:
        assert index.refresh() == MANY
    indexed = time.perf_counter() - began
    find_states(rows, store)
    began = time.perf_counter()
    assert all(state.status.value == "complete" for state in find_states(rows, store))
    found = time.perf_counter() - began
    return [
        Row(f"{MANY:,} rows compiled and checked", compiled, "s", most=30),
        Row(f"{MANY:,} runs indexed", 1000 * indexed, "ms", most=1000),
        Row(f"{MANY:,} runs looked up again", 1000 * found, "ms", most=200),
    ]


def _workers(folder: Path) -> list[Row]:
    """Compare two workers with one, and a sweep whose worker is killed with one that is not."""
    began = time.perf_counter()
    rows = _rows(folder, VIDEOS, "draft")
    compiled = time.perf_counter() - began
    pool = LocalPool(1)
    began = time.perf_counter()
    pool.open().submit(os.getpid).result()
    serial = compiled + time.perf_counter() - began
    pool.close()
    one = _timed(rows, open_store(str(folder / "one")), 1)
    two = _timed(rows, open_store(str(folder / "two")), 2)
    share = serial / (compiled + one)
    killed, repeated = _killed(rows, open_store(str(folder / "killed")))
    return [
        Row(
            f"{VIDEOS} rows with a video on two workers",
            (compiled + one) / (compiled + two),
            "times as fast",
            beside="one worker",
        ),
        Row("the limit by Amdahl's law", 1 / (share + (1 - share) / 2), "times as fast"),
        Row("time lost by a killed worker", killed - one, "s", beside="one worker"),
        Row("complete rows that were played again", repeated, most=0),
    ]


def _timed(rows: Rows, store: RunStore, workers: int) -> float:
    began = time.perf_counter()
    _sweep(rows, store, workers).play(rows.rows)
    return time.perf_counter() - began


def _killed(rows: Rows, store: RunStore) -> tuple[float, float]:
    """Kill the only worker after three rows; return the seconds, and how many runs changed."""
    pool = LocalPool(1)
    before: dict[str, float] = {}

    def times() -> dict[str, float]:
        folder = Path(store.url) / "runs"
        return {
            path.parent.name: path.stat().st_mtime for path in folder.glob("*/[0-9a-f]*/run.json")
        }

    done = 0

    def handle(row: SweepRow, result: JobResult) -> None:
        nonlocal done
        done += 1
        if done == 3:
            before.update(times())
            for number in pool.processes():
                os.kill(number, signal.SIGKILL)

    sweep = SweepRun(rows=rows, selected=rows.rows, store=store, engine=pool, handle=handle)
    began = time.perf_counter()
    sweep.play(rows.rows)
    seconds = time.perf_counter() - began
    after = times()
    assert len(after) == len(rows.rows)
    return seconds, float(sum(after[name] != when for name, when in before.items()))
