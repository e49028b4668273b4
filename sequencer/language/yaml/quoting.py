"""Write single values in YAML: as plain scalars if unambiguous, else in double quotes."""

from __future__ import annotations

import re

from sequencer.language.score import Pick, PromptText, Text
from sequencer.language.values import writing as spelling

WRAP_WIDTH = 90
"""The width at which a text of several lines is wrapped."""

_TYPED = re.compile(
    r"(?:true|false|yes|no|on|off|y|n|null|none|~|[-+.]?(?:inf|nan)|\d{4}-\d\d?-\d\d?.*|[-+]?[0-9.][0-9_.:,e+\-xob]*)\Z",
    re.IGNORECASE,
)
"""Plain scalars that other YAML readers convert to a type other than text."""

_BLOCK_PLAIN = re.compile(r"[^\W_](?:[^\s:#]|[:#](?=[^\s])| (?=[^ #\s]))*\Z")
_FLOW_PLAIN = re.compile(r"[^\W_](?:[^\s:#,\[\]{}]| (?=[^ #\s]))*\Z")
_VALUE_PLAIN = re.compile(r"[\w+/](?:[^\s:#,\[\]{}\"'|&*!%@`]| (?=[^ #\s]))*\Z")


def quote_value(written: str, *, flow: bool) -> str:
    """Return a value that both notations' readers share: position, duration, trigger, clock."""
    pattern = _VALUE_PLAIN if flow else _BLOCK_PLAIN
    if pattern.match(written) or (not flow and _VALUE_PLAIN.match(written)):
        return written if _has_no_escapes(written) else double_quote(written)
    return double_quote(written)


def quote_name(written: str) -> str:
    """Return a name: plain, unless another YAML reader would convert it to a boolean or to null."""
    return double_quote(written) if _TYPED.match(written) else written


def quote_string(written: str, *, flow: bool) -> str:
    """Return a title, a path or a text on one line."""
    pattern = _FLOW_PLAIN if flow else _BLOCK_PLAIN
    if pattern.match(written) and not _TYPED.match(written) and _has_no_escapes(written):
        return written
    return double_quote(written)


def _has_no_escapes(written: str) -> bool:
    return written.isprintable() and "\\" not in written and '"' not in written


def double_quote(written: str) -> str:
    r"""Return a string in double quotes; `"`, `\` and unprintable characters are escaped."""
    escaped = "".join(_escape_character(char) for char in written)
    return f'"{escaped}"'


def _escape_character(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable() and char != "\ufffe":
        return char
    code = ord(char)
    if char == "\t":
        return "\\t"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def render_text(text: Text, *, flow: bool) -> str:
    """Return a text on one line."""
    return quote_string(spelling.render_content(text), flow=flow)


def render_pick(text: Pick) -> str:
    """Return a pick on one line."""
    options = ", ".join(render_text(option, flow=True) for option in text.options)
    return f"{{{text.keyword}: [{options}]}}"


def is_one_line(text: PromptText | None) -> bool:
    """Return whether a text is on one line: written so, or not writable on several lines."""
    match text:
        case None:
            return True
        case Text():
            return fold_text(text) is None
        case Pick(options):
            return all(fold_text(option) is None for option in options)


def fold_text(text: Text) -> list[str] | None:
    """Return the lines, to go below `>-`, of a text that was written on several lines.

    The result is None if it was not or cannot be.
    """
    if not text.block:
        return None
    content = spelling.render_content(text)
    if not content or content != content.strip() or not content.isprintable():
        return None
    return spelling.wrap_text(content, WRAP_WIDTH)
