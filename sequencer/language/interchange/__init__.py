"""Files of other programs, read into the text of a score: one module for each format.

Every module of a format has `KIND`, `recognise` and `read` (`imported.Reader`), is pure (bytes in,
values out), and is listed in `READERS`. What they share is in `imported` (options, result, limits,
errors), `score_lines` (the text of a score, line by line), `draft` (a score made of prompts),
`timeline` (one made of regions and points), `names` (names from any text), `decimals` (exact
numbers), `text_input`, `json_input` and `xml_input`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from sequencer.language.interchange.imported import Reader

READERS: tuple[str, ...] = (
    "film_director",
    "edl",
    "helios",
    "longlive",
    "scope",
    "parseq",
    "ltx_director",
    "deforum",
    "ableton",
    "rekordbox",
    "audacity",
    "reaper",
    "srt",
    "lrc",
    "beatlens",
)  # fmt: skip
"""The modules of the formats that can be read, in the order in which they are tried.

A format whose content could also be taken for another one's comes before that.
"""


def readers() -> tuple[Reader, ...]:
    """Return the readers, in the order in which they are tried."""
    return tuple(cast("Reader", import_module(f"{__name__}.{module}")) for module in READERS)


def recognise(data: bytes) -> Reader | None:
    """Return the reader that recognises the content of a file, or None."""
    return next((one for one in readers() if one.recognise(data)), None)


def find_reader(kind: str) -> Reader | None:
    """Return the reader of a kind, as `--as` names it, or None."""
    return next((one for one in readers() if kind == one.KIND), None)
