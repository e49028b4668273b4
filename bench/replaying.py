"""Measures how fast a run is replayed.

A replay reads the journal, verifies the chain, gives every event to a conductor and compares each
answer.

Two dense runs are recorded on the simulator in virtual time: something on every chunk, a knob
turned sixty times a second, notes, rules that react to them, notes and controllers sent to MIDI
devices, and in one of them a MIDI clock with jitter that is followed. Each is compared with the
unavoidable work: parsing the JSON of the same lines and computing their SHA-256.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sequencer
from bench.findings import Bars, Findings, Row, Section
from bench.rehearsal import hour
from bench.timing import once, paired
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of, read_journal
from sequencer.engine.replay import replay
from sequencer.runtime.loop import Performance
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.midi_clock import MidiFeed
from sequencer.sync.run_clock import VirtualClock

MINUTES = 15
BPM = 160
TURNS = 5
EVENTS, REAL = 50_000, 100
SECOND = 1_000_000_000
_KNOB = SECOND // 60
_NOTES = 8
"""One note per this many movements of the knob."""
_JITTER = SECOND / 1000

SECTION = Section(
    "Replaying",
    f"""
Runs of {MINUTES} minutes that are as dense as operators and MIDI devices can make them: a cue on
every chunk, a knob turned sixty times per second, notes, rules that react, notes and controllers
sent to MIDI devices. One run has an internal clock; one follows a MIDI clock with 1 ms of jitter. A
replay reads the journal, verifies its chain of digests and every field, gives each event to a
conductor and compares each answer. The goal is {REAL} times real time in a dense run, or {EVENTS:,}
events per second. The replay is compared with the minimum that any reader must do: `json.loads` and
SHA-256 of the same lines.
""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A run's journal.

    `seconds` is the length of the show, `events` how many events it received.
    """

    name: str
    path: Path
    seconds: float
    events: int


def dense(minutes: int, clock: str) -> str:
    """Return a dense score of `minutes` minutes at 160 bpm.

    Sections have 64 bars; every bar has prompts, settings and MIDI.
    """
    bars = minutes * BPM // 4
    lines = ['score "Dense"', clock, "seed 7"]
    for number, first in enumerate(range(0, bars, 64)):
        length = min(64, bars - first)
        lines.append(f"section part-{number} {length} bars {{")
        lines += ["  on cc 20 > 64 -> sr 4x", "  on cc 20 < 32 -> sr off"]
        for bar in range(1, length + 1):
            lines.append(
                f'  at {bar} "Picture {bar % 24} of the set, wet neon light.", midi cc 21 '
                f"{bar % 128}"
            )
            lines.append(f"  at {bar}.2 midi note C3 ch 10 vel 90 for 1/2 beat")
            lines += [f"  at {bar}.3 strength 0.{bar % 10}"] if bar % 4 == 0 else []
        lines.append("}")
    return "\n".join(lines) + "\n"


def recorded(folder: Path, minutes: int, follows: bool) -> Recorded:
    """Record a dense run in virtual time, which follows a MIDI clock or not."""
    clock_line = f"clock midi, 4/4, nominal {BPM} bpm" if follows else f"clock {BPM} bpm, 4/4"
    schedule = sequencer.compile_score(sequencer.reads(dense(minutes, clock_line)))
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid))
    path = folder / f"{'following' if follows else 'fixed'}.jsonl"
    run = Performance(
        schedule, stage, clock, journal=JournalWriter(path, header_of(schedule, {}, {}))
    )
    _DeviceInput(MidiFeed(float(BPM), follows), clock, run, ticks=follows)
    asyncio.run(run.run())
    name = "following a MIDI clock" if follows else "with an internal clock"
    return _known(name, path)


def ordinary(folder: Path) -> Recorded:
    """Record an hour's rehearsal with a prompt every two bars."""
    schedule = sequencer.compile_score(sequencer.reads(hour()))
    sequencer.rehearse(schedule, video=False, out=folder / "run")
    return _known("an ordinary hour", folder / "run" / "journal.jsonl")


def _known(name: str, path: Path) -> Recorded:
    journal = read_journal(path)
    events = sum(record.event is not None for record in journal.records)
    return Recorded(name=name, path=path, seconds=journal.records[-1].at / 1e9, events=events)


class _DeviceInput:
    """Plays a knob that never stops, occasional notes, and, if requested, the ticks of a clock."""

    def __init__(self, feed: MidiFeed, clock: VirtualClock, run: Performance, ticks: bool) -> None:
        self._feed, self._clock, self._run = feed, clock, run
        self._chance = random.Random(1)
        self._turns = self._ticks = 0
        self._first = 2 * SECOND
        clock.call_at(SECOND, self._turn)
        if ticks:
            clock.call_at(self._first - 1, lambda: self._receive(b"\xfa"))
            clock.call_at(self._first, self._tick)

    def _receive(self, message: bytes) -> None:
        for event in self._feed.feed(message, self._clock.now()):
            self._run.deliver(event)

    def _turn(self) -> None:
        self._turns += 1
        self._receive(bytes((0xB0, 20, abs(self._turns % 254 - 127))))
        if self._turns % _NOTES == 0:
            self._receive(bytes((0x99, 36 + self._turns % 12, 90)))
        self._clock.call_at(self._clock.now() + _KNOB, self._turn)

    def _tick(self) -> None:
        self._receive(b"\xf8")
        self._ticks += 1
        due = (
            self._first
            + self._ticks * 60 * SECOND // (BPM * 24)
            + round(self._chance.gauss(0, _JITTER))
        )
        self._clock.call_at(max(self._clock.now() + 1, due), self._tick)


def plainly(path: Path) -> None:
    """Parse each line's JSON and chain SHA-256 over the lines: the least any reader must do."""
    digest = b""
    for line in path.read_bytes().splitlines():
        json.loads(line)
        digest = hashlib.sha256(digest + line).hexdigest()[:16].encode()


def _replayed(run: Recorded) -> None:
    found = replay(run.path)
    if not found.is_equal or not found.is_whole:
        raise SystemExit(f"{run.name}: the replay differs\n{found.divergence}")


def _rows(run: Recorded, is_dense: bool) -> tuple[list[Row], list[tuple[str, float]]]:
    events = [record.event for record in read_journal(run.path).records if record.event is not None]
    schedule = read_journal(run.path)

    def conducted() -> None:
        conductor = Conductor(schedule.schedule, schedule.following)
        for event in events:
            conductor.receive(event)

    turns = [
        (
            once(lambda: plainly(run.path)),
            once(lambda: _replayed(run)),
            once(lambda: read_journal(run.path)),
            once(conducted),
        )
        for _ in range(TURNS)
    ]
    spent = [own for _, own, _, _ in turns]
    found = paired(spent, [plain for plain, _, _, _ in turns])
    speed, real = (
        sorted(run.events / one for one in spent),
        sorted(run.seconds / one for one in spent),
    )
    name = f"{run.name}: " if not is_dense else f"dense, {run.name}: "
    rows = [
        Row(f"{name}events per second", median(speed), spread=(speed[0], speed[-1])),
        Row(
            f"{name}speed",
            median(real),
            "× real time",
            least=REAL if is_dense else None,
            spread=(real[0], real[-1]),
        ),
        Row(
            f"{name}time",
            found.ratio,
            beside="JSON and SHA-256 of the same lines",
            spread=found.spread,
        ),
    ]
    each = 1e6 / run.events
    bars = [
        (f"{run.name}: JSON and SHA-256 alone", min(plain for plain, _, _, _ in turns) * each),
        ("reading, with chain and fields verified", min(read for _, _, read, _ in turns) * each),
        ("the conductor", min(work for _, _, _, work in turns) * each),
    ]
    return rows, bars


def _runs(folder: Path) -> Iterator[tuple[Recorded, bool]]:
    yield recorded(folder, MINUTES, follows=False), True
    yield recorded(folder, MINUTES, follows=True), True
    yield ordinary(folder), False


def measure() -> Findings:
    """Record, replay, compare."""
    rows: list[Row] = []
    bars: list[tuple[str, float]] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for run, is_dense in _runs(Path(folder)):
            found, costs = _rows(run, is_dense)
            rows += found
            bars += costs
            size = run.path.stat().st_size / 1e6
            notes.append(
                f"{run.name}: {run.seconds / 60:.0f} minutes, {run.events:,} events, a journal "
                f"of {size:.0f} MB"
            )
    return Findings(
        tuple(rows),
        (Bars("Cost of an event in a replay", "µs of processor time", tuple(bars)),),
        tuple(notes),
    )
