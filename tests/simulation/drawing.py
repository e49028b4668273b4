"""Draws shows from seeds. One seed is one show, on every machine: `random.Random` alone decides, and only by whole numbers."""

from __future__ import annotations

from random import Random

from simulation.mishaps import drawn_faults, drawn_gear, drawn_hands
from simulation.scores import Scores, edited, valid
from simulation.script import Script


def draw_script(seed: int) -> Script:
    """The show of a seed: a valid score, and what happens to it."""
    rng = Random(seed)
    lines = Scores(rng).lines()
    score, schedule = valid(lines)
    if rng.randrange(4) == 0:
        score, schedule = edited(rng, score, schedule)
    chunks = schedule.end
    quiet = rng.randrange(4) == 0
    faults = {} if quiet else drawn_faults(rng, chunks, [image.path for image in schedule.images])
    hands = drawn_hands(rng, schedule, score)
    outer = schedule.clock.is_outer
    seconds = float(schedule.grid.chunk * chunks)
    return Script(
        score,
        faults,
        hands,
        drawn_gear(rng, seconds) if outer else (),
        not outer and schedule.clock.kind == "bpm" and rng.randrange(6) == 0,
        f"drawn from seed {seed}",
    )
