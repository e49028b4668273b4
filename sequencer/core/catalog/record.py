"""What is known of one code of a diagnostic: data only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file beside an example's score. `content` is its bytes, or makes them; None is a folder of that name."""

    name: str
    content: bytes | Callable[[], bytes] | None

    def read(self) -> bytes:
        """Its bytes; a folder has none."""
        match self.content:
            case None:
                return b""
            case bytes() as content:
                return content
            case make:
                return make()


@dataclass(frozen=True, slots=True)
class Example:
    """A score in full, with what lies beside it.

    `text` is the score; `shown` is what a page shows of it where the whole would be too long (or cannot be shown);
    `data` are the file's bytes where they are no UTF-8 text. `name` says the notation. `in_folder` is False for a score that
    is read from a string, with no folder around it.
    """

    text: str
    shown: str | None = None
    files: tuple[File, ...] = ()
    data: bytes | None = None
    name: str = "example.score"
    in_folder: bool = True

    @property
    def bytes(self) -> bytes:
        """The score's file."""
        return self.text.encode() if self.data is None else self.data

    @property
    def page(self) -> str:
        """What a page shows of it."""
        return self.text if self.shown is None else self.shown

    @property
    def is_yaml(self) -> bool:
        """Whether it is in the YAML notation."""
        return self.name.endswith((".yaml", ".yml"))


@dataclass(frozen=True, slots=True)
class Code:
    """A code: what it says in a few words, why it is so, a score that causes it, and the same score cured.

    `source` names where a piece of advice comes from; errors need none.
    """

    code: str
    title: str
    why: str
    wrong: Example
    cured: Example
    source: str = ""

    @property
    def is_error(self) -> bool:
        """Whether a score with it cannot be performed."""
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
    """A record in few words: plain texts become examples, both with the same `files` beside them."""
    name = "example.yaml" if yaml else "example.score"

    def example(one: str | Example) -> Example:
        return one if isinstance(one, Example) else Example(one.lstrip("\n"), files=files, name=name)

    return Code(number, title, " ".join(why.split()), example(wrong), example(cured), source)
