"""Read and check a text as it is in an editor, and keep what the last valid one showed.

`look` is the only function that costs more than a few milliseconds. Every other module of `editing`
answers from the `Look` that it returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostic, Severity, Span
from sequencer.core.display import counted
from sequencer.language.check import CheckResult, add_advice, check_loaded
from sequencer.language.loader import NOTATION_BY_SUFFIX, LoadResult, Notation, load_text
from sequencer.language.score import Score
from sequencer.language.source import Source, normalise_newlines
from sequencer.language.spec import HEADER_KEYS, STRUCTURE_KEYS
from sequencer.schedule.model import Schedule

if TYPE_CHECKING:
    from sequencer.editing.names import Names

MAX_DIAGNOSTICS = 500
"""How many diagnostics of a text are shown. An editor becomes slow with thousands of them."""

UNSHOWN = ""
"""The code of the last diagnostic if there are more than that: it is not one of the catalog."""

ReadScore = Callable[[str, str], LoadResult]
"""Loads a score from its text and its file name, with its images and the files that it uses.

The caller decides which files are read: usually `language.loader.load_text` with the folder,
and with the texts of the files that are open in other windows (`find_unsaved`).
"""


def read_alone(text: str, file: str) -> LoadResult:
    """Load a score without reading any file."""
    return load_text(text, file)


@dataclass(frozen=True, slots=True)
class Valid:
    """The last text of a score that had no errors, with its schedule."""

    text: str
    schedule: Schedule


@dataclass(frozen=True, kw_only=True)  # without slots, for the cached properties
class Look:
    """What is known about a text.

    `text` has `\\n` as newlines. `valid` is the text itself if it has no errors, otherwise the last
    one before it that had none, if there was one. `has_advice` is whether the diagnostics contain
    the advice on prompts.
    """

    file: str
    text: str
    loaded: LoadResult
    result: CheckResult
    valid: Valid | None
    has_advice: bool

    @property
    def notation(self) -> Notation:
        """The notation of the text."""
        return self.loaded.notation

    @property
    def score(self) -> Score | None:
        """The score, or what could be read of a text with errors."""
        return self.loaded.score or self.loaded.part

    @property
    def schedule(self) -> Schedule | None:
        """The schedule, if the text has no errors."""
        return self.result.schedule

    @property
    def is_outdated(self) -> bool:
        """Whether the schedule in `valid` is that of an earlier text."""
        return self.schedule is None

    @cached_property
    def source(self) -> Source:
        """The text with the offsets of its lines."""
        return Source(self.file, self.text)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is shown: errors first, then warnings and notes, each by file and position."""
        return limit_diagnostics(self.result.diagnostics, self.file, self.result.dropped)

    @cached_property
    def names(self) -> Names:
        """The names in the text and in the files that it uses."""
        from sequencer.editing.names import collect_names

        return collect_names(self.loaded.files)

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
    loaded, result = _check(text, file, read, advice)
    before = None if previous is None else previous.valid
    valid = before if result.schedule is None else Valid(text, result.schedule)
    return Look(file=file, text=text, loaded=loaded, result=result, valid=valid, has_advice=advice)


def _check(text: str, file: str, read: ReadScore, advice: bool) -> tuple[LoadResult, CheckResult]:
    """Load and compile a text: everything here depends on the text and its files alone."""
    loaded = read(text, file)
    return loaded, check_loaded(loaded, advice)


def with_advice(known: Look) -> Look:
    """Return what is known about a text, with the advice on its prompts added."""
    if known.has_advice:
        return known
    return Look(
        file=known.file,
        text=known.text,
        loaded=known.loaded,
        result=add_advice(known.result),
        valid=known.valid,
        has_advice=True,
    )


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
        diagnostics,
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
    left = ordered[most - 1 :]
    severity = left[0].severity if left else Severity.ERROR
    more = len(left) + dropped
    last = Diagnostic(
        code=UNSHOWN,
        message=f"there {'is' if more == 1 else 'are'} {counted(more, 'more diagnostic')}",
        span=Span(file, 1, 1, 1, 1),
        hint="fix the first ones",
        severity=severity,
    )
    return (*shown, last)


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
