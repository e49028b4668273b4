"""What a test needs and a machine may lack: the test is skipped, or fails if everything is
required.
"""

from __future__ import annotations

import os

import pytest

REQUIRE_ALL = "SEQUENCER_REQUIRE_ALL"
"""If set to 1, everything must be installed: a test fails instead of being skipped for a missing
tool.
"""
SLOW = "SEQUENCER_SLOW"
"""If set to 1, the tests marked as slow run too, as they do if everything is required."""


def runs_slow_tests() -> bool:
    """Return whether the tests marked `slow` were requested."""
    return "1" in (os.environ.get(REQUIRE_ALL), os.environ.get(SLOW))


def require(condition: object, reason: str) -> None:
    """Skip the test if `condition` is false, or fail if everything is required
    (SEQUENCER_REQUIRE_ALL=1).
    """
    if condition:
        return
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{REQUIRE_ALL}=1, but: {reason}", pytrace=False)
    pytest.skip(reason)
