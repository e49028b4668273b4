"""The parts of a course: passes as they are played, cues and rules that are due, takes, and looks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.simulation.oracle.parts import Message, Part

UNKNOWN = 1 << 40
"""The chunk of what cannot be predicted yet."""


@dataclass(slots=True, eq=False, kw_only=True)
class Passage:
    """A pass as it is played: from `start` to `end` in nominal seconds of the score, from quarter
    `quarter` on.
    """

    number: int
    part: Part
    start: Fraction
    end: Fraction
    chunk: int = 0
    """The chunk on which it begins, as far as it is known."""
    quarter: Fraction = Fraction(0)
    """The quarter of the score at which it begins."""
    left_at: Fraction | None = None
    """The quarter in the pass at which it was left, if that was a bar line."""

    @property
    def quarters(self) -> Fraction | None:
        """Its length in quarters, if that is exact."""
        return self.part.quarters if self.end - self.start == self.part.seconds else self.left_at

    @property
    def end_quarter(self) -> Fraction:
        """The quarter of the score at which it ends."""
        if self.part.rate is not None:
            return self.quarter + (self.end - self.start) * self.part.rate
        exact = self.quarters
        return self.quarter + (
            self.part.music.quarter_of(self.end - self.start) if exact is None else exact
        )


@dataclass(slots=True, eq=False, kw_only=True)
class Acting:
    """A cue, or a firing of a rule, that will act on a chunk."""

    order: int
    passage: Passage
    time: Fraction
    snap: str
    does: dict[str, object]
    quarter: Fraction | None = None
    is_rule: bool = False
    is_launched: bool = False
    """Whether it is a firing of a quantised rule, which has a position."""
    chunk: int = UNKNOWN
    """The chunk of its position; once it is bound to a chunk, that chunk."""
    has_left: bool = False
    """Whether its live actions have been sent."""
    fate: str = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a chunk must show."""

    take: int
    prompt: str
    image: str | None
    strength: Fraction | None
    captured: Fraction | None
    sr: str
    seed: int


@dataclass(slots=True)
class AnswerMessage:
    """A message of a rule, and when it fired."""

    at: int
    message: Message


@dataclass(slots=True, kw_only=True)
class Take:
    """A take of the course: its first chunk, its seed, and when its first chunk began."""

    base: int
    seed: int
    began: int | None = None
    knows_late: bool = False
