"""Every diagnostic code: what it means, the reason for it, a score that causes it, and the fixed score.

The entries are data, grouped in families; nothing here depends on how scores are read. `sequencer explain CODE` prints an
entry, `docs/errors.md` holds them all.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from sequencer.core.catalog.record import Code, Example, File

__all__ = ["FAMILIES", "Code", "Example", "File", "every", "find"]

FAMILIES: tuple[tuple[str, str], ...] = (
    ("statements", "Statements, quotes and braces"),
    ("phrases", "Commas, arrows and words"),
    ("places", "Places and lengths"),
    ("triggers", "Names and triggers"),
    ("settings", "Settings"),
    ("texts", "Texts"),
    ("meanings", "Names that mean something"),
    ("time", "Time"),
    ("files", "Files"),
    ("images", "Images"),
    ("songs", "The time of a MIDI file"),
    ("yaml_form", "The YAML notation"),
    ("advice", "Advice on prompts"),
)
"""(module, title) of each family, in the order of the pages."""


@cache
def family(module: str) -> tuple[Code, ...]:
    """Return the codes of one family, in order."""
    codes: tuple[Code, ...] = import_module(f"sequencer.core.catalog.{module}").CODES
    return codes


def every() -> tuple[Code, ...]:
    """Return all codes, in the order of the pages."""
    return tuple(code for module, _ in FAMILIES for code in family(module))


def find(number: str) -> Code | None:
    """Return the entry of a code (`E204`, in either case), or None."""
    wanted = number.strip().upper()
    return next((code for code in every() if code.code == wanted), None)
