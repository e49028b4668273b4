"""What a reader returns that reads only the changed pieces of a text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.incremental.lines import Lines
from sequencer.language.incremental.moved import MovedNodes
from sequencer.language.score import Comment, Score


@dataclass(frozen=True, kw_only=True)
class Reading(ABC):
    """A text that was read by pieces.

    `score` has the spans of `lines`, and no comments. A node of it is the same object as in the
    reading before if nothing in it changed. A subclass adds what the next reading needs.
    """

    file: str
    text: str
    score: Score
    lines: Lines
    diagnostics: tuple[Diagnostic, ...]
    """What was reported, in order. Their lines are those of the score, or actual ones."""
    moved: MovedNodes = field(default_factory=MovedNodes, compare=False, repr=False)
    """What has actual lines already: each reading has that of the one before it."""

    @abstractmethod
    def comments(self) -> tuple[Comment, ...]:
        """Return the comments of the text, with actual lines."""

    @property
    def has_errors(self) -> bool:
        """Whether something could not be read."""
        return any(one.is_error for one in self.diagnostics)


MAX_DIAGNOSTICS = 100
"""With this many diagnostics a text is read as a whole, because their number is limited there."""


def find_common_ends(before: str, after: str) -> tuple[int, int]:
    """Return how many characters two texts have in common at their start and at their end."""
    most = min(len(before), len(after))
    prefix = _find_most(most, lambda size: before[:size] == after[:size])
    suffix = _find_most(
        most - prefix, lambda size: before[len(before) - size :] == after[len(after) - size :]
    )
    return prefix, suffix


def _find_most(most: int, is_same: Callable[[int], bool]) -> int:
    """Return the largest size for which something is the same, if it is for all smaller ones."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if is_same(middle):
            low = middle
        else:
            most = middle - 1
    return low
