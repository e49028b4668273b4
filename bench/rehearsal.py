"""How fast a score is rehearsed: virtual seconds for each second of work, without and with pictures, and how memory grows."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import sequencer

PROMPTS = 24


def hour(minutes: int = 60) -> str:
    """A score of so many minutes: 120 bpm in 4/4, a section every 64 bars, a prompt every two bars, now and then a cut."""
    bars = minutes * 30
    lines = ['score "An hour"', "clock 120 bpm, 4/4", "seed 7", ""]
    for number, first in enumerate(range(0, bars, 64)):
        length = min(64, bars - first)
        cut = f", cut seed {number}" if number and number % 4 == 0 else ""
        lines.append(f"section part-{number} {length} bars{cut} {{")
        lines += [f'  at {bar} "Picture {(first + bar) % PROMPTS} of the hour."' for bar in range(1, length + 1, 2)]
        lines.append("}")
    return "\n".join(lines) + "\n"


def rehearsed(schedule: sequencer.Schedule, *, video: bool, save: bool) -> float:
    """Seconds of work for one rehearsal."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = sequencer.rehearse(schedule, video=video, save=save, out=Path(folder) / "run")
        spent = time.perf_counter() - began
        assert result.went_well
    return spent


def memory(minutes: int) -> float:
    """Megabytes at the peak of a rehearsal of so many minutes, its score and schedule included."""
    schedule = sequencer.compile_score(sequencer.reads(hour(minutes)))
    tracemalloc.start()
    sequencer.rehearse(schedule, video=False, save=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def resident(minutes: int) -> int:
    """Kilobytes that the process of a whole rehearsal without pictures took at most, by Linux's own account."""
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


def main() -> None:
    """Print the ratios."""
    schedule = sequencer.compile_score(sequencer.reads(hour()))
    seconds = float(schedule.end * schedule.grid.chunk)
    best = min(rehearsed(schedule, video=False, save=True) for _ in range(3))
    print(f"one hour of score ({schedule.end} chunks, {len(schedule.entries)} cues), no pictures, everything saved:")
    print(f"  {seconds / best:,.0f} × real time (goal: 2,000)")
    short = sequencer.compile_score(sequencer.reads(hour(1)))
    with_pictures = rehearsed(short, video=True, save=True)
    digests = rehearsed(short, video=True, save=False)
    minute = float(short.end * short.grid.chunk)
    print(f"one minute with video, contact sheet and captions at 1280×768: {minute / with_pictures:.1f} × real time")
    print(f"the same, pictures and digests only: {minute / digests:.1f} × real time")
    if not Path("/proc/self/status").exists():
        print("memory: this system does not tell")
        return
    small, large = resident(60), resident(360)
    print(f"memory of the whole process: one hour {small / 1024:.0f} MB, six hours {large / 1024:.0f} MB")
    print(f"  of which the run itself, traced: one hour {memory(60):.1f} MB, two hours {memory(120):.1f} MB")


if __name__ == "__main__":
    main()
