"""A show as a file: a score, faults, operator events and clock moves.

One file, so that a failing show can be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import yaml

_HEADS = ("about", "score", "faults", "operator", "clock", "stage", "edits")
_FLAGS = ("follow", "valid")
"""Flags that may appear in a separate line of the show's description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit of the score: when it takes over, in milliseconds, and where.

    `score` is its text; empty for the version before the one that was asked for last. With
    `section` the position is looked up there.
    """

    at: int
    where: Literal["bar", "chunk", "section"] = "bar"
    score: str = ""
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that a show depends on.

    `faults` is the document of a faults file (docs/faults.md), `operator_events` are operator
    events as `--event` reads them, `clock_moves` are the moves of a MIDI clock (see
    `simulation.clock_device`) or of a tape (`simulation.timecode`). `stage` has the options of the
    simulator (`sending`: the longest duration of a send), or those of a show that is played at
    Reactor (`reactor`: see `simulation.connection`). `follow` performs a score with an internal
    clock by what really happens. `edits` take over while the show plays. A score with `is_valid` was written to be valid: it is a bug if it
    is refused.
    """

    score: str
    faults: Mapping[str, Any] = field(default_factory=dict)
    operator_events: tuple[str, ...] = ()
    clock_moves: tuple[str, ...] = ()
    follow: bool = False
    about: str = ""
    stage: Mapping[str, Any] = field(default_factory=dict)
    is_valid: bool = False
    edits: tuple[Edit, ...] = ()

    @property
    def size(self) -> int:
        """The size of the script, which shrinking reduces."""
        return (
            len(self.score.splitlines())
            + len(faults_as_parts(self.faults))
            + len(self.operator_events)
            + len(self.clock_moves)
            + len(self.stage)
            + sum(1 + len(one.score.splitlines()) for one in self.edits)
        )

    def __str__(self) -> str:
        about = "\n".join(
            [
                self.about,
                *(["follow"] if self.follow else []),
                *(["valid"] if self.is_valid else []),
            ]
        )
        faults, stage = (
            yaml.safe_dump(dict(one), sort_keys=True, allow_unicode=True) if one else ""
            for one in (self.faults, self.stage)
        )
        edits = [asdict(one) for one in self.edits]
        bodies = (
            about,
            self.score,
            faults,
            "\n".join(self.operator_events),
            "\n".join(self.clock_moves),
            stage,
            yaml.safe_dump(edits, sort_keys=True, allow_unicode=True) if edits else "",
        )
        return "".join(
            f"=== {head}\n{body.strip()}\n"
            for head, body in zip(_HEADS, bodies, strict=True)
            if body.strip()
        )


def read_script(text: str) -> Script:
    """Parse a kept script. Raises ValueError for anything else."""
    bodies: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if line.startswith("=== "):
            head = line[4:].strip()
            if head not in _HEADS:
                raise ValueError(f"no part of a show is called {head!r}")
            bodies[head] = []
        elif head:
            bodies[head].append(line)
    about = bodies.get("about", [])
    return Script(
        score="\n".join(bodies["score"]) + "\n",
        faults=yaml.safe_load("\n".join(bodies.get("faults", []))) or {},
        operator_events=tuple(line for line in bodies.get("operator", []) if line.strip()),
        clock_moves=tuple(line for line in bodies.get("clock", []) if line.strip()),
        follow="follow" in about,
        about="\n".join(line for line in about if line not in _FLAGS).strip(),
        stage=yaml.safe_load("\n".join(bodies.get("stage", []))) or {},
        is_valid="valid" in about,
        edits=tuple(
            Edit(**one) for one in yaml.safe_load("\n".join(bodies.get("edits", []))) or ()
        ),
    )


Part = tuple[str, Any]
"""One fault: its key, and its value (for a list: one of its items; for `delays`: one of its keys
and that key's value).
"""


def faults_as_parts(faults: Mapping[str, Any]) -> list[Part]:
    """Split a faults document into parts, so that each fault can be left out."""
    return list(_parts(faults))


def _parts(faults: Mapping[str, Any]) -> Iterator[Part]:
    for key, value in faults.items():
        if isinstance(value, list):
            yield from ((key, [one]) for one in value)
        elif isinstance(value, dict) and key == "delays":
            yield from ((key, {inner: one}) for inner, one in value.items())
        else:
            yield key, value


def faults_of_parts(parts: list[Part]) -> dict[str, Any]:
    """Return the document of these parts."""
    faults: dict[str, Any] = {}
    for key, value in parts:
        if isinstance(value, list):
            faults[key] = [*faults.get(key, []), *value]
        elif isinstance(value, dict) and key == "delays":
            faults[key] = {**faults.get(key, {}), **value}
        else:
            faults[key] = value
    return faults
