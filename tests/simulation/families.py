"""Families of shows that are too rare among the others: their seeds begin at a million.

From `RESETS` on, takes are cut often and resets are reported again, late. From `TAPES` on, a fixed score follows time code,
and nothing goes wrong except on the tape.
"""

from __future__ import annotations

from random import Random
from typing import Any

from simulation.script import Script
from simulation.timecode import RATES, drawn_tape

RESETS = 1_000_000
TAPES = 2_000_000


def drawn_of_a_family(seed: int) -> Script:
    """Return the show of a seed from `RESETS` on."""
    return _tape(seed) if seed >= TAPES else _resets(seed)


def _resets(seed: int) -> Script:
    rng = Random(seed)
    lines = ["seed 1", "grid 33 frames @ 8 fps" if rng.randrange(2) else f"lead {1 + rng.randrange(3)}c", 'at 0c "Picture 0."']
    place = 0
    cuts = 3 + rng.randrange(6)
    for number in range(cuts):
        place += 1 + rng.randrange(4)
        lines.append(f'at {place}c cut, "Picture {number + 1}."')
    lines.append(f"end {place + 1 + rng.randrange(4)}c")
    repeated: list[dict[str, Any]] = [
        {"type": "generation_reset", "nth": number, "do": "repeat", "by": f"{300 + rng.randrange(8000)}ms"}
        for number in sorted(rng.sample(range(1, cuts), 1 + rng.randrange(2)))
    ]
    return Script("\n".join(lines) + "\n", {"messages": repeated}, about=f"drawn from seed {seed}", is_valid=True)


def _tape(seed: int) -> Script:
    rng = Random(seed)
    length = 20 + rng.randrange(20)
    lines = ["seed 1", f"clock mtc {tuple(RATES)[rng.randrange(len(RATES))]}", 'at 0s "Picture 0."']
    at = 0
    while (at := at + 1000 + rng.randrange(6000)) < length * 1000:
        lines.append(f'at {at}ms "Picture {len(lines)}."')
    lines.append(f"end {length}s")
    return Script("\n".join(lines) + "\n", gear=drawn_tape(rng, length), about=f"drawn from seed {seed}", is_valid=True)
