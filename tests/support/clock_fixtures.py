"""An external clock that tests control in virtual time, and runs that follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from sequencer.api.scripted_events import read_event
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ClockFitted, TransportChanged, TransportLocated
from sequencer.language.compiler import compile_score
from sequencer.language.score import ClockKind, ClockLine, Header, Score
from sequencer.runtime.loop import Outcome, Performance
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import at_bar, on_beats, section

SECOND = 1_000_000_000
CHUNK = 1.375
Move = float | str | tuple[str, float]


class ExternalClock:
    """An external clock in virtual time.

    Moves are (seconds, what): a tempo, a transport command or a quarter to go to.
    """

    def __init__(self, *moves: tuple[float, Move], every: float = 0.1) -> None:
        self.moves = moves
        self.every = every
        self.history: list[tuple[float, float, float]] = []  # (time, quarter, quarters per second)
        self._quarter, self._time, self._rate, self._tempo = 0.0, 0.0, 0.0, 2.0

    def quarter_at(self, seconds: float) -> float:
        return self._quarter + (seconds - self._time) * self._rate

    def time_of(self, quarter: float) -> float:
        """Return when the clock truly was at a quarter, the last time."""
        for time, start, rate in reversed(self.history):
            if rate > 0 and start <= quarter:
                return time + (quarter - start) / rate
        raise AssertionError(f"never at {quarter}")

    def plug(self, clock: VirtualClock, deliver: Callable[[Event], None]) -> None:
        for seconds, what in self.moves:
            clock.call_at(int(seconds * SECOND), partial(self._move, seconds, what, deliver))
        self._tick(clock, deliver)

    def _move(self, seconds: float, what: Move, deliver: Callable[[Event], None]) -> None:
        at = int(seconds * SECOND)
        self._quarter, self._time = self.quarter_at(seconds), seconds
        match what:
            case "start":
                self._quarter, self._rate = 0.0, self._tempo
                deliver(TransportChanged(at, "start"))
            case "continue":
                self._rate = self._tempo
                deliver(TransportChanged(at, "continue"))
            case "stop":
                self._rate = 0.0
                deliver(TransportChanged(at, "stop"))
            case ("locate", quarter):
                self._quarter = quarter
                deliver(TransportLocated(at, quarter))
            case float(bpm):
                self._tempo = bpm / 60
                self._rate = self._tempo if self._rate else 0.0
            case _:
                raise AssertionError(f"{what} is no move")
        self.history.append((seconds, self._quarter, self._rate))
        self._fit(at, deliver)

    def _fit(self, at: int, deliver: Callable[[Event], None]) -> None:
        if self._rate:
            deliver(ClockFitted(at, self.quarter_at(at / SECOND), at, self._rate / SECOND))

    def _tick(self, clock: VirtualClock, deliver: Callable[[Event], None]) -> None:
        self._fit(clock.now(), deliver)
        clock.call_at(clock.now() + int(self.every * SECOND), lambda: self._tick(clock, deliver))


def follow(
    score: Score,
    external: ExternalClock,
    faults: Faults | None = None,
    journal: Path | None = None,
    events: Sequence[str] = (),
) -> tuple[Outcome, list[Event | Command]]:
    schedule = compile_score(score)
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid, faults or Faults()))
    log: list[Event | Command] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        log.append(event)
        log.extend(commands)
        if event.at > 600 * SECOND:
            run.close("the test took too long")

    writer = None if journal is None else JournalWriter(journal, header_of(schedule, {}, {}))
    run = Performance(
        schedule,
        stage,
        clock,
        journal=writer,
        script=[read_event(one, schedule) for one in events],
        watchers=[watch],
    )
    external.plug(clock, run.deliver)
    return asyncio.run(run.run()), log


def midi(*sections: object, bpm: int = 120) -> Score:
    clock = ClockLine(kind=ClockKind.MIDI, bpm=Fraction(bpm))
    return on_beats(*sections, header=Header(clock=clock, seed=3))  # type: ignore[arg-type]  # sections, as callers pass them


LONG = section("long", 32, *(at_bar(bar, f"p{bar}") for bar in range(1, 32, 2)))
