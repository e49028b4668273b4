"""Read the inputs that commands share (scores, compiled schedules, runs), print their diagnostics, and write results."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from sequencer.core.diagnostics import Diagnostic, render_all
from sequencer.core.errors import InputError, UsageError
from sequencer.core.images import ImageFile
from sequencer.core.lazy_dataclass import dataclass
from sequencer.core.paths import exists, is_file, is_folder, remove
from sequencer.schedule.model import Schedule

STANDARD_INPUT = Path("-")
"""The name of standard input on a command line."""

MAX_SCHEDULE_BYTES = 256 * 1024 * 1024
"""The largest compiled schedule that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class RunInput:
    """An input to perform: its schedule, its source texts, and the folder of its images."""

    schedule: Schedule
    sources: Mapping[str, str]
    folder: Path
    name: str
    bundle: Path | None = None

    def image(self, image: ImageFile) -> bytes:
        """Return the bytes of an image, from the bundle that was loaded or from the folder. Raises OSError or JournalError."""
        if self.bundle is not None:
            from sequencer.engine.bundle import image_in

            return image_in(self.bundle, image.sha256)
        from sequencer.core.image_files import read_image

        return read_image(self.folder, image)


def print_diagnostics(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> None:
    """Print diagnostics to standard error."""
    text = render_all(diagnostics, sources)
    if text:
        print(text, file=sys.stderr)


def load_input(path: Path, *, quiet: bool = False) -> RunInput:
    """Load the schedule of a score file, of a `.json` that `compile` wrote, or of what a run showed.

    Warnings are printed unless `quiet`. A run's images are expected beside the score that it was made from.
    """
    if path == STANDARD_INPUT:
        raise UsageError("a score on standard input is read by `check -` and `format -` only", "save it to a file first")
    if path.suffix == ".json":
        from sequencer.schedule.document import from_json

        return RunInput(from_json(read_text(path)), {}, path.parent, path.stem)
    if is_folder(path) or path.suffix in (".jsonl", ".zip") or _is_unfinished_run(path):
        return _of_run(path)
    from sequencer.language.check import check

    checked = check(path, advice=False)
    schedule = checked.performable()
    if not quiet:
        print_diagnostics(checked.warnings, checked.sources)
    return RunInput(schedule, checked.sources, path.parent, path.stem)


def _is_unfinished_run(path: Path) -> bool:
    """Return whether this names a run that was killed, or is in progress: its folder still has another name then."""
    if path.exists():
        return False
    from sequencer.engine.journal import find_run

    return find_run(path) != path


def _of_run(path: Path) -> RunInput:
    from sequencer.engine.bundle import is_bundle
    from sequencer.engine.journal import read_journal
    from sequencer.language.compiler import compile_score
    from sequencer.language.notations import print_score
    from sequencer.reports.freeze import freeze

    journal = read_journal(path)
    score = freeze(journal)
    name = f"{path.stem or path.name}.score"
    written = next(iter(journal.sources), "")
    bundle = path if is_bundle(path) else None
    return RunInput(compile_score(score), {name: print_score(score)}, Path(written).parent, name, bundle)


def read_text(path: Path) -> str:
    """Read a text file. Raises InputError if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SCHEDULE_BYTES + 1)
        if len(data) > MAX_SCHEDULE_BYTES:
            raise InputError(f"{path} is larger than {MAX_SCHEDULE_BYTES:,} bytes")
        return data.decode("utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text (UTF-8)") from None


def standard_input() -> str:
    """Read standard input, up to the longest score that is allowed. Raises InputError if it is not UTF-8."""
    from sequencer.language.loader import LoadLimits

    try:
        text = sys.stdin.read(LoadLimits().bytes + 1)
        text.encode("utf-8")  # with the C locale, Python passes invalid bytes on as lone surrogates
    except OSError as error:
        raise InputError(f"standard input cannot be read: {error.strerror}", "name a file, or send a score to -") from None
    except UnicodeError:
        raise InputError("what came on standard input is not UTF-8", "save it as UTF-8") from None
    return text


def refuse_overwrite(output: Path, force: bool) -> None:
    """Refuse to overwrite an existing file. Raises UsageError, unless `force`."""
    if is_file(output) and not force:
        raise UsageError(f"{output} is there already", "choose another name, or say --force to write over it")


def refuse_source_overwrite(output: Path | None, *sources: Path | str) -> None:
    """Refuse to overwrite the files that a result is made from. Raises UsageError."""
    for source in sources:
        if output is not None and is_file(output) and is_file(Path(source)) and output.samefile(source):
            raise UsageError(f"{output} is what this is made from: it would be lost", "write to another file with -o")


def write_text(path: Path, text: str) -> None:
    """Write a complete file, or nothing: under a temporary name, then renamed. A device or a pipe is written directly.

    The bytes of a file name that are not UTF-8, which Python keeps as lone surrogates, are written as `\\udc…`.
    """
    from sequencer.core.errors import OutputError

    try:
        if is_folder(path) or not path.name:
            raise OutputError(f"{path} is a folder", "name a file")
        if exists(path) and not is_file(path):
            path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
            return
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        partial.replace(path)
    except OSError as error:
        remove(partial)
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
