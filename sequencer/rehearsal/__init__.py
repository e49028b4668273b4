"""A rehearsal: a schedule on the embedded stage, with everything that a run leaves behind."""

from sequencer.rehearsal.running import ChunkPictures, Moment, Rehearsed, rehearse

__all__ = ["ChunkPictures", "Moment", "Rehearsed", "rehearse"]
