"""Firings: what a rule, or the end of a live stretch, listens for, resolved to numbers."""

from __future__ import annotations

from typing import Literal

from sequencer.records import dataclass


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A note-on of this number (0…127) with velocity > 0; `channel` 1…16, None is any."""

    note: int
    channel: int | None = None
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class ControlCrossing:
    """A controller crossing `value` upwards (`above`) or downwards; re-arms 4 back."""

    control: int
    above: bool
    value: int
    channel: int | None = None
    kind: Literal["cc"] = "cc"


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """A program change; programs count from 1."""

    program: int
    channel: int | None = None
    kind: Literal["program"] = "program"


@dataclass(frozen=True, slots=True)
class TransportMove:
    """The outer clock's start, stop or continue."""

    what: Literal["start", "stop", "continue"]
    kind: Literal["transport"] = "transport"


@dataclass(frozen=True, slots=True)
class GoWord:
    """An operator's `go NAME`."""

    name: str
    kind: Literal["go"] = "go"


Firing = NoteOn | ControlCrossing | ProgramChange | TransportMove | GoWord
