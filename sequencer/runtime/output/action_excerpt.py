"""Shorten a prompt's action to a few characters, for the table of a run and the status line."""

from __future__ import annotations

from sequencer.schedule.prompt_actions import Actions
from sequencer.schedule.rewording import shortest_action


def elided(text: str, space: int) -> str:
    """Return the text in one line, cut to `space` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= space else flat[: max(0, space - 1)] + "…"


def brief_action(actions: Actions, before: str | None, text: str, space: int) -> str:
    """Return the part of a prompt that changes, in at most `space` characters.

    If it is longer, sentences that only reword one of the prompt before are dropped first.
    """
    action = actions.of(before, text)
    return elided(action if len(action) <= space else shortest_action(actions, before, text), space)
