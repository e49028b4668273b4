"""Builds scores in code and plays them on the simulator in virtual time, for tests that need
no notation.
"""

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

IMAGE_FILE = ImageFile(
    path="a.png", sha256="a" * 64, mime_type="image/png", width=640, height=384, size=1000
)
OTHER_IMAGE_FILE = ImageFile(
    path="b.png", sha256="b" * 64, mime_type="image/png", width=640, height=384, size=1000
)


def find_image_file(path: str) -> ImageFile:
    """Return one of these two images, for operator events that improvise them."""
    return {one.path: one for one in (IMAGE_FILE, OTHER_IMAGE_FILE)}[path]


def prompt_of(text: str) -> Prompt:
    return Prompt(Text((text,)))


def at_chunk(chunk: int, *actions: Action | str) -> Cue:
    return Cue(AtOffset(Fraction(chunk), Unit.CHUNKS), acts(actions))


def at_bar(bar: int, *actions: Action | str, beat: int = 1) -> Cue:
    return Cue(AtBar(bar, beat), acts(actions))


def acts(actions: Sequence[Action | str]) -> tuple[Action, ...]:
    return tuple(prompt_of(one) if isinstance(one, str) else one for one in actions)


def on_note(note: str, *actions: Action | str) -> Rule:
    return Rule(OnNote(note), acts(actions))


def on_go(name: str, *actions: Action | str) -> Rule:
    return Rule(OnGo(name), acts(actions))


def bars(count: int) -> Duration:
    return Duration(Fraction(count), Unit.BARS)


def section(name: str, length: int, *items: Item, cut: Cut | None = None) -> Section:
    return Section(name=name, duration=bars(length), items=items, cut=cut)


def live(name: str, most: int, *items: Item, until: str = "out", cut: Cut | None = None) -> Section:
    return Section(
        name=name, duration=None, items=items, until=(OnGo(until),), most=bars(most), cut=cut
    )


def on_chunks(*items: Item, end: int, header: Header | None = None) -> Score:
    return Score(
        header=header or Header(seed=3),
        items=items,
        end=AtOffset(Fraction(end), Unit.CHUNKS),
        images=(IMAGE_FILE, OTHER_IMAGE_FILE),
    )


def on_beats(
    *sections: Section, bpm: int = 120, header: Header | None = None, items: tuple[Item, ...] = ()
) -> Score:
    clock = ClockLine(kind=ClockKind.BPM, bpm=Fraction(bpm))
    return Score(
        header=header or Header(clock=clock, seed=3),
        sections=sections,
        items=items,
        images=(IMAGE_FILE, OTHER_IMAGE_FILE),
    )


@dataclass(slots=True, kw_only=True)
class Played:
    """A run that was played: its outcome, and every event and command in order."""

    schedule: Schedule
    outcome: Outcome
    log: list[Event | Command]
    conductor: Conductor

    @property
    def cues(self) -> tuple[CueReport, ...]:
        return self.outcome.report.cues

    def commands(self, kind: str) -> list[Command]:
        return [one for one in self.log if isinstance(one, Command) and one.kind == kind]

    def cue(self, position: str) -> CueReport:
        (found,) = [one for one in self.cues if one.place == position]
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

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        log.append(event)
        log.extend(commands)

    writer = None if journal is None else JournalWriter(journal, header_of(schedule, {}, {}))
    run = Performance(
        schedule,
        stage,
        clock,
        journal=writer,
        script=[read_event(one, schedule, find_image_file) for one in events],
        watchers=[watch],
    )
    outcome = asyncio.run(run.run())
    return Played(schedule=schedule, outcome=outcome, log=log, conductor=run.conductor)
