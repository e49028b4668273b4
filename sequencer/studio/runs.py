"""The runs of a studio: rehearsals in real time or as fast as possible, and shows.

A run plays the text of the editor as it was compiled when the run began; later texts reach it as
takeovers.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequencer.api.ensembles import EnsembleInput, play_ensemble, prepare_parts, rehearse_parts
from sequencer.api.perform_options import check_options
from sequencer.api.performing import (
    REACTOR,
    SIMULATED,
    PerformOptions,
    play,
    prepare,
)
from sequencer.api.rehearsing import rehearse_input
from sequencer.api.sources import RunInput
from sequencer.core.errors import UsageError
from sequencer.runtime.live.ensemble import EnsembleRun
from sequencer.runtime.operator.reload_control import (
    EditedScore,
    ReloadSettings,
    describe_problems,
)
from sequencer.studio.requests import ModeOptions
from sequencer.studio.workspace import EditedStages

if TYPE_CHECKING:
    from sequencer.core.images import ImageFile
    from sequencer.runtime.live.run import LiveRun
    from sequencer.runtime.rehearsal import Progress
    from sequencer.runtime.results import EnsembleResult, PerformanceResult, RehearsalResult
    from sequencer.stages.protocol import FrameViewer

RUN_NAME_BYTES = 6
"""The length of the random name of a run."""

_Play = Callable[
    [Callable[["LiveRun"], object]],
    "Coroutine[object, object, PerformanceResult | EnsembleResult]",
]

RunKind = Literal["rehearse", "show"]


class Stopped(Exception):  # noqa: N818  # it is no error
    """A rehearsal in virtual time was stopped."""


def input_of_edit(
    edited: EditedScore | EditedStages, file: Path, folder: Path
) -> RunInput | EnsembleInput:
    """Return what a run plays.

    Args:
        edited: The compiled text.
        file: The score's file, which an untitled score does not have yet.
        folder: The folder of its images.

    Raises:
        UsageError: The text has errors.
    """
    if isinstance(edited, EditedStages):
        whole = edited.ensemble
        found = RunInput(
            schedule=whole.reference,
            sources=edited.sources,
            folder=folder,
            name=file.name,
            file=file,
        )
        return EnsembleInput(schedule=whole, found=found)
    if edited.schedule is None:
        raise UsageError(
            f"the score has errors: {describe_problems(edited.problems)}",
            "correct them in the editor",
        )
    return RunInput(
        schedule=edited.schedule,
        sources=edited.sources,
        folder=folder,
        name=file.name,
        file=file,
    )


def one_input(found: RunInput | EnsembleInput) -> RunInput:
    """Return the input of a run on one stage, or that of the reference stage of several."""
    return found.found if isinstance(found, EnsembleInput) else found


def thumbnails_for(found: RunInput | EnsembleInput, images: Iterable[ImageFile]) -> dict[str, str]:
    """Return small images as `data:` URLs, by the digests of the images.

    Args:
        found: What a run plays.
        images: The images that its operator has added.
    """
    from sequencer.reports.timeline.thumbnails import thumbnails_of

    schedules = found.schedule.schedules if isinstance(found, EnsembleInput) else (found.schedule,)
    shown: dict[str, str] = {}
    for schedule in schedules:
        shown |= thumbnails_of(schedule, one_input(found).image, images)
    return shown


def score_to_take_over(edited: EditedScore | EditedStages) -> EditedScore:
    """Return a text that takes over. Raises UsageError if it is for several stages."""
    if isinstance(edited, EditedStages):
        raise UsageError(
            "a text for several stages cannot take over while a run plays",
            "finish the run, and rehearse the text",
        )
    return edited


def check_takes_over(run: LiveRun) -> None:
    """Raise UsageError if a run cannot take over edits."""
    if isinstance(run, EnsembleRun):
        raise UsageError(
            "edits cannot take over in a run on several stages so far",
            "finish the run, and play the score again",
        )


def real_time_options(
    is_show: bool,
    show: PerformOptions,
    options: ModeOptions,
    *,
    score: Path,
    warn: Callable[[str], object],
) -> PerformOptions:
    """Return the options of a run in real time.

    Args:
        is_show: Whether it is a show; otherwise it is a rehearsal, on the simulator.
        show: The options of a show.
        options: What the page asks for.
        score: The path of the score.
        warn: Receives messages for the operator.
    """
    base = show
    if not is_show:
        base = PerformOptions(
            stage=SIMULATED,
            nominal_clock=True,
            midi_in=show.midi_in,
            midi_out=show.midi_out,
            osc_in=show.osc_in,
            osc_out=show.osc_out,
        )
    return replace(
        base,
        score=score,
        record=show.record or options.record,
        from_=options.start or base.from_,
        quiet=True,
        keys=False,
        signals=False,
        warn=warn,
    )


class RealTimeRun:
    """A run in real time, on the simulator or a live stage.

    Args:
        kind: Whether it is a rehearsal or a show.
        found: What it plays.
        options: Its options.
        read_edit: Returns the text that takes over, when an operator wants that.
        viewers: What receives the frames that are shown, by the names of the stages; `""` for a run
            on one stage.
    """

    def __init__(
        self,
        kind: RunKind,
        found: RunInput | EnsembleInput,
        options: PerformOptions,
        *,
        read_edit: Callable[[], EditedScore],
        viewers: Mapping[str, FrameViewer],
    ) -> None:
        self.kind: RunKind = kind
        self.name = secrets.token_urlsafe(RUN_NAME_BYTES)
        self.found = found
        self.stage = options.stage or REACTOR
        self._viewers = viewers
        self.live: LiveRun | None = None
        self._task: asyncio.Task[PerformanceResult | EnsembleResult] | None = None
        if isinstance(found, EnsembleInput):
            check_options(options)
            parts = prepare_parts(found, options)
            self._folder = parts[2]
            self._play: _Play = partial(play_ensemble, *parts, viewers=viewers)
            return
        prepared = replace(
            prepare(options, lambda _: found),
            reloads=ReloadSettings(mode="offer", read=read_edit, files=()),
        )
        self._folder = prepared.folder
        self._play = partial(play, prepared, viewer=viewers[""])

    @property
    def folder(self) -> Path:
        """Where its files are, once it is over."""
        return self._folder.final

    async def begin(self, started: Callable[[LiveRun], object]) -> None:
        """Begin to play. `started` is called with the run before it plays.

        Raises SequencerError: It could not begin.
        """
        has_begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def note(run: LiveRun) -> None:
            self.live = run
            started(run)
            if not has_begun.done():
                has_begun.set_result(None)

        self._task = asyncio.create_task(self._play(note), name="run of the studio")
        await asyncio.wait((self._task, has_begun), return_when=asyncio.FIRST_COMPLETED)
        if not has_begun.done():
            has_begun.cancel()
            self._task.result()

    async def result(self) -> PerformanceResult | EnsembleResult:
        """Wait for the end. Raises SequencerError if it failed before its first take."""
        if self._task is None:
            raise RuntimeError("the run has not begun")
        return await asyncio.shield(self._task)

    def close(self, reason: str) -> None:
        """End it properly: its session is closed and its files are written."""
        if self.live is not None:
            self.live.performance.close(reason)


class VirtualRun:
    """A rehearsal in virtual time, in a thread: an hour takes seconds.

    Args:
        found: What it plays.
        start: The position from which it plays, or None.
        video: Whether a (small) video is made.
        progress: Called in the event loop with its progress.
        warn: Called in the event loop with each message for the operator.
    """

    kind: RunKind = "rehearse"

    def __init__(
        self,
        found: RunInput | EnsembleInput,
        *,
        start: str | None,
        video: bool,
        progress: Callable[[Progress], object],
        warn: Callable[[str], object],
    ) -> None:
        self.name = secrets.token_urlsafe(RUN_NAME_BYTES)
        self.found = found
        self._start = start
        self._video = video
        self._progress = progress
        self._warn = warn
        self._stop = threading.Event()
        self._task: asyncio.Task[RehearsalResult | EnsembleResult] | None = None

    def begin(self) -> None:
        """Begin to play."""
        self._task = asyncio.create_task(asyncio.to_thread(self._play, asyncio.get_running_loop()))

    def _play(self, loop: asyncio.AbstractEventLoop) -> RehearsalResult | EnsembleResult:
        def watch(progress: Progress) -> None:
            if self._stop.is_set():
                raise Stopped
            loop.call_soon_threadsafe(self._progress, progress)

        def warn(text: str) -> None:
            loop.call_soon_threadsafe(self._warn, text)

        if isinstance(self.found, EnsembleInput):
            return rehearse_parts(
                self.found,
                out=None,
                video=self._video,
                video_size=None,
                draft=self._video,
                from_=self._start,
                to=None,
                realtime=False,
                events=(),
                faults={},
                progress=watch,
                warn=warn,
                caption=None,
            )
        return rehearse_input(
            self.found,
            out=None,
            video=self._video,
            video_size=None,
            draft=self._video,
            from_=self._start,
            to=None,
            realtime=False,
            events=(),
            faults=None,
            progress=watch,
            warn=warn,
            bundle=False,
            caption=None,
            typed=None,
        )

    async def result(self) -> RehearsalResult | EnsembleResult | None:
        """Wait for the end; None if it was stopped. Raises SequencerError if it failed."""
        if self._task is None:
            raise RuntimeError("the run has not begun")
        try:
            return await asyncio.shield(self._task)
        except Stopped:
            return None

    def close(self, reason: str) -> None:
        """Stop it; it leaves no files."""
        del reason
        self._stop.set()
