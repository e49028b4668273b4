"""A line: one cue (or one firing of a rule) on its way to a chunk, with all that is known of its fate."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from sequencer.errors import Span
from sequencer.images import ImageFile
from sequencer.schedule import CueAct, CutTake, ShowImage, ShowPrompt, Strength, SuperResolution
from sequencer.timebase import Snap

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

Kind = Literal["prompt", "image", "strength", "sr", "cut"]


def kind_of(act: CueAct) -> Kind:
    """Which of the model's handles an act moves."""
    match act:
        case ShowPrompt():
            return "prompt"
        case ShowImage():
            return "image"
        case Strength():
            return "strength"
        case SuperResolution():
            return "sr"
        case CutTake():
            return "cut"


@dataclass(slots=True)
class Line:
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
    pass_number: int
    origin: Span
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
    open: set[Kind] = field(default_factory=set)

    @property
    def is_final(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status in FINAL

    def end(self, status: Status, reason: str = "") -> None:
        """Give it its final status, unless it has one."""
        if not self.is_final:
            self.status, self.reason = status, reason or self.reason

    def overtake(self, kind: Kind, reason: str) -> None:
        """Another line of the same kind acts in its place. What else this line does may still land; then the reason tells."""
        self.open.discard(kind)
        if not self.open and self.landed is None:
            self.end(Status.OVERTAKEN, reason)
        elif not self.is_final:
            before = f"{self.reason}; " if self.reason.startswith("without its ") else ""
            self.reason = f"{before}without its {kind}: {reason}"
            if not self.open:
                self.end(Status.LANDED)

    def land(self, kind: Kind, chunk: int) -> None:
        """One of its acts has landed; with the last one the whole line has."""
        if kind not in self.open:
            return
        self.open.discard(kind)
        self.landed = chunk if self.landed is None else max(self.landed, chunk)
        if not self.open:
            self.end(Status.LANDED)


@dataclass(slots=True)
class Slot:
    """The lines committed to one score chunk, in the order in which they act, and what of them has been sent."""

    chunk: int
    lines: list[Line] = field(default_factory=list)
    sent: set[Kind] = field(default_factory=set)
    said: str | None = None
    """The prompt that was sent for this chunk, if one was."""

    def add(self, line: Line) -> None:
        """Commit a line to this chunk: per kind the last one wins, the others are overtaken."""
        for kind in [kind_of(act) for act in line.acts]:
            for other in self.lines:
                if kind in other.open:
                    other.overtake(kind, f"{line.place} acts on the same chunk")
            self.sent.discard(kind)
        self.lines.append(line)

    def _last(self, kind: Kind) -> CueAct | None:
        found: CueAct | None = None
        for line in self.lines:
            for act in line.acts:
                if kind_of(act) == kind and line.status not in (Status.SKIPPED, Status.OVERTAKEN):
                    found = act
        return found

    @property
    def prompt(self) -> str | None:
        """The text to show from this chunk on."""
        act = self._last("prompt")
        return act.text if isinstance(act, ShowPrompt) else None

    @property
    def image(self) -> ImageFile | None:
        """The image to show from this chunk on."""
        act = self._last("image")
        return act.image if isinstance(act, ShowImage) else None

    @property
    def strength(self) -> Fraction | None:
        """The image strength to set."""
        act = self._last("strength")
        return act.value if isinstance(act, Strength) else None

    @property
    def sr(self) -> Scale | None:
        """The super-resolution to set."""
        act = self._last("sr")
        return act.scale if isinstance(act, SuperResolution) else None

    @property
    def cut(self) -> CutTake | None:
        """The cut that opens a take at this chunk: of several the last that names a seed, for the others keep it."""
        cuts = [
            act for line in self.lines if line.status is not Status.SKIPPED for act in line.acts if isinstance(act, CutTake)
        ]
        named = [act for act in cuts if act.seed is not None]
        last = named or cuts
        return last[-1] if last else None

    @property
    def needs_live(self) -> bool:
        """Whether something of it must be sent during the chunk before."""
        return any(kind_of(act) != "prompt" for line in self.lines for act in line.acts)

    def remove(self, line: Line) -> None:
        """Take a line out again (a plan changed)."""
        self.lines.remove(line)
