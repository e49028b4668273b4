"""The record of one diagnostic code: data only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file next to an example's score.

    `content` is its bytes, or a function that returns them; None is a folder of that name.
    """

    name: str
    content: bytes | Callable[[], bytes] | None

    def read(self) -> bytes:
        """Return the content; empty for a folder."""
        match self.content:
            case None:
                return b""
            case bytes() as content:
                return content
            case compute:
                return compute()


@dataclass(frozen=True, slots=True)
class Playing:
    """A score that plays while it is edited, and the chunk that is being made."""

    text: str
    chunk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A complete score, with the files next to it.

    `shown` is the score as a page shows it. `compute` returns the bytes of a score that is too long
    to be shown or is not UTF-8 text; without it, `shown` is the score. `name` determines the
    notation. `in_folder` is False for a score that is read from a string and has no folder.
    `playing` is the score that plays if the example is an edit of it. `stage` is the stage that the
    score is checked for, if only some refuse it.
    """

    shown: str
    name: str
    files: tuple[File, ...] = ()
    compute: Callable[[], bytes] | None = None
    in_folder: bool = True
    playing: Playing | None = None
    stage: str | None = None

    @property
    def bytes(self) -> bytes:
        """The content of the score's file."""
        return self.shown.encode() if self.compute is None else self.compute()

    @property
    def is_yaml(self) -> bool:
        """Whether it is in the YAML notation."""
        return self.name.endswith((".yaml", ".yml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code: its short meaning, the reason for it, a score that causes it, and the fixed score.

    `source` names where a piece of advice comes from; it is empty for errors.
    """

    code: str
    title: str
    explanation: str
    wrong: Example
    right: Example
    source: str = ""

    @property
    def is_error(self) -> bool:
        """Whether a score with this code cannot be performed."""
        return self.code.startswith("E")


class Family:
    """A group of codes about one subject: a title for the pages and inclusive number ranges."""

    __slots__ = ("name", "ranges", "title")

    def __init__(self, name: str, title: str, *ranges: tuple[str, str]) -> None:
        self.name = name
        self.title = title
        self.ranges = ranges

    def __contains__(self, number: str) -> bool:
        """Whether a code is of this family."""
        return any(first <= number <= last for first, last in self.ranges)
