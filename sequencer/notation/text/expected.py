"""What the grammar expected, in the language's own words."""

from __future__ import annotations

from collections.abc import Iterable

_WORDS = {
    "_NL": "the end of the line",
    "_TOP": "",
    "_OPEN": "`{`",
    "CLOSE": "",
    "COMMA": "a comma",
    "_ARROW": "`->`",
    "TEXT": "a text in quotes",
    "BLOCK": "a text in quotes",
    "PICK": "pick(…)",
    "BAR": "`|`",
    "SHUT": "`)`",
    "LABEL": "a name",
    "VALUE": "a value",
    "AMOUNT": "a length",
    "_EQUALS": "`=`",
    "UNTIL": "`until`",
    "OR": "`or`",
    "MAX": "`max`",
    "OVER": "`over`",
    "TRIGGER": "a trigger",
    "PASS": "a section's name",
    "FROM": "`from`",
    "$END": "the end",
}
_ACTION = frozenset(
    [
        "NAME",
        "SAY",
        "IMAGE",
        "SET_STRENGTH",
        "SET_SR",
        "SET_SNAP",
        "SET_METER",
        "SET_MARK",
        "SET_SEED",
        "CUT",
        "TEMPO",
        "MIDI",
        "PAUSE",
        "RESUME",
        "GOTO",
    ]
)
_OPENING = frozenset(
    [
        "SCORE",
        "CLOCK",
        "GRID",
        "SNAP",
        "LEAD",
        "LATE",
        "SEED",
        "SR",
        "MIDDLE",
        "USE",
        "LET",
        "SCENE",
        "BASE",
        "FOLLOW",
        "QUIET",
        "SECTION",
        "AT",
        "EVERY",
        "ON",
        "PLAY",
        "END",
    ]
)


def expected(names: Iterable[str]) -> str:
    """One phrase for the names of terminals: `a comma or the end of the line`."""
    left = set(names)
    if left & {"PASS", "VALUE"}:
        left.discard("COMMA")  # taken along there only to be refused with a better reason
    phrases: list[str] = []
    if {"NAME", "IMAGE"} <= left:
        phrases.append("an action")
        left -= _ACTION | {"TEXT", "BLOCK", "PICK"}
    if len(left & _OPENING) > 3:
        phrases.append("a statement")
        left -= _OPENING
    for name in sorted(left):
        phrase = _WORDS.get(name, f"`{name.removeprefix('SET_').lower()}`")
        if phrase and phrase not in phrases:
            phrases.append(phrase)
    if not phrases:
        return "something else"
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " or " + phrases[-1]
