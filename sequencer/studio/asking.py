"""The answers to what a page asks about the score's text (`ask`).

They are computed from what the last check found, in the process that checks. `at` is a position in
the text of `version`, in UTF-16 code units. Positions on lines that were changed since the last
check have no answer, except for completion and colours, which read the present text.

| `what` | further fields | answer |
|---|---|---|
| `complete` | `at` | `{items: [{label, kind, description, from, to, text}]}` |
| `hover` | `at` | `{from, to, text}`, or null |
| `hint` | `line` | `{text}`: the tooltip of the hint of a line, or null |
| `definition` | `at` | `[{file, line, column, from, to}]`, positions null in another file |
| `actions` | `at`, `to` | `[{title, kind, preferred, edits}]` |
| `format` | | `{edits}` |
| `symbols` | | `[{kind, name, detail, line, from, to, children}]` |
| `tokens` | `first`, `last` (lines) | `{tokens: [from, length, kind, …], kinds}` |
| `explain` | `code` | `{code, title, text}` |
| `prompt` | `at`, `pass` | see `prompts.describe_prompt`, or null |
| `learn` | `line`, `trigger`, `old` | `{edits}`; see `editing.learning.learn` |
| `source` | `file` | `{text}` of a file that the score uses |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sequencer.core.catalog import find as find_code
from sequencer.core.diagnostics import Fix, Span
from sequencer.core.errors import UsageError
from sequencer.core.paths import list_files_below
from sequencer.editing.actions import find_actions
from sequencer.editing.completing import complete
from sequencer.editing.hints import find_hints
from sequencer.editing.hovering import hover
from sequencer.editing.learning import learn
from sequencer.editing.line_views import LineView
from sequencer.editing.looking import Look
from sequencer.editing.names import Refusal, find_definitions
from sequencer.editing.texts import Position
from sequencer.editing.tidying import format_text
from sequencer.editing.tokens import TokenKind, find_tokens
from sequencer.editing.words import plain_text
from sequencer.studio.checked_text import CheckedText, edits_of, symbol_messages
from sequencer.studio.prompts import describe_prompt
from sequencer.studio.text_buffer import TextBuffer

MAX_ITEMS = 200
"""How many items a completion has at most."""

MAX_TOKEN_LINES = 2_000
"""How many lines one request for colours may have."""

KINDS = tuple(kind.value for kind in TokenKind)
"""The kinds of words; `tokens` has their numbers."""


@dataclass(frozen=True, kw_only=True)  # without slots, for the cached properties
class Question:
    """A request of a page, with what it is about.

    Attributes:
        fields: The fields of the request.
        now: The present text.
        checked: What the last check found, perhaps about an earlier version.
        folder: The folder of the score, if it is in one.
    """

    fields: Mapping[str, Any]
    now: TextBuffer
    checked: CheckedText
    folder: Path | None

    @property
    def look(self) -> Look:
        """What the last check found."""
        return self.checked.look

    @cached_property
    def view(self) -> LineView:
        """Converts positions of the text that was checked and of the present one."""
        return LineView(self.look.text, self.now.text)

    def number(self, name: str, default: int | None = None) -> int:
        """Return a field that is a whole number. Raises UsageError."""
        found = self.fields.get(name, default)
        if type(found) is not int:
            raise UsageError(f"{name} is a whole number")
        return found

    def text(self, name: str) -> str:
        """Return a field that is a text. Raises UsageError."""
        found = self.fields.get(name)
        if not isinstance(found, str):
            raise UsageError(f"{name} is a text")
        return found

    @property
    def at(self) -> Position:
        """The position in the present text."""
        return self.now.position(self.number("at"))

    @property
    def at_read(self) -> Position | None:
        """The position in the text that was checked, or None if its line has changed since."""
        return self.view.to_read(self.at)

    def bounds(self, span: Span) -> tuple[int, int] | None:
        """Return where a span of the checked text is now, or None if it does not exist any more."""
        present = self.view.to_present(span) if span.file == self.look.file else None
        return None if present is None or present.line < 1 else self.now.bounds(present)

    def edits(self, fixes: tuple[Fix, ...]) -> list[dict[str, Any]] | None:
        """Return edits of the present text, or None if one of them cannot be made any more."""
        moved: list[Fix] = []
        for fix in fixes:
            present = self.view.to_present(fix.span) if fix.span.file == self.look.file else None
            if present is None:
                return None
            moved.append(Fix(present, fix.text))
        here = CheckedText(self.checked.version, self.now, self.look)
        return edits_of(moved, here)


def _complete(question: Question) -> dict[str, Any]:
    now, folder = question.now, question.folder
    files = None if folder is None else list_files_below(folder)
    found = complete(question.look, now.text, question.at, files)
    items = []
    for one in found[:MAX_ITEMS]:
        start, end = now.bounds(one.edit.span)
        items.append(
            {
                "label": one.label,
                "kind": one.kind.value,
                "description": one.description,
                "from": start,
                "to": end,
                "text": one.edit.text,
            }
        )
    return {"items": items}


def _hover(question: Question) -> dict[str, Any] | None:
    at = question.at_read
    found = None if at is None else hover(question.look, at)
    bounds = None if found is None else question.bounds(found.span)
    if found is None or bounds is None:
        return None
    return {"from": bounds[0], "to": bounds[1], "text": found.text}


def _hint(question: Question) -> dict[str, Any] | None:
    at = question.view.to_read(Position(question.number("line"), 1))
    if at is None:
        return None
    found = (one for one in find_hints(question.look) if one.line == at.line)
    one = next(found, None)
    return None if one is None else {"text": one.tooltip}


def _definition(question: Question) -> list[dict[str, Any]]:
    at = question.at_read
    found = []
    for span in () if at is None else find_definitions(question.look, at):
        is_here = span.file == question.look.file
        bounds = question.bounds(span) if is_here else None
        if bounds is not None or not is_here:
            start, end = bounds or (None, None)
            found.append(
                {
                    "file": span.file,
                    "line": span.line,
                    "column": span.column,
                    "from": start,
                    "to": end,
                }
            )
    return found


def _actions(question: Question) -> list[dict[str, Any]]:
    start = question.at_read
    end = question.view.to_read(question.now.position(question.number("to", question.number("at"))))
    if start is None or end is None or start > end:
        return []
    span = Span(question.look.file, start.line, start.column, end.line, end.column)
    return [
        {
            "title": one.title,
            "kind": one.kind.value,
            "preferred": one.is_preferred,
            "code": None if one.diagnostic is None else one.diagnostic.code,
            "edits": edits,
        }
        for one in find_actions(question.look, span)
        if (edits := question.edits(one.edits)) is not None
    ]


def _format(question: Question) -> dict[str, Any]:
    if not question.view.is_current:
        raise UsageError("the text has changed since", "try again")
    found = format_text(question.look)
    if isinstance(found, Refusal):
        raise UsageError(found.reason)
    return {"edits": question.edits(found) or []}


def _symbols(question: Question) -> list[dict[str, Any]]:
    return symbol_messages(question.checked, cues=True)


def _tokens(question: Question) -> dict[str, Any]:
    first, last = max(1, question.number("first")), question.number("last")
    last = min(last, first + MAX_TOKEN_LINES - 1)
    now = question.now
    text = None if question.view.is_current else now.text
    flat: list[int] = []
    for token in find_tokens(question.look, text, first, last):
        start, end = now.bounds(token.span)
        flat += start, end - start, KINDS.index(token.kind.value)
    return {"first": first, "last": last, "tokens": flat, "kinds": KINDS}


def _explain(question: Question) -> dict[str, Any]:
    code = question.text("code")
    found = find_code(code)
    if found is None:
        raise UsageError(f"{code[:20]!r} is not a code")
    lines = found.explanation.split("\n")
    return {
        "code": found.code,
        "title": found.title,
        "text": "\n".join(plain_text(line) for line in lines),
    }


def _prompt(question: Question) -> dict[str, Any] | None:
    at = question.at_read
    return None if at is None else describe_prompt(question.look, at, question.number("pass", 0))


def _learn(question: Question) -> dict[str, Any]:
    at = question.view.to_read(Position(question.number("line"), 1))
    if at is None:
        raise UsageError("the line was changed since", "try again")
    old = question.text("old") if question.fields.get("old") else ""
    found = learn(question.look, at.line, question.text("trigger"), old)
    if isinstance(found, Refusal):
        raise UsageError(found.reason)
    edits = question.edits(found)
    if edits is None:
        raise UsageError("the line was changed since", "try again")
    return {"edits": edits}


def _source(question: Question) -> dict[str, Any]:
    file = question.text("file")
    found = question.look.source_of(file)
    if found is None and question.folder is not None:
        found = question.look.source_of(str(question.folder / file))
    if found is None or found.file == question.look.file:
        raise UsageError("the score does not use this file")
    return {"text": found.text}


ANSWERS: Mapping[str, Callable[[Question], Any]] = {
    "actions": _actions,
    "complete": _complete,
    "definition": _definition,
    "explain": _explain,
    "format": _format,
    "hint": _hint,
    "hover": _hover,
    "learn": _learn,
    "prompt": _prompt,
    "source": _source,
    "symbols": _symbols,
    "tokens": _tokens,
}
"""What answers each question."""


def answer(what: str, question: Question) -> Any:
    """Return the answer to a question, which can be written as JSON.

    Raises:
        UsageError: There is no such question, one of its fields is wrong, or it has no answer.
    """
    find = ANSWERS.get(what)
    if find is None:
        raise UsageError(f"{what[:20]!r} cannot be asked", f"ask one of: {', '.join(ANSWERS)}")
    return find(question)
