"""Clocks: who says what time it is at the edge. `internal` has the real and the virtual one; each outer clock has its own."""

from __future__ import annotations

from sequencer.sync.estimator.follower import ClockFollower, ClockState
from sequencer.sync.run_clock import Clock, RealClock, VirtualClock
