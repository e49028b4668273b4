"""The phases of a run, and every transition between them.

This table is a module of its own, because `run_state` checks transitions against it and `machine`
imports `run_state`. The diagram in `docs/architecture.md` is generated from it
(`sequencer.engine.conductor.diagram`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sequencer.events.codec import Event
from sequencer.events.events import (
    BeginRequested,
    ChunkDone,
    ChunkShown,
    ClockFitted,
    CommandRefused,
    ConditionsReady,
    ConnectionRestored,
    ControlChanged,
    ImageAccepted,
    Improvised,
    NoteReceived,
    OperatorGo,
    OscReceived,
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


class Phase(StrEnum):
    """The phase of a run."""

    WAITING = "waiting"
    UPLOADING = "uploading"
    OPENING = "opening"
    ARMED = "armed"
    STARTING = "starting"
    PLAYING = "playing"
    CUTTING = "cutting"
    SHOWING = "showing"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A transition from one phase to another, or a new beginning of the same phase.

    One event may cause several transitions. For example, a take that starts with a cut enters
    `PLAYING` and then `CUTTING`.

    Attributes:
        start: The phase that is left. None for every phase except `FINISHED`.
        end: The phase that is entered.
        events: The types of the events that can cause it.
        label: What happens, for the diagram.
    """

    start: Phase | None
    end: Phase
    events: frozenset[type[Event]]
    label: str

    def allows(self, start: Phase, end: Phase, event: type[Event]) -> bool:
        """Return whether an event may lead from one phase to another by this transition."""
        starts_here = start is not Phase.FINISHED if self.start is None else start is self.start
        return starts_here and end is self.end and event in self.events


_CONDITIONS = (ConditionsReady, PromptAccepted, ImageAccepted)
_TRIGGERS = (
    NoteReceived,
    ControlChanged,
    ProgramChanged,
    OperatorGo,
    OscReceived,
    TransportChanged,
)


def _row(start: Phase | None, end: Phase, label: str, *events: type[Event]) -> Transition:
    return Transition(start=start, end=end, events=frozenset(events), label=label)


TRANSITIONS: tuple[Transition, ...] = (
    _row(Phase.WAITING, Phase.UPLOADING, "ready, with images to upload", Ready),
    _row(Phase.WAITING, Phase.OPENING, "ready, without images", Ready),
    _row(
        Phase.UPLOADING,
        Phase.OPENING,
        "the last image is uploaded",
        Uploaded,
        ReloadRequested,
    ),
    _row(Phase.UPLOADING, Phase.FINISHED, "an image cannot be uploaded", UploadFailed),
    _row(
        Phase.OPENING,
        Phase.OPENING,
        "set up again after a refusal or a lost connection",
        CommandRefused,
        ConnectionRestored,
        ResetDone,
        TimerFired,
    ),
    _row(
        Phase.OPENING,
        Phase.ARMED,
        "conditions ready, the operator or the external clock is waited for",
        *_CONDITIONS,
        TimerFired,
    ),
    _row(
        Phase.OPENING,
        Phase.STARTING,
        "conditions ready, or no answer in time",
        *_CONDITIONS,
        TimerFired,
    ),
    _row(Phase.OPENING, Phase.FINISHED, "what the take opens with is refused", CommandRefused),
    _row(
        Phase.ARMED,
        Phase.STARTING,
        "the operator begins, the external clock runs",
        TransportChanged,
        ClockFitted,
        BeginRequested,
    ),
    _row(
        Phase.ARMED, Phase.OPENING, "connected again, or reset again", ConnectionRestored, ResetDone
    ),
    _row(
        Phase.STARTING,
        Phase.OPENING,
        "start refused, connected again, or reset again",
        CommandRefused,
        StateReported,
        ResetDone,
    ),
    _row(Phase.STARTING, Phase.PLAYING, "started", Started, StateReported, ChunkDone),
    _row(
        Phase.STARTING,
        Phase.FINISHED,
        "start refused or unanswered too often",
        CommandRefused,
        TimerFired,
    ),
    _row(
        Phase.PLAYING,
        Phase.CUTTING,
        "a cut is due with the next chunk",
        Started,
        ChunkDone,
        StateReported,
        CommandRefused,
        Resumed,
        TransportLocated,
        Improvised,
        ReloadRequested,
        Uploaded,
        *_TRIGGERS,
    ),
    _row(Phase.PLAYING, Phase.SHOWING, "the last chunk is done", ChunkDone, StateReported),
    _row(Phase.PLAYING, Phase.FINISHED, "the last chunk is done (first revision)", ChunkDone),
    *(
        _row(
            phase,
            Phase.CUTTING,
            "an edited score replaces the one to be played",
            ReloadRequested,
            Uploaded,
            ConnectionRestored,
        )
        for phase in (Phase.OPENING, Phase.ARMED)
    ),
    _row(
        Phase.CUTTING,
        Phase.OPENING,
        "reset done",
        ResetDone,
        StateReported,
        TimerFired,
        CommandRefused,
    ),
    _row(Phase.CUTTING, Phase.PLAYING, "reset refused", CommandRefused),
    _row(
        Phase.SHOWING,
        Phase.FINISHED,
        "the last chunk was shown, or was not in time",
        ChunkShown,
        TimerFired,
    ),
    _row(
        None,
        Phase.FINISHED,
        "the session ends, or an operator or a limit stops the run",
        SessionEnded,
        StopRequested,
    ),
)
"""Every transition of a run. `RunState.enter` checks each one in the tests."""


def is_listed(start: Phase, end: Phase, event: type[Event]) -> bool:
    """Return whether the table has a transition between two phases by an event of this type."""
    return any(one.allows(start, end, event) for one in TRANSITIONS)
