"""Find the shortest form of an action, for little space.

It omits the sentences that only reword the previous prompt.

`The boat drifts on.` differs from `A boat drifts.`, but what is new usually comes after it.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.schedule.prompt_actions import ELLIPSIS, Actions, sentences

MIN_SHARED_WORDS = Fraction(3, 5)
"""The share of the shorter sentence's words from which on a sentence counts as a rewording."""
_WORDS = re.compile(r"\w+")
_ARTICLES = frozenset({"a", "an", "the"})


def shortest_action(actions: Actions, before: str | None, text: str) -> str:
    """Return the action of a prompt without its rewordings, or all of it if nothing remains."""
    action = actions.of(before, text)
    if before is None:
        return action
    earlier = [_words(one) for one in sentences(before)]
    parts = sentences(action)
    fresh = {
        one
        for one in parts
        if one != ELLIPSIS and not any(_are_alike(_words(one), known) for known in earlier)
    }
    if not fresh:
        return action
    shown = [one if one in fresh else ELLIPSIS for one in parts]
    return " ".join(
        one
        for index, one in enumerate(shown)
        if one != ELLIPSIS or index == 0 or shown[index - 1] != ELLIPSIS
    )


def _words(sentence: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(sentence.casefold())) - _ARTICLES


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    fewest = min(len(one), len(other))
    return fewest > 0 and Fraction(len(one & other), fewest) >= MIN_SHARED_WORDS
