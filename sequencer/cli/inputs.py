"""Read the inputs that only a command line has.

They are standard input, and a score's file whose warnings are printed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.core.diagnostics import Diagnostic, render_all
from sequencer.core.errors import InputError

if TYPE_CHECKING:
    from sequencer.api.sources import PartsInput, RunInput

STANDARD_INPUT = Path("-")
"""The name of standard input on a command line."""


def print_diagnostics(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> None:
    """Print diagnostics to standard error."""
    text = render_all(diagnostics, sources)
    if text:
        print(text, file=sys.stderr)


def load_input(
    path: Path, *, quiet: bool = False, keeps_chunks: bool = False, part: str | None = None
) -> RunInput:
    """Load what a path names, as `sequencer.api.sources.load_input` does.

    Warnings are printed unless `quiet`.
    """
    from sequencer.api import sources

    return sources.load_input(
        path,
        (lambda _: None) if quiet else lambda text: print(text, file=sys.stderr),
        keeps_chunks=keeps_chunks,
        part=part,
    )


def load_playable(
    path: Path, *, quiet: bool = False, part: str | None = None
) -> RunInput | PartsInput:
    """Load what a path names, to play it, as `sequencer.api.sources.load_playable` does.

    Warnings are printed unless `quiet`.
    """
    from sequencer.api import sources

    return sources.load_playable(
        path,
        (lambda _: None) if quiet else lambda text: print(text, file=sys.stderr),
        keeps_chunks=True,
        part=part,
    )


def load_parts(path: Path, part: str | None) -> PartsInput:
    """Load what a path names, with all its stages, as `sequencer.api.sources.load_parts` does.

    Warnings are printed.
    """
    from sequencer.api import sources

    return sources.load_parts(path, part, lambda text: print(text, file=sys.stderr))


def standard_input() -> str:
    """Read standard input, up to the longest score that is allowed.

    Raises InputError if it is not UTF-8.
    """
    from sequencer.language.loader import LoadLimits

    try:
        text = sys.stdin.read(LoadLimits().bytes + 1)
        text.encode("utf-8")  # with the C locale, Python passes invalid bytes on as lone surrogates
    except OSError as error:
        raise InputError(
            f"standard input cannot be read: {error.strerror}", "name a file, or send a score to -"
        ) from None
    except UnicodeError:
        raise InputError("standard input is not UTF-8", "save it as UTF-8") from None
    return text
