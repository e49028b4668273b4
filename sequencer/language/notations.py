"""Read and print scores in both notations of the language.

`read` and `reads` raise `ScoreError` with every error of the score; `sequencer.language.loader` has
the variants that return diagnostics instead. The packages `text` and `yaml` implement the
notations. Both use `source` (the text and its spans), `values` (readers of positions, durations,
triggers, texts and settings, and their counterpart `writing`), `score_builder` (a score that is
being built) and `assets` (the images and MIDI files that a score names).
"""

from __future__ import annotations

from pathlib import Path

from sequencer.core.errors import ScoreError
from sequencer.language.loader import LoadLimits, LoadResult, Notation, load, load_text
from sequencer.language.score import Score

__all__ = [
    "LoadLimits",
    "LoadResult",
    "Notation",
    "load",
    "load_text",
    "print_score",
    "read",
    "reads",
]


def read(
    path: Path | str, *, notation: Notation | None = None, limits: LoadLimits | None = None
) -> Score:
    """Read a score from a file, with its used files, and inspect its images.

    >>> import sequencer
    >>> sequencer.read("first.score").header.seed
    42

    Args:
        path: The file (`.score`: text, `.yaml`: YAML).
        notation: The notation; by default that of the file's extension.
        limits: Limits on size and access; by default those of `LoadLimits`.

    Raises:
        ScoreError: The score has errors. The exception contains all diagnostics.
    """
    return _require_score(load(path, notation, limits))


def reads(
    text: str,
    *,
    file: str = "",
    folder: Path | None = None,
    notation: Notation | None = None,
    limits: LoadLimits | None = None,
) -> Score:
    """Read a score from a text.

    >>> import sequencer
    >>> sequencer.reads('score "Boat"\\nat 0c "A paper boat."\\nend 4c\\n')
    <Score 'Boat': 1 cue>

    Args:
        text: The text.
        file: The file name for messages.
        folder: The folder of images and used files. Without it images are not inspected, and `use`
            is an error.
        notation: The notation; by default that of the extension of `file`, or else text.
        limits: Limits on size and access; by default those of `LoadLimits`.

    Raises:
        ScoreError: The score has errors. The exception contains all diagnostics.
    """
    return _require_score(load_text(text, file, folder, notation, limits))


def print_score(score: Score, notation: Notation | str = Notation.TEXT) -> str:
    """Render `score` in a notation, in the standard format and with its comments.

    It reads back to an equal score.

    >>> import sequencer
    >>> print(sequencer.print_score(sequencer.reads('at 0c "A paper boat."'), "yaml"), end="")
    cues:
      - {at: 0c, prompt: A paper boat.}

    Args:
        score: The score.
        notation: The notation, as a `Notation` or its name.

    Raises:
        ValueError: The notation does not exist, or the score was built by code and contains what
            the language cannot express.
    """
    match Notation(notation):
        case Notation.TEXT:
            from sequencer.language.text.printer import print_text

            return print_text(score)
        case Notation.YAML:
            from sequencer.language.yaml.printer import print_yaml

            return print_yaml(score)


def _require_score(reading: LoadResult) -> Score:
    if reading.score is None:
        raise ScoreError(reading.diagnostics, reading.sources)
    return reading.score
