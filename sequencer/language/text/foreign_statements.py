"""Explain statements of other tools and suggest the equivalent: `bpm 120`, `prompt "…"`, `hero = "…"`, `section b = a {`."""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.foreign_words import (
    CROSSFADE_ALTERNATIVE,
    FOREIGN_WORD_HINTS,
    NO_COPIES_MESSAGE,
    NO_FADES_HINT,
    NO_IMAGE_HINT,
    NO_IMAGE_WORDS,
    SECTION_COPY,
    section_copy_hint,
)
from sequencer.language.source import Source, excerpt
from sequencer.language.text.parser import ParseError, get_parser
from sequencer.language.text.statements import Context, Statement, split_statements
from sequencer.language.text.suggestions import FOREIGN_KEYWORDS, STATEMENT_EXAMPLES
from sequencer.language.values.strings import NAME

MAX_STATEMENT_WORDS = 6
"""Longer statements that begin with a word of another tool are more likely texts without quotes."""

_SECTION_WORDS = frozenset({"when", "each", "repeat", "after", "bar", "measure"})
"""Words of other tools that may also appear in a section."""

_SHOW_WORDS = frozenset({"prompt", "text", "show", "say", "display"})

_FOREIGN_ACTION = re.compile(r"(?:at|every)[ \t]+[^\s\"]+(?:[ \t]+(?:bars?|beats?))?[ \t]+([^\W\d]\w*)[ \t]+([\w./]+)")

_ASSIGNMENT = re.compile(rf"\$?({NAME})[ \t]*:?=[ \t]*(\".*\"|[^\"\s{{][^\"{{]*)", re.DOTALL)

_SECTION_COPY = re.compile(rf"section[ \t]+({NAME})[ \t]*((?:{SECTION_COPY.pattern}))[ \t]*(?:\{{|$)")


class ForeignStatementExplainer:
    """Explains statements written in the words of other tools."""

    def __init__(self, source: Source, faults: Diagnostics) -> None:
        self.source = source
        self.faults = faults

    def _span(self, statement: Statement, start: int, end: int) -> Span:
        return self.source.span(statement.start + start, statement.start + end)

    def _report_yaml_keyword(self, statement: Statement, text: str, word: str, place: str) -> bool:
        """Report `prompt "…"` and `show tram`, which are keys in the YAML notation. Return whether it was reported."""
        if word.casefold() not in _SHOW_WORDS:
            return False
        rest = text[len(word) :].lstrip(" \t:=")
        if not rest or not is_valid(place + rest):
            return False
        fix = (Fix(self._span(statement, 0, len(text) - len(rest)), place),)
        message = f"no statement begins with `{excerpt(word)}`: what is shown has a place"
        self.faults.error("E117", message, self._span(statement, 0, len(word)), f"write {excerpt(place + rest, 60)}", fix)
        return True

    def _is_scene(self, word: str) -> bool:
        """Return whether the source has a scene named `word`."""
        return re.search(rf"(?m)^[ \t]*scene[ \t]+{re.escape(word)}(?![\w\-])", self.source.text) is not None

    def _report_foreign_action(self, statement: Statement, text: str) -> bool:
        """Report an action of other tools: `at 5 fade to tram`, `at 5 no image`. Return whether it was reported."""
        silent = re.search(r"(?<![\w\-])image[ \t]+(\w+)(?=[ \t]*(?:,|$))", text)
        if silent is not None and silent.group(1).casefold() in NO_IMAGE_WORDS:
            at = self._span(statement, *silent.span())
            self.faults.error("E143", f"there is no image {silent.group(1)}", at, NO_IMAGE_HINT)
            return True
        found = _FOREIGN_ACTION.match(text)
        if found is None or self._is_scene(found.group(1)):
            return False
        word = found.group(1).casefold()
        span = self._span(statement, *found.span(1))
        if word in {"no", "without", "remove", "clear", "hide"} and found.group(2) == "image":
            span = self._span(statement, found.start(1), found.end(2))
            self.faults.error("E143", f"there is no `{word} image`", span, NO_IMAGE_HINT)
            return True
        if FOREIGN_WORD_HINTS.get(word) == NO_FADES_HINT and self._report_fade(statement, text, found.start(1), span):
            return True
        if word not in FOREIGN_WORD_HINTS or not found.group(1).islower() or len(text.split()) > MAX_STATEMENT_WORDS:
            return False
        self.faults.error(
            "E131", f"`{excerpt(found.group(1))}` is no word of the language here", span, FOREIGN_WORD_HINTS[word]
        )
        return True

    def _report_fade(self, statement: Statement, text: str, start: int, span: Span) -> bool:
        """Report `fade to "…"` and `crossfade to tram`: the target needs no keyword. Return whether it was reported."""
        fade = re.compile(r"\w+[ \t]+(?:(?:in|out|over)?to[ \t]+)?").match(text, start)
        rest = "" if fade is None else text[fade.end() :]
        name = re.match(NAME, rest)
        if fade is None or not (rest.startswith('"') or (name is not None and self._is_scene(name.group()))):
            return False
        if not is_valid(text[:start] + rest):
            return False
        cured = text[:start] + rest
        fix = Fix(self._span(statement, start, fade.end()), "")
        self.faults.error(
            "E131", "there are no crossfades", span, f"write {excerpt(cured, 60)}; {CROSSFADE_ALTERNATIVE}", (fix,)
        )
        return True

    def _report_section_copy(self, statement: Statement, text: str) -> bool:
        """Report `section b = a {`. Return whether it was reported."""
        copied = _SECTION_COPY.match(text)
        if copied is None:
            return False
        hint = section_copy_hint(copied.group(3), copied.group(1), "play ")
        self.faults.error("E139", NO_COPIES_MESSAGE, self._span(statement, *copied.span(2)), hint)
        return True

    def _report_foreign_word(self, statement: Statement, text: str, word: str, context: Context) -> bool:
        """Report a statement keyword of another program, or a position without `at`. Return whether it was reported."""
        span = self._span(statement, 0, len(word) or 1)
        text_at = text.removeprefix("@").lstrip()
        if text[0] == "@" and text_at[:1].isdigit() and is_valid("at " + text_at):
            fix = Fix(self._span(statement, 0, len(text) - len(text_at)), "at ")
            self.faults.error("E117", "a place has `at` in front of it", span, f"write at {excerpt(text_at)}", (fix,))
            return True
        if text[0].isdigit() and is_valid("at " + text):
            place = re.match(r"[^\s\"]+", text)
            at = self._span(statement, 0, 1 if place is None else place.end())
            fix = Fix(self._span(statement, 0, 0), "at ")
            self.faults.error("E117", "a place has `at` in front of it", at, f"write at {excerpt(text)}", (fix,))
            return True
        anywhere = context is Context.TOP or (context is Context.SECTION and word.casefold() in _SECTION_WORDS)
        if self._report_clock_setting(statement, text, word.casefold(), context):
            return True
        own = FOREIGN_KEYWORDS.get(word.casefold()) if anywhere else None
        if own is None:
            return False
        pattern, cured = own
        match = re.fullmatch(pattern, text[len(word) :])
        if match is None and word.casefold() in FOREIGN_WORD_HINTS:
            return False
        new = "" if match is None else match.expand(cured)
        fixes = (Fix(self._span(statement, 0, len(text)), new),) if new and is_valid(new) else ()
        form = STATEMENT_EXAMPLES[(new or cured).split(maxsplit=1)[0]]
        hint = f"write {excerpt(new)}" if fixes else f"write, for example: {form}"
        self.faults.error("E101", f"no statement begins with `{excerpt(word)}`", span, hint, fixes)
        return True

    def _report_clock_setting(self, statement: Statement, text: str, word: str, context: Context) -> bool:
        """Report a tempo or a meter on its own line in a score that already has a clock. Return whether it was reported."""
        if context is not Context.TOP or word not in FOREIGN_KEYWORDS or "clock " not in FOREIGN_KEYWORDS[word][1]:
            return False
        said = re.search(r"(?m)^[ \t]*clock[ \t]+([\d.]+)[ \t]*bpm(?:[ \t]*,[ \t]*(\d+/\d+))?[ \t]*(?=#|$)", self.source.text)
        own = re.fullmatch(FOREIGN_KEYWORDS[word][0], text[len(word) :])
        if said is None or own is None:
            return False
        bpm, meter = said.groups()
        bpm, meter = (bpm, own.group(1)) if "/" in own.group(1) else (own.group(1), meter)
        cured = f"clock {bpm} bpm" + ("" if meter is None else f", {meter}")
        line = self.source.span(said.end() - len(said.group().lstrip(" \t\n")), said.start() + len(said.group().rstrip()))
        whole = self._span(statement, 0, len(text))
        message = "tempo and meter stand in the clock, which is there already"
        fixes = (Fix(line, cured), Fix(whole, ""))
        self.faults.error(
            "E101", message, self._span(statement, 0, len(word)), f"write {cured} there, and leave this out", fixes
        )
        return True

    def _report_assignment(self, statement: Statement, text: str) -> bool:
        """Report `hero = "…"` without `let`. Return whether it was reported."""
        found = _ASSIGNMENT.fullmatch(text)
        if found is None:
            return False
        value = found.group(2) if found.group(2).startswith('"') else f'"{found.group(2).strip()}"'
        cured = f"let {found.group(1)} = {value}"
        if not is_valid(cured):
            return False
        fix = (Fix(self._span(statement, 0, len(text)), cured),)
        at = self._span(statement, *found.span(1))
        self.faults.error("E101", "a variable is set with let", at, f"write {excerpt(cured, 60)}", fix)
        return True


def find_refusal(text: str) -> int | None:
    """Return the offset where the grammar first refuses a statement of `text`, or None if it accepts all of them."""
    for statement in split_statements(text)[0]:
        if statement.flaws:
            return statement.start
        try:
            get_parser().parse(text, statement.start, statement.end)
        except ParseError as refusal:
            return refusal.at
    return None


def is_valid(text: str) -> bool:
    """Return whether the grammar accepts every statement of `text`."""
    return find_refusal(text) is None
