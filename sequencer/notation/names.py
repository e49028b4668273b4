"""Names: of sections, scenes, variables, marks and operators' words."""

from __future__ import annotations

import re

from sequencer.errors import Faults, Fix, Span
from sequencer.notation.guess import shown

_NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*\Z")
LONGEST_NAME = 100
"""The longest name, in characters."""

ACTION_WORDS = frozenset(
    {"image", "strength", "sr", "cut", "tempo", "meter", "mark", "snap", "midi", "pause", "resume", "goto", "pick", "seed"}
)
"""The words that open an action, or look as if they did."""

RESERVED = ACTION_WORDS | {"bar", "bars", "beat", "beats", "from"}
"""What no scene may be called: in a cue it would be read as something else."""


def is_name(text: str) -> bool:
    """Whether `text` has the form of a name: letters, digits and `_`, parts joined by `-`, no digit in front."""
    return _NAME.match(text) is not None


def read_name(text: str, span: Span, faults: Faults, what: str) -> str | None:
    """A name; `what` says whose (`a mark`)."""
    if _NAME.match(text) is not None:
        if len(text) <= LONGEST_NAME:
            return text
        faults.error("E226", f"the name of {what} has at most {LONGEST_NAME} characters", span, "shorten it")
        return None
    cured = re.sub(r"[^\w]+", "-", text).strip("-")
    cured = cured if _NAME.match(cured) and len(cured) <= LONGEST_NAME else ""
    hint = f"write {cured}" if cured else "a name begins with a letter; letters, digits, _ and - may follow"
    fixes = (Fix(span, cured),) if cured else ()
    faults.error("E225", f"{shown(text) or 'nothing'} cannot be the name of {what}", span, hint, fixes)
    return None


def read_scene_name(text: str, span: Span, faults: Faults) -> str | None:
    """The name of a scene, which must not be an action's word."""
    if text in RESERVED:
        hint = f"give the scene another name, for example {text}_scene"
        faults.error("E227", f"no scene can be called {text}: in a cue it means something else", span, hint)
        return None
    return read_name(text, span, faults, "a scene")
