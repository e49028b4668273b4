"""Find the action of a prompt: the part of its text that changes.

Everything that shows a prompt in little space uses it.

The prompts of a score share most of their sentences (the subject, the light, the shot), usually at
the beginning. What distinguishes a prompt is the sentences that neither the previous prompt nor the
other prompts of the score have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from sequencer.schedule.model import PickAct, PromptAct, Schedule, ShuffleAct

_ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*")
_FULL_WIDTH = ("。", "！", "？")
ELLIPSIS = "…"
"""Replaces the sentences that are left out."""


class Actions:
    """Find the action of each prompt among the prompts of one score.

    Args:
        texts: Every prompt that the score can show; a repeated text counts once.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._frequency = Counter(
            sentence for text in set(texts) for sentence in set(sentences(text))
        )

    def of(self, before: str | None, text: str) -> str:
        """Return the sentences that distinguish a prompt, on one line.

        An ellipsis marks where others are left out.

        Args:
            before: The prompt in force before this one; None at the beginning of a take.
            text: The prompt.

        Returns:
            The sentences that `before` does not have. Of these, only those that the fewest prompts
                of the score have. The
            complete text if that leaves nothing, or everything.
        """
        known = frozenset() if before is None else frozenset(sentences(before))
        parts = sentences(text)
        fresh = [part for part in parts if part not in known] or parts
        rarest = min((self._frequency[part] for part in fresh), default=0)
        kept = {part for part in fresh if self._frequency[part] == rarest}
        return _joined([part if part in kept else ELLIPSIS for part in parts])


def actions_of(schedule: Schedule) -> Actions:
    """Return the `Actions` of every prompt of a schedule.

    The prompts are those of its cues, and of its rules with every text of a `pick`.
    """
    return Actions(_texts(schedule))


def sentences(text: str) -> list[str]:
    """Split a text into its sentences, each on one line."""
    return [" ".join(part.split()) for part in _ENDS.split(text) if part.strip()]


def _texts(schedule: Schedule) -> Iterable[str]:
    for stretch in schedule.stretches:
        for acts in (*(one.acts for one in stretch.entries), *(one.acts for one in stretch.rules)):
            for act in acts:
                match act:
                    case PromptAct():
                        yield act.text
                    case PickAct() | ShuffleAct():
                        yield from act.texts
                    case _:
                        pass


def _joined(parts: list[str]) -> str:
    """Join sentences, with one ellipsis for adjacent sentences that are left out.

    No space follows a full-width full stop.
    """
    shown = ""
    for part in parts:
        if part == ELLIPSIS and shown.endswith(ELLIPSIS):
            continue
        shown += part if not shown or shown.endswith(_FULL_WIDTH) else f" {part}"
    return shown
