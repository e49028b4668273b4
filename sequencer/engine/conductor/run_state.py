"""The state of a run, which the handlers of the conductor read and change. Nothing here performs I/O."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from sequencer.core.timebase import DISPLAY_DELAY, SECOND, nanoseconds
from sequencer.engine.conductor.clock_sync import ClockSync
from sequencer.engine.conductor.ledger import Ledger
from sequencer.engine.conductor.midi_output import MidiOutput
from sequencer.engine.conductor.plan import Plan
from sequencer.engine.conductor.run_actions import RunActions
from sequencer.engine.conductor.stalls import Stall, Stalls
from sequencer.engine.conductor.triggers import TriggerMatcher
from sequencer.engine.revisions import CURRENT, ENDS_WHERE_WRITTEN, REFUSALS_HAVE_REASONS, RESETS_BORNE_OUT, SHOWN_TO_THE_END
from sequencer.events.events import CommandRefused, OperatorPause
from sequencer.schedule.model import Schedule, Trigger

ANSWER_TIMEOUT_NS = 10 * SECOND
"""How long an opening or a reset may go without an answer before the next step is taken all the same."""
RETRY = SECOND
"""How long to wait before a refused start is repeated."""
REOPENING = SECOND // 4
"""How long to wait before what a take opens with is sent again after a refusal."""
MAX_STARTS = 3
MAX_OPENINGS = 3
MAX_RESETS = 3
SHOWING = 10 * SECOND
"""How long to wait for the last chunk to be shown after it was reported."""
LAST_CHUNK_MARGIN_NS = SECOND // 10
"""How much longer than its last chunk a run lasts if no later chunk shows that the last one is over, in nanoseconds."""
NO_REASON = "the model gave no reason"
MAX_AHEAD = 32
"""How many prompts of certain stretches are sent ahead: the model repeats all in every `state`, whose size is limited."""


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


class RunState:
    """One run of one schedule. Score chunks are the model's plus `base`; `making` is the current one (or the first to come)."""

    def __init__(  # noqa: PLR0915  # one statement for each attribute
        self, schedule: Schedule, following: bool = False, revision: int = CURRENT
    ) -> None:
        self.schedule = schedule
        self.revision = revision
        """The revision of the conductor that this run uses (see `sequencer.engine.revisions`)."""
        self.phase = Phase.WAITING
        delay = DISPLAY_DELAY if revision >= SHOWN_TO_THE_END else 0
        self.follow = ClockSync(schedule, schedule.clock.is_outer, delay) if following else None
        self.plan = Plan(schedule, self.follow, revision >= RESETS_BORNE_OUT)
        self.ledger = Ledger(schedule.seed, schedule.sr)
        is_newest = revision >= RESETS_BORNE_OUT
        self.sends = MidiOutput(schedule, self.plan, self.follow, self.ends_when_shown, is_newest)
        self.moves = RunActions()
        self.stalls = Stalls(nanoseconds(schedule.grid.chunk))
        self.overrun = 0
        """How many chunks the take before a cut is known to have made after the cut was due."""
        self.ear = TriggerMatcher(schedule)
        self.base = 0
        self.making = 0
        self.takes = 0
        self.paused = False
        self.pausing: int | None = None
        """The current chunk when the pending pause was requested; None once it took effect, was refused or taken back."""
        self.connected = True
        self.ended = ""
        self.ended_well = False
        self.stopped = False
        """Whether an operator ended it."""
        self.refusals: list[str] = []
        self.notes: list[str] = []
        self.uploads: set[str] = set()
        self.has_prompt = self.has_image = False
        self.due: int | None = None
        self.openings = 0
        """How many times what the take opens with was refused."""
        self.reopens = False
        """Whether the next wake-up sets the take up once more."""
        self.bases: list[int] = []
        """For each `start` command, the score chunk at which its take began."""
        self.shown: dict[int, int] = {}
        """When the first frame of each score chunk was shown, in nanoseconds."""
        self.lasted: deque[int] = deque(maxlen=5)
        """How long the latest chunks took to be made, in nanoseconds."""
        self.last_reported_at = 0
        """When the last chunk of the score was reported."""
        self.starts = 0
        self.asked_at = 0
        """When the take that is being opened was first asked to start."""
        self.resets = 0
        self.doubted: int | None = None
        """A score chunk that was reported done and not trusted: the next report may confirm it."""
        self.boundary_at = 0
        """When the current chunk began, as far as is known."""
        self.quickest = nanoseconds(schedule.grid.chunk)
        """The shortest time that a chunk has taken, at most the nominal one."""
        self.still_runs: bool | None = None
        """While a reset is pending: whether the model's last `state` has the old take running; None if there was none."""
        self.reset_doubted = False
        """While a reset is pending: whether a reset was reported before the current chunk was."""
        self.fresh = False
        self.insisting = False
        """Whether start was sent a second time because nothing answered the first one."""
        self.restarted = False
        self.joins = False
        """Whether the external clock was moved while no take ran; then the score continues where the clock is."""
        self.next_base = 0
        self.firings: dict[str, int] = {}
        self.held: list[frozenset[Trigger] | OperatorPause] = []

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
        """Note for the report how many chunks the model made that are not in the score; `what` says after which event."""
        if chunks > 0:
            self.stalls.beyond += chunks
            self.notes.append(f"the model made {chunks} chunk{'' if chunks == 1 else 's'} after {what}")

    @property
    def may_be_reset(self) -> bool:
        """Whether a reset that is reported now can be the pending one: the model completes the current chunk first.

        After a second reset the report is trusted all the same, because the report of that chunk may be lost.
        """
        is_done = self.making >= self.next_base or self.overrun > 0
        return self.revision < RESETS_BORNE_OUT or is_done or self.resets > 1

    def score_chunk(self, chunk: int, take: int | None = None) -> int | None:
        """Return the score chunk of a chunk of a take; None if it comes after the take's end or is unknown.

        Args:
            chunk: The chunk, counted within its take.
            take: The take, counted by `start` commands from 1; None for the current one.
        """
        if take is None:
            base, following = self.base, self.next_base if self.phase is Phase.CUTTING else None
        elif 0 < take <= len(self.bases):
            base = self.bases[take - 1]
            following = next((one for one in self.bases[take:] if one > base), None)
            if following is None and (self.phase is Phase.CUTTING or self.base > base):
                following = self.next_base
        else:
            return None
        score_chunk = base + chunk
        end = self._end_of_frames()
        is_behind = (following is not None and score_chunk >= following) or (end is not None and score_chunk >= end)
        return None if chunk < 0 or is_behind else score_chunk

    def _end_of_frames(self) -> int | None:
        """Return the first score chunk whose frames are not the score's; None while a run that follows a clock goes on."""
        if self.phase is Phase.SHOWING or self.ended_well:
            return self.making
        # A rule that cuts at the very end takes the run beyond it; what it makes then still belongs to the score.
        return max(self.plan.end_chunk(), self.making) if self.follow is None else None

    def is_of_this_take(self, take: int | None) -> bool:
        """Return whether a take, counted by `start` commands from 1, is the current one; true for None (not numbered)."""
        return take is None or (0 < take <= len(self.bases) and self.bases[take - 1] == self.base)

    def takes_since(self, take: int | None) -> int | None:
        """Return how many takes before the one at `base` a take is, counted by `start` commands from 1. None if unknown."""
        if take is None or not 0 < take <= len(self.bases):
            return None
        return len({base for base in (*self.bases, self.base) if base > self.bases[take - 1]})

    @property
    def reach(self) -> int:
        """The first score chunk for which a prompt can still be scheduled."""
        return self.making + self.schedule.lead if self.is_running else self.base

    def can_be(self, chunk: int, at: int) -> bool:
        """Return whether the model can be at a score chunk by now; one too far ahead is of the previous take, or wrong."""
        return chunk <= self.making + 1 or 2 * (chunk - self.making - 1) * self.quickest <= 3 * (at - self.boundary_at)

    @property
    def may_rest(self) -> bool:
        """Whether the model rests before the chunk `making`, or may be about to: live acts would act one chunk early."""
        return self.paused or (self.pausing is not None and self.making > self.pausing)

    def note_refusal(self, event: CommandRefused) -> None:
        """Note a refusal by the model for the report."""
        reason = self.reason_of(event)
        self.refusals.append(f"{event.command}: {reason}")
        if event.command in ("pause", "resume"):
            self.moves.refused(event.command, reason)

    def reason_of(self, event: CommandRefused) -> str:
        """Return why the model refused a command. There is always a reason in the report, even if the model sent none."""
        has_reason = event.reason.strip() or self.revision < REFUSALS_HAVE_REASONS
        return event.reason if has_reason else NO_REASON

    @property
    def is_running(self) -> bool:
        """Whether the take has started."""
        return self.phase in (Phase.PLAYING, Phase.CUTTING)
