"""A prompt's action in a few characters, for the table of a run and the status line."""

from __future__ import annotations

import re

from sequencer.schedule.actions import ELLIPSIS, Actions, sentences

ALIKE = 0.7
"""The share of common words from which on a sentence is taken for a rewording: `The boat drifts on.` of `A boat drifts.`"""
_WORDS = re.compile(r"\w+")
_ARTICLES = frozenset({"a", "an", "the"})


def elided(text: str, room: int) -> str:
    """The text in one line, cut to `room` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: max(0, room - 1)] + "…"


def brief_action(actions: Actions, before: str | None, text: str, room: int) -> str:
    """Return the part of a prompt that changes, in at most `room` characters.

    Where it is longer, sentences that only reword one of the prompt before give way first: they usually stand at the
    beginning, and what is new comes after them.
    """
    action = actions.of(before, text)
    if len(action) > room and before is not None:
        earlier = [_words(one) for one in sentences(before)]
        parts = sentences(action)
        fresh = [one for one in parts if one != ELLIPSIS and not any(_are_alike(_words(one), known) for known in earlier)]
        if fresh:
            action = _joined([one if one in fresh else ELLIPSIS for one in parts])
    return elided(action, room)


def _words(sentence: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(sentence.casefold())) - _ARTICLES


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one | other) and len(one & other) / len(one | other) >= ALIKE


def _joined(parts: list[str]) -> str:
    shown = [part for index, part in enumerate(parts) if part != ELLIPSIS or index == 0 or parts[index - 1] != ELLIPSIS]
    return " ".join(shown)
