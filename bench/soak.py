"""Measures growth and drift: six hours of score in virtual time, 30 real minutes over WebRTC.

    python -m bench.soak [--hours 6] [--minutes 30] [--fps 24] [--json FILE]

Virtual: the simulator with a journal, in one process. Real: `sequencer serve` and `sequencer
perform --local`, each in a process of its own that is sampled from inside (`soak_probe`). Flat
means that the last quarter holds no more than the second one, except for a small allowance. No
drift means that every cue landed on its planned chunk, and that the chunks of the last quarter
begin as far from an even count as those of the first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import sequencer
from bench.findings import Findings, Lines, Row, Section
from bench.rehearsal import hour
from bench.soak_probe import held
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of, read_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone
from sequencer.runtime.loop import Performance
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

HERE = Path(__file__).parent
SECOND = 1_000_000_000

Held = dict[str, int]

KILOBYTES = 24_000
"""Memory the last quarter may hold above the second: each cue's result is kept to a run's end."""

SHORT_HOURS, SHORT_SECONDS = 6.0, 75.0
SECTION = Section(
    "Long runs",
    f"""
Does anything grow or drift? {SHORT_HOURS:.0f} hours of score in virtual time, and
{SHORT_SECONDS:.0f} real seconds over WebRTC from `sequencer serve` to `sequencer perform`, with
each process sampled from inside. Drift is how much later chunks begin in the last quarter than in
the first, compared with even spacing. Growth is the memory of the last quarter above that of the
second; {KILOBYTES / 1000:.0f} MB are allowed, because the result of each cue is kept until the end
of a run. Growth over WebRTC takes longer to measure: `python -m bench.soak` runs for thirty real
minutes.
""",
)

WARM = 60
"""Seconds of warm-up to ignore: decoders, encoders and first chunks allocate memory once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """The result of a soak.

    `held` are samples of each process by name, `drift_ms` the change of the chunks' beginnings.
    """

    what: str
    seconds: float
    chunks: int
    cues: int
    landed_as_planned: int
    drift_ms: float
    held: dict[str, list[Held]]
    trouble: str = ""

    def faults(self) -> list[str]:
        """Return what is not flat and what drifted; empty if nothing is wrong."""
        found = [self.trouble] if self.trouble else []
        if self.landed_as_planned != self.cues:
            found.append(
                f"{self.cues - self.landed_as_planned} of {self.cues} cues did not land on the "
                "chunk they were planned for"
            )
        for name, samples in self.held.items():
            found += [f"{name}: {one}" for one in grown(samples)]
        return found


def grown(samples: Sequence[Held]) -> list[str]:
    """Return what the last quarter of the samples holds more of than the second one."""
    if len(samples) < 8:
        return ["too few samples"]
    quarter = len(samples) // 4
    found = []
    for key, allowed in (("kb", KILOBYTES), ("files", 2), ("threads", 1), ("tasks", 3)):
        early = statistics.median(one[key] for one in samples[quarter : 2 * quarter])
        late = statistics.median(one[key] for one in samples[-quarter:])
        if late - early > allowed:
            found.append(f"{key} grew from {early:.0f} to {late:.0f}")
    return found


# ---- virtual -------------------------------------------------------------------------------------


def virtual(hours: float, samples: int = 48) -> Soaked:
    """Play a score of `hours` hours in virtual time: every event journaled, every chunk checked."""
    schedule = sequencer.compile_score(sequencer.reads(hour(round(hours * 60))))
    found: list[Held] = []
    begins: list[int] = []
    every = max(1, schedule.end // samples)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:

        async def run() -> Performance:
            clock = VirtualClock()
            stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
            journal = JournalWriter(Path(folder) / "journal.jsonl", header_of(schedule, {}, {}))

            def look(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
                del commands
                if isinstance(event, ChunkDone):
                    begins.append(event.at)
                    if len(begins) % every == 0:
                        found.append(held(asyncio.get_running_loop()))

            performance = Performance(schedule, stage, clock, journal=journal, watchers=[look])
            await performance.run()
            return performance

        report = asyncio.run(run()).conductor.report()
    return Soaked(
        what=f"{hours:g} h of score in virtual time",
        seconds=time.perf_counter() - began,
        chunks=report.chunks,
        cues=len(report.cues),
        landed_as_planned=sum(cue.landed == cue.planned for cue in report.cues),
        drift_ms=drift(begins, schedule.grid.chunk, cuts=report.takes - 1),
        held={"run": found},
        trouble="" if report.ended_well else report.ended,
    )


def drift(begins: Sequence[int], chunk: Fraction, cuts: int = 0) -> float:
    """Return by how many ms chunks drift from even spacing between the first and last quarter.

    Cuts take a time of their own: if there are any, the median length of a chunk is compared
    instead.
    """
    if len(begins) < 8 or cuts:
        gaps = [after - before for before, after in pairwise(begins)]
        even = [gap for gap in gaps if gap < chunk * SECOND * 3 / 2]
        return 0.0 if not even else float((statistics.median(even) - chunk * SECOND) / 1_000_000)
    late = [at - begins[0] - number * chunk * SECOND for number, at in enumerate(begins)]
    quarter = len(late) // 4
    return float(
        (statistics.median(late[-quarter:]) - statistics.median(late[:quarter])) / 1_000_000
    )


# ---- real ----------------------------------------------------------------------------------------


def score_of(seconds: float, fps: int) -> str:
    """Return a score of `seconds` seconds: a prompt every fourth chunk, SR now and then."""
    chunks = max(8, round(seconds * fps / 33))
    lines = ['score "Soak"', f"grid 33 frames @ {fps} fps", "seed 7"]
    for chunk in range(0, chunks, 4):
        sr = f", sr {'2x' if chunk % 8 else '4x'}" if chunk % 40 == 20 else ""
        lines.append(f'at {chunk}c "A paper boat drifts past stone {chunk}."{sr}')
    return "\n".join([*lines, f"end {chunks}c"]) + "\n"


def real(seconds: float, fps: int = 24, every: float = 2.0) -> Soaked:
    """Play for `seconds` real seconds: local server and live run over WebRTC on this machine."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "soak.score").write_text(score_of(seconds, fps), encoding="utf-8")
        probe = [sys.executable, str(HERE / "soak_probe.py")]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        minutes = str(max(20, seconds / 60 + 10))
        serve = [
            *probe,
            str(folder / "serve"),
            str(every),
            "serve",
            "--port",
            "0",
            "--fps",
            str(fps),
            "--session-minutes",
            minutes,
        ]
        began = time.perf_counter()
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env=environment) as server:
            try:
                line = server.stdout.readline() if server.stdout is not None else ""
                found = re.search(r"http://[\d.:]+", line)
                if found is None:
                    return Soaked(
                        what="real",
                        seconds=0,
                        chunks=0,
                        cues=0,
                        landed_as_planned=0,
                        drift_ms=0.0,
                        held={},
                        trouble=f"the local server did not start: {line!r}",
                    )
                perform = [
                    *probe,
                    str(folder / "perform"),
                    str(every),
                    "perform",
                    str(folder / "soak.score"),
                    "--local",
                ]
                perform += ["--url", found[0], "--out", str(folder / "run"), "-q"]
                done = subprocess.run(
                    perform,
                    env=environment,
                    capture_output=True,
                    text=True,
                    timeout=seconds * 1.5 + 120,
                    check=False,
                )
            finally:
                server.send_signal(signal.SIGINT)
                server.communicate(timeout=60)
        spent = time.perf_counter() - began
        if not (folder / "run" / "journal.jsonl").is_file():
            return Soaked(
                what="real",
                seconds=spent,
                chunks=0,
                cues=0,
                landed_as_planned=0,
                drift_ms=0.0,
                held={},
                trouble=f"the run did not finish: {done.stderr[-500:]}",
            )
        journal = read_journal(folder / "run" / "journal.jsonl")
        cues = json.loads((folder / "run" / "report.json").read_text(encoding="utf-8"))["cues"]
        begins = [one.event.at for one in journal.records if isinstance(one.event, ChunkDone)]
        warm = min(WARM, seconds / 4)
        return Soaked(
            what=f"{seconds / 60:g} min over WebRTC at {fps} fps",
            seconds=spent,
            chunks=len(begins),
            cues=len(cues),
            landed_as_planned=sum(cue["landed"] == cue["planned"] for cue in cues),
            drift_ms=drift(begins, journal.schedule.grid.chunk),
            held={name: _samples(folder / name, warm) for name in ("serve", "perform")},
            trouble=""
            if done.returncode == 0
            else f"perform ended with {done.returncode}: {done.stderr[-500:]}",
        )


def _samples(path: Path, warm: float) -> list[Held]:
    """Return a process's samples without its warm-up and without the last two, in which it ends."""
    found = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    kept = [one for one in found if one["at"] >= warm]
    return [{key: value for key, value in one.items() if key != "at"} for one in kept[:-2]]


# ---- output --------------------------------------------------------------------------------------


def describe(found: Soaked) -> str:
    """Return a soak as lines for printing."""
    cues = f"{found.landed_as_planned} of {found.cues} cues landed as planned"
    lines = [
        f"{found.what}: {found.chunks} chunks in {found.seconds:.0f} s, {cues}",
        f"  drift of chunks, last quarter against first: {found.drift_ms:+.3f} ms",
    ]
    for name, samples in found.held.items():
        quarter = max(1, len(samples) // 4)
        for key, unit in (
            ("kb", "kB of memory"),
            ("files", "open files"),
            ("threads", "threads"),
            ("tasks", "tasks"),
        ):
            if samples:
                early = statistics.median(
                    one[key] for one in samples[quarter : 2 * quarter] or samples
                )
                late = statistics.median(one[key] for one in samples[-quarter:])
                most = max(one[key] for one in samples)
                lines.append(
                    f"  {name}: {early:.0f} → {late:.0f} {unit} (second quarter → last; at "
                    f"most {most})"
                )
    return "\n".join([*lines, *(f"  PROBLEM: {one}" for one in found.faults())])


def _rows(found: Soaked, is_long: bool) -> Iterator[Row]:
    name = found.what
    share = 100 * found.landed_as_planned / found.cues if found.cues else 0.0
    yield Row(f"{name}: cues that landed as planned", share, "%", least=100)
    yield Row(f"{name}: drift of chunks", found.drift_ms, "ms")
    for who, samples in found.held.items():
        kept = [one["kb"] / 1000 for one in samples]
        quarter = len(kept) // 4
        if quarter and is_long:
            growth = statistics.median(kept[-quarter:]) - statistics.median(
                kept[quarter : 2 * quarter]
            )
            yield Row(f"{name}: growth of memory", max(0.0, growth), "MB", most=KILOBYTES / 1000)
        elif quarter:
            yield Row(f"{name}: memory of `{who}`", statistics.median(kept[-quarter:]), "MB")
    if is_long:
        yield Row(
            f"{name}: problems (memory, files, threads, tasks)", float(len(found.faults())), most=0
        )


def measure() -> Findings:
    """Run a short soak of both kinds."""
    soaks = [virtual(SHORT_HOURS)]
    if Path("/proc/self/statm").exists():
        soaks.append(real(SHORT_SECONDS))
    held_by = {
        (one.what, who): samples
        for one in soaks
        for who, samples in one.held.items()
        if len(samples) > 1
    }
    lines = tuple(
        (
            f"{who} ({'virtual' if what == soaks[0].what else 'real'})",
            tuple(
                (100 * index / (len(samples) - 1), max(0, one["kb"] - samples[0]["kb"]) / 1000)
                for index, one in enumerate(samples)
            ),
        )
        for (what, who), samples in held_by.items()
    )
    notes = [f"{one.what}: {one.chunks:,} chunks, {one.cues:,} cues" for one in soaks]
    notes += [f"{soaks[0].what}: {fault}" for fault in soaks[0].faults()]
    rows = [row for one in soaks for row in _rows(one, is_long=one is soaks[0])]
    if len(soaks) == 1:
        rows.append(
            Row(
                "real time over WebRTC",
                None,
                why="the samples are read from /proc, which only Linux has",
            )
        )
    return Findings(
        tuple(rows),
        (
            Lines(
                title="Memory above the first sample", across="% of the run", up="MB", lines=lines
            ),
        ),
        tuple(notes),
    )


def main() -> int:
    """Soak and print; return 1 if something grew or drifted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--hours", type=float, default=6.0, help="hours of score in virtual time (0: none)"
    )
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="real minutes over WebRTC (0: none)"
    )
    parser.add_argument("--fps", type=int, default=24)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the results to this file"
    )
    args = parser.parse_args()
    soaks = [virtual(args.hours)] if args.hours else []
    soaks += [real(args.minutes * 60, args.fps)] if args.minutes else []
    for one in soaks:
        print(describe(one), flush=True)
    if args.json is not None:
        args.json.write_text(
            json.dumps(
                [
                    {
                        "what": one.what,
                        "chunks": one.chunks,
                        "drift_ms": one.drift_ms,
                        "faults": one.faults(),
                    }
                    for one in soaks
                ],
                indent=1,
            )
            + "\n",
            encoding="utf-8",
        )
    return int(any(one.faults() for one in soaks))


if __name__ == "__main__":
    sys.exit(main())
