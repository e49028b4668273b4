"""Read the names of scenes, which no word may be that means something else in a cue."""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.language.spec import RESERVED
from sequencer.language.values.strings import read_name


def read_scene_name(text: str, span: Span, faults: Diagnostics) -> str | None:
    """Read the name of a scene, which cannot be the keyword of an action.

    Return None if a diagnostic was reported.
    """
    if text in RESERVED:
        hint = f"give the scene another name, for example {text}_scene"
        faults.error(
            "E227",
            f"no scene can be called {text}: in a cue it means something else",
            span,
            hint=hint,
        )
        return None
    return read_name(text, span, faults, "a scene")
