"""What the rest of the program may read of a run. Only the conductor itself uses `run_state`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sequencer.core.images import ImageFile
from sequencer.core.timebase import ChunkGrid
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import ChunkSlot, Delivery
from sequencer.engine.conductor.exits import find_exit
from sequencer.engine.conductor.forecasts import (
    ExitForecast,
    due_chunk,
    forecast_exit,
    forecast_exit_after,
    next_pass_with_exit,
    soonest_exit,
    start_chunk,
)
from sequencer.engine.conductor.message_output import SentMessages
from sequencer.engine.conductor.operator_input import issued_until
from sequencer.engine.conductor.passes import Pass
from sequencer.engine.conductor.plan_building import PlannedTakeover
from sequencer.engine.conductor.reloading import (
    TakeoverForecast,
    describe_takeover,
    forecast_takeover,
)
from sequencer.engine.conductor.run_actions import RunAction
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.takeover import Refusal, Where, stretch_named
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.play_range import PlayRange
from sequencer.events.events import ControlChanged, OperatorPause, OscReceived
from sequencer.schedule.model import ControlCrossing, ImageAct, OscCrossing, Schedule


@dataclass(frozen=True, slots=True)
class ResumeState:
    """What the loop needs to continue a run that was killed.

    Attributes:
        timers: The wake-ups that the run waits for, in nanoseconds.
        chunks_done: The number of score chunks that are done.
        has_started: Whether its first take has started.
    """

    timers: tuple[int, ...]
    chunks_done: int
    has_started: bool


@dataclass(frozen=True, slots=True)
class RunView:
    """A read-only view of a run, as it is now.

    All chunks are score chunks. Nothing that it returns may be changed.
    """

    _run: RunState

    # ---- the run ---------------------------------------------------------------------------------

    @property
    def schedule(self) -> Schedule:
        """The newest version of the score that is played or takes over."""
        return self._run.schedule

    @property
    def version(self) -> int:
        """The number of that version of the score, from 1."""
        return self._run.plan.version

    @property
    def versions(self) -> Sequence[Schedule]:
        """All versions of the score that are known."""
        return self._run.versions

    @property
    def opening_schedule(self) -> Schedule:
        """The version of the score with which the run began."""
        return self._run.versions[self._run.plan.opening_version - 1]

    @property
    def may_reload(self) -> bool:
        """Whether another version of the score may take over."""
        return self._run.may_reload

    @property
    def waits_for_go(self) -> bool:
        """Whether the operator still has to begin the run."""
        return self._run.waits_for_go

    @property
    def is_taking_over(self) -> bool:
        """Whether a version of the score waits, or its takeover is still to come."""
        return self._run.reloading.event is not None or bool(self._run.plan.takeovers)

    @property
    def grid(self) -> ChunkGrid:
        """The chunks of the run, with the takes that began and those that are planned."""
        return self._run.plan.grid

    @property
    def played(self) -> PlayRange | None:
        """The range of the score that the run plays; None for the whole score."""
        return self._run.plan.played

    @property
    def first_chunk(self) -> int:
        """The chunk with which the run begins: 0 unless it plays a range."""
        return self._run.plan.first_chunk

    @property
    def opening_seed(self) -> int:
        """The seed with which the run begins: that of the score, unless a range begins later."""
        return self._run.plan.opening_seed

    @property
    def seed(self) -> int:
        """The seed of the take; before the first take, the one that it will have."""
        return self._run.ledger.seed

    @property
    def phase(self) -> Phase:
        """The current phase."""
        return self._run.phase

    @property
    def take(self) -> int:
        """The number of started takes, so the current take's number from 1; 0 before the first."""
        return self._run.takes

    @property
    def base(self) -> int:
        """The chunk at which the current take began."""
        return self._run.base

    @property
    def chunk(self) -> int:
        """The chunk that is being made; before a take starts, the first one that it will make."""
        return self._run.making

    @property
    def next_chunk(self) -> int:
        """The chunk that is being made; while a take is cut, the first one of the next take."""
        run = self._run
        return run.cutting.next_base if run.phase is Phase.CUTTING else run.making

    @property
    def next_cut(self) -> int | None:
        """The chunk of the next cut that has not begun; None without one."""
        return self._run.plan.next_cut()

    @property
    def answer_due(self) -> int | None:
        """Until when the run waits for the model's answer, in nanoseconds, if it has a limit."""
        return self._run.wake_due

    @property
    def chunk_began_at(self) -> int:
        """When that chunk began, as far as is known, in nanoseconds."""
        return self._run.playing.boundary_at

    @property
    def end_chunk(self) -> int:
        """The number of chunks by the present plan; `UNPLACED` or more if it is not known yet."""
        return self._run.plan.end_chunk()

    @property
    def is_running(self) -> bool:
        """Whether the take has started, and its successor is not being set up yet."""
        return self._run.is_running

    @property
    def is_paused(self) -> bool:
        """Whether the model has reported that it is paused."""
        return self._run.playing.is_paused

    @property
    def will_be_paused(self) -> bool:
        """Whether the model is paused, or will be once the pending requests have taken effect."""
        run = self._run
        held = next(
            (one for one in reversed(run.held_input) if isinstance(one, OperatorPause)), None
        )
        return (
            run.may_be_paused or run.playing.pause_requested_in is not None
            if held is None
            else held.paused
        )

    @property
    def is_connected(self) -> bool:
        """Whether the connection to the model is not lost."""
        return self._run.is_connected

    def is_stalled(self, now: int) -> bool:
        """Return whether a report of a chunk is overdue."""
        return self._run.stalls.is_stalled(now)

    @property
    def is_complete(self) -> bool:
        """Whether the score was played to its end."""
        return self._run.finished.is_complete

    @property
    def ended(self) -> str:
        """Why the run is over; empty while it is not."""
        return self._run.finished.reason

    # ---- takes and chunks ------------------------------------------------------------------------

    def score_chunk(self, chunk: int, take: int | None = None) -> int | None:
        """Return the score chunk of a take's chunk; None if unknown or after the take's end.

        Args:
            chunk: The chunk, counted within its take.
            take: The take, counted by `start` commands from 1; None for the current one.
        """
        return self._run.score_chunk(chunk, take)

    def is_of_this_take(self, take: int | None) -> bool:
        """Return whether a take is the current one; true for None (not numbered).

        Takes are counted by `start` commands from 1.
        """
        return self._run.is_of_this_take(take)

    def takes_since(self, take: int | None) -> int | None:
        """Return how many takes before the current one a take is; None if unknown.

        Takes are counted by `start` commands from 1.
        """
        return self._run.takes_since(take)

    @property
    def shown(self) -> Mapping[int, int]:
        """When the first frame of each chunk was shown, in nanoseconds."""
        return self._run.shown

    # ---- the plan --------------------------------------------------------------------------------

    @property
    def passes(self) -> Sequence[Pass]:
        """The passes that were played, and those that the plan has now."""
        return self._run.plan.passes

    def pass_at(self, chunk: int) -> Pass:
        """Return the pass that a chunk belongs to."""
        return self._run.plan.pass_at(chunk)

    def first_index(self, current: Pass) -> int:
        """Return the index of a pass's stretch in the first version of the score; -1 if none."""
        if current.version == 1:
            return current.stretch.index
        first = self._run.versions[0]
        named = stretch_named(first, current.stretch.section, current.stretch.occurrence)
        return -1 if named is None else named.index

    @property
    def listening_pass(self) -> Pass:
        """The pass whose triggers fire now; while a take is opened, the pass that plays next."""
        return self._run.plan.pass_at(self.next_chunk)

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """Every cue and every firing of a rule, and what happened to it."""
        return self._run.plan.lines

    def has_pass_of(self, delivery: Delivery) -> bool:
        """Return whether the pass of a delivery is still in the plan."""
        return self._run.plan.has_pass_of(delivery)

    @property
    def slots(self) -> Mapping[int, ChunkSlot]:
        """What is committed to each chunk."""
        return self._run.ledger.slots

    def prompt_at(self, chunk: int) -> str | None:
        """Return the prompt in force at a chunk, as far as it is committed."""
        return self._run.ledger.active_at(chunk)

    @property
    def can_fade(self) -> bool:
        """Whether the stage has reported that a prompt can replace another over several chunks."""
        return self._run.ledger.can_fade

    @property
    def images(self) -> tuple[ImageFile, ...]:
        """The images of all versions of the score, then those that an operator improvised."""
        found = {
            image.sha256: image for schedule in self._run.versions for image in schedule.images
        }
        for line in self._run.plan.lines:
            for act in line.acts:
                if line.fired is not None and isinstance(act, ImageAct):
                    found.setdefault(act.image.sha256, act.image)
        return tuple(found.values())

    @property
    def run_actions(self) -> Sequence[RunAction]:
        """What rules and exits did to the run itself."""
        return self._run.actions.all

    @property
    def firings(self) -> Mapping[str, int]:
        """How many times each rule has fired, by its key."""
        return self._run.rule_firings

    @property
    def sent_messages(self) -> Sequence[SentMessages]:
        """The messages that were due for external devices, sent or left out."""
        return self._run.messages.log

    # ---- time and input --------------------------------------------------------------------------

    @property
    def clock(self) -> ClockSync | None:
        """What is known of the clock that the run follows; None for a fixed run."""
        return self._run.sync

    @property
    def offset(self) -> int:
        """The operator's offset, in nanoseconds."""
        return self._run.messages.display.offset

    def time_of(self, delivery: Delivery) -> float | None:
        """Return when a delivery is due (ns), in a run that follows a clock; None if unknown."""
        return self._run.plan.time_of_line(delivery)

    def time_of_position(
        self, current: Pass, quarter: Fraction | None, time: Fraction
    ) -> float | None:
        """Return when a position of a pass is due, in a run that follows a clock, in nanoseconds.

        None if it is not known.

        Args:
            current: The pass.
            quarter: The position's quarter within the pass; None for one in seconds.
            time: The position's nominal score time, in seconds.
        """
        return self._run.plan.time_of_position(current, quarter, time)

    def can_leave(self, current: Pass, at: int) -> bool:
        """Return whether a pass can, as of a time in ns, still be left before it ends by itself."""
        run = self._run
        return (
            find_exit(run.plan, current, run.making + run.schedule.lead, issued_until(run, at))
            is not None
        )

    def forecast_exit(self, at: int) -> ExitForecast | None:
        """Return where the current pass is left if its exit fires at a time in ns.

        None while no take plays, for a pass that is not live, and for one that ends by itself
        before it could be left.
        """
        return forecast_exit(self._run, at)

    def forecast_exit_after(
        self, forecast: ExitForecast, ends_at: int | None
    ) -> ExitForecast | None:
        """Return where an exit leaves once it is too late for a forecast.

        Args:
            forecast: The forecast.
            ends_at: The nanosecond at which the making of `forecast.last_chunk` is expected to
                end, if it is known.
        """
        return forecast_exit_after(self._run, forecast, ends_at)

    @property
    def next_pass_with_exit(self) -> Pass | None:
        """The first pass after the one that listens now which an operator's `go` ends."""
        return next_pass_with_exit(self._run, self.listening_pass)

    def soonest_exit(self, current: Pass) -> Fraction | None:
        """Return the first nominal score time at which a live pass to come can be left.

        None if it is not known, or if the pass ends by itself before that.
        """
        return soonest_exit(self._run, current)

    def start_chunk(self, current: Pass) -> int | None:
        """Return the score chunk with which a pass of the plan begins; None if unknown."""
        return start_chunk(self._run, current)

    def due_chunk(self, delivery: Delivery) -> int | None:
        """Return during which score chunk the first command of a delivery is due at last.

        None if it is not known, or if the delivery opens the take.
        """
        return due_chunk(self._run, delivery)

    @property
    def takeovers(self) -> Sequence[PlannedTakeover]:
        """Where versions of the score take over that have not begun yet."""
        return self._run.plan.takeovers

    @property
    def missing_images(self) -> int:
        """How many images the version that waits still needs; 0 without one."""
        return len(self._run.reloading.missing)

    @property
    def waiting_version(self) -> int | None:
        """The version of the score that waits until it can take over; None without one."""
        event = self._run.reloading.event
        return None if event is None else event.version

    def forecast_takeover(
        self, schedule: Schedule, where: Where, section: str | None, at: int
    ) -> TakeoverForecast | Refusal:
        """Return where a version of the score would take over as of a time in ns.

        The arguments are those of `find_takeover`.
        """
        return forecast_takeover(self._run, schedule, where, section, at)

    def find_takeover(
        self, schedule: Schedule, where: Where, section: str | None, at: int
    ) -> Refusal | str:
        """Return where a version of the score would take over as of a time in ns, in words.

        Args:
            schedule: The version.
            where: The kind of position at which it takes over.
            section: The section in which the position is looked up; None for that of the run.
            at: The time.

        Returns:
            The position, or why it cannot take over.
        """
        return describe_takeover(self._run, schedule, where, section, at)

    def would_cross(
        self, crossing: ControlCrossing | OscCrossing, event: ControlChanged | OscReceived
    ) -> bool:
        """Return whether the value of a controller or a fader would fire a crossing now."""
        return self._run.triggers.would_cross(crossing, event)
