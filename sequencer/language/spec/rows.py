"""The kinds of rows of the table, and the values of their columns."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.spec.schema_parts import Json

ReadValue = Callable[[str, Span, Diagnostics], Any]
"""Reads the text of a value. Returns None if a diagnostic was reported."""


class Argument(Enum):
    """What follows the keyword of a setting or an action."""

    NONE = auto()
    VALUE = auto()
    """One value; `read` returns it, and it is the first field of the node."""
    NAME = auto()
    """The same, for a value that is a name."""
    NAMES = auto()
    """Names with commas between them; in YAML also a list."""
    STRING = auto()
    """A text without variables: a title or a path. In the text notation it is in quotes."""
    SOUND = auto()
    """A path and a second of the file; in YAML a path, or a mapping with both."""
    PHRASE = auto()
    """Several values; `read` returns the complete node."""
    TEXT = auto()
    """A prompt, which the readers of each notation read themselves."""


class PartKind(Enum):
    """A part of a score that others depend on, and that an unread statement may have contained."""

    CLOCK = auto()
    GRID = auto()
    SNAP = auto()
    MIDDLE = auto()
    USE = auto()
    LET = auto()
    SCENE = auto()
    SECTION = auto()
    """A complete section, including its name."""
    HEAD = auto()
    """A section's length, tempo or meter."""
    ITEM = auto()
    """A cue or a rule, or a part of one."""
    STAGES = auto()
    """The names of stages."""
    PLAY = auto()
    END = auto()
    ANY = auto()
    """Unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A line of the header: `seed 42` in text, `seed: 42` in YAML. The keyword is also the key."""

    field: str
    """The attribute of `score.Header`, and the name of the grammar's rule."""
    keyword: str
    read: ReadValue
    write: Callable[[Any], str]
    schema: Json
    example: str
    """The complete line in the text notation."""
    reference: str
    """Its row in the language reference: form, default and meaning."""
    argument: Argument = Argument.VALUE
    has_span: bool = False
    """Whether the value carries the span of its line."""
    part: PartKind | None = None
    """What is missing if the line could not be read; None if nothing depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """Something that a cue or a rule does: `strength 0.6` in text, `strength: 0.6` in YAML."""

    node: type[Any]
    keyword: str | None
    """Its first word in the text notation; None for prompts, which have none."""
    terminal: str | None
    """The terminal that begins it in the grammar."""
    key: str
    """Its first key in YAML."""
    argument: Argument
    read: ReadValue | None
    write: Callable[[Any], str]
    """Returns the argument of a node, without the keyword and without quotes."""
    schema: dict[str, Json]
    """Its keys in YAML, each with its schema. Empty if an action above has the same key."""
    example: str
    """The complete action in the text notation. A message about a missing value shows it."""
    reference: tuple[str, ...]
    """Its rows in the language reference: form and meaning."""
    repeats: bool = False
    """Whether a cue may have several of them. In YAML its key may have a list of values."""
    only_in_rules: bool = False
    is_bare: bool = False
    """Whether its argument may be omitted. In YAML it is then an item of `do`."""
    bare_value: str = ""
    """The value of its key in YAML if it has no argument."""
    may_name_scene: bool = False
    """Whether its keyword can also name a scene: if the grammar separates both by what follows.

    A keyword that is added later would otherwise break scores with a scene of that name.
    """
    points_at_value: bool = False
    """Whether its span in YAML is that of the value, rather than of key and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSpec:
    """A kind of position or of trigger."""

    node: type[Any]
    pattern: str
    """The pattern of the JSON Schema. The readers have their own, with more to report."""
    example: str
    reference: tuple[str, ...]
    """Its rows in the language reference."""


class Place(Enum):
    """Where a statement belongs."""

    TOP = auto()
    SCENE = auto()
    ITEM = auto()
    """At the top level or in a section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement that is neither a setting nor an action."""

    keyword: str
    place: Place
    part: PartKind
    container: str | None
    """The key at the top level of YAML that holds it."""
    keys: tuple[str, ...]
    """The keys that make an item of YAML this statement."""
    example: str
    description: str = ""
    """What it does, in one sentence, for editors."""
    words: tuple[tuple[str, str], ...] = ()
    """(word, description) of each further word of its own that it may contain."""
