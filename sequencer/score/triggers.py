"""Triggers: what the world does that a rule, or the end of a live section, waits for."""

from __future__ import annotations

from typing import Literal

from sequencer.errors import Span
from sequencer.records import dataclass
from sequencer.score.origins import origin


@dataclass(frozen=True, slots=True)
class OnNote:
    """`note C3`, `note 60`: `written` is the name or the number; `middle` decides which number a name has."""

    written: str
    channel: int | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class OnControl:
    """`cc 20 > 64` or `cc 20 < 64`: fires on the crossing, re-arms 4 beyond it."""

    control: int
    above: bool
    value: int
    channel: int | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class OnProgram:
    """`program 5`: programs count from 1."""

    program: int
    channel: int | None = None
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class OnTransport:
    """`start`, `stop`, `continue` of an outer clock."""

    what: Literal["start", "stop", "continue"]
    span: Span = origin()


@dataclass(frozen=True, slots=True)
class OnGo:
    """`go NAME`: an operator's word, from a key, the command line or another shell."""

    name: str
    span: Span = origin()


Trigger = OnNote | OnControl | OnProgram | OnTransport | OnGo
