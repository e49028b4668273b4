"""Names: of sections, scenes, variables, marks and operators' words."""

from __future__ import annotations

import re

from sequencer.composing import with_composed_marks
from sequencer.errors import Faults, Fix, Span
from sequencer.notation.guess import part, shown
from sequencer.notation.source import ODD_BLANK, odd_blank

_NO_NAME = r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"
IN_NAME = rf"[^{_NO_NAME}]"
"""A character that may follow in a name, as a pattern: of Latin-1 the letters, digits and `_`; beyond it anything.

Python's regular expressions have no class for combining marks. The grammar's terminals do the same; `composed` looks closely.
"""

NAME = rf"[^\W\d]{IN_NAME}*(?:-{IN_NAME}+)*"
"""What looks like a name, as a pattern: `composed` knows whether it is one."""

_NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*\Z")
_LIKE_A_NAME = re.compile(NAME + r"\Z")
_PARTS = re.compile(f"{IN_NAME}+")
_JOINERS = "\u200c\u200d"
LONGEST_NAME = 100
"""The longest name, in characters."""

ACTION_WORDS = frozenset(
    {"image", "strength", "sr", "cut", "tempo", "meter", "mark", "snap", "midi", "pause", "resume", "goto", "pick", "seed"}
)
"""The words that open an action, or look as if they did."""

RESERVED = ACTION_WORDS | {"bar", "bars", "beat", "beats", "from"}
"""What no scene may be called: in a cue it would be read as something else."""


def is_name(text: str) -> bool:
    """Whether `text` has the form of a name: letters and their marks, digits, `_`; `-` joins parts; no digit in front."""
    return composed(text) is not None


def composed(text: str) -> str | None:
    """The name that `text` is, in Unicode's composed form (NFC), in which names are compared. None where it is none.

    So `é` is one name, whether it is written as one character or as `e` with an accent that combines. Joiners (U+200C and
    U+200D), which some scripts need inside words, may stand between two characters that are not ASCII.
    """
    if text.isascii():
        return text if _NAME.match(text) else None
    if _LIKE_A_NAME.match(text) is None:
        return None
    from unicodedata import category  # only names beyond ASCII need it

    name = with_composed_marks(text)
    before = ""
    for at, char in enumerate(name):
        if char in _JOINERS:
            if before.isascii() or before in _JOINERS or name[at + 1 : at + 2].isascii():
                return None
        elif char not in "-_" and not char.isalnum() and (before == "-" or category(char) not in {"Mn", "Mc"}):
            return None
        before = char
    return name


def read_name(text: str, span: Span, faults: Faults, what: str) -> str | None:
    """A name; `what` says whose (`a mark`)."""
    name = composed(text)
    if name is not None:
        if len(name) <= LONGEST_NAME:
            return name
        faults.error("E226", f"the name of {what} has at most {LONGEST_NAME} characters", span, "shorten it")
        return None
    odd = ODD_BLANK.search(text)
    if odd is not None:
        faults.error("E159", *odd_blank(odd.group(), part(text, span, *odd.span())))
        return None
    cured = "-".join(_PARTS.findall("".join(char if composed(f"a{char}") or char == "-" else " " for char in text)))
    cured = cured if is_name(cured) and len(cured) <= LONGEST_NAME else ""
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
