"""Non-drop-frame time code."""

from __future__ import annotations

import re
from fractions import Fraction

from sequencer.reports.interchange.exported import UnwritableError

_CODE = re.compile(r"(\d\d):([0-5]\d):([0-5]\d):(\d\d)\Z", re.ASCII)


def per_second(fps: Fraction) -> int:
    """Return how many frames a second of time code counts: 24 for 24000/1001."""
    return int(fps) + (fps.denominator != 1)


def frames_of(code: str, fps: Fraction) -> int:
    """Return the frame that a time code counts. Raises UnwritableError."""
    found = _CODE.match(code)
    if found is None or int(found[4]) >= per_second(fps):
        raise UnwritableError(
            f"--start-tc {code} is not a time code at {per_second(fps)} frames a second",
            "write for example: --start-tc 01:00:00:00",
        )
    hours, minutes, seconds, frames = (int(part) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * per_second(fps) + frames


def code_of(frame: int, fps: Fraction) -> str:
    """Return the time code of a frame."""
    whole, frames = divmod(frame, per_second(fps))
    minutes, seconds = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{seconds:02}:{frames:02}"
