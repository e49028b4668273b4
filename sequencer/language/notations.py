"""Both notations of the score language: reading, and writing back.

`read` and `reads` raise `ScoreError` with every fault of the score; `sequencer.language.loader` has the form that does not.
`text` and `yaml` are the notations; the modules beside them serve both: `decoding` and `source` (what a file holds), `values`
(the readers of places, lengths, triggers, texts and settings), `spelling` (the same, written), `parts` (a score as it grows),
`pictures` and `songs` (the files that it names).
"""

from __future__ import annotations

from pathlib import Path

from sequencer.core.errors import ScoreError
from sequencer.language.loader import LoadLimits, LoadResult, Notation, load, load_text
from sequencer.language.score import Score

__all__ = ["LoadLimits", "LoadResult", "Notation", "load", "load_text", "print_score", "read", "reads"]


def read(path: Path | str, *, notation: Notation | None = None, limits: LoadLimits | None = None) -> Score:
    """The score in a file (`.score`: text, `.yaml`: YAML), with the files it uses and its images looked at.

    Raises ScoreError with all its diagnostics when it is not well.
    """
    return _sound(load(path, notation, limits))


def reads(
    text: str,
    *,
    file: str = "",
    folder: Path | None = None,
    notation: Notation | None = None,
    limits: LoadLimits | None = None,
) -> Score:
    """The score in a text; `file` is the name shown in messages, `folder` where its images and used files lie.

    Without a folder images are not looked at and `use` is refused. Raises ScoreError with all its diagnostics.
    """
    return _sound(load_text(text, file, folder, notation, limits))


def print_score(score: Score, notation: Notation | str = Notation.TEXT) -> str:
    """`score` in a notation, in its one layout, comments kept: it reads back to an equal score.

    Raises ValueError for a notation there is none of, and for a score made by code that the language cannot spell.
    """
    match Notation(notation):
        case Notation.TEXT:
            from sequencer.language.text.printer import print_text

            return print_text(score)
        case Notation.YAML:
            from sequencer.language.yaml.printer import print_yaml

            return print_yaml(score)


def _sound(reading: LoadResult) -> Score:
    if reading.score is None:
        raise ScoreError(reading.diagnostics, reading.sources)
    return reading.score
