"""The studio: the open score, what it does now, the pages that show it, and their requests.

Modes: `edit` (no run), `rehearse` and `show` (a run plays), `report` (the last run). Each page
receives a snapshot when it connects and whenever the mode changes, and patches in between.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from sequencer.api.ensembles import EnsembleInput
from sequencer.api.performing import SIMULATED, PerformOptions
from sequencer.api.sources import RunInput
from sequencer.core.errors import SequencerError, UsageError
from sequencer.runtime.live.ensemble import EnsembleRun
from sequencer.runtime.operator.reload_control import EditedScore
from sequencer.studio.answers import Answers
from sequencer.studio.connection import PageConnection
from sequencer.studio.frames import serve_frames
from sequencer.studio.go_state import NO_GO
from sequencer.studio.page_keys import PageKeys
from sequencer.studio.pages import Pages
from sequencer.studio.permissions import check_permission
from sequencer.studio.plots import ProgressPlots
from sequencer.studio.protocol import Alert, Mode, Note, Pad, Role
from sequencer.studio.requests import (
    Ask,
    CommandMessage,
    Edit,
    Learn,
    Lock,
    ModeOptions,
    Open,
    Request,
    Save,
    SetMode,
    TakeOver,
    Undo,
)
from sequencer.studio.run_results import RunResult, result_plot, result_view
from sequencer.studio.run_source import RunSource
from sequencer.studio.run_view import RunView
from sequencer.studio.runs import (
    RealTimeRun,
    VirtualRun,
    check_takes_over,
    input_of_edit,
    one_input,
    real_time_options,
    score_to_take_over,
    thumbnails_for,
)
from sequencer.studio.stage_hubs import StageHubs
from sequencer.studio.stages_view import StagePlots, StagesView
from sequencer.studio.tickets import Tickets
from sequencer.studio.undone_text import UndoneText
from sequencer.studio.virtual_progress import VirtualProgress, playback_of_progress
from sequencer.studio.workspace import Workspace

if TYPE_CHECKING:
    from aiohttp import web

    from sequencer.engine.conductor.machine import Conductor
    from sequencer.events.codec import Event
    from sequencer.events.commands import Command
    from sequencer.media.score_sounds import ScoreSound
    from sequencer.runtime.live.run import LiveRun
    from sequencer.runtime.rehearsal import Progress
    from sequencer.schedule.model import Schedule

MAX_NOTES = 200
"""The most messages for the operator that are kept."""
MAX_VIDEO_MINUTES = 10
"""A rehearsal in virtual time makes a video of a score up to this length."""
log = logging.getLogger("sequencer.studio")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioSettings:
    """How a studio performs, and where its scores are.

    Attributes:
        folder: The folder whose scores it can open.
        show: The options of a show; the stage, its key, MIDI and OSC.
        print_line: Prints a line in the studio's terminal.
    """

    folder: Path
    show: PerformOptions
    print_line: Callable[[str], object] = print


@dataclass(slots=True, kw_only=True)
class _State:
    """What changes while the studio runs, beside the run itself."""

    mode: Mode = "edit"
    is_locked: bool = False
    notes: list[Note] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    report: dict[str, Any] | None = None


class Studio:
    """One studio.

    Args:
        settings: How it performs.
        workspace: The open score.
    """

    def __init__(self, settings: StudioSettings, workspace: Workspace) -> None:
        self.settings = settings
        self.keys = PageKeys()
        self.process = secrets.token_urlsafe(6)
        self.tickets = Tickets()
        self.hubs = StageHubs(self._warn_from_thread)
        self.address_of: Callable[[str, str, str | None], str] = lambda path, key, host: path
        """Returns the address of a page: its path, its key, and a name of this machine or None."""
        self.network_names: Callable[[], list[str]] = list
        """Returns the names under which other machines reach this server."""
        self.workspace = workspace
        self.run: RealTimeRun | VirtualRun | None = None
        self.view: RunView | None = None
        """What pages show of the run that plays."""
        self._plots: ProgressPlots | StagePlots | None = None
        self._plot: dict[str, Any] | None = None
        """The last timeline of the run, as a message."""
        self._thumbnails: Mapping[str, str] = {}
        self._sound: ScoreSound | None = None
        self._finished: dict[str, Any] = {}
        """What pages show of the run that is over."""
        self._answers = Answers(self)
        self._state = _State()
        self._progress: VirtualProgress | None = None
        self._began = monotonic_ns()
        self._run_alerts: list[Alert] = []
        self._schedule: Schedule | None = None
        self._edited: EditedScore | None = None
        """The text that takes over, when the run reads it."""
        self._undone_text = UndoneText()
        self._take_over = asyncio.Lock()
        self._changing = asyncio.Lock()
        self.pages = Pages(self, lambda: self.view is not None)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    # ---- its life --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to serve pages."""
        self._loop = asyncio.get_running_loop()
        await self._attach(self.workspace)
        self.keep(asyncio.create_task(self.pages.publish(), name="patches of the studio"))

    async def stop(self, reason: str = "interrupted (the studio has ended)") -> None:
        """End the run, if one plays, and everything else."""
        run = self.run
        if run is not None:
            run.close(reason)
            with suppress(SequencerError):
                await run.result()
            ending = [one for one in self._tasks if one.get_name() == "end of the run"]
            await asyncio.gather(*ending, return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.workspace.stop()
        await asyncio.to_thread(self.hubs.close)

    async def _attach(self, workspace: Workspace) -> None:
        """Show a score: start its checks, and pass on what it reports."""
        self.workspace = workspace
        workspace.listener = self.pages.pass_on
        workspace.on_state = lambda: self.pages.mark("score")
        await workspace.start()

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Keep a task until it is done; report a fault of ours in the terminal."""
        self._tasks.add(task)
        task.add_done_callback(self._finished_task)

    def _finished_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of the studio has failed", exc_info=error)
            self.settings.print_line(f"sequencer: the studio failed: {type(error).__name__}")

    def now(self) -> int:
        """Return the time that pages show, in nanoseconds: the run's, or since the beginning."""
        live = self._live
        return monotonic_ns() - self._began if live is None else live.clock.now()

    @property
    def mode(self) -> Mode:
        """What the studio does now."""
        return self._state.mode

    @property
    def _live(self) -> LiveRun | None:
        return self.run.live if isinstance(self.run, RealTimeRun) else None

    @property
    def run_name(self) -> str:
        """The name of the run that plays, or of the one that is reported; empty for none."""
        return "" if self.run is None else self.run.name

    # ---- pages -----------------------------------------------------------------------------------

    def connect(self, page: PageConnection) -> None:
        """Send a page that has connected everything that it shows."""
        self.pages.add(page)
        if page.role == "operator":
            for message in self.workspace.latest():
                page.send_text(message.text)
        if self._plot is not None and page.role != "viewer":
            page.send(self._plot)

    def disconnect(self, page: PageConnection) -> None:
        """Forget a page."""
        self.pages.remove(page)
        self.tickets.end(page)
        self._answers.cancel_learning(page)

    def snapshot(self, role: Role) -> dict[str, Any]:
        """Return the whole state for a page."""
        state = self._state
        return {
            "run": self.run_name,
            "mode": state.mode,
            "locked": state.is_locked,
            "score": self.score(role, with_text=True),
            "playback": playback_of_progress(self._progress),
            "clock": None,
            "go": NO_GO,
            "next": None,
            "lines": [],
            "pads": [],
            "revisions": [],
            "notes": list(state.notes),
            "report": state.report,
            "stages": [],
            "stage": self.settings.show.stage or "reactor",
            **(self._finished if self.view is None else self.view.snapshot(self.now())),
            "alerts": self._alerts(),
        }

    def score(self, role: Role, *, with_text: bool) -> dict[str, Any]:
        """Return the state of the score for a role; only operators receive its text."""
        revision = 0 if self.view is None else self.view.source.view.version
        return dict(self.workspace.state(revision, with_text=with_text and role == "operator"))

    def _alerts(self) -> list[Alert]:
        return [*self._state.alerts, *self._run_alerts]

    @property
    def schedule(self) -> Schedule | None:
        """The score that plays, or the one that was compiled last; None before that."""
        if self.view is not None:
            return self.view.source.view.schedule
        return self._schedule

    def changes(self, marked: Collection[str]) -> dict[str, Any]:
        """Return the parts of the state that changed, for a patch."""
        parts: dict[str, Any] = {} if self.view is None else self.view.changes(self.now())
        if self.view is not None:
            self._return_text(self.view.source.view.version)
        if "score" in marked or "revisions" in parts:  # another version of the score may play
            parts["score"] = None  # it depends on the role
        if "locked" in marked:
            parts["locked"] = self._state.is_locked
        if "playback" in marked:
            parts.setdefault("playback", playback_of_progress(self._progress))
        if "notes" in marked and self.view is None:
            parts["notes"] = self._state.notes
        if "alerts" in parts:
            self._run_alerts = parts["alerts"]
            parts["alerts"] = self._alerts()
        return parts

    async def new_plot(self) -> dict[str, Any] | None:
        """Return the timeline of the run as a message, if it changed."""
        plots = self._plots
        plot = None if plots is None else await plots.plot_in_thread(self.now())
        # The run may have ended while its timeline was made.
        return None if plot is None or plots is not self._plots else self._plot_message(plot)

    def _plot_message(self, plot: dict[str, Any]) -> dict[str, Any]:
        revision = 1 if self.view is None else self.view.source.view.version
        self._plot = {"t": "plot", "revision": revision, "live": True, "plot": plot}
        return self._plot

    def _send_snapshots(self) -> None:
        if self.view is not None:
            self._run_alerts = self.view.alerts(self.now())
        self.pages.send_snapshots()

    def note(self, text: str) -> None:
        """Show a message for the operator, in the pages and in the terminal."""
        self._keep_note(text)
        self.settings.print_line(f"sequencer: {text}")

    def _keep_note(self, text: str) -> None:
        if self.view is not None:
            self.view.notice(self.now(), text)
        else:
            one: Note = {"at": self.now(), "text": text}
            self._state.notes = [*self._state.notes, one][-MAX_NOTES:]
        self.pages.mark("notes")

    def _warn_from_thread(self, text: str) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.note, text)

    # ---- requests --------------------------------------------------------------------------------

    async def answer(self, page: PageConnection, request: Request) -> Any:
        """Answer a request of a page. Raises SequencerError if it is refused."""
        check_permission(page.role, request)
        match request:
            case Edit():
                return self._edit(page, request)
            case Ask():
                return await self._answers.ask(page, request.what, request.fields)
            case CommandMessage():
                return await self._command(request.run, request.command)
            case TakeOver():
                return await self._take_over_text(request)
            case Undo():
                return await self._undo(request)
            case Save():
                return await self._save(request)
            case SetMode():
                async with self._changing:
                    return await self._set_mode(request.mode, request.options)
            case Lock():
                self._state.is_locked = request.locked
                self.pages.mark("locked")
                return None
            case Open():
                async with self._changing:
                    return await self._open(request.file)
            case Learn():
                return await self._answers.learn(page, request.pad)
            case _:
                raise UsageError(f"{request.t} is not a request of this studio", "reload the page")

    def _edit(self, page: PageConnection, request: Edit) -> bool:
        if self._state.is_locked:
            raise UsageError("the editor is locked during a show", "unlock it: E")
        changes = [{"from": one.start, "to": one.end, "text": one.text} for one in request.changes]
        return self.workspace.edit(page.name, request.version, changes)

    async def _save(self, request: Save) -> dict[str, Any]:
        return await self.workspace.save(
            request.version, overwrite=request.overwrite, name=request.name
        )

    def check_run(self, name: str) -> LiveRun:
        """Return the run that plays in real time, if it is the one that a page shows.

        Raises UsageError.
        """
        if self.run is None or name != self.run.name:
            raise UsageError(
                "this page shows another run than the one that plays", "reload the page"
            )
        live = self._live
        if live is None or self._state.mode not in ("rehearse", "show"):
            raise UsageError("no run plays in real time", "rehearse the score, or perform it")
        return live

    async def _command(self, run: str, command: str) -> str | None:
        if isinstance(self.run, VirtualRun) and run == self.run.name:
            if command.split() != ["finish"]:
                raise UsageError("a rehearsal at once takes no commands", "rehearse in real time")
            self.run.close("")
            return None
        return await self.check_run(run).operator.answer(command)

    async def _take_over_text(self, request: TakeOver) -> str | None:
        live = self.check_run(request.run)
        check_takes_over(live)
        async with self._take_over:
            self._edited = score_to_take_over(await self.workspace.schedule_for(request.version))
            where = f"in {request.section}" if request.section else f"at {request.where}"
            answer = await live.operator.answer(f"reload {where}")
            self._undone_text.cancel()
            return answer

    async def _undo(self, request: Undo) -> str | None:
        check_takes_over(live := self.check_run(request.run))
        plays = live.performance.conductor.view.version
        answer = await self._command(request.run, f"undo at {request.where}")
        self._undone_text.expect(plays)
        return answer

    def _return_text(self, version: int) -> None:
        """Return to the text of a version that an undo lets play again."""
        reloads = None if self._live is None else self._live.reloads
        if reloads is not None:
            text = self._undone_text.find(version, reloads.text_of, self.workspace.text)
            if text is not None:
                self.workspace.replace(text)

    def _read_edit(self) -> EditedScore:
        if self._edited is None:
            raise AssertionError("a takeover compiles the text first")
        return self._edited

    # ---- modes -----------------------------------------------------------------------------------

    async def _open(self, file: str) -> dict[str, Any]:
        if self._state.mode in ("rehearse", "show"):
            raise UsageError("a run plays", "finish it first")
        if self.workspace.is_dirty:
            raise UsageError(f"{self.workspace.name} has unsaved edits", "save it first")
        workspace = await self._answers.open(file)
        await self.workspace.stop()
        self._schedule = None
        self._state.report, self._state.alerts = None, []
        await self._attach(workspace)
        self._enter("edit")
        return {"file": workspace.name}

    async def _set_mode(self, mode: Mode, options: ModeOptions) -> dict[str, Any] | None:
        is_playing = self._state.mode in ("rehearse", "show")
        match mode:
            case "edit" | "report" if is_playing:
                raise UsageError("a run plays", "finish it first")
            case "edit":
                self._enter("edit")
            case "report":
                if self._state.report is None:
                    raise UsageError("there is no run to report", "rehearse the score first")
                self._enter("report")
            case "rehearse" | "show" if is_playing:
                raise UsageError("a run plays already", "finish it first")
            case "rehearse" if not options.real_time:
                await self._rehearse_at_once(options)
            case "rehearse" | "show":
                await self._perform(mode, options)
        return {"run": self.run_name}

    def _enter(self, mode: Mode) -> None:
        self._state.mode = mode
        self._state.is_locked = mode == "show"
        if mode == "edit":
            self.run, self.view, self._plots, self._plot = None, None, None, None
            self._finished, self._run_alerts = {}, []
        self._send_snapshots()

    async def _compile(self) -> RunInput | EnsembleInput:
        """Compile the text for a run. Raises UsageError if it has errors."""
        edited = await self.workspace.schedule_for(self.workspace.version)
        found = input_of_edit(edited, self.path, self.workspace.folder)
        self._schedule = one_input(found).schedule
        return found

    @property
    def path(self) -> Path:
        """The path of the open score, also if it has not been saved yet."""
        return self.workspace.folder / Path(self.workspace.name).name

    async def _perform(self, mode: Mode, options: ModeOptions) -> None:
        found = await self._compile()
        perform = real_time_options(
            mode == "show", self.settings.show, options, score=self.path, warn=self.note
        )
        names = found.schedule.names if isinstance(found, EnsembleInput) else ("",)
        run = RealTimeRun(
            "show" if mode == "show" else "rehearse",
            found,
            perform,
            read_edit=self._read_edit,
            viewers=self.hubs.begin(names),
        )

        def started(live: LiveRun) -> None:
            self.run = run
            stage = "simulator" if perform.stage == SIMULATED else run.stage
            self._begin_view(RunSource.of_live_run(live, stage), found, live)
            live.lookers.append(self._look)
            self._enter(mode)
            self.pages.mark()

        await run.begin(started)
        self.keep(asyncio.create_task(self._end_of(run), name="end of the run"))

    def _begin_view(
        self, source: RunSource, found: RunInput | EnsembleInput, live: LiveRun
    ) -> None:
        self._finished = {}
        self._state.notes, self._state.alerts, self._state.report = [], [], None
        self._sound, self._plot = live.settings.sound, None
        self._thumbnails = thumbnails_for(found, source.view.images)
        if isinstance(live, EnsembleRun):
            ensemble = live.ensemble_performance.ensemble
            self.view = StagesView(source, ensemble)
            self._plots = StagePlots(ensemble, source, self._thumbnails, self._sound)
            return
        self.view = RunView(source)
        self._plots = ProgressPlots(source.conductor, self._thumbnails, self._sound)

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Handle an event of the run as a watcher: its view notes it, and a patch follows."""
        if self.view is not None:
            self.view.look(event, commands, conductor)
        self._answers.handle(event)
        self.pages.mark()

    async def _rehearse_at_once(self, options: ModeOptions) -> None:
        found = await self._compile()
        schedule = one_input(found).schedule
        videos = len(found.schedule.parts) if isinstance(found, EnsembleInput) else 1
        minutes = videos * schedule.end * schedule.grid.chunk / 60
        self._state.notes, self._state.alerts, self._state.report = [], [], None
        self._progress = VirtualProgress(began=self.now())
        run = VirtualRun(
            found,
            start=options.start,
            video=minutes <= MAX_VIDEO_MINUTES,
            progress=self._show_progress,
            warn=self.note,
        )
        run.begin()
        self.run, self.view, self._plots, self._plot = run, None, None, None
        self._thumbnails, self._sound, self._finished = {}, None, {}
        self._enter("rehearse")
        self.keep(asyncio.create_task(self._end_of(run), name="end of the run"))

    def _show_progress(self, progress: Progress) -> None:
        if self._progress is not None:
            self._progress.last = progress
            self.pages.mark("playback")

    async def _end_of(self, run: RealTimeRun | VirtualRun) -> None:
        """Wait for the end of a run, and show its report."""
        try:
            result: RunResult | None = await run.result()
        except SequencerError as error:
            result = None
            self._state.alerts = [_failure(error)]
            self._keep_note(error.message)
        self._progress = None
        if self.run is not run:
            return
        if result is None:
            self._enter("edit")
            return
        report = self._answers.report_of(result, run.found)
        stage = "simulator" if isinstance(run, VirtualRun) else run.stage
        notes: list[Note] = []
        if self.view is not None:
            notes = self.view.snapshot(self.now())["notes"]
            billed = report.get("measured", {}).get("billed_seconds", 0)
            report |= self.view.figures(self.now(), billed)
        self._finished = result_view(result, report, stage)
        self._finished["notes"] = [*notes, *self._finished["notes"]]
        self._state.report = report
        self.view, self._plots = None, None
        self._run_alerts = self._finished["alerts"]
        self._enter("report")
        plot = await asyncio.to_thread(result_plot, result, self._thumbnails, self._sound)
        if self.run is run:
            self.pages.send_plot(self._plot_message(plot))

    # ---- what answers need -----------------------------------------------------------------------

    def find_pad(self, name: str) -> Pad:
        """Return a pad of the run. Raises UsageError."""
        pads: list[Pad] = [] if self.view is None else self.view.snapshot(self.now())["pads"]
        for pad in pads:
            if pad["id"] == name:
                return pad
        raise UsageError("the score has no such pad", "reload the page")

    async def serve_frames(self, opened: web.WebSocketResponse, stage: str) -> None:
        """Send the frames of a stage of the run to a page until it closes."""
        await serve_frames(opened, self.hubs.find(stage))


def _failure(error: SequencerError) -> Alert:
    return {
        "id": "run-failed",
        "level": "error",
        "title": error.message,
        "text": error.hint or "",
        "actions": [],
    }
