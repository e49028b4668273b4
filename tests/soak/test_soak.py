"""No growth and no drift: hours of score in virtual time, minutes over WebRTC.

SEQUENCER_REQUIRE_ALL=1 runs them in full.

`python -m bench.soak` does the same for six hours and thirty real minutes.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from bench.soak import describe, drift, grown, real, virtual
from tests.support.requirements import REQUIRE_ALL, require

WHOLE = os.environ.get(REQUIRE_ALL) == "1"
CHUNK = Fraction(11, 8)
SECOND = 1_000_000_000


def _linux() -> None:
    require(
        Path("/proc/self/statm").exists() and sys.platform == "linux",
        "what a process holds is read from /proc",
    )


@pytest.mark.timeout(900)
def test_hours_of_score_in_virtual_time() -> None:
    _linux()
    found = virtual(6.0 if WHOLE else 0.5)
    assert not found.faults(), describe(found)
    assert found.drift_ms == pytest.approx(0, abs=0.001), describe(found)
    assert found.chunks > (15_000 if WHOLE else 1_300)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_minutes_over_webrtc() -> None:
    """Run for five real minutes with SEQUENCER_REQUIRE_ALL=1, else long enough to see that chunks
    keep time.
    """
    _linux()
    require(importlib.util.find_spec("aiortc") is not None, "aiortc is not installed")
    found = real(300.0 if WHOLE else 12.0, every=2.0 if WHOLE else 0.5)
    assert found.cues > 0, describe(found)
    assert found.landed_as_planned == found.cues, describe(found)
    assert abs(found.drift_ms) < 60, describe(found)
    if WHOLE:
        assert not found.faults(), describe(found)


def _held(**changes: list[int]) -> list[dict[str, int]]:
    count = 40
    steady = {
        "kb": [100_000] * count,
        "files": [12] * count,
        "threads": [3] * count,
        "tasks": [8] * count,
    }
    return [
        {key: values[number] for key, values in {**steady, **changes}.items()}
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("kb", [100_000 + 3_000 * number for number in range(40)]),
        ("files", [12 + number // 4 for number in range(40)]),
        ("threads", [3 + number // 10 for number in range(40)]),
        ("tasks", [8 + number // 3 for number in range(40)]),
    ],
)
def test_a_leak_is_seen(what: str, values: list[int]) -> None:
    assert grown(_held()) == []
    assert any(one.startswith(what) for one in grown(_held(**{what: values})))


def test_what_comes_and_goes_is_no_leak() -> None:
    assert grown(_held(tasks=[8 + number % 7 for number in range(40)])) == []
    assert grown(_held()[:4]), "a handful of samples proves nothing"


def test_a_drift_is_seen() -> None:
    even = [int(number * CHUNK * SECOND) for number in range(100)]
    late = [int(number * CHUNK * SECOND * Fraction(1001, 1000)) for number in range(100)]
    assert abs(drift(even, CHUNK)) < 0.001
    assert drift(late, CHUNK) > 50
    cut = [*even[:50], *(at + 2 * SECOND for at in even[50:])]
    assert abs(drift(cut, CHUNK, cuts=1)) < 0.001
    assert drift(late, CHUNK, cuts=1) > 1
