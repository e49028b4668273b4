"""Read a score from the texts that a journal keeps, without opening any file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from sequencer.core.diagnostics import Diagnostics
from sequencer.core.images import ImageFile
from sequencer.language.loader import NOTATION_BY_SUFFIX, Notation
from sequencer.language.score import Let, Scene, Score, Use

MAX_NESTED_USES = 32
"""How deep used files may use others."""


def read_kept_score(sources: Mapping[str, str], images: tuple[ImageFile, ...]) -> Score | None:
    """Return the score of some texts, with what it uses.

    Args:
        sources: The text of every file by its name, the score's own first.
        images: The images that the score shows.

    Returns:
        The score. None if a text is missing or cannot be read any more.
    """
    file = next(iter(sources), None)
    score = None if file is None else _read(sources, file)
    if file is None or score is None:
        return None
    uses: list[Use] = []
    for use in score.uses:
        found = _names_of(use, file, sources, MAX_NESTED_USES)
        if found is None:
            return None
        uses.append(replace(use, lets=found[0], scenes=found[1]))
    return replace(score, uses=tuple(uses), images=images, sources=tuple(sources.items()))


def _read(sources: Mapping[str, str], file: str) -> Score | None:
    faults = Diagnostics()
    suffix = PurePosixPath(file).suffix.lower()
    if NOTATION_BY_SUFFIX.get(suffix, Notation.TEXT) is Notation.YAML:
        from sequencer.language.yaml.reader import read_yaml

        score = read_yaml(sources[file], file, faults)
    else:
        from sequencer.language.text.reader import read_text

        score = read_text(sources[file], file, faults)
    return None if faults.has_errors else score


def _names_of(
    use: Use, file: str, sources: Mapping[str, str], depth: int
) -> tuple[tuple[Let, ...], tuple[Scene, ...]] | None:
    """Return the variables and scenes of a used file, with those that it uses itself."""
    key = _find_file(use.path, file, sources)
    inner = None if key is None or not depth else _read(sources, key)
    if key is None or inner is None:
        return None
    lets: list[Let] = []
    scenes: list[Scene] = []
    for nested in inner.uses:
        found = _names_of(nested, key, sources, depth - 1)
        if found is None:
            return None
        lets += found[0]
        scenes += found[1]
    return (*lets, *inner.lets), (*scenes, *inner.scenes)


def _find_file(path: str, file: str, sources: Mapping[str, str]) -> str | None:
    """Return the name of a used file, whose path is relative to the file that uses it."""
    wanted = Path(file).parent / path if file else Path(path)
    exact = next((one for one in sources if Path(one) == wanted), None)
    if exact is not None:
        return exact
    name = PurePosixPath(path).name
    same_name = [one for one in sources if Path(one).name == name and one != file]
    return same_name[0] if len(same_name) == 1 else None
