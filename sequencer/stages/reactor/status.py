"""How a session stands, and what was measured in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StatusName = Literal["disconnected", "connecting", "waiting", "ready"]


@dataclass(frozen=True, slots=True)
class Status:
    """The connection, by one of its four names, since when (nanoseconds of the run's clock), and what more there is to say."""

    name: StatusName
    since: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured so far. Times are nanoseconds; `billed` counts from the making of the session to its end."""

    frames: int
    fps: float
    lag: int
    billed: int
    losses: int
    latencies: tuple[int, ...]
    """From commands to their answers, the latest last (wire v1 only)."""
    wire: str
