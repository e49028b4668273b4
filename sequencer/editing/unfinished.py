"""Read a text with errors as far as possible, for its names and its outline.

The reader leaves out each statement that has an error, and a section or a scene whose first line
has one; of a text in YAML it leaves out everything after an error of form. Here what cannot be read
is first replaced by something that can, in the same lines and columns: `at 3 tram "It tu` by
`at 3 tram`. Nothing is reported or performed of the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sequencer.core.diagnostics import Span
from sequencer.editing.texts import Position, offset_of, start_of
from sequencer.language.loader import LoadResult, Notation, load_text
from sequencer.language.score import Score
from sequencer.language.source import Source
from sequencer.language.spec import STATEMENT_KEYWORDS
from sequencer.language.text.parser import get_parser
from sequencer.language.text.statements import Statement, StatementKind, split_statements
from sequencer.language.values.strings import NAME
from sequencer.language.yaml.scalars import ScalarToken, YamlScan, scan_yaml

MAX_REPLACED = 50
"""How many statements or values are replaced: each costs as much as reading a short score."""

MAX_COMPLETED_LINES = 10
"""How many lines of YAML are completed: each costs as much as parsing the text."""

_ONLY_A_KEY = re.compile(r"[ \-]*([a-z]+)")
_TEXT_KEYS = frozenset(("base", "follow", "prompt", "action"))
_HEAD = re.compile(rf"(?P<word>at|every|on|scene|section|let)\b(?:[ \t]+(?P<name>{NAME}))?")
_BLOCK = re.compile(r"scene|section")
_ITEM = re.compile(r"(?:at|every|on)\b")
_STATEMENT = re.compile(rf"[ \t]*(?:{'|'.join(STATEMENT_KEYWORDS)})\b(?![ \t]*[:=,])")
_POSITION = re.compile(r"at[ \t]+[^\s,]+")
_TRIGGER = re.compile(r"on\b.*?(?=->)")
_NOT_NEWLINE = re.compile(r"[^\n]")
_COMPLETE = {"at": "at 1 sr 4x", "every": "every 1b sr 4x", "on": "on go x -> sr 4x"}
"""What is read for a cue of which too little is written."""

_YAML_VALUES = {
    **dict.fromkeys(("at", "from"), "1"),
    **dict.fromkeys(("every", "max"), "1b"),
    **dict.fromkeys(("when", "on", "until"), "go x"),
}
"""What is read for a value that decides when a cue, a rule or a section happens."""


def read_unfinished(loaded: LoadResult, text: str, file: str) -> Score | None:
    """Return what a text contains, if its reading has errors.

    Args:
        loaded: The result of loading the text.
        text: The text.
        file: Its file name.

    Returns:
        The score with the spans of the text, or None if nothing could be read.
    """
    part = loaded.part
    if part is None:
        return None
    read: LoadResult | None = None
    if loaded.notation is Notation.YAML:
        complete, read = _complete_yaml(text, file)
    else:
        complete = _complete_statements(text, part)
    if complete == text:
        return part
    read = read or load_text(complete, file, notation=loaded.notation)
    score = read.score or read.part
    if score is None:
        return part
    used = {use.path: use for use in part.uses}
    return replace(
        score,
        text=text,
        uses=tuple(used.get(use.path, use) for use in score.uses),
        images=part.images,
    )


def _spaces_for(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)


# ---- text ----------------------------------------------------------------------------------------


def _complete_statements(text: str, part: Score) -> str:
    """Return a text with the statements completed that are not in a score."""
    source = Source("", text)
    starts = {offset_of(source, start_of(span)) for span in _spans_of(part)}
    pieces: list[str] = []
    at = replaced = 0
    statements = split_statements(text)[0]
    for number, found in enumerate(statements):
        if replaced == MAX_REPLACED:
            break
        if found.start in starts or _HEAD.match(text, found.start) is None:
            continue
        replaced += 1
        statement = _until_next_statement(text, found)
        after = statements[number + 1] if number + 1 < len(statements) else None
        is_closed = after is not None and _ITEM.match(text, after.start) is None
        for candidate in _candidates(text, statement, is_closed=is_closed):
            new = _fit(text, statement, candidate)
            if new is not None and _is_read(new):
                pieces += text[at : statement.start], new
                at = statement.end
                break
    return "".join([*pieces, text[at:]])


def _spans_of(score: Score) -> Iterator[Span]:
    for nodes in (score.lets, score.scenes, score.sections, score.items):
        yield from (node.span for node in nodes)
    for section in score.sections:
        yield from (item.span for item in section.items)


def _until_next_statement(text: str, statement: Statement) -> Statement:
    """Return a statement that ends before a line that begins like another statement.

    It continues there because of a comma at its end, or of a bracket that is not closed.
    """
    lines = text[statement.start : statement.end].split("\n")
    for number, line in enumerate(lines[1:], 1):
        if _STATEMENT.match(line):
            end = statement.start + len("\n".join(lines[:number]))
            return replace(statement, end=end, kind=StatementKind.PLAIN)
    return statement


def _candidates(text: str, statement: Statement, *, is_closed: bool) -> Iterator[str]:
    """Yield what may be read instead of a statement, the most similar first.

    `is_closed` is whether a scene has lines or a brace after its first line.
    """
    start, end = statement.start, statement.end
    head = _HEAD.match(text, start, end)
    if head is None or (head["name"] is None and head["word"] in ("scene", "section", "let")):
        return
    word, name = head["word"], head["name"]
    if statement.kind is StatementKind.OPEN:
        end -= 1
    tokens = get_parser().scan(text, start, end).tokens
    prefixes = [text[start : one.end] for one in reversed(tokens)]
    if word == "section":
        yield from (f"{prefix} {{" for prefix in prefixes)
        yield f"section {name} 1b {{"
    elif word == "scene":
        yield f'scene {name} {{ base "…"{"" if is_closed else " }"}'
    elif word == "let":
        yield f'let {name} = "…"'
    else:
        yield from prefixes
        other = _POSITION.match(text, start, end) or _TRIGGER.match(text, start, end)
        if other is not None:
            begin = ("at 1" if word == "at" else "on go x").ljust(other.end() - start)
            longer = begin + text[other.end() : end]
            tokens = get_parser().scan(longer, 0, len(longer)).tokens
            yield from (longer[: one.end] for one in reversed(tokens))
        yield _COMPLETE[word]


def _fit(text: str, statement: Statement, candidate: str) -> str | None:
    """Return a candidate in the lines and columns of a statement, or None if it is too long."""
    start, end = statement.start, statement.end
    brace = statement.kind is StatementKind.OPEN and candidate.endswith(" {")
    if brace and len(candidate) - 1 <= end - start:
        candidate = candidate[:-1]
        return candidate + _spaces_for(text[start + len(candidate) : end - 1]) + "{"
    rest = text[end : text.find("\n", end) + 1 or len(text)].strip()
    if len(candidate) > end - start and rest and not rest.startswith("#"):
        return None
    covered = text[start : min(start + len(candidate), end)]
    if covered.count("\n") != candidate.count("\n"):
        return None
    return candidate + _spaces_for(text[start + len(candidate) : end])


def _is_read(statement: str) -> bool:
    """Return whether something remains of a statement if it is read alone."""
    read = load_text(f"{statement}\n}}\n" if _BLOCK.match(statement) else statement)
    part = read.score or read.part
    return part is not None and any(True for _ in _spans_of(part))


# ---- YAML ----------------------------------------------------------------------------------------


def _complete_yaml(text: str, file: str) -> tuple[str, LoadResult | None]:
    """Return a text with lines that can be parsed and values that can be read.

    The second result is what was read of it, if that is known.
    """
    scan = _complete_lines(text)
    read = load_text(scan.text, file, notation=Notation.YAML)
    source = Source("", scan.text)
    errors = [
        offset_of(source, Position(one.span.line, one.span.column))
        for one in read.diagnostics
        if one.is_error
    ]
    complete = scan.text
    for scalar in scan.scalars:
        if not scalar.is_key and any(scalar.start <= at <= scalar.end for at in errors):
            new = _value_for(scalar, scan.text)
            if len(new) <= scalar.end - scalar.start:
                new = new.ljust(scalar.end - scalar.start)
                complete = complete[: scalar.start] + new + complete[scalar.end :]
    return complete, read if complete == scan.text else None


def _complete_lines(text: str) -> YamlScan:
    """Return the scan of a text with what is missing at the end of lines, where that helps."""
    scan = scan_yaml(text)
    left = scan.text
    for start, end in reversed(scan.refused[-MAX_COMPLETED_LINES:]):
        line = text[start:end].rstrip()
        missing = _missing_at_end(line)
        if missing:
            longer = f"{left[:start]}{line}{missing}{left[start + len(line) :]}"
            again = scan_yaml(longer)
            if not again.refused:
                left, scan = longer, again
    return scan


def _missing_at_end(line: str) -> str:
    """Return the quote and the brackets that a line leaves open, or the colon after its key."""
    key = _ONLY_A_KEY.fullmatch(line)
    if key is not None:
        return ": …" if key[1] in _TEXT_KEYS else ":"
    open_: list[str] = []
    quote, before = "", " "
    for char in line:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and before in " {[,":
            quote = char
        elif char in "{[":
            open_.append("}" if char == "{" else "]")
        elif char in "}]" and open_:
            open_.pop()
        before = char
    return quote + "".join(reversed(open_))


def _value_for(scalar: ScalarToken, text: str) -> str:
    """Return what is read for a value with an error; the value itself if it may stay."""
    written = text[scalar.start : scalar.end]
    key = scalar.path[-1] if scalar.path else ""
    if key == "section":
        name = re.match(NAME, written)
        return written if name is None else name[0]
    return written if "\n" in written else _YAML_VALUES.get(key, written)
