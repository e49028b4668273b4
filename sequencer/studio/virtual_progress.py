"""What pages show of a rehearsal in virtual time while it runs: how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sequencer.studio.protocol import Playback, ShownPrompt

if TYPE_CHECKING:
    from sequencer.runtime.rehearsal import Progress


@dataclass(slots=True)
class VirtualProgress:
    """The progress of a rehearsal: when it began, in nanoseconds, and its last report."""

    began: int
    last: Progress | None = None


def playback_of_progress(progress: VirtualProgress | None) -> Playback | None:
    """Return the playback of a rehearsal in virtual time; None if there is none."""
    if progress is None:
        return None
    last = progress.last
    return Playback(
        status="rehearsing",
        since_at=progress.began,
        phase="virtual",
        take=0 if last is None else last.take,
        seed=None,
        chunk=0 if last is None else last.chunk,
        chunks=None if last is None else last.chunks,
        at_most=False,
        frames=0,
        section="" if last is None else last.section or "",
        position="" if last is None else last.place,
        paused=False,
        boundary_at=None,
        chunk_ns=0,
        frame_rate=None,
        prompts=_prompts(last),
        refused="",
        upload="",
        lag_ms=None,
        offset_ms=0.0,
        billed_s=0.0,
        cost=None,
        stage="simulator",
        real_time=False,
        folder="",
    )


def _prompts(last: Progress | None) -> list[ShownPrompt]:
    text = "" if last is None else last.action or last.prompt or ""
    return (
        [] if last is None or text == "" else [ShownPrompt(chunk=last.chunk, text=text, source="")]
    )
