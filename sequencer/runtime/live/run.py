"""Perform one live run in real time.

It manages the stage, the operator, the status line, the time limit, the clips and the run's folder.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sequencer.core.errors import OutputError, SequencerError
from sequencer.core.images import ImageFile
from sequencer.core.paths import check_no_link, remove
from sequencer.core.timebase import SECOND, nanoseconds
from sequencer.engine.bundle import bundle_of
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.take_setup import NO_FADES
from sequencer.engine.journal import Journal, JournalWriter, header_of
from sequencer.engine.play_range import PlayRange
from sequencer.engine.replay import resume_from_journal
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import (
    ClipRequested,
    ConnectionRestored,
    OffsetChanged,
    Ready,
    SessionEnded,
    StageStatus,
    UnknownMessage,
    Uploaded,
    UploadFailed,
)
from sequencer.media.score_sounds import ScoreSound, explain_silence
from sequencer.runtime.blocking import end_task
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.live.status_display import StatusScreen, offset_line
from sequencer.runtime.live.stream_frames import StreamFrames, arrived_second, clip_second
from sequencer.runtime.live.time_limit import TimeLimit
from sequencer.runtime.live.warm_sessions import WarmStart
from sequencer.runtime.loop import Outcome, Performance, Watcher, require_prompt
from sequencer.runtime.operator.commands import FindImage
from sequencer.runtime.operator.debounce import (
    DEBOUNCE_MS,
    KEY_DEBOUNCE_MS,
    Debounce,
    ExitDebounce,
)
from sequencer.runtime.operator.input import Operator
from sequencer.runtime.operator.keyboard import Keys
from sequencer.runtime.operator.reload_control import ReloadControl, ReloadSettings
from sequencer.runtime.operator.remote import FILE, RemoteControlServer
from sequencer.runtime.output.report_format import as_json
from sequencer.runtime.output.run_folder import RunFolder, bytes_of
from sequencer.runtime.results import PerformanceResult
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.runtime.signals import INTERRUPTED, closing_on_signals
from sequencer.schedule.document import digest
from sequencer.schedule.model import Schedule
from sequencer.stages.kept_session import KeptSession
from sequencer.stages.protocol import Stage
from sequencer.stages.reactor.liveness import STOPPED_SECONDS, awake_ns
from sequencer.sync.run_clock import Clock

if TYPE_CHECKING:
    from sequencer.reports.timeline.player import Recording
    from sequencer.stages.reactor.clips import Clip

JOURNAL, SESSION = "journal.jsonl", "session.json"
"""The journal, and (while the run is in progress) the session in which it plays."""
POLL_INTERVAL_S = 0.1
"""How often to poll the stage for the state of its connection, in seconds."""
EXTRA_MINUTES = 5
"""Minutes that a run may last beyond the score's own length, unless a limit is set."""
STILL_WRITING = 30.0
"""Seconds that requested clips may still take after the end."""


class LiveStage(Protocol):
    """What a live run needs of its stage beside playing."""

    def live_status(self) -> tuple[str, str]:
        """Return the state of the connection (one of four names), and details."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return measurements for the report."""
        ...

    async def clip(self, seconds: int) -> Clip:
        """Return an MP4 of the last seconds. Raises StageError."""
        ...

    def memory(self) -> dict[str, Any] | None:
        """Return what another process needs to take over the session; None if it cannot.

        The result contains no secret. It is None if the session cannot be taken over.
        """
        ...

    def keep(self) -> KeptSession | None:
        """Keep the session for the next run when the stage is closed; None if it is over."""
        ...


Attachment = AbstractAsyncContextManager[object]
"""A part of a run, such as a MIDI input, a clock output or a recorder.

It is entered before the stage opens.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """What a live run plays, and how; its connections are in `LiveOptions`.

    If `following` is None, the clock decides.
    """

    schedule: Schedule
    sources: Mapping[str, str] = field(default_factory=dict)
    following: bool | None = None
    played: PlayRange | None = None
    """The range of the score to play; None for the whole score."""
    offset_ms: int = 0
    max_minutes: Fraction | None = None
    script: tuple[ScriptedEvent, ...] = ()
    price_per_hour: Fraction = Fraction(0)
    clip_at_end: int | None = None
    quiet: bool = False
    keys: bool = True
    """Whether the terminal's keys are read as operator commands."""
    debounce_ms: int = DEBOUNCE_MS
    """Within how many milliseconds a repeated press of a MIDI or OSC device is ignored."""
    debounce_keys_ms: int = KEY_DEBOUNCE_MS
    """The same for the terminal's keys."""
    signals: bool = True
    """Whether Ctrl-C and SIGTERM end the run."""
    warn: Callable[[str], object] | None = None
    """Called with each message for the operator, in place of printing it."""
    images: Callable[[ImageFile], bytes] | None = None
    """Returns the images' bytes, for the timelines and the bundle."""
    find_image: FindImage | None = None
    """Inspects an image that an operator improvises, given its path. Raises UsageError."""
    bundle: bool = False
    """Whether to put journal, images and sound into one file at the end."""
    sound: ScoreSound | None = None
    """The sound of the score, if it has one."""
    plays_sound: bool = False
    """Whether something plays the sound during the run, such as a page."""
    reloads: ReloadSettings | None = None
    """How edits of the score are taken over; None if the run does not watch its score."""
    warm: WarmStart | None = None
    """How the run of a set list begins that keeps its session; None for any other run."""
    stage_settings: Mapping[str, Any] = field(default_factory=dict)
    """The stage and options as recorded in journal and report. It must never contain a secret."""

    def limit(self, edited: Schedule | None = None) -> int:
        """Return how long the run may last, in nanoseconds; with an edit of its score."""
        schedule = edited or self.schedule
        minutes = self.max_minutes
        if minutes is None:
            first, end = 0, schedule.end
            if self.played is not None and edited is None:
                first, end = self.played.first_chunk(schedule), self.played.end_chunk(schedule)
            minutes = (end - first) * schedule.grid.chunk / 60 + EXTRA_MINUTES
        return nanoseconds(minutes * 60)


class LiveRun:
    """One live run, built by `LiveRunBuilder`.

    `stage` plays and `live` reports its state; usually both are one object.
    """

    def __init__(
        self,
        settings: LiveSettings,
        folder: RunFolder,
        clock: Clock,
        *,
        stage: Stage,
        live: LiveStage,
        attachments: Sequence[Callable[[LiveRun], Attachment]] = (),
        interrupted: Journal | None = None,
    ) -> None:
        self.settings = settings
        self.folder = folder
        self.clock = clock
        self.live = live
        self._attachments = attachments
        require_prompt(settings.schedule)
        warm = settings.warm
        self.performance = self._new_performance(stage, interrupted)
        if interrupted is not None:
            # The address file of the run that was killed.
            (folder.path / FILE).unlink(missing_ok=True)
            self.performance.resume(interrupted, *resume_from_journal(interrupted))
        self.live_status = LiveStatus(self.performance.conductor, clock.now())
        if warm is not None:
            self.live_status.billed_from = self.live_status.kept_at = warm.billed_from
        self.time_limit = TimeLimit(
            self.performance,
            clock,
            clock.now(),
            settings.limit,
            warm.wait_limit if warm is not None and warm.waits_for_go else None,
        )
        self._billed_before = 0.0
        """Seconds for which the session was billed before this process took it over."""
        if interrupted is not None:
            self._continue(interrupted)
        self.notice_listeners: list[Callable[[str], object]] = []
        """Called with each message for the operator, beside printing it."""
        self.reloads: ReloadControl | None = None
        if settings.reloads is not None:
            versions = () if interrupted is None else interrupted.versions
            self.reloads = ReloadControl(
                self.performance,
                settings.reloads,
                [one.sources for one in versions] or [settings.sources],
                clock.now,
                self.notify,
            )
        self.debounce = Debounce(settings.debounce_ms, self.notify)
        """Recognises the buttons and pads that bounce."""
        self._exits = ExitDebounce(self.debounce, lambda: self.performance.conductor.view)
        self.operator = Operator(
            self.performance,
            clock.now,
            self.notify,
            offset=lambda: offset_line(self.live_status),
            can_clip=live.memory() is not None,  # the simulator keeps nothing
            find_image=settings.find_image,
            reloads=self.reloads,
            exits=self._exits,
            key_debounce_ms=settings.debounce_keys_ms,
            go_from=0 if warm is None else warm.go_from,
        )
        self._screen = StatusScreen(
            self.live_status,
            clock.now,
            lambda: self.operator.typed,
            price_per_hour=float(settings.price_per_hour),
            quiet=settings.quiet,
        )
        self.was_ready = self.session_ended = False
        """Whether the stage was connected, and whether its session ended by itself."""
        self.lookers: list[Watcher] = []
        """Further watchers: MIDI devices, recorders."""
        self.stops: list[float] = []
        """For how many seconds this process did not run, each time."""
        self.notes: list[str] = []
        """What its parts add to the notes of the report, once it is over."""
        self.failures: list[str] = []
        """A sentence for each thing that could not be written so far."""
        self.recording: Callable[[], Recording | None] | None = None
        """Returns what the run's page plays, once the run is over; None without a video."""
        self._clips: list[Path] = []
        self._stream = StreamFrames(settings.schedule.grid)
        self._asked: set[asyncio.Task[None]] = set()

    def _new_performance(self, stage: Stage, interrupted: Journal | None) -> Performance:
        """Open the journal, and return the performance before anything has happened."""
        settings, path = self.settings, self.folder.path / JOURNAL
        may_reload, warm = settings.reloads is not None, settings.warm
        waits = False if warm is None else warm.waits_for_go
        journal = None if interrupted is None else JournalWriter.resume(path, interrupted)
        if journal is None:
            header = header_of(
                settings.schedule,
                settings.sources,
                dict(settings.stage_settings),
                settings.following,
                settings.played,
                sound=None if settings.sound is None else settings.sound.as_json(),
                may_reload=may_reload,
                waits_for_go=waits,
            )
            journal = JournalWriter(path, header)
        return Performance(
            settings.schedule,
            stage,
            self.clock,
            journal=journal,
            script=settings.script,
            watchers=[self._look],
            warn=self.notify,
            following=settings.following,
            played=settings.played,
            may_reload=may_reload,
            waits_for_go=waits,
        )

    def _continue(self, interrupted: Journal) -> None:
        """Continue time and cost from where the killed run had them."""
        for record in interrupted.records:
            if record.event is not None:
                self.live_status.handle(record.event, (), self.performance.conductor)
        if interrupted.records:
            self.time_limit.begin_at(interrupted.records[0].at)
        self._billed_before = self.live_status.billed_seconds(self.clock.now())

    def notify(self, text: str) -> None:
        """Print a message for the operator above the status line."""
        if self.settings.warn is not None:
            self.settings.warn(text)
        else:
            self._screen.print_line(f"sequencer: {text}")
        for listen in self.notice_listeners:
            listen(text)

    def deliver_from_device(self, event: Event) -> None:
        """Deliver an event of a MIDI or OSC device, unless it is what a contact sends again."""
        if self._exits.admits(event):
            self.performance.deliver(event)

    def failed(self, text: str) -> None:
        """Report that some output could not be written: it counts at the end."""
        if text not in self.failures:
            self.failures.append(text)
            self.notify(text)

    async def play(self) -> PerformanceResult:
        """Perform to the end, then write the run's files."""
        return self._left(await self.play_to_end())

    async def play_to_end(self) -> Outcome:
        """Perform to the end, with everything that is attached to the run."""
        performance, settings = self.performance, self.settings
        async with AsyncExitStack() as stack:
            stack.callback(performance.put_away)
            if settings.signals:
                stack.enter_context(closing_on_signals(performance.close))
            for attach in self._attachments:
                await stack.enter_async_context(attach(self))
            door = RemoteControlServer(self.folder.path, self.operator.answer)
            await door.open()
            stack.push_async_callback(door.close)
            if settings.keys:
                stack.enter_context(Keys(self.operator.press))
            await stack.enter_async_context(self._screen)
            watching = asyncio.create_task(self._watch())
            stack.push_async_callback(end_task, watching)
            if self.reloads is not None:
                editing = asyncio.create_task(self.reloads.watch())
                stack.push_async_callback(end_task, editing)
            if settings.offset_ms:
                performance.deliver(OffsetChanged(self.clock.now(), settings.offset_ms * 1_000_000))
            self.time_limit.check()
            if settings.sound is not None and not settings.plays_sound:
                is_recorded = bool(settings.stage_settings.get("record"))
                self.notify(explain_silence(settings.sound, is_recorded=is_recorded))
            outcome = await performance.run(before_close=self._before_close)
            self.time_limit.cancel()
            await self._wait_for_clips()
        return outcome

    # ---- while it runs ---------------------------------------------------------------------------

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        self.was_ready = self.was_ready or isinstance(event, Ready)
        self.session_ended = self.session_ended or isinstance(event, SessionEnded)
        self.time_limit.handle(event)
        self.live_status.handle(event, commands, conductor)
        self._stream.look(event, commands, conductor)
        if isinstance(event, Ready) and self.settings.schedule.has_fades and not event.fades:
            self.notify(NO_FADES)
        if isinstance(event, UploadFailed) and not conductor.is_finished:
            self.notify(f"an improvised image could not be uploaded: {event.reason}")
        if self.reloads is not None:
            self.reloads.look(event, commands, conductor)
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
        memory = self.live.memory()
        if memory is None:
            return
        path = self.folder.path / SESSION
        new = path.with_name(f".{SESSION}.new")
        try:
            check_no_link(path)
            remove(new)
            handle = os.open(
                new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600
            )
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(memory, file)
            is_new = not path.exists()
            new.replace(path)  # if this fails, the old file stays
        except OSError as error:
            remove(new)
            self.notify(
                f"{path} cannot be written ({error.strerror}): after a crash this run could "
                "not be resumed"
            )
        else:
            if is_new and not self.settings.quiet:
                self.notify(
                    "if this process is killed, resume the run with: sequencer perform "
                    f"--resume {self.folder.final}"
                )

    async def _watch(self) -> None:
        """Deliver each change of the connection's state as an event, also during opening.

        The stage may still be being opened.
        """
        before: tuple[str, str] | None = None
        last = awake_ns()
        while True:
            last = self._note_stop(last)
            now = self.live.live_status()
            if now != before:
                before = now
                event = StageStatus(self.clock.now(), now[0], now[1])  # type: ignore[arg-type]  # one of the four names
                self.live_status.handle(event, (), self.performance.conductor)
                self.performance.deliver(event)
            await asyncio.sleep(POLL_INTERVAL_S)

    def _note_stop(self, last: int) -> int:
        """Report if this process was stopped, or its machine slept; return the time now."""
        now = awake_ns()
        seconds = (now - last) / SECOND
        if seconds > STOPPED_SECONDS:
            self.stops.append(round(seconds, 1))
            self.notify(
                f"this process did not run for {seconds:.1f} s: it was stopped, or the machine "
                "slept or was overloaded"
            )
            self.performance.deliver(
                UnknownMessage(
                    self.clock.now(), "stopped", json.dumps({"seconds": round(seconds, 3)})
                )
            )
        return now

    async def _before_close(self) -> None:
        """Do what needs the session; then keep it for the next run, unless nothing may follow."""
        await self._last_clip()
        warm, run = self.settings.warm, self.performance.conductor
        is_last = warm is None or warm.keep is None
        if is_last or run.view.take == 0 or run.ended.startswith(INTERRUPTED):
            return
        kept = self.live.keep()
        if kept is not None and warm is not None and warm.keep is not None:
            warm.keep(kept)

    async def _last_clip(self) -> None:
        """Fetch the clip that was requested at the start, then wait for the others.

        The clip is fetched while the session is still open.
        """
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
            asked = self.clock.now()
            data = await self._with_sound(await self.live.clip(seconds), asked, path.name)
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

    async def _with_sound(self, clip: Clip, asked: int, name: str) -> bytes:
        """Return a clip with the sound of the score, if it has one.

        The clip was requested at nanosecond `asked`.
        """
        sound = self.settings.sound
        if sound is None:
            return clip.data
        from sequencer.runtime.recording.clip_sound import add_sound, length_of_clip

        view = self.performance.conductor.view
        grid = view.schedule.grid
        try:
            length = await asyncio.to_thread(length_of_clip, clip.data)
            first = round(Fraction(clip.start).limit_denominator(1000) * length.rate)
            second = clip_second(
                self._stream.score_second(first),
                arrived_second(view.shown, grid, asked, length.seconds),
            )
            if second is None:
                raise OutputError("no chunk of the score was shown before it was requested")
            return await asyncio.to_thread(
                add_sound, clip.data, sound.file, sound.track.start + second
            )
        except SequencerError as error:
            self.notify(f"{name} has no sound: {error.message}")
            return clip.data

    # ---- the files of the run --------------------------------------------------------------------

    def _left(self, outcome: Outcome) -> PerformanceResult:
        from sequencer.reports.timeline import Timelines
        from sequencer.reports.timeline.thumbnails import thumbnails_of

        conductor = self.performance.conductor
        schedule, images = self.settings.schedule, self.settings.images
        report = replace(outcome.report, notes=(*outcome.report.notes, *self.notes))
        shown = conductor.view.images
        thumbnails = {} if images is None else thumbnails_of(schedule, images, shown)
        drawn = Timelines(
            schedule,
            conductor,
            thumbnails,
            sound=self.settings.sound,
            recording=None if self.recording is None else self.recording(),
        )
        measured = dict(self.live.facts())
        lag = self.live_status.lag_in_force
        if "lag_ms" in measured and lag is not None:
            # As the status line shows it, not as the stage counts it.
            measured["lag_ms"] = round(lag / 1e6, 1)
        if self._billed_before and "billed_seconds" in measured:
            measured["billed_seconds"] = round(measured["billed_seconds"] + self._billed_before, 1)
        facts: dict[str, Any] = {
            **{"title": schedule.title, "seed": schedule.seed},
            "schedule_digest": digest(schedule),
            "settings": dict(self.settings.stage_settings),
            "measured": measured,
            "clips": [path.name for path in self._clips],
        }
        sound = self.settings.sound
        if sound is not None:
            facts["sound"] = sound.as_json()
        if outcome.journal_failure is not None:
            facts["journal_failure"] = outcome.journal_failure
        if outcome.unreached:
            facts["events_never_reached"] = list(outcome.unreached)
        if outcome.unanswered:
            facts["events_nothing_waited_for"] = list(outcome.unanswered)
        if self.stops:
            facts["stopped_seconds"] = self.stops
        remove(self.folder.path / SESSION)
        if self.failures:
            facts["failures"] = list(self.failures)
        document = as_json(report, facts)
        parts: list[Callable[[], object]] = [
            lambda: self.folder.write_json("report.json", document),
            lambda: self.folder.write("timeline.svg", drawn.svg()),
            lambda: self.folder.write("timeline.html", drawn.html()),
        ]
        if self.settings.bundle and images is not None:
            parts.append(
                lambda: bundle_of(
                    self.folder.path,
                    bytes_of(conductor.view.images, images),
                    None if sound is None else (sound.sound.sha256, sound.file),
                )
            )
        journal = () if outcome.journal_failure is None else (outcome.journal_failure,)
        final, failures = self.folder.finish_with(parts, (*journal, *self.failures))
        clips = tuple(final / path.name for path in self._clips)
        return PerformanceResult(
            report=report,
            schedule=schedule,
            folder=final,
            journal_failure=outcome.journal_failure,
            clips=clips,
            facts=facts,
            failures=failures,
            document=document,
            conductor=conductor,
        )
