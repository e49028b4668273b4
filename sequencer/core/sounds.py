"""The sound track of a score, and the limits of sound files: no samples and no I/O."""

from __future__ import annotations

from fractions import Fraction

from sequencer.core.diagnostics import NO_SPAN, Span
from sequencer.core.lazy_dataclass import dataclass

MAX_SOUND_BYTES = 4 << 30
"""The maximum size of a sound file, 4 GiB: six hours of stereo at 48 kHz in 32 bits."""

MAX_SOUND_SECONDS = 12 * 3600
"""The maximum length of a sound file, in seconds: a small file can contain days of silence."""

SOUND_FORMATS = "WAV, FLAC, AIFF, MP3, AAC, Ogg and Opus"
"""The usual formats, for messages. Every format that FFmpeg decodes is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """The sound that is played with a score: score time 0 is second `start` of the file.

    `path` is as written in the score, relative to the score's folder, with `/` between folders.
    """

    path: str
    start: Fraction = Fraction(0)
    origin: Span = NO_SPAN
    """The line of the score."""
