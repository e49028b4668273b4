"""Advise on a score by parts: what was found in a part is used again.

Only the last prompts before a part matter for its own: a rule compares a prompt with the one before
it, or counts a few prompts.
"""

from __future__ import annotations

from collections.abc import Iterator

from sequencer.core.diagnostics import NO_SPAN
from sequencer.core.gc_pause import paused_collection
from sequencer.language.advice import apply_rules
from sequencer.language.advice.english import clear_caches
from sequencer.language.advice.prompts import PromptCollector, PromptLine, PromptSequence
from sequencer.language.advice.rules import MAX_ARC_PROMPTS
from sequencer.language.incremental.compiling import PartCompilation
from sequencer.language.incremental.lines import MovableDiagnostics
from sequencer.language.incremental.parts import Part

CONTEXT_PROMPTS = MAX_ARC_PROMPTS + 1
"""How many prompts before a part the rules need."""


def advise_parts(found: PartCompilation) -> tuple[MovableDiagnostics, ...]:
    """Return the advice on a score that was compiled by parts, in groups."""
    with paused_collection():
        try:
            return tuple(_advise(found))
        finally:
            clear_caches()


def _advise(found: PartCompilation) -> Iterator[MovableDiagnostics]:
    collector = PromptCollector(found.score)
    scenes = tuple(collector.fill_scene(scene) for scene in found.score.scenes)
    yield MovableDiagnostics(apply_rules(PromptSequence((), (), scenes)))
    context: tuple[PromptLine, ...] = ()
    for block in found.divided:
        if block.head.cut is not None:
            context = ()
        for part in block.parts:
            same, *others = _takes_of(part, collector)
            known = part.cache.get("advice")
            if known is None or known[0] != context:
                takes = tuple(take for take in ((*context, *same), *others) if take)
                before = {line.span for line in context}
                advice = apply_rules(PromptSequence(takes, (), ()))
                mine = tuple(one for one in advice if one.span not in before)
                known = part.cache["advice"] = (context, MovableDiagnostics(mine))
            yield known[1]
            context = (others[-1] if others else (*context, *same))[-CONTEXT_PROMPTS:]


def _takes_of(part: Part, collector: PromptCollector) -> tuple[tuple[PromptLine, ...], ...]:
    """Return the prompts of a part: those that continue the take before it, then its own takes."""
    known: tuple[tuple[PromptLine, ...], ...] | None = part.cache.get("prompts")
    if known is None:
        takes: list[list[PromptLine]] = [[_BEFORE]]
        collector.collect_items(part.items, takes)
        known = part.cache["prompts"] = (tuple(takes[0][1:]), *map(tuple, takes[1:]))
    return known


_BEFORE = PromptLine(texts=("",), own=("",), span=NO_SPAN)
"""A prompt before the part, so that a cut in its first cue begins a take."""
