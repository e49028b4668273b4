"""Every diagnostic code: its meaning, the reason, a score that causes it, and the fixed score.

Each code has one Markdown file in this folder (`E204.md`), which `reader` parses; nothing here
depends on how scores are read. A file is read only when its code is asked for. `sequencer explain
CODE` prints an entry. The message, the hint and the fix that a user sees are written where the code
is reported: search for the code in `sequencer/language`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sequencer.core.catalog.record import Code, Example, Family, File

__all__ = ["FAMILIES", "Code", "Example", "Family", "File", "every", "family", "find"]

FAMILIES: tuple[Family, ...] = (
    Family("statements", "Statements, quotes and braces", ("E101", "E122")),
    Family("phrases", "Commas, arrows and keywords", ("E124", "E162")),
    Family("positions", "Positions and lengths", ("E201", "E224"), ("E280", "E280")),
    Family("triggers", "Names and triggers", ("E225", "E239"), ("E267", "E269")),
    Family("settings", "Settings", ("E240", "E263")),
    Family("texts", "Texts", ("E270", "E276")),
    Family("definitions", "Definitions and actions", ("E301", "E327"), ("W101", "W310")),
    Family("stages", "Several stages", ("E341", "E348"), ("W341", "W341")),
    Family("time", "Time", ("E401", "E425"), ("E430", "E430"), ("W401", "W407")),
    Family("files", "Score files", ("E501", "E513"), ("W501", "W501")),
    Family("images", "Images", ("E520", "E527")),
    Family("sounds", "Sound files", ("E540", "E544"), ("W540", "W540")),
    Family("midi_files", "Files as clocks", ("E426", "E429"), ("E530", "E533"), ("W530", "W531")),
    Family("yaml", "The YAML notation", ("E601", "E625")),
    Family("reloading", "Edits while a score plays", ("E701", "E704")),
    Family("models", "Models", ("E801", "E802"), ("W801", "W801")),
    Family("advice", "Advice on prompts", ("W601", "W699")),
)
"""The families, in the order of the pages."""

FOLDER = Path(__file__).parent
_NUMBER = re.compile(r"[EW][0-9]{3}")


@cache
def family(name: str) -> tuple[Code, ...]:
    """Return the codes of one family, in order."""
    (wanted,) = (one for one in FAMILIES if one.name == name)
    numbers = sorted(path.stem for path in FOLDER.glob("[EW]*.md"))
    return tuple(
        code for number in numbers if number in wanted and (code := find(number)) is not None
    )


def every() -> tuple[Code, ...]:
    """Return all codes, in the order of the pages."""
    return tuple(code for one in FAMILIES for code in family(one.name))


def find(number: str) -> Code | None:
    """Return the entry of a code (`E204`, in either case), or None."""
    wanted = number.strip().upper()
    return _read(wanted) if _NUMBER.fullmatch(wanted) else None


@cache
def _read(number: str) -> Code | None:
    from sequencer.core.catalog.reader import read_code

    path = FOLDER / f"{number}.md"
    return read_code(path.read_text(encoding="utf-8"), path.name) if path.is_file() else None
