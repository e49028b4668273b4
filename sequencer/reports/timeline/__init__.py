"""The timeline: a schedule, or a run of it, as a picture. Bars and chunks as two rulers, and what is in force below them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.reports.timeline.plot import Plot

__all__ = ["thumbnails_of", "timeline_html", "timeline_svg"]


def timeline_svg(schedule: Schedule, run: Conductor | None = None, thumbnails: Mapping[str, str] | None = None) -> str:
    """The timeline as a self-contained SVG picture, ending in a newline; the same bytes for the same input.

    With `run` (the conductor of a run that is over, or of a replay) it shows what was performed, planned against landed.
    `thumbnails` are small pictures as `data:` addresses by the SHA-256 of the image's file; without one an image is named.
    """
    from sequencer.reports.timeline.svg import draw_svg

    return draw_svg(_plot(schedule, run), thumbnails or {})


def timeline_html(schedule: Schedule, run: Conductor | None = None, thumbnails: Mapping[str, str] | None = None) -> str:
    """The timeline as a self-contained HTML page: one strip that scrolls and zooms; otherwise as `timeline_svg`."""
    from sequencer.reports.timeline.html import draw_page

    return draw_page(_plot(schedule, run), thumbnails or {})


def thumbnails_of(schedule: Schedule, folder: Path) -> dict[str, str]:
    """Small pictures of a schedule's images, which lie in the score's `folder`; what cannot be read is left out."""
    from sequencer.reports.timeline.thumbnails import thumbnails_of as read

    return read(schedule, folder)


def _plot(schedule: Schedule, run: Conductor | None) -> Plot:
    if run is not None:
        from sequencer.reports.timeline.from_run import performed

        return performed(run)
    from sequencer.reports.timeline.from_schedule import planned

    return planned(schedule)
