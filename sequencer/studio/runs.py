"""The runs of a studio: rehearsals in real time or as fast as possible, and shows.

A run plays the text of the editor as it was compiled when the run began; later texts reach it as
takeovers.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequencer.api.performing import REACTOR, PerformOptions, PreparedRun, play, prepare
from sequencer.api.rehearsing import rehearse_input
from sequencer.api.sources import RunInput
from sequencer.core.errors import UsageError
from sequencer.runtime.operator.reload_control import (
    EditedScore,
    ReloadSettings,
    describe_problems,
)

if TYPE_CHECKING:
    from sequencer.runtime.live.run import LiveRun
    from sequencer.runtime.rehearsal import Progress
    from sequencer.runtime.results import PerformanceResult, RehearsalResult
    from sequencer.stages.protocol import FrameViewer

RUN_NAME_BYTES = 6
"""The length of the random name of a run."""

RunKind = Literal["rehearse", "show"]


class Stopped(Exception):  # noqa: N818  # it is no error
    """A rehearsal in virtual time was stopped."""


def input_of_edit(edited: EditedScore, file: Path, folder: Path) -> RunInput:
    """Return what a run plays.

    Args:
        edited: The compiled text.
        file: The score's file, which an untitled score does not have yet.
        folder: The folder of its images.

    Raises:
        UsageError: The text has errors.
    """
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


class RealTimeRun:
    """A run in real time, on the simulator or a live stage.

    Args:
        kind: Whether it is a rehearsal or a show.
        found: What it plays.
        options: Its options.
        read_edit: Returns the text that takes over, when an operator wants that.
        viewer: Receives the frames that are shown.
    """

    def __init__(
        self,
        kind: RunKind,
        found: RunInput,
        options: PerformOptions,
        *,
        read_edit: Callable[[], EditedScore],
        viewer: FrameViewer | None,
    ) -> None:
        self.kind: RunKind = kind
        self.name = secrets.token_urlsafe(RUN_NAME_BYTES)
        self.found = found
        self.stage = options.stage or REACTOR
        prepared = prepare(options, lambda _: found)
        self._prepared: PreparedRun = replace(
            prepared,
            reloads=ReloadSettings(mode="offer", read=read_edit, files=()),
        )
        self._viewer = viewer
        self.live: LiveRun | None = None
        self._task: asyncio.Task[PerformanceResult] | None = None

    @property
    def folder(self) -> Path:
        """Where its files are, once it is over."""
        return self._prepared.folder.final

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

        self._task = asyncio.create_task(
            play(self._prepared, note, viewer=self._viewer), name="run of the studio"
        )
        await asyncio.wait((self._task, has_begun), return_when=asyncio.FIRST_COMPLETED)
        if not has_begun.done():
            has_begun.cancel()
            self._task.result()

    async def result(self) -> PerformanceResult:
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
        found: RunInput,
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
        self._task: asyncio.Task[RehearsalResult] | None = None

    def begin(self) -> None:
        """Begin to play."""
        self._task = asyncio.create_task(asyncio.to_thread(self._play, asyncio.get_running_loop()))

    def _play(self, loop: asyncio.AbstractEventLoop) -> RehearsalResult:
        def watch(progress: Progress) -> None:
            if self._stop.is_set():
                raise Stopped
            loop.call_soon_threadsafe(self._progress, progress)

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
            warn=lambda text: loop.call_soon_threadsafe(self._warn, text),
            bundle=False,
            caption=None,
            typed=None,
        )

    async def result(self) -> RehearsalResult | None:
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
