"""Measures how fast a score is rehearsed, in virtual seconds per second, with and without video, and how memory grows."""

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
An hour of score at 120 bpm: a section every 64 bars, a prompt every two bars, now and then a cut. Everything a rehearsal
leaves but the pictures is saved: journal, report, timeline, cue sheet. *Real time* is how long the hour would last; the speed
is taken from processor time. Pictures are drawn and encoded at 1280×768 with captions, in several threads: there the wall's
clock counts.
""",
)


def hour(minutes: int = 60) -> str:
    """Return a score of `minutes` minutes: 120 bpm in 4/4, a section every 64 bars, a prompt every two bars, a few cuts."""
    bars = minutes * 30
    lines = ['score "An hour"', "clock 120 bpm, 4/4", "seed 7", ""]
    for number, first in enumerate(range(0, bars, 64)):
        length = min(64, bars - first)
        cut = f", cut seed {number}" if number and number % 4 == 0 else ""
        lines.append(f"section part-{number} {length} bars{cut} {{")
        lines += [f'  at {bar} "Picture {(first + bar) % PROMPTS} of the hour."' for bar in range(1, length + 1, 2)]
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
    """Return the peak memory in megabytes of a rehearsal of `minutes` minutes, including its score and schedule."""
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
        ran = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    return int(ran.stdout)


def _speeds() -> Iterator[Row]:
    schedule = sequencer.compile_score(sequencer.reads(hour()))
    seconds = float(schedule.end * schedule.grid.chunk)
    speeds = [seconds / rehearsed(schedule, video=False, save=True)[1] for _ in range(5)]
    yield Row(
        "an hour of score, no pictures, everything saved",
        median(speeds),
        "× real time",
        least=2000,
        spread=(min(speeds), max(speeds)),
    )
    short = sequencer.compile_score(sequencer.reads(hour(1)))
    minute = float(short.end * short.grid.chunk)
    drawn, recorded = rehearsed(short, video=True, save=False)[0], rehearsed(short, video=True, save=True)[0]
    yield Row("a minute with pictures and their digests, nothing saved", minute / drawn, "× real time")
    yield Row("a minute with video, contact sheet and captions", minute / recorded, "× real time")


def _memory() -> Iterator[Row]:
    what = "memory of a process that rehearses six hours"
    if not Path("/proc/self/status").exists():
        yield Row(what, None, why="this system does not tell")
        return
    small, large = resident(60), resident(360)
    yield Row(what, large / small, beside="one that rehearses one hour")
    yield Row(what, large / 1024, "MB")
    yield Row("memory of a run alone, without its process: two hours", memory(120) / memory(60), beside="one hour")


def measure() -> Findings:
    """Measure speeds and memory."""
    return Findings((*_speeds(), *_memory()))
