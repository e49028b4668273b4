"""The output of `resolve`: a score's blocks, with texts for names and the schedule's triggers."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.timebase import MeterMap, Snap, TempoMap
from sequencer.language.score import (
    Action,
    AtNext,
    ChangeMeter,
    ChangeTempo,
    Cut,
    Duration,
    Goto,
    Pause,
    Position,
    Prompt,
    Resume,
    Score,
    SetFade,
    SetMark,
    SetSnap,
    SetSr,
    SetStrength,
    Show,
    Unit,
    UseImage,
)
from sequencer.schedule.model import (
    CutAct,
    GotoAct,
    ImageAct,
    Mark,
    MessageAct,
    PauseAct,
    ResumeAct,
    StrengthAct,
    SuperResolutionAct,
    Trigger,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPrompt:
    """A prompt with every name resolved: one text, or the texts of a random choice."""

    texts: tuple[str, ...]
    choice: Literal["pick", "shuffle"] | None
    span: Span
    fade: SetFade | None = None

    @property
    def fade_chunks(self) -> int:
        """The number of chunks over which it replaces the previous prompt; 0 is at once."""
        return 0 if self.fade is None else self.fade.chunks


@dataclass(frozen=True, slots=True)
class ResolvedMessage:
    """A message to send: its act, and a note's written length (None: that in the act)."""

    act: MessageAct
    length: Duration | None
    span: Span


NonPromptAct = ImageAct | StrengthAct | SuperResolutionAct | CutAct
ResolvedCueAct = ResolvedPrompt | NonPromptAct | ResolvedMessage
ResolvedRuleAct = ResolvedCueAct | PauseAct | ResumeAct | GotoAct


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedCue:
    """A cue (`at`) or, if `every` is set, a repeating cue, with its actions grouped by kind."""

    place: Position | None
    every: Duration | None
    acts: tuple[ResolvedCueAct, ...]
    tempos: tuple[ChangeTempo, ...]
    meters: tuple[ChangeMeter, ...]
    marks: tuple[tuple[str, Span], ...]
    snap: Snap | None
    span: Span
    level: int = 0
    """How many sections are between the one that states it and the one that has it (`like`)."""

    @property
    def is_for_model(self) -> bool:
        """Whether the cue changes something in the model; a message is not bound to a chunk."""
        return not self.acts or any(not isinstance(act, ResolvedMessage) for act in self.acts)

    @property
    def position_span(self) -> Span:
        """The span of its position, or of the complete cue if it has no position."""
        return self.span if self.place is None else self.place.span


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRule:
    """A rule with its schedule trigger."""

    trigger: Trigger
    acts: tuple[ResolvedRuleAct, ...]
    span: Span
    at: AtNext | None = None
    """Where it lands if it is quantised."""
    is_here: bool = True
    """False for a rule of other stages, which still replaces those of the same trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A section, or a complete score without sections (then `name` and `duration` are None)."""

    name: str | None
    duration: Duration | None
    is_live: bool
    until: tuple[Trigger, ...]
    tempo: ChangeTempo | None
    meter: ChangeMeter | None
    cut: CutAct | None
    cues: tuple[ResolvedCue, ...]
    rules: tuple[ResolvedRule, ...]
    span: Span
    name_span: Span = NO_SPAN

    @classmethod
    def whole_score(
        cls, *, cues: tuple[ResolvedCue, ...], rules: tuple[ResolvedRule, ...], span: Span
    ) -> Block:
        """Return the only block of a score without sections.

        Args:
            cues: The cues of the score.
            rules: The rules of the score.
            span: The span of the score.
        """
        return cls(
            name=None,
            duration=None,
            is_live=False,
            until=(),
            tempo=None,
            meter=None,
            cut=None,
            cues=cues,
            rules=rules,
            span=span,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A score with all names resolved.

    `blocks` are in source order, `order` holds their indices in play order, and the keys of
    `images` are paths.
    """

    score: Score
    blocks: tuple[Block, ...]
    order: tuple[int, ...]
    images: dict[str, ImageFile]


@dataclass(frozen=True, slots=True)
class BlockPosition:
    """An exact position in a block: musical (`quarter`) or timed (`seconds`), never both.

    `unit` is the written unit.
    """

    quarter: Fraction | None
    seconds: Fraction | None
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCue:
    """A cue at its exact time.

    `label` is the position in readable form; `quarter` is None for a timed position.
    """

    label: str
    quarter: Fraction | None
    seconds: Fraction
    acts: tuple[ResolvedCueAct, ...]
    snap: Snap | None
    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A block with its length, maps (None without beats), and cues by time, then source order."""

    block: Block
    seconds: Fraction
    quarters: Fraction | None
    tempo: TempoMap | None
    meters: MeterMap | None
    cues: tuple[PlacedCue, ...]
    marks: tuple[Mark, ...]


ACTION_NAMES: dict[type[Action], str] = {
    Prompt: "a prompt",
    Show: "a prompt",
    UseImage: "an image",
    SetStrength: "strength",
    SetSr: "sr",
    Cut: "cut",
    ChangeTempo: "tempo",
    ChangeMeter: "meter",
    SetMark: "mark",
    SetSnap: "snap",
    SetFade: "fade",
    Pause: "pause",
    Resume: "resume",
    Goto: "goto",
}
"""What a cue can have once, for messages."""
