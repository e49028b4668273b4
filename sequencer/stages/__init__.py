"""Stages: where a score plays.

`protocol` defines what a stage is; each kind of stage is a package of its own.
"""

from sequencer.stages.protocol import ChunkFrames, Deliver, Stage

__all__ = ["ChunkFrames", "Deliver", "Stage"]
