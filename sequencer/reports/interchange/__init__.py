"""Writers of files for other programs, one module for each format.

Each has `KIND`, the `ENDING` of its files, and `write(film, options) -> Exported`; `WRITERS` lists
them. A `film.Film` is what they write: the cues of a score as planned, or of a run as they landed.
What a format cannot contain is named in a warning, and in a note if the format has notes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from sequencer.reports.interchange.exported import Writer

WRITERS = (
    "otio",
    "edl",
    "audacity",
    "subtitles",
    "web_subtitles",
    "film_director",
    "helios",
    "longlive",
    "longlive_shots",
    "vllm_omni",
    "reaper",
    "scope",
)
"""The modules of the formats that are written from a film alone."""


def writers() -> tuple[Writer, ...]:
    """Return the writers."""
    return tuple(cast("Writer", import_module(f"{__name__}.{module}")) for module in WRITERS)


def find_writer(kind: str) -> Writer | None:
    """Return the writer of a kind, as `--as` names it, or None."""
    return next((one for one in writers() if kind == one.KIND), None)
