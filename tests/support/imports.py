"""What the tests of readers share: reading with options, and the check that every result passes."""

from __future__ import annotations

from typing import Any

from sequencer.core.diagnostics import render_all
from sequencer.language import interchange
from sequencer.language.check import check_text
from sequencer.language.interchange.imported import Imported, ImportOptions
from sequencer.language.notations import print_score


def imported(data: bytes, kind: str, **options: Any) -> Imported:
    """Read a file, which is recognised as `kind`; the score checks, and is in canonical form."""
    reader = interchange.recognise(data)
    assert reader is not None and kind == reader.KIND
    found = reader.read(data, ImportOptions(**options))
    assert found.kind == kind
    checked = check_text(found.text, "song.score", advice=False)
    assert checked.schedule is not None, render_all(checked.diagnostics, checked.sources)
    assert checked.score is not None and print_score(checked.score) == found.text
    return found


def body(found: Imported) -> str:
    """Return the sections of a score, without its header, blank lines and placeholders."""
    lines = found.text.partition("\nsection")
    kept = [
        line for line in ("section" + lines[2]).split("\n") if line and "Write here" not in line
    ]
    return "\n".join(kept)
