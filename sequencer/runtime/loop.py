"""Run the loop that connects events, journal, conductor and stage; no other module knows all four.

Whoever delivers an event stamps it with its time. The loop writes each event to the journal and
passes it to the conductor, then writes the conductor's commands to the journal and sends them. Live
runs and rehearsals share this loop: only their clocks differ.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Concatenate, ParamSpec, Protocol

from sequencer.core.errors import OutputError, ScheduleError
from sequencer.engine.conductor.expected_input import Unanswered, explain_unanswered
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import Report
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.journal import Journal, JournalWriter
from sequencer.engine.play_range import PlayRange
from sequencer.events.codec import Event
from sequencer.events.commands import (
    Command,
    Finish,
    ModelCommand,
    SendMidi,
    SendOsc,
    Start,
    Upload,
    WakeAt,
)
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    ConnectionRestored,
    Ready,
    Started,
    StopRequested,
    TimerFired,
)
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.runtime.scripted_positions import Positions
from sequencer.schedule.model import Schedule
from sequencer.stages.protocol import Stage
from sequencer.sync.chunk_boundaries import BoundaryFeed, first_lag
from sequencer.sync.run_clock import Clock

P = ParamSpec("P")
"""The arguments of a method of the journal."""


class Watcher(Protocol):
    """A callback that observes a run: called after each event, with the resulting commands."""

    def __call__(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Observe an event; never raise."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a run: conductor's report, any journal failure, and events that never came.

    The latter are the scripted events that never occurred.
    """

    report: Report
    journal_failure: str | None
    unreached: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    """Scripted events that nothing in the score was waiting for when they occurred."""


def require_prompt(schedule: Schedule) -> None:
    """Check that a schedule has a prompt to start with: the model cannot start without one.

    Raises:
        ScheduleError: The schedule has no prompt at its beginning.
    """
    if not schedule.takes or not schedule.takes[0].opening.prompt:
        raise ScheduleError(
            "there is nothing to perform: no prompt is at the beginning",
            'the model starts with one: at 0c "…"',
        )


class Performance:
    """One run of a schedule on a stage.

    A journal that cannot be written causes a warning and never stops the show; it is completed as
    soon as it can be written again.

    Args:
        schedule: The schedule to perform.
        stage: Where to perform it.
        clock: The run's clock.
        journal: Where to write events and commands, or None.
        script: Events to deliver by chunk, by time or by position.
        watchers: Callbacks that observe every event.
        warn: Called with each warning.
        following: Whether positions are bound to chunks late. None binds them late if the score
            follows an external clock.
        played: The range of the score to play; None for the whole score.
        may_reload: Whether edited versions of the score may take over.
        waits_for_go: Whether the run is armed until a `BeginRequested`.

    Raises:
        ScheduleError: The schedule has no first prompt.
    """

    def __init__(
        self,
        schedule: Schedule,
        stage: Stage,
        clock: Clock,
        *,
        journal: JournalWriter | None = None,
        script: Sequence[ScriptedEvent] = (),
        watchers: Sequence[Watcher] = (),
        warn: Callable[[str], object] | None = None,
        following: bool | None = None,
        played: PlayRange | None = None,
        may_reload: bool = False,
        waits_for_go: bool = False,
    ) -> None:
        require_prompt(schedule)
        follows = schedule.clock.is_external if following is None else following
        self.conductor = Conductor(
            schedule, follows, played=played, may_reload=may_reload, waits_for_go=waits_for_go
        )
        chunk, lacks = schedule.grid.chunk, schedule.grid.lacks
        self.boundaries = (
            BoundaryFeed(chunk, lag=first_lag(chunk), lacks=lacks)
            if follows or schedule.has_timed_sends or may_reload
            else None
        )
        """Estimates chunk boundaries and lag, for late-bound positions and timed messages.

        A chunk is not seen before it is generated, and only then are its frames sent: that is the
        assumed lag until frames have been seen.
        """
        self._stage = stage
        self._clock = clock
        self._journal = journal
        self._watchers = tuple(watchers)
        self._warn = warn
        self._inbox: deque[tuple[str | None, Event]] = deque()
        """What is to be handled, each with its stage if the run is on several."""
        self._awake = asyncio.Event()
        first = self.conductor.base
        by_chunk = sorted(
            (one for one in script if one.chunk is not None), key=lambda one: one.chunk or 0
        )
        self._before_range = [one for one in by_chunk if (one.chunk or 0) < first]
        """Scripted events for chunks before the range that is played."""
        self._by_chunk = deque(by_chunk[len(self._before_range) :])
        self._by_time = [one for one in script if one.chunk is None and not one.positions]
        self._positions = Positions(script)
        self._asking: int | None = None
        """When to check the positions again, in nanoseconds."""
        self._unanswered: list[str] = []
        self._fed: list[tuple[ScriptedEvent, Event]] = []
        """Scripted events in the inbox."""
        self._chunks_done = first
        self._started = False
        self._journal_failure: str | None = None
        self._taken_up = False
        self._starts_before = 0
        """The number of starts requested when the run was resumed; its stage counts from there.

        The stage counts takes from there.
        """
        self._owed: tuple[Command, ...] = ()
        self._last = 0
        """The time of the latest event that was handled, in nanoseconds."""

    def resume(self, journal: Journal, conductor: Conductor, owed: Sequence[Command]) -> None:
        """Resume a run that was killed. Call it once, before `run`.

        The stage must play in the session of that run; its `Ready` then means that the connection
        is restored.

        Args:
            journal: The journal of the run that was killed.
            conductor: The conductor in its state at the end of that journal.
            owed: The commands that the run still has to send.
        """
        self.conductor = conductor
        at = journal.records[-1].at if journal.records else self._clock.now()
        for command in owed:
            self._write(JournalWriter.command, at, command)
        self._owed = tuple(
            command for command in owed if not isinstance(command, WakeAt | SendMidi | SendOsc)
        )
        self._taken_up = self.conductor.phase is not Phase.WAITING
        self._starts_before = sum(isinstance(record.command, Start) for record in journal.records)
        for record in journal.records:
            if record.event is not None and self.boundaries is not None:
                self.boundaries.feed(record.event)
        state = self.conductor.resume_state()
        for due in state.timers:
            self._wake(max(due, self._clock.now()), due)
        self._chunks_done, self._started = state.chunks_done, state.has_started
        self._by_chunk = deque(
            one for one in self._by_chunk if (one.chunk or 0) > self._chunks_done
        )
        first = next(
            (record.at for record in journal.records if isinstance(record.event, Started)), None
        )
        if first is not None:
            self._by_time = [one for one in self._by_time if first + one.after > at]
            self._positions.drop_passed(self.conductor.view, at)
            self._set_timers(first)

    def take(self, number: int) -> int:
        """Return the run's number of a take from the stage's number.

        A resumed run already had takes.
        """
        return self._starts_before + number

    @property
    def journal_failure(self) -> str | None:
        """Why the journal cannot be written now; None while it can."""
        return self._journal_failure

    def explain_unanswered(self, event: Event) -> Unanswered | None:
        """Explain why nothing in the run waits for an event; None if something does."""
        return explain_unanswered(self.conductor.view, event)

    def deliver(self, event: Event) -> None:
        """Put an event into the inbox.

        Call it in the loop's own thread or from a signal handler.
        """
        self._put(None, event)

    def _put(self, stage: str | None, event: Event) -> None:
        self._inbox.append((stage, event))
        self._awake.set()

    @property
    def is_finished(self) -> bool:
        """Whether the run is over."""
        return self.conductor.is_finished

    @property
    def ended(self) -> str:
        """Why the run is over; empty while it is not."""
        return self.conductor.ended

    def add_watcher(self, watcher: Watcher) -> None:
        """Add a callback that observes every event from now on."""
        self._watchers = (*self._watchers, watcher)

    def learn(self, schedule: Schedule, encoded: bytes) -> int:
        """Add a version of the score that a `ReloadRequested` may name; return its number.

        Args:
            schedule: The schedule of the version.
            encoded: What `sequencer.engine.journal.encode_version` returned for it; it is written
                to the journal first.

        Raises:
            ScheduleError: It has no first prompt.
        """
        require_prompt(schedule)
        number = len(self.conductor.view.versions) + 1
        at = max(self._last, self._clock.now())
        self._write(JournalWriter.version, at, number, encoded)
        return self.conductor.learn(schedule)

    def close(self, reason: str) -> None:
        """End the run now, as an operator would."""
        self.deliver(StopRequested(self._clock.now(), reason))

    async def run(self, before_close: Callable[[], Awaitable[None]] | None = None) -> Outcome:
        """Perform to the end, and always close the stage.

        Args:
            before_close: Awaited when the run is over, while its session is still open.

        Returns:
            The result of the run.

        Raises:
            StageError: The stage cannot be opened.
        """
        self._last = self._clock.now()
        try:
            await self._open()
            while not self.is_finished:
                if not self._inbox:
                    self._awake.clear()
                    if not await self._clock.idle(self._awake) and not self._inbox:
                        self.close(
                            "nothing more can happen: the stage is silent and no timer was "
                            "requested"
                        )
                    continue
                await self._take_next(*self._inbox.popleft())
            if before_close is not None:
                await before_close()
        finally:
            await self._stage.close()
            self._end_journal(self._last)
        unreached = (
            *self._before_range,
            *self._by_chunk,
            *self._by_time,
            *self._positions.waiting,
            *(one for one, _ in self._fed),
        )
        for one in unreached:
            if self._warn is not None:
                self._warn(f"--event {one.text!r} was never sent: {self._extent()}")
        never = tuple(one.text for one in unreached)
        return Outcome(
            report=self.conductor.report(),
            journal_failure=self._journal_failure,
            unreached=never,
            unanswered=tuple(self._unanswered),
        )

    async def _take_next(self, stage: str | None, event: Event) -> None:
        """Handle what comes next in the inbox."""
        if self._taken_up and isinstance(event, Ready):
            event, self._taken_up = ConnectionRestored(event.at), False
            await self._carry_out(self._owed)
        if self._starts_before and isinstance(event, ChunkShown) and event.take is not None:
            event = replace(event, take=self.take(event.take))
        self._last = event.at
        fit = self._fit_before(event)
        if fit is not None:
            await self._handle(fit)
        await self._handle(event)

    def _extent(self) -> str:
        """Describe how long the run was."""
        first = self.conductor.view.first_chunk
        chunks, grid = self.conductor.making - first, self.conductor.view.grid
        seconds = float(grid.boundary(first + chunks) - grid.opening_time(first)) if chunks else 0.0
        lasted = f"after {chunks} chunk{'' if chunks == 1 else 's'} ({seconds:.1f} s)"
        if first:
            return f"the run began at chunk {first} and was over {lasted}"
        return f"the run was over {lasted}"

    async def _open(self) -> None:
        """Open the stage, which may take minutes; closing the run ends the wait."""
        opening = asyncio.ensure_future(self._stage.open(self.deliver))
        try:
            while not opening.done() and not any(
                isinstance(event, StopRequested) for _, event in self._inbox
            ):
                self._awake.clear()
                waking = asyncio.ensure_future(self._awake.wait())
                await asyncio.wait({opening, waking}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
        finally:
            if not opening.done():
                opening.cancel()
                await asyncio.gather(opening, return_exceptions=True)
        if not opening.cancelled():
            opening.result()

    def _fit_before(self, event: Event) -> BoundariesFitted | None:
        """Return the boundary fit to deliver before an event.

        Frames of the take before a cut may arrive late.
        """
        feed = self.boundaries
        if feed is None:
            return None
        run = self.conductor.view
        if not isinstance(event, ChunkShown) or run.is_of_this_take(event.take):
            return feed.feed(event)
        takes = run.takes_since(event.take)
        if takes is not None:
            feed.shown_before(event, takes)
        return None

    async def _handle(self, event: Event) -> None:
        if self._fed:
            self._take_in(event)
        self._write(JournalWriter.event, event)
        commands = self.conductor.receive(event)
        for command in commands:
            self._write(JournalWriter.command, event.at, command)
        self._write_out(JournalWriter.flush)  # a run that is killed now loses at most this event
        await self._carry_out(commands)
        for watcher in self._watchers:
            watcher(event, commands, self.conductor)
        self._follow_script(event)

    async def _carry_out(self, commands: tuple[Command, ...]) -> None:
        together: list[Upload | ModelCommand] = []
        for command in commands:
            match command:
                case WakeAt():
                    self._wake(command.due, command.due)
                case SendMidi() | SendOsc():
                    pass  # a watcher sends it (`live.attachments`); a rehearsal sends none
                case Finish():
                    # the loop ends because the conductor is finished; the stage is closed after it
                    pass
                case _:
                    together.append(command)
        if together:
            await self._stage.send(together)

    def _wake(self, at: int, due: int) -> None:
        self._clock.call_at(at, partial(self._fire, at, due))

    def _fire(self, at: int, due: int) -> None:
        self.deliver(TimerFired(max(at, self._clock.now()), due))

    # ---- scripted events -------------------------------------------------------------------------

    def _follow_script(self, event: Event) -> None:
        """Deliver what is due, by completed chunks or by time since the first start.

        An event by chunk is due once that many chunks are done.
        """
        if isinstance(event, Started) and not self._started:
            self._started = True
            self._set_timers(event.at)
        if isinstance(event, ChunkDone):
            self._chunks_done = self.conductor.making
        while (
            self._started and self._by_chunk and (self._by_chunk[0].chunk or 0) <= self._chunks_done
        ):
            self._feed(self._by_chunk.popleft(), event.at)
        self._follow_positions(event.at)

    def _set_timers(self, first: int) -> None:
        """Set a timer for each event that waits for a time since the first start, at `first`."""
        for one in self._by_time:
            self._clock.call_at(first + one.after, partial(self._feed_timed, one))

    def _follow_positions(self, now: int) -> None:
        """Deliver the events whose position is reached, and check again when the next is due."""
        if not self._positions.waiting:
            return
        reached, again = self._positions.due(self.conductor.view, now)
        for one in reached:
            self._feed(one, now)
        if again is not None and (
            self._asking is None or again < self._asking or self._asking <= now
        ):
            self._asking = again
            self._clock.call_at(again, partial(self._check_positions, again))

    def _check_positions(self, at: int) -> None:
        self._follow_positions(max(at, self._clock.now()))

    def _take_in(self, event: Event) -> None:
        """Warn if nothing is waiting for a scripted event that is about to be handled."""
        for one, made in self._fed:
            answer = self.explain_unanswered(event) if made is event else None
            if answer is not None:
                self._unanswered.append(one.text)
                if self._warn is not None:
                    self._warn(f"--event {one.text!r}: {answer.message}; {answer.hint}")
        self._fed = [(one, made) for one, made in self._fed if made is not event]

    def _feed_timed(self, one: ScriptedEvent) -> None:
        self._by_time.remove(one)
        self._feed(one, self._clock.now())

    def _feed(self, one: ScriptedEvent, at: int) -> None:
        event = one.at(at)
        self._fed.append((one, event))
        self.deliver(event)

    # ---- the journal -----------------------------------------------------------------------------

    def _write(
        self,
        write: Callable[Concatenate[JournalWriter, P], None],
        *args: P.args,
        **options: P.kwargs,
    ) -> bool:
        """Call a method of the journal with these arguments. If that fails, the show goes on.

        Returns:
            Whether the journal took it; false also if there is no journal, or if it is over.
        """
        if self._journal is None or self._journal.is_over:
            return False
        try:
            write(self._journal, *args, **options)
        except OutputError as error:
            if self._journal_failure is None:
                self._report(
                    f"{error.message}; the show continues, and the journal is completed when "
                    "there is space"
                )
            self._journal_failure = error.message
            return False
        return True

    def _write_out(
        self,
        write: Callable[Concatenate[JournalWriter, P], None],
        *args: P.args,
        **options: P.kwargs,
    ) -> None:
        """Call a method of the journal that also writes what is missing.

        When nothing is missing any more, this is reported.
        """
        if self._write(write, *args, **options) and self._journal_failure is not None:
            self._journal_failure = None
            self._report("the journal can be written again, and it is complete")

    def _report(self, text: str) -> None:
        if self._warn is not None:
            self._warn(text)

    def put_away(self) -> None:
        """Close the journal of a run that never started.

        Safe to call after `run`, which closes it itself.
        """
        self._write_out(JournalWriter.close)

    def _end_journal(self, at: int) -> None:
        if self.is_finished:
            self._write_out(JournalWriter.end, at, self.ended)
        self._write_out(JournalWriter.close)
