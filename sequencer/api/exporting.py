"""Write scores and runs for other programs. The command `export` uses the same functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.api.files import refuse_overwrite, refuse_source_overwrite, write_text
from sequencer.api.options import Arguments, python_names
from sequencer.api.output_formats import format_of, require_ending
from sequencer.api.reporting import drawing_of
from sequencer.api.sources import RunInput, Source, load_input
from sequencer.core.errors import OutputError, UsageError
from sequencer.core.paths import exists, is_file, is_folder

if TYPE_CHECKING:
    from sequencer.reports.interchange.film import Film

VIDEO = "video.mp4"
MAX_INTERPOLATE_TIME = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What was exported: its text (empty for a folder or a video), a summary, and warnings."""

    text: str
    summary: str
    warnings: tuple[str, ...]


def export_kinds() -> dict[str, str]:
    """Return the formats that can be written, with the endings of their files."""
    from sequencer.reports.interchange import chapters, writers

    found = {one.KIND: one.ENDING for one in writers()}
    return {**found, chapters.KIND: chapters.ENDING}


def export(
    source: Source,
    *,
    kind: str | None = None,
    output: str | Path | None = None,
    part: str | None = None,
    start_tc: str | None = None,
    interpolate_time: int | None = None,
    video: str | Path | None = None,
    force: bool = False,
    warn: Callable[[str], object] | None = None,
) -> str:
    """Write a score, or a run of it, in the format of another program.

    A score is exported as planned, a run with each cue on the chunk where it landed. What the
    format cannot contain is named in a warning.

    >>> import sequencer
    >>> score = sequencer.reads('at 0c "A paper boat."\\nend 4c\\n')
    >>> print(sequencer.export(score, kind="srt").splitlines()[1])
    00:00:00,000 --> 00:00:05,500

    Args:
        source: A path, a Score, a Schedule, the result of a check, or a run.
        kind: The format, such as `otio`. Default: what the ending of `output` names.
        output: A file to write as well; for some formats a folder, or a file with others beside it.
        part: The stage that is exported, of a score for several.
        start_tc: The time code at the beginning, for `edl` and `otio`. Default: `01:00:00:00`.
        interpolate_time: How many chunks each prompt of a Helios CSV lasts. Default: the longest
            that fits.
        video: The recording. Default: that of the run.
        force: Overwrite the output if it exists.
        warn: Called with what the format cannot contain, and with the score's warnings.

    Returns:
        The content of the file; empty if it is a folder or a video.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: The source cannot be read, the format is unknown, or the output exists.
        SequencerError: The format cannot contain this score.
        OutputError: The output cannot be written.
    """
    arguments = Arguments("export")
    arguments.flags(force=force)
    arguments.texts(kind=kind, start_tc=start_tc, part=part)
    arguments.functions(warn=warn)
    show = warn or (lambda _: None)
    with python_names():
        found = export_source(
            source,
            kind=kind,
            output=arguments.path("output", output),
            start_tc=start_tc,
            interpolate_time=arguments.integer("interpolate_time", interpolate_time),
            video=arguments.path("video", video),
            force=force,
            load=lambda path: load_input(path, show, part=part),
            part=part,
        )
    for warning in found.warnings:
        show(warning)
    return found.text


def export_source(
    source: Source,
    *,
    kind: str | None,
    output: Path | None,
    start_tc: str | None,
    interpolate_time: int | None,
    video: Path | None,
    force: bool,
    load: Callable[[Path], RunInput],
    part: str | None = None,
) -> ExportResult:
    """Export a source, and write the output if there is one.

    `load` loads a path that is not a run; `part` is as for `drawing_of`.
    """
    from sequencer.reports.interchange import find_writer
    from sequencer.reports.interchange.exported import START_TC, ExportOptions
    from sequencer.reports.interchange.film import film_of_run, film_of_schedule

    wanted = _kind(kind, output)
    if interpolate_time is not None and not 1 <= interpolate_time <= MAX_INTERPOLATE_TIME:
        raise UsageError(
            f"--interpolate-time {interpolate_time} is not from 1 to {MAX_INTERPOLATE_TIME:,} "
            "chunks"
        )
    writer = find_writer(wanted)
    if output is not None:
        refuse_overwrite(output, force)
        refuse_source_overwrite(output, *((source,) if isinstance(source, str | Path) else ()))
    drawing = drawing_of(source, load, part)
    film = (
        film_of_schedule(drawing.schedule)
        if drawing.conductor is None
        else film_of_run(drawing.conductor)
    )
    if not film.prompts:
        raise UsageError("there is no prompt in it to export", "is it the right score?")
    recording = video if video is not None else _recording(source)
    if writer is None:
        return _export_chapters(film, recording, output, video is not None)
    exported = writer.write(
        film,
        ExportOptions(
            name="film" if output is None else output.stem,
            start_tc=start_tc or START_TC,
            interpolate_time=interpolate_time,
            video=None if recording is None else _relative(recording, output),
        ),
    )
    if output is not None:
        _write(output, exported.text, exported.beside, force)
    elif exported.text is None or exported.beside:
        raise UsageError(
            f"the format {wanted} needs an output", f"name it: -o film{writer.ENDING or ''}"
        )
    return ExportResult(
        text=exported.text or "", summary=exported.summary, warnings=exported.warnings
    )


def _kind(kind: str | None, output: Path | None) -> str:
    """Return the format that was named, or that the ending of the output names."""
    kinds = export_kinds()
    if kind is None:
        if output is None:
            raise UsageError(
                "the format is not named", f"name it with --as: one of {', '.join(kinds)}"
            )
        by_ending: dict[str, tuple[str, ...]] = {}
        for one, ending in kinds.items():
            if ending:
                by_ending[ending] = (*by_ending.get(ending, ()), one)
        found = format_of(output, "export", by_ending, (next(iter(kinds)),))
        if len(found) > 1:
            raise UsageError(
                f"the ending of {output} is that of several formats: {', '.join(found)}",
                f"name the format, for example: --as {found[0]}",
            )
        return found[0]
    if kind not in kinds:
        raise UsageError(
            f"--as {kind}: no such format is written", f"the formats are {', '.join(kinds)}"
        )
    if kinds[kind]:
        require_ending(output, "export", kinds[kind])
    elif output is not None and (is_file(output) or (is_folder(output) and any(output.iterdir()))):
        raise UsageError(f"{output} already exists", "name a new folder")
    return kind


def _write(output: Path, text: str | None, beside: Mapping[str, str], force: bool) -> None:
    folder = output.parent
    if text is None:
        folder = output
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder} cannot be created: {error.strerror}") from None
    for name in beside:
        refuse_overwrite(folder / name, force)
    if text is not None:
        write_text(output, text)
    for name, content in beside.items():
        write_text(folder / name, content)


def _recording(source: Source) -> Path | None:
    """Return the video of a run that is given by its folder or as a result."""
    from sequencer.engine.journal import find_run
    from sequencer.runtime.results import PerformanceResult, RehearsalResult

    folder: Path | None = None
    if isinstance(source, str | Path):
        path = find_run(Path(source))
        folder = path if is_folder(path) else path.parent if path.suffix == ".jsonl" else None
    elif isinstance(source, RehearsalResult | PerformanceResult):
        folder = source.folder
    if folder is None or not is_file(folder / VIDEO):
        return None
    return folder / VIDEO


def _relative(recording: Path, output: Path | None) -> str:
    """Return the path of the recording as seen from the output's folder, with `/`."""
    folder = Path() if output is None else output.parent
    try:
        return Path(os.path.relpath(recording, folder)).as_posix()
    except ValueError:  # on another drive
        return recording.absolute().as_posix()


def _export_chapters(
    film: Film, recording: Path | None, output: Path | None, is_named: bool
) -> ExportResult:
    from sequencer.reports.interchange.chapters import write_chapters

    if output is None:
        raise UsageError("chapters are written into a copy of a video", "name it: -o film.mp4")
    if recording is None or not exists(recording):
        raise UsageError(
            f"{recording} does not exist" if is_named else "there is no video of this",
            "export a run that was recorded, or name its video with --video",
        )
    if is_file(output) and output.samefile(recording):
        raise UsageError(f"{output} is the video itself", "write to another file with -o")
    count = write_chapters(film, recording, output)
    return ExportResult(text="", summary=f"chapters: {count}", warnings=film.warnings)
