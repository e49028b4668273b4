"""Builds scores in code and plays them on the simulated stage in virtual time, for tests that need no notation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from sequencer.api.scripted_events import read_event
from sequencer.core.images import ImageFile
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import CueReport
from sequencer.engine.conductor.run_state import Phase
from sequencer.engine.journal import JournalWriter, header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.language.compiler import compile_score
from sequencer.language.score import (
    Action,
    AtBar,
    AtOffset,
    ClockKind,
    ClockLine,
    Cue,
    Cut,
    Duration,
    Header,
    Item,
    OnGo,
    OnNote,
    Prompt,
    Rule,
    Score,
    Section,
    Text,
    Unit,
)
from sequencer.runtime.loop import Outcome, Performance
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock

PICTURE = ImageFile("a.png", "a" * 64, "image/png", 640, 384, 1000)
OTHER_PICTURE = ImageFile("b.png", "b" * 64, "image/png", 640, 384, 1000)


def say(text: str) -> Prompt:
    return Prompt(Text((text,)))


def at_chunk(chunk: int, *actions: Action | str) -> Cue:
    return Cue(AtOffset(Fraction(chunk), Unit.CHUNKS), acts(actions))


def at_bar(bar: int, *actions: Action | str, beat: int = 1) -> Cue:
    return Cue(AtBar(bar, beat), acts(actions))


def acts(actions: Sequence[Action | str]) -> tuple[Action, ...]:
    return tuple(say(one) if isinstance(one, str) else one for one in actions)


def on_note(note: str, *actions: Action | str) -> Rule:
    return Rule(OnNote(note), acts(actions))


def on_go(name: str, *actions: Action | str) -> Rule:
    return Rule(OnGo(name), acts(actions))


def bars(count: int) -> Duration:
    return Duration(Fraction(count), Unit.BARS)


def section(name: str, length: int, *items: Item, cut: Cut | None = None) -> Section:
    return Section(name, bars(length), items, cut=cut)


def live(name: str, most: int, *items: Item, until: str = "out", cut: Cut | None = None) -> Section:
    return Section(name, None, items, until=(OnGo(until),), most=bars(most), cut=cut)


def on_chunks(*items: Item, end: int, header: Header | None = None) -> Score:
    return Score(
        header=header or Header(seed=3),
        items=items,
        end=AtOffset(Fraction(end), Unit.CHUNKS),
        images=(PICTURE, OTHER_PICTURE),
    )


def on_beats(*sections: Section, bpm: int = 120, header: Header | None = None, items: tuple[Item, ...] = ()) -> Score:
    clock = ClockLine(ClockKind.BPM, Fraction(bpm))
    return Score(
        header=header or Header(clock=clock, seed=3),
        sections=sections,
        items=items,
        images=(PICTURE, OTHER_PICTURE),
    )


@dataclass(slots=True)
class Played:
    """A run that was played: its outcome, and every event and command in order."""

    schedule: Schedule
    outcome: Outcome
    log: list[Event | Command]
    conductor: Conductor
    ways: set[tuple[Phase, Phase, type[Event]]]
    """Every change of phase, with the type of the event that caused it."""

    @property
    def cues(self) -> tuple[CueReport, ...]:
        return self.outcome.report.cues

    def commands(self, kind: str) -> list[Command]:
        return [one for one in self.log if isinstance(one, Command) and one.kind == kind]

    def cue(self, place: str) -> CueReport:
        (found,) = [one for one in self.cues if one.place == place]
        return found


def play(
    score: Score | Schedule,
    *events: str,
    faults: Faults | None = None,
    journal: Path | None = None,
) -> Played:
    """Play a score in virtual time."""
    schedule = compile_score(score) if isinstance(score, Score) else score
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid, faults or Faults()))
    log: list[Event | Command] = []

    ways: set[tuple[Phase, Phase, type[Event]]] = set()
    phase = Phase.WAITING

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        nonlocal phase
        log.append(event)
        log.extend(commands)
        if conductor.phase is not phase:
            ways.add((phase, conductor.phase, type(event)))
            phase = conductor.phase

    writer = None if journal is None else JournalWriter(journal, header_of(schedule, {}, {}))
    run = Performance(schedule, stage, clock, writer, [read_event(one, schedule) for one in events], [watch])
    outcome = asyncio.run(run.run())
    return Played(schedule, outcome, log, run.conductor, ways)
