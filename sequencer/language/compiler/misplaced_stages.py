"""Report stages that are written as if they were scenes, and read what was meant.

`at 5 left "…"` is a scene for the reader. What is meant is compiled, so that the rest of the score
is checked as well.
"""

from __future__ import annotations

from dataclasses import replace

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.compiler.fixes import is_yaml
from sequencer.language.score import Item, Prompt, Score, Show, StageName


def correct_misplaced_stages(score: Score, names: tuple[str, ...], faults: Diagnostics) -> Score:
    """Return a score whose items have the stages that they show as scenes.

    Args:
        score: The score.
        names: The names of its stages.
        faults: Gets an error for each item that was corrected.

    Returns:
        The score. A name is only corrected if no scene has it.
    """
    scenes = {scene.name for scene in score.scenes}
    scenes.update(scene.name for use in score.uses for scene in use.scenes)
    stages = tuple(name for name in names if name not in scenes)

    def corrected(item: Item) -> Item:
        return _correct(item, stages, faults)

    return replace(
        score,
        items=tuple(corrected(item) for item in score.items),
        sections=tuple(
            replace(section, items=tuple(corrected(item) for item in section.items))
            for section in score.sections
        ),
    )


def _correct(item: Item, stages: tuple[str, ...], faults: Diagnostics) -> Item:
    """Return an item without scenes that are stages or the word `on`."""
    if item.stages or not stages or not item.actions:
        return item
    first = item.actions[0]
    if not isinstance(first, Show):
        return item
    if first.scene == "on" and first.action is not None:
        faults.error(
            "E346",
            "`on` names no stages",
            _name_of(first),
            hint=f'write, for example: on {stages[0]} "…" (the stages are: {", ".join(stages)})',
        )
        return replace(item, actions=(Prompt(first.action, first.span), *item.actions[1:]))
    named: list[Show] = []
    for action in item.actions:
        if not isinstance(action, Show) or action.scene not in stages:
            break
        named.append(action)
        if action.action is not None:
            break
    if not named:
        return item
    written = ", ".join(dict.fromkeys(one.scene for one in named))
    start = _name_of(first)
    is_one = len(named) == 1
    faults.error(
        "E346",
        f"{written} {'is a stage, not a scene' if is_one else 'are stages, not scenes'}",
        start,
        hint=(
            f"name the stages with the key stages: {{stages: [{written}], prompt: …}}"
            if is_yaml(start.file)
            else f'write on {written} "…"'
        ),
        fix=() if is_yaml(start.file) else (_insert_on(start),),
    )
    shown = named[-1]
    words = () if shown.action is None else (Prompt(shown.action, shown.span),)
    return replace(
        item,
        actions=(*words, *item.actions[len(named) :]),
        stages=tuple(StageName(one.scene, _name_of(one)) for one in named),
    )


def _insert_on(start: Span) -> Fix:
    return Fix(replace(start, end_line=start.line, end_column=start.column), "on ")


def _name_of(show: Show) -> Span:
    """Return where the name of a scene is written."""
    at = show.span
    return replace(at, end_line=at.line, end_column=at.column + len(show.scene))
