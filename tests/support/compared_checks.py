"""Compare what is known of a text that was checked by pieces with a check of all of it."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

from sequencer.editing.hints import HintSetting, find_hints
from sequencer.editing.looking import Look
from sequencer.language.loader import LoadResult, load_text
from tests.support.editing import ROOT

READ = partial(load_text, folder=ROOT / "scores")
"""Loads a score of the examples' folder, by pieces where that is possible."""


def read_whole(text: str, file: str) -> LoadResult:
    """Load a score as a whole: `look` reads by pieces only with `load_text` itself."""
    return READ(text, file)


def with_spans(value: Any) -> Any:
    """Return a value as nested tuples, with the fields that its equality leaves out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return (type(value).__name__, *((name, with_spans(getattr(value, name))) for name in names))
    if isinstance(value, tuple | list):
        return tuple(map(with_spans, value))
    if isinstance(value, dict):
        return {key: with_spans(one) for key, one in value.items()}
    return value


def assert_same(known: Look, whole: Look) -> None:
    """Compare everything that can be asked for, what costs little first."""
    assert known.is_outdated == whole.is_outdated
    assert with_spans(known.checked.diagnostics) == with_spans(whole.checked.diagnostics)
    for setting in HintSetting:
        assert find_hints(known, setting) == find_hints(whole, setting)
    assert with_spans(known.diagnostics) == with_spans(whole.diagnostics)
    assert with_spans(known.schedule) == with_spans(whole.schedule)
    assert with_spans(known.loaded) == with_spans(whole.loaded)
    assert with_spans(known.result) == with_spans(whole.result)
