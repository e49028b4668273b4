"""Shows whose scores are edited while they play; their seeds begin at nine million.

Each is the show of the seed that is nine million lower, with edits: random ones, changed prompts,
and versions that are taken back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from sequencer.core.errors import ScoreError
from tests.simulation.playing import schedule_of
from tests.simulation.scores import edited
from tests.simulation.script import Edit, Script

EDITED = 9_000_000
"""The first seed of these shows."""
_PROMPT = re.compile(r'"(?P<text>[A-Z][^"{}]*)\."')


def with_edits(rng: Random, script: Script) -> Script:
    """Return a show with one to three edits of its score."""
    try:
        schedule = schedule_of(script.score)
    except ScoreError:
        return script
    seconds = float(schedule.grid.chunk * schedule.end)
    sections = [one.section for one in schedule.stretches if one.section]
    text = script.score
    edits: list[Edit] = []
    for at in sorted(rng.randrange(int(1000 * seconds) + 1) for _ in range(1 + rng.randrange(3))):
        is_undone = bool(edits) and rng.randrange(3) == 0
        if not is_undone:
            text = _edited(rng, text)
        edits.append(
            Edit(
                at=at,
                where=("bar", "bar", "chunk", "section")[rng.randrange(4)],
                score="" if is_undone else text,
                section=sections[rng.randrange(len(sections))]
                if sections and rng.randrange(8) == 0
                else None,
            )
        )
    return replace(script, edits=tuple(edits), about=f"{script.about}, edited")


def _edited(rng: Random, text: str) -> str:
    """Return a valid edit of a score; the same text if no edit was valid."""
    schedule = schedule_of(text)
    if rng.randrange(2):
        text, schedule = edited(rng, text, schedule)
    changed = _PROMPT.sub(
        lambda found: (
            f'"{found["text"]} again {rng.randrange(99)}."'
            if rng.randrange(3) == 0
            else found.group()
        ),
        text,
    )
    try:
        schedule_of(changed)
    except ScoreError:
        return text
    return changed
