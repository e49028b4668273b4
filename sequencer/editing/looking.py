"""Read and check a text as it is in an editor, and keep what the last valid one showed.

`look` is the only function that costs more than a few milliseconds. Every other module of `editing`
answers from the `Look` that it returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostic, Severity
from sequencer.language.check import (
    UNREPORTED,
    CheckResult,
    add_advice,
    check_loaded,
    count_unreported,
)
from sequencer.language.incremental.checking import Checked, PieceCheck, check_pieces
from sequencer.language.loader import (
    NOTATION_BY_SUFFIX,
    LoadResult,
    Notation,
    load_pieces,
    load_text,
)
from sequencer.language.score import Score
from sequencer.language.source import Source, normalise_newlines
from sequencer.language.spec import HEADER_KEYS, STRUCTURE_KEYS
from sequencer.schedule.ensemble import EnsembleSchedule
from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.editing.names import Names

MAX_DIAGNOSTICS = 500
"""How many diagnostics of a text are shown. An editor becomes slow with thousands of them."""

ReadScore = Callable[[str, str], LoadResult]
"""Loads a score from its text and its file name, with its images and the files that it uses.

The caller decides which files are read: usually a `partial` of `language.loader.load_text` with the
folder, and with the texts of the files that are open in other windows (`find_unsaved`). With such a
`partial`, only the changed pieces of a text are read.
"""


def read_alone(text: str, file: str) -> LoadResult:
    """Load a score without reading any file."""
    return load_text(text, file)


@dataclass(frozen=True)  # without slots, for the cached property
class WholeCheck:
    """A text that was read and compiled as a whole."""

    loaded: LoadResult
    result: CheckResult

    @property
    def is_valid(self) -> bool:
        """Whether there is a schedule, or one for each stage."""
        return self.result.is_valid

    @property
    def ensemble(self) -> EnsembleSchedule | None:
        """The schedules of several stages, if the score is for several."""
        return self.result.ensemble

    @cached_property
    def overview(self) -> Schedule | None:
        """The schedule; for several stages, one that shows the cues of all."""
        return self.result.overview

    @property
    def schedule(self) -> Schedule | None:
        """The schedule of the result."""
        return self.result.schedule

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The diagnostics of the result."""
        return self.result.diagnostics

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that were read, the score's own first."""
        return tuple(self.loaded.files)

    @property
    def notation(self) -> Notation:
        """The notation of the score's own file."""
        return self.loaded.notation

    @property
    def dropped(self) -> int:
        """The number of diagnostics beyond the maximum that is kept."""
        return self.result.dropped

    def with_advice(self) -> WholeCheck:
        """Return the same with the advice on the prompts."""
        return WholeCheck(self.loaded, add_advice(self.result))


@dataclass(frozen=True, slots=True)
class Valid:
    """The last text of a score that had no errors."""

    text: str
    checked: Checked

    @property
    def schedule(self) -> Schedule:
        """Its schedule; for several stages, one that shows the cues of all."""
        schedule = self.checked.overview
        if schedule is None:
            raise ValueError("a valid text has a schedule")
        return schedule


@dataclass(frozen=True, kw_only=True)  # without slots, for the cached properties
class Look:
    """What is known about a text.

    `text` has `\\n` as newlines. `valid` is the text itself if it has no errors, otherwise the last
    one before it that had none, if there was one. `has_advice` is whether the diagnostics contain
    the advice on prompts. `pieces` is the last check of pieces, which the next one uses.
    """

    file: str
    text: str
    checked: Checked
    valid: Valid | None
    has_advice: bool
    pieces: PieceCheck | None

    @property
    def loaded(self) -> LoadResult:
        """The result of loading."""
        return self.checked.loaded

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names of the text and of the files that it uses, as in spans."""
        if isinstance(self.checked, PieceCheck):  # without making a complete score
            return tuple(dict.fromkeys((self.file, *self.checked.load.files)))
        return tuple(self.loaded.files)

    @property
    def result(self) -> CheckResult:
        """The result of the check."""
        return self.checked.result

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that were read, the score's own first."""
        return self.checked.files

    @property
    def notation(self) -> Notation:
        """The notation of the text."""
        return self.checked.notation

    @property
    def score(self) -> Score | None:
        """The score, or what could be read of a text with errors."""
        return self.loaded.score or self._unfinished

    @cached_property
    def _unfinished(self) -> Score | None:
        from sequencer.editing.unfinished import read_unfinished

        return read_unfinished(self.loaded, self.text, self.file)

    @property
    def parts(self) -> tuple[tuple[str | None, Schedule], ...]:
        """The schedule of each stage with its name, or one without a name; none with errors.

        The title of a schedule has the name of its stage.
        """
        ensemble = self.checked.ensemble
        if ensemble is not None:
            return tuple(
                (name, replace(part, title=f"{part.title or 'Untitled'} · {name}"))
                for name, part in ensemble.parts
            )
        schedule = self.checked.schedule
        return () if schedule is None else ((None, schedule),)

    @property
    def schedule(self) -> Schedule | None:
        """The schedule, if the text has no errors.

        For several stages it is one that shows the cues of all; it is never performed.
        """
        return self.checked.overview

    @property
    def is_outdated(self) -> bool:
        """Whether the schedule in `valid` is that of an earlier text."""
        return not self.checked.is_valid

    @cached_property
    def source(self) -> Source:
        """The text with the offsets of its lines."""
        return Source(self.file, self.text)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is shown: errors first, then warnings and notes, each by file and position."""
        dropped = self.checked.dropped
        return limit_diagnostics(self.checked.diagnostics, self.file, dropped)

    @cached_property
    def names(self) -> Names:
        """The names in the text and in the files that it uses."""
        from sequencer.editing.names import collect_names

        files = dict(self.loaded.files)
        if self.score is not None:
            files[self.file] = self.score
        names = collect_names(files)
        return names if self.loaded.score is not None else names.without_inexact(self.file)

    def source_of(self, file: str) -> Source | None:
        """Return the text of one of the score's files, or None if that file was not read."""
        if file == self.file:
            return self.source
        score = self.loaded.files.get(file)
        return None if score is None else Source(file, score.text)


def look(
    text: str,
    file: str = "",
    read: ReadScore = read_alone,
    *,
    advice: bool = True,
    previous: Look | None = None,
) -> Look:
    """Read and check a text.

    Args:
        text: The text, as it is in the editor.
        file: Its file name. Its extension determines the notation.
        read: Loads the score.
        advice: Whether to add advice on the prompts, which takes as long as everything else.
            `with_advice` adds it later.
        previous: What was known about the text before the last change.

    Returns:
        What is known now. Every text has a result: errors are among its diagnostics.
    """
    text = normalise_newlines(text)
    pieces = None if previous is None else previous.pieces
    checked = _check_pieces(text, file, read, pieces, advice=advice)
    found: Checked
    if checked is None:
        loaded = read(text, file)
        found = WholeCheck(loaded, check_loaded(loaded, advice))
    else:
        found = pieces = checked
    before = None if previous is None else previous.valid
    valid = Valid(text, found) if found.is_valid else before
    return Look(file=file, text=text, checked=found, valid=valid, has_advice=advice, pieces=pieces)


def _check_pieces(
    text: str, file: str, read: ReadScore, before: PieceCheck | None, *, advice: bool
) -> PieceCheck | None:
    """Check a text by pieces, if `read` is `load_text` with some of its options."""
    options = read.keywords if isinstance(read, partial) and not read.args else {}
    function = read.func if isinstance(read, partial) else read
    if function not in (load_text, read_alone):
        return None
    reading = None if before is None else before.load.reading
    load = load_pieces(text, file, **options, before=reading)
    return None if load is None else check_pieces(load, before, advice=advice)


def with_advice(known: Look) -> Look:
    """Return what is known about a text, with the advice on its prompts added."""
    if known.has_advice:
        return known
    checked = known.checked.with_advice()
    found = Look(
        file=known.file,
        text=known.text,
        checked=checked,
        valid=known.valid,
        has_advice=True,
        pieces=checked if isinstance(checked, PieceCheck) else known.pieces,
    )
    # The text is the same, so what was found out about it stays, except for its diagnostics.
    kept = {name: value for name, value in vars(known).items() if name in _TEXT_PROPERTIES}
    vars(found).update(kept)
    return found


_TEXT_PROPERTIES = ("source", "names", "_unfinished")
"""The cached properties of a `Look` that do not depend on advice."""


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def limit_diagnostics(
    diagnostics: Iterable[Diagnostic], file: str, dropped: int = 0, most: int = MAX_DIAGNOSTICS
) -> tuple[Diagnostic, ...]:
    """Return at most `most` diagnostics, errors first.

    Args:
        diagnostics: All of them.
        file: The file of the last one, which reports how many more there are.
        dropped: How many were found and not kept.
        most: How many to return, including the last one.
    """
    ordered = sorted(
        (one for one in diagnostics if one.code != UNREPORTED),
        key=lambda one: (
            _RANKS[one.severity],
            one.span.file != file,
            one.span.file,
            one.span.line,
            one.span.column,
        ),
    )
    if len(ordered) <= most and not dropped:
        return tuple(ordered)
    shown = ordered[: most - 1]
    return (*shown, count_unreported(len(ordered) - len(shown) + dropped, file))


# ---- which files are scores ----------------------------------------------------------------------

_CONTENTS = frozenset({"cues", "scenes", "sections"})
"""Keys that a score in YAML has, and few other files."""

_TOP_KEY = re.compile(r"^([A-Za-z_][\w\-]*):(?=\s|\Z)", re.MULTILINE)


def is_score(file: str, text: str) -> bool:
    """Return whether a file is a score: by its name, and in YAML otherwise by its keys.

    `.score` and `.score.yaml` are names of scores. Any other YAML file is one if at least one of
    its keys holds the contents of a score, and more than half of them are keys of the language.
    """
    name = file.lower()
    ending = name[name.rfind(".") :] if "." in name else ""
    notation = NOTATION_BY_SUFFIX.get(ending)
    if notation is not Notation.YAML or name.removesuffix(ending).endswith(".score"):
        return notation is not None
    keys = set(_TOP_KEY.findall(normalise_newlines(text)))
    known = keys & {*HEADER_KEYS, *STRUCTURE_KEYS}
    return bool(keys & _CONTENTS) and 2 * len(known) > len(keys)
