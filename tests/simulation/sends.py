"""Adds messages to a score: for its cues and its rules, MIDI on any channel, of any length, and OSC.

Only the shows from `OSC_SHOWS` to `OSC_SHOWS_END` have OSC messages.
"""

from __future__ import annotations

from random import Random

from sequencer.core.errors import ScoreError
from sequencer.schedule.model import Schedule
from tests.simulation.playing import schedule_of

_MUSICAL = (
    "every 1 beat midi note C1 ch 10",
    "every 1/2 beat midi note D1 for 1 beat",
    "every 1 bar midi cc 20 64, midi note E1 for 3 bars",
    "at 1 midi program 5, midi note F1 for 250ms",
    "at 1.2+1/2 midi note C-2 vel 1 ch 16 for 1/3b, midi cc 127 0 ch 16",
    "every 1 bar from 1.3 midi program 128 ch 2, midi note G8 vel 127 for 12ms",
    "on note G3 -> midi note G1 for 2 beats, midi cc 7 99",
)
_TIMED = (
    "every 700ms midi note C1 ch 10",
    "every 1s from 250ms midi cc 20 64, midi note E1 for 3s",
    "at 1c midi program 5, midi note F1 for 250ms",
    "at 33f midi note C-2 vel 1 ch 16 for 2c",
    "on note G3 -> midi note G1 for 1500ms, midi cc 7 99",
)


OSC_SHOWS, OSC_SHOWS_END = 7_000_000, 8_000_000
"""The first seed of the shows with OSC messages, and the first one after them."""
_OSC = (
    'osc "/clip/8/connect" 1',
    "osc /opacity -0.25 007",
    'osc "/title" "say \\"now\\"; #1" true',
    "osc /tick",
)


def with_osc(rng: Random, score: str) -> str:
    """Return a valid score with OSC messages beside some of its MIDI messages, or in their place."""
    lines: list[str] = []
    for line in score.splitlines():
        head, word, rest = line.partition("midi ")
        if word and '"' not in line:
            acts = f"midi {rest}"
            message = _OSC[rng.randrange(len(_OSC))]
            acts = (message, f"{acts}, {message}", f"{message}, {acts}", acts)[rng.randrange(4)]
            line = head + acts  # noqa: PLW2901  # the line as it is written
        lines.append(line)
    return "\n".join(lines) + "\n"


def with_sends(rng: Random, score: str, schedule: Schedule, is_valid: bool) -> tuple[str, Schedule]:
    """Return the score with MIDI messages in some of its sections or, without sections, beside its
    cues.

    The messages added to a valid score are valid.
    """
    lines: list[str] = []
    written = score.splitlines()
    some = _MUSICAL if schedule.clock.kind in ("bpm", "midi", "link") else _TIMED
    if rng.randrange(4) == 0 and not any(line.startswith("section ") for line in written):
        lines += rng.sample(_TIMED[:2] + _TIMED[-1:], 1 + rng.randrange(2))
    for line in written:
        lines.append(line)
        if line.startswith("section ") and line.endswith("{") and rng.randrange(3) == 0:
            lines += [f"  {one}" for one in rng.sample(some, 1 + rng.randrange(2))]
    text = "\n".join(lines) + "\n"
    try:
        return text, schedule_of(text)
    except ScoreError:
        return (text, schedule) if is_valid else (score, schedule)
