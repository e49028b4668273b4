"""The conductor: a state machine that receives events and answers with commands.

It uses no clock, no randomness and no I/O.

`HANDLERS` below maps each phase and event to its handler; all other events are ignored.
`transitions.TRANSITIONS` lists which phase can follow which, and `docs/architecture.md` shows it as
a diagram. Score chunks are the model's chunks plus `base`, the score chunk at which the take began;
`making` is the current score chunk (before `start`: the first one that will be made).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sequencer.core.errors import JournalError
from sequencer.engine.conductor.clock_input import (
    armed_clock_moved,
    boundaries_fitted,
    chunk_shown,
    clock_fitted,
    clock_moved,
    held_clock_moved,
    located,
    located_while_cutting,
    offset_changed,
    relocated,
)
from sequencer.engine.conductor.clock_sync import can_be
from sequencer.engine.conductor.dispatch import add_due_messages
from sequencer.engine.conductor.improvising import improvise
from sequencer.engine.conductor.operator_input import (
    hold_until_started,
    on_trigger,
    operator_pause,
    paused,
    resumed,
)
from sequencer.engine.conductor.playback import (
    chunk_done,
    closing,
    image_accepted,
    last_chunk_of_take,
    prompt_accepted,
    refused,
    session_ended,
    state_reported,
)
from sequencer.engine.conductor.reloading import (
    apply_waiting,
    image_failed,
    image_uploaded,
    reload_requested,
)
from sequencer.engine.conductor.report import Report, cue_report, move_report, with_shown
from sequencer.engine.conductor.run_state import RunState
from sequencer.engine.conductor.show_end import (
    note_chunk_shown,
    refused_at_the_end,
    showing_timed_out,
    shown,
)
from sequencer.engine.conductor.take_setup import (
    begin_requested,
    conditions_ready_reported,
    cutting_timed_out,
    lost,
    opening_image,
    opening_prompt,
    opening_refused,
    opening_timed_out,
    ready,
    reset_again,
    reset_refused,
    reset_reported,
    restored,
    starting_timed_out,
    state_while_cutting,
    upload_failed,
    uploaded,
)
from sequencer.engine.conductor.take_start import done_before, started, started_before
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.conductor.view import ResumeState, RunView
from sequencer.engine.play_range import PlayRange
from sequencer.engine.revisions import CURRENT
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    BeginRequested,
    BoundariesFitted,
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    ConditionsReady,
    ConnectionLost,
    ConnectionRestored,
    ControlChanged,
    ImageAccepted,
    Improvised,
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    OscReceived,
    Paused,
    ProgramChanged,
    PromptAccepted,
    Ready,
    ReloadRequested,
    ResetDone,
    Resumed,
    SessionEnded,
    Started,
    StateReported,
    StopRequested,
    TimerFired,
    TransportChanged,
    TransportLocated,
    Uploaded,
    UploadFailed,
)
from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.engine.journal import Journal


class Conductor:
    """One run of one schedule: pass events to `receive` as they arrive, execute its commands."""

    def __init__(
        self,
        schedule: Schedule,
        following: bool | None = None,
        revision: int = CURRENT,
        *,
        played: PlayRange | None = None,
        may_reload: bool = False,
        waits_for_go: bool = False,
    ) -> None:
        """Create the conductor of a new run.

        Args:
            schedule: The schedule to play.
            following: Whether positions are bound to chunks late. None: only if the score's clock
                is an external one.
            revision: The revision of the conductor's behaviour; for a replay that of the journal
                (see `sequencer.engine.revisions`).
            played: The range of the score to play, in a fixed run; None for the whole score.
            may_reload: Whether other versions of the score, which `learn` adds, may take over.
            waits_for_go: Whether the run is armed once it is set up, until an operator begins it.

        Raises:
            ValueError: A run that follows a clock has a range: the clock gives its position.
        """
        follows = schedule.clock.is_external if following is None else following
        if follows and played is not None:
            raise ValueError("a run that follows a clock has no range")
        self._run = RunState(
            schedule,
            follows,
            revision,
            played,
            may_reload=may_reload,
            waits_for_go=waits_for_go,
        )

    @classmethod
    def of_journal(cls, journal: Journal) -> Conductor:
        """Create the conductor of a run that is in a journal, before its first event.

        Raises:
            JournalError: The run is on several stages, and has a conductor for each.
        """
        if journal.stages:
            raise JournalError(
                f"this is a run on several stages ({', '.join(journal.stages)}), and this command "
                "works on runs on one",
                hint="sequencer replay and sequencer show read such runs",
            )
        return cls(
            journal.schedule,
            journal.following,
            journal.revision,
            played=journal.played,
            may_reload=journal.may_reload,
            waits_for_go=journal.waits_for_go,
        )

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Return the commands that answer an event. Chunks in commands count within the take."""
        run = self._run
        run.ledger.now = max(run.ledger.now, event.at)
        if (
            isinstance(event, ChunkShown)
            and run.ends_when_shown
            and run.phase is not Phase.FINISHED
        ):
            note_chunk_shown(run, event)
        handler = HANDLERS.get((run.phase, type(event)))
        commands = [] if handler is None or not can_be(event) else handler(run, event)
        if run.reloading.event is not None:
            commands = [*commands, *apply_waiting(run, event)]
        else:
            run.plan.lay_more()
        if run.messages.is_needed and run.takes:
            commands = add_due_messages(run, event, commands)
        return tuple(commands)

    def learn(self, schedule: Schedule) -> int:
        """Add a version of the score that a `ReloadRequested` may name; return its number.

        It changes nothing until then. The first version has the number 1.

        Raises:
            ValueError: The run was not created with `may_reload`.
        """
        if not self._run.may_reload:
            raise ValueError("no other version of the score may take over in this run")
        self._run.versions.append(schedule)
        return len(self._run.versions)

    @property
    def view(self) -> RunView:
        """A read-only view of the run, as it is whenever the view is read."""
        return RunView(self._run)

    def resume_state(self) -> ResumeState:
        """Return what the loop needs to continue a run that was killed."""
        run = self._run
        timers = tuple(due for due in (run.wake_due, run.messages.wake) if due is not None)
        return ResumeState(timers, run.making, run.takes > 0)

    @property
    def is_finished(self) -> bool:
        """Whether the run is over."""
        return self._run.phase is Phase.FINISHED

    @property
    def phase(self) -> Phase:
        """The current phase of the run."""
        return self._run.phase

    @property
    def base(self) -> int:
        """The score chunk at which the take began."""
        return self._run.base

    @property
    def making(self) -> int:
        """The score chunk that is being made."""
        return self._run.making

    def is_of_the_score(self, chunk: int, take: int | None = None) -> bool:
        """Return whether a chunk of a take belongs to the score.

        A chunk does not if it is made after the last one, or while a reset is pending.

        Args:
            chunk: The chunk, counted within its take.
            take: The take, counted by `start` commands from 1; None for the current one.
        """
        return self.score_chunk(chunk, take) is not None

    def score_chunk(self, chunk: int, take: int | None = None) -> int | None:
        """Return the score chunk of a chunk of a take; None if it does not belong to the score.

        The arguments are those of `is_of_the_score`.
        """
        return self._run.score_chunk(chunk, take)

    @property
    def ended(self) -> str:
        """Why the run is over; empty while it is not."""
        return self._run.finished.reason

    def report(self) -> Report:
        """Return the report: the outcome of every cue so far."""
        shown = {} if self._run.sync is None else self._run.sync.shown
        cues = tuple(cue_report(line, self._run.plan.grid, shown) for line in self._run.plan.lines)
        if self._run.ends_when_shown:
            cues = with_shown(cues, self._run.plan.lines, self._run.shown, max(self._run.making, 1))
        return Report(
            cues=cues,
            ended=self._run.finished.reason,
            takes=self._run.takes,
            chunks=self._run.making - self._run.plan.first_chunk,
            first_chunk=self._run.plan.first_chunk,
            played=None if self._run.plan.played is None else str(self._run.plan.played),
            refused=tuple(self._run.refusals),
            notes=tuple(self._run.notes),
            ended_well=self._run.finished.is_complete,
            stopped=self._run.finished.by_operator,
            sends=tuple(self._run.messages.log),
            moves=tuple(move_report(move) for move in self._run.actions.all),
            knows_shown=self._run.ends_when_shown,
            stalls=tuple(self._run.stalls.all),
            chunks_beyond=self._run.stalls.beyond,
        )


Handler = Callable[[Any, Any], list[Command]]

_ANYWHERE: dict[type[Event], Handler] = {
    ClockFitted: clock_fitted,
    BoundariesFitted: boundaries_fitted,
    OffsetChanged: offset_changed,
    TransportLocated: located,
    SessionEnded: session_ended,
    StopRequested: closing,
    ConnectionLost: lost,
    ConnectionRestored: restored,
    Uploaded: image_uploaded,
    UploadFailed: image_failed,
    ReloadRequested: reload_requested,
    BeginRequested: begin_requested,
}
_TRIGGERS = (
    NoteReceived,
    ControlChanged,
    ProgramChanged,
    OperatorGo,
    OscReceived,
    TransportChanged,
)

_HELD: dict[type[Event], Handler] = {
    **dict.fromkeys((*_TRIGGERS, OperatorPause, Improvised), hold_until_started),
    TransportChanged: held_clock_moved,
}

_PHASES: dict[Phase, dict[type[Event], Handler]] = {
    Phase.WAITING: {Ready: ready},
    Phase.UPLOADING: {Uploaded: uploaded, UploadFailed: upload_failed},
    Phase.OPENING: {
        ConditionsReady: conditions_ready_reported,
        PromptAccepted: opening_prompt,
        ImageAccepted: opening_image,
        CommandRefused: opening_refused,
        TimerFired: opening_timed_out,
        ResetDone: reset_again,
    },
    Phase.ARMED: {
        ResetDone: reset_again,
        TransportChanged: armed_clock_moved,
        PromptAccepted: prompt_accepted,
        ImageAccepted: image_accepted,
    },
    Phase.STARTING: {
        Started: started,
        ChunkDone: done_before,
        TimerFired: starting_timed_out,
        StateReported: started_before,
        ResetDone: reset_again,
        CommandRefused: opening_refused,
        PromptAccepted: prompt_accepted,
        ImageAccepted: image_accepted,
    },
    Phase.PLAYING: {
        ChunkDone: chunk_done,
        StateReported: state_reported,
        PromptAccepted: prompt_accepted,
        ImageAccepted: image_accepted,
        CommandRefused: refused,
        OperatorPause: operator_pause,
        Improvised: improvise,
        Paused: paused,
        Resumed: resumed,
        **dict.fromkeys(_TRIGGERS, on_trigger),
        TransportChanged: clock_moved,
        TransportLocated: relocated,
        ChunkShown: chunk_shown,
    },
    Phase.CUTTING: {
        ChunkDone: last_chunk_of_take,
        TransportLocated: located_while_cutting,
        ChunkShown: chunk_shown,
        ResetDone: reset_reported,
        CommandRefused: reset_refused,
        StateReported: state_while_cutting,
        TimerFired: cutting_timed_out,
        PromptAccepted: prompt_accepted,
        ImageAccepted: image_accepted,
    },
    Phase.SHOWING: {
        ChunkShown: shown,
        TimerFired: showing_timed_out,
        CommandRefused: refused_at_the_end,
        Paused: paused,
        Resumed: resumed,
        PromptAccepted: prompt_accepted,
        ImageAccepted: image_accepted,
    },
    Phase.FINISHED: {},
}

HANDLERS: dict[tuple[Phase, type[Event]], Handler] = {
    (phase, kind): handler
    for phase, own in _PHASES.items()
    for kind, handler in ({} if phase is Phase.FINISHED else {**_ANYWHERE, **_HELD, **own}).items()
}
"""(phase, event) → handler. The tests compare it with `transitions.TRANSITIONS`."""
