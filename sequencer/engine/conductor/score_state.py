"""What is in force at a position of a score, and what an edit has changed of it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter

from sequencer.engine.conductor.deliveries import ActKind, kind_of
from sequencer.schedule.model import (
    CueAct,
    CutAct,
    ImageAct,
    PromptAct,
    Schedule,
    SuperResolutionAct,
)

_ORDER: tuple[ActKind, ...] = ("strength", "image", "prompt", "sr")


@dataclass(frozen=True, slots=True)
class ScoreState:
    """What is in force at a position of a score: the seed, and the last act of each other kind."""

    seed: int
    acts: dict[ActKind, CueAct]


def state_at(schedule: Schedule, position: tuple[int, Fraction]) -> ScoreState:
    """Return what is in force before a position, if the score is played from its beginning.

    Args:
        schedule: The score.
        position: The index of a stretch, and seconds in it.
    """
    index, offset = position
    seed = schedule.seed
    last: dict[ActKind, CueAct] = {"sr": SuperResolutionAct(schedule.sr)}
    for stretch in schedule.stretches[: index + 1]:
        entries = stretch.entries
        if stretch.index == index:
            entries = entries[: bisect_left(entries, offset, key=attrgetter("offset"))]
        for entry in entries:
            if len(entry.acts) == 1 and isinstance(entry.acts[0], PromptAct):
                last["prompt"] = entry.acts[0]
                continue
            acts: dict[ActKind, CueAct] = {kind_of(act): act for act in entry.acts}
            cut = acts.pop("cut", None)
            if isinstance(cut, CutAct):
                seed = seed if cut.seed is None else cut.seed
                last.pop("image", None)  # a take does not open with the image of the take before
            last.update(acts)
    return ScoreState(seed, last)


def changed_acts(before: ScoreState, after: ScoreState) -> tuple[CueAct, ...]:
    """Return the acts in force after an edit that are not those before it.

    A prompt is compared by its text, and does not fade in once more. What is no longer set keeps
    its value: the model has no command that unsets it.
    """
    changed: list[CueAct] = []
    for kind in _ORDER:
        act, old = after.acts.get(kind), before.acts.get(kind)
        if isinstance(act, PromptAct):
            act = PromptAct(act.text)
            old = PromptAct(old.text) if isinstance(old, PromptAct) else old
        if isinstance(act, ImageAct) and isinstance(old, ImageAct):
            old = act if act.image.sha256 == old.image.sha256 else old
        if act is not None and act != old:
            changed.append(act)
    return tuple(changed)
