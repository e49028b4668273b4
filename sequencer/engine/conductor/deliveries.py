"""Deliveries: each is one cue (or one firing of a rule) on its way to a chunk, with all that is known of its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from sequencer.core.diagnostics import Span
from sequencer.core.images import ImageFile
from sequencer.core.timebase import Snap
from sequencer.schedule.model import CueAct, CutAct, ImageAct, PromptAct, StrengthAct, SuperResolutionAct

if TYPE_CHECKING:
    from sequencer.engine.conductor.plan import Pass

Scale = Literal["off", "2x", "4x"]


class Status(StrEnum):
    """The status of a delivery.

    Those in `FINAL` do not change. Only `landed` is a success; `skipped` and `overtaken` are not failures.
    """

    WAITING = "waiting"
    COMMITTED = "committed"
    SENT = "sent"
    LANDED = "landed"
    OVERTAKEN = "overtaken"
    SKIPPED = "skipped"
    DROPPED = "dropped"
    REFUSED = "refused"
    MISSED = "missed"
    STUCK = "stuck"


FINAL = frozenset(
    {Status.LANDED, Status.OVERTAKEN, Status.SKIPPED, Status.DROPPED, Status.REFUSED, Status.MISSED, Status.STUCK}
)

ActKind = Literal["prompt", "image", "strength", "sr", "cut"]
LIVE: tuple[ActKind, ...] = ("image", "strength", "sr")
"""The kinds of acts that are sent while the previous chunk is being made."""


def kind_of(act: CueAct) -> ActKind:
    """Return which of the model's controls an act changes."""
    match act:
        case PromptAct():
            return "prompt"
        case ImageAct():
            return "image"
        case StrengthAct():
            return "strength"
        case SuperResolutionAct():
            return "sr"
        case CutAct():
            return "cut"


@dataclass(frozen=True, slots=True)
class Superseded:
    """An act that a delivery lost to another one, and its state before: it acts again if the other one is removed."""

    kind: ActKind
    to: Delivery
    status: Status
    reason: str


@dataclass(slots=True)
class Delivery:
    """One cue of one pass, or one firing of a rule.

    Attributes:
        time: Exact nominal time in score seconds.
        nominal: The score chunk that `time` snaps to.
        planned: The score chunk that it was meant for when it was committed.
        chunk: The score chunk that it is committed to.
        landed: The score chunk on which it landed.
        open: The kinds of acts that have not landed yet.
        sent: When its first command was sent, in nanoseconds.
        boundary: When the chunk on which it acts began, in nanoseconds.
        off: By how many nanoseconds it should be shown after its position, in a run that follows a clock; known when its
            chunk begins.
        shown: When it really was shown, in nanoseconds.
        beat: When it was due to be shown, in nanoseconds.
    """

    number: int
    time: Fraction
    nominal: int
    acts: tuple[CueAct, ...]
    snap: Snap
    place: str
    section: str | None
    laid_in: Pass
    """The pass of the plan that it was created in. A jump of the clock may later create other passes with the same numbers."""
    origin: Span
    occurrence: int = 1
    """The number of the pass of its section, as in the cue sheet."""
    entry: int | None = None
    rule: int | None = None
    quarter: Fraction | None = None
    planned: int | None = None
    chunk: int | None = None
    landed: int | None = None
    status: Status = Status.WAITING
    reason: str = ""
    fired: int | None = None
    sent: int | None = None
    boundary: int | None = None
    off: float | None = None
    shown: int | None = None
    beat: float | None = None
    open: set[ActKind] = field(default_factory=set)
    lost: list[Superseded] = field(default_factory=list, repr=False)
    """The acts that another delivery on the same chunk performs instead of this one, the latest last."""

    @property
    def pass_number(self) -> int:
        """The number of its pass in the plan that it was created in."""
        return self.laid_in.number

    @property
    def kinds(self) -> set[ActKind]:
        """The kinds of its acts."""
        return {kind_of(act) for act in self.acts}

    @property
    def has_place(self) -> bool:
        """Whether it has a position in the score: it is neither a firing of a rule nor the result of a jump of the clock."""
        return self.entry is not None

    @property
    def is_final(self) -> bool:
        """Whether its status cannot change any more."""
        return self.status in FINAL

    def finish(self, status: Status, reason: str = "") -> None:
        """Set the final status, unless there is one already."""
        if not self.is_final:
            self.status, self.reason = status, reason or self.reason

    def supersede(self, kind: ActKind, by: Delivery) -> None:
        """Let another delivery perform the act of this kind instead.

        If this delivery has other acts that can still land, the reason says which act it lost.
        """
        reason = f"{by.place} acts on the same chunk"
        self.lost.append(Superseded(kind, by, self.status, self.reason))
        self.open.discard(kind)
        if not self.open and self.landed is None:
            self.finish(Status.OVERTAKEN, reason)
        elif not self.is_final:
            before = f"{self.reason}; " if self.reason.startswith("without its ") else ""
            self.reason = f"{before}without its {kind}: {reason}"
            if not self.open:
                self.finish(Status.LANDED)

    def drop(self, kinds: set[ActKind], reason: str) -> None:
        """Drop the acts of these kinds that have not landed.

        If other acts of this delivery still count, the reason names the kinds that were dropped.
        """
        dropped = self.open & kinds
        if not dropped:
            return
        self.open -= dropped
        if self.open or self.landed is not None:
            before = f"{self.reason}; " if self.reason.startswith("without its ") else ""
            reason = f"{before}without its {', '.join(sorted(dropped))}: {reason}"
        self.reason = reason
        if not self.open:
            self.finish(Status.DROPPED if self.landed is None else Status.LANDED)

    def restore(self, gone: Delivery) -> set[ActKind]:
        """Restore the acts that this delivery lost to one that was removed, and return their kinds."""
        kinds = {one.kind for one in self.lost if one.to is gone}
        if kinds:
            lost, self.lost = self.lost, []
            self.status, self.reason = lost[0].status, lost[0].reason
            self.open |= {one.kind for one in lost}
            for one in lost:
                if one.to is not gone:
                    self.supersede(one.kind, one.to)
        return kinds

    def performs(self, kind: ActKind) -> bool:
        """Return whether this delivery performs the act of a kind on its chunk: false if it lost the act or was removed."""
        return self.status is not Status.SKIPPED and all(one.kind != kind for one in self.lost)

    def land(self, kind: ActKind, chunk: int) -> None:
        """Record that an act has landed; with its last act the delivery itself has landed."""
        if kind not in self.open:
            return
        self.open.discard(kind)
        self.landed = chunk if self.landed is None else max(self.landed, chunk)
        if not self.open:
            self.finish(Status.LANDED)


@dataclass(slots=True)
class ChunkSlot:
    """The deliveries committed to one score chunk, in the order in which they act, and the kinds of acts already sent."""

    chunk: int
    lines: list[Delivery] = field(default_factory=list)
    sent: set[ActKind] = field(default_factory=set)
    said: str | None = None
    """The prompt that was sent for this chunk, if any. Empty if it was refused: then what the model holds is not known."""

    def add(self, line: Delivery) -> None:
        """Commit a delivery to this chunk: the last one of each kind wins, the others are overtaken."""
        for kind in [kind_of(act) for act in line.acts]:
            for other in self.lines:
                if kind in other.open:
                    other.supersede(kind, line)
            self.sent.discard(kind)
        self.lines.append(line)

    def _doer(self, kind: ActKind) -> Delivery | None:
        """Return the delivery that performs the act of a kind on this chunk."""
        return next((line for line in reversed(self.lines) if kind in line.kinds and line.performs(kind)), None)

    def _last(self, kind: ActKind) -> CueAct | None:
        line = self._doer(kind)
        return None if line is None else next(act for act in reversed(line.acts) if kind_of(act) == kind)

    @property
    def prompt(self) -> str | None:
        """The prompt to show from this chunk on."""
        act = self._last("prompt")
        return act.text if isinstance(act, PromptAct) else None

    @property
    def image(self) -> ImageFile | None:
        """The image to show from this chunk on."""
        act = self._last("image")
        return act.image if isinstance(act, ImageAct) else None

    @property
    def strength(self) -> Fraction | None:
        """The image strength to set."""
        act = self._last("strength")
        return act.value if isinstance(act, StrengthAct) else None

    @property
    def sr(self) -> Scale | None:
        """The super-resolution to set."""
        act = self._last("sr")
        return act.scale if isinstance(act, SuperResolutionAct) else None

    @property
    def cut(self) -> CutAct | None:
        """The cut that opens a take at this chunk: the last one that names a seed, or the last one if none does.

        Cuts without a seed keep the current one.
        """
        cuts = [act for line in self.lines if line.status is not Status.SKIPPED for act in line.acts if isinstance(act, CutAct)]
        named = [act for act in cuts if act.seed is not None]
        last = named or cuts
        return last[-1] if last else None

    @property
    def needs_live(self) -> bool:
        """Whether any of its acts must be sent while the previous chunk is being made."""
        return any(kind_of(act) != "prompt" for line in self.lines for act in line.acts)

    def merge_into(self, later: ChunkSlot) -> None:
        """Let live acts that are still to be sent give way to those of a later slot that is sent together with this one.

        A strength stays with its image, because the image captures it.
        """
        for kind in LIVE:
            if kind == "strength" and self.image is not None and "image" not in self.sent:
                continue
            line = None if kind in self.sent or kind in later.sent else later._doer(kind)
            if line is not None:
                for other in self.lines:
                    if kind in other.open:
                        other.supersede(kind, line)

    def mark_late(self, kinds: set[ActKind]) -> None:
        """Note in the reasons that acts of these kinds were sent too late for this chunk."""
        for line in self.lines:
            if kinds & line.open and not line.reason:
                line.reason = f"chunk {self.chunk} could not be reached any more"

    def remove(self, line: Delivery) -> None:
        """Remove a delivery again (the plan changed)."""
        self.lines.remove(line)

    def regain(self, gone: Delivery, stays: Callable[[Delivery], bool]) -> None:
        """Restore what the remaining deliveries lost to one that was removed; it has to be sent again."""
        for line in self.lines:
            if stays(line):
                self.sent -= line.restore(gone)
