"""Explain statements that the grammar refused: the most specific message, and a fix if any."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language import values
from sequencer.language.foreign_words import COMMENT_HINT, FOREIGN_WORD_HINTS
from sequencer.language.source import Source, closest_word, excerpt, report_unusual_space
from sequencer.language.spec import (
    ACTION_BY_TERMINAL,
    ACTION_KEYWORDS,
    RULE_KEYWORDS,
    STATEMENT_EXAMPLES,
    STATEMENT_KEYWORDS,
)
from sequencer.language.text.foreign_statements import (
    ForeignStatementExplainer,
    find_refusal,
    is_valid,
)
from sequencer.language.text.parser import ParseError
from sequencer.language.text.position_suggestions import PositionSuggestions
from sequencer.language.text.statements import (
    Context,
    QuoteError,
    Statement,
    StatementKind,
    begins_statement,
)
from sequencer.language.text.suggestion import Finder, Suggestion, find_unusual_spaces, mask_quoted
from sequencer.language.text.suggestion_finders import find_section_heads
from sequencer.language.text.suggestions import find_suggestions
from sequencer.language.values.amounts import DASHES, NO_RANGE_HINT, describe_dash
from sequencer.language.values.strings import CURLY, NAME_CHARACTER
from sequencer.models.catalog import closest_model

_TERMINAL_NAMES = {
    "_NL": "the end of the line",
    "_TOP": "",
    "_OPEN": "`{`",
    "CLOSE": "",
    "COMMA": "a comma",
    "_ARROW": "`->`",
    "TEXT": "a text in quotes",
    "BLOCK": "a text in quotes",
    "PICK": "pick(…)",
    "SHUFFLE": "shuffle(…)",
    "GROUP": "`(`",
    "GROUP_END": "`)`",
    "BAR": "`|`",
    "SHUT": "`)`",
    "LABEL": "a name",
    "VALUE": "a value",
    "AMOUNT": "a length",
    "LIKE": "`like`",
    "_EQUALS": "`=`",
    "UNTIL": "`until`",
    "OR": "`or`",
    "MAX": "`max`",
    "OVER": "`over`",
    "TRIGGER": "a trigger",
    "ON_STAGES": "`on` and a stage",
    "PASS": "a section's name",
    "FROM": "`from`",
    "$END": "the end",
}
_ACTION_TERMINALS = frozenset({"SAY", "SET_SEED", *ACTION_BY_TERMINAL})
_STATEMENT_TERMINALS = frozenset(word.upper() for word in STATEMENT_KEYWORDS)


def describe_expected(names: Iterable[str]) -> str:
    """Return one phrase for the names of terminals: `a comma or the end of the line`."""
    left = set(names)
    if left & {"PASS", "VALUE"}:
        left.discard(
            "COMMA"
        )  # the grammar accepts it there only so that it can be refused with a better message
    phrases: list[str] = []
    if {"NAME", "IMAGE"} <= left:
        phrases.append("an action")
        left -= _ACTION_TERMINALS | {"TEXT", "BLOCK", "PICK", "ON_STAGES"}
    if len(left & _STATEMENT_TERMINALS) > 3:
        phrases.append("a statement")
        left -= _STATEMENT_TERMINALS
    for name in sorted(left):
        phrase = _TERMINAL_NAMES.get(name, f"`{name.removeprefix('SET_').lower()}`")
        if phrase and phrase not in phrases:
            phrases.append(phrase)
    if not phrases:
        return "something else"
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " or " + phrases[-1]


MAX_TRIED_LENGTH = 2_000
"""For longer statements no suggestions are tried."""


MAX_QUOTE_ERRORS = 20
"""Maximum number of flaws reported for one statement."""

MAX_SEARCH_LENGTH = 200
"""How many characters of a statement are searched for the word at which it was refused."""


_UNIT_WORDS = r"(?:measure|takt|chunk|frame|second|sec|time|t|other|second)s?\b"
_LIKE_A_POSITION = rf"[+\-]?\d|mark\b|bars?\b|beats?\b|[:=]|\+|{_UNIT_WORDS}"

_DASH = re.compile(rf"(?P<before>\d\w*[ \t]*)?(?P<dash>[{''.join(DASHES)}])[ \t]*\d")
"""A character next to a digit that only looks like a minus sign."""

START_WORDS = frozenset({"start", "begin", "beginning", "top", "opening", "first"})
END_WORDS = frozenset({"end", "finish", "last", "ending"})
"""Words that are written where a position is required."""


MAX_SEARCHED_LINES = 40
"""How many of the following lines are searched for the end of a text."""


class ErrorExplainer(ForeignStatementExplainer):
    """Explains the refused statements of one source."""

    def __init__(self, source: Source, faults: Diagnostics) -> None:
        super().__init__(source, faults)
        self.positions = PositionSuggestions(source.span(0, 0), faults)
        self.reported_to = 0
        """Everything before this offset is already reported: it is the middle of a text."""

    def explain(
        self,
        statement: Statement,
        following: Statement | None,
        context: Context,
        refusal: ParseError | None,
    ) -> bool:
        """Report what is wrong with a statement that the grammar refused.

        Return whether it was meant to open a block.
        """
        if statement.start < self.reported_to:
            return False
        text = self.source.text[statement.start : statement.end]
        opens = statement.kind is StatementKind.OPEN
        if self._report_quote_errors(statement) or self._report_unusual_spaces(statement, text):
            return opens
        if text == "{":
            if context is Context.TOP:
                hint = "it belongs at the end of the first line of a section or a scene"
                self.faults.error(
                    "E114",
                    "this opening brace does not belong to a section or a scene",
                    self._span(statement, 0, 1),
                    hint=hint,
                )
            return True
        if self._report_missing_brace(statement, text, following):
            return True
        if len(text) > MAX_TRIED_LENGTH:
            self._report_expected(statement, text, refusal)
            return opens
        first = re.match(rf"[^\W\d](?:{NAME_CHARACTER}|-)*", text)
        word = first.group() if first else ""
        if word not in STATEMENT_KEYWORDS:
            self._report_unknown_statement(statement, text, word, context)
        elif not (
            self._report_section_copy(statement, text)
            or self._report_foreign_action(statement, text)
            or self._report_broken_line(statement, text, following)
            or self._report_missing_position(statement, text, context)
            or self._report_best_suggestion(statement, text, refusal)
            or self._report_dash(statement, text)
        ):
            self._report_expected(statement, text, refusal)
        return opens

    # ---- marks -----------------------------------------------------------------------------------

    def _report_quote_errors(self, statement: Statement) -> bool:
        """Report what is wrong with quotes and brackets. Return whether anything was reported."""
        for flaw, start, end in statement.flaws[:MAX_QUOTE_ERRORS]:
            span = self.source.span(start, end)
            text = self.source.text[start:end]
            match flaw:
                case QuoteError.UNCLOSED_BLOCK:
                    opening = self.source.span(start, start + 3)
                    hint = 'end it with """'
                    self.faults.error("E106", "this text has no closing quotes", opening, hint=hint)
                case QuoteError.UNCLOSED:
                    self._report_unclosed_text(statement, start, end, text)
                case QuoteError.CURLY:
                    inner = text.strip(CURLY + '"').replace("\\", "\\\\").replace('"', '\\"')
                    hint = 'texts are written in plain quotes: "'
                    self.faults.error(
                        "E107",
                        "these quotes are typographic",
                        span,
                        hint=hint,
                        fix=Fix(span, f'"{inner}"'),
                    )
                case QuoteError.PAREN:
                    at = self.source.span(max(statement.start, start - 1), start)
                    insert = (Fix(self.source.span(start, start), ")"),)
                    self.faults.error(
                        "E140", "this bracket is not closed", at, hint="close it with )", fix=insert
                    )
            if flaw in {QuoteError.UNCLOSED, QuoteError.UNCLOSED_BLOCK}:
                break
        return bool(statement.flaws)

    def _report_unusual_spaces(self, statement: Statement, text: str) -> bool:
        """Report unusual spaces and invisible characters. Return whether there were any."""
        found = find_unusual_spaces(text)
        for start, end in found[:MAX_QUOTE_ERRORS]:
            report_unusual_space(self.faults, text[start:end], self._span(statement, start, end))
        return bool(found)

    def _report_unclosed_text(self, statement: Statement, start: int, end: int, text: str) -> None:
        before = self.source.text[statement.start : start]
        if (
            before.count('"')
            and re.search(r'"[^\s,|)}][^"]*\Z', before)
            and self._report_inner_quotes(statement)
        ):
            return
        curly = re.search(f"[{CURLY}]\\s*$", text)
        if curly:
            at = self.source.span(start + curly.start(), start + curly.start() + 1)
            hint = 'end the text with a plain quote: "'
            self.faults.error("E107", "this quote is typographic", at, hint=hint, fix=Fix(at, '"'))
            return
        closing = self._find_closing_quote(end)
        if closing is not None:
            self.reported_to = closing
            fixes = tuple(Fix(self.source.span(at, at + 1), '"""') for at in (start, closing))
            message = "this text has several lines, but these quotes allow only one"
            hint = 'write three quotes at each end: """…"""'
            self.faults.error("E105", message, self.source.span(start, end), hint=hint, fix=fixes)
            return
        stop = start + len(re.sub(r"[ \t]*(?:[{},]|[ \t]#.*)?[ \t]*\Z", "", text))
        stop = max(stop, start + 1)
        insert = (Fix(self.source.span(stop, stop), '"'),)
        hint = 'end it with "; a text over several lines has three: """'
        self.faults.error(
            "E105",
            "this text has no closing quote",
            self.source.span(start, end),
            hint=hint,
            fix=insert,
        )

    def _find_closing_quote(self, end: int) -> int | None:
        """Return the offset of the quote, some lines below, closing a text opened before `end`."""
        text = self.source.text
        for line in range(
            self.source.line(end) + 1,
            min(self.source.line(end) + MAX_SEARCHED_LINES, len(self.source.starts) - 1) + 1,
        ):
            start = self.source.starts[line]
            newline = text.find("\n", start)
            words = text[start : len(text) if newline < 0 else newline]
            if begins_statement(text, start):
                return None
            if '"' in words:
                only = (
                    words.count('"') == 1
                    and re.search(r'"[ \t]*(?:[,}].*|[ \t]#.*)?\Z', words) is not None
                )
                return start + words.index('"') if only else None
        return None

    def _report_inner_quotes(self, statement: Statement) -> bool:
        """Report quotes inside a text, as in `"She says "hi" and goes"`.

        Return whether there were any.
        """
        start, end = statement.start, statement.end
        line_end = self.source.text.find("\n", start, end)
        stop = end if line_end < 0 else line_end
        line = self.source.text[start:stop]
        first, last = line.find('"'), line.rstrip().rfind('"')
        inner = line[first + 1 : last]
        quote = inner.find('"')
        opens = (
            quote >= 0 and re.match(r'(?:.*[\s(])?"\w', inner[: quote + 2]) is not None
        )  # the form of a quote inside a text
        if first < 0 or not opens or '"""' in line or re.search(r'"\s*[,|]\s*', inner):
            return False
        corrected = re.sub(r'(?<!\\)"', r'\\"', inner)
        at = self._span(statement, first + 1, last)
        hint = 'inside a text a quote is written \\"'
        self.faults.error(
            "E110", "a quote inside this text ends it early", at, hint=hint, fix=Fix(at, corrected)
        )
        return True

    # ---- blocks ----------------------------------------------------------------------------------

    def _report_missing_brace(
        self, statement: Statement, text: str, following: Statement | None
    ) -> bool:
        """Report a section or scene without its opening brace. Return whether it was reported."""
        head = text.rstrip(" \t:(")
        if (
            statement.kind is not StatementKind.PLAIN
            or not re.match(r"(?:section|scene)\b", text)
            or not is_valid(head + " {")
        ):
            return False
        word = text.split(maxsplit=1)[0]
        span = self._span(statement, 0, len(text))
        if following is not None and self.source.text[following.start : following.end] == "{":
            at = self.source.span(following.start, following.end)
            gap = self.source.span(statement.start + len(head), following.end)
            message = f"the opening brace belongs on the line of its {word}"
            self.faults.error(
                "E114", message, at, hint="move it up, to the end of that line", fix=Fix(gap, " {")
            )
        else:
            end = self._span(statement, len(head), len(text))
            message = f"this {word} has no opening brace"
            self.faults.error(
                "E113", message, span, hint="its lines go between { and }", fix=Fix(end, " {")
            )
        return True

    # ---- words -----------------------------------------------------------------------------------

    def _report_unknown_statement(
        self, statement: Statement, text: str, word: str, context: Context
    ) -> None:
        """Report a statement that does not begin with a statement's keyword."""
        if context is Context.SCENE and self._report_scene_text(statement, text, word):
            return
        position = "at 0c " if context is Context.TOP else "at 1 "
        if word in ("tempo", "meter") and self._report_foreign_word(statement, text, word, context):
            return
        if word in ACTION_KEYWORDS or text.startswith('"'):
            self._report_action_without_position(statement, text, word, position)
            return
        if text.startswith(("//", "/*", "--", ";", "%", "'")):
            marker = re.match(r"//|/\*|--|.", text)
            length = 1 if marker is None else marker.end()
            at = self._span(statement, 0, length)
            message = f"`{text[:length]}` does not start a comment"
            self.faults.error("E109", message, at, hint="write # instead", fix=Fix(at, "#"))
            return
        end = len(word) or 1
        span = self._span(statement, 0, end)
        if self._report_foreign_word(statement, text, word, context):
            return
        if word == "prompt" and self._report_yaml_keyword(statement, text, word, position):
            return
        if self._report_missing_space(statement, text, word) or self._report_assignment(
            statement, text
        ):
            return
        is_head = (
            statement.kind is StatementKind.OPEN
            and closest_word(word, ("section", "scene")) is None
        )
        if is_head and self._report_first_suggestion(statement, text, (find_section_heads,)):
            return
        if word.casefold() in FOREIGN_WORD_HINTS and not self._is_scene(word):
            hint = FOREIGN_WORD_HINTS[word.casefold()]
            fixes = (
                (Fix(self._span(statement, 0, 0), "# "),)
                if hint == COMMENT_HINT and "\n" not in text
                else ()
            )
            self.faults.error(
                "E101", f"no statement begins with `{word}`", span, hint=hint, fix=fixes
            )
            return
        if self._report_yaml_keyword(statement, text, word, position):
            return
        meant = closest_word(word, STATEMENT_KEYWORDS) if word else None
        if meant is not None:
            hint = f"did you mean {meant}?"
            fixes = (Fix(span, meant),) if is_valid(meant + text[end:]) else ()
            self.faults.error(
                "E101", f"no statement begins with `{excerpt(word)}`", span, hint=hint, fix=fixes
            )
            return
        if (
            word
            and re.match(rf"{re.escape(word)}(?:[ \t]*\"|[ \t]*$)", text)
            and is_valid(position + text)
        ):
            insert = (Fix(self._span(statement, 0, 0), position),)
            self.faults.error(
                "E117",
                f"the scene {excerpt(word)} needs a position",
                span,
                hint=f"write {position}{excerpt(text)}",
                fix=insert,
            )
            return
        hint = "a statement begins with one of: " + ", ".join(STATEMENT_KEYWORDS)
        self.faults.error(
            "E101", f"no statement begins with `{excerpt(text[:end])}`", span, hint=hint
        )

    def _report_action_without_position(
        self, statement: Statement, text: str, word: str, position: str
    ) -> None:
        """Report an action without a position or a trigger before it."""
        span = self._span(statement, 0, len(word) or 1)
        front = self._span(statement, 0, 0)
        if word in RULE_KEYWORDS and is_valid(f"on go out -> {text}"):
            message = f"{word} needs a trigger: it belongs in a rule"
            self.faults.error(
                "E141",
                message,
                span,
                hint=f"write on go out -> {excerpt(text)}",
                fix=Fix(front, "on go out -> "),
            )
            return
        if word in FOREIGN_WORD_HINTS:  # on its own, `fade` means nothing at a position either
            message = f"`{word}` needs a position and a prompt"
            self.faults.error("E117", message, span, hint=FOREIGN_WORD_HINTS[word])
            return
        what = "a text" if text.startswith('"') else f"`{word}`"
        string = re.fullmatch(r"(.+?)[ \t]+(at[ \t]+[^\s\"]+)", text)
        if string is not None and is_valid(f"{string.group(2)} {string.group(1)}"):
            corrected = f"{string.group(2)} {string.group(1)}"
            fix = Fix(self._span(statement, 0, len(text)), corrected)
            self.faults.error(
                "E117",
                f"the position comes before {what}",
                span,
                hint=f"write {excerpt(corrected, 60)}",
                fix=fix,
            )
            return
        insert = (Fix(front, position),) if is_valid(position + text) else ()
        self.faults.error(
            "E117",
            f"{what} needs a position",
            span,
            hint=f"write {position}{excerpt(text) if insert else '…'}",
            fix=insert,
        )

    def _report_scene_text(self, statement: Statement, text: str, word: str) -> bool:
        """Report a text in a scene with no keyword or with a wrong one.

        Return whether it was reported.
        """
        if closest_word(word, ("base", "follow", "quiet")) or not is_valid(
            f"base {text[len(word) :].lstrip(' :=')}"
        ):
            return False
        what = (
            f"`{excerpt(word)}` is not allowed in a scene"
            if word
            else "a text in a scene is its base or its follow"
        )
        gap = len(text) - len(text[len(word) :].lstrip(" \t:="))
        fix = Fix(self._span(statement, 0, gap), "base ")
        self.faults.error(
            "E119",
            what,
            self._span(statement, 0, len(word) or 1),
            hint='write: base "…", or follow "…"',
            fix=fix,
        )
        return True

    def _report_missing_space(self, statement: Statement, text: str, word: str) -> bool:
        """Report a missing space after a statement's keyword.

        For example:

        `at1`, `end8c`. Return whether it was reported.
        """
        stems = (one for one in STATEMENT_KEYWORDS if word.startswith(one) and len(word) > len(one))
        found = next((one for one in stems if is_valid(f"{one} {text[len(one) :]}")), None)
        if found is None:
            return False
        gap = (Fix(self._span(statement, len(found), len(found)), " "),)
        rest = re.match(r"[^\s\"{]*", text[len(found) :])
        hint = f"write {found} {excerpt(rest.group()) if rest else ''}"
        message = f"`{found}` is followed by a space"
        self.faults.error("E101", message, self._span(statement, 0, len(word)), hint=hint, fix=gap)
        return True

    def _report_first_suggestion(
        self, statement: Statement, text: str, finders: tuple[Finder, ...]
    ) -> bool:
        """Report the first suggestion that makes the statement valid.

        Return whether there was one.
        """
        masked = mask_quoted(text)
        for finder in finders:
            for suggestion in finder(text, masked):
                if is_valid(suggestion.apply(text)):
                    self._report_suggestion(statement, text, suggestion)
                    return True
        return False

    def _report_broken_line(
        self, statement: Statement, text: str, following: Statement | None
    ) -> bool:
        """Report a position whose text is on the next line. Return whether it was reported."""
        if following is None or not re.fullmatch(r"at[ \t]+[^\s\",]+(?:[ \t]+[^\s\",]+)?", text):
            return False
        string = self.source.text[following.start : following.end]
        if not string.startswith('"') or not is_valid(f"{text} {string}"):
            return False
        end, start = (
            self.source.span(statement.end, statement.end),
            self.source.span(following.start, following.start + 1),
        )
        gap = Span(end.file, end.line, end.column, start.line, start.column)
        span = self._span(statement, 0, len(text))
        hint = f"write it there: {excerpt(text)} {excerpt(string, 20)}"
        self.faults.error(
            "E103",
            "an action is written on the same line as its position",
            span,
            hint=hint,
            fix=Fix(gap, " "),
        )
        self.reported_to = following.end
        return True

    def _report_missing_position(self, statement: Statement, text: str, context: Context) -> bool:
        """Report `at`, `end`, `from` and `every` without a valid position or length.

        Return whether it was reported.
        """
        match = re.match(r"(at|end|every)(?![\w\-])[ \t]*([^\s\",{}]*)", text)
        if match is None or re.match(_LIKE_A_POSITION, match.group(2)):
            return False
        word, value = match.group(1), match.group(2)
        what = "a length" if word == "every" else "a position"
        span = (
            self._span(statement, match.start(2), match.end(2))
            if value
            else self._span(statement, 0, len(word))
        )
        if word == "end" and not value and context is Context.SECTION:
            self.faults.error(
                "E113", "a section ends with a brace", span, hint="write } here", fix=Fix(span, "}")
            )
        elif word == "at" and value in START_WORDS:
            fix = Fix(span, "1" if context is Context.SECTION else "0c")
            self.faults.error(
                "E161",
                "a position is a number, such as `9.3` or `12c`",
                span,
                hint="the start is bar 1 (at 1), or chunk 0 (at 0c)",
                fix=fix,
            )
        elif word == "at" and value in END_WORDS:
            hint = (
                "count back from the end (at end -1 bar), or from the start: the last bar of 8 is "
                "at 8"
            )
            self.faults.error(
                "E161", "a position is a number, such as `9.3` or `12c`", span, hint=hint
            )
        elif word != "every" and re.fullmatch(r"bars?[0-9]+", value):
            values.read_position(value, span, self.faults)
        elif (
            not value
            or value in ACTION_KEYWORDS
            or is_valid(f"{word} 1 {text[match.start(2) :]}".replace("every 1", "every 1 bar"))
        ):
            form = {"every": "every 4 bars …", "end": "end 64c"}.get(word, f"{word} 9.3 …")
            hint = f"write, for example: {form}"
            if word == "at" and values.is_name(value) and value not in ACTION_KEYWORDS:
                hint = (
                    "a bar is a number (at 9.3 …), a mark needs the keyword `mark` (at mark "
                    f"{excerpt(value)} …)"
                )
            self.faults.error("E161", f"expected {what} after `{word}`", span, hint=hint)
        elif word == "every":
            values.read_duration(value, span, self.faults)
        else:
            values.read_position(value, span, self.faults)
        return True

    def _report_best_suggestion(
        self, statement: Statement, text: str, refusal: ParseError | None
    ) -> bool:
        """Report the suggestion that makes the statement valid.

        If there is none, report the first that lets the grammar get further.
        """
        if self._report_inner_quotes(statement):
            return True
        masked = mask_quoted(text)
        reached = len(text) if refusal is None else refusal.at - statement.start
        further: Suggestion | None = None
        in_positions = ((suggestion, True) for suggestion in self.positions.find(text, masked))
        for suggestion, is_safe in chain(in_positions, find_suggestions(text, masked)):
            corrected = suggestion.apply(text)
            at = find_refusal(corrected)
            if at is None:
                self._report_suggestion(statement, text, suggestion)
                return True
            gain = at - max(
                reached + len(corrected) - len(text), suggestion.start + len(suggestion.text)
            )
            if further is None and is_safe and gain > 0:
                further = suggestion
        if further is not None:
            self._report_suggestion(statement, text, further)
        return further is not None

    def _report_suggestion(self, statement: Statement, text: str, suggestion: Suggestion) -> None:
        """Report a mistake with its suggestion."""
        start, end = suggestion.start, suggestion.end
        fix = (
            (Fix(self._span(statement, start, end), suggestion.text),)
            if suggestion.is_certain
            else ()
        )
        lead = len(text[start:end]) - len(text[start:end].lstrip(" \t"))
        if start + lead >= end:  # an insertion, or only spaces: the caret points at the next word
            string = re.match(r"\s*(\"|[^\s\",{}()|]+|.)?", text[end:])
            begin = end + (0 if string is None or string.group(1) is None else string.start(1))
            shown_span = self._span(statement, begin, end + (0 if string is None else string.end()))
        else:
            shown_span = self._span(
                statement, start + lead, start + len(text[start:end].rstrip(" \t"))
            )
        self.faults.error(
            suggestion.code, suggestion.message, shown_span, hint=suggestion.hint, fix=fix
        )

    def _report_dash(self, statement: Statement, text: str) -> bool:
        """Report a character next to a digit that only looks like a minus sign.

        Return whether there was one.
        """
        dash = _DASH.search(mask_quoted(text))
        if dash is None:
            return False
        start, end = dash.start("dash"), dash.end("dash")
        char = dash.group("dash")
        at = self._span(statement, start, end)
        if dash.group("before"):
            self.faults.error(
                "E215",
                f"{describe_dash(char)}, which is not part of a number",
                at,
                hint=NO_RANGE_HINT,
            )
            return True
        rest = re.match(r"[^\s\",]*", text[end:])
        message = f"{describe_dash(char)}, but numbers here are never negative"
        gap = (Fix(at, ""),) if is_valid(text[:start] + text[end:]) else ()
        self.faults.error(
            "E215", message, at, hint=f"write {excerpt(rest.group()) if rest else ''}", fix=gap
        )
        return True

    # ---- fallback --------------------------------------------------------------------------------

    def _report_expected(self, statement: Statement, text: str, refusal: ParseError | None) -> None:
        """Report what was expected and what was found."""
        if refusal is None:
            self.faults.error(
                "E102",
                "this statement could not be read",
                self._span(statement, 0, len(text)),
                hint=_find_example(text),
            )
            return
        at = min(refusal.at - statement.start, len(text))
        found = re.match(r"(\"[^\"\n]*\"?|->|[\w.\-]+|\S)?", text[at : at + MAX_SEARCH_LENGTH])
        end = at + (0 if found is None else found.end())
        wanted = describe_expected(refusal.expected)
        if at >= end:
            span = self._span(statement, max(0, len(text) - 1), len(text))
            self.faults.error(
                "E103",
                f"the statement is incomplete: {wanted} is missing",
                span,
                hint=_find_example(text),
            )
        else:
            message = f"expected {wanted}, found {excerpt(text[at:end])}"
            self.faults.error(
                "E102", message, self._span(statement, at, end), hint=_find_example(text)
            )


def _find_example(text: str) -> str | None:
    """Return a hint with an example of the kind of statement that `text` begins."""
    word = re.match(r"\w*", text)
    if word is not None and word.group() == "model":
        meant = closest_model(text[word.end() :].strip())
        if meant is not None:
            return f"write the name of the model: model {meant}"
    form = STATEMENT_EXAMPLES.get("" if word is None else word.group())
    return None if form is None else f"a complete one is, for example: {form}"
