"""Several stages that play one score: a pure state machine above one conductor for each.

It uses no clock, no randomness and no I/O, like the conductors, which it uses as they are:

- **Starts.** A conductor's `start` is held until every stage has come as far. A stage that is not
  ready within `READY_LIMIT_NS` of the first one is left out, and the others begin.
- **Alignment.** Every `realign` chunks each stage pauses when it has come there, and all resume
  together. Between two alignments the stages run freely, because nothing changes inside a chunk.
- **Common events.** Operator commands, MIDI, OSC, the clock and the reference stage's boundaries
  are for all. Stages are some milliseconds apart, so that the foremost may be making the next chunk
  already when such an event occurs. Every conductor therefore receives it at the same position:
  that of the foremost stage. All of them leave a section at the same bar line, and bind a beat to
  the same chunk.
- **Lost stages.** A stage whose session ends is noted, nobody waits for it, and the others go on.
  If it was the reference, the next stage of the header becomes it.

Events and commands carry the name of their stage, or None for what is common to all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.conductor.view import RunView
from sequencer.engine.play_range import PlayRange
from sequencer.engine.revisions import CURRENT
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Pause, Reset, Resume, Start, WakeAt
from sequencer.events.events import (
    BoundariesFitted,
    ClipRequested,
    CommandRefused,
    ConnectionLost,
    OperatorPause,
    SessionEnded,
    StopRequested,
    TimerFired,
)
from sequencer.schedule.ensemble import EnsembleSchedule

READY_LIMIT_NS = 180 * SECOND
"""How long the stages that are ready wait for the others before the show begins."""
MEETING_LIMIT_NS = 10 * SECOND
"""How long stages wait for the others during the show, at a cut or at an alignment."""
ANSWER_LIMIT_NS = 10 * SECOND
"""How long a model has to answer to a `start` that was held, from when it is sent."""

NO_LIMIT = -1
"""The limit of stages that wait for one which the operator has paused."""

StageCommand = tuple[str | None, Command]
"""A command and the stage that it is for; None for a wake-up of the ensemble itself."""

_AT_ONCE = (StopRequested, ClipRequested)
"""Common events that do not depend on a position: they reach every stage at once."""

_Position = tuple[int, int]
"""A stage's position: the score chunk, and how often it paused or resumed during that chunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNote:
    """Something about a stage that the operator should know.

    Attributes:
        stage: The name of the stage.
        at: When it happened, in nanoseconds.
        text: What happened.
        is_lost: Whether the stage plays no more.
    """

    stage: str
    at: int
    text: str
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """One time at which stages waited for each other.

    Attributes:
        chunk: The score chunk with which they went on.
        at: When they went on, in nanoseconds.
        waited: The stages that waited, each with when it began to wait.
        paused: Those of them that were paused in the meantime; the others were ready to start.
        missing: The stages that were not waited for any longer.
    """

    chunk: int
    at: int
    waited: Mapping[str, int]
    paused: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Member:
    """One stage, and what it waits for."""

    name: str
    conductor: Conductor
    view: RunView
    next_alignment: int | None
    """The score chunk before which it pauses next; None if the stages are not aligned again."""
    pending: deque[tuple[_Position, Event]] = field(default_factory=deque)
    """Common events, and the position at which its conductor receives them."""
    is_start_held: bool = False
    held_since: int = 0
    answer_after: int = 0
    """The model's answer to a `start` that was held is not overdue before this nanosecond."""
    overdue: int | None = None
    """The wake-up for the answer to a `start` that came while it was held."""
    postponed: dict[int, int] = field(default_factory=dict)
    """The time for which a wake-up was postponed, and the one that the conductor asked for."""
    paused_for: int | None = None
    """The chunk before which it was asked to pause for the others."""
    paused_at: int = 0
    wants_rest: bool = False
    """Whether the operator or the score wants it to be paused."""
    turns: int = 0
    """How often it has paused or resumed during the present chunk."""
    has_begun: bool = False
    excused: int = -1
    """Nobody waits for it at this chunk any longer."""
    is_lost: bool = False

    @property
    def is_over(self) -> bool:
        return self.conductor.is_finished

    @property
    def position(self) -> _Position:
        return self.view.next_chunk, self.turns

    @property
    def waits_at(self) -> int | None:
        """The chunk at which it waits for the others; None if it does not wait."""
        if self.is_over:
            return None
        if self.is_start_held:
            return self.view.base
        return self.paused_for if self.view.is_paused else None


class Ensemble:
    """A run of one score on several stages."""

    def __init__(
        self,
        schedule: EnsembleSchedule,
        following: bool | None = None,
        revision: int = CURRENT,
        *,
        played: PlayRange | None = None,
    ) -> None:
        """Create a new run.

        Args:
            schedule: What each stage plays.
            following: Whether positions are bound to chunks late. None: only if the score's clock
                is an external one.
            revision: The revision of the conductors' behaviour.
            played: The range of the score to play; None for the whole score.
        """
        self.schedule = schedule
        self._members: dict[str, _Member] = {}
        for name, part in schedule.parts:
            conductor = Conductor(part, following, revision, played=played)
            first = conductor.view.first_chunk
            self._members[name] = _Member(
                name=name,
                conductor=conductor,
                view=conductor.view,
                next_alignment=None
                if schedule.realign is None
                else (first // schedule.realign + 1) * schedule.realign,
            )
        self._deadlines: dict[int, int] = {}
        """When nobody waits at a chunk any longer, in nanoseconds."""
        self._out: list[StageCommand] = []
        self.notes: list[StageNote] = []
        self.alignments: list[Alignment] = []

    # ---- reading ---------------------------------------------------------------------------------

    @property
    def conductors(self) -> dict[str, Conductor]:
        """The conductor of each stage, in the order of the score's header."""
        return {name: member.conductor for name, member in self._members.items()}

    @property
    def reference(self) -> str:
        """The name of the reference stage: the first one that is not lost."""
        members = self._members.values()
        found = next((one for one in members if not one.is_lost), None)
        return self.schedule.reference_name if found is None else found.name

    @property
    def is_finished(self) -> bool:
        """Whether the run is over on every stage."""
        return all(member.is_over for member in self._members.values())

    @property
    def ended(self) -> str:
        """Why the run is over; empty while it is not."""
        return self._members[self.reference].conductor.ended if self.is_finished else ""

    @property
    def lost(self) -> tuple[str, ...]:
        """The stages that were lost or left out, in the order of the header."""
        return tuple(name for name, member in self._members.items() if member.is_lost)

    def is_waiting(self, stage: str) -> bool:
        """Return whether a stage waits for the others."""
        return self._members[stage].waits_at is not None

    # ---- receiving -------------------------------------------------------------------------------

    def receive(self, stage: str | None, event: Event) -> tuple[StageCommand, ...]:
        """Return the commands that answer an event.

        Args:
            stage: The stage that the event is from, or whose conductor asked for the wake-up; None
                for an event that is common to all.
            event: The event.

        Returns:
            The commands, each with its stage. A wake-up without a stage is the ensemble's own.
        """
        self._out = []
        if stage is not None:
            self._receive_from(self._members[stage], event)
        elif isinstance(event, TimerFired):
            self._limit_reached(event)
        else:
            self._receive_common(event)
        self._release(event.at)
        return tuple(self._out)

    def _receive_from(self, member: _Member, event: Event) -> None:
        if member.is_over:
            return
        if isinstance(event, TimerFired):
            wake_up = self._wake_up_of(member, event)
            if wake_up is None:
                return
            event = wake_up
        if isinstance(event, ConnectionLost):
            member.is_start_held = False  # once connected, its conductor sets the take up again
            self._note(member, event.at, f"the connection was lost: {event.reason}")
        if isinstance(event, CommandRefused) and event.command == "pause":
            member.paused_for = None
        self._pass_on(member, event)
        if isinstance(event, SessionEnded):
            self._lose(member, event.at, event.reason)
        elif member.is_over and not member.view.is_complete:
            self._lose(member, event.at, member.conductor.ended)
        self._drain(member)

    def _receive_common(self, event: Event) -> None:
        active = [member for member in self._members.values() if not member.is_over]
        if isinstance(event, BoundariesFitted):
            base = self._members[self.reference].view.base
            event = replace(event, chunk=event.chunk + base)
        if isinstance(event, _AT_ONCE):
            for member in active:
                self._pass_on(member, event)
            return
        foremost = max((member.position for member in active), default=(0, 0))
        for member in active:
            member.pending.append((foremost, event))
            self._drain(member)

    def _drain(self, member: _Member) -> None:
        """Pass the common events on for which a stage has come far enough.

        A stage that the operator has paused comes no further until it receives them.
        """
        while member.pending and not member.is_over:
            rests = member.wants_rest and member.view.is_paused
            if member.pending[0][0] > member.position and not rests:
                return
            self._pass_on_common(member, member.pending.popleft()[1])

    def _pass_on_common(self, member: _Member, event: Event) -> None:
        match event:
            case OperatorPause() if member.paused_for is not None:
                member.wants_rest = event.paused  # it rests, or will; `_go_on` decides for how long
            case BoundariesFitted():
                self._pass_on(member, replace(event, chunk=event.chunk - member.view.base))
            case _:
                self._pass_on(member, event)

    def _pass_on(self, member: _Member, event: Event, *, is_own: bool = False) -> None:
        """Let a conductor receive an event; send its commands, except those that have to wait.

        Args:
            member: The stage.
            event: The event.
            is_own: Whether it is a pause or a resumption for the others, not the operator's.
        """
        view = member.view
        was_paused, before = view.is_paused, view.next_chunk
        for command in member.conductor.receive(event):
            if not self._is_held(member, command, event.at, is_own=is_own):
                self._out.append((member.name, command))
        if view.phase is Phase.PLAYING:
            member.has_begun = True
        if view.next_chunk != before:
            member.turns = 0
        if view.is_paused != was_paused:
            self._turned(member, event.at)
        if not is_own:
            self._align(member, event.at)

    def _is_held(self, member: _Member, command: Command, at: int, *, is_own: bool) -> bool:
        """Return whether a command waits for the other stages, or is not needed."""
        match command:
            case Start():
                member.is_start_held, member.held_since = True, at
                return True
            case Pause() | Resume() if not is_own:
                member.wants_rest = isinstance(command, Pause)
                return member.paused_for is not None
            case Reset():
                member.paused_for = None
            case _:
                pass
        return False

    def _turned(self, member: _Member, at: int) -> None:
        """Note that a model has paused or resumed."""
        member.turns += 1
        if not member.view.is_paused:
            self._forget_rests()
            return
        member.paused_at = at
        if member.paused_for is None and not member.wants_rest:
            member.paused_for = member.view.next_chunk  # it rests later than it was asked to

    def _align(self, member: _Member, at: int) -> None:
        """Ask a stage to pause before the next chunk if all stages align there."""
        view, realign = member.view, self.schedule.realign
        if member.is_over or view.phase is not Phase.PLAYING:
            return
        if member.next_alignment is None or realign is None:
            return
        chunk = view.next_chunk
        while member.next_alignment <= chunk:
            member.next_alignment += realign
        if (
            chunk != member.next_alignment - 1
            or view.is_paused
            or member.paused_for is not None
            or member.next_alignment >= view.end_chunk
            or view.next_cut == member.next_alignment
        ):
            return
        member.paused_for = member.next_alignment
        if not member.wants_rest:
            self._pass_on(member, OperatorPause(at, True), is_own=True)

    # ---- waiting for each other ------------------------------------------------------------------

    def _release(self, at: int) -> None:
        """Let the stages go on that wait at a chunk which all others have reached."""
        while True:
            waiting = [one for one in self._members.values() if one.waits_at is not None]
            if not waiting:
                return
            chunk = min(one.waits_at for one in waiting if one.waits_at is not None)
            if any(self._is_missing(one, chunk) for one in self._members.values()):
                if chunk not in self._deadlines:
                    self._set_limit(chunk, at)
                return
            self._deadlines.pop(chunk, None)
            together = [one for one in waiting if one.waits_at == chunk]
            since = {
                one.name: one.held_since if one.is_start_held else one.paused_at for one in together
            }
            self.alignments.append(
                Alignment(
                    chunk=chunk,
                    at=at,
                    waited=since,
                    paused=tuple(one.name for one in together if not one.is_start_held),
                    missing=tuple(
                        one.name
                        for one in self._members.values()
                        if one.excused == chunk and one.name not in since
                    ),
                )
            )
            for member in together:
                self._go_on(member, at)

    def _go_on(self, member: _Member, at: int) -> None:
        if member.is_start_held:
            member.is_start_held = False
            member.answer_after = at + ANSWER_LIMIT_NS
            self._out.append((member.name, Start()))
            if member.overdue is not None:
                self._postpone(member, member.overdue)
                member.overdue = None
            return
        member.paused_for = None
        if not member.wants_rest:
            self._pass_on(member, OperatorPause(at, False), is_own=True)

    def _is_missing(self, member: _Member, chunk: int) -> bool:
        """Return whether the others have to wait for a stage before they go on with a chunk."""
        view = member.view
        if member.is_over or member.excused >= chunk or member.waits_at == chunk:
            return False
        if not view.is_connected and member.has_begun:
            return False
        here = view.next_chunk
        if here != chunk:
            return here < chunk
        plays = view.phase in (Phase.PLAYING, Phase.SHOWING)
        return not plays or (member.paused_for == chunk and not view.is_paused)

    def _has_begun(self) -> bool:
        return any(member.has_begun for member in self._members.values())

    def _set_limit(self, chunk: int, at: int) -> None:
        due = at + (MEETING_LIMIT_NS if self._has_begun() else READY_LIMIT_NS)
        self._deadlines[chunk] = due
        self._out.append((None, WakeAt(due)))

    def _forget_rests(self) -> None:
        """Wait with a limit again where there was none because a stage rested."""
        for chunk in [one for one, due in self._deadlines.items() if due == NO_LIMIT]:
            del self._deadlines[chunk]

    def _limit_reached(self, event: TimerFired) -> None:
        """Wait for nobody any longer at the chunks whose limit is reached."""
        for chunk in [one for one, due in self._deadlines.items() if due == event.due]:
            del self._deadlines[chunk]
            missing = [one for one in self._members.values() if self._is_missing(one, chunk)]
            if any(one.wants_rest and one.view.is_paused for one in missing):
                self._deadlines[chunk] = NO_LIMIT  # the operator lets it rest
                continue
            for member in missing:
                member.excused = chunk
                if self._has_begun():
                    self._note(member, event.at, f"the others went on at chunk {chunk} without it")
                    continue
                reason = (
                    f"it was not ready {READY_LIMIT_NS // SECOND} s after the first one, and the "
                    "others began without it"
                )
                self._pass_on(member, StopRequested(event.at, reason))
                self._lose(member, event.at, reason)

    def _wake_up_of(self, member: _Member, event: TimerFired) -> TimerFired | None:
        """Return a wake-up as a conductor asked for it; None if it is postponed.

        While a `start` is held, and until the model had time to answer it, its answer is not due.
        """
        due = member.postponed.pop(event.due, event.due)
        if member.view.phase is Phase.STARTING and member.view.answer_due == due:
            if member.is_start_held:
                member.overdue = due
                return None
            if member.answer_after > event.at:
                self._postpone(member, due)
                return None
        return replace(event, due=due)

    def _postpone(self, member: _Member, due: int) -> None:
        """Let a wake-up for the answer to a `start` come when the model had time to answer."""
        member.postponed[member.answer_after] = due
        self._out.append((member.name, WakeAt(member.answer_after)))

    # ---- lost stages -----------------------------------------------------------------------------

    def _lose(self, member: _Member, at: int, reason: str) -> None:
        if member.is_lost:
            return
        member.is_lost = True
        member.is_start_held, member.paused_for = False, None
        member.pending.clear()
        self._note(member, at, reason, is_lost=True)

    def _note(self, member: _Member, at: int, text: str, *, is_lost: bool = False) -> None:
        self.notes.append(StageNote(stage=member.name, at=at, text=text, is_lost=is_lost))
