"""What the fuzz targets of imported files share: reading a file, and checking its score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sequencer.core.diagnostics import render_all
from sequencer.language import interchange
from sequencer.language.check import check_text
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from sequencer.language.loader import Notation
from sequencer.language.notations import print_score
from tests.fuzz.promises import BrokenError

Prepare = Callable[[bytes], tuple[bytes, Mapping[str, bytes]]]
"""Returns the file that is read, and the files that belong to it."""


def reading(
    kind: str, options: Iterable[ImportOptions], prepare: Prepare
) -> Callable[[bytes], None]:
    """Return a target: a file of this kind becomes a score that checks, or an UnreadableError.

    Args:
        kind: The format.
        options: The options with which each file is read.
        prepare: Makes the file from the bytes that are changed at random.
    """

    def target(data: bytes) -> None:
        for one in interchange.readers():
            one.recognise(data)
        reader = interchange.find_reader(kind)
        if reader is None:
            raise BrokenError(f"{kind} has no reader")
        whole, companions = prepare(data)
        for chosen in options:
            try:
                found = reader.read(whole, replace(chosen, companions=companions))
            except UnreadableError as error:
                error.in_file("song")
                continue
            check_score(found.text)

    return target


def check_score(text: str) -> None:
    """Check the score of a file, in both notations."""
    checked = check_text(text, "song.score", advice=False)
    if checked.score is None or checked.schedule is None:
        raise BrokenError(f"{render_all(checked.diagnostics, checked.sources)}\n{text}")
    for notation, name in ((Notation.TEXT, "song.score"), (Notation.YAML, "song.yaml")):
        again = check_text(print_score(checked.score, notation), name, advice=False)
        if again.schedule is None:
            raise BrokenError(render_all(again.diagnostics, again.sources))
