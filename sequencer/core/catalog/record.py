"""The record of one diagnostic code: data only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file next to an example's score. `content` is its bytes, or a function that returns them; None is a folder of that
    name.
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
            case make:
                return make()


@dataclass(frozen=True, slots=True)
class Example:
    """A complete score, with the files next to it.

    `text` is the score. `shown` is the part that a page shows if the score is too long (or cannot be shown). `data` are the
    bytes of the file if they are not UTF-8 text. `name` determines the notation. `in_folder` is False for a score that is read
    from a string and has no folder.
    """

    text: str
    shown: str | None = None
    files: tuple[File, ...] = ()
    data: bytes | None = None
    name: str = "example.score"
    in_folder: bool = True

    @property
    def bytes(self) -> bytes:
        """The content of the score's file."""
        return self.text.encode() if self.data is None else self.data

    @property
    def page(self) -> str:
        """What a page shows of the score."""
        return self.text if self.shown is None else self.shown

    @property
    def is_yaml(self) -> bool:
        """Whether it is in the YAML notation."""
        return self.name.endswith((".yaml", ".yml"))


@dataclass(frozen=True, slots=True)
class Code:
    """A code: what it means in a few words, the reason for it, a score that causes it, and the same score fixed.

    `source` names where a piece of advice comes from; it is empty for errors.
    """

    code: str
    title: str
    why: str
    wrong: Example
    cured: Example
    source: str = ""

    @property
    def is_error(self) -> bool:
        """Whether a score with this code cannot be performed."""
        return self.code.startswith("E")


def code(
    number: str,
    title: str,
    why: str,
    wrong: str | Example,
    cured: str | Example,
    *,
    source: str = "",
    files: tuple[File, ...] = (),
    yaml: bool = False,
) -> Code:
    """Return a record from short arguments: strings become examples, both with the same `files` next to them."""
    name = "example.yaml" if yaml else "example.score"

    def example(one: str | Example) -> Example:
        return one if isinstance(one, Example) else Example(one.lstrip("\n"), files=files, name=name)

    return Code(number, title, " ".join(why.split()), example(wrong), example(cured), source)
