"""Positions that other programs count in frames."""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.timebase import ChunkGrid
from sequencer.language.interchange.draft import nearest_time, seconds
from sequencer.language.interchange.imported import MAX_DURATION
from sequencer.language.interchange.json_input import Value
from sequencer.language.score import AtOffset, Unit

MODEL_FPS = ChunkGrid().fps


def frame_position(frame: Fraction, fps: Fraction) -> tuple[AtOffset, Fraction]:
    """Return the position of a frame, and its time in seconds.

    At the model's own rate the position counts frames, else it is the exact time.
    """
    time = nearest_time(frame / fps)
    if fps == MODEL_FPS and frame.denominator == 1:
        return AtOffset(frame, Unit.FRAMES), time
    return seconds(time), time


def read_frame(value: Value, fps: Fraction, what: str = "the frame") -> Fraction:
    """Return a frame of a JSON file. Raises UnreadableError."""
    frame = value.number(what)
    if not 0 <= frame / fps <= MAX_DURATION:
        raise value.error(f"{what} must be from 0 to {int(MAX_DURATION * fps):,}")
    return frame


def read_rate(value: Value, default: Fraction, what: str = "the frame rate") -> Fraction:
    """Return a frame rate of a JSON file, or the default if it is missing."""
    if value.is_missing:
        return default
    rate = value.number(what)
    if not 1 <= rate <= 1000:
        raise value.error(f"{what} must be from 1 to 1000")
    return nearest_time(rate)
