"""Turn the source that a function is given into a schedule or a journal.

A source is a path, a score, a schedule or a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from sequencer.api.files import read_text
from sequencer.core.errors import InputError, JournalError, OutputError, UsageError
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.paths import is_folder
from sequencer.schedule.ensemble import (
    EnsembleSchedule,
    choose_part,
    refuse_part,
    schedule_from_json,
)
from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.core.diagnostics import Diagnostic
    from sequencer.engine.journal import Journal
    from sequencer.engine.play_range import PlayRange
    from sequencer.language.check import CheckResult
    from sequencer.language.score import Score
    from sequencer.media.score_sounds import ScoreSound
    from sequencer.runtime.results import PerformanceResult, RehearsalResult

Run: TypeAlias = "str | Path | Journal | RehearsalResult | PerformanceResult"
"""A finished run: its folder, its journal, a bundle, or a result."""
Warn = Callable[[str], object]
_STANDARD_INPUT = Path("-")
STAGE_WARNINGS = frozenset({"W341", "W407"})
"""The codes of warnings about what only some stages support."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInput:
    """An input to perform: its schedule, its source texts, and the folder of its images."""

    schedule: Schedule
    sources: Mapping[str, str]
    folder: Path
    name: str
    bundle: Path | None = None
    played: PlayRange | None = None
    """The range that a run played; None for the whole score."""
    file: Path | None = None
    """The file of the score, if that is what was given."""
    sound_sha256: str | None = None
    """The digest of the sound that was played with a run, if it is a run."""

    def image(self, image: ImageFile) -> bytes:
        """Return the bytes of an image, from the bundle that was loaded or from the folder.

        Raises OSError or JournalError.
        """
        if self.bundle is not None:
            from sequencer.engine.bundle import image_in

            return image_in(self.bundle, image.sha256)
        from sequencer.core.image_files import read_image

        return read_image(self.folder, image)

    @contextmanager
    def sound(self) -> Iterator[ScoreSound | None]:
        """Decode the sound of the score, if it has one, from the bundle or from the folder.

        The sound of a bundle is in a temporary file until the end.

        Raises:
            SoundFileError: The file is missing, damaged, or not a sound file.
            JournalError: The bundle does not contain it.
        """
        track = self.schedule.sound
        if track is None:
            yield None
            return
        from sequencer.media.score_sounds import read_score_sound

        if self.bundle is None:
            found = read_score_sound(track, self.folder)
            if self.sound_sha256 not in (None, found.sound.sha256):
                raise InputError(
                    f"{track.path} is not the file that was played with this run",
                    "use the original file, or remove the line from the score and play that",
                )
            yield found
            return
        from sequencer.engine.bundle import copy_sound

        sha256 = self.sound_sha256
        if sha256 is None:
            raise JournalError(f"the journal in {self.bundle} records no sound file")
        with TemporaryDirectory(prefix="sequencer-") as folder:
            file = Path(folder) / "sound"
            try:
                with file.open("wb") as target:
                    copy_sound(self.bundle, sha256, target)
            except OSError as error:
                raise OutputError(
                    f"the sound of {self.bundle} cannot be copied to {folder}: {error.strerror}",
                    "free some space, or choose another folder with TMPDIR",
                ) from None
            yield read_score_sound(track, self.folder, stored_in=file)

    def find_image(self, path: str) -> ImageFile:
        """Inspect an image that is improvised, by the rules for the images of a score.

        Raises UsageError.
        """
        from sequencer.language.assets import find_image

        if self.bundle is not None:
            raise UsageError(
                "this run is performed from a bundle, which has only the images of its score",
                "perform the score itself",
            )
        return find_image(path, self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsInput:
    """What a report is about: a schedule, or those of several stages, with their files."""

    compiled: Schedule | EnsembleSchedule
    sources: Mapping[str, str]
    folder: Path
    name: str

    def input_of(self, part: str | None) -> RunInput:
        """Return the input for one of its stages; None if it has no names of stages."""
        schedule = self.compiled
        if isinstance(schedule, EnsembleSchedule):
            schedule = choose_part(schedule, part)
        return RunInput(schedule=schedule, sources=self.sources, folder=self.folder, name=self.name)

    @property
    def cues(self) -> int:
        """The number of cues, of all stages together, and of messages to other devices."""
        compiled = self.compiled
        schedules: tuple[Schedule, ...] = (
            compiled.schedules if isinstance(compiled, EnsembleSchedule) else (compiled,)
        )
        return sum(
            len(stretch.entries) + len(stretch.sends)
            for schedule in schedules
            for stretch in schedule.stretches
        )


Source: TypeAlias = (
    "str | Path | Score | Schedule | EnsembleSchedule | CheckResult | RunInput | Journal | "
    "RehearsalResult | PerformanceResult"
)
"""What can be performed: a path (a score, a compiled schedule, a run), a score, a schedule, a
check's result, or a run.
"""

SOURCE_KINDS = "a path (str or Path), a Score, a Schedule, a CheckResult or a run"
RUN_KINDS = "a run: a path (str or Path), a Journal or the result of a run"


def wrong_type(function: str, expected: str, given: object) -> TypeError:
    """Return the error for an argument of another type.

    It names the type and never shows the value, which may be a secret.
    """
    return TypeError(f"{function}() expects {expected}, not {type(given).__name__}")


def input_of(
    source: Source,
    function: str,
    warn: Warn = lambda _: None,
    *,
    keeps_chunks: bool = False,
    part: str | None = None,
) -> RunInput:
    """Return the input that a caller of the Python API means.

    Args:
        source: A path, a score, a schedule, the result of a check, or a run.
        function: The function that was called, for messages.
        warn: Called with the score's warnings, rendered.
        keeps_chunks: As for `load_input`.
        part: As for `load_input`.

    Returns:
        The schedule with its texts, and the folder in which its images are.

    Raises:
        TypeError: It is none of these.
        ScoreError: The score is not valid.
        UsageError: A path does not name anything that can be performed, or `part` does not name one
            of its stages.
    """
    if isinstance(source, str | Path):
        return load_input(Path(source), warn, keeps_chunks=keeps_chunks, part=part)
    if isinstance(source, EnsembleSchedule):
        schedule = choose_part(source, part)
        name = source.reference.title or "run"
        return RunInput(schedule=schedule, sources={}, folder=Path(), name=name)
    if isinstance(source, Schedule):
        refuse_part(part)
        return RunInput(schedule=source, sources={}, folder=Path(), name=source.title or "run")
    if isinstance(source, RunInput):
        refuse_part(part)
        return source
    from sequencer.language.check import CheckResult
    from sequencer.language.score import Score

    if isinstance(source, Score):
        return _of_score(source, warn, part)
    if isinstance(source, CheckResult):
        return _of_check(source, warn, part)
    journal = _journal_in(source)
    if journal is not None:
        refuse_part(part)
        return _of_journal(journal, "run.score", keeps_chunks=keeps_chunks)
    raise wrong_type(function, SOURCE_KINDS, source)


def journal_of(run: Run, function: str) -> Journal:
    """Return the journal of a run.

    Args:
        run: The run's folder, journal or bundle, a journal that was read, or the result of a run.
        function: The function that was called, for messages.

    Raises:
        TypeError: It is none of these.
        UsageError: The run was not saved.
        JournalError: The journal cannot be read.
    """
    if isinstance(run, str | Path):
        from sequencer.engine.journal import read_journal

        return read_journal(Path(run))
    journal = _journal_in(run)
    if journal is None:
        raise wrong_type(function, RUN_KINDS, run)
    return journal


def _journal_in(run: object) -> Journal | None:
    """Return the journal of a run that is given as a value; None if it is none.

    Raises UsageError if it was not saved.
    """
    from sequencer.engine.journal import Journal, read_journal
    from sequencer.runtime.results import PerformanceResult, RehearsalResult

    if isinstance(run, Journal):
        return run
    if not isinstance(run, RehearsalResult | PerformanceResult):
        return None
    if run.folder is None:
        raise UsageError(
            "this run was not saved, so it has no journal", "rehearse it with save=True"
        )
    return read_journal(run.folder)


def load_input(
    path: Path,
    warn: Warn = lambda _: None,
    *,
    keeps_chunks: bool = False,
    part: str | None = None,
) -> RunInput:
    """Load the schedule of a score, of a `.json` that `compile` wrote, or of what a run showed.

    Args:
        path: The file or folder. A run's images are expected beside the score that it was made
            from.
        warn: Called with the score's warnings, rendered.
        keeps_chunks: Whether what a run of a range showed keeps its chunk numbers, to play the same
            range of it (`RunInput.played`).
        part: The name of a stage, if the score is for several.

    Raises:
        ScoreError: The score is not valid.
        UsageError: It cannot be read, it is for several stages and `part` is None, or it has no
            such stage.
    """
    if path == _STANDARD_INPUT:
        raise UsageError(
            "a score on standard input is read by `check -` and `format -` only",
            "save it to a file first",
        )
    if path.suffix == ".json":
        return RunInput(
            schedule=_read_schedule(path, part), sources={}, folder=path.parent, name=path.stem
        )
    if _is_run(path):
        refuse_part(part)
        return _of_run(path, keeps_chunks)
    from sequencer.language.check import check

    checked = check(path, advice=False)
    schedule = checked.performable(part)
    _show(checked.warnings, checked.sources, warn)
    return RunInput(
        schedule=schedule,
        sources=checked.sources,
        folder=path.parent,
        name=path.stem,
        file=path,
    )


def load_parts(path: Path, part: str | None = None, warn: Warn = lambda _: None) -> PartsInput:
    """Load a score or a `.json` that `compile` wrote, with all its stages.

    Args:
        path: The file; also what `load_input` accepts, which has one part.
        part: The name of the only stage that is wanted; None for all.
        warn: Called with the score's warnings, rendered.

    Raises:
        ScoreError: The score is not valid.
        UsageError: It cannot be read, or has no such stage.
    """
    compiled: Schedule | EnsembleSchedule
    sources: Mapping[str, str] = {}
    if path == _STANDARD_INPUT or part is not None or _is_run(path):
        found = load_input(path, warn, part=part)
        return PartsInput(
            compiled=found.schedule, sources=found.sources, folder=found.folder, name=found.name
        )
    if path.suffix == ".json":
        compiled = schedule_from_json(read_text(path))
    else:
        from sequencer.language.check import check  # a compiled schedule needs no language

        checked = check(path, advice=False)
        compiled = checked.performable() if checked.ensemble is None else checked.ensemble
        sources = checked.sources
        _show(checked.warnings, sources, warn)
    return PartsInput(compiled=compiled, sources=sources, folder=path.parent, name=path.stem)


def load_playable(
    path: Path,
    warn: Warn = lambda _: None,
    *,
    keeps_chunks: bool = False,
    part: str | None = None,
) -> RunInput | PartsInput:
    """Load what a path names, to play it: one schedule, or those of all its stages.

    The arguments and errors are those of `load_input`, but all stages are loaded if `part` is None.
    """
    if path == _STANDARD_INPUT or part is not None or _is_run(path):
        return load_input(path, warn, keeps_chunks=keeps_chunks, part=part)
    found = load_parts(path, warn=warn)
    if isinstance(found.compiled, EnsembleSchedule):
        return found
    return RunInput(
        schedule=found.compiled,
        sources=found.sources,
        folder=found.folder,
        name=found.name,
        file=None if path.suffix == ".json" else path,
    )


def parts_of(
    source: str | Path | Score | EnsembleSchedule, function: str, warn: Warn = lambda _: None
) -> PartsInput:
    """Return the schedules of all stages that a caller of the Python API means.

    Args:
        source: A path, a score, or the schedules.
        function: The function that was called, for messages.
        warn: Called with the score's warnings, rendered.

    Raises:
        TypeError: It is none of these.
        ScoreError: The score is not valid.
        UsageError: A path does not name a score.
    """
    from sequencer.core.errors import ScoreError
    from sequencer.language.compiler import compile_all
    from sequencer.language.score import Score

    if isinstance(source, str | Path):
        return load_parts(Path(source), warn=warn)
    if isinstance(source, EnsembleSchedule):
        name = source.reference.title or "run"
        return PartsInput(compiled=source, sources={}, folder=Path(), name=name)
    if not isinstance(source, Score):
        raise wrong_type(function, "a path, a Score or an EnsembleSchedule", source)
    compiled = compile_all(source)
    found = compiled.schedule if compiled.ensemble is None else compiled.ensemble
    if found is None:
        raise ScoreError(compiled.diagnostics, dict(source.sources))
    _show((one for one in compiled.diagnostics if not one.is_error), dict(source.sources), warn)
    return PartsInput(
        compiled=found,
        sources=dict(source.sources),
        folder=Path(source.file).parent,
        name=Path(source.file).stem or "score",
    )


def report_parts_of(source: Source, function: str, part: str | None, warn: Warn) -> PartsInput:
    """Return what a report of the Python API is about, with all its stages.

    Args:
        source: As for `input_of`.
        function: As for `input_of`.
        part: The name of the only stage that is wanted; None for all.
        warn: Called with the score's warnings, rendered.
    """
    from sequencer.language.check import CheckResult
    from sequencer.language.score import Score

    if isinstance(source, str | Path):
        return load_parts(Path(source), part, warn)
    if part is None and isinstance(source, Score | EnsembleSchedule):
        return parts_of(source, function, warn)
    if part is None and isinstance(source, CheckResult) and source.ensemble is not None:
        _show(source.warnings, source.sources, warn)
        file = Path(next(iter(source.sources), ""))
        return PartsInput(
            compiled=source.ensemble, sources=source.sources, folder=file.parent, name=file.stem
        )
    found = input_of(source, function, warn, part=part)
    return PartsInput(
        compiled=found.schedule, sources=found.sources, folder=found.folder, name=found.name
    )


def _read_schedule(path: Path, part: str | None) -> Schedule:
    """Return the schedule in a file that `compile` wrote, or that of one of its stages."""
    found = schedule_from_json(read_text(path))
    if isinstance(found, EnsembleSchedule):
        return choose_part(found, part)
    refuse_part(part)
    return found


def _show(warnings: Iterable[Diagnostic], sources: Mapping[str, str], warn: Warn) -> None:
    """Pass on the warnings of a score, if there are any.

    What other stages do not support is left out: a run states what its own stage does not.
    """
    from sequencer.core.diagnostics import render_all

    text = render_all([one for one in warnings if one.code not in STAGE_WARNINGS], sources)
    if text:
        warn(text)


def _is_run(path: Path) -> bool:
    """Return whether this names a run: its folder, its journal or a bundle."""
    return is_folder(path) or path.suffix in (".jsonl", ".zip") or _is_unfinished_run(path)


def _is_unfinished_run(path: Path) -> bool:
    """Return whether this names a run that was killed or is in progress.

    The folder of such a run still has another name.
    """
    if path.exists():
        return False
    from sequencer.engine.journal import find_run

    return find_run(path) != path


def _of_run(path: Path, keeps_chunks: bool) -> RunInput:
    from sequencer.engine.bundle import is_bundle
    from sequencer.engine.journal import read_journal

    journal = read_journal(path)
    return _of_journal(
        journal,
        f"{path.stem or path.name}.score",
        path if is_bundle(path) else None,
        keeps_chunks=keeps_chunks,
    )


def _of_journal(
    journal: Journal, name: str, bundle: Path | None = None, *, keeps_chunks: bool
) -> RunInput:
    from dataclasses import replace

    from sequencer.language.compiler import compile_score
    from sequencer.language.notations import print_score
    from sequencer.reports.freeze import freeze

    score = freeze(journal, keeps_chunks=keeps_chunks)
    schedule = compile_score(score)
    return replace(
        files_of_run(journal, schedule, bundle),
        sources={name: print_score(score)},
        name=name,
        played=_range_of_repetition(journal, schedule) if keeps_chunks else None,
    )


def files_of_run(journal: Journal, schedule: Schedule, bundle: Path | None) -> RunInput:
    """Return a run's schedule with the images and the sound of the run.

    Args:
        journal: The journal of the run.
        schedule: The schedule that it played, or another one that needs its images and its sound.
        bundle: The bundle that the journal is from, if it is from one.
    """
    recorded = journal.header.get("sound")
    sha256 = recorded.get("sha256") if isinstance(recorded, dict) else None
    return RunInput(
        schedule=schedule,
        sources=journal.sources,
        folder=Path(next(iter(journal.sources), "")).parent,
        name=journal.schedule.title or "",
        bundle=bundle,
        sound_sha256=sha256 if isinstance(sha256, str) else None,
    )


def _range_of_repetition(journal: Journal, schedule: Schedule) -> PlayRange | None:
    """Return the range in which a repetition of a run plays its own chunks, if it played a range.

    The repetition has one stretch and counts chunks as the run did.
    """
    from sequencer.engine.play_range import PlayRange, RangePosition

    played = journal.played
    if played is None or not (first := played.first_chunk(journal.schedule)):
        return None
    offset = schedule.grid.boundary(first)
    text = "" if played.start is None else played.start.text
    return PlayRange(start=RangePosition(stretch=0, offset=offset, text=text))


def _of_score(score: Score, warn: Warn, part: str | None) -> RunInput:
    from sequencer.core.errors import ScoreError
    from sequencer.language.compiler import compile_all

    compiled = compile_all(score)
    sources = dict(score.sources)
    schedule = compiled.choose(part)
    if schedule is None:
        raise ScoreError(compiled.diagnostics, sources)
    _show((one for one in compiled.diagnostics if not one.is_error), sources, warn)
    return RunInput(
        schedule=schedule,
        sources=sources,
        folder=Path(score.file).parent,
        name=Path(score.file).stem or "score",
    )


def _of_check(checked: CheckResult, warn: Warn, part: str | None) -> RunInput:
    schedule = checked.performable(part)
    _show(checked.warnings, checked.sources, warn)
    file = Path(next(iter(checked.sources), ""))
    return RunInput(
        schedule=schedule, sources=checked.sources, folder=file.parent, name=file.stem or "score"
    )
