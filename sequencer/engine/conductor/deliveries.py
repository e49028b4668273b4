"""A line: one cue (or one firing of a rule) on its way to a chunk, with all that is known of its fate."""

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
    """Where a line is. The last ones are final; only `landed` is a success, only `skipped` and `overtaken` are no failure."""

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
"""What is sent while the chunk before is being made."""


def kind_of(act: CueAct) -> ActKind:
    """Which of the model's handles an act moves."""
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
    """An act that a line lost to another one, and how the line stood before: it acts again where that other one goes away."""

    kind: ActKind
    to: Delivery
    status: Status
    reason: str


@dataclass(slots=True)
class Delivery:
    """One cue of one pass, or one firing of a rule.

    `time` is its exact nominal time in score seconds and `nominal` the score chunk that it snaps to; `planned` is the chunk
    it was meant for when it was committed, `chunk` the one it is committed to, `landed` the one it landed on. `open` are
    the kinds of acts that have not landed yet; `sent` and `boundary` are nanoseconds: when its first command left, and
    when the chunk it acts on began. `off` is how many nanoseconds behind its place it should be shown, in a following run;
    `shown` is when it really was, and `beat` when it was meant to be.
    """

    number: int
    time: Fraction
    nominal: int
    acts: tuple[CueAct, ...]
    snap: Snap
    place: str
    section: str | None
    laid_in: Pass
    """The pass of the plan that it was laid in. A jump of the clock may lay other passes with the same numbers later."""
    origin: Span
    occurrence: int = 1
    """Which pass of its section it belongs to, as the cue sheet numbers them."""
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
    """The acts that another line of the same chunk does in this one's place, the latest last."""

    @property
    def pass_number(self) -> int:
        """The number of its pass in the plan that it was laid in."""
        return self.laid_in.number

    @property
    def kinds(self) -> set[ActKind]:
        """The kinds of its acts."""
        return {kind_of(act) for act in self.acts}

    @property
    def has_place(self) -> bool:
        """Whether it stands at a place of the score: it is no firing, and not what a jump of the clock brought."""
        return self.entry is not None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status in FINAL

    def finish(self, status: Status, reason: str = "") -> None:
        """Give it its final status, unless it has one."""
        if not self.is_final:
            self.status, self.reason = status, reason or self.reason

    def supersede(self, kind: ActKind, by: Delivery) -> None:
        """Another line of the same kind acts in its place. What else this line does may still land; then the reason tells."""
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
        """Drop the acts of these kinds that have not landed. What else this line does counts; then the reason names them."""
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
        """A line was taken out: what this one had lost to it, it does again. Which kinds of acts these are."""
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
        """Whether this is the line that does an act of a kind on its chunk: not where it lost it or was taken out."""
        return self.status is not Status.SKIPPED and all(one.kind != kind for one in self.lost)

    def land(self, kind: ActKind, chunk: int) -> None:
        """One of its acts has landed; with the last one the whole line has."""
        if kind not in self.open:
            return
        self.open.discard(kind)
        self.landed = chunk if self.landed is None else max(self.landed, chunk)
        if not self.open:
            self.finish(Status.LANDED)


@dataclass(slots=True)
class ChunkSlot:
    """The lines committed to one score chunk, in the order in which they act, and what of them has been sent."""

    chunk: int
    lines: list[Delivery] = field(default_factory=list)
    sent: set[ActKind] = field(default_factory=set)
    said: str | None = None
    """The prompt that was sent for this chunk, if one was; empty where it was refused: who knows what the model holds then?"""

    def add(self, line: Delivery) -> None:
        """Commit a line to this chunk: per kind the last one wins, the others are overtaken."""
        for kind in [kind_of(act) for act in line.acts]:
            for other in self.lines:
                if kind in other.open:
                    other.supersede(kind, line)
            self.sent.discard(kind)
        self.lines.append(line)

    def _doer(self, kind: ActKind) -> Delivery | None:
        """The line that does an act of a kind here."""
        return next((line for line in reversed(self.lines) if kind in line.kinds and line.performs(kind)), None)

    def _last(self, kind: ActKind) -> CueAct | None:
        line = self._doer(kind)
        return None if line is None else next(act for act in reversed(line.acts) if kind_of(act) == kind)

    @property
    def prompt(self) -> str | None:
        """The text to show from this chunk on."""
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
        """The cut that opens a take at this chunk: of several the last that names a seed, for the others keep it."""
        cuts = [act for line in self.lines if line.status is not Status.SKIPPED for act in line.acts if isinstance(act, CutAct)]
        named = [act for act in cuts if act.seed is not None]
        last = named or cuts
        return last[-1] if last else None

    @property
    def needs_live(self) -> bool:
        """Whether something of it must be sent during the chunk before."""
        return any(kind_of(act) != "prompt" for line in self.lines for act in line.acts)

    def merge_into(self, later: ChunkSlot) -> None:
        """What of it is live and still to be sent leaves together with a later slot: where both do the same, that one does.

        But a strength goes with its image, which captures it.
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
        """Acts of these kinds left too late for this chunk: say so."""
        for line in self.lines:
            if kinds & line.open and not line.reason:
                line.reason = f"chunk {self.chunk} could not be reached any more"

    def remove(self, line: Delivery) -> None:
        """Take a line out again (a plan changed)."""
        self.lines.remove(line)

    def regain(self, gone: Delivery, stays: Callable[[Delivery], bool]) -> None:
        """A line was taken out: what others that stay had lost to it acts again, and is to be sent."""
        for line in self.lines:
            if stays(line):
                self.sent -= line.restore(gone)
