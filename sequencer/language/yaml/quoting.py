"""How single values are written in YAML: plain where nobody can mistake them, else in double quotes."""

from __future__ import annotations

import re

from sequencer.language.score import Pick, PromptText, Text
from sequencer.language.values import writing as spelling

WIDTH = 90
"""Where a text of several lines is broken."""

_TYPED = re.compile(
    r"(?:true|false|yes|no|on|off|y|n|null|none|~|[-+.]?(?:inf|nan)|\d{4}-\d\d?-\d\d?.*|[-+]?[0-9.][0-9_.:,e+\-xob]*)\Z",
    re.IGNORECASE,
)
"""What other readers of YAML take for something else than text."""

_BLOCK_PLAIN = re.compile(r"[^\W_](?:[^\s:#]|[:#](?=[^\s])| (?=[^ #\s]))*\Z")
_FLOW_PLAIN = re.compile(r"[^\W_](?:[^\s:#,\[\]{}]| (?=[^ #\s]))*\Z")
_VALUE_PLAIN = re.compile(r"[\w+](?:[^\s:#,\[\]{}\"'|&*!%@`]| (?=[^ #\s]))*\Z")


def value(written: str, *, flow: bool) -> str:
    """A value that the readers of both notations share: a place, a length, a trigger, a clock."""
    pattern = _VALUE_PLAIN if flow else _BLOCK_PLAIN
    if pattern.match(written) or (not flow and _VALUE_PLAIN.match(written)):
        return written if _is_plain(written) else quoted(written)
    return quoted(written)


def name(written: str) -> str:
    """A name: plain, unless another reader of YAML would take it for a truth value or nothing."""
    return quoted(written) if _TYPED.match(written) else written


def string(written: str, *, flow: bool) -> str:
    """A title, a path or a text, on one line."""
    pattern = _FLOW_PLAIN if flow else _BLOCK_PLAIN
    if pattern.match(written) and not _TYPED.match(written) and _is_plain(written):
        return written
    return quoted(written)


def _is_plain(written: str) -> bool:
    return written.isprintable() and "\\" not in written and '"' not in written


def quoted(written: str) -> str:
    r"""In double quotes: `"` and `\` are escaped, and what cannot be shown."""
    escaped = "".join(_escaped(char) for char in written)
    return f'"{escaped}"'


def _escaped(char: str) -> str:
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


def text(said: Text, *, flow: bool) -> str:
    """A text on one line."""
    return string(spelling.braced(said), flow=flow)


def pick(said: Pick) -> str:
    """A pick on one line."""
    return "{pick: [" + ", ".join(text(option, flow=True) for option in said.options) + "]}"


def is_one_line(said: PromptText | None) -> bool:
    """Whether a text stands on one line: its author wrote it so, or several lines could not hold it."""
    match said:
        case None:
            return True
        case Text():
            return folded(said) is None
        case Pick(options):
            return all(folded(option) is None for option in options)


def folded(said: Text) -> list[str] | None:
    """The lines of a text that was written over several, to stand below `>-`; None where it was not, or cannot."""
    if not said.block:
        return None
    content = spelling.braced(said)
    if not content or content != content.strip() or not content.isprintable():
        return None
    return spelling.wrap_text(content, WIDTH)
