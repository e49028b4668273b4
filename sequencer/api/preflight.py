"""Check everything that a performance needs before the audience arrives.

Nothing that costs money is begun: a token is requested from the platform, no session. Each check
yields findings, and one that fails does not keep the others from being made.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from pathlib import Path
from statistics import fmean, quantiles
from typing import TYPE_CHECKING

from sequencer.core.errors import ScheduleError, ScoreError, SequencerError, StageError
from sequencer.models.catalog import DEFAULT
from sequencer.schedule.describe import clock_time

if TYPE_CHECKING:
    from sequencer.api.sources import RunInput
    from sequencer.runtime.osc.endpoints import Endpoint
    from sequencer.schedule.model import Schedule

LISTENING_S = 5.0
"""How long an external clock is listened to, in seconds, unless stated otherwise."""
TICK, TICKS_PER_QUARTER = b"\xf8", 24
"""A tick of a MIDI clock, and how many make a quarter."""
MAX_JITTER_MS = 3.0
"""From this standard deviation of its ticks on, in milliseconds, a MIDI clock is reported."""
NAPS, NAP_S = 100, 0.01
"""How many times, and for how many seconds each, the machine's timers are tried."""
MAX_TIMER_LATENESS_MS = 5.0
"""From this lateness of one timer in twenty on, in milliseconds, the machine is reported."""
MIN_FREE_BYTES = 200_000_000
"""With less free space a run may not be able to write its journal to the end."""
MIN_FREE_BYTES_RECORDING = 2_000_000_000
"""With less free space a video of half an hour may not fit (some 60 MB a minute at most)."""
PUBLIC_PRICE = Fraction(6)


class Level(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found: its subject, how serious it is, one sentence, and what to do."""

    subject: str
    level: Level
    text: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightOptions:
    """What is checked; the names are those of `perform`."""

    score: Path
    part: str | None = None
    """The name of the stage that is played, if the score is for several."""
    stage: str = "reactor"
    url: str | None = None
    local: bool = False
    key_file: Path | None = None
    midi_in: str | None = None
    midi_out: str | None = None
    osc_in: Endpoint | None = None
    osc_out: tuple[Endpoint, ...] = ()
    record: bool = False
    out: Path | None = None
    price: Fraction | None = None
    listening_s: float = LISTENING_S
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)


async def preflight(options: PreflightOptions) -> AsyncGenerator[Finding, None]:
    """Yield the findings of every check, as they are made.

    Raises:
        SequencerError: The score cannot be read at all, so there is nothing to check.
    """
    warnings: list[str] = []
    found = _load(options.score, warnings, options.part)
    if isinstance(found, Finding):
        yield found
        schedule = None
    else:
        schedule = found.schedule
        checks = (*_check_score(schedule, warnings, options.score), *_check_files(found))
        for finding in (*checks, *_check_model(schedule, options)):
            yield finding
    for finding in _check_disk(options):
        yield finding
    yield await _check_timers()
    async with aclosing(_check_stage(options, schedule)) as findings:
        async for finding in findings:
            yield finding
    if schedule is not None:
        async with aclosing(_check_devices(options, schedule)) as findings:
            async for finding in findings:
                yield finding


def _problem(subject: str, error: SequencerError) -> Finding:
    return Finding(subject=subject, level=Level.PROBLEM, text=error.message, hint=error.hint)


# ---- the score and its files ---------------------------------------------------------------------


def _load(path: Path, warnings: list[str], part: str | None) -> RunInput | Finding:
    from sequencer.api.sources import load_input
    from sequencer.core.display import counted

    try:
        return load_input(path, warnings.append, keeps_chunks=True, part=part)
    except ScoreError as error:
        errors = [one for one in error.diagnostics if one.is_error]
        first = errors[0]
        return Finding(
            subject="score",
            level=Level.PROBLEM,
            text=f"{counted(len(errors), 'error')}, the first one at {first.span}: {first.message}",
            hint=f"see all of them: sequencer check {path}",
        )


def _check_score(schedule: Schedule, warnings: list[str], path: Path) -> Iterator[Finding]:
    from sequencer.core.display import counted
    from sequencer.runtime.loop import require_prompt

    seconds = schedule.grid.boundary(schedule.end)
    most = "at most " if any(one.is_live for one in schedule.stretches) else ""
    yield Finding(
        subject="score",
        level=Level.OK,
        text=(
            f"{counted(len(schedule.entries), 'cue')}, {most}{counted(schedule.end, 'chunk')} "
            f"({clock_time(seconds)})"
        ),
    )
    try:
        require_prompt(schedule)
    except ScheduleError as error:
        yield _problem("score", error)
    for warning in warnings:
        yield Finding(
            subject="score",
            level=Level.WARNING,
            text=warning.splitlines()[0],
            hint=f"see: sequencer check {path}",
        )


def _check_model(schedule: Schedule, options: PreflightOptions) -> Iterator[Finding]:
    """Describe the model, unless it is the usual one."""
    from sequencer.models.catalog import find_spec

    spec = find_spec(schedule.model)
    if spec.model == DEFAULT or options.stage == "vllm-omni":
        return  # the check of that stage reports another model
    if options.stage == "simulated":
        text = f"{spec.title}, simulated by its spec"
        yield Finding(subject="model", level=Level.OK, text=text)
        return
    how = "the local runtime has to serve it" if options.local else f"requested as {spec.connect}"
    yield Finding(
        subject="model",
        level=Level.WARNING,
        text=f"{spec.title}, {how}; its spec was never tried on the real model",
        hint=f"what is not certain: sequencer models {spec.model}",
    )


def _check_files(found: RunInput) -> Iterator[Finding]:
    from sequencer.core.display import counted

    images = found.schedule.images
    missing = 0
    for image in images:
        try:
            found.image(image)
        except (OSError, SequencerError) as error:
            missing += 1
            text = error.message if isinstance(error, SequencerError) else error.strerror
            yield Finding(
                subject="images",
                level=Level.PROBLEM,
                text=f"{image.path}: {text}",
                hint="put the file back, or change the score",
            )
    if images and not missing:
        yield Finding(
            subject="images", level=Level.OK, text=f"{counted(len(images), 'image')} can be read"
        )
    if found.schedule.sound is None:
        return
    try:
        with found.sound() as sound:
            length = "" if sound is None else clock_time(sound.sound.seconds)
            yield Finding(
                subject="sound",
                level=Level.OK,
                text=f"{found.schedule.sound.path} can be decoded ({length})",
            )
    except SequencerError as error:
        yield _problem("sound", error)


# ---- the machine ---------------------------------------------------------------------------------


def _check_disk(options: PreflightOptions) -> Iterator[Finding]:
    from sequencer.runtime.output.run_folder import RUNS_FOLDER, RunFolder

    folder = (options.out or RUNS_FOLDER).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    needed = MIN_FREE_BYTES_RECORDING if options.record else MIN_FREE_BYTES
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Finding(
            subject="disk", level=Level.PROBLEM, text=f"{folder}: {error.strerror or error}"
        )
        return
    try:
        RunFolder.make(options.out, "doctor").remove()  # as the run makes it
    except SequencerError as error:
        yield _problem("disk", error)
        return
    yield Finding(
        subject="disk",
        level=Level.OK if free >= needed else Level.WARNING,
        text=f"{free / 1e9:,.1f} GB are free in {folder}",
        hint=None
        if free >= needed
        else f"free some space: {needed / 1e9:.1f} GB are on the safe side",
    )


async def _check_timers() -> Finding:
    late = []
    for _ in range(NAPS):
        before = time.monotonic_ns()
        await asyncio.sleep(NAP_S)
        late.append((time.monotonic_ns() - before) / 1e6 - NAP_S * 1000)
    lateness = quantiles(late, n=20)[-1]
    is_late = lateness > MAX_TIMER_LATENESS_MS
    return Finding(
        subject="timers",
        level=Level.WARNING if is_late else Level.OK,
        text=f"19 of 20 timers are less than {max(0.1, lateness):.1f} ms late",
        hint="close other programs: this machine is busy" if is_late else None,
    )


# ---- the stage -----------------------------------------------------------------------------------


async def _check_stage(
    options: PreflightOptions, schedule: Schedule | None
) -> AsyncGenerator[Finding, None]:
    if options.stage == "simulated":
        yield Finding(
            subject="stage",
            level=Level.OK,
            text="the simulator plays in this process: no key, no costs",
        )
        return
    if options.stage == "vllm-omni":
        async with aclosing(_check_vllm_omni(options, schedule)) as findings:
            async for finding in findings:
                yield finding
        return
    from sequencer.api.local_model import check_local_model
    from sequencer.stages.reactor.http import ApiClient
    from sequencer.stages.reactor.session import Token
    from sequencer.stages.reactor.settings import PRODUCTION, ReactorSettings, find_key

    try:
        key = None if options.local else find_key(options.environment, options.key_file)
        if key is not None:
            yield Finding(subject="key", level=Level.OK, text="there is a key")
        settings = ReactorSettings(url=options.url or PRODUCTION, local=options.local, key=key)
        base = settings.base()
    except SequencerError as error:
        yield _problem("key", error)
        return
    platform = ApiClient(base)
    try:
        before = time.monotonic_ns()
        if options.local:
            await platform.ask("asking for its state", "GET", "/health")
            what = "the local runtime answers"
        else:
            await Token(platform, settings).headers()
            what = "the platform accepts the key"
        took = (time.monotonic_ns() - before) / 1e6
        yield Finding(subject="network", level=Level.OK, text=f"{what}, after {took:.0f} ms")
        if options.local and schedule is not None:
            try:
                await check_local_model(platform, schedule)
            except StageError as error:
                yield _problem("model", error)
    except SequencerError as error:
        yield _problem("network", error)
    finally:
        await platform.close()
    if schedule is not None and not options.local:
        price = PUBLIC_PRICE if options.price is None else options.price
        hours = schedule.grid.boundary(schedule.end) / 3600
        about = "at most about" if any(one.is_live for one in schedule.stretches) else "about"
        cost = f"{about} ${float(hours * price):.2f} at ${float(price):.2f} an hour"
        is_known = options.price is not None or schedule.model == DEFAULT
        whose = "" if is_known else ", the rate of Helios: that of this model is not known"
        yield Finding(
            subject="cost",
            level=Level.OK if is_known else Level.WARNING,
            text=f"{cost}{whose}, pauses not included",
            hint=None if is_known else "give the rate of the model with --price DOLLARS",
        )


async def _check_vllm_omni(
    options: PreflightOptions, schedule: Schedule | None
) -> AsyncGenerator[Finding, None]:
    """Check that the server answers, and that the score has only what it can do."""
    from sequencer.language.stage_checks import check_stage
    from sequencer.stages.vllm_omni.connection import Connections
    from sequencer.stages.vllm_omni.settings import VllmOmniSettings, address_of, find_key

    for one in () if schedule is None else check_stage(schedule, options.stage):
        where = f"{one.span}: " if one.span.file else ""
        text = f"{where}{one.message}"
        yield Finding(subject="stage", level=Level.PROBLEM, text=text, hint=one.hint)
    try:
        key = find_key(options.environment)
        settings = VllmOmniSettings(
            address=address_of(options.url, has_key=key is not None), key=key
        )
    except SequencerError as error:
        yield _problem("stage", error)
        return
    connections = Connections(settings)
    try:
        before = time.monotonic_ns()
        model = await connections.model()
        took = (time.monotonic_ns() - before) / 1e6
        text = f"the server answers, after {took:.0f} ms; its model is {model}"
        yield Finding(subject="network", level=Level.OK, text=text)
    except SequencerError as error:
        yield _problem("network", error)
    finally:
        await connections.close()


# ---- devices and clocks --------------------------------------------------------------------------


async def _check_devices(
    options: PreflightOptions, schedule: Schedule
) -> AsyncGenerator[Finding, None]:
    clock = schedule.clock
    port = options.midi_in or clock.port
    if clock.kind in ("midi", "mtc") and port is None:
        yield Finding(
            subject="MIDI input",
            level=Level.PROBLEM,
            text="the score follows an external clock, but no port is given",
            hint="give --midi-in PORT; see: sequencer midi ports",
        )
    elif port is not None:
        async with aclosing(_check_input(options, schedule, port)) as findings:
            async for finding in findings:
                yield finding
    if clock.kind == "link":
        yield _check_link()
    for finding in (
        *_check_output(options, schedule),
        *_check_osc_output(options, schedule),
        *_check_osc_input(options, schedule),
    ):
        yield finding


async def _check_input(
    options: PreflightOptions, schedule: Schedule, port: str
) -> AsyncGenerator[Finding, None]:
    from sequencer.core.display import counted
    from sequencer.sync.midi_clock import MidiFeed
    from sequencer.sync.midi_port import MidiPortClock

    follows = schedule.clock.kind == "midi"
    feed = MidiFeed(follows=follows)
    arrived = 0
    errors: list[float] = []

    def count(message: bytes, _at: int) -> None:
        nonlocal arrived
        arrived += 1
        if message == TICK:  # the follower has taken the tick before this one
            errors.append(feed.follower.phase_error / 1e6)

    clock = MidiPortClock(port, feed, lambda _: None, lambda _: None, count)
    try:
        clock.open()
    except SequencerError as error:
        yield _problem("MIDI input", error)
        return
    try:
        yield Finding(subject="MIDI input", level=Level.OK, text=f"{clock.name} is open")
        if schedule.clock.is_external:
            await asyncio.sleep(options.listening_s)
    finally:
        clock.close()
    if not schedule.clock.is_external:
        return
    waited = f"in {options.listening_s:g} s"
    if not arrived:
        yield Finding(
            subject="clock",
            level=Level.WARNING,
            text=f"nothing arrived {waited}",
            hint="does the device send a clock while it is stopped? Press play, and check again",
        )
    elif not follows:
        yield Finding(subject="clock", level=Level.OK, text=f"messages arrived {waited}")
    elif len(errors) < 2 * TICKS_PER_QUARTER:
        yield Finding(
            subject="clock",
            level=Level.WARNING,
            text=f"{counted(len(errors), 'tick')} of a clock arrived {waited}",
            hint="switch on the device's clock output, or listen longer with --seconds",
        )
    else:
        yield _describe_clock(feed.follower.bpm, errors[TICKS_PER_QUARTER:])


def _describe_clock(bpm: float, errors: Sequence[float]) -> Finding:
    """Return the finding for a clock, from its tempo and the errors of its ticks in ms."""
    jitter = sqrt(fmean(error * error for error in errors))
    is_rough = jitter > MAX_JITTER_MS
    return Finding(
        subject="clock",
        level=Level.WARNING if is_rough else Level.OK,
        text=f"{bpm:.2f} bpm, ticks scatter by {jitter:.1f} ms",
        hint="use a cable in place of wireless MIDI, or another port" if is_rough else None,
    )


def _check_link() -> Finding:
    from importlib.util import find_spec

    from sequencer.sync.link import EXTRA

    is_there = find_spec("link") is not None
    return Finding(
        subject="Link",
        level=Level.OK if is_there else Level.PROBLEM,
        text="Ableton Link is installed" if is_there else "Ableton Link is not installed",
        hint=None if is_there else EXTRA,
    )


def _check_output(options: PreflightOptions, schedule: Schedule) -> Iterator[Finding]:
    if options.midi_out is None:
        if schedule.has_midi:
            yield Finding(
                subject="MIDI output",
                level=Level.WARNING,
                text="the score sends MIDI, but no --midi-out PORT is given",
                hint="see: sequencer midi ports",
            )
        return
    from sequencer.midi.outputs import open_output

    try:
        output = open_output(options.midi_out, lambda _: None)
    except SequencerError as error:
        yield _problem("MIDI output", error)
        return
    yield Finding(subject="MIDI output", level=Level.OK, text=f"{output.name} is open")
    output.close()


def _check_osc_output(options: PreflightOptions, schedule: Schedule) -> Iterator[Finding]:
    if not options.osc_out and schedule.has_osc:
        yield Finding(
            subject="OSC output",
            level=Level.WARNING,
            text="the score sends OSC, but no --osc-out HOST:PORT is given",
            hint="write for example --osc-out 127.0.0.1:9001",
        )
    from sequencer.runtime.osc.sockets import OscTargets

    for endpoint in options.osc_out:
        try:
            OscTargets([endpoint], lambda _: None).close()
        except SequencerError as error:
            yield _problem("OSC output", error)
        else:
            yield Finding(
                subject="OSC output",
                level=Level.OK,
                text=f"{endpoint} can be sent to; whether a program receives there is not known",
            )


def _check_osc_input(options: PreflightOptions, schedule: Schedule) -> Iterator[Finding]:
    endpoint = options.osc_in
    if endpoint is None:
        if schedule.osc_addresses:
            yield Finding(
                subject="OSC input",
                level=Level.WARNING,
                text="the score waits for OSC, but no --osc-in PORT is given",
                hint="write for example --osc-in 9000",
            )
        return
    from sequencer.runtime.osc.sockets import check_port

    try:
        check_port(endpoint)
    except SequencerError as error:
        yield _problem("OSC input", error)
    else:
        yield Finding(subject="OSC input", level=Level.OK, text=f"{endpoint} is free")
