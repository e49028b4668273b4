"""Shorten a prompt's action to a few characters, for the table of a run and the status line."""

from __future__ import annotations

from sequencer.schedule.prompt_actions import Actions
from sequencer.schedule.rewording import shortest_action


def elided(text: str, room: int) -> str:
    """Return the text in one line, cut to `room` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: max(0, room - 1)] + "…"


def brief_action(actions: Actions, before: str | None, text: str, room: int) -> str:
    """Return the part of a prompt that changes, in at most `room` characters.

    If it is longer, sentences that only reword one of the prompt before are dropped first.
    """
    action = actions.of(before, text)
    return elided(action if len(action) <= room else shortest_action(actions, before, text), room)
