"""The most expensive texts compared with an ordinary score of their size: the bench prints the
ratios, the test bounds them.
"""

from __future__ import annotations

import gc
import importlib.util
import time
from pathlib import Path
from types import ModuleType

import pytest

from sequencer.language.loader import load_text

GOAL = 4
SLACK = 3
"""Factor above the goal at which the test fails: texts here are short and machines busy.

Quadratic growth exceeds it by far.
"""


def bench() -> ModuleType:
    """Load the bench of reading, which generates the texts."""
    spec = importlib.util.spec_from_file_location(
        "bench_reading", Path(__file__).parents[4] / "bench" / "reading.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCH = bench()
PLAIN: str = BENCH.score_text(600)
EXPENSIVE: dict[str, str] = BENCH.expensive_texts(len(PLAIN))


def cost(text: str) -> float:
    """Return CPU seconds per character, the best of three."""
    best = float("inf")
    for _ in range(3):
        gc.collect()
        before = time.process_time()
        load_text(text)
        best = min(best, time.process_time() - before)
    return best / len(text)


@pytest.fixture(scope="module")
def plain() -> float:
    """Return the cost of an ordinary score per character."""
    load_text('foo "x"\n')  # load what only errors need
    return cost(PLAIN)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPENSIVE)
def test_no_text_costs_much_more_than_a_plain_one(name: str, plain: float) -> None:
    ratio = cost(EXPENSIVE[name]) / plain
    assert ratio <= GOAL * SLACK, f"{name}: {ratio:.1f} × a plain score of its size"


def test_a_longest_line_costs_no_square(plain: float) -> None:
    """Regression: a long line was once searched from each of its characters."""
    line = 'at 0c "' + "x" * 90_000 + '"\n'
    assert cost(line * 2) <= plain * GOAL
