"""What the tests of `editing` share: texts with a cursor, and every text that the tests have."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from sequencer.core.catalog import every
from sequencer.core.diagnostics import Diagnostics
from sequencer.editing.looking import Look, look
from sequencer.editing.texts import Position
from sequencer.language.loader import decode_score, load_text
from tests.fuzz.corpora import kept

ROOT = Path(__file__).resolve().parents[2]
SCORES = sorted([*(ROOT / "scores").glob("*.score"), *(ROOT / "scores").glob("*.yaml")])

SCENE = 'scene tram {\n  base "A tram waits."\n  follow "The tram waits. {action}"\n}\n'


def with_cursor(marked: str, mark: str = "|") -> tuple[str, Position]:
    """Return a text without the mark of the cursor, and where the cursor was."""
    before, found, after = marked.partition(mark)
    assert found, "the text has no cursor"
    return before + after, Position(before.count("\n") + 1, len(before) - before.rfind("\n"))


def look_at_file(path: Path, *, advice: bool = False) -> Look:
    """Return what is known about a score's file, with the files next to it."""
    text = path.read_text(encoding="utf-8")
    return look(text, path.name, partial(load_text, folder=path.parent), advice=advice)


@cache
def texts() -> dict[str, tuple[str, str]]:
    """Return (text, file name) of every score, catalog example and fuzzing input, by a name."""
    found = {path.name: (path.read_text(encoding="utf-8"), path.name) for path in SCORES}
    for code in every():
        for kind, example in (("wrong", code.wrong), ("right", code.right)):
            if example.compute is None:
                found[f"{code.code} {kind}"] = (example.shown, example.name)
    for target, file in (("text", "fuzz.score"), ("yaml", "fuzz.yaml")):
        for folder in ("corpora", "findings"):
            for number, data in enumerate(kept(folder, target)):
                text = decode_score(data, file, Diagnostics())
                if text is not None:
                    found[f"{folder} {target} {number}"] = (text, file)
    return found


@cache
def looks() -> dict[str, Look]:
    """Return what is known about each of `texts`, without advice."""
    return {name: look(text, file, advice=False) for name, (text, file) in texts().items()}


@cache
def some_looks() -> dict[str, Look]:
    """Return what is known about every twelfth of `texts`: enough for the everyday suite."""
    some = list(texts().items())[::12]
    return {name: look(text, file, advice=False) for name, (text, file) in some}


SOME_OR_EVERY = pytest.mark.parametrize(
    "found", [pytest.param(some_looks, id="some"), pytest.param(looks, marks=pytest.mark.slow)]
)
"""Runs a test with some of the texts, and in the complete suite with every text."""

FindLooks = Callable[[], dict[str, Look]]
