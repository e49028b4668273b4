"""Draw the timeline of a schedule or a run, with what is in force at each chunk.

Rulers of bars and chunks are above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.media.score_sounds import ScoreSound
    from sequencer.reports.timeline.player import Recording
    from sequencer.reports.timeline.plot import Plot

__all__ = ["Timelines", "timeline_html", "timeline_svg"]


def timeline_svg(
    schedule: Schedule,
    run: Conductor | None = None,
    thumbnails: Mapping[str, str] | None = None,
    *,
    sound: ScoreSound | None = None,
) -> str:
    """Return the timeline as a self-contained SVG image, ending in a newline.

    The output is the same for the same input.

    Args:
        schedule: The compiled score.
        run: The conductor of a finished run or of a replay. With it, the timeline shows what was
            performed, planned against landed.
        thumbnails: Small images as `data:` URLs, by the SHA-256 of the image's file. An image
            without a thumbnail is shown by name.
        sound: The sound of the score, if it is drawn.
    """
    from sequencer.reports.timeline.svg import draw_svg

    return draw_svg(_plot(schedule, run, sound), thumbnails or {})


def timeline_html(
    schedule: Schedule,
    run: Conductor | None = None,
    thumbnails: Mapping[str, str] | None = None,
    *,
    sound: ScoreSound | None = None,
    recording: Recording | None = None,
) -> str:
    """Return the timeline as a self-contained HTML page: one strip that scrolls and zooms.

    The arguments are those of `timeline_svg`; with a recording, which is a file next to the page,
    the page plays it above the strip, next to a list of the cues.
    """
    from sequencer.reports.timeline.html import draw_page

    return draw_page(_plot(schedule, run, sound), thumbnails or {}, recording)


class Timelines:
    """The timelines of one run in both formats, which have most of the work in common.

    Args:
        schedule: The compiled score.
        run: The conductor of a finished run.
        thumbnails: As for `timeline_svg`.
        sound: As for `timeline_svg`.
        recording: As for `timeline_html`.
    """

    def __init__(
        self,
        schedule: Schedule,
        run: Conductor,
        thumbnails: Mapping[str, str],
        *,
        sound: ScoreSound | None = None,
        recording: Recording | None = None,
    ) -> None:
        self._schedule, self._run, self._thumbnails = schedule, run, thumbnails
        self._sound, self._recording = sound, recording
        self._drawn: Plot | None = None

    def svg(self) -> str:
        """Return the timeline as `timeline_svg` does."""
        from sequencer.reports.timeline.svg import draw_svg

        return draw_svg(self._plot(), self._thumbnails)

    def html(self) -> str:
        """Return the timeline as `timeline_html` does."""
        from sequencer.reports.timeline.html import draw_page

        return draw_page(self._plot(), self._thumbnails, self._recording)

    def _plot(self) -> Plot:
        if self._drawn is None:
            self._drawn = _plot(self._schedule, self._run, self._sound)
        return self._drawn


def _plot(schedule: Schedule, run: Conductor | None, sound: ScoreSound | None) -> Plot:
    plot = _plot_without_sound(schedule, run)
    if sound is None:
        return plot
    from sequencer.reports.timeline.waveform import Waveform

    return replace(plot, sound=Waveform.of(sound))


def _plot_without_sound(schedule: Schedule, run: Conductor | None) -> Plot:
    if run is not None:
        from sequencer.reports.timeline.from_run import plot_run

        return plot_run(run)
    from sequencer.reports.timeline.from_schedule import plot_schedule

    return plot_schedule(schedule)
