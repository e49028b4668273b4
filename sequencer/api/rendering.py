"""Render a score as a film: a rehearsal whose frames are made by a model.

It continues where it was interrupted. `sequencer render` uses the same functions.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.api.options import Arguments, python_names
from sequencer.api.rehearsing import check_video_options, rehearse_input
from sequencer.api.sources import RunInput, input_of
from sequencer.core.errors import OutputError, UsageError
from sequencer.core.paths import exists, is_file, partial_of, possible_name
from sequencer.renderers.choosing import HELIOS, LoadProgress, RendererChoice
from sequencer.renderers.kept_chunks import LOCK, is_kept, prepare, remove
from sequencer.runtime.output.run_folder import MAX_NAME_BYTES, RUNS_FOLDER
from sequencer.runtime.results import RehearsalResult
from sequencer.runtime.scripted_events import ScriptedEvent

if TYPE_CHECKING:
    from sequencer.api.sources import Source
    from sequencer.runtime.output.captioned_video import Part
    from sequencer.runtime.rehearsal import Watch
    from sequencer.stages.simulated.rendering import Renderer


def render(
    source: Source,
    *,
    out: str | Path | None = None,
    renderer: str | Renderer = HELIOS,
    weights: str | Path | None = None,
    renderer_options: Mapping[str, str | float] | Sequence[tuple[str, str]] = (),
    video_size: tuple[int, int] | str | None = None,
    caption: Collection[Part] | str = (),
    takes: bool = False,
    from_: str | None = None,
    to: str | None = None,
    events: Sequence[str | ScriptedEvent] = (),
    bundle: bool = False,
    progress: Watch | None = None,
    warn: Callable[[str], object] | None = None,
    loading: LoadProgress | None = None,
) -> RehearsalResult:
    """Render a score as a film, without captions and with its sound.

    Each chunk is kept in the folder `OUT.chunks` until the film is complete: an interrupted
    render, called again, continues after its last whole chunk.

    >>> import sequencer
    >>> score = sequencer.reads('at 0c "A paper boat."\\nend 1c\\n')
    >>> sequencer.render(score, out="boat-film", renderer="drawn")
    <RehearsalResult: went as written, 1 of 1 cues landed, 1 chunks, in 'boat-film'>

    Args:
        source: What is rendered, as for `rehearse`.
        out: The folder of the film. Default: `runs/film-NAME`.
        renderer: What makes the frames, as for `rehearse`.
        weights: As for `rehearse`.
        renderer_options: As for `rehearse`.
        video_size: Width and height of the video in pixels. Default: twice those of the model.
        caption: What is written on the frames, as for `rehearse`. Default: nothing.
        takes: Whether each take becomes a file of its own, `take-1.mp4` and so on.
        from_: The position at which the film begins. Default: the beginning.
        to: The position before which it ends. Default: the end.
        events: Events given to the run, such as ``go exit@12c``.
        bundle: Whether journal, images and sound are also written into one file.
        progress: Called after every chunk with the progress.
        warn: Called with each warning.
        loading: Called while weights are loaded, as for `rehearse`.

    Returns:
        The result, as that of `rehearse`.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: The film exists, another render is writing it, or an option is not valid.
        OutputError: The film could not be begun.
        StageError: The renderer failed; what it made is kept.
    """
    arguments = Arguments("render")
    arguments.flags(takes=takes, bundle=bundle)
    arguments.texts(from_=from_, to=to)
    arguments.functions(progress=progress, warn=warn, loading=loading)
    size, parts = arguments.video_size(video_size), arguments.caption(caption)
    chosen = arguments.renderer(renderer, weights, renderer_options)
    script = arguments.events(events, ScriptedEvent)
    with python_names():
        if isinstance(chosen, RendererChoice):
            check_video_options(True, size, parts, False, chosen)
        return render_input(
            input_of(source, "render", warn or (lambda _: None), keeps_chunks=True),
            out=arguments.path("out", out),
            renderer=chosen,
            video_size=size,
            caption=parts or (),
            takes=takes,
            from_=from_,
            to=to,
            events=script,
            bundle=bundle,
            progress=progress,
            warn=warn,
            loading=loading,
        )


def render_input(
    found: RunInput,
    *,
    out: Path | None,
    renderer: RendererChoice | Renderer,
    video_size: tuple[int, int] | None,
    caption: Collection[Part],
    takes: bool,
    from_: str | None,
    to: str | None,
    events: Sequence[str | ScriptedEvent],
    bundle: bool,
    progress: Watch | None,
    warn: Callable[[str], object] | None,
    loading: LoadProgress | None,
    writing: Callable[[str], object] | None = None,
) -> RehearsalResult:
    """Render an input that was loaded. Arguments, results and errors are those of `render`."""
    film = default_folder(found) if out is None else out
    chunks = chunks_folder(film)
    with _alone(film, chunks):
        result = rehearse_input(
            found,
            out=film,
            video=True,
            video_size=video_size,
            draft=False,
            from_=from_,
            to=to,
            realtime=False,
            events=events,
            faults=None,
            progress=progress,
            warn=warn,
            bundle=bundle,
            caption=frozenset(caption),
            typed=None,
            writing=writing,
            renderer=renderer,
            loading=loading,
            keep=chunks,
            takes=takes,
        )
    if not was_interrupted(result) and not result.failures:
        remove(chunks)
    return result


def was_interrupted(result: RehearsalResult) -> bool:
    """Return whether a render was interrupted, so that it can continue."""
    return result.report.ended.startswith("interrupted")


def default_folder(found: RunInput) -> Path:
    """Return the folder of a film for which none was requested: the same one every time."""
    title = found.schedule.title or Path(found.name).stem
    words = possible_name(re.sub(r"[^\w.-]+", "-", title).strip("-."), MAX_NAME_BYTES)
    return RUNS_FOLDER / f"film-{words.strip('-.') or 'score'}"


def chunks_folder(film: Path) -> Path:
    """Return the folder in which the chunks of a film are kept."""
    return film.with_name(f"{film.name}.chunks")


@contextmanager
def _alone(film: Path, chunks: Path) -> Iterator[None]:
    """While inside, no other render writes this film; what an interrupted one left is removed.

    Raises UsageError.
    """
    is_continued = is_kept(chunks)
    if not is_continued and exists(film):
        raise UsageError(f"{film} already exists", "choose another folder with --out, or remove it")
    prepare(chunks)
    with (chunks / LOCK).open("w") as file:
        if not _locked(file.fileno()):
            raise UsageError(
                f"another render is writing {film}", "wait for its end, or choose another --out"
            )
        for left in (film, partial_of(film)):
            if is_continued and exists(left):
                if not is_file(left / "journal.jsonl"):
                    raise UsageError(
                        f"{left} is not what an interrupted render left",
                        "choose another folder with --out, or remove it",
                    )
                try:
                    shutil.rmtree(left)
                except OSError as error:
                    raise OutputError(
                        f"{left} cannot be removed: {error.strerror}", "choose another --out"
                    ) from None
        yield


def _locked(file: int) -> bool:
    """Lock a file until it is closed; return whether nobody else has. Windows has no such lock."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
