"""Short labels of what rules do, for the pads of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from sequencer.reports.timeline.rule_labels import abbreviate_message
from sequencer.schedule.describe import bare, describe_act, number
from sequencer.schedule.model import (
    CutAct,
    GotoAct,
    ImageAct,
    PauseAct,
    PickAct,
    PromptAct,
    ResumeAct,
    RuleAct,
    ShuffleAct,
    StrengthAct,
    SuperResolutionAct,
)
from sequencer.schedule.prompt_actions import Actions

MAX_LABEL = 40
"""The longest label, in characters."""
MAX_LABEL_WORDS = 3
"""The most words of an action that a label takes."""
_OPENERS = frozenset({"now", "suddenly", "then", "and", "here", "soon"})
_ARTICLES = frozenset({"a", "an", "the"})
_BREAKS = re.compile(r"[,;:.!?…—–]")


def action_label(actions: Actions, text: str, words: int = MAX_LABEL_WORDS) -> str:
    """Return the first words of what a prompt changes, without `Now` and an article.

    For example, `Now lightning flashes; her reflection appears.` becomes `lightning flashes`.
    """
    action = bare(actions.of(None, text))
    first = next((one for one in _BREAKS.split(action) if one.strip()), action)
    found = first.split()
    while len(found) > 1 and found[0].casefold() in _OPENERS | _ARTICLES:
        del found[0]
    return _cut(" ".join(found[:words]))


def choices_label(actions: Actions, texts: Sequence[str]) -> str:
    """Return what distinguishes the texts of a random choice, as `cat or paper`."""
    labels: list[str] = []
    for words in range(1, MAX_LABEL_WORDS + 1):
        labels = [action_label(actions, text, words) for text in texts]
        if len(set(labels)) == len(set(texts)):
            break
    unique = list(dict.fromkeys(labels))
    if len(unique) > MAX_LABEL_WORDS:
        return _cut(f"one of {len(unique)}: {', '.join(unique)}")
    return _cut(" or ".join(unique))


def act_label(actions: Actions, act: RuleAct) -> str:
    """Return a short label of one action of a rule."""
    match act:
        case PromptAct():
            return action_label(actions, act.text)
        case PickAct() | ShuffleAct():
            return choices_label(actions, act.texts)
        case ImageAct():
            return _cut(PurePosixPath(act.image.path).name)
        case StrengthAct():
            return f"strength {number(act.value)}"
        case SuperResolutionAct():
            return f"SR {act.scale}"
        case GotoAct():
            return _cut(f"to {act.section}")
        case PauseAct() | ResumeAct() | CutAct():
            return describe_act(act)
        case _:
            return _cut(abbreviate_message(describe_act(act)))


def acts_label(actions: Actions, acts: Iterable[RuleAct]) -> str:
    """Return a short label of all actions of a rule."""
    return _cut(", ".join(dict.fromkeys(act_label(actions, act) for act in acts)))


def joined_labels(labels: Sequence[str]) -> str:
    """Join the labels of several rules; a word that begins all of them is written once.

    For example, `SR off` and `SR 4x` become `SR off · 4x`.
    """
    unique = list(dict.fromkeys(labels))
    heads = {one.split(" ", 1)[0] for one in unique}
    if len(unique) > 1 and len(heads) == 1 and all(" " in one for one in unique):
        unique = [unique[0], *(one.split(" ", 1)[1] for one in unique[1:])]
    return _cut(" · ".join(unique))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1].rstrip() + "…"
