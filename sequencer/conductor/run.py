"""The state of a run: what the handlers of the conductor read and change. Nothing here looks outside."""

from __future__ import annotations

from enum import StrEnum

from sequencer.conductor.follow import Follow
from sequencer.conductor.ledger import Ledger
from sequencer.conductor.moves import Moves
from sequencer.conductor.plan import Plan
from sequencer.conductor.sends import Sends
from sequencer.conductor.triggers import Ear
from sequencer.events import HandPaused, Refused
from sequencer.schedule import Firing, Schedule
from sequencer.timebase import SECOND, nanoseconds

PATIENCE = 10 * SECOND
"""How long an opening or a reset may go unanswered before the next step is taken all the same."""
RETRY = SECOND
"""How long to wait before a refused start is tried again."""
MOST_STARTS = 3
MOST_RESETS = 3
MOST_AHEAD = 32
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
    FINISHED = "finished"


class Run:
    """One run of one schedule. Score chunks are the model's plus `base`; `making` is the one being made (or made first)."""

    def __init__(self, schedule: Schedule, following: bool = False) -> None:
        self.schedule = schedule
        self.phase = Phase.WAITING
        self.follow = Follow(schedule, schedule.clock.is_outer) if following else None
        self.plan = Plan(schedule, self.follow)
        self.ledger = Ledger(schedule.seed, schedule.sr)
        self.sends = Sends(schedule, self.plan, self.follow)
        self.moves = Moves()
        self.ear = Ear(schedule)
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
        self.fresh = False
        self.insisting = False
        """Whether start was sent a second time because nothing answered the first one."""
        self.restarted = False
        self.joins = False
        """Whether the outer clock was moved before the first take ran: then the score begins where it is."""
        self.next_base = 0
        self.firings: dict[str, int] = {}
        self.held: list[frozenset[Firing] | HandPaused] = []

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

    def note_refusal(self, event: Refused) -> None:
        """The model refused something: it is told in the report."""
        self.refusals.append(f"{event.command}: {event.reason}")
        if event.command in ("pause", "resume"):
            self.moves.refused(event.command, event.reason)

    @property
    def is_running(self) -> bool:
        """Whether the take has started."""
        return self.phase in (Phase.PLAYING, Phase.CUTTING)
