"""Fades: they belong to prompts, and not every stage shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.compiler.fixes import is_yaml
from sequencer.language.compiler.ir import (
    Resolved,
    ResolvedCueAct,
    ResolvedPrompt,
    ResolvedRuleAct,
)
from sequencer.language.score import Action, Prompt, SetFade, Show
from sequencer.schedule.model import (
    STAGES_WITHOUT_FADES,
    CutAct,
    ImageAct,
    PickAct,
    PromptAct,
    Schedule,
    ShuffleAct,
)
from sequencer.schedule.takes import is_fading

_NO_PROMPT_BEFORE = "it opens a take, which has no prompt before it"
_IMAGE_AT_ONCE = "it comes with an image, and both act at once"


_Act = TypeVar("_Act", ResolvedCueAct, ResolvedRuleAct)


def with_fade(acts: list[_Act], actions: Sequence[Action], faults: Diagnostics) -> list[_Act]:
    """Return acts whose prompt has the fade among the actions; report one without a prompt."""
    fade = next((action for action in actions if isinstance(action, SetFade)), None)
    if fade is None:
        return acts
    if not any(isinstance(action, Prompt | Show) for action in actions):
        yaml = is_yaml(fade.span.file)
        written = f'prompt: "…", fade: {fade.chunks}c' if yaml else f'"…", fade {fade.chunks}c'
        faults.error(
            "E327",
            "a fade needs a prompt in the same cue or rule",
            fade.span,
            hint=f"add the prompt that fades in: {written}",
        )
    return [replace(act, fade=fade) if isinstance(act, ResolvedPrompt) else act for act in acts]


def check_fades(schedule: Schedule, resolved: Resolved, faults: Diagnostics) -> None:
    """Warn about fades that cannot be seen, and name the stages on which none can be seen."""
    by_id = {entry.id: entry for entry in schedule.entries}
    in_vain: dict[Span, str] = {}
    for take in schedule.takes:
        for bundle in take.bundles:
            if not bundle.fade or is_fading(bundle, take):
                continue
            why = _NO_PROMPT_BEFORE if bundle.chunk == take.start else _IMAGE_AT_ONCE
            entries = [by_id[number] for number in bundle.entries]
            shows = [one for one in entries if any(isinstance(act, PromptAct) for act in one.acts)]
            in_vain.setdefault(shows[-1].origin, why)
    for rule in (rule for stretch in schedule.stretches for rule in stretch.rules):
        if any(isinstance(act, PromptAct | PickAct | ShuffleAct) and act.fade for act in rule.acts):
            if any(isinstance(act, CutAct) for act in rule.acts):
                in_vain.setdefault(rule.origin, _NO_PROMPT_BEFORE)
            elif any(isinstance(act, ImageAct) for act in rule.acts):
                in_vain.setdefault(rule.origin, _IMAGE_AT_ONCE)
    for origin, why in in_vain.items():
        faults.warn("W406", f"this prompt does not fade in: {why}", origin, hint="remove the fade")
    prompts = (
        act
        for block in resolved.blocks
        for acts in (
            *(cue.acts for cue in block.cues if cue.span not in in_vain),
            *(rule.acts for rule in block.rules if rule.span not in in_vain),
        )
        for act in acts
        if isinstance(act, ResolvedPrompt)
    )
    first = next((prompt.fade for prompt in prompts if prompt.fade is not None), None)
    if first is not None:
        stages = " and ".join(STAGES_WITHOUT_FADES)
        faults.warn(
            "W407",
            f"{stages} does not fade between prompts: there, the prompt changes at once",
            first.span,
            hint="the simulator fades; remove the fade if the change must look the same on each",
        )
