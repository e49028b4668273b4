"""Explain statements of other tools and suggest the equivalent.

For example:

`bpm 120`, `prompt "…"`, `hero = "…"`, `section b = a {`.
"""

from __future__ import annotations

import re

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.foreign_words import (
    FADE_EXAMPLE,
    FADE_HINT,
    FADE_MESSAGE,
    FOREIGN_WORD_HINTS,
    NO_IMAGE_HINT,
    NO_IMAGE_HINT_WITH_PROMPT,
    NO_IMAGE_MESSAGE,
    NO_IMAGE_WORDS,
)
from sequencer.language.source import Source, excerpt
from sequencer.language.spec import STATEMENT_EXAMPLES
from sequencer.language.text.parser import ParseError, get_parser
from sequencer.language.text.statements import Context, Statement, split_statements
from sequencer.language.values.settings import COPY_MESSAGE, SECTION_COPY
from sequencer.language.values.strings import NAME

FOREIGN_KEYWORDS = {
    "title": (r'[ \t:=]*(".*")', r"score \1"),
    "name": (r'[ \t:=]*(".*")', r"score \1"),
    **dict.fromkeys(
        ("audio", "music", "soundtrack", "track", "song"),
        (r'[ \t:=]*("[^"]+\.(?!midi?")[^".]+")', r"sound \1"),
    ),
    "bpm": (r"[ \t:=]*([\d./]+)", r"clock \1 bpm"),
    "tempo": (r"[ \t:=]*([\d./]+)(?:[ \t]*bpm)?", r"clock \1 bpm"),
    "meter": (r"[ \t:=]*(\d+/\d+)", r"clock 120 bpm, \1"),
    "time": (r"(?:[ \t]*signature)?[ \t:=]*(\d+/\d+)", r"clock 120 bpm, \1"),
    **dict.fromkeys(
        ("timesig", "signature", "timesignature"), (r"[ \t:=]*(\d+/\d+)", r"clock 120 bpm, \1")
    ),
    "framerate": (r"[ \t:=]*([\d./]+)", r"grid 33 frames @ \1 fps"),
    "upscale": (r"[ \t:=]*(off|2x|4x)", r"sr \1"),
    **dict.fromkeys(("quantize", "quantise"), (r"[ \t:=]*(nearest|floor|ceil)", r"snap \1")),
    **dict.fromkeys(("const", "define", "def", "variable", "string"), (r"[ \t]*(.*)", r"let \1")),
    "duration": (r"[ \t:=]*(\d+c)", r"end \1"),
    "each": (r"[ \t]+(.*)", r"every \1"),
    "repeat": (r"[ \t]+(?:every[ \t]+)?(\d+[ \t]*(?:bars?|beats?|[bcs])[ \t]+.*\".*)", r"every \1"),
    "after": (r"[ \t]+(\d.*)", r"at +\1"),
    **dict.fromkeys(("bar", "measure"), (r"[ \t]+(\d.*)", r"at \1")),
    "fps": (r"[ \t:=]*([\d./]+)", r"grid 33 frames @ \1 fps"),
    "resolution": (r"[ \t:=]*(off|2x|4x)", r"sr \1"),
    "import": (r'[ \t]*(".*")', r"use \1"),
    "include": (r'[ \t]*(".*")', r"use \1"),
    "var": (r"[ \t]*(.*)", r"let \1"),
    "set": (r"[ \t]*(.*)", r"let \1"),
    "length": (r"[ \t:=]*(\d+c)", r"end \1"),
    "order": (r"[ \t:=]*(.*)", r"play \1"),
    "when": (r"[ \t]*(.*)", r"on \1"),
}
"""Statement keywords of other programs: the pattern of what follows, and the equivalent."""

MAX_STATEMENT_WORDS = 6
"""Longer statements that begin with a word of another tool are more likely texts without quotes."""

_SECTION_WORDS = frozenset({"when", "each", "repeat", "after", "bar", "measure"})
"""Words of other tools that may also appear in a section."""

_SHOW_WORDS = frozenset({"prompt", "text", "show", "say", "display"})

_FOREIGN_ACTION = re.compile(
    r"(?:at|every)[ \t]+[^\s\"]+(?:[ \t]+(?:bars?|beats?))?[ \t]+([^\W\d]\w*)[ \t]+([\w./]+)"
)

_ASSIGNMENT = re.compile(rf"\$?({NAME})[ \t]*:?=[ \t]*(\".*\"|[^\"\s{{][^\"{{]*)", re.DOTALL)

_SECTION_COPY = re.compile(
    rf"section[ \t]+(?P<name>{NAME})"
    r"(?:[ \t]*,?[ \t]*(?P<length>[\d./]+[ \t]*(?:bars?|beats?|ms|[bcfsm])))?"
    rf"[ \t]*(?P<copy>,?[ \t]*(?:{SECTION_COPY.pattern}))"
    r"(?:[ \t]*,?[ \t]*(?P<after>[\d./]+[ \t]*(?:bars?|beats?|ms|[bcfsm])))?"
    r"(?P<rest>(?:[ \t]*,[^{]*)?)[ \t]*(?P<brace>\{|$)"
)
_LIKE_NOTHING = re.compile(r"section[ \t]+[^\s{,]+(?:[ \t]+[^{,]*?)??[ \t]+(like)[ \t]*(?:[,{]|$)")
_EXTRA_ACTION = re.compile(r"[ \t]*,[ \t]*([^\W\d][\w-]*)(?:[ \t]+[^,\"]*)?(?=,|$)")


_SHOWN = re.compile(rf'(?:{NAME}[ \t]*)?(?:"(?!"")(?:[^"\\\n]|\\.)*")?')
"""A scene, a text, or both."""


def _message(word: str) -> str:
    """Return the message about a word of another tool among the actions of a cue."""
    if FOREIGN_WORD_HINTS.get(word) == FADE_HINT:
        return FADE_MESSAGE
    return f"`{excerpt(word)}` is not a keyword here"


class ForeignStatementExplainer:
    """Explains statements written in the words of other tools."""

    def __init__(self, source: Source, faults: Diagnostics) -> None:
        self.source = source
        self.faults = faults

    def _span(self, statement: Statement, start: int, end: int) -> Span:
        return self.source.span(statement.start + start, statement.start + end)

    def _report_yaml_keyword(
        self, statement: Statement, text: str, word: str, position: str
    ) -> bool:
        """Report `prompt "…"` and `show tram`, which are keys in the YAML notation.

        Return whether it was reported.
        """
        if word.casefold() not in _SHOW_WORDS:
            return False
        rest = text[len(word) :].lstrip(" \t:=")
        if not rest or not is_valid(position + rest):
            return False
        position = self._find_free_position(statement, position)
        fix = (Fix(self._span(statement, 0, len(text) - len(rest)), position),)
        message = f"no statement begins with `{excerpt(word)}`: a prompt or scene needs a position"
        self.faults.error(
            "E117",
            message,
            self._span(statement, 0, len(word)),
            hint=f"write {excerpt(position + rest, 60)}",
            fix=fix,
        )
        return True

    def _find_free_position(self, statement: Statement, position: str) -> str:
        """Return a position after the cue above a statement, or `position` if there is none."""
        before = self.source.text[: statement.start]
        before = before[before.rfind("{") + 1 :]
        if not re.search(r"(?m)(?:^|;)[ \t]*at\b", before):
            return position
        has_beats = re.search(r"(?m)^[ \t]*clock[ \t]+(?!chunks|mtc)", self.source.text)
        return "at +4c " if has_beats is None else "at +1 bar "

    def _is_scene(self, word: str) -> bool:
        """Return whether the source has a scene named `word`."""
        return (
            re.search(rf"(?m)^[ \t]*scene[ \t]+{re.escape(word)}(?![\w\-])", self.source.text)
            is not None
        )

    def _report_foreign_action(self, statement: Statement, text: str) -> bool:
        """Report an action of other tools.

        For example:

        `at 5 fade to tram`, `at 5 no image`. Return whether it was reported.
        """
        silent = re.search(r"(?<![\w\-])image[ \t]+(\w+)(?=[ \t]*(?:,|$))", text)
        if silent is not None and silent.group(1).casefold() in NO_IMAGE_WORDS:
            at = self._span(statement, *silent.span())
            self._report_no_image(text, silent.start(), silent.end(), at)
            return True
        if self._report_extra_action(statement, text):
            return True
        found = _FOREIGN_ACTION.match(text)
        if found is None or self._is_scene(found.group(1)):
            return False
        word = found.group(1).casefold()
        span = self._span(statement, *found.span(1))
        if word in {"no", "without", "remove", "clear", "hide"} and found.group(2) == "image":
            span = self._span(statement, found.start(1), found.end(2))
            self._report_no_image(text, found.start(1), found.end(2), span)
            return True
        if FOREIGN_WORD_HINTS.get(word) == FADE_HINT and self._report_fade(
            statement, text, found.start(1), span
        ):
            return True
        if (
            word not in FOREIGN_WORD_HINTS
            or not found.group(1).islower()
            or len(text.split()) > MAX_STATEMENT_WORDS
        ):
            return False
        self.faults.error("E131", _message(word), span, hint=FOREIGN_WORD_HINTS[word])
        return True

    def _report_fade(self, statement: Statement, text: str, start: int, span: Span) -> bool:
        """Report `fade to "…"` and `crossfade to tram`: the fade follows the prompt.

        Return whether it was reported.
        """
        fade = re.compile(r"\w+[ \t]+(?:(?:in|out|over)?to[ \t]+)?").match(text, start)
        rest = "" if fade is None else text[fade.end() :]
        name = re.match(NAME, rest)
        if fade is None or not (
            rest.startswith('"') or (name is not None and self._is_scene(name.group()))
        ):
            return False
        prompt = _SHOWN.match(rest)
        end = len(text) if prompt is None else fade.end() + prompt.end()
        added = f", {FADE_EXAMPLE}"
        corrected = text[:start] + text[fade.end() : end] + added + text[end:]
        if not is_valid(corrected):
            return False
        fixes = (
            Fix(self._span(statement, start, fade.end()), ""),
            Fix(self._span(statement, end, end), added),
        )
        hint = f"write {excerpt(corrected, 60)}"
        self.faults.error("E131", FADE_MESSAGE, span, hint=hint, fix=fixes)
        return True

    def _report_no_image(self, text: str, start: int, end: int, at: Span) -> None:
        """Report `image off`, and suggest a cut, whose chunk needs a prompt."""
        fixes: tuple[Fix, ...] = ()
        hint = NO_IMAGE_HINT
        if is_valid(f"{text[:start]}cut{text[end:]}") and '"' in text[:start] + text[end:]:
            fixes = (Fix(at, "cut"),)
            hint = NO_IMAGE_HINT_WITH_PROMPT
        self.faults.error("E143", NO_IMAGE_MESSAGE, at, hint=hint, fix=fixes)

    def _report_extra_action(self, statement: Statement, text: str) -> bool:
        """Report `tram "…", crossfade 2 bars`. Return whether it was reported."""
        for match in _EXTRA_ACTION.finditer(text):
            word = match.group(1)
            hint = FOREIGN_WORD_HINTS.get(word)
            if hint is None or self._is_scene(word):
                continue
            new = f", {FADE_EXAMPLE}" if hint == FADE_HINT else ""
            rest = text[: match.start()] + new + text[match.end() :]
            fixes = (Fix(self._span(statement, *match.span()), new),) if is_valid(rest) else ()
            span = self._span(statement, *match.span(1))
            self.faults.error("E131", _message(word), span, hint=hint, fix=fixes)
            return True
        return False

    def _report_section_copy(self, statement: Statement, text: str) -> bool:
        """Report `section b = a {`. Return whether it was reported."""
        nothing = _LIKE_NOTHING.match(text)
        if nothing is not None and not is_valid(text):
            self.faults.error(
                "E139",
                "`like` is followed by the name of a section",
                self._span(statement, *nothing.span(1)),
                hint="write, for example: section last-chorus like chorus {",
            )
            return True
        copied = _SECTION_COPY.match(text)
        if copied is None:
            return False
        original = re.search(NAME + r"\Z", copied.group("copy"))
        length = copied.group("length") or copied.group("after")
        if original is None:
            return False
        head = f"section {copied.group('name')}" + (f" {length}" if length else "")
        corrected = f"{head} like {original.group()}{copied.group('rest').rstrip()} {{"
        if not is_valid(corrected):
            return False
        block = corrected if copied.group("brace") else f"{corrected}\n}}"
        self.faults.error(
            "E139",
            COPY_MESSAGE,
            self._span(statement, *copied.span("copy")),
            hint=f"write {excerpt(corrected, 60)}" + ("" if copied.group("brace") else " }"),
            fix=Fix(self._span(statement, 0, copied.end()), block),
        )
        return True

    def _report_foreign_word(
        self, statement: Statement, text: str, word: str, context: Context
    ) -> bool:
        """Report a statement keyword of another program, or a position without `at`.

        Return whether it was reported.
        """
        span = self._span(statement, 0, len(word) or 1)
        text_at = text.removeprefix("@").lstrip()
        if text[0] == "@" and text_at[:1].isdigit() and is_valid("at " + text_at):
            fix = Fix(self._span(statement, 0, len(text) - len(text_at)), "at ")
            self.faults.error(
                "E117",
                "a position needs `at` before it",
                span,
                hint=f"write at {excerpt(text_at)}",
                fix=fix,
            )
            return True
        if text[0].isdigit() and is_valid("at " + text):
            position = re.match(r"[^\s\"]+", text)
            at = self._span(statement, 0, 1 if position is None else position.end())
            fix = Fix(self._span(statement, 0, 0), "at ")
            self.faults.error(
                "E117",
                "a position needs `at` before it",
                at,
                hint=f"write at {excerpt(text)}",
                fix=fix,
            )
            return True
        anywhere = context is Context.TOP or (
            context is Context.SECTION and word.casefold() in _SECTION_WORDS
        )
        if self._report_clock_setting(statement, text, word.casefold(), context):
            return True
        own = FOREIGN_KEYWORDS.get(word.casefold()) if anywhere else None
        if own is None:
            return False
        pattern, corrected = own
        match = re.fullmatch(pattern, text[len(word) :])
        if match is None and word.casefold() in FOREIGN_WORD_HINTS:
            return False
        new = "" if match is None else match.expand(corrected)
        fixes = (Fix(self._span(statement, 0, len(text)), new),) if new and is_valid(new) else ()
        form = STATEMENT_EXAMPLES[(new or corrected).split(maxsplit=1)[0]]
        hint = f"write {excerpt(new)}" if fixes else f"write, for example: {form}"
        self.faults.error(
            "E101", f"no statement begins with `{excerpt(word)}`", span, hint=hint, fix=fixes
        )
        return True

    def _report_clock_setting(
        self, statement: Statement, text: str, word: str, context: Context
    ) -> bool:
        """Report a tempo or a meter on its own line in a score that already has a clock.

        Return whether it was reported.
        """
        if (
            context is not Context.TOP
            or word not in FOREIGN_KEYWORDS
            or "clock " not in FOREIGN_KEYWORDS[word][1]
        ):
            return False
        words = re.search(
            r"(?m)^[ \t]*clock[ \t]+([\d.]+)[ \t]*bpm(?:[ \t]*,[ \t]*(\d+/\d+))?[ \t]*(?=#|$)",
            self.source.text,
        )
        own = re.fullmatch(FOREIGN_KEYWORDS[word][0], text[len(word) :])
        if words is None or own is None:
            return False
        bpm, meter = words.groups()
        bpm, meter = (bpm, own.group(1)) if "/" in own.group(1) else (own.group(1), meter)
        corrected = f"clock {bpm} bpm" + ("" if meter is None else f", {meter}")
        line = self.source.span(
            words.end() - len(words.group().lstrip(" \t\n")),
            words.start() + len(words.group().rstrip()),
        )
        whole = self._span(statement, 0, len(text))
        message = "tempo and meter belong in the clock line, which already exists"
        fixes = (Fix(line, corrected), Fix(whole, ""))
        self.faults.error(
            "E101",
            message,
            self._span(statement, 0, len(word)),
            hint=f"write {corrected} there, and remove this",
            fix=fixes,
        )
        return True

    def _report_assignment(self, statement: Statement, text: str) -> bool:
        """Report `hero = "…"` without `let`. Return whether it was reported."""
        found = _ASSIGNMENT.fullmatch(text)
        if found is None:
            return False
        value = found.group(2) if found.group(2).startswith('"') else f'"{found.group(2).strip()}"'
        corrected = f"let {found.group(1)} = {value}"
        if not is_valid(corrected):
            return False
        fix = (Fix(self._span(statement, 0, len(text)), corrected),)
        at = self._span(statement, *found.span(1))
        self.faults.error(
            "E101",
            "a variable is defined with let",
            at,
            hint=f"write {excerpt(corrected, 60)}",
            fix=fix,
        )
        return True


def find_refusal(text: str) -> int | None:
    """Return the offset where the grammar first refuses a statement of `text`; None if nowhere."""
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
