"""Plays scores that are edited while they play, on the simulator in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sequencer.api.scripted_events import read_event
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.takeover import Where
from sequencer.engine.journal import JournalWriter, encode_version, header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ChunkDone, ReloadRequested
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.loop import Performance
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.support.builders import Played, find_image_file
from tests.support.clock_fixtures import ExternalClock

SECOND = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A version of the score that takes over, `at` seconds after the run was begun.

    `schedule` is a new version; None asks for the version of the number `version`.
    """

    at: float
    schedule: Schedule | None = None
    version: int = 2
    where: Where = "bar"
    section: str | None = None


def schedule_of(text: str) -> Schedule:
    """Return the schedule of a score's text."""
    return compile_score(reads(text, file="edited.score"))


def play_edited(
    schedule: Schedule,
    edits: Sequence[Edit],
    *events: str,
    faults: Faults | None = None,
    journal: Path | None = None,
    following: bool | None = None,
    external: ExternalClock | None = None,
) -> Played:
    """Play a score in virtual time, and let edited versions take over.

    `external` is the clock that it follows, if any.
    """
    clock = VirtualClock()
    stage = SimulatedStage(clock, settings=SimulatedSettings(schedule.grid, faults or Faults()))
    log: list[Event | Command] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        log.append(event)
        log.extend(commands)
        if event.at > 600 * SECOND:
            run.close("the test took too long")

    header = header_of(schedule, {}, {}, following, may_reload=True)
    run = Performance(
        schedule,
        stage,
        clock,
        journal=None if journal is None else JournalWriter(journal, header),
        script=[read_event(one, schedule, find_image_file) for one in events],
        watchers=[watch],
        following=following,
        may_reload=True,
    )

    def apply(edit: Edit) -> None:
        version = edit.version
        if edit.schedule is not None:
            version = run.learn(edit.schedule, encode_version(edit.schedule, {}))
        run.deliver(
            ReloadRequested(at=clock.now(), version=version, where=edit.where, section=edit.section)
        )

    if external is not None:
        external.plug(clock, run.deliver)
    for edit in edits:
        clock.call_at(round(edit.at * SECOND), partial(apply, edit))
    outcome = asyncio.run(run.run())
    return Played(schedule=schedule, outcome=outcome, log=log, conductor=run.conductor)


def shown_prompts(played: Played) -> dict[int, str | None]:
    """Return the prompt with which the model made each chunk of a run of one take."""
    return {one.chunk: one.prompt for one in played.log if isinstance(one, ChunkDone)}
