"""What the performance writes under a picture: title, take, section, bar and beat. A stage cannot know these."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, get_args

from sequencer.conductor import Conductor
from sequencer.conductor.plan import Pass

Part = Literal["title", "section", "take", "position", "action", "simulator"]
"""What a caption can consist of. `simulator` is what the embedded stage writes on its frames: the prompt and a few facts."""
PARTS: tuple[Part, ...] = get_args(Part)
DEFAULT_PARTS: frozenset[Part] = frozenset(PARTS) - {"action"}
"""The simulator shows the whole prompt, so that the action would be there twice."""


class Teller:
    """Tells where a frame stands in the score, at nominal time."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    @property
    def conductor(self) -> Conductor:
        """The conductor of the run."""
        return self._conductor

    def is_cued(self, chunk: int) -> bool:
        """Whether a cue, or a rule that fired, is to act on a score chunk."""
        slot = self._conductor.run.ledger.slots.get(chunk)
        return slot is not None and bool(slot.lines)

    def score_chunk(self, chunk: int) -> int:
        """The score chunk of a chunk of the take that plays."""
        return self._conductor.base + chunk

    def prompt(self, chunk: int) -> str | None:
        """The prompt that plays at a score chunk, as far as it was sent."""
        return self._conductor.run.ledger.active_at(chunk)

    def position(self, chunk: int, frame: int = 0) -> tuple[Pass, str]:
        """The pass and the `bar.beat` (empty without beats) of a frame of a score chunk."""
        run = self._conductor.run
        grid = run.schedule.grid
        seconds = grid.boundary(chunk) + Fraction(frame) / grid.fps
        current = run.plan.passes[0]
        for one in run.plan.passes[run.plan.pass_at(chunk).number :: -1]:
            current = one
            if one.start <= seconds:
                break
        later = current.number + 1
        while later < len(run.plan.passes) and run.plan.passes[later].start <= seconds:
            current = run.plan.passes[later]
            later += 1
        stretch = current.stretch
        if stretch.tempo is None or stretch.meters is None:
            return current, ""
        place = stretch.meters.bar_beat_at(stretch.tempo.quarter_at(max(Fraction(0), seconds - current.start)))
        return current, f"{place.bar}.{place.beat}"
