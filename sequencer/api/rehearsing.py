"""Rehearse from Python: play a score on the simulator.

`sequencer rehearse` uses the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequencer.api.options import Arguments, python_names
from sequencer.api.play_ranges import read_range
from sequencer.api.reloading import RELOAD_MODES, reload_settings
from sequencer.api.scripted_events import read_event
from sequencer.api.sources import RunInput, input_of
from sequencer.core.errors import UsageError
from sequencer.renderers.choosing import DRAWN, LoadProgress, RendererChoice, check_choice
from sequencer.renderers.kept_chunks import KeptChunks
from sequencer.runtime import rehearsal
from sequencer.runtime.loop import require_prompt
from sequencer.runtime.output.captioned_video import DEFAULT_PARTS, PARTS
from sequencer.runtime.results import RehearsalResult
from sequencer.runtime.scripted_events import ScriptedEvent

if TYPE_CHECKING:
    from sequencer.api.sources import Source
    from sequencer.core.images import ImageFile
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.runtime.rehearsal import Watch
    from sequencer.schedule.model import Schedule
    from sequencer.stages.simulated.faults import Faults
    from sequencer.stages.simulated.rendering import Renderer

UNWRITTEN_CAPTION: frozenset[Part] = frozenset(PARTS) - {"simulator"}
"""The default caption where the renderer writes nothing on its frames."""


def rehearse(
    source: Source,
    *,
    sources: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
    out: str | Path | None = None,
    save: bool = True,
    video: bool = True,
    video_size: tuple[int, int] | str | None = None,
    draft: bool = False,
    from_: str | None = None,
    to: str | None = None,
    realtime: bool = False,
    events: Sequence[str | ScriptedEvent] = (),
    faults: str | Path | Faults | None = None,
    progress: Watch | None = None,
    warn: Callable[[str], object] | None = None,
    bundle: bool = False,
    images: Callable[[ImageFile], bytes] | None = None,
    caption: Collection[Part] | str | None = None,
    typed: Callable[[str], None] | None = None,
    reload: Literal["offer", "auto"] | None = None,
    renderer: str | Renderer = DRAWN,
    weights: str | Path | None = None,
    renderer_options: Mapping[str, str | float] | Sequence[tuple[str, str]] = (),
    loading: LoadProgress | None = None,
) -> RehearsalResult:
    """Play a score on the simulator, and save the results in a folder.

    The folder contains the video, contact sheet, journal, report and timeline.

    >>> import sequencer
    >>> score = sequencer.reads('seed 1\\nat 0c "A paper boat."\\nend 3c\\n')
    >>> sequencer.rehearse(score, video=False, save=False)
    <RehearsalResult: went as written, 1 of 1 cues landed, 3 chunks, not saved>

    Args:
        source: What is played: the path of a score, of a compiled schedule or of a run, a Score, a
            Schedule, the result of a check, or a run.
        sources: The score's texts by file name, for the journal. Default: those of the source.
        folder: Where the score's images are. Default: the folder of the score's file; for a
            Schedule the working directory.
        out: The run's folder. Default: a new one under `runs/`.
        save: Whether anything is written.
        video: Whether frames are rendered.
        video_size: Width and height of the video in pixels, also as a text such as `1280x768`.
            Default: 1280 × 768, or 320 × 192 for a draft.
        draft: Whether the frames are small, which is much faster.
        from_: The position at which the run begins, with what is in force there: a section
            (``drop``), a position in it (``drop 9.1``), a time (``90s``) or a chunk (``24c``).
            Default: the beginning.
        to: The position before which the run ends. Default: the end.
        realtime: Play in real time. `sequencer tell` then reaches the run while it plays.
        events: Events given to the run, such as ``go exit@12c`` or ``note D3@jam 3.1``.
        faults: Faults that the simulator injects, or the path of a faults file.
        progress: Called after every chunk with the progress of the run.
        warn: Called with each warning, of the score and of the run.
        bundle: Whether journal, images and sound are also written into one file.
        images: Returns the bytes of an image that is not in `folder`. It may raise OSError.
        caption: What is written on the frames: any of `title`, `section`, `take`, `position`,
            `action` and `simulator`, also as a text such as `title,position`. Empty writes nothing.
            Default: all but `action`.
        typed: In real time, called with what the operator has typed so far; given one, the
            terminal's keys reach the run.
        reload: In real time, for the path of a score: watch its file, so that an edited score can
            take over while the run plays: `offer` reports an edit, `auto` takes it over when it is
            saved.
        renderer: What makes the frames: ``drawn`` for those of the simulator, ``helios`` for the
            open weights of Helios on this machine (see docs/local-models.md), or a `Renderer`
            that was opened, which can be used for several runs.
        weights: For ``helios``: a folder, or ``NAME@REVISION`` of the Hugging Face Hub.
        renderer_options: For ``helios``: its options by name, such as ``{"size": "640x384"}``.
        loading: Called while weights are loaded, with megabytes loaded, megabytes in all, and the
            part being loaded.

    Returns:
        The report, and the paths of what was written. `failures` lists what could not be written
            once the run played.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: The folder exists, an option has no meaning with the others, or an event cannot
            be read.
        OutputError: The run could not begin; nothing is left behind.
        ScheduleError: There is nothing to perform.
        StageError: The simulator or the renderer failed.
    """
    from sequencer.stages.simulated.faults import Faults, read_faults

    arguments = Arguments("rehearse")
    arguments.flags(save=save, video=video, draft=draft, realtime=realtime, bundle=bundle)
    arguments.texts(from_=from_, to=to)
    arguments.functions(progress=progress, warn=warn, images=images, typed=typed)
    arguments.functions(loading=loading)
    size, parts = arguments.video_size(video_size), arguments.caption(caption)
    chosen = arguments.renderer(renderer, weights, renderer_options)
    script = arguments.events(events, ScriptedEvent)
    path = None if isinstance(faults, Faults) else arguments.path("faults", faults)
    with python_names():
        if isinstance(chosen, RendererChoice):
            check_video_options(video, size, parts, draft, chosen)
        planned = (
            faults if isinstance(faults, Faults) else None if path is None else read_faults(path)
        )
        found = input_of(source, "rehearse", warn or (lambda _: None), keeps_chunks=True)
        image_folder = arguments.path("folder", folder)
        return rehearse_input(
            RunInput(
                schedule=found.schedule,
                sources=found.sources if sources is None else sources,
                folder=found.folder if image_folder is None else image_folder,
                name=found.name,
                bundle=found.bundle,
                played=found.played,
                file=found.file,
            ),
            images=images,
            out=arguments.path("out", out),
            save=save,
            video=video,
            video_size=size,
            draft=draft,
            from_=from_,
            to=to,
            realtime=realtime,
            events=script,
            faults=planned,
            progress=progress,
            warn=warn,
            bundle=bundle,
            caption=parts,
            typed=typed,
            reload=arguments.choice("reload", reload, RELOAD_MODES),
            renderer=chosen,
            loading=loading,
        )


def check_video_options(
    video: bool,
    video_size: tuple[int, int] | None,
    caption: Collection[Part] | None,
    draft: bool,
    renderer: RendererChoice,
) -> None:
    """Check that options about the video are given only where there is one. Raises UsageError."""
    check_choice(replace(renderer, draft=draft))
    for option, is_given in (
        ("--video-size", video_size is not None),
        ("--caption", caption is not None),
        ("--draft", draft),
        ("--renderer", renderer.name != DRAWN),
    ):
        if is_given and not video:
            raise UsageError(
                f"{option} applies to the video, but --no-video omits it", "omit one of the two"
            )


def rehearse_input(
    found: RunInput,
    *,
    out: Path | None,
    video: bool,
    video_size: tuple[int, int] | None,
    draft: bool,
    from_: str | None,
    to: str | None,
    realtime: bool,
    events: Sequence[str | ScriptedEvent],
    faults: Faults | None,
    progress: Watch | None,
    warn: Callable[[str], object] | None,
    bundle: bool,
    caption: Collection[Part] | None,
    typed: Callable[[str], None] | None,
    save: bool = True,
    images: Callable[[ImageFile], bytes] | None = None,
    writing: Callable[[str], object] | None = None,
    reload: str | None = None,
    renderer: RendererChoice | Renderer | None = None,
    loading: LoadProgress | None = None,
    keep: Path | None = None,
    takes: bool = False,
) -> RehearsalResult:
    """Rehearse an input that was loaded. Arguments, results and errors are those of `rehearse`.

    `writing` is called with the name of each file that is written once the run is over. Chunks are
    kept in the folder `keep`, if there is one, and read from it. With `takes`, each take has a
    video of its own.
    """
    require_prompt(found.schedule)
    if reload is not None and not realtime:
        raise UsageError(
            "--reload takes over edits while the run plays, but this one plays in virtual time",
            "add --realtime, or omit --reload",
        )
    reloads = reload_settings(reload, found.file, found.name)
    played = read_range(from_, to, found.schedule, found.played)
    script = [
        read_event(event, found.schedule, found.find_image) if isinstance(event, str) else event
        for event in events
    ]
    choice = RendererChoice() if renderer is None else renderer
    if isinstance(choice, RendererChoice):
        with_text = caption is None or "simulator" in caption
        choice = replace(choice, with_text=with_text, draft=draft)
    with (
        opened(choice if video else None, found.schedule, warn, loading, realtime) as frames,
        found.sound() if save else nullcontext() as sound,
    ):
        writes_text = frames is None or frames.writes_text
        if caption is not None and "simulator" in caption and not writes_text:
            raise UsageError(
                "--caption simulator is what the drawn frames contain, and this renderer writes "
                "nothing on its frames",
                "write --caption title,section,take,position,action",
            )
        default = DEFAULT_PARTS if writes_text else UNWRITTEN_CAPTION
        return rehearsal.rehearse(
            found.schedule,
            sources=found.sources,
            out=out,
            save=save,
            renderer=frames if frames is None or keep is None else KeptChunks(frames, keep),
            takes=takes,
            size=video_size,
            draft=draft,
            realtime=realtime,
            events=script,
            faults=faults,
            watch=progress,
            warn=warn,
            bundle=bundle,
            images=images or found.image,
            find_image=found.find_image,
            caption=default if caption is None else caption,
            typed=typed,
            writing=writing,
            played=played,
            sound=sound,
            reloads=reloads,
        )


@contextmanager
def opened(
    choice: RendererChoice | Renderer | None,
    schedule: Schedule,
    warn: Callable[[str], object] | None,
    loading: LoadProgress | None,
    realtime: bool,
) -> Iterator[Renderer | None]:
    """Load a chosen renderer that can make the chunks of a schedule, and close it afterwards.

    One that was opened before stays open. None gives None.

    Raises:
        UsageError: It cannot make these chunks, or not in real time.
        StageError: It cannot be loaded.
    """
    from sequencer.renderers.choosing import open_renderer
    from sequencer.stages.simulated.rendering import grid_problem

    if choice is None:
        yield None
        return
    renderer = (
        open_renderer(choice, warn, loading) if isinstance(choice, RendererChoice) else choice
    )
    try:
        problem = grid_problem(renderer, schedule.grid)
        if problem is not None:
            raise UsageError(
                problem, f"write `grid {renderer.frames_per_chunk} frames @ 24 fps` in the score"
            )
        if realtime and not renderer.is_realtime:
            raise UsageError(
                f"--realtime plays at the speed of a live run, and the renderer "
                f"{renderer.facts.name} may be slower",
                "omit --realtime",
            )
        rate = schedule.grid.fps
        if renderer.fps is not None and rate != renderer.fps and warn is not None:
            speed = float(rate / renderer.fps)
            warn(
                f"motion is {speed:.2g} times as fast as the model makes it: it is made for "
                f"{renderer.fps} frames per second, and the score's grid has {float(rate):g}"
            )
        yield renderer
    finally:
        if isinstance(choice, RendererChoice):
            renderer.close()
