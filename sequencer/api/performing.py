"""Perform from Python: play a score live, on a Helios through Reactor or on the simulator.

`sequencer perform` uses the same.

`prepare` checks the options and loads what is played, `play` plays it. `perform` and
`perform_async` are both of them in one call, blocking and asynchronous.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sequencer.api.local_model import check_local_runtime
from sequencer.api.options import Arguments, python_names
from sequencer.api.perform_options import check_options, refuse_what_stage_cannot_do
from sequencer.api.reloading import RELOAD_MODES, reload_settings
from sequencer.api.sources import RunInput, input_of
from sequencer.core.errors import SequencerError, UsageError
from sequencer.core.secrets import Secret

if TYPE_CHECKING:
    from sequencer.api.sources import Source
    from sequencer.engine.journal import Journal
    from sequencer.media.score_sounds import ScoreSound
    from sequencer.runtime.live.assembly import LiveOptions
    from sequencer.runtime.live.run import LiveRun, LiveSettings
    from sequencer.runtime.live.warm_sessions import WarmStart
    from sequencer.runtime.operator.reload_control import ReloadSettings
    from sequencer.runtime.osc.endpoints import Endpoint
    from sequencer.runtime.output.run_folder import RunFolder
    from sequencer.runtime.results import PerformanceResult
    from sequencer.stages.protocol import FrameViewer
    from sequencer.stages.simulated.faults import Faults

REACTOR, SIMULATED, VLLM_OMNI = "reactor", "simulated", "vllm-omni"
STAGES, WIRES = (REACTOR, SIMULATED, VLLM_OMNI), ("auto", "v0", "v1")
VIDEO_SIZE = (1280, 768)
PRICE = Fraction(6)
"""The public price of a Helios session, in dollars per hour."""
CANCELLED = "interrupted (cancelled)"
"""The reason in the report of a run whose task was cancelled."""


@dataclass(slots=True, kw_only=True)
class PerformOptions:
    """The options of `perform`, with the names of the command line. Resuming a run completes them.

    `play` divides them between `LiveOptions` (what the run is connected to) and `LiveSettings` (how
    it is played).
    """

    score: Source | None = None
    resume: Path | None = None
    out: Path | None = None
    stage: str | None = None
    url: str | None = None
    urls: dict[str, str] = field(default_factory=dict)
    """The address of each of several stages that has one of its own."""
    local: bool = False
    key: Secret | None = field(default=None, repr=False)
    key_file: Path | None = None
    wire: str | None = None
    faults: Path | Faults | None = None
    midi_in: str | None = None
    midi_out: str | None = None
    no_transport: bool = False
    nominal_clock: bool = False
    """Whether an external clock is played at its nominal tempo, as in a rehearsal."""
    send_clock: bool = False
    osc_in: Endpoint | None = None
    osc_out: list[Endpoint] = field(default_factory=list)
    record: bool = False
    video_size: tuple[int, int] | None = None
    watch: str | None = None
    clip: int | None = None
    from_: str | None = None
    to: str | None = None
    follow: bool = False
    offset: int = 0
    max_minutes: Fraction | None = None
    price: Fraction | None = None
    bundle: bool = False
    reload: str | None = None
    debounce: int | None = None
    debounce_keys: int | None = None
    event: list[Any] = field(default_factory=list)
    quiet: bool = False
    keys: bool = True
    """Whether the terminal's keys are read."""
    signals: bool = True
    """Whether Ctrl-C and SIGTERM end the run."""
    warn: Callable[[str], object] | None = None
    """Called with each message for the operator, in place of printing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRun:
    """A run whose options were checked, with its folder made.

    `interrupted` is the journal of a run to resume.
    """

    options: PerformOptions
    found: RunInput
    folder: RunFolder
    interrupted: Journal | None
    reloads: ReloadSettings | None = None
    """How edits are taken over, where the option `reload` does not define it."""
    viewer: FrameViewer | None = None
    """Receives the frames that are shown."""
    warm: WarmStart | None = None
    """How the run begins in a set list that keeps its session."""
    is_stage_checked: bool = False
    """Whether the stage's model was checked, as a set list does for all of its scores at once."""


def perform(
    source: Source | None = None,
    *,
    resume: str | Path | None = None,
    out: str | Path | None = None,
    stage: Literal["reactor", "simulated", "vllm-omni"] | None = None,
    url: str | None = None,
    local: bool = False,
    key: str | None = None,
    key_file: str | Path | None = None,
    wire: Literal["auto", "v0", "v1"] | None = None,
    faults: str | Path | Faults | None = None,
    midi_in: str | None = None,
    midi_out: str | None = None,
    transport: bool = True,
    send_clock: bool = False,
    osc_in: int | str | None = None,
    osc_out: str | Sequence[str] = (),
    record: bool = False,
    video_size: tuple[int, int] | str | None = None,
    watch: str | None = None,
    clip: int | None = None,
    from_: str | None = None,
    to: str | None = None,
    follow: bool = False,
    offset: int = 0,
    max_minutes: float | Fraction | Decimal | str | None = None,
    price: float | Fraction | Decimal | str | None = None,
    bundle: bool = False,
    events: Sequence[str] = (),
    reload: Literal["offer", "auto"] | None = None,
    debounce: int | None = None,
    debounce_keys: int | None = None,
    interactive: bool = False,
    warn: Callable[[str], object] | None = None,
) -> PerformanceResult:
    """Play a score live, in real time, and return when it is over.

    The API key comes from `key`, from `key_file`, or from the environment variable
    `REACTOR_API_KEY`. It is never written to a file or shown in a message. Ctrl-C ends the run
    properly: the session is closed, and the result is returned.

    >>> import sequencer
    >>> score = sequencer.reads('grid 3 frames @ 24 fps\\nat 0c "A paper boat."\\nend 2c\\n')
    >>> sequencer.perform(score, stage="simulated", out="boat-live").report.all_landed
    True

    Args:
        source: What is played, as for `rehearse`. It may be omitted with `resume`.
        resume: A run that was killed, to go on with in its session and with its options.
        out: The run's folder. Default: a new one under `runs/`.
        stage: `reactor` (the default), or `simulated` for the simulator in this process, which
            needs no key, or `vllm-omni` for your own server of vLLM-Omni.
        url: Another address of the platform, such as the one that `sequencer serve` prints; for
            `vllm-omni` the address of the server, such as `ws://127.0.0.1:8091`.
        local: Use the session routes of a local runtime, which need no key.
        key: The API key.
        key_file: A file that holds the API key and nothing else.
        wire: The protocol version. Default: `auto`.
        faults: Faults that the simulator injects, or the path of a faults file.
        midi_in: The MIDI input. Default: the one that the score's clock names.
        midi_out: The MIDI output for what cues and rules send, and for the clock.
        transport: With `clock link`: whether start and stop of the session count.
        send_clock: Send the score's beats as a MIDI clock to `midi_out`.
        osc_in: The UDP port, or `HOST:PORT`, where OSC messages are received.
        osc_out: Where OSC messages are sent: `HOST:PORT`, or several of them.
        record: Write the video into the run's folder.
        video_size: The size of the video, as for `rehearse`.
        watch: Where the frames are sent for a player: a port, `udp://127.0.0.1:PORT` or `-`.
        clip: Fetch a clip of the last so many seconds at the end.
        from_: The position at which the run begins, as for `rehearse`.
        to: The position before which the run ends, as for `rehearse`.
        follow: Follow wall time, so that beats stay in time with music that plays alongside.
        offset: Show changes later by so many milliseconds, or, negative, earlier.
        max_minutes: Stop after so many minutes. Default: the score's length and 5 minutes.
        price: The hourly rate in dollars, for the status line. Default: 6.
        bundle: Whether journal, images and sound are also written into one file.
        events: Events given to the run, as for `rehearse`.
        reload: Whether edits of the score can take over, as for `rehearse`.
        debounce: Within how many milliseconds a MIDI or OSC device that sends the same again is
            ignored, where a second press would leave another section. Default: 100; 0 ignores none.
        debounce_keys: The same for the keys of the terminal. Default: 700.
        interactive: Show the status line on standard error, and read the terminal's keys, as the
            command does.
        warn: Called with each message for the operator. Default: they are logged as warnings of the
            logger `sequencer`, or printed if `interactive`.

    Returns:
        The report, and the paths of what was written.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: An option is not valid, has no meaning with the others, or there is no key.
        OutputError: The run's folder cannot be created.
        ScheduleError: There is nothing to perform.
        StageError: The model, the network or the key failed.
    """
    options = _options_of(**locals())
    del key  # only the options hold it, hidden from tools that show the variables of a traceback
    from sequencer.runtime.blocking import run_blocking

    with python_names():
        prepared = prepare(options, _loader_of("perform", options))
        return run_blocking(lambda: _play_cancellable(prepared))


async def perform_async(
    source: Source | None = None,
    *,
    resume: str | Path | None = None,
    out: str | Path | None = None,
    stage: Literal["reactor", "simulated", "vllm-omni"] | None = None,
    url: str | None = None,
    local: bool = False,
    key: str | None = None,
    key_file: str | Path | None = None,
    wire: Literal["auto", "v0", "v1"] | None = None,
    faults: str | Path | Faults | None = None,
    midi_in: str | None = None,
    midi_out: str | None = None,
    transport: bool = True,
    send_clock: bool = False,
    osc_in: int | str | None = None,
    osc_out: str | Sequence[str] = (),
    record: bool = False,
    video_size: tuple[int, int] | str | None = None,
    watch: str | None = None,
    clip: int | None = None,
    from_: str | None = None,
    to: str | None = None,
    follow: bool = False,
    offset: int = 0,
    max_minutes: float | Fraction | Decimal | str | None = None,
    price: float | Fraction | Decimal | str | None = None,
    bundle: bool = False,
    events: Sequence[str] = (),
    reload: Literal["offer", "auto"] | None = None,
    debounce: int | None = None,
    debounce_keys: int | None = None,
    interactive: bool = False,
    warn: Callable[[str], object] | None = None,
) -> PerformanceResult:
    """Play a score live in a loop that is running.

    The arguments, results and errors are those of `perform`.

    The caller's signal handlers stay as they are. Cancelling the task ends the run properly: the
    session is closed, the run's files are written, and then CancelledError is raised.

    >>> import asyncio, sequencer
    >>> score = sequencer.reads('grid 3 frames @ 24 fps\\nat 0c "A paper boat."\\nend 2c\\n')
    >>> performance = sequencer.perform_async(score, stage="simulated", out="boat-async")
    >>> asyncio.run(performance).report.all_landed
    True
    """
    options = _options_of(**locals())
    del key  # as in `perform`
    options.signals = False
    with python_names():
        return await _play_cancellable(prepare(options, _loader_of("perform_async", options)))


def _loader_of(function: str, options: PerformOptions) -> Callable[[Source], RunInput]:
    return lambda one: input_of(one, function, options.warn or (lambda _: None), keeps_chunks=True)


def _options_of(**given: Any) -> PerformOptions:
    """Return the options that arguments of Python mean.

    Raises TypeError, and UsageError for a value that is not valid.
    """
    from sequencer.stages.simulated.faults import Faults

    arguments = Arguments("perform")
    secret = given.pop("key")
    flags = ("local", "transport", "send_clock", "record", "follow", "bundle", "interactive")
    texts = ("url", "midi_in", "midi_out", "watch", "from_", "to")
    arguments.texts(key=secret, **{name: given[name] for name in texts})
    key = None if secret is None else Secret(secret)
    del secret
    arguments.flags(**{name: given[name] for name in flags})
    arguments.functions(warn=given["warn"])
    interactive = given["interactive"]
    faults = given["faults"]
    return PerformOptions(
        score=given["source"],
        resume=arguments.path("resume", given["resume"]),
        out=arguments.path("out", given["out"]),
        stage=arguments.choice("stage", given["stage"], STAGES),
        key=key,
        key_file=arguments.path("key_file", given["key_file"]),
        wire=arguments.choice("wire", given["wire"], WIRES),
        faults=faults if isinstance(faults, Faults) else arguments.path("faults", faults),
        no_transport=not given["transport"],
        osc_in=arguments.osc_input("osc_in", given["osc_in"]),
        osc_out=arguments.osc_targets("osc_out", given["osc_out"]),
        video_size=arguments.video_size(given["video_size"]),
        clip=arguments.integer("clip", given["clip"]),
        offset=arguments.integer("offset", given["offset"]) or 0,
        max_minutes=arguments.amount("max_minutes", given["max_minutes"]),
        price=arguments.amount("price", given["price"]),
        event=arguments.events(given["events"]),
        debounce=arguments.integer("debounce", given["debounce"]),
        debounce_keys=arguments.integer("debounce_keys", given["debounce_keys"]),
        reload=arguments.choice("reload", given["reload"], RELOAD_MODES),
        quiet=not interactive,
        keys=interactive,
        warn=given["warn"] or (None if interactive else logging.getLogger("sequencer").warning),
        **{
            name: given[name]
            for name in ("local", "send_clock", "record", "follow", "bundle", *texts)
        },
    )


# ---- what the command and Python share -----------------------------------------------------------


def prepare(options: PerformOptions, load: Callable[[Source], RunInput]) -> PreparedRun:
    """Check the options, load what is played, and make the run's folder.

    Args:
        options: The options. For a run that is resumed, they are completed with those that it was
            started with.
        load: Loads what is played.

    Raises:
        UsageError: An option is not valid, or has no meaning with the others.
        ScoreError: The score is not valid.
        OutputError: The folder cannot be created.
    """
    from sequencer.runtime.output.run_folder import RunFolder

    if options.resume is not None:
        return _prepare_resumed(options, options.resume)
    if options.score is None:
        raise UsageError(
            "give a SCORE to perform, or --resume RUN", "see: sequencer perform --help"
        )
    check_options(options)
    found = check_input(options, load(options.score))
    return PreparedRun(
        options=options,
        found=found,
        folder=RunFolder.make(options.out, found.schedule.title or "run"),
        interrupted=None,
    )


def check_input(options: PerformOptions, found: RunInput) -> RunInput:
    """Check that the options of a new run fit what is played.

    Args:
        options: The options; without a stage, they get the default one.
        found: What is played.

    Returns:
        What is played, with the range that the options choose.

    Raises:
        UsageError: An option has no meaning with the score.
        ScoreError: The stage cannot do what the score contains.
    """
    from sequencer.api.play_ranges import check_range_has_no_clock, read_range

    options.stage = options.stage or REACTOR
    schedule = found.schedule
    refuse_what_stage_cannot_do(schedule, options.stage, found)
    if options.offset and not (
        options.follow or schedule.clock.is_external or schedule.has_timed_sends
    ):
        message = (
            "--offset shifts positions against a clock or MIDI devices, but this run has neither"
        )
        raise UsageError(message, "add --follow, or omit --offset")
    check_range_has_no_clock(options.from_, options.to, schedule, options.follow)
    played = read_range(options.from_, options.to, schedule, found.played)
    if played is not None and options.follow:
        raise UsageError(
            f"--follow counts positions from the beginning of the score, but this run played "
            f"a part of it ({played})",
            "omit --follow",
        )
    return replace(found, played=played)


def _prepare_resumed(options: PerformOptions, run: Path) -> PreparedRun:
    from sequencer.api.resume_options import address_of, check_not_running, resume_options
    from sequencer.engine.journal import read_journal
    from sequencer.runtime.output.run_folder import RunFolder

    folder = RunFolder.adopt(run)
    check_not_running(folder)
    interrupted = read_journal(folder.path)
    resume_options(options, folder, interrupted)
    settings = interrupted.header.get("settings", {})
    options.url = options.url or address_of(settings.get("url"), run)
    check_options(options)
    written = Path(next(iter(interrupted.sources), ""))
    found = RunInput(
        schedule=interrupted.schedule,
        sources=interrupted.sources,
        folder=written.parent,
        name=folder.final.name,
        played=interrupted.played,
        file=written if options.reload else None,
    )
    return PreparedRun(options=options, found=found, folder=folder, interrupted=interrupted)


@contextmanager
def _sound(prepared: PreparedRun) -> Iterator[ScoreSound | None]:
    """Decode the sound of the score. A run that is resumed continues without one, with a warning.

    Raises:
        SequencerError: The sound of a new run is missing, damaged, or not a sound file.
    """
    with ExitStack() as stack:
        try:
            sound = stack.enter_context(prepared.found.sound())
        except SequencerError as error:
            if prepared.interrupted is None:
                raise
            sound = None
            if prepared.options.warn is not None:
                prepared.options.warn(f"the recording has no sound: {error.message}")
        yield sound


def live_settings(prepared: PreparedRun, sound: ScoreSound | None) -> LiveSettings:
    """Return how a prepared run is played, with the sound of its score if it is decoded."""
    from sequencer.api.resume_options import remembered
    from sequencer.api.scripted_events import read_event
    from sequencer.runtime.live.run import LiveSettings
    from sequencer.runtime.operator.debounce import DEBOUNCE_MS, KEY_DEBOUNCE_MS

    options, found = prepared.options, prepared.found
    is_in_kept_session = prepared.warm is not None and prepared.warm.handover is not None
    return LiveSettings(
        schedule=found.schedule,
        sources=found.sources,
        following=False if options.nominal_clock else True if options.follow else None,
        played=found.played,
        offset_ms=options.offset,
        max_minutes=options.max_minutes,
        script=tuple(read_event(one, found.schedule, found.find_image) for one in options.event),
        price_per_hour=(PRICE if options.price is None else options.price)
        if options.stage == REACTOR
        else Fraction(0),
        clip_at_end=options.clip,
        quiet=options.quiet,
        keys=options.keys,
        debounce_ms=DEBOUNCE_MS if options.debounce is None else options.debounce,
        debounce_keys_ms=(
            KEY_DEBOUNCE_MS if options.debounce_keys is None else options.debounce_keys
        ),
        signals=options.signals,
        warn=options.warn,
        images=found.image,
        find_image=found.find_image,
        bundle=options.bundle,
        sound=sound,
        reloads=prepared.reloads or reload_settings(options.reload, found.file, found.name),
        warm=prepared.warm,
        stage_settings={
            "stage": options.stage,
            "local": options.local,
            "wire": options.wire or "auto",
            "record": options.record,
            "url": options.url,
            **({"no_transport": True} if options.no_transport else {}),
            **({"session": "kept"} if is_in_kept_session else {}),
            **({"options": kept} if (kept := remembered(options)) else {}),
        },
    )


def live_options(options: PerformOptions, viewer: FrameViewer | None = None) -> LiveOptions:
    """Return what a run with these options is connected to."""
    from sequencer.runtime.live.assembly import LiveOptions

    return LiveOptions(
        stage=options.stage or REACTOR,  # type: ignore[arg-type]  # one of `STAGES`, which both callers check
        url=options.url,
        local=options.local,
        key=options.key,
        key_file=options.key_file,
        wire=options.wire or "auto",  # type: ignore[arg-type]  # one of the three, which both callers check
        faults=options.faults,
        record=options.record,
        video_size=options.video_size or VIDEO_SIZE,
        watch=options.watch,
        midi_in=options.midi_in,
        midi_out=options.midi_out,
        send_clock=options.send_clock,
        osc_in=options.osc_in,
        osc_out=tuple(options.osc_out),
        transport=not options.no_transport,
        nominal_clock=options.nominal_clock,
        viewer=viewer,
    )


async def play(
    prepared: PreparedRun,
    started: Callable[[LiveRun], object] = lambda _: None,
    *,
    viewer: FrameViewer | None = None,
) -> PerformanceResult:
    """Play a prepared run to its end.

    Args:
        prepared: The run.
        started: Called with the run, once there is one, before it plays.
        viewer: Receives the frames that are shown, while it wants them; it plays the sound itself.

    Raises:
        SequencerError: The run could not begin; then it leaves nothing behind.
    """
    from sequencer.runtime.live.assembly import LiveRunBuilder

    options, folder = prepared.options, prepared.folder
    run = None
    try:
        if prepared.interrupted is None and not prepared.is_stage_checked:
            await check_local_runtime(options, prepared.found.schedule)
        with _sound(prepared) as sound:
            run = LiveRunBuilder(
                live_options(options, viewer),
                replace(live_settings(prepared, sound), plays_sound=viewer is not None),
                folder,
                images=prepared.found.image,
                interrupted=prepared.interrupted,
            ).run
            started(run)
            return await run.play()
    except SequencerError:
        if prepared.interrupted is None and (
            run is None or run.performance.conductor.view.take == 0
        ):
            folder.remove()
        raise


async def _play_cancellable(prepared: PreparedRun) -> PerformanceResult:
    """Play a prepared run.

    A task that is cancelled first ends the run, as an operator would, so that its session is
    closed.
    """
    runs: list[LiveRun] = []
    playing = asyncio.ensure_future(play(prepared, runs.append))
    try:
        return await asyncio.shield(playing)
    except asyncio.CancelledError:
        for run in runs:
            run.performance.close(CANCELLED)
        await asyncio.wait({playing})  # a second cancellation no longer waits
        if not playing.cancelled():
            playing.exception()  # it was asked for
        raise
    finally:
        if not playing.done():
            playing.cancel()
