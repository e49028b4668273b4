"""The state of a run: what the handlers of the conductor read and change. Nothing here looks outside."""

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
"""How long an opening or a reset may go unanswered before the next step is taken all the same."""
RETRY = SECOND
"""How long to wait before a refused start is tried again."""
REOPENING = SECOND // 4
"""How long to wait before what a take opens with is sent again after it was refused."""
MAX_STARTS = 3
MAX_OPENINGS = 3
MAX_RESETS = 3
SHOWING = 10 * SECOND
"""How long to wait for the last chunk to be shown after it was reported."""
LAST_CHUNK_MARGIN_NS = SECOND // 10
"""How much longer than its chunk a run lasts where no later chunk shows that the last one is over."""
NO_REASON = "the model gave no reason"
MAX_AHEAD = 32
"""How many prompts a certain stretch sends ahead: the model repeats them all in every `state`, whose size has a limit."""


class Phase(StrEnum):
    """Where a run is."""

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
    """One run of one schedule. Score chunks are the model's plus `base`; `making` is the one being made (or made first)."""

    def __init__(  # noqa: PLR0915  # one statement for each value that a run remembers
        self, schedule: Schedule, following: bool = False, revision: int = CURRENT
    ) -> None:
        self.schedule = schedule
        self.revision = revision
        """The revision of the conductor that this run is made with (see `sequencer.engine.revisions`)."""
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
        """How many chunks the take before a cut is known to have made after it was due."""
        self.ear = TriggerMatcher(schedule)
        self.base = 0
        self.making = 0
        self.takes = 0
        self.paused = False
        self.pausing: int | None = None
        """Which chunk was being made when a pause was asked for that has not come yet, nor been refused or taken back."""
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
        """How often what the take opens with was refused."""
        self.reopens = False
        """Whether the next wake sets the take up once more."""
        self.bases: list[int] = []
        """The score chunk at which the take began that each `start` command asked for."""
        self.shown: dict[int, int] = {}
        """When the first frame of each score chunk was shown, nanoseconds."""
        self.lasted: deque[int] = deque(maxlen=5)
        """How long the latest chunks took to be made, nanoseconds."""
        self.last_reported_at = 0
        """When the last chunk of the score was reported."""
        self.starts = 0
        self.asked_at = 0
        """When the take that is being opened was first asked to start."""
        self.resets = 0
        self.doubted: int | None = None
        """A score chunk that was reported done and not believed: the next report may bear it out."""
        self.boundary_at = 0
        """When the chunk in the making was last known to begin."""
        self.quickest = nanoseconds(schedule.grid.chunk)
        """The shortest time that a chunk has taken, the nominal one at most."""
        self.still_runs: bool | None = None
        """While a reset is awaited: whether the model's last `state` has the old take running; None where it said nothing."""
        self.reset_doubted = False
        """While a reset is awaited: whether one was reported before the chunk in the making was."""
        self.fresh = False
        self.insisting = False
        """Whether start was sent a second time because nothing answered the first one."""
        self.restarted = False
        self.joins = False
        """Whether the outer clock was moved while no take ran: then the score goes on where it is."""
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
        """No chunk was reported for long: it is told in the report."""
        if stall is not None:
            self.notes.append(str(stall))

    def note_beyond(self, chunks: int, what: str) -> None:
        """The model made chunks that the score has not: it is told in the report, in which `what` says after what."""
        if chunks > 0:
            self.stalls.beyond += chunks
            self.notes.append(f"the model made {chunks} chunk{'' if chunks == 1 else 's'} after {what}")

    @property
    def may_be_reset(self) -> bool:
        """Whether a reset that is reported now can be the one that is awaited: the model ends the chunk in the making first.

        After a second reset it is believed all the same: the report of that chunk may be lost.
        """
        is_done = self.making >= self.next_base or self.overrun > 0
        return self.revision < RESETS_BORNE_OUT or is_done or self.resets > 1

    def score_chunk(self, chunk: int, take: int | None = None) -> int | None:
        """The score chunk that a chunk of a take is; None where it is none of the score's: behind its take's end, or unknown.

        `take` counts `start` commands from 1; None is the take that plays.
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
        """The first score chunk whose frames do not belong to the score any more; None while a following run goes on."""
        if self.phase is Phase.SHOWING or self.ended_well:
            return self.making
        # A rule that cuts at the very end takes the run beyond it: what it makes then is the score's all the same.
        return max(self.plan.end_chunk(), self.making) if self.follow is None else None

    def is_of_this_take(self, take: int | None) -> bool:
        """Whether a take, counted by `start` commands from 1, is the one that plays; so is one that nobody numbered."""
        return take is None or (0 < take <= len(self.bases) and self.bases[take - 1] == self.base)

    def takes_since(self, take: int | None) -> int | None:
        """Return how many takes before the one at `base` a take is, counted by `start` commands from 1. None where unknown."""
        if take is None or not 0 < take <= len(self.bases):
            return None
        return len({base for base in (*self.bases, self.base) if base > self.bases[take - 1]})

    @property
    def reach(self) -> int:
        """The first score chunk that a prompt can still be scheduled for."""
        return self.making + self.schedule.lead if self.is_running else self.base

    def can_be(self, chunk: int, at: int) -> bool:
        """Whether the model can be at a score chunk by now: one that is too far ahead is of the take before, or wrong."""
        return chunk <= self.making + 1 or 2 * (chunk - self.making - 1) * self.quickest <= 3 * (at - self.boundary_at)

    @property
    def may_rest(self) -> bool:
        """Whether the model rests before the chunk `making`, or may be about to: what is live would act one chunk early."""
        return self.paused or (self.pausing is not None and self.making > self.pausing)

    def note_refusal(self, event: CommandRefused) -> None:
        """The model refused something: it is told in the report."""
        reason = self.reason_of(event)
        self.refusals.append(f"{event.command}: {reason}")
        if event.command in ("pause", "resume"):
            self.moves.refused(event.command, reason)

    def reason_of(self, event: CommandRefused) -> str:
        """Return why the model refused something: a cue that was refused is reported with a reason, whatever the model sent."""
        has_reason = event.reason.strip() or self.revision < REFUSALS_HAVE_REASONS
        return event.reason if has_reason else NO_REASON

    @property
    def is_running(self) -> bool:
        """Whether the take has started."""
        return self.phase in (Phase.PLAYING, Phase.CUTTING)
