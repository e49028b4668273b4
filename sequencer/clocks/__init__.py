"""Clocks: who says what time it is at the edge. `internal` has the real and the virtual one; each outer clock has its own."""

from sequencer.clocks.internal import Clock, RealClock, VirtualClock

__all__ = ["Clock", "RealClock", "VirtualClock"]
