"""Read names and texts.

Names are those of sections, scenes, variables, marks and go-cues; texts are prompts with variables,
titles, paths and ports.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.core.unicode_names import with_composed_marks
from sequencer.language.score import Text, Variable
from sequencer.language.source import (
    UNUSUAL_SPACE,
    excerpt,
    make_locator,
    report_unusual_space,
    subspan,
)

_NON_NAME_CHARACTERS = (
    r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"
)
NAME_CHARACTER = rf"[^{_NON_NAME_CHARACTERS}]"
"""Pattern for a character that may follow in a name.

These are the letters, digits and `_` of Latin-1, and any character beyond it.

Python's regular expressions have no class for combining marks. The grammar's terminals use the same
approximation; `composed` does the exact check.
"""

NAME = rf"[^\W\d]{NAME_CHARACTER}*(?:-{NAME_CHARACTER}+)*"
"""Pattern for what looks like a name; `composed` decides whether it is valid."""

_NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*\Z")
_LIKE_A_NAME = re.compile(NAME + r"\Z")
_PARTS = re.compile(f"{NAME_CHARACTER}+")
_JOINERS = "\u200c\u200d"
MAX_NAME_LENGTH = 100
"""Maximum length of a name, in characters."""


def is_name(text: str) -> bool:
    """Return whether `text` is a valid name.

    A name has letters with marks, digits, `_`, and parts joined by `-`, but no digit at the start.
    """
    return normalise_name(text) is not None


def normalise_name(text: str) -> str | None:
    """Return the name in composed form (NFC), for comparison, or None if `text` is not a name.

    So `é` is the same name whether it is one character or an `e` with a combining accent. Joiners
    (U+200C and U+200D), which some scripts need inside words, may appear between two characters
    that are not ASCII.
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
        elif (
            char not in "-_"
            and not char.isalnum()
            and (before == "-" or category(char) not in {"Mn", "Mc"})
        ):
            return None
        before = char
    return name


def read_name(text: str, span: Span, faults: Diagnostics, what: str) -> str | None:
    """Read a name.

    `what` is what it names, for messages (`a mark`). Return None if a diagnostic was reported.
    """
    name = normalise_name(text)
    if name is not None:
        if len(name) <= MAX_NAME_LENGTH:
            return name
        faults.error(
            "E226",
            f"the name of {what} has at most {MAX_NAME_LENGTH} characters",
            span,
            hint="shorten it",
        )
        return None
    odd = UNUSUAL_SPACE.search(text)
    if odd is not None:
        report_unusual_space(faults, odd.group(), subspan(text, span, *odd.span()))
        return None
    corrected = "-".join(
        _PARTS.findall(
            "".join(char if normalise_name(f"a{char}") or char == "-" else " " for char in text)
        )
    )
    corrected = corrected if is_name(corrected) and len(corrected) <= MAX_NAME_LENGTH else ""
    hint = (
        f"write {corrected}"
        if corrected
        else "a name begins with a letter; letters, digits, _ and - may follow"
    )
    fixes = (Fix(span, corrected),) if corrected else ()
    faults.error(
        "E225",
        f"{excerpt(text) or 'nothing'} cannot be the name of {what}",
        span,
        hint=hint,
        fix=fixes,
    )
    return None


MAX_TEXT_LENGTH = 100_000
"""Maximum length of a text, in characters."""

CURLY: Final = "“”„‟«»"
"""Typographic quotes, which word processors insert. None of them opens a text."""

MAX_VARIABLES = 1_000
"""Maximum number of variables in one text."""

MAX_TEXT_DIAGNOSTICS = 20
"""Maximum number of diagnostics reported for one text."""

_PIECE = re.compile(rf'\{{\{{|\}}\}}|\{{({NAME})\}}|[{{}}]|\\["\\]|\\|[ \t]*\n[ \t\n]*')
_UNQUOTED_PIECE = re.compile(rf"\{{\{{|\}}\}}|\{{({NAME})\}}|[{{}}]|[ \t]*\n[ \t\n]*")
_ESCAPED_CHARACTERS = {"{{": "{", "}}": "}", '\\"': '"', "\\\\": "\\"}
_SPECIAL = re.compile(r"[{}\\\n]")
_OPENED = re.compile(r"\{([^{}\"\n]{0,60})\}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")

Locate = Callable[[int, int], Span]
"""Returns the span of `text[start:end]` for two offsets in a text."""


def read_text(literal: str, span: Span, faults: Diagnostics) -> Text | None:
    r"""Read a text literal with its quotes, `"…"` or `\"\"\"…\"\"\"`.

    The escapes are `\"` and `\\`.
    """
    if literal.startswith('"""'):
        content = literal[3:-3]
        skipped = 3 + len(content) - len(content.lstrip(" \t\n"))
        return _split_pieces(
            content.strip(" \t\n"),
            span,
            faults,
            pattern=_PIECE,
            locate=_shift_locator(make_locator(literal, span), skipped),
            block=True,
        )
    content = literal[1:-1]
    if _SPECIAL.search(content) is None and len(content) <= MAX_TEXT_LENGTH:
        return Text((content,) if content else (), span)
    return _split_pieces(
        content,
        span,
        faults,
        pattern=_PIECE,
        locate=_shift_locator(make_locator(literal, span), 1),
        block=False,
    )


def _shift_locator(locate: Locate, by: int) -> Locate:
    return lambda start, end: locate(start + by, end + by)


def read_unquoted_text(
    content: str, span: Span, faults: Diagnostics, locate: Locate | None = None, block: bool = False
) -> Text | None:
    """Read a text without quotes and escapes, as YAML provides it.

    Return None if a diagnostic was reported.

    Args:
        content: The text.
        span: The span of the complete text.
        faults: Collects the diagnostics.
        locate: Returns the span in the file for two offsets in `content`; without it, diagnostics
            point at `span`.
        block: Whether the text was written over several lines: white space around it is then
            ignored.
    """
    if block or "\n" in content:
        stripped = content.lstrip(" \t\n")
        skipped, content = len(content) - len(stripped), stripped.rstrip(" \t\n")
    else:
        skipped = 0
    if _UNPRINTABLE.search(content) is not None:
        _report_control(content, span, faults, locate, skipped)
        return None
    if _SPECIAL.search(content) is None and len(content) <= MAX_TEXT_LENGTH:
        return Text((content,) if content else (), span, block)
    where = (lambda start, end: span) if locate is None else _shift_locator(locate, skipped)
    return _split_pieces(content, span, faults, pattern=_UNQUOTED_PIECE, locate=where, block=block)


def read_string(literal: str, span: Span, faults: Diagnostics) -> str | None:
    """Read a literal without variables: a title, a path, a port name.

    Literals in triple quotes are an error.
    """
    if literal.startswith('"""'):
        corrected = '"' + " ".join(literal[3:-3].split()) + '"'
        faults.error(
            "E275",
            "this is written on one line, with one quote at each end",
            span,
            hint=f"write {excerpt(corrected)}",
            fix=Fix(span, corrected),
        )
        return None
    content = literal[1:-1]
    if "\\" not in content:
        return content
    for match in re.finditer(r"\\(.?)", content):
        if match.group(1) not in ('"', "\\"):
            _report_escape(
                content,
                match.start(),
                subspan(literal, span, match.start() + 1, match.start() + 3),
                faults,
            )
            return None
    return re.sub(r"\\(.)", r"\1", content)


def _split_pieces(
    content: str,
    span: Span,
    faults: Diagnostics,
    *,
    pattern: re.Pattern[str],
    locate: Locate,
    block: bool,
) -> Text | None:
    """Split a text into its parts. Return None if a diagnostic was reported."""
    if len(content) > MAX_TEXT_LENGTH:
        faults.error(
            "E276",
            f"this text is longer than {MAX_TEXT_LENGTH:,} characters",
            span,
            hint="a prompt has a few hundred at most",
        )
        return None
    parts: list[str | Variable] = []
    words: list[str] = []
    variables = diagnostics_reported = last = 0
    for match in pattern.finditer(content):
        start, end = match.span()
        if start < last:
            continue  # already reported with the preceding brace
        if variables > MAX_VARIABLES or diagnostics_reported >= MAX_TEXT_DIAGNOSTICS:
            break
        words.append(content[last:start])
        last = end
        piece = match.group()
        name = None if match.group(1) is None else normalise_name(match.group(1))
        if name is not None:
            if before := "".join(words):
                parts.append(before)
            words.clear()
            parts.append(Variable(name, locate(start, end)))
            variables += 1
        elif piece in _ESCAPED_CHARACTERS:
            words.append(_ESCAPED_CHARACTERS[piece])
        elif piece[0] in "{}":
            last = _report_brace(content, start, piece[0], locate, faults)
            diagnostics_reported += 1
        elif piece == "\\":
            _report_escape(content, start, locate(start, start + 2), faults)
            diagnostics_reported += 1
        else:
            words.append(" ")
    words.append(content[last:])
    if rest := "".join(words):
        parts.append(rest)
    if variables > MAX_VARIABLES:
        faults.error(
            "E276",
            f"this text contains more than {MAX_VARIABLES:,} variables",
            span,
            hint="split it into several texts",
        )
        return None
    return Text(tuple(parts), span, block) if diagnostics_reported == 0 else None


def _report_brace(content: str, at: int, brace: str, locate: Locate, faults: Diagnostics) -> int:
    """Report a brace that is not part of a variable. Return the offset at which to continue."""
    span = locate(at, at + 1)
    if brace == "}":
        faults.error(
            "E270",
            "this } has no opening {",
            span,
            hint="a brace in a text is written }}",
            fix=Fix(span, "}}"),
        )
        return at + 1
    opened = _OPENED.match(content, at)
    if opened is None:
        hint = "a variable is written {name}, a brace in a text {{"
        faults.error("E270", "this { is never closed", span, hint=hint, fix=Fix(span, "{{"))
        return at + 1
    inside = opened.group(1)
    whole = locate(at, opened.end())
    if is_name(inside.strip()):
        corrected = "{" + inside.strip() + "}"
        faults.error(
            "E271",
            "a variable has no spaces inside its braces",
            whole,
            hint=f"write {corrected}",
            fix=Fix(whole, corrected),
        )
        return opened.end()
    hint = (
        f"a variable is written {{name}}; braces of the text are doubled: {{{{{excerpt(inside)}}}}}"
    )
    faults.error(
        "E271",
        f"{excerpt(inside) or 'nothing'} cannot be a variable's name",
        whole,
        hint=hint,
        fix=Fix(whole, f"{{{opened.group()}}}"),
    )
    return opened.end()


def _report_escape(content: str, at: int, span: Span, faults: Diagnostics) -> None:
    r"""Report a `\` before a character that needs no escape."""
    escaped = content[at + 1 : at + 2]
    hint, corrected = 'write \\\\ for a backslash and \\" for a quote', "\\\\" + escaped
    if escaped in ("n", "t", "r"):
        corrected = " "
        hint = 'a prompt is one paragraph: write a space, or a text of several lines as """…"""'
    faults.error(
        "E272", f"\\{excerpt(escaped)} is not an escape", span, hint=hint, fix=Fix(span, corrected)
    )


def _report_control(
    content: str, span: Span, faults: Diagnostics, locate: Locate | None, skipped: int
) -> None:
    match = _UNPRINTABLE.search(content)
    start = match.start() if match else 0
    at = span if locate is None else locate(start + skipped, start + skipped + 1)
    faults.error(
        "E274",
        f"the control character U+{ord(content[start]):04X} is not allowed in a text",
        at,
        hint="remove it",
    )
