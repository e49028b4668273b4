"""Plays a script in virtual time and records the evidence: everything that can be known about the
show.
"""

from __future__ import annotations

import asyncio
import tempfile
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

from PIL import Image

from sequencer.core.errors import ScoreError, SequencerError, StageError
from sequencer.core.timebase import ChunkGrid
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.engine.journal import JournalWriter, encode_version, header_of
from sequencer.events.codec import Event
from sequencer.events.commands import Command, ModelCommand, SendOsc, Upload
from sequencer.events.events import ChunkShown, ReloadRequested, TimerFired
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.language.score import Score
from sequencer.runtime.live.attachments import ClockSenderTask, MidiSender, clock_sections, end_of
from sequencer.runtime.live.message_forwarding import MessageForwarder
from sequencer.runtime.loop import Outcome, Performance
from sequencer.runtime.scripted_events import parse_scripted_event
from sequencer.schedule.model import PromptAct, Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios import HeliosModel
from sequencer.stages.simulated.helios_state import ChunkInputs, Output, hash64
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.sync.run_clock import VirtualClock
from tests.simulation.clock_device import ClockDevice, duration
from tests.simulation.connection import ReactorStage, SimulatedReactor, beneath, settings_of
from tests.simulation.script import Edit, Script
from tests.simulation.timecode import Tape
from tests.simulation.virtual_loop import LoopClock, VirtualLoop, run_virtually
from tests.support.virtual_sender import VirtualSender, osc_as_bytes

SECOND = 10**9
SMALLEST = 'seed 1\nat 0c "Picture 1."\nend 6c\n'
COLOURS = {"a.png": (200, 30, 30), "b.png": (30, 200, 30), "c.png": (30, 30, 200)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCommand:
    """A command that reached the model: when, in which of its takes, and the first chunk that it
    could act on then.

    `base` is the take's first score chunk, and `making` the current chunk, according to the
    conductor when it was sent.
    """

    at: int
    take: int
    following: int
    name: str
    data: Mapping[str, object]
    base: int
    making: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event, what the conductor did about it, and the conductor's state afterwards."""

    event: Event
    commands: tuple[Command, ...]
    phase: Phase
    base: int
    making: int
    takes: int
    connected: bool
    handled_at: int = 0
    """When it was handled, which is later than it came if a send was going on."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A delivery that was assigned a chunk in a step."""

    step: int
    line: int
    chunk: int


@dataclass(frozen=True, slots=True)
class Displayed:
    """The first frame of a chunk of one of the model's takes was displayed."""

    at: int
    take: int
    chunk: int


@dataclass(slots=True, kw_only=True)
class Show:
    """What was played, and everything that happened.

    `crash` is the traceback of a program that crashed.
    """

    script: Script
    score: Score
    schedule: Schedule
    following: bool
    faults: Faults
    steps: list[Step] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    model: list[ReceivedCommand | Output] = field(default_factory=list)
    sent: list[tuple[int, bool, Upload | ModelCommand]] = field(default_factory=list)
    """(when, whether the connection was up, command): everything that was given to the stage."""
    sends: list[tuple[Upload | ModelCommand, ...]] = field(default_factory=list)
    """The same, grouped by what was given to it together."""
    delivered: list[Event] = field(default_factory=list)
    """Every event, in the order in which they came."""
    displayed: list[Displayed] = field(default_factory=list)
    sent_messages: list[tuple[int, bytes]] = field(default_factory=list)
    """What was sent to external devices: the score's messages, and the ticks of our own clock."""
    ends_at: Fraction | None = None
    """The quarter at which the score ended, if our own clock was sent."""
    closes: int = 0
    closed_at: int = 0
    sent_after_close: int = 0
    capped: bool = False
    conductor: Conductor | None = None
    outcome: Outcome | None = None
    journal: bytes = b""
    crash: str = ""
    refused: str = ""
    """Why a score that was written to be valid is refused."""
    unopened: str = ""
    """Why its session never began."""
    left: tuple[str, ...] = ()
    """What was left open at Reactor."""
    tape: Tape | None = None
    sending: int = 0
    """The longest duration of a send, in nanoseconds."""


class _Model(HeliosModel):
    def __init__(self, faults: Faults, grid: ChunkGrid, show: Show) -> None:
        super().__init__(faults, grid)
        self._show = show

    def receive(self, name: str, data: Mapping[str, object], at: int) -> tuple[Output, ...]:
        """Record the command, then receive it."""
        self._note(name, data, at)
        return super().receive(name, data, at)

    def ask(self, name: str, data: Mapping[str, object], at: int, ask: int) -> tuple[Output, ...]:
        """Record the command, then receive it."""
        self._note(name, data, at)
        return super().ask(name, data, at, ask)

    def _note(self, name: str, data: Mapping[str, object], at: int) -> None:
        show = self._show
        if show.conductor is not None and at >= self._deaf_until:
            base, making = show.conductor.base, show.conductor.making
            show.model.append(
                ReceivedCommand(
                    at=at,
                    take=self.take,
                    following=self._next,
                    name=name,
                    data=dict(data),
                    base=base,
                    making=making,
                )
            )


class _Stage(SimulatedStage):
    """The simulator.

    A send takes up to `sending` nanoseconds, and reaches the model at its end.
    """

    def __init__(self, clock: VirtualClock, show: Show, sending: int) -> None:
        super().__init__(clock, settings=SimulatedSettings(show.schedule.grid, show.faults))
        self._virtual = clock
        self._show_kept = show
        self._model = _Model(show.faults, show.schedule.grid, show)
        self._sending = sending
        self._sends = 0

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Record the commands, then send them."""
        show = self._show_kept
        show.sent += [(self._clock.now(), self._connected, command) for command in commands]
        show.sends.append(tuple(commands))
        show.sent_after_close += len(commands) if show.closes else 0
        if self._sending:
            await self._spend()
        await super().send(commands)

    async def _spend(self) -> None:
        """Let the time of a send pass. Whatever happens meanwhile waits in the run's inbox."""
        self._sends += 1
        lasting = hash64("sending", self._show_kept.faults.seed, self._sends) % (self._sending + 1)
        self._show_kept.sending = max(self._show_kept.sending, lasting)
        done = asyncio.Event()
        self._clock.call_at(self._clock.now() + lasting, done.set)
        while not done.is_set():
            await self._virtual.idle(done)
            await asyncio.sleep(0)  # a run that does not wait for its sends would continue here

    async def close(self) -> None:
        """Record the close, then close."""
        self._show_kept.closes += 1
        self._show_kept.closed_at = self._show_kept.closed_at or self._clock.now()
        await super().close()

    def _show(self, take: int, look: ChunkInputs) -> None:
        self._show_kept.displayed.append(Displayed(self._clock.now(), take, look.chunk))
        super()._show(take, look)

    def _pass_on(self, outputs: tuple[Output, ...]) -> None:
        self._show_kept.model += outputs
        super()._pass_on(outputs)


class _Live(ReactorStage):
    """The stage at Reactor."""

    _show_kept: Show

    async def send(self, commands: Sequence[Upload | ModelCommand]) -> None:
        """Record the commands, then send them."""
        show = self._show_kept
        is_connected = self._meeting.connection is not None
        show.sent += [(self._clock.now(), is_connected, command) for command in commands]
        show.sends.append(tuple(commands))
        show.sent_after_close += len(commands) if show.closes else 0
        await super().send(commands)

    async def close(self) -> None:
        """Record the close, then close."""
        self._show_kept.closes += 1
        self._show_kept.closed_at = self._show_kept.closed_at or self._clock.now()
        await super().close()


@cache
def image_folder() -> Path:
    """Return a folder with the three images that scores here may show."""
    folder = Path(tempfile.mkdtemp(prefix="simulation-images-"))
    for name, colour in COLOURS.items():
        Image.new("RGB", (8, 8), colour).save(folder / name)
    return folder


def read_score(score: str) -> Score:
    """Parse this score with its images. Raises ScoreError if it is not valid."""
    return reads(score, file="show.score", folder=image_folder())


def schedule_of(score: str) -> Schedule:
    """Return a score's schedule. Raises ScoreError if the score is not valid, or shows nothing."""
    schedule = compile_score(read_score(score))
    if not any(isinstance(act, PromptAct) for entry in schedule.entries for act in entry.acts):
        raise ScoreError(())
    return schedule


def play(script: Script, folder: Path) -> Show:
    """Play a script; its journal is written to `folder` and removed again.

    Raises ScoreError or pydantic's ValidationError for an invalid script; any other failure is
    recorded in the show's `crash` or `refused`.
    """
    try:
        schedule = schedule_of(script.score)
    except ScoreError as error:
        if not script.is_valid:
            raise
        messages = "; ".join(
            f"{one.code} in line {one.span.line}: {one.message}"
            for one in error.diagnostics
            if one.is_error
        )
        return Show(
            script=script,
            score=read_score(SMALLEST),
            schedule=schedule_of(SMALLEST),
            following=False,
            faults=Faults(),
            refused=messages or "it shows nothing",
        )
    following = script.follow or schedule.clock.is_external
    show = Show(
        script=script,
        score=read_score(script.score),
        schedule=schedule,
        following=following,
        faults=Faults.model_validate(dict(script.faults)),
    )
    path = folder / "journal.jsonl"
    path.unlink(missing_ok=True)
    if "reactor" in script.stage:
        _play_at_reactor(show, path)
    else:
        clock = VirtualClock()
        stage = _Stage(clock, show, duration(str(script.stage.get("sending", "0s"))))
        _perform(show, stage, clock, path, asyncio.run)
    show.journal = path.read_bytes()
    path.unlink()
    return show


def _play_at_reactor(show: Show, path: Path) -> None:
    """Perform on the stage at Reactor, connected to a simulated server."""
    schedule, settings = show.schedule, show.script.stage["reactor"]
    loop = VirtualLoop()
    clock = LoopClock(loop)
    model = _Model(show.faults, schedule.grid, show)
    reactor = SimulatedReactor(
        clock,
        schedule,
        show.faults,
        settings=settings,
        model=model,
        noticed=show.model.extend,
        displayed=lambda take, chunk: show.displayed.append(Displayed(clock.now(), take, chunk)),
    )
    with beneath(reactor, loop) as transport:
        stage = _Live(
            clock,
            settings_of(schedule, settings, reactor.url),
            images=lambda image: (image_folder() / image.path).read_bytes(),
            transport=transport,
        )
        stage._show_kept = show
        _perform(show, stage, clock, path, lambda work: run_virtually(loop, work))
    if stage.closing_trouble is None and reactor.is_begun:
        show.left = tuple(reactor.left())


def _perform(
    show: Show,
    stage: _Stage | _Live,
    clock: VirtualClock | LoopClock,
    path: Path,
    running: Callable[[Coroutine[Any, Any, Outcome]], Outcome],
) -> None:
    """Perform a show on a stage, and record what happens."""
    script, schedule = show.script, show.schedule
    operator_events = [parse_scripted_event(one, schedule.middle) for one in script.operator_events]
    journal = JournalWriter(
        path,
        header_of(
            schedule,
            {"show.score": script.score},
            {},
            show.following,
            may_reload=bool(script.edits),
        ),
    )
    committed: dict[int, int] = {}

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        run = conductor.view
        show.steps.append(
            Step(
                event=event,
                commands=tuple(commands),
                phase=conductor.phase,
                base=conductor.base,
                making=conductor.making,
                takes=run.take,
                connected=run.is_connected,
                handled_at=clock.now(),
            )
        )
        if not commands and isinstance(event, TimerFired | ChunkShown):
            # nothing is committed then, and checking thousands of deliveries each time would be
            # slow
            return
        for line in run.deliveries:
            if line.chunk is not None and committed.get(line.number) != line.chunk:
                committed[line.number] = line.chunk
                show.commits.append(Commit(len(show.steps) - 1, line.number, line.chunk))

    try:
        run = Performance(
            schedule,
            stage,
            clock,
            journal=journal,
            script=operator_events,
            watchers=[watch],
            following=show.following,
            may_reload=bool(script.edits),
        )
    except Exception as error:  # noqa: BLE001  any crash is what the simulation looks for
        show.crash = f"{error!r}\n{traceback.format_exc()}"
        show.closes = 1
        journal.close()
        return
    show.conductor = run.conductor
    deliver = run.deliver

    def note(event: Event) -> None:
        show.delivered.append(event)
        deliver(event)

    run.deliver = note  # type: ignore[method-assign]  # everything that is delivered, also by the run itself, passes through this

    def cap() -> None:
        show.capped = True
        run.close("the simulation's time is up")

    sender = VirtualSender(clock)
    midi_sender = MidiSender(sender)
    run.add_watcher(midi_sender)
    osc_sender = _OscSender(sender)
    run.add_watcher(osc_sender)
    sends_clock = bool(clock_sections(run.conductor)) and not schedule.clock.is_external
    if sends_clock:
        run.add_watcher(ClockSenderTask(sender, schedule, run.conductor))
    clock.call_at(cap_of(script, schedule), cap)
    _plan_edits(script, run, clock)
    if schedule.clock.kind == "mtc":
        show.tape = Tape(script.clock_moves, schedule.clock.rate or "25", clock, run.deliver)
    elif schedule.clock.is_external:
        ClockDevice(script.clock_moves, float(schedule.clock.bpm or 120), clock, run.deliver)
    try:
        show.outcome = running(run.run())
        sender.close(max(midi_sender.rest(clock.now()), osc_sender.rest(clock.now())))
    except StageError as error:
        if isinstance(stage, _Live) and {"drops", "end"} & script.faults.keys():
            show.unopened = error.message  # no client could connect, and the run reports it
        else:
            show.crash = f"{type(error).__name__}: {error}"
    except SequencerError as error:
        show.crash = f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001  any crash is what the simulation looks for
        show.crash = f"{error!r}\n{traceback.format_exc()}"
    if show.tape is not None:
        show.tape.end_stretch()
    show.sent_messages = sender.sent
    show.ends_at = end_of(run.conductor) if sends_clock else None


def _plan_edits(script: Script, run: Performance, clock: VirtualClock | LoopClock) -> None:
    """Let each edit of a script be asked for at its time."""
    asked = [1]

    def ask(edit: Edit) -> None:
        if edit.score:
            schedule = schedule_of(edit.score)
            version = run.learn(schedule, encode_version(schedule, {"show.score": edit.score}))
        else:
            version = asked[-2] if len(asked) > 1 else 1
        asked.append(version)
        run.deliver(
            ReloadRequested(at=clock.now(), version=version, where=edit.where, section=edit.section)
        )

    for edit in script.edits:
        clock.call_at(edit.at * SECOND // 1000, partial(ask, edit))


class _OscSender(MessageForwarder):
    """Sends OSC messages through the same virtual sender, as `osc_as_bytes` writes them."""

    def __init__(self, sender: VirtualSender) -> None:
        super().__init__()
        self._sender = sender

    def pass_on(self, command: Command) -> int | None:
        """Pass on an OSC message."""
        if not isinstance(command, SendOsc):
            return None
        self._sender.send_at(command.due, osc_as_bytes(command.address, command.arguments))
        return command.due

    def forget(self) -> None:
        """The MIDI sender has dropped all messages already."""


def cap_of(script: Script, schedule: Schedule) -> int:
    """Return when the simulation itself ends a show, in nanoseconds: long after it should have
    ended.
    """
    chunk = schedule.grid.chunk
    if schedule.clock.is_external:
        return int(
            (schedule.end * chunk * 2 + 60) * SECOND
        )  # a clock that never runs is common there, and its ticks cost time
    goes = 1 + sum(
        one.startswith(("go ", "note ", "cc ", "program ")) for one in script.operator_events
    )
    return int((schedule.end * chunk * (goes if "goto" in script.score else 1) * 3 + 240) * SECOND)
