"""The conductor: a state machine that receives events and answers with commands. It uses no clock, no randomness and no I/O.

::

    WAITING ──ready──▶ UPLOADING ──all uploaded──▶ OPENING ──conditions ready──▶ STARTING ──started──▶ PLAYING
                                                      ▲                                                  │ a cut is due
                                                      └───────────── reset reported ◀── CUTTING ◀────────┘
    OPENING ──external clock is stopped──▶ ARMED ──it moves──▶ STARTING
    PLAYING ──last chunk done──▶ SHOWING ──it was shown──▶ FINISHED
    any ──session ended, stop requested, start refused──▶ FINISHED

`HANDLERS` below maps each phase and event to its handler; all other events are ignored. Score chunks are the model's chunks
plus `base`, the score chunk at which the take began; `making` is the current score chunk (before `start`: the first one that
will be made).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from sequencer.engine.conductor.dispatch import add_due_midi
from sequencer.engine.conductor.operator_input import hold_until_started, on_trigger, operator_pause, paused, resumed
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
from sequencer.engine.conductor.report import Report, cue_report, move_report, with_shown
from sequencer.engine.conductor.run_state import Phase, RunState
from sequencer.engine.conductor.show_end import note_chunk_shown, refused_at_the_end, showing_woke, shown
from sequencer.engine.conductor.take_setup import (
    conditioned,
    cutting_woke,
    lost,
    opening_image,
    opening_prompt,
    opening_refused,
    opening_woke,
    ready,
    reset_again,
    reset_refused,
    reset_reported,
    restored,
    starting_woke,
    state_while_cutting,
    upload_failed,
    uploaded,
)
from sequencer.engine.conductor.take_start import done_before, started, started_before
from sequencer.engine.revisions import CURRENT
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
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
    NoteReceived,
    OffsetChanged,
    OperatorGo,
    OperatorPause,
    Paused,
    ProgramChanged,
    PromptAccepted,
    Ready,
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


class Conductor:
    """One run of one schedule: pass every event to `receive` in the order of arrival, and carry out the commands it returns."""

    def __init__(self, schedule: Schedule, following: bool | None = None, revision: int = CURRENT) -> None:
        """Create the conductor of a new run.

        Args:
            schedule: The schedule to play.
            following: Whether positions are bound to chunks late. None: only if the score's clock is an external one.
            revision: The revision of the conductor's behaviour; for a replay that of the journal (see
                `sequencer.engine.revisions`).
        """
        self.run = RunState(schedule, schedule.clock.is_outer if following is None else following, revision)

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Return the commands that answer an event. Chunks in commands count within the take."""
        run = self.run
        run.ledger.now = max(run.ledger.now, event.at)
        if isinstance(event, ChunkShown) and run.ends_when_shown and run.phase is not Phase.FINISHED:
            note_chunk_shown(run, event)
        handler = HANDLERS.get((run.phase, type(event)))
        commands = [] if handler is None or not can_be(event) else handler(run, event)
        if run.sends.is_needed and run.takes:
            commands = add_due_midi(run, event, commands)
        return tuple(commands)

    @property
    def is_finished(self) -> bool:
        """Whether the run is over."""
        return self.run.phase is Phase.FINISHED

    @property
    def phase(self) -> Phase:
        """The current phase of the run."""
        return self.run.phase

    @property
    def base(self) -> int:
        """The score chunk at which the take began."""
        return self.run.base

    @property
    def making(self) -> int:
        """The score chunk that is being made."""
        return self.run.making

    def is_of_the_score(self, chunk: int, take: int | None = None) -> bool:
        """Return whether a chunk of a take belongs to the score.

        A chunk does not if it is made after the last one, or while a reset is pending.

        Args:
            chunk: The chunk, counted within its take.
            take: The take, counted by `start` commands from 1; None for the current one.
        """
        return self.run.score_chunk(chunk, take) is not None

    @property
    def ended(self) -> str:
        """Why the run is over; empty while it is not."""
        return self.run.ended

    def report(self) -> Report:
        """Return the report: the outcome of every cue so far."""
        shown = {} if self.run.follow is None else self.run.follow.shown
        cues = tuple(cue_report(line, self.run.schedule.grid, shown) for line in self.run.plan.lines)
        if self.run.ends_when_shown:
            cues = with_shown(cues, self.run.plan.lines, self.run.shown, max(self.run.making, 1))
        return Report(
            cues=cues,
            ended=self.run.ended,
            takes=self.run.takes,
            chunks=self.run.making,
            refused=tuple(self.run.refusals),
            notes=tuple(self.run.notes),
            ended_well=self.run.ended_well,
            stopped=self.run.stopped,
            sends=tuple(self.run.sends.log),
            moves=tuple(move_report(move) for move in self.run.moves.all),
            knows_shown=self.run.ends_when_shown,
            stalls=tuple(self.run.stalls.all),
            chunks_beyond=self.run.stalls.beyond,
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
}
_TRIGGERS = (NoteReceived, ControlChanged, ProgramChanged, OperatorGo, TransportChanged)

_HELD: dict[type[Event], Handler] = {
    **dict.fromkeys((*_TRIGGERS, OperatorPause), hold_until_started),
    TransportChanged: held_clock_moved,
}

_PHASES: dict[Phase, dict[type[Event], Handler]] = {
    Phase.WAITING: {Ready: ready},
    Phase.UPLOADING: {Uploaded: uploaded, UploadFailed: upload_failed},
    Phase.OPENING: {
        ConditionsReady: conditioned,
        PromptAccepted: opening_prompt,
        ImageAccepted: opening_image,
        CommandRefused: opening_refused,
        TimerFired: opening_woke,
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
        TimerFired: starting_woke,
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
        TimerFired: cutting_woke,
        PromptAccepted: prompt_accepted,
        ImageAccepted: image_accepted,
    },
    Phase.SHOWING: {
        ChunkShown: shown,
        TimerFired: showing_woke,
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
"""(phase, event) → handler. The tests check the diagram in `docs/architecture.md` against this table."""
