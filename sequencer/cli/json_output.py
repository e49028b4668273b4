"""Format diagnostics as a JSON document for tools, with spans and replacement texts.

The page on errors describes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sequencer.core.diagnostic_json import diagnostic_json
from sequencer.core.diagnostics import Diagnostic

FORMAT = 1
"""The version of the document's format.

Keys may be added; the meaning of a key changes only with this number.
"""

Document = dict[str, Any]


def document(scores: Iterable[Document]) -> Document:
    """Return the document of one `check`."""
    every = list(scores)
    return {"format": FORMAT, "well": all(one["well"] for one in every), "scores": every}


def score(
    file: str, diagnostics: Iterable[Diagnostic], well: bool, summary: str | None
) -> Document:
    """Return the result of one score."""
    return {
        "file": file,
        "well": well,
        "summary": summary,
        "diagnostics": [diagnostic_json(one) for one in diagnostics],
    }
