"""Perform one live run: a stage in real time, operator, status line, time limit, clips and the run's folder."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from sequencer.core.errors import SequencerError
from sequencer.core.images import ImageFile
from sequencer.core.paths import check_no_link, remove
from sequencer.core.timebase import SECOND, nanoseconds
from sequencer.engine.bundle import bundle_of
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.report import Report
from sequencer.engine.journal import Journal, JournalWriter, header_of
from sequencer.engine.replay import resume_from_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    ClipRequested,
    ConnectionRestored,
    OffsetChanged,
    Ready,
    StageStatus,
    UnknownMessage,
    Uploaded,
)
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.live.status_display import StatusScreen, offset_line
from sequencer.runtime.loop import Outcome, Performance, Watcher, require_prompt
from sequencer.runtime.operator.input import Operator
from sequencer.runtime.operator.keyboard import Keys
from sequencer.runtime.operator.remote import FILE, RemoteControlServer
from sequencer.runtime.output.report_format import as_json
from sequencer.runtime.output.run_folder import RunFolder, bytes_of
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.runtime.signals import closing_on_signals
from sequencer.schedule.document import digest
from sequencer.schedule.model import Schedule
from sequencer.stages.protocol import Stage
from sequencer.stages.reactor.liveness import STOPPED_SECONDS, awake_ns
from sequencer.sync.run_clock import Clock

SESSION = "session.json"
"""A file in the run's folder while the run is in progress: the session in which it plays."""
POLL_INTERVAL_S = 0.1
"""How often to poll the stage for the state of its connection, in seconds."""
EXTRA_MINUTES = 5
"""Minutes that a run may last beyond the score's own length, unless a limit is set."""
STILL_WRITING = 30.0
"""Seconds that requested clips may still take after the end."""


class LiveStage(Protocol):
    """What a live run needs of its stage beside playing."""

    def standing(self) -> tuple[str, str]:
        """Return the state of the connection (one of four names), and details."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return measurements for the report."""
        ...

    async def clip(self, seconds: int) -> bytes:
        """Return an MP4 of the last seconds. Raises StageError."""
        ...

    def memory(self) -> dict[str, Any] | None:
        """Return what another process needs to take over the session (no secret); None if it cannot be taken over."""
        ...


Attachment = AbstractAsyncContextManager[object]
"""A part of a run, such as a MIDI input, a clock output or a recorder. It is entered before the stage opens."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """The settings of a live run. If `following` is None, the score's clock decides."""

    schedule: Schedule
    sources: Mapping[str, str] = field(default_factory=dict)
    following: bool | None = None
    offset_ms: int = 0
    most_minutes: Fraction | None = None
    script: tuple[ScriptedEvent, ...] = ()
    price_per_hour: Fraction = Fraction(0)
    clip_at_end: int | None = None
    quiet: bool = False
    images: Callable[[ImageFile], bytes] | None = None
    """Returns the images' bytes, for the timelines and the bundle."""
    bundle: bool = False
    """Whether to put journal and images into one file at the end."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """The stage and options as recorded in journal and report. It must never contain a secret."""

    def limit(self) -> int:
        """Return how long the run may last, in nanoseconds."""
        schedule = self.schedule
        minutes = self.most_minutes
        if minutes is None:
            minutes = schedule.end * schedule.grid.chunk / 60 + EXTRA_MINUTES
        return nanoseconds(minutes * 60)


@dataclass(frozen=True, slots=True)
class LiveResult:
    """The result of a live run. `failures` has a sentence for each incomplete file, with the reason (a full disk)."""

    report: Report
    schedule: Schedule
    folder: Path
    journal_failure: str | None
    clips: tuple[Path, ...]
    facts: Mapping[str, Any]
    failures: tuple[str, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    """The content of `report.json`."""

    @property
    def went_well(self) -> bool:
        """Whether the score was played as written, to its end or until an operator ended it; failed files do not count."""
        return self.report.went_as_written


class LiveRun:
    """One live run, built by `LiveRunBuilder`. `stage` plays and `live` reports its state; usually both are one object."""

    def __init__(
        self,
        settings: LiveSettings,
        folder: RunFolder,
        clock: Clock,
        stage: Stage,
        live: LiveStage,
        attachments: Sequence[Callable[[LiveRun], Attachment]] = (),
        broken_off: Journal | None = None,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.clock = clock
        self._live = live
        self._attachments = attachments
        require_prompt(settings.schedule)
        path = folder.path / "journal.jsonl"
        if broken_off is None:
            journal = JournalWriter(
                path, header_of(settings.schedule, settings.sources, dict(settings.told), settings.following)
            )
        else:
            journal = JournalWriter.resume(path, broken_off)
        self.performance = Performance(
            settings.schedule, stage, clock, journal, settings.script, [self._look], self.notify, settings.following
        )
        if broken_off is not None:
            (folder.path / FILE).unlink(missing_ok=True)  # the address file of the run that was killed
            self.performance.resume(broken_off, *resume_from_journal(broken_off))
        self.standing = LiveStatus(self.performance.conductor, clock.now())
        self._began = clock.now()
        """When the run began, in whichever process."""
        self._billed_before = 0.0
        """Seconds for which the session was billed before this process took it over."""
        if broken_off is not None:
            self._continue(broken_off)
        self._operator = Operator(
            self.performance,
            clock.now,
            self.notify,
            offset=lambda: offset_line(self.standing),
            can_clip=live.memory() is not None,  # the embedded stage ends with its process, and keeps nothing
        )
        self._screen = StatusScreen(
            self.standing,
            clock.now,
            lambda: self._operator.typed,
            price_per_hour=float(settings.price_per_hour),
            quiet=settings.quiet,
        )
        self.lookers: list[Watcher] = []
        """Further watchers: MIDI devices, recorders."""
        self._stops: list[float] = []
        """For how many seconds this process did not run, each time."""
        self.failures: list[str] = []
        """A sentence for each thing that could not be written so far."""
        self._clips: list[Path] = []
        self._asked: set[asyncio.Task[None]] = set()

    def _continue(self, broken_off: Journal) -> None:
        """Continue time and cost from where the killed run had them."""
        for record in broken_off.records:
            if record.event is not None:
                self.standing.handle(record.event, (), self.performance.conductor)
        if broken_off.records:
            self._began = broken_off.records[0].at
        self._billed_before = self.standing.billed_seconds(self.clock.now())

    def notify(self, text: str) -> None:
        """Print a message for the operator above the status line."""
        self._screen.say(f"sequencer: {text}")

    def failed(self, text: str) -> None:
        """Report that part of the run's output could not be written: it counts at the end."""
        if text not in self.failures:
            self.failures.append(text)
            self.notify(text)

    async def play(self) -> LiveResult:
        """Perform to the end, then write the run's files."""
        performance, settings = self.performance, self.settings
        async with AsyncExitStack() as stack:
            stack.callback(performance.put_away)
            stack.enter_context(closing_on_signals(performance.close))
            for attach in self._attachments:
                await stack.enter_async_context(attach(self))
            door = RemoteControlServer(self.folder.path, self._operator.handle_line)
            await door.open()
            stack.push_async_callback(door.close)
            stack.enter_context(Keys(self._operator.press))
            await stack.enter_async_context(self._screen)
            watching = asyncio.create_task(self._watch())
            stack.push_async_callback(_ended, watching)
            if settings.offset_ms:
                performance.deliver(OffsetChanged(self.clock.now(), settings.offset_ms * 1_000_000))
            limit = settings.limit()
            stop = self.clock.call_at(
                self._began + limit,
                lambda: performance.close(f"--max-minutes: {limit / 60 / SECOND:.1f} minutes are over"),
            )
            if not settings.quiet and self._live.memory() is not None:
                self.notify(f"if this process is killed, go on with: sequencer perform --resume {self.folder.final}")
            outcome = await performance.run(before_close=self._last_clip)
            stop.cancel()
            await self._wait_for_clips()
        return self._left(outcome)

    # ---- while it runs ---------------------------------------------------------------------------------------------

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        self.standing.handle(event, commands, conductor)
        for looker in self.lookers:
            looker(event, commands, conductor)
        if isinstance(event, Ready | ConnectionRestored | Uploaded):
            self._remember()
        if isinstance(event, ClipRequested):
            task = asyncio.create_task(self._clip(event.seconds))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)

    def _remember(self) -> None:
        """Save what another process needs to resume this run, in case this process is killed."""
        memory = self._live.memory()
        if memory is None:
            return
        path = self.folder.path / SESSION
        new = path.with_name(f".{SESSION}.new")
        try:
            check_no_link(path)
            remove(new)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(memory, file)
            new.replace(path)  # if this fails, the old file stays
        except OSError as error:
            remove(new)
            self.notify(f"{path} cannot be written ({error.strerror}): after a crash this run could not be gone on with")

    async def _watch(self) -> None:
        """Deliver each change of the connection's state as an event, also while the stage is being opened."""
        before: tuple[str, str] | None = None
        last = awake_ns()
        while True:
            last = self._note_stop(last)
            now = self._live.standing()
            if now != before:
                before = now
                event = StageStatus(self.clock.now(), now[0], now[1])  # type: ignore[arg-type]  # one of the four names
                self.standing.handle(event, (), self.performance.conductor)
                self.performance.deliver(event)
            await asyncio.sleep(POLL_INTERVAL_S)

    def _note_stop(self, last: int) -> int:
        """Report if this process was stopped, or its machine slept; return the time now."""
        now = awake_ns()
        seconds = (now - last) / SECOND
        if seconds > STOPPED_SECONDS:
            self._stops.append(round(seconds, 1))
            self.notify(f"this process did not run for {seconds:.1f} s: it was stopped, or the machine slept or was overloaded")
            self.performance.deliver(UnknownMessage(self.clock.now(), "stopped", json.dumps({"seconds": round(seconds, 3)})))
        return now

    async def _last_clip(self) -> None:
        """Fetch the clip that was requested at the start, while the session is still open, then wait for the others."""
        if self.settings.clip_at_end is not None:
            await self._clip(self.settings.clip_at_end)
        await self._wait_for_clips()

    async def _wait_for_clips(self) -> None:
        if self._asked:
            self.notify("waiting for clips")
            await asyncio.wait(set(self._asked), timeout=STILL_WRITING)

    async def _clip(self, seconds: int) -> None:
        path = self.folder.path / f"clip-{len(self._clips) + 1}.mp4"
        self._clips.append(path)
        try:
            data = await self._live.clip(seconds)
            path.write_bytes(data)
        except OSError as error:
            self._clips.remove(path)
            remove(path)
            self.failed(f"the clip cannot be written: {error.strerror}")
        except SequencerError as error:
            self._clips.remove(path)
            self.notify(f"no clip: {error.message}")
        else:
            self.notify(f"{path.name}: the last {seconds} s, {len(data) / 1e6:.1f} MB")

    # ---- the files of the run --------------------------------------------------------------------------------------

    def _left(self, outcome: Outcome) -> LiveResult:
        from sequencer.reports.timeline import timeline_html, timeline_svg
        from sequencer.reports.timeline.thumbnails import thumbnails_of

        schedule, report, images = self.settings.schedule, outcome.report, self.settings.images
        thumbnails = {} if images is None else thumbnails_of(schedule, images)
        measured = dict(self._live.facts())
        lag = self.standing.lag_in_force
        if "lag_ms" in measured and lag is not None:
            measured["lag_ms"] = round(lag / 1e6, 1)  # as the status line shows it, not as the stage counts it
        if self._billed_before and "billed_seconds" in measured:
            measured["billed_seconds"] = round(measured["billed_seconds"] + self._billed_before, 1)
        facts: dict[str, Any] = {
            "title": schedule.title,
            "seed": schedule.seed,
            "schedule_digest": digest(schedule),
            "settings": dict(self.settings.told),
            "measured": measured,
            "clips": [path.name for path in self._clips],
        }
        if outcome.journal_failure is not None:
            facts["journal_failure"] = outcome.journal_failure
        if outcome.unheard:
            facts["events_never_reached"] = list(outcome.unheard)
        if outcome.unanswered:
            facts["events_nothing_waited_for"] = list(outcome.unanswered)
        if self._stops:
            facts["stopped_seconds"] = self._stops
        remove(self.folder.path / SESSION)
        if self.failures:
            facts["failures"] = list(self.failures)
        document, conductor = as_json(report, facts), self.performance.conductor
        parts: list[Callable[[], object]] = [
            lambda: self.folder.write_json("report.json", document),
            lambda: self.folder.write("timeline.svg", timeline_svg(schedule, conductor, thumbnails)),
            lambda: self.folder.write("timeline.html", timeline_html(schedule, conductor, thumbnails)),
        ]
        if self.settings.bundle and images is not None:
            parts.append(lambda: bundle_of(self.folder.path, bytes_of(schedule.images, images)))
        journal = () if outcome.journal_failure is None else (outcome.journal_failure,)
        final, failures = self.folder.finish_with(parts, (*journal, *self.failures))
        clips = tuple(final / path.name for path in self._clips)
        return LiveResult(report, schedule, final, outcome.journal_failure, clips, facts, failures, document)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def remove_run_folder(folder: RunFolder) -> None:
    """Remove the folder of a run that never began."""
    shutil.rmtree(folder.path, ignore_errors=True)
