"""Draws shows from seeds. One seed is one show, on every machine: `random.Random` alone decides, and only by whole numbers."""

from __future__ import annotations

from random import Random

from sequencer.errors import ScoreError
from sequencer.schedule import Schedule
from simulation.mishaps import drawn_faults, drawn_gear, drawn_hands
from simulation.playing import schedule_of
from simulation.scores import Scores, edited, valid
from simulation.script import Script


def draw_script(seed: int) -> Script:
    """The show of a seed: a valid score, and what happens to it."""
    rng = Random(seed)
    lines = Scores(rng).lines()
    score, schedule = valid(lines)
    if rng.randrange(4) == 0:
        score, schedule = edited(rng, score, schedule)
    score, schedule = _with_sends(Random(f"sends of {seed}"), score, schedule)
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


SENDS = (
    "every 1 beat midi note C1 ch 10",
    "every 1/2 beat midi note D1 for 1 beat",
    "every 1 bar midi cc 20 64, midi note E1 for 3 bars",
    "at 1 midi program 5, midi note F1 for 250ms",
    "on note C3 -> midi note G1 for 2 beats, midi cc 7 99",
)


def _with_sends(rng: Random, score: str, schedule: Schedule) -> tuple[str, Schedule]:
    """The score with MIDI messages in some of its sections, where it has any. Drawn apart, so that the rest of a seed's show
    stays as it is."""
    lines: list[str] = []
    for line in score.splitlines():
        lines.append(line)
        if line.startswith("section ") and line.endswith("{") and rng.randrange(3) == 0:
            lines += [f"  {one}" for one in rng.sample(SENDS, 1 + rng.randrange(2))]
    text = "\n".join(lines) + "\n"
    try:
        return text, schedule_of(text)
    except ScoreError:
        return score, schedule
