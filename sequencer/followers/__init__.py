"""Pure fits of what other clocks do: `clock` (24 ticks a quarter) and `boundaries` (chunks made and shown). No I/O here."""

from sequencer.followers.clock import ClockFollower, ClockState

__all__ = ["ClockFollower", "ClockState"]
