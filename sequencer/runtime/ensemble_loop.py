"""Run several stages that play one score: one inbox, one clock, one journal.

The loop is that of a run on one stage (`sequencer.runtime.loop`), with an `Ensemble` in place of a
conductor. What watches a run (the operator, MIDI devices, the status line) watches the reference
stage.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sequencer.core.errors import StageError
from sequencer.core.timebase import ChunkGrid
from sequencer.engine.conductor.expected_input import Unanswered, explain_unanswered
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.ensemble import Ensemble, StageNote
from sequencer.engine.journal import JournalWriter
from sequencer.engine.play_range import PlayRange
from sequencer.events.codec import Event
from sequencer.events.commands import (
    Command,
    Finish,
    ModelCommand,
    SendMidi,
    SendOsc,
    Upload,
    WakeAt,
)
from sequencer.events.events import BoundariesFitted, ChunkShown, SessionEnded, TimerFired
from sequencer.runtime.loop import Performance, Watcher, require_prompt
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.stages.protocol import Deliver, Stage
from sequencer.sync.chunk_boundaries import BoundaryFeed, first_lag
from sequencer.sync.run_clock import Clock


class EnsemblePerformance(Performance):
    """One run of a score on several stages.

    Args:
        schedule: What each stage plays.
        stages: The stage of each name.
        clock: The run's clock.
        journal: Where to write events and commands, or None.
        script: Events to deliver by chunk, by time or by position of the reference stage.
        watchers: Callbacks that observe the events of the reference stage and the common ones.
        stage_watchers: For each stage, callbacks that observe its events.
        warn: Called with each warning, and with what happens to a stage.
        following: Whether positions are bound to chunks late. None: if the score follows a clock.
        played: The range of the score to play; None for the whole score.

    Raises:
        ScheduleError: A part has no first prompt.
    """

    def __init__(
        self,
        schedule: EnsembleSchedule,
        stages: Mapping[str, Stage],
        clock: Clock,
        *,
        journal: JournalWriter | None = None,
        script: Sequence[ScriptedEvent] = (),
        watchers: Sequence[Watcher] = (),
        stage_watchers: Mapping[str, Sequence[Watcher]] | None = None,
        warn: Callable[[str], object] | None = None,
        following: bool | None = None,
        played: PlayRange | None = None,
    ) -> None:
        for part in schedule.schedules:
            require_prompt(part)
        self._stages = _Stages(stages, self)
        super().__init__(
            schedule.reference,
            self._stages,
            clock,
            journal=journal,
            script=script,
            watchers=watchers,
            warn=warn,
            following=following,
            played=played,
        )
        self.ensemble = Ensemble(schedule, following, played=played)
        self.conductor = self.ensemble.conductors[schedule.reference_name]
        self._stage_watchers = dict(stage_watchers or {})
        self._notes_reported = 0
        self._feeds: dict[str, BoundaryFeed] = {}
        if self.boundaries is not None:
            self._feeds = {name: self._new_feed(part.grid) for name, part in schedule.parts}
            self.boundaries = self._feeds[schedule.reference_name]

    def _new_feed(self, grid: ChunkGrid) -> BoundaryFeed:
        return BoundaryFeed(grid.chunk, lag=first_lag(grid.chunk), lacks=grid.lacks)

    @property
    def is_finished(self) -> bool:
        """Whether the run is over on every stage."""
        return self.ensemble.is_finished

    @property
    def ended(self) -> str:
        """Why the run is over; empty while it is not."""
        return self.ensemble.ended

    def explain_unanswered(self, event: Event) -> Unanswered | None:
        """Explain why no stage waits for an event; None if one of them does."""
        lost = self.ensemble.lost
        for name, one in self.ensemble.conductors.items():
            if name not in lost and explain_unanswered(one.view, event) is None:
                return None
        return super().explain_unanswered(event)

    def deliver_from(self, stage: str) -> Deliver:
        """Return a function that puts the events of a stage into the inbox."""
        return partial(self._put, stage)

    def now(self) -> int:
        """Return the time of the run's clock, in nanoseconds."""
        return self._clock.now()

    # ---- handling --------------------------------------------------------------------------------

    async def _take_next(self, stage: str | None, event: Event) -> None:
        self._last = event.at
        fit = self._fit_of(stage, event)
        if fit is not None:
            await self._handle_from(None, fit)
        await self._handle_from(stage, event)

    def _fit_of(self, stage: str | None, event: Event) -> BoundariesFitted | None:
        """Return the boundary fit to deliver before an event: only the reference's are used."""
        feed = None if stage is None else self._feeds.get(stage)
        if feed is None or stage is None:
            return None
        run = self.ensemble.conductors[stage].view
        if isinstance(event, ChunkShown) and not run.is_of_this_take(event.take):
            takes = run.takes_since(event.take)
            if takes is not None:
                feed.shown_before(event, takes)
            return None
        fit = feed.feed(event)
        return fit if stage == self.ensemble.reference else None

    async def _handle_from(self, stage: str | None, event: Event) -> None:
        if self._fed:
            self._take_in(event)
        self._write(JournalWriter.event, event, stage)
        answers = self.ensemble.receive(stage, event)
        by_stage: dict[str, list[Command]] = {}
        for name, command in answers:
            self._write(JournalWriter.command, event.at, command, name)
            if name is None:
                self._wake_ensemble(command)
            else:
                by_stage.setdefault(name, []).append(command)
        self._write_out(JournalWriter.flush)
        for name, commands in by_stage.items():
            await self._carry_out_for(name, commands)
        self._follow_reference()
        self._report_notes()
        self._watch(stage, event, by_stage)
        if stage is None or stage == self.ensemble.reference:
            self._follow_script(event)

    async def _carry_out_for(self, stage: str, commands: Sequence[Command]) -> None:
        together: list[Upload | ModelCommand] = []
        for command in commands:
            match command:
                case WakeAt():
                    self._wake_stage(stage, command.due)
                case SendMidi() | SendOsc():
                    pass  # a watcher of the reference stage sends it, once for all
                case Finish():
                    if stage in self.ensemble.lost:
                        await self._stages.close_one(stage)
                case _:
                    together.append(command)
        if together:
            await self._stages.send_to(stage, together)

    def _wake_stage(self, stage: str, due: int) -> None:
        def fire() -> None:
            self._put(stage, TimerFired(max(due, self._clock.now()), due))

        self._clock.call_at(due, fire)

    def _wake_ensemble(self, command: Command) -> None:
        if isinstance(command, WakeAt):
            self._wake(command.due, command.due)

    def _follow_reference(self) -> None:
        """Let what follows the reference stage follow the next one once it is lost."""
        reference = self.ensemble.reference
        self.conductor = self.ensemble.conductors[reference]
        if self._feeds:
            self.boundaries = self._feeds[reference]

    def _report_notes(self) -> None:
        for note in self.ensemble.notes[self._notes_reported :]:
            self._report(describe_note(note))
        self._notes_reported = len(self.ensemble.notes)

    def _watch(self, stage: str | None, event: Event, by_stage: dict[str, list[Command]]) -> None:
        reference = self.ensemble.reference
        if stage is None or stage == reference or reference in by_stage:
            for watcher in self._watchers:
                watcher(event, by_stage.get(reference, []), self.conductor)
        for name, watchers in self._stage_watchers.items():
            if stage == name or (stage is None or name in by_stage):
                conductor: Conductor = self.ensemble.conductors[name]
                for watcher in watchers:
                    watcher(event, by_stage.get(name, []), conductor)


def describe_note(note: StageNote) -> str:
    """Describe what happened to a stage, for the operator."""
    if note.is_lost:
        return f"the stage {note.stage} is lost, and the others go on: {note.text}"
    return f"the stage {note.stage}: {note.text}"


class _Stages:
    """All stages of a run, opened and closed together."""

    def __init__(self, stages: Mapping[str, Stage], performance: EnsemblePerformance) -> None:
        self._stages = dict(stages)
        self._performance = performance
        self._closed: set[str] = set()

    async def open(self, deliver: Deliver) -> None:
        """Open all stages at once. One that cannot be opened is lost, unless none can.

        Raises:
            StageError: No stage can be opened.
        """
        names = list(self._stages)
        found = await asyncio.gather(
            *(self._stages[name].open(self._performance.deliver_from(name)) for name in names),
            return_exceptions=True,
        )
        for one in found:
            if isinstance(one, BaseException) and not isinstance(one, StageError):
                raise one
        failed = {
            name: one for name, one in zip(names, found, strict=True) if isinstance(one, StageError)
        }
        if len(failed) == len(names):
            raise next(iter(failed.values()))
        for name, error in failed.items():
            reason = f"it could not be opened: {error.message}"
            self._performance.deliver_from(name)(SessionEnded(self._performance.now(), reason))

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Refuse: every command of an ensemble is for one stage."""
        raise StageError("a command for several stages names one of them")

    async def send_to(self, name: str, commands: Sequence[Upload | ModelCommand]) -> None:
        """Send commands to one stage."""
        if name not in self._closed:
            await self._stages[name].send(commands)

    async def close_one(self, name: str) -> None:
        """Close a stage that plays no more."""
        if name not in self._closed:
            self._closed.add(name)
            await self._stages[name].close()

    async def close(self) -> None:
        """Close all stages, even if one cannot be closed."""
        found = await asyncio.gather(
            *(self.close_one(name) for name in self._stages), return_exceptions=True
        )
        for one in found:
            if isinstance(one, BaseException):
                raise one
