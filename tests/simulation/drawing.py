"""Draws shows from seeds.

A seed gives the same show on every machine: only `random.Random` decides, and only with integers.
"""

from __future__ import annotations

from random import Random
from typing import Any

from sequencer.core.errors import ScoreError
from tests.simulation.additions import ADDITIONS, AddedScores
from tests.simulation.dimensions import Dimensions, drawn_dimensions
from tests.simulation.edits import EDITED, with_edits
from tests.simulation.families import RESETS, drawn_of_a_family
from tests.simulation.long_scores import long_lines
from tests.simulation.mishaps import draw_clock_moves, draw_faults, draw_operator_events
from tests.simulation.playing import schedule_of
from tests.simulation.scores import Scores, edited
from tests.simulation.script import Script
from tests.simulation.sends import OSC_SHOWS, OSC_SHOWS_END, with_osc, with_sends
from tests.simulation.texts import Texts
from tests.simulation.timecode import draw_tape_moves


def draw_script(seed: int) -> Script:
    """Return the show of a seed: a valid score, and what happens to it."""
    if seed >= EDITED:
        return with_edits(Random(f"edits of {seed}"), draw_script(seed - EDITED))
    if RESETS <= seed < ADDITIONS:
        return drawn_of_a_family(seed)
    rng = Random(seed)
    wide = drawn_dimensions(seed)
    about = f"drawn from seed {seed}"
    score = _score(rng, seed, wide)
    try:
        schedule = schedule_of(score)
    except ScoreError:
        return Script(
            score=score, about=about, is_valid=True
        )  # playing it reports what was refused
    is_edited = rng.randrange(4) == 0 and not wide.is_long
    if is_edited:
        score, schedule = edited(rng, score, schedule)
    if not wide.is_long:  # a long score has its own, fewer
        score, schedule = with_sends(
            Random(f"sends of {seed}"), score, schedule, is_valid=not is_edited
        )
    if OSC_SHOWS <= seed < OSC_SHOWS_END and not is_edited:
        score = with_osc(Random(f"osc of {seed}"), score)
        schedule = schedule_of(score)
    chunks = schedule.end
    quiet = rng.randrange(4) == 0
    faults = {} if quiet else draw_faults(rng, chunks, [image.path for image in schedule.images])
    operator_events = draw_operator_events(rng, schedule, score)
    is_external = schedule.clock.is_external
    seconds = float(schedule.grid.chunk * chunks)
    clock_moves: tuple[str, ...] = ()
    if is_external:
        clock_moves = (
            draw_tape_moves(rng, seconds)
            if schedule.clock.kind == "mtc"
            else draw_clock_moves(rng, seconds)
        )
    return Script(
        score=score,
        faults=_widened(faults, wide),
        operator_events=operator_events,
        clock_moves=clock_moves,
        follow=not is_external
        and schedule.clock.kind in ("bpm", "chunks")
        and rng.randrange(6) == 0,
        about=about,
        stage=wide.stage or {},
        is_valid=not is_edited,
    )


def _score(rng: Random, seed: int, wide: Dimensions) -> str:
    """Return the text of the score before it is edited."""
    if wide.is_long:
        return "\n".join(long_lines(rng)) + "\n"
    text = Texts(Random(f"texts of {seed}"), wide.with_long_texts) if wide.with_texts else None
    writer = AddedScores if seed >= ADDITIONS else Scores
    return "\n".join(writer(rng, text).lines(wide.kind)) + "\n"


def _widened(faults: dict[str, Any], wide: Dimensions) -> dict[str, Any]:
    """Return the faults with those of the dimensions added."""
    found = dict(faults)
    if wide.display is not None:
        shown, jitter = wide.display
        found["delays"] = {**found.get("delays", {}), "shown": shown, "shown_jitter": jitter}
    return {**found, **(wide.faults or {})}
