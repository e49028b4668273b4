"""Shrinks a failing show while it still fails in the same way: fewer lines, faults, events and
moves. It is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.simulation.script import Script, faults_as_parts, faults_of_parts

Fails = Callable[[Script], bool]
"""Returns whether a script still fails. A script that is not a valid show does not."""

T = TypeVar("T")
MOST_TRIES = 3000


def shrunk(script: Script, fails: Fails) -> Script:
    """Return the smallest script that removing parts leads to.

    `fails(script)` must hold for the given one.
    """
    tries = MOST_TRIES

    def still(candidate: Script) -> bool:
        nonlocal tries
        tries -= 1
        return tries >= 0 and fails(candidate)

    while tries > 0:
        smaller = _smaller(script, still)
        if smaller == script:
            break
        script = smaller
    return script


def _smaller(script: Script, still: Fails) -> Script:
    """Try all kinds of parts once."""
    if script.follow and still(replace(script, follow=False)):
        script = replace(script, follow=False)
    for key in list(script.stage):
        without = replace(
            script, stage={name: one for name, one in script.stage.items() if name != key}
        )
        script = without if still(without) else script
    for key in list(script.stage.get("reactor", {})):
        reactor = {name: one for name, one in script.stage["reactor"].items() if name != key}
        without = replace(script, stage={**script.stage, "reactor": reactor})
        script = without if still(without) else script
    if script.is_valid and still(replace(script, is_valid=False)):
        script = replace(script, is_valid=False)
    edits = fewer(script.edits, lambda some: still(replace(script, edits=tuple(some))))
    script = _fewer_edited_lines(replace(script, edits=tuple(edits)), still)
    start = script
    parts = fewer(
        faults_as_parts(start.faults),
        lambda some: still(replace(start, faults=faults_of_parts(some))),
    )
    fewer_faults = replace(start, faults=faults_of_parts(parts))
    operator_events = fewer(
        start.operator_events,
        lambda some: still(replace(fewer_faults, operator_events=tuple(some))),
    )
    fewer_events = replace(fewer_faults, operator_events=tuple(operator_events))
    clock_moves = fewer(
        start.clock_moves, lambda some: still(replace(fewer_events, clock_moves=tuple(some)))
    )
    return _fewer_lines(replace(fewer_events, clock_moves=tuple(clock_moves)), still)


def _fewer_edited_lines(script: Script, still: Fails) -> Script:
    """Remove lines of the edited scores."""
    for number, edit in enumerate(script.edits):
        if edit.score:
            some = fewer(
                edit.score.splitlines(),
                lambda lines, one=script, at=number: still(_with_edited(one, at, lines)),  # type: ignore[misc]  # it is used at once
            )
            script = _with_edited(script, number, some)
    return script


def _with_edited(script: Script, number: int, lines: Sequence[str]) -> Script:
    """Return a script with other lines in one of its edited scores."""
    edits = list(script.edits)
    edits[number] = replace(edits[number], score=_text(lines))
    return replace(script, edits=tuple(edits))


def fewer(things: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Delta debugging: return a list from which no single item, nor any run of items of a tried
    size, can be removed.
    """
    kept = list(things)
    size = len(kept)
    while size:
        start = 0
        while start < len(kept):
            candidate = kept[:start] + kept[start + size :]
            if fails(candidate):
                kept = candidate
            else:
                start += size
        size //= 2
    return kept


def _fewer_lines(script: Script, still: Fails) -> Script:
    """Remove blocks first (with their names in `play`), then lines, then actions of a cue."""
    for block in _blocks(script.score):
        candidate = replace(script, score=_without(script.score, block))
        if still(candidate):
            script = candidate
    lines = fewer(script.score.splitlines(), lambda some: still(replace(script, score=_text(some))))
    script = replace(script, score=_text(lines))
    for number, line in enumerate(lines):
        for simpler in _simpler(line):
            some = [*lines[:number], simpler, *lines[number + 1 :]]
            if still(replace(script, score=_text(some))):
                lines = some
                script = replace(script, score=_text(lines))
                break
    return script


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _blocks(score: str) -> list[tuple[str, ...]]:
    """Return the blocks in braces, by their lines."""
    found: list[tuple[str, ...]] = []
    block: list[str] = []
    for line in score.splitlines():
        if line.endswith("{") or block:
            block.append(line)
        if line == "}":
            found.append(tuple(block))
            block = []
    return found


def _without(score: str, block: tuple[str, ...]) -> str:
    lines = score.splitlines()
    start = next((n for n in range(len(lines)) if tuple(lines[n : n + len(block)]) == block), None)
    if start is None:
        return score
    name = block[0].split()[1]
    kept = lines[:start] + lines[start + len(block) :]
    for number, line in enumerate(kept):
        if line.startswith("play "):
            names = [one for one in line.split()[1:] if one.split("*")[0] != name]
            kept[number] = f"play {' '.join(names)}" if names else ""
    return _text([line for line in kept if line])


def _simpler(line: str) -> list[str]:
    """Return the line without one of its parts between commas; the first part (the position and its
    first action) stays.
    """
    if not line.strip().startswith(("at ", "on ", "section ")) or '", "' in line:
        return []
    head, *rest = line.removesuffix(" {").split(", ")
    tail = " {" if line.endswith(" {") else ""
    found = [
        ", ".join([head, *rest[:number], *rest[number + 1 :]]) + tail for number in range(len(rest))
    ]
    if rest and head.strip().startswith("at "):
        word, position, *_ = head.split()
        indent = line[: len(line) - len(line.lstrip())]
        found.append(f"{indent}{word} {position} {', '.join(rest)}{tail}")
    return found
