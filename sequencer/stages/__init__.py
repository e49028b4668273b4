"""Stages: where a score plays. `protocol` defines what a stage is; each kind of stage is a package of its own."""

from sequencer.stages.protocol import Deliver, Pictures, Stage

__all__ = ["Deliver", "Pictures", "Stage"]
