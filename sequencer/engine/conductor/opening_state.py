"""What is in force at a chunk in the middle of a score: what a run that begins there opens with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sequencer.engine.conductor.deliveries import ActKind, Delivery, kind_of
from sequencer.schedule.model import CueAct, CutAct, StrengthAct

_ORDER: tuple[ActKind, ...] = ("strength", "image", "prompt", "sr")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningState:
    """What is in force where a run begins.

    Attributes:
        seed: The seed that the latest cut has set; None if none has.
        acts: What the first take opens with, besides what its first chunk brings.
        later: The strength that was set after the image: it acts with the next image, and must not
            act with this one, so that it is sent for the second chunk.
        opening: What the first chunk brings, without such a strength.
    """

    seed: int | None
    acts: tuple[CueAct, ...]
    later: tuple[CueAct, ...]
    opening: tuple[Delivery, ...]


def state_before(before: Sequence[Delivery], opening: Sequence[Delivery]) -> OpeningState:
    """Return what is in force at a chunk.

    Args:
        before: The deliveries of all earlier chunks, in order.
        opening: Those of the chunk itself, which replace what was in force.
    """
    last: dict[ActKind, CueAct] = {}
    with_image: CueAct | None = None
    seed: int | None = None
    for line in before:
        acts = {kind_of(act): act for act in line.acts}
        cut = acts.pop("cut", None)
        if isinstance(cut, CutAct):
            seed = seed if cut.seed is None else cut.seed
            last.pop("image", None)  # a take does not open with the image of the take before
        last.update(acts)
        if "image" in acts:
            with_image = last.get("strength")
    replaced: dict[ActKind, CueAct] = {kind_of(act): act for line in opening for act in line.acts}
    if "cut" in replaced:
        last.pop("image", None)
    later: tuple[CueAct, ...] = ()
    strength = replaced.get("strength", last.get("strength"))
    if "image" in last and "image" not in replaced and strength is not with_image:
        later = () if strength is None else (strength,)
        opening = [one for line in opening if (one := _without_strength(line)) is not None]
        replaced.pop("strength", None)
        last.pop("strength", None)
        if with_image is not None:
            last["strength"] = with_image
    return OpeningState(
        seed=seed,
        acts=tuple(last[kind] for kind in _ORDER if kind in last and kind not in replaced),
        later=later,
        opening=tuple(opening),
    )


def _without_strength(line: Delivery) -> Delivery | None:
    """Return a delivery without its strength; None if nothing else is left of it."""
    acts = tuple(act for act in line.acts if not isinstance(act, StrengthAct))
    if acts == line.acts:
        return line
    return replace(line, acts=acts, open={kind_of(act) for act in acts}) if acts else None
