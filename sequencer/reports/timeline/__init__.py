"""Draw the timeline of a schedule or of a run: rulers of bars and chunks, and below them what is in force at each chunk."""

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
    """Return the timeline as a self-contained SVG image, ending in a newline. The output is the same for the same input.

    Args:
        schedule: The compiled score.
        run: The conductor of a finished run or of a replay. With it, the timeline shows what was performed, planned against
            landed.
        thumbnails: Small images as `data:` URLs, by the SHA-256 of the image's file. An image without a thumbnail is shown by
            name.
    """
    from sequencer.reports.timeline.svg import draw_svg

    return draw_svg(_plot(schedule, run), thumbnails or {})


def timeline_html(schedule: Schedule, run: Conductor | None = None, thumbnails: Mapping[str, str] | None = None) -> str:
    """Return the timeline as a self-contained HTML page: one strip that scrolls and zooms.

    The arguments are those of `timeline_svg`.
    """
    from sequencer.reports.timeline.html import draw_page

    return draw_page(_plot(schedule, run), thumbnails or {})


def thumbnails_of(schedule: Schedule, folder: Path) -> dict[str, str]:
    """Return thumbnails of a schedule's images, which are in the score's `folder`. Images that cannot be read are left out."""
    from sequencer.reports.timeline.thumbnails import thumbnails_of as read

    return read(schedule, folder)


def _plot(schedule: Schedule, run: Conductor | None) -> Plot:
    if run is not None:
        from sequencer.reports.timeline.from_run import plot_run

        return plot_run(run)
    from sequencer.reports.timeline.from_schedule import plot_schedule

    return plot_schedule(schedule)
