"""Draws shows from seeds. A seed gives the same show on every machine: only `random.Random` decides, and only with integers."""

from __future__ import annotations

from random import Random
from typing import Any

from sequencer.core.errors import ScoreError
from simulation.dimensions import Dimensions, drawn_dimensions
from simulation.families import RESETS, drawn_of_a_family
from simulation.long_scores import long_lines
from simulation.mishaps import drawn_faults, drawn_gear, drawn_hands
from simulation.playing import schedule_of
from simulation.scores import Scores, edited
from simulation.script import Script
from simulation.sends import with_sends
from simulation.texts import Texts
from simulation.timecode import drawn_tape


def draw_script(seed: int) -> Script:
    """Return the show of a seed: a valid score, and what happens to it."""
    if seed >= RESETS:
        return drawn_of_a_family(seed)
    rng = Random(seed)
    wide = drawn_dimensions(seed)
    about = f"drawn from seed {seed}"
    score = _score(rng, seed, wide)
    try:
        schedule = schedule_of(score)
    except ScoreError:
        return Script(score, about=about, is_valid=True)  # playing it reports what was refused
    is_edited = rng.randrange(4) == 0 and not wide.is_long
    if is_edited:
        score, schedule = edited(rng, score, schedule)
    if not wide.is_long:  # a long score has its own, fewer
        score, schedule = with_sends(Random(f"sends of {seed}"), score, schedule, is_valid=not is_edited)
    chunks = schedule.end
    quiet = rng.randrange(4) == 0
    faults = {} if quiet else drawn_faults(rng, chunks, [image.path for image in schedule.images])
    hands = drawn_hands(rng, schedule, score)
    outer = schedule.clock.is_outer
    seconds = float(schedule.grid.chunk * chunks)
    gear: tuple[str, ...] = ()
    if outer:
        gear = drawn_tape(rng, seconds) if schedule.clock.kind == "mtc" else drawn_gear(rng, seconds)
    return Script(
        score,
        _widened(faults, wide),
        hands,
        gear,
        not outer and schedule.clock.kind in ("bpm", "chunks") and rng.randrange(6) == 0,
        about,
        wide.stage or {},
        not is_edited,
    )


def _score(rng: Random, seed: int, wide: Dimensions) -> str:
    """Return the text of the score before it is edited."""
    if wide.is_long:
        return "\n".join(long_lines(rng)) + "\n"
    text = Texts(Random(f"texts of {seed}"), wide.with_long_texts) if wide.with_texts else None
    return "\n".join(Scores(rng, text).lines(wide.kind)) + "\n"


def _widened(faults: dict[str, Any], wide: Dimensions) -> dict[str, Any]:
    """Return the faults with those of the dimensions added."""
    found = dict(faults)
    if wide.display is not None:
        shown, jitter = wide.display
        found["delays"] = {**found.get("delays", {}), "shown": shown, "shown_jitter": jitter}
    return {**found, **(wide.faults or {})}
