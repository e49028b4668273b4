"""Make timelines, cue sheets, comparisons and frozen scores from scores and runs.

The commands of the same names use the same functions: those that take `load` differ only in how a
path is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequencer.api.files import refuse_overwrite, refuse_source_overwrite, write_text
from sequencer.api.options import Arguments, python_names
from sequencer.api.output_formats import agreed, format_of
from sequencer.api.sources import (
    RunInput,
    files_of_run,
    input_of,
    journal_of,
    load_input,
    report_parts_of,
)
from sequencer.core.errors import SequencerError, UsageError
from sequencer.core.paths import is_folder
from sequencer.schedule.ensemble import EnsembleSchedule

if TYPE_CHECKING:
    from sequencer.api.sources import PartsInput, Run, Source
    from sequencer.core.images import ImageFile
    from sequencer.engine.conductor.machine import Conductor
    from sequencer.engine.journal import Journal
    from sequencer.language.score import Score
    from sequencer.media.score_sounds import ScoreSound
    from sequencer.reports.diff import Comparison
    from sequencer.schedule.model import Schedule

TIMELINE_KINDS = {".svg": "svg", ".html": "html", ".htm": "html"}
"""The formats of a timeline by the endings of their files."""
SHEET_FORMATS = {
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".md": "markdown",
    ".json": "json",
    ".txt": "table",
}
"""The formats of a cue sheet by the endings of their files."""
SHEET_KINDS = ("table", "csv", "markdown", "json", "html")
SHEET_WIDTH = 120
"""The width of a table that is not printed on a terminal, in characters."""


# ---- timelines -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a timeline is drawn of.

    `conductor` is that of a run at its end; `files` has the images and the sound, if it is known
    where they are.
    """

    schedule: Schedule
    conductor: Conductor | None
    files: RunInput | None

    @property
    def improvised(self) -> tuple[ImageFile, ...]:
        """The images that an operator of the run improvised, after those of the score."""
        return () if self.conductor is None else self.conductor.view.images

    @property
    def chunks(self) -> int:
        """The number of chunks that are drawn."""
        return self.schedule.end if self.conductor is None else self.conductor.making

    def draw(self, kind: str, *, pictures: bool, warn: Callable[[str], object]) -> str:
        """Return the timeline as `svg` or `html`. A sound that cannot be read is left out."""
        from sequencer.reports.timeline import timeline_html, timeline_svg
        from sequencer.reports.timeline.thumbnails import thumbnails_of

        thumbnails: Mapping[str, str] = {}
        if pictures and self.files is not None:
            thumbnails = thumbnails_of(self.schedule, self.files.image, self.improvised)
        with ExitStack() as stack:
            sound: ScoreSound | None = None
            if self.files is not None:
                try:
                    sound = stack.enter_context(self.files.sound())
                except SequencerError as error:
                    warn(f"the sound is left out: {error.message}")
            draw = timeline_html if kind == "html" else timeline_svg
            return draw(self.schedule, self.conductor, thumbnails, sound=sound)


def timeline(
    source: Source,
    *,
    output: str | Path | None = None,
    kind: Literal["svg", "html"] | None = None,
    part: str | None = None,
    pictures: bool = True,
    warn: Callable[[str], object] | None = None,
) -> str:
    """Draw a score, or a run of it, as a timeline.

    >>> import sequencer
    >>> drawn = sequencer.timeline(sequencer.reads('at 0c "A paper boat."\\nend 4c\\n'))
    >>> drawn.startswith("<svg ")
    True

    Args:
        source: What is drawn: a path, a Score, a Schedule, the result of a check, or a run. A run
            shows what was performed, planned against landed.
        output: A file to write as well: `.svg` or `.html`. An existing file is overwritten.
        kind: `svg` or `html`. Default: what the ending of `output` names, or else `svg`.
        part: The stage that is drawn, of a score for several.
        pictures: Whether images are shown small, and not only named.
        warn: Called with the score's warnings, and if its sound cannot be drawn.

    Returns:
        The timeline: an SVG image or an HTML page, complete in itself.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: The source cannot be read, the ending of `output` names no format, or the score
            is for several stages and `part` is None.
        OutputError: The file cannot be written.
    """
    arguments = Arguments("timeline")
    arguments.flags(pictures=pictures)
    arguments.texts(part=part)
    arguments.functions(warn=warn)
    with python_names():
        file = arguments.path("output", output)
        wanted = _wanted(
            arguments,
            file,
            "timeline",
            kind=kind,
            kinds=("svg", "html"),
            formats=TIMELINE_KINDS,
            default="svg",
        )
        show = warn or (lambda _: None)
        drawing = drawing_of(source, lambda path: load_input(path, show, part=part), part)
        text = drawing.draw(wanted, pictures=pictures, warn=show)
        if file is not None:
            write_text(file, text)
    return text


def drawing_of(
    source: Source, load: Callable[[Path], RunInput], part: str | None = None
) -> Drawing:
    """Return what the timeline of a source is drawn of.

    Args:
        source: A path, a score, a schedule, the result of a check, or a run.
        load: Loads a path that is not a run.
        part: The stage that is drawn, of a score for several that is not a path.
    """
    from sequencer.engine.journal import Journal, read_journal
    from sequencer.runtime.results import PerformanceResult, RehearsalResult

    if isinstance(source, str | Path):
        path = Path(source)
        run = _drawing_of_path(path)
        if run is not None:
            return run
        found = load(path)
    elif isinstance(source, Journal):
        return _drawing_of_run(source)
    elif isinstance(source, RehearsalResult | PerformanceResult):
        if source.folder is None:
            return Drawing(source.schedule, source.conductor, None)
        return _drawing_of_run(read_journal(source.folder))
    else:
        found = input_of(source, "timeline", part=part)
    return Drawing(found.schedule, None, found)


def drawings_of(
    path: Path, load: Callable[[Path], PartsInput]
) -> tuple[tuple[str | None, Drawing], ...]:
    """Return what the timelines of a path are drawn of, each with the stage that it is of.

    Args:
        path: A score, a compiled schedule, or a run.
        load: Loads a path that is not a run.

    Returns:
        One for each stage of a score for several; otherwise one of None.
    """
    run = _drawing_of_path(path)
    if run is not None:
        return ((None, run),)
    found = load(path)
    names = found.compiled.names if isinstance(found.compiled, EnsembleSchedule) else (None,)
    inputs = ((name, found.input_of(name)) for name in names)
    return tuple((name, Drawing(one.schedule, None, one)) for name, one in inputs)


def _drawing_of_path(path: Path) -> Drawing | None:
    """Return what the timeline of a run is drawn of; None if the path is not that of a run."""
    from sequencer.engine.bundle import is_bundle
    from sequencer.engine.journal import find_run, read_journal

    if is_folder(find_run(path)) or path.suffix == ".jsonl" or is_bundle(path):
        return _drawing_of_run(read_journal(path), path if is_bundle(path) else None)
    return None


def _drawing_of_run(journal: Journal, bundle: Path | None = None) -> Drawing:
    """Return a run's conductor at the end of its journal, and its images and sound.

    They are in the bundle, or else in the folder of the score, if that is known.
    """
    from sequencer.engine.replay import replayed

    conductor = replayed(journal)
    schedule = conductor.view.schedule
    files = files_of_run(journal, schedule, bundle)
    return Drawing(schedule, conductor, files if bundle is not None or journal.sources else None)


# ---- cue sheets ----------------------------------------------------------------------------------


def sheet(
    source: Source,
    *,
    output: str | Path | None = None,
    kind: Literal["table", "csv", "markdown", "json", "html"] | None = None,
    part: str | None = None,
    full: bool = False,
    width: int = SHEET_WIDTH,
    warn: Callable[[str], object] | None = None,
) -> str:
    """Return a score's cue sheet.

    It lists every cue with its position, time, frame, chunk and snap error, and what it does.

    >>> import sequencer
    >>> score = sequencer.reads('at 0c "A paper boat."\\nend 4c\\n')
    >>> sequencer.sheet(score, kind="csv").splitlines()[0].split(",")[:4]
    ['cue', 'section', 'pass', 'place']

    Args:
        source: A path, a Score, a Schedule, the result of a check, or a run.
        output: A file to write as well. An existing file is overwritten.
        kind: `table`, `csv`, `markdown`, `json` or `html`. Default: what the ending of `output`
            names, or else `table`.
        part: The stage, of a score for several. Default: the sheets of all, one after another, in
            one table (`csv`) or in one object (`json`).
        full: In a table or Markdown, show whole prompts and not only the part that changes.
        width: The width of a table, in characters.
        warn: Called with the score's warnings.

    Returns:
        The cue sheet.

    Raises:
        TypeError: An argument has another type.
        ScoreError: The score is not valid.
        UsageError: The source cannot be read, or `kind` and the ending of `output` do not agree.
        OutputError: The file cannot be written.
    """
    arguments = Arguments("sheet")
    arguments.flags(full=full)
    arguments.texts(part=part)
    arguments.functions(warn=warn)
    columns = arguments.integer("width", width) or SHEET_WIDTH
    with python_names():
        file = arguments.path("output", output)
        refuse_source_overwrite(file, *_paths(source))
        wanted = _wanted(
            arguments,
            file,
            "sheet",
            kind=kind,
            kinds=SHEET_KINDS,
            formats=SHEET_FORMATS,
            default="table",
        )
        found = report_parts_of(source, "sheet", part, warn or (lambda _: None))
        refuse_source_overwrite(file, *(found.sources if file is not None else ()))
        text = render_sheet(found.compiled, wanted, full=full, width=columns)
        if file is not None:
            write_text(file, text)
    return text


def render_sheet(
    compiled: Schedule | EnsembleSchedule, kind: str, *, full: bool, width: int
) -> str:
    """Return a cue sheet, or those of several stages, in one of `SHEET_KINDS`."""
    from sequencer.reports.cue_sheet.export import as_csv, as_json, as_markdown
    from sequencer.reports.cue_sheet.html import as_html
    from sequencer.reports.cue_sheet.rows import sheet_of
    from sequencer.reports.cue_sheet.stages import render_sheets
    from sequencer.reports.cue_sheet.terminal import as_table

    if isinstance(compiled, EnsembleSchedule):
        return render_sheets(compiled, kind, full=full, width=width)
    found = sheet_of(compiled)
    match kind:
        case "csv":
            return as_csv(found)
        case "markdown":
            return as_markdown(found, full=full)
        case "json":
            return as_json(found)
        case "html":
            return as_html(found)
        case _:
            return as_table(found, width, full=full)


def _wanted(
    arguments: Arguments,
    output: Path | None,
    command: str,
    *,
    kind: object,
    kinds: tuple[str, ...],
    formats: Mapping[str, str],
    default: str,
) -> str:
    """Return the format that `kind` and the ending of a file name.

    Raises UsageError if they name two.
    """
    wanted = arguments.choice("kind", kind, kinds)
    return kind_of_output(output, command, wanted, formats, default)


def kind_of_output(
    output: Path | None, command: str, wanted: str | None, formats: Mapping[str, str], default: str
) -> str:
    """Return the format of a result.

    Args:
        output: The file to write, or None.
        command: The command that writes it, for messages.
        wanted: The format that was asked for, or None.
        formats: The formats by the endings of their files.
        default: The format if nothing names another.

    Raises:
        UsageError: The ending names no format, or another than `wanted`.
    """
    if output is None:
        return wanted or default
    named = format_of(output, command, formats, wanted or default)
    return named if wanted is None else agreed(output, wanted, wanted, named)


def _paths(source: object) -> tuple[Path, ...]:
    return (Path(source),) if isinstance(source, str | Path) else ()


# ---- runs ----------------------------------------------------------------------------------------


def diff(first: Run, second: Run) -> Comparison:
    """Compare two runs: settings, cues, MIDI messages, prompts and frames by chunk.

    >>> import sequencer
    >>> score = sequencer.reads('seed 1\\nat 0c "A paper boat."\\nend 2c\\n')
    >>> once = sequencer.rehearse(score, video=False, out="boat-once")
    >>> again = sequencer.rehearse(score, video=False, out="boat-again")
    >>> sequencer.diff(once, again).is_equal
    True

    Args:
        first: A run: its folder, journal or bundle, a Journal, or a result.
        second: Another one.

    Returns:
        Where they differ.

    Raises:
        TypeError: An argument is not a run.
        UsageError: A run was not saved.
        JournalError: A journal cannot be read.
    """
    from sequencer.reports.diff import compare

    with python_names():
        return compare(journal_of(first, "diff"), journal_of(second, "diff"))


def freeze(
    run: Run,
    *,
    output: str | Path | None = None,
    force: bool = False,
    chunks: bool = False,
    warn: Callable[[str], object] | None = None,
) -> Score:
    """Turn a run into a fixed score: the same show again, seeds included.

    The score keeps the sections, bars, scenes, variables and comments of the run's own score. What
    was played by hand becomes cues at the bar and beat where it landed.

    >>> import sequencer
    >>> score = sequencer.reads('seed 1\\nat 0c "A boat."\\nend 2c\\n')
    >>> rehearsed = sequencer.rehearse(score, video=False, out="boat-run")
    >>> print(sequencer.print_score(sequencer.freeze(rehearsed)).splitlines()[-1])
    end 2c

    Args:
        run: A run: its folder, journal or bundle, a Journal, or a result.
        output: A file to write the score to: `.score` or `.yaml`.
        force: Overwrite the file if it exists.
        chunks: Put everything on the chunk where it landed, without sections, bars and scenes.
        warn: Called with each sentence about what the score cannot keep. For a run with an external
            clock, this includes how far each cue moved.

    Returns:
        The score.

    Raises:
        TypeError: An argument has another type.
        UsageError: The file exists, its ending names no notation, or the run was not saved.
        JournalError: The journal cannot be read, or the run ended before its first chunk.
        OutputError: The file cannot be written.
    """
    arguments = Arguments("freeze")
    arguments.flags(force=force, chunks=chunks)
    arguments.functions(warn=warn)
    with python_names():
        return _written(
            lambda: freeze_run(run, chunks=chunks, warn=warn or (lambda _: None)),
            arguments.path("output", output),
            "freeze",
            force,
        )


def freeze_run(run: Run, *, chunks: bool, warn: Callable[[str], object]) -> Score:
    """Freeze a run. Arguments and errors are those of `freeze`."""
    journal = journal_of(run, "freeze")
    if chunks:
        from sequencer.reports.freeze import freeze as freeze_chunks

        return freeze_chunks(journal)
    from sequencer.reports.musical_freeze import freeze_music

    frozen = freeze_music(journal)
    for note in frozen.notes:
        warn(note)
    return frozen.score


def check_encoding(encoding: str | None) -> None:
    """Check that a text encoding exists. Raises UsageError."""
    from sequencer.midi.text_encoding import encoding_named

    if encoding is not None and encoding_named(encoding) is None:
        hint = "write, for example: --encoding shift_jis; also utf-8, gbk, big5, euc_kr, cp1252"
        raise UsageError(f"{encoding!r} is not a text encoding", hint)


def _written(
    make: Callable[[], Score],
    output: Path | None,
    command: str,
    force: bool,
    check: Callable[[], None] = lambda: None,
) -> Score:
    """Make a score, and write it to a file if one is named.

    Raises UsageError before anything is made.
    """
    writer = ScoreWriter(output, command, force)
    check()
    score = make()
    if output is not None:
        write_text(output, writer.text(score))
    return score


class ScoreWriter:
    """Prints scores in the notation of a file's ending.

    Args:
        output: The file to write, or None for the text notation.
        command: The command that writes it, for messages.
        force: Whether an existing file may be overwritten.

    Raises:
        UsageError: The file exists, or its ending names no notation.
    """

    def __init__(self, output: Path | None, command: str, force: bool) -> None:
        from sequencer.language.loader import NOTATION_BY_SUFFIX, Notation

        self._notation = Notation.TEXT
        if output is not None:
            self._notation = format_of(output, command, NOTATION_BY_SUFFIX, Notation.TEXT)
            refuse_overwrite(output, force)

    def text(self, score: Score) -> str:
        """Return a score in the notation of the file."""
        from sequencer.language.notations import print_score

        return print_score(score, self._notation)
