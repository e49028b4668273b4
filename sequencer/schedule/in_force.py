"""What is in force where each stretch begins: image, strength and super-resolution.

These are of the model, not of a section: they stay until something else is set. Times are nominal,
so every live stretch lasts its max, and rules do not act.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.schedule.model import (
    CutAct,
    Entry,
    ImageAct,
    Schedule,
    StrengthAct,
    SuperResolutionAct,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as a cue made it. `entry` is None for what the header states, or nothing does."""

    words: str
    """As in a score: `sr 4x`, `image a.png`; empty if there is none."""
    entry: Entry | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force at a time."""

    image: Setting
    strength: Setting
    sr: Setting

    @property
    def settings(self) -> tuple[Setting, Setting, Setting]:
        """All of them, in the order in which a cue sheet lists them."""
        return self.image, self.strength, self.sr


def find_in_force(schedule: Schedule) -> tuple[tuple[InForce, InForce], ...]:
    """Return for each stretch what is in force before it, and after the cues at its start."""
    now = InForce(Setting(""), Setting(""), Setting(f"sr {schedule.sr}"))
    found: list[tuple[InForce, InForce]] = []
    for stretch in schedule.stretches:
        before = now
        opening = [one for one in stretch.entries if one.offset == 0]
        later = [one for one in stretch.entries if one.offset != 0]
        now = start = _apply(now, opening, stretch.section)
        now = _apply(now, later, stretch.section)
        found.append((before, start))
    return tuple(found)


def _apply(now: InForce, entries: Iterable[Entry], section: str | None) -> InForce:
    """Return what is in force after some entries. A cut drops the image of the take before it."""
    image, strength, sr = now.settings
    for entry in entries:
        if any(isinstance(act, CutAct) for act in entry.acts):
            image = Setting("", entry, section)
        for act in entry.acts:
            match act:
                case ImageAct():
                    image = Setting(_image_words(act.image), entry, section)
                case StrengthAct():
                    strength = Setting(f"strength {_number(act.value)}", entry, section)
                case SuperResolutionAct():
                    sr = Setting(f"sr {act.scale}", entry, section)
                case _:
                    pass
    return InForce(image, strength, sr)


def _image_words(image: ImageFile) -> str:
    return f"image {image.path}"


def _number(value: Fraction) -> str:
    from sequencer.schedule.describe import number

    return number(value)
