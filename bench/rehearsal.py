"""Measures rehearsal in virtual seconds per second, with and without video, and memory growth."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import sequencer
from bench.findings import Findings, Row, Section

PROMPTS = 24

SECTION = Section(
    "Rehearsal",
    """
An hour of score at 120 bpm: a section every 64 bars, a prompt every two bars, and a few cuts. The
rehearsal writes all its files except the video: journal, report and timelines. *Real
time* is how long the hour would last; the speed is computed from processor time. Frames are
rendered and encoded at 1280×768 with captions in several threads; their speed is computed from
elapsed time.
""",
)


def hour(minutes: int = 60) -> str:
    """Return a score of `minutes` minutes.

    The score has:

    120 bpm in 4/4, a section every 64 bars, a prompt every two bars, a few cuts.
    """
    bars = minutes * 30
    lines = ['score "An hour"', "clock 120 bpm, 4/4", "seed 7", ""]
    for number, first in enumerate(range(0, bars, 64)):
        length = min(64, bars - first)
        cut = f", cut seed {number}" if number and number % 4 == 0 else ""
        lines.append(f"section part-{number} {length} bars{cut} {{")
        lines += [
            f'  at {bar} "Picture {(first + bar) % PROMPTS} of the hour."'
            for bar in range(1, length + 1, 2)
        ]
        lines.append("}")
    return "\n".join(lines) + "\n"


def rehearsed(schedule: sequencer.Schedule, *, video: bool, save: bool) -> tuple[float, float]:
    """Rehearse once; return seconds of real time and of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        began, spent = time.perf_counter(), time.process_time()
        result = sequencer.rehearse(schedule, video=video, save=save, out=Path(folder) / "run")
        took = time.perf_counter() - began, time.process_time() - spent
        assert result.went_well
    return took


def memory(minutes: int) -> float:
    """Return a rehearsal's peak memory (MB) for `minutes` minutes, with its score and schedule."""
    schedule = sequencer.compile_score(sequencer.reads(hour(minutes)))
    tracemalloc.start()
    sequencer.rehearse(schedule, video=False, save=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def resident(minutes: int) -> int:
    """Return the peak kilobytes of a process that rehearses without video, as measured by Linux."""
    program = (
        "import pathlib, re, sys, sequencer\n"
        "from bench.rehearsal import hour\n"
        f"s = sequencer.compile_score(sequencer.reads(hour({minutes})))\n"
        "sequencer.rehearse(s, video=False, out=pathlib.Path(sys.argv[1]) / 'run')\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, "-c", program, folder], capture_output=True, text=True, check=True
        )
    return int(ran.stdout)


def _share_of_files(schedule: sequencer.Schedule) -> float:
    """Return what an hour costs with its files saved, compared with the same hour without."""
    saved = rehearsed(schedule, video=False, save=True)[1]
    return saved / rehearsed(schedule, video=False, save=False)[1]


def _speeds() -> Iterator[Row]:
    schedule = sequencer.compile_score(sequencer.reads(hour()))
    seconds = float(schedule.end * schedule.grid.chunk)
    speeds = [seconds / rehearsed(schedule, video=False, save=True)[1] for _ in range(5)]
    yield Row(
        "an hour of score without video, files saved",
        median(speeds),
        "× real time",
        least=5000,
        spread=(min(speeds), max(speeds)),
    )
    shares = [_share_of_files(schedule) for _ in range(5)]
    yield Row(
        "that hour with all files saved, processor time",
        median(shares),
        beside="the same hour with nothing saved",
        spread=(min(shares), max(shares)),
    )
    short = sequencer.compile_score(sequencer.reads(hour(1)))
    minute = float(short.end * short.grid.chunk)
    drawn, recorded = (
        rehearsed(short, video=True, save=False)[0],
        rehearsed(short, video=True, save=True)[0],
    )
    yield Row(
        "a minute with frames and their digests, nothing saved", minute / drawn, "× real time"
    )
    yield Row("a minute with video, contact sheet and captions", minute / recorded, "× real time")


def _memory() -> Iterator[Row]:
    what = "memory of a process that rehearses six hours"
    if not Path("/proc/self/status").exists():
        yield Row(what, None, why="this system does not report it")
        return
    small, large = resident(60), resident(360)
    yield Row(what, large / small, beside="one that rehearses one hour")
    yield Row(what, large / 1024, "MB")
    yield Row(
        "memory of a run alone, without its process: two hours",
        memory(120) / memory(60),
        beside="one hour",
    )


def measure() -> Findings:
    """Measure speeds and memory."""
    return Findings((*_speeds(), *_memory()))
