"""The state of a run, which the handlers of the conductor read and change.

Nothing here performs I/O.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar

from sequencer.core.timebase import DISPLAY_DELAY, SECOND, nanoseconds
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.deliveries import Delivery
from sequencer.engine.conductor.ledger import Ledger
from sequencer.engine.conductor.message_output import MessageOutput
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.run_actions import RunAction, RunActions
from sequencer.engine.conductor.stalls import Stall, Stalls
from sequencer.engine.conductor.transitions import Phase, is_listed
from sequencer.engine.conductor.triggers import TriggerMatcher
from sequencer.engine.play_range import PlayRange
from sequencer.engine.revisions import (
    CURRENT,
    ENDS_WHERE_WRITTEN,
    JUMPS_GIVE_WAY,
    LATE_PROMPTS_LAND,
    LATE_REPORTS,
    MIDI_IN_ORDER,
    ONE_IMAGE_A_CHUNK,
    OPENS_WITH_A_PROMPT,
    OVERTAKEN_LEAVE,
    REFUSALS_HAVE_REASONS,
    RESETS_BORNE_OUT,
    SHOWN_TO_THE_END,
)
from sequencer.events.codec import Event
from sequencer.events.events import (
    ChunkDone,
    CommandRefused,
    Improvised,
    OperatorPause,
    ReloadRequested,
)
from sequencer.schedule.model import Schedule, Trigger

ANSWER_TIMEOUT_NS = 10 * SECOND
"""How long an opening or a reset may go unanswered before the next step is taken anyway."""
RETRY = SECOND
"""How long to wait before a refused start is repeated, in nanoseconds."""
REOPENING = SECOND // 4
"""How long to wait before what a take opens with is sent again after a refusal, in nanoseconds."""
MAX_CHUNK_SPEEDUP = 4
"""A model is assumed to make chunks at most this many times faster than they are shown."""
MAX_STARTS = 3
MAX_OPENINGS = 3
MAX_RESETS = 3
SHOWING = 10 * SECOND
"""How long to wait for the last chunk to be shown after it was reported, in nanoseconds."""
LAST_CHUNK_MARGIN_NS = SECOND // 10
"""How many ns longer than its last chunk a run lasts if no later chunk shows that it is over."""
NO_REASON = "the model gave no reason"
MAX_AHEAD = 32
"""How many prompts of certain stretches are sent ahead.

The model repeats all of them in every `state`, whose size is limited.
"""


@dataclass(slots=True)
class Uploading:
    """State of `UPLOADING`.

    `missing` has the SHA-256 digests of the images that are not uploaded yet.
    """

    missing: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Opening:
    """State of a take that is being set up: of `OPENING`, `ARMED` and `STARTING`.

    Attributes:
        has_prompt: Whether the model has the prompt that the take opens with.
        has_image: Whether the model has the image that the take opens with.
        is_refused: Whether the model refused some of it, and the next wake-up sends it all again.
        asked_at: When the model was first asked to start, in nanoseconds.
        start_repeated: Whether it was asked a second time because nothing answered the first
            `start`.
    """

    has_prompt: bool = False
    has_image: bool = False
    is_refused: bool = False
    asked_at: int = 0
    start_repeated: bool = False


@dataclass(slots=True, kw_only=True)
class Playing:
    """State of a take from its start until the next one starts.

    While the next one is set up, the model may still be paused.

    Attributes:
        is_paused: Whether the model has reported that it is paused.
        pause_requested_in: The current chunk when the pending pause was requested. None once it
            took effect, was refused or was cancelled.
        doubtful_chunk: A chunk that was reported done and not trusted: the next report may confirm
            it.
        boundary_at: When the current chunk began, as far as is known, in nanoseconds.
        counts_itself: Whether a chunk of this take was reported, so that the model's own count is
            trusted.
        asked_at: When the model was first asked to start the take, in nanoseconds.
    """

    is_paused: bool = False
    pause_requested_in: int | None = None
    doubtful_chunk: int | None = None
    asked_at: int = 0
    boundary_at: int = 0
    counts_itself: bool = False


@dataclass(slots=True)
class Cutting:
    """State of `CUTTING`, while a reset is pending.

    Attributes:
        next_base: The score chunk at which the next take begins.
        old_take_runs: Whether the model's last `state` has the old take running; None if there was
            none.
        is_report_doubted: Whether a reset was reported before the current chunk was.
    """

    next_base: int = 0
    old_take_runs: bool | None = None
    is_report_doubted: bool = False


@dataclass(slots=True)
class Showing:
    """State of `SHOWING`.

    `last_reported_at` is when the last chunk of the score was reported, in nanoseconds.
    """

    last_reported_at: int = 0


@dataclass(slots=True)
class Improvising:
    """The images that an operator improvised.

    Attributes:
        uploaded: The SHA-256 digests of all images that the stage has once a take plays.
        waiting: By the digest of an image that is being uploaded, the deliveries that wait for it.
    """

    uploaded: set[str] = field(default_factory=set)
    waiting: dict[str, list[Delivery]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Reloading:
    """A version of the score that is to take over as soon as it can.

    Attributes:
        event: What asked for it; None if nothing waits.
        action: Its row of the report.
        missing: The SHA-256 digests of its images that the stage does not have yet.
    """

    event: ReloadRequested | None = None
    action: RunAction | None = None
    missing: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Finished:
    """State of `FINISHED`.

    Attributes:
        reason: Why the run is over; empty while it is not.
        is_complete: Whether the score was played to its end.
        by_operator: Whether an operator ended it.
    """

    reason: str = ""
    is_complete: bool = False
    by_operator: bool = False


_SETTING_UP = frozenset({Phase.OPENING, Phase.ARMED, Phase.STARTING})


class RunState:
    """One run of one schedule.

    Score chunks are the model's plus `base`; `making` is the current one (or the first to come).

    What only some phases need is in an object of its own (`opening`, `cutting`, …), which `enter`
    replaces when they are left.
    """

    checks_transitions: ClassVar[bool] = False
    """Whether `enter` raises for a transition that is not listed.

    The tests set it; a show goes on instead.
    """

    def __init__(
        self,
        schedule: Schedule,
        following: bool = False,
        revision: int = CURRENT,
        played: PlayRange | None = None,
        *,
        may_reload: bool = False,
        waits_for_go: bool = False,
    ) -> None:
        # Constants
        self.schedule = schedule
        """The newest version of the score that is played or takes over."""
        self.versions = [schedule]
        """All versions of the score that are known."""
        self.may_reload = may_reload
        """Whether another version of the score may take over."""
        self.revision = revision
        """The revision of the conductor that this run uses (see `sequencer.engine.revisions`)."""

        # Parts
        self.sync = self._follow() if following else None
        self.plan, self.ledger, self.messages = self._create_parts(played, 1, 0)
        self.actions = RunActions()
        self.triggers = TriggerMatcher(schedule)
        self.stalls = Stalls(nanoseconds(schedule.grid.chunk))

        # Position
        self.phase, self.waits_for_go = Phase.WAITING, waits_for_go
        """Whether the operator still has to begin the run, which is armed until then."""
        self.base = self.making = self.plan.first_chunk
        self.take_bases: list[int] = []
        """For each `start` command, the score chunk at which its take began."""

        # Counters and records
        self.takes = self.starts = 0
        """How many takes began, and how often the model was asked to start since the last one."""
        self.refused_openings = 0
        """How many times what the take opens with was refused."""
        self.resets = 0
        """How many resets were sent for the last cut and not reported yet; a second report of one
        clears a take's set-up.
        """
        self.overrun = 0
        """How many chunks the take before a cut is known to have made after the cut was due."""
        self.refusals: list[str] = []
        self.notes: list[str] = []
        self.rule_firings: dict[str, int] = {}
        self.held_input: list[frozenset[Trigger] | OperatorPause | Improvised | Delivery] = []
        """What the operator did while no take was running; it takes effect in the next one.

        A delivery is an improvised image that was uploaded while no take was running.
        """
        self.improvised = Improvising(uploaded={image.sha256 for image in schedule.images})
        self.reloading, self.finished = Reloading(), Finished()
        self.shown: dict[int, int] = {}
        """When the first frame of each score chunk was shown, in nanoseconds."""
        self.chunk_lengths: deque[int] = deque(maxlen=5)
        """How long the latest chunks took to be made, in nanoseconds."""
        self.shortest_chunk = nanoseconds(schedule.grid.chunk)
        """The shortest time that a chunk has taken, at most the nominal one."""

        # Connection, clock and wake-up
        self.is_connected = True
        self.awaits_state = False
        """Whether the connection was restored, and the `state` that shows what the model has
        received is still to come.
        """
        self.clock_was_moved = False
        """Whether the external clock moved while no take ran; the score then continues there."""
        self.wake_due: int | None = None
        """The latest requested wake-up, in nanoseconds."""

        # State of the phases
        self.uploading, self.opening = Uploading(), Opening()
        self.playing = Playing()
        self.cutting = Cutting()
        self.showing = Showing()

    def _create_parts(
        self, played: PlayRange | None, version: int, numbers: int
    ) -> tuple[Plan, Ledger, MessageOutput]:
        """Return the parts of a run that has not begun."""
        schedule, revision = self.schedule, self.revision
        is_newest = revision >= RESETS_BORNE_OUT
        plan = Plan(
            schedule,
            self.sync,
            is_newest,
            revision >= OPENS_WITH_A_PROMPT,
            cuts_end_images=revision >= JUMPS_GIVE_WAY,
            played=played,
            version=version,
            numbers=numbers,
        )
        ledger = Ledger(
            plan.opening_seed,
            schedule.sr,
            forgets_overtaken=revision >= OVERTAKEN_LEAVE,
            sees_late_prompts=revision >= LATE_PROMPTS_LAND,
            lands_one_image=revision >= ONE_IMAGE_A_CHUNK,
        )
        messages = MessageOutput(
            schedule,
            plan,
            self.sync,
            self.ends_when_shown,
            is_newest,
            in_order=revision >= MIDI_IN_ORDER,
            may_reload=self.may_reload,
        )
        return plan, ledger, messages

    def begin_with(self, version: int, played: PlayRange | None) -> None:
        """Let a run that has not begun play another version of the score from the beginning."""
        before, offset = self.ledger, self.messages.display.offset
        self.schedule = self.versions[version - 1]
        self.plan, self.ledger, self.messages = self._create_parts(
            played, version, self.plan.last_number
        )
        self.ledger.can_fade, self.ledger.now = before.can_fade, before.now
        self.messages.display.offset = offset
        self.base = self.making = self.plan.first_chunk
        self.triggers.listen_to(self.schedule)

    def _follow(self) -> ClockSync:
        delay = DISPLAY_DELAY if self.revision >= SHOWN_TO_THE_END else 0
        return ClockSync(self.schedule, self.schedule.clock.is_external, delay)

    def enter(self, phase: Phase, event: Event) -> None:
        """Enter a phase. Nothing else sets `phase`.

        Args:
            phase: The new phase; the current one if it begins anew.
            event: The event that is being handled.
        """
        if self.checks_transitions and not is_listed(self.phase, phase, type(event)):
            raise AssertionError(
                f"{self.phase} -> {phase} by {type(event).__name__} is not in TRANSITIONS"
            )
        before, self.phase = self.phase, phase
        asked_at = self.opening.asked_at
        if phase is not Phase.UPLOADING:
            self.uploading = Uploading()
        if phase not in _SETTING_UP:
            self.opening = Opening()
        if phase is not Phase.CUTTING:
            self.cutting = Cutting()
        if phase is not Phase.SHOWING:
            self.showing = Showing()
        if phase is Phase.PLAYING and before is not Phase.CUTTING:
            # A doubtful report is kept: it may be confirmed after a cut, too.
            self.playing = Playing(doubtful_chunk=self.playing.doubtful_chunk, asked_at=asked_at)

    @property
    def is_held(self) -> bool:
        """Whether a take that is set up waits: for the operator, or for the external clock."""
        return self.waits_for_go or (self.sync is not None and not self.sync.is_running)

    @property
    def ends_when_shown(self) -> bool:
        """Whether the run lasts until its last chunk has been shown."""
        return self.revision >= SHOWN_TO_THE_END

    @property
    def ends_where_written(self) -> bool:
        """Whether chunks that nobody saw never make the show longer."""
        return self.revision >= ENDS_WHERE_WRITTEN

    def note_stall(self, stall: Stall | None) -> None:
        """Add a stall, if there was one, to the notes of the report."""
        if stall is not None:
            self.notes.append(str(stall))

    def note_beyond(self, chunks: int, what: str) -> None:
        """Note for the report how many chunks the model made outside the score, after `what`."""
        if chunks > 0:
            self.stalls.beyond += chunks
            self.notes.append(
                f"the model made {chunks} chunk{'' if chunks == 1 else 's'} after {what}"
            )

    @property
    def may_be_reset(self) -> bool:
        """Whether a reset that is reported now can be the pending one.

        The model completes the current chunk first.

        After a second reset the report is trusted all the same, because the report of that chunk
        may be lost.
        """
        is_done = self.making >= self.cutting.next_base or self.overrun > 0
        return self.revision < RESETS_BORNE_OUT or is_done or self.resets > 1

    def score_chunk(self, chunk: int, take: int | None = None) -> int | None:
        """Return the score chunk of a take's chunk; None if unknown or after the take's end.

        Args:
            chunk: The chunk, counted within its take.
            take: The take, counted by `start` commands from 1; None for the current one.
        """
        if take is None:
            base, following = (
                self.base,
                self.cutting.next_base if self.phase is Phase.CUTTING else None,
            )
        elif 0 < take <= len(self.take_bases):
            base = self.take_bases[take - 1]
            following = next((one for one in self.take_bases[take:] if one > base), None)
            if following is None and self.phase is Phase.CUTTING:
                following = self.cutting.next_base
            elif following is None and self.base > base:
                following = self.base  # the next take is being set up
        else:
            return None
        score_chunk = base + chunk
        end = self._end_of_frames()
        is_after_end = (following is not None and score_chunk >= following) or (
            end is not None and score_chunk >= end
        )
        return None if chunk < 0 or is_after_end else score_chunk

    def _end_of_frames(self) -> int | None:
        """Return the first score chunk whose frames are not the score's.

        The result is None while a run that follows a clock goes on.
        """
        if self.phase is Phase.SHOWING or self.finished.is_complete:
            return self.making
        # A rule that cuts at the very end takes the run beyond it; what it makes then still belongs
        # to the score.
        return max(self.plan.end_chunk(), self.making) if self.sync is None else None

    def is_of_this_take(self, take: int | None) -> bool:
        """Return whether a take is the current one; true for None (not numbered).

        Takes are counted by `start` commands from 1.
        """
        return take is None or (
            0 < take <= len(self.take_bases) and self.take_bases[take - 1] == self.base
        )

    def takes_since(self, take: int | None) -> int | None:
        """Return how many takes before the one at `base` a take is; None if unknown.

        Takes are counted by `start` commands from 1.
        """
        if take is None or not 0 < take <= len(self.take_bases):
            return None
        return len(
            {base for base in (*self.take_bases, self.base) if base > self.take_bases[take - 1]}
        )

    @property
    def reach(self) -> int:
        """The first score chunk for which a prompt can still be scheduled."""
        return self.making + self.schedule.lead if self.is_running else self.base

    def can_be(self, chunk: int, at: int) -> bool:
        """Return whether the model can be at a score chunk by now.

        A chunk too far ahead is of the previous take, or wrong.
        """
        return chunk <= self.making + 1 or 2 * (
            chunk - self.making - 1
        ) * self.shortest_chunk <= 3 * (at - self.playing.boundary_at)

    def full_length(self, chunk: int, length: int) -> int:
        """Return how long a chunk that took `length` would have taken with all its frames.

        The first chunk of a take may have fewer.
        """
        grid = self.schedule.grid
        return (
            length if chunk != self.base or not grid.first else length * grid.frames // grid.first
        )

    @property
    def missing_time(self) -> int:
        """How many nanoseconds shorter the first chunk of a take is than others."""
        return nanoseconds(self.schedule.grid.missing / self.schedule.grid.fps)

    def is_before_its_chunk(self, event: ChunkDone) -> bool:
        """Return whether a report comes too soon after a later take was asked to start.

        No model makes its first chunks that soon.

        It is a late one of an earlier take.
        """
        nominal = (event.chunk + 1) * nanoseconds(self.schedule.grid.chunk) - self.missing_time
        soonest = nominal // MAX_CHUNK_SPEEDUP
        is_starting = self.phase is Phase.STARTING
        is_later = self.takes > (0 if is_starting else 1)
        asked_at = self.opening.asked_at if is_starting else self.playing.asked_at
        return self.revision >= LATE_REPORTS and is_later and event.at - asked_at < soonest

    def skips_with_an_earlier_prompt(self, event: ChunkDone) -> bool:
        """Return whether a report may belong to an earlier take.

        It skips chunks of this take and names a prompt that only earlier takes have.
        """
        skips = event.chunk > max(0, self.making - self.base)
        return (
            self.revision >= LATE_REPORTS
            and skips
            and self.ledger.is_of_earlier_take(event.prompt, self.base)
        )

    @property
    def may_be_paused(self) -> bool:
        """Whether the model rests or may soon rest before `making`: live acts act a chunk early."""
        return self.playing.is_paused or (
            self.playing.pause_requested_in is not None
            and self.making > self.playing.pause_requested_in
        )

    def note_refusal(self, event: CommandRefused) -> None:
        """Note a refusal by the model for the report."""
        reason = self.reason_of(event)
        self.refusals.append(f"{event.command}: {reason}")
        if event.command in ("pause", "resume"):
            self.actions.refused(event.command, reason)

    def reason_of(self, event: CommandRefused) -> str:
        """Return why the model refused a command.

        There is always a reason in the report, even if the model sent none.
        """
        has_reason = event.reason.strip() or self.revision < REFUSALS_HAVE_REASONS
        return event.reason if has_reason else NO_REASON

    @property
    def is_running(self) -> bool:
        """Whether the take has started."""
        return self.phase in (Phase.PLAYING, Phase.CUTTING)
