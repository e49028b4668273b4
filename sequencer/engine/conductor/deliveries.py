"""Deliveries: each is one cue (or firing of a rule) on its way to a chunk, with its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from sequencer.core.diagnostics import Span
from sequencer.core.images import ImageFile, Scale
from sequencer.core.timebase import Snap
from sequencer.schedule.model import (
    CueAct,
    CutAct,
    ImageAct,
    PromptAct,
    Quantisation,
    StrengthAct,
    SuperResolutionAct,
)

if TYPE_CHECKING:
    from sequencer.engine.conductor.passes import Pass


class Status(StrEnum):
    """The status of a delivery.

    Those in `FINAL` do not change. Only `landed` is a success; `skipped` and `overtaken` are not
    failures.
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
    {
        Status.LANDED,
        Status.OVERTAKEN,
        Status.SKIPPED,
        Status.DROPPED,
        Status.REFUSED,
        Status.MISSED,
        Status.STUCK,
    }
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """An act lost to another delivery, and its state before, for when that one is removed.

    If `for_good` is true, the delivery that lost the act has left the plan, and does not act again.
    """

    kind: ActKind
    to: Delivery
    status: Status
    reason: str
    for_good: bool = False


@dataclass(slots=True, kw_only=True)
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
        off: By how many nanoseconds it should be shown after its position, in a run that follows a
            clock; known when its chunk begins.
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
    scheduled_in: Pass
    """The pass of the plan that it was created in.

    A jump of the clock may later create other passes with the same numbers.
    """
    origin: Span
    occurrence: int = 1
    """The number of the pass of its section, as in the cue sheet."""
    entry: int | None = None
    rule: int | None = None
    quantisation: Quantisation | None = None
    """Of a quantised rule: the bar lines or beats on which its firings land."""
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
    version: int = 1
    """The version of the score that it belongs to, from 1."""
    is_brought: bool = False
    """Whether it brings what an edited score changed before the takeover."""
    was_kept: bool = False
    """Whether an edited score has the same cue, so that it stayed where it was committed."""
    open: set[ActKind] = field(default_factory=set)
    lost: list[Superseded] = field(default_factory=list, repr=False)
    """Acts that another delivery on the same chunk performs instead of this one, latest last."""

    @property
    def pass_number(self) -> int:
        """The number of its pass in the plan that it was created in."""
        return self.scheduled_in.number

    @property
    def kinds(self) -> set[ActKind]:
        """The kinds of its acts."""
        return {kind_of(act) for act in self.acts}

    @property
    def has_position(self) -> bool:
        """Whether it has a position in the score: it is a cue, or a firing of a quantised rule."""
        return self.entry is not None or self.quantisation is not None

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

        If this delivery has other acts that can still land, the reason states which act it lost.
        """
        is_before = by.chunk is not None and self.chunk is not None and by.chunk < self.chunk
        reason = f"{by.place} acts {'before it' if is_before else 'on the same chunk'}"
        self.lost.append(Superseded(kind=kind, to=by, status=self.status, reason=self.reason))
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
        """Restore the acts that this delivery lost to a removed one, and return their kinds."""
        kinds = {one.kind for one in self.lost if one.to is gone and not one.for_good}
        if kinds:
            self._lose_anew([one for one in self.lost if one.kind not in kinds])
        return kinds

    def give_way_to_next(self, leaving: Delivery) -> None:
        """Let what overtook a delivery that leaves the plan overtake this one instead."""
        next_ones = {one.kind: one.to for one in leaving.lost}
        waits_for = [
            next_ones.get(one.kind, one.to) if one.to is leaving else one.to for one in self.lost
        ]
        if all(one.to is other for one, other in zip(self.lost, waits_for, strict=True)):
            return
        lost = [replace(one, to=other) for one, other in zip(self.lost, waits_for, strict=True)]
        is_over = self.is_final and self.status is not Status.OVERTAKEN
        if is_over or any(one.for_good for one in lost):
            self.lost = lost  # the reason stays: it is what happened before the plan changed
        else:
            self._lose_anew(lost)

    def lose_for_good(self) -> None:
        """Do not perform lost acts again: this delivery has left the plan."""
        self.lost = [replace(one, for_good=True) for one in self.lost]

    def _lose_anew(self, lost: list[Superseded]) -> None:
        """Go back to the state before the first loss, and lose only these acts."""
        before, self.lost = self.lost, []
        self.status, self.reason = before[0].status, before[0].reason
        self.open |= {one.kind for one in before}
        for one in lost:
            self.supersede(one.kind, one.to)
            self.lost[-1] = replace(self.lost[-1], for_good=one.for_good)

    def performs(self, kind: ActKind) -> bool:
        """Return whether this delivery performs the act of a kind: false if lost or removed."""
        return self.status is not Status.SKIPPED and all(one.kind != kind for one in self.lost)

    @property
    def lost_its_cut_for_good(self) -> bool:
        """Whether it left the plan together with the cut that had overtaken its own."""
        return any(
            one.kind == "cut" and one.for_good and one.to.status is Status.SKIPPED
            for one in self.lost
        )

    def land(self, kind: ActKind, chunk: int) -> None:
        """Record that an act has landed; with its last act the delivery itself has landed."""
        if kind not in self.open:
            return
        self.open.discard(kind)
        self.landed = chunk if self.landed is None else max(self.landed, chunk)
        if not self.open:
            self.finish(Status.LANDED)


@dataclass(slots=True, kw_only=True)
class ChunkSlot:
    """The deliveries committed to a score chunk, in acting order, and the kinds of acts sent."""

    chunk: int
    lines: list[Delivery] = field(default_factory=list)
    sent: set[ActKind] = field(default_factory=set)
    sent_prompt: str | None = None
    """The prompt that was sent for this chunk, if any.

    Empty if it was refused: then what the model holds is not known.
    """
    sent_fade: int = 0
    """The chunks over which the model was asked to fade to that prompt."""

    def add(self, line: Delivery) -> None:
        """Commit a delivery to this chunk: the last of each kind wins, the others are overtaken."""
        for kind in [kind_of(act) for act in line.acts]:
            later = self._later(line, kind)
            if later is not None:
                line.supersede(kind, later)
                continue
            for other in self.lines:
                if kind in other.open:
                    other.supersede(kind, line)
            self.sent.discard(kind)
        self.lines.append(line)

    def _later(self, line: Delivery, kind: ActKind) -> Delivery | None:
        """Return the delivery that performs the act of a kind, if its position is later.

        A firing of a quantised rule may be committed after the cues that follow it.
        """
        doer = self._doer(kind)
        return doer if doer is not None and _goes_before(line, doer, kind) else None

    def _doer(self, kind: ActKind) -> Delivery | None:
        """Return the delivery that performs the act of a kind on this chunk."""
        return next(
            (line for line in reversed(self.lines) if kind in line.kinds and line.performs(kind)),
            None,
        )

    def _last(self, kind: ActKind) -> CueAct | None:
        line = self._doer(kind)
        return (
            None
            if line is None
            else next(act for act in reversed(line.acts) if kind_of(act) == kind)
        )

    @property
    def prompt(self) -> str | None:
        """The prompt to show from this chunk on."""
        act = self._last("prompt")
        return act.text if isinstance(act, PromptAct) else None

    @property
    def fade(self) -> int:
        """Over how many chunks that prompt replaces the previous one; 0 is at once."""
        act = self._last("prompt")
        return act.fade if isinstance(act, PromptAct) else 0

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
        """The cut that opens a take at this chunk: the last one with a seed, else the last one.

        Cuts without a seed keep the current one.
        """
        cuts = [
            act
            for line in self.lines
            if line.status is not Status.SKIPPED and not line.lost_its_cut_for_good
            for act in line.acts
            if isinstance(act, CutAct)
        ]
        named = [act for act in cuts if act.seed is not None]
        last = named or cuts
        return last[-1] if last else None

    @property
    def needs_live(self) -> bool:
        """Whether any of its acts must be sent while the previous chunk is being made."""
        return any(kind_of(act) != "prompt" for line in self.lines for act in line.acts)

    def merge_into(self, later: ChunkSlot) -> None:
        """Let unsent live acts give way to those of a later slot sent together with this one.

        A strength stays with its image, because the image captures it.
        """
        for kind in LIVE:
            if kind == "strength" and self.image is not None and "image" not in self.sent:
                continue
            if kind not in self.sent and kind not in later.sent:
                self.give_way(kind, later)

    def give_way(self, kind: ActKind, later: ChunkSlot) -> None:
        """Let an act of this slot give way to that of a later slot, if that has one."""
        line = later._doer(kind)
        for other in self.lines if line is not None else ():
            if line is not None and kind in other.open:
                other.supersede(kind, line)

    def mark_late(self, kinds: set[ActKind]) -> None:
        """Note in the reasons that acts of these kinds were sent too late for this chunk."""
        for line in self.lines:
            if kinds & line.open and not line.reason:
                line.reason = f"chunk {self.chunk} could not be reached any more"

    def remove(self, line: Delivery) -> None:
        """Remove a delivery again (the plan changed)."""
        self.lines.remove(line)

    def give_up_lost(self, leaves: Callable[[Delivery], bool]) -> None:
        """Let deliveries that leave the plan not perform again what they lost to others.

        What they had overtaken before waits for those instead.
        """
        leaving = [line for line in self.lines if line.lost and leaves(line)]
        for one in leaving:
            one.lose_for_good()
        for one in leaving:
            for line in self.lines:
                line.give_way_to_next(one)

    def regain(
        self, gone: Delivery, stays: Callable[[Delivery], bool], *, one_of_each: bool = True
    ) -> None:
        """Restore what remaining deliveries lost to a removed one; it has to be sent again.

        Args:
            gone: The removed delivery.
            stays: Whether a delivery remains.
            one_of_each: Whether only one delivery of each kind acts again, if several had lost to
                the removed one.
        """
        for line in self.lines:
            if not stays(line):
                continue
            kinds = line.restore(gone)
            self.sent -= kinds
            for kind in sorted(kinds) if one_of_each else ():
                self._settle(line, kind)

    def _settle(self, line: Delivery, kind: ActKind) -> None:
        """Let only one of a restored delivery and those restored before it perform an act."""
        for other in self.lines:
            if other is line or kind not in other.open:
                continue
            if _goes_before(line, other, kind):
                line.supersede(kind, other)
                return
            other.supersede(kind, line)


def _goes_before(line: Delivery, other: Delivery, kind: ActKind) -> bool:
    """Return whether a delivery gives way to one with a later position that was committed before.

    This applies to firings of quantised rules, and to cues of an edited score that has some that
    were committed already.
    """
    if line.entry is not None and other.entry is not None and other.was_kept:
        return (other.time, other.entry) > (line.time, line.entry)
    if line.is_brought and other.was_kept:
        return True
    is_quantised = line.quantisation is not None and kind != "cut"
    return is_quantised and other.has_position and other.time > line.time
