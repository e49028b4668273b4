"""Play a score for several stages: on one simulator for each, or on as many live sessions.

`sequencer rehearse` and `sequencer perform` use the same functions when a score has several stages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.api.options import Arguments, python_names
from sequencer.api.play_ranges import read_range
from sequencer.api.scripted_events import read_event
from sequencer.core.errors import SequencerError, UsageError
from sequencer.core.lazy_dataclass import dataclass
from sequencer.renderers.choosing import DRAWN, RendererChoice
from sequencer.runtime.scripted_events import ScriptedEvent
from sequencer.schedule.ensemble import MAX_ACCOUNT_SESSIONS, EnsembleSchedule

if TYPE_CHECKING:
    from sequencer.api.performing import PerformOptions
    from sequencer.api.sources import PartsInput, RunInput
    from sequencer.language.score import Score
    from sequencer.runtime.live.ensemble import EnsembleRun
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.runtime.output.run_folder import RunFolder
    from sequencer.runtime.rehearsal import Watch
    from sequencer.runtime.results import EnsembleResult
    from sequencer.stages.protocol import FrameViewer
    from sequencer.stages.simulated.faults import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleInput:
    """What several stages play, with its files."""

    schedule: EnsembleSchedule
    found: RunInput
    """The input of the reference stage, which has the files of all."""

    @classmethod
    def of_parts(cls, parts: PartsInput) -> EnsembleInput:
        """Return the input for all stages.

        Raises:
            UsageError: The score is for one stage.
        """
        if not isinstance(parts.compiled, EnsembleSchedule):
            raise UsageError(
                "this score is for one stage", "play it with sequencer.rehearse(score)"
            )
        found = parts.input_of(parts.compiled.reference_name)
        return cls(schedule=parts.compiled, found=found)


def rehearse_ensemble(
    source: str | Path | Score | EnsembleSchedule,
    *,
    out: str | Path | None = None,
    save: bool = True,
    video: bool = True,
    video_size: tuple[int, int] | str | None = None,
    draft: bool = False,
    from_: str | None = None,
    to: str | None = None,
    realtime: bool = False,
    events: Sequence[str | ScriptedEvent] = (),
    faults: Faults | Mapping[str, Faults] | None = None,
    progress: Watch | None = None,
    warn: Callable[[str], object] | None = None,
    caption: Collection[Part] | str | None = None,
) -> EnsembleResult:
    """Play a score for several stages, on one simulator for each, and save the results.

    >>> import sequencer
    >>> text = '''
    ... stages left, right
    ... at 0c "A tram stop."
    ... at 1c on right "Rain."
    ... end 3c
    ... '''
    >>> played = sequencer.rehearse_ensemble(sequencer.reads(text), video=False, save=False)
    >>> played.report.went_as_written, [cue.chunk for cue in played.report.cues]
    (True, [0, 1])

    Args:
        source: The path of a score or of its compiled schedules, a Score, or the schedules.
        out: The run's folder. Default: a new one under `runs/`.
        save: Whether anything is written.
        video: Whether frames are rendered.
        video_size: The size of each video, as for `rehearse`.
        draft: Whether the frames are small, which is much faster.
        from_: The position at which the run begins, as for `rehearse`.
        to: The position before which the run ends, as for `rehearse`.
        realtime: Play in real time.
        events: Events given to the run, as for `rehearse`; all stages receive them.
        faults: The faults of all stages, or those of each by its name. Faults for all vary with a
            seed of their own on each stage.
        progress: Called after every chunk of the first stage with the progress of the run.
        warn: Called with each warning, of the score and of the run.
        caption: What is written on the frames, as for `rehearse`.

    Returns:
        The report of each stage, the spread of each cue, and the paths of what was written.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: The score is for one stage, the folder exists, or an event cannot be read.
        OutputError: The run could not begin; nothing is left behind.
        ScheduleError: There is nothing to perform.
    """
    from sequencer.api.sources import parts_of
    from sequencer.stages.simulated.faults import Faults

    arguments = Arguments("rehearse_ensemble")
    arguments.flags(save=save, video=video, draft=draft, realtime=realtime)
    arguments.texts(from_=from_, to=to)
    arguments.functions(progress=progress, warn=warn)
    with python_names():
        warns = warn or (lambda _: None)
        found = EnsembleInput.of_parts(parts_of(source, "rehearse_ensemble", warns))
        given: dict[str | None, Faults] = {}
        if isinstance(faults, Faults):
            given[None] = faults
        else:
            given.update(dict(faults or {}).items())
        return rehearse_parts(
            found,
            out=arguments.path("out", out),
            save=save,
            video=video,
            video_size=arguments.video_size(video_size),
            draft=draft,
            from_=from_,
            to=to,
            realtime=realtime,
            events=arguments.events(events, ScriptedEvent),
            faults=given,
            progress=progress,
            warn=warn,
            caption=arguments.caption(caption),
        )


def rehearse_parts(
    given: EnsembleInput,
    *,
    out: Path | None,
    save: bool = True,
    video: bool,
    video_size: tuple[int, int] | None,
    draft: bool,
    from_: str | None,
    to: str | None,
    realtime: bool,
    events: Sequence[str | ScriptedEvent],
    faults: Mapping[str | None, Faults],
    progress: Watch | None,
    warn: Callable[[str], object] | None,
    caption: Collection[Part] | None,
    typed: Callable[[str], None] | None = None,
    writing: Callable[[str], object] | None = None,
    renderer: RendererChoice | None = None,
) -> EnsembleResult:
    """Rehearse an input for several stages that was loaded; see `rehearse_ensemble`."""
    from sequencer.api.rehearsing import opened
    from sequencer.runtime.ensemble_rehearsal import rehearse_ensemble as rehearse_all
    from sequencer.runtime.output.captioned_video import DEFAULT_PARTS

    schedule, found = given.schedule, given.found
    choice = renderer or RendererChoice()
    if video and choice.name != DRAWN:
        raise UsageError(
            f"--renderer {choice.name} makes the frames of one stage at a time",
            f"rehearse one of them: --part {schedule.reference_name}",
        )
    unknown = next((name for name in faults if name not in (None, *schedule.names)), None)
    if unknown is not None:
        raise UsageError(
            f"there are faults for {unknown}, which is no stage of this score",
            f"its stages are {', '.join(schedule.names)}",
        )
    script = [
        read_event(event, schedule.reference, found.find_image) if isinstance(event, str) else event
        for event in events
    ]
    with_text = caption is None or "simulator" in caption
    frames_choice = replace(choice, with_text=with_text, draft=draft) if video else None
    with (
        opened(frames_choice, schedule.reference, warn, None, realtime) as frames,
        found.sound() if save else nullcontext() as sound,
    ):
        return rehearse_all(
            schedule,
            sources=found.sources,
            out=out,
            save=save,
            renderer=frames,
            size=video_size,
            draft=draft,
            realtime=realtime,
            events=script,
            faults=faults,
            watch=progress,
            warn=warn,
            images=found.image,
            caption=DEFAULT_PARTS if caption is None else caption,
            typed=typed,
            find_image=found.find_image,
            played=read_range(from_, to, schedule.reference, found.played),
            sound=sound,
            writing=writing,
        )


# ---- live ----------------------------------------------------------------------------------------

_ONE_STAGE_ONLY = {
    "resume": "--resume",
    "watch": "--watch",
    "clip": "--clip",
    "bundle": "--bundle",
    "reload": "--reload",
}
"""Options of `perform` that a run on several stages does not have."""


def check_ensemble_options(options: PerformOptions, schedule: EnsembleSchedule) -> None:
    """Check the options of a performance on several stages, before anything is opened.

    Raises:
        UsageError: An option has no meaning with several stages, an address is for no stage of the
            score, or an account cannot run so many sessions.
    """
    for name, flag in _ONE_STAGE_ONLY.items():
        if getattr(options, name):
            raise UsageError(
                f"{flag} is for runs on one stage, and this score has "
                f"{len(schedule.parts)}: {', '.join(schedule.names)}",
                f"omit {flag}, or perform one of them: --part {schedule.reference_name}",
            )
    if options.stage == "vllm-omni":
        raise UsageError(
            "--stage vllm-omni plays one stage so far",
            f"perform one of them: --part {schedule.reference_name}",
        )
    if options.stage == "simulated" and options.urls:
        raise UsageError(
            "--url applies to a remote stage, but --stage simulated plays in this process",
            "omit --url, or --stage simulated",
        )
    unknown = next((name for name in options.urls if name not in schedule.names), None)
    if unknown is not None:
        raise UsageError(
            f"--url {unknown}=… is for no stage of this score",
            f"its stages are {', '.join(schedule.names)}",
        )
    hosted = sum(1 for name in schedule.names if options.urls.get(name, options.url) is None)
    if options.stage == "reactor" and not options.local and hosted > MAX_ACCOUNT_SESSIONS:
        raise UsageError(
            f"this score plays on {hosted} sessions at once, and an account can run "
            f"{MAX_ACCOUNT_SESSIONS}",
            "use a local runtime for some of them (--url NAME=http://…), or fewer stages",
        )
    without = [name for name in schedule.names if options.urls.get(name, options.url) is None]
    if options.urls and options.local and without:
        raise UsageError(
            f"no address is given for {', '.join(without)}",
            f"add --url {without[0]}=http://…",
        )


async def play_ensemble(
    given: EnsembleInput,
    options: PerformOptions,
    folder: RunFolder,
    started: Callable[[EnsembleRun], object] = lambda _: None,
    *,
    viewers: Mapping[str, FrameViewer] | None = None,
) -> EnsembleResult:
    """Play a score on several stages live, to its end.

    Args:
        given: What is played.
        options: The options, which `check_ensemble_options` has checked.
        folder: The folder of the run.
        started: Called with the run before it plays.
        viewers: What receives the frames of each stage, while it wants them.

    Raises:
        SequencerError: The run could not begin; then it leaves nothing behind.
    """
    from sequencer.api.performing import PreparedRun, live_options, live_settings
    from sequencer.runtime.live.ensemble import EnsembleRunBuilder

    schedule, found = given.schedule, given.found
    prepared = PreparedRun(options=options, found=found, folder=folder, interrupted=None)
    settings = live_settings(prepared, None)
    price = settings.price_per_hour * len(schedule.parts)
    run: EnsembleRun | None = None
    try:
        run = EnsembleRunBuilder(
            schedule,
            options.urls,
            live_options(options),
            replace(
                settings,
                price_per_hour=price,
                stage_settings={**settings.stage_settings, "urls": dict(options.urls)},
            ),
            folder,
            images=found.image,
            viewers=viewers or {},
        ).ensemble_run
        started(run)
        if price and not options.local:
            run.notify(_cost(len(schedule.parts), price))
        return await run.play_all()
    except SequencerError:
        if run is None or run.performance.conductor.view.take == 0:
            folder.remove()
        raise


def _cost(sessions: int, price: Fraction) -> str:
    return f"{sessions} sessions play at once: ${float(price):.2f} an hour"


def perform_parts(given: EnsembleInput, options: PerformOptions) -> EnsembleResult:
    """Perform an input for several stages that was loaded, and return when it is over."""
    return asyncio.run(play_ensemble(*prepare_parts(given, options)))


def prepare_parts(
    given: EnsembleInput, options: PerformOptions
) -> tuple[EnsembleInput, PerformOptions, RunFolder]:
    """Check the options of a run on several stages, and make its folder.

    Args:
        given: What is played.
        options: The options; without a stage, they get the default one.

    Returns:
        The arguments of `play_ensemble`.

    Raises:
        UsageError: An option has no meaning with the others or with the score.
        ScoreError: The stage cannot do what the score contains.
        OutputError: The folder cannot be created.
    """
    from sequencer.api.performing import check_input
    from sequencer.runtime.output.run_folder import RunFolder

    found = check_input(options, given.found)
    check_ensemble_options(options, given.schedule)
    folder = RunFolder.make(options.out, found.schedule.title or "run")
    return EnsembleInput(schedule=given.schedule, found=found), options, folder
