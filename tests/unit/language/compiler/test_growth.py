"""The cost of a score grows with its size, not with the square of it; calls are counted, so that no
clock is needed.

`bench/growth.py` generates the valid scores and measures them in seconds; the scores with mistakes
are here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from bench.growth import KINDS, MAX_EXPONENT, Kind
from sequencer.core.diagnostics import MAX_KEPT
from sequencer.language.check import check_text
from sequencer.language.compiler.ir import PlacedCue
from sequencer.language.compiler.place import CueBudget, CueExpander

SMALL = 600
"""More mistakes than are kept: the rest are only counted."""
LARGE = 1_800
WORK = (LARGE / SMALL) ** MAX_EXPONENT
"""The maximum ratio of the calls for the large score to those for the small one."""


def calls(work: Callable[[], object]) -> int:
    """Return the number of function calls, including Python's own."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


CLOCK = "clock 120 bpm, 4/4\n"
MISTAKES: dict[str, Callable[[int], str]] = {
    "unknown scenes": lambda size: (
        CLOCK
        + "".join(f'scene sc{number}x {{\n  base "b"\n}}\n' for number in range(size))
        + "".join(f'at {number + 1} sd{number}y "q"\n' for number in range(size))
    ),
    "unknown variables": lambda size: (
        CLOCK
        + "".join(f'let sc{number}x = "b"\n' for number in range(size))
        + "".join(f'at {number + 1} "A {{sd{number}y}}"\n' for number in range(size))
    ),
    "variables defined later": lambda size: (
        CLOCK
        + "".join(f'let sc{number}x = "b {{sc{number + 1}x}}"\n' for number in range(size))
        + 'at 1 "A"\n'
    ),
    "unknown marks": lambda size: (
        CLOCK
        + "".join(f"at {number + 1} mark mm{number}x\n" for number in range(size))
        + "".join(f"at mark mn{number}y +1bar sr 4x\n" for number in range(size))
    ),
    "unknown sections in play": lambda size: (
        CLOCK
        + "".join(f'section se{number}x 1 bar {{\n  at 1 "b"\n}}\n' for number in range(size))
        + "play "
        + " ".join(f"sf{number}y" for number in range(size))
        + "\n"
    ),
    "unknown sections in goto": lambda size: (
        CLOCK
        + "".join(
            f'section se{number}x 1 bar {{\n  at 1 "b"\n  on note C3 -> goto sf{number}y\n}}\n'
            for number in range(size)
        )
    ),
    "every denser than a chunk": lambda size: (
        CLOCK
        + "section a 99 bars {\n"
        + "".join(
            f'  at {number % 90 + 1} tempo {100 + number % 9}\n  every 1/4b "b"\n'
            for number in range(size)
        )
        + "}\n"
    ),
    "cues past the end": lambda size: (
        CLOCK
        + "section a 1 bar {\n"
        + "".join(f'  at {number + 1} "b"\n' for number in range(size))
        + "}\n"
    ),
    "cuts without a prompt": lambda size: (
        'clock midi, nominal 120 bpm\nat 1 "x"\n'
        + "".join(f"at {number + 1}.2 cut\n" for number in range(size))
    ),
    "meters before others": lambda size: (
        CLOCK
        + 'at 1 "A boat."\nat 50 sr 4x\n'
        + "at +1bar sr 4x\n" * size
        + "at +1bar mark z\n"
        + "".join(
            f"at {3 * (size - number) + 30}b meter 3/4\nat mark z +1bar meter 4/4\n"
            for number in range(size)
        )
        + f"end {9 * size}\n"
    ),
    "meters in reverse": lambda size: (
        CLOCK
        + 'at 1 "A boat."\n'
        + "".join(f"at {4 * (size - number)}b meter 3/4\n" for number in range(size))
        + f"end {3 * size}\n"
    ),
}


def growth(text: Callable[[int], str]) -> float:
    """Return the ratio of the calls for the large score to those for the small one."""
    check_text(text(50))  # load what only the first score needs
    small, large = text(SMALL), text(LARGE)
    return calls(lambda: check_text(large)) / calls(lambda: check_text(small))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_valid_scores_cost_in_proportion_to_their_size(kind: Kind) -> None:
    assert (check_text(kind.text(100)).schedule is not None) == kind.is_valid
    assert growth(kind.text) <= WORK


SLOW = {"meters before others", "unknown sections in goto", "every denser than a chunk"}
"""The mistakes whose scores take more than two seconds."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.slow] if one in SLOW else []) for one in MISTAKES],
)
def test_mistakes_cost_in_proportion_to_their_size(name: str) -> None:
    assert SMALL > MAX_KEPT
    assert check_text(MISTAKES[name](100)).errors
    assert growth(MISTAKES[name]) <= WORK


PLAYED = CLOCK + 'section a 1000 bars {\n at 1 "A."\n' + " every 1b midi note C3\n" * 10 + "}\n"
UNPLAYED = (
    "".join(f"section s{number} 1000 bars {{\n every 1b midi note C3\n}}\n" for number in range(10))
    + 'section b 1 bar {\n at 1 "A."\n}\nplay b\n'
)


@pytest.mark.parametrize(
    "text", [PLAYED, CLOCK + UNPLAYED], ids=["in one section", "in sections that are not played"]
)
def test_cues_beyond_the_limit_are_not_made_before_they_are_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0
    cues_of = CueExpander.cues_of

    def counting(*arguments: Any) -> Iterator[PlacedCue]:
        nonlocal made
        for cue in cues_of(*arguments):
            made += 1
            yield cue

    monkeypatch.setattr(CueExpander, "cues_of", counting)
    monkeypatch.setattr(
        sys.modules[CueBudget.__module__], "CueBudget", lambda: CueBudget(left=5_000)
    )
    found = [one.code for one in check_text(text).diagnostics if one.is_error]
    assert found == ["E416"]
    assert made <= 5_000 + 12
