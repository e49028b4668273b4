"""Explain in score-language terms what PyYAML could not read: the problem, where, and a fix."""

from __future__ import annotations

import re

import yaml

from sequencer.core.diagnostics import Diagnostics, Fix, Span
from sequencer.language.source import Source, excerpt

_KEY = re.compile(r"[ \t]*(?:- +)*[\"']?[\w-]+[\"']?[ \t]*:(?=\s|\Z)[ \t]*")
_JOINED = re.compile(
    r"(?!(?:prompt|action|base|follow):)([\w-]+:[ \t]+[^,{}\n]*?\S)([ \t]+)"
    r"(at|every|from|when|on|stages|prompt|show|action|image|strength|sr|cut|tempo|meter|mark|snap|do|goto|pause|resume)\Z"
)
"""A value, white space and a key: inside braces, a comma is missing there."""

_QUOTED = re.compile(r"(?<=[\s\[{:,])(?:\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')")
_PLAIN_BEFORE = re.compile(
    r"(?:[\w\"']:[ \t]+|\[[ \t]*|,[ \t]+)([^\s\"'{}\[\]#,:](?:[^,{}\[\]:]|:(?=\S))*)\Z"
)
_PLAIN_AFTER = re.compile(r"[^,{}\[\]]*(?=[,}\]])")
"""A value without quotes between brackets: the part before a `#`, and the part from there on."""

_PLAIN_VALUE = r"[^\s,{}\[\]\"':][^{}\[\]\"':]*?"
_ONE_LINE = re.compile(
    rf"[ ]*-?[ ]*(?P<all>(?P<first>\w+):[ \t]+{_PLAIN_VALUE}[ ,]+(?P<next>\w+):[ \t].*)"
)
_QUOTED_ADDRESS = re.compile(
    r'(?<![\w-])osc:[ \t]*(?P<quoted>"(?P<address>/[^"\s,:#\[\]{}&*!|>%@`]*)")[ \t]+'
)
_CUE_WORDS = frozenset(
    [
        "at",
        "every",
        "from",
        "when",
        "on",
        "stages",
        "prompt",
        "show",
        "action",
        "image",
        "strength",
        "sr",
        "cut",
        "tempo",
        "meter",
        "mark",
        "snap",
        "midi",
        "osc",
        "do",
        "goto",
    ]
)
_KEY_WITHOUT_COLON = re.compile(r"([a-z]+)(?::|[ \t]*=[ \t]*|[ \t]+)([^\s:=][^:]*)")
_TOP_WORDS = frozenset(
    [
        "score",
        "clock",
        "sound",
        "model",
        "stages",
        "together",
        "grid",
        "snap",
        "lead",
        "late",
        "seed",
        "sr",
        "middle",
        "use",
        "play",
        "end",
        "section",
        "base",
        "follow",
        "at",
        "every",
        "prompt",
        "show",
    ]
)
"""The keys of a cue, and the keys that have a value on their line."""

_LEAD = re.compile(r"(?P<indent> *)(?P<dashes>(?:- +)*)(?=[^\s#])")
MAX_INDENT = 1_000
MAX_EXAMINED_LINES = 2_000
"""How many lines above a misplaced line are examined, and the maximum indentation in them."""

_INDICATORS = frozenset("-?:,|>%@`&*!")
"""Characters with a special meaning in YAML at the beginning of a value."""


def explain_yaml_error(error: yaml.YAMLError, source: Source, faults: Diagnostics) -> None:
    """Report an error of PyYAML's scanner or parser."""
    _Mistake(error, source, faults).report()


def index_of(error: yaml.YAMLError) -> int:
    """Return the offset in the text at which PyYAML found the error."""
    mark = getattr(error, "problem_mark", None)
    return int(mark.index if mark is not None else getattr(error, "position", None) or 0)


class _Mistake:
    def __init__(self, error: yaml.YAMLError, source: Source, faults: Diagnostics) -> None:
        self.source = source
        self.faults = faults
        self.problem = str(
            getattr(error, "problem", None) or getattr(error, "reason", None) or error
        )
        self.context = str(getattr(error, "context", None) or "")
        context_mark = getattr(error, "context_mark", None)
        length = len(source.text)
        self.at = min(length, index_of(error))
        self.since = min(length, context_mark.index) if context_mark is not None else self.at
        start = source.starts[source.line(self.at)]
        self.line_start = start
        newline = source.text.find("\n", start)
        self.line = source.text[start : length if newline < 0 else newline]

    def report(self) -> None:
        """Report the first of the known mistakes that matches, or else PyYAML's own message."""
        for rule in (
            self._report_tab,
            self._report_comment,
            self._report_open_quote,
            self._report_quoted_address,
            self._report_backslash,
            self._report_colon,
            self._report_brace_text,
            self._report_indicator,
            self._report_unclosed_bracket,
            self._report_missing_colon,
            self._report_tag,
            self._report_directive,
            self._report_indent,
            self._report_missing_value,
        ):
            if rule():
                return
        span = self._span(self.at, self.at + 1)
        start = span.column - 1 + self.source.starts[span.line - 1]
        found = excerpt(self.source.text[start : start + 1].strip()) or "a space"
        self.faults.error(
            "E601",
            f"this is not YAML: {found} is not allowed here",
            span,
            hint="write the text in quotes, or remove it",
        )

    def _span(self, start: int, end: int) -> Span:
        """Return the span of part of the text; if blank, of the last visible character before."""
        text = self.source.text
        start = min(start, len(text))
        if not text[start:end].strip():
            start = max(0, len(text[:end].rstrip()) - 1)
            end = start + 1
        return self.source.span(start, min(end, len(text)))

    # ---- characters ------------------------------------------------------------------------------

    def _report_tab(self) -> bool:
        tab = re.match(r"[ -]*(\t+)", self.line)
        if tab is None or "\t" not in self.line[: max(1, self.at - self.line_start) + 1]:
            return False
        at = self.source.span(self.line_start + tab.start(1), self.line_start + tab.end(1))
        fixes = (Fix(at, "  " * len(tab.group(1))),)
        self.faults.error(
            "E614",
            "a tab cannot indent YAML",
            at,
            hint="indent with spaces, two for each level",
            fix=fixes,
        )
        return True

    def _report_comment(self) -> bool:
        marker = re.match(r"[ \t]*(//|/\*|--(?!-)|;)", self.line)
        if marker is None:
            # PyYAML complains about the line after a plain scalar that continues over several lines
            before = self.source.text[: self.line_start].splitlines()[-1:] or [""]
            marker = re.match(r"[ \t]*(//|/\*|--(?!-)|;)", before[0])
            if marker is None:
                return False
            start = self.line_start - len(before[0]) - 1
        else:
            start = self.line_start
        at = self.source.span(start + marker.start(1), start + marker.end(1))
        self.faults.error(
            "E109",
            f"`{marker.group(1)}` does not start a comment",
            at,
            hint="write # instead",
            fix=Fix(at, "#"),
        )
        return True

    def _report_open_quote(self) -> bool:
        if "quoted scalar" not in self.context:
            return False
        if "escape" in self.problem:
            return False
        if "document separator" not in self.problem and "end of stream" not in self.problem:
            return False
        quote = self.source.text[self.since : self.since + 1]
        line_end = self.source.text.find("\n", self.since)
        stop = len(self.source.text) if line_end < 0 else line_end
        written = self.source.text[self.since : stop]
        stop = self.since + len(re.sub(r"[ \t]*(?:\}|[ \t]#.*)?[ \t]*\Z", "", written))
        insert = (Fix(self.source.span(stop, stop), quote),)
        at = self.source.span(self.since, max(stop, self.since + 1))
        self.faults.error(
            "E105", "this text has no closing quote", at, hint=f"end it with {quote}", fix=insert
        )
        return True

    def _report_backslash(self) -> bool:
        if "quoted scalar" not in self.context or not re.search("escape|hexa?dec", self.problem):
            return False
        start = self.source.text.rfind("\\", self.since, self.at + 1)
        if start < 0:
            return False
        at = self._span(start, start + 2)
        hint = 'write \\\\ for a backslash and \\" for a quote, or put the text in single quotes'
        self.faults.error(
            "E272",
            f"{excerpt(self.source.text[start : start + 2])} is not an escape",
            at,
            hint=hint,
        )
        return True

    # ---- texts without quotes --------------------------------------------------------------------

    def _quote_part(self, start: int, end: int) -> tuple[Span, tuple[Fix, ...], str]:
        """Quote part of the text: return its span, the fix, and the quoted text."""
        text = self.source.text[start:end].rstrip()
        span = self.source.span(start, start + len(text))
        corrected = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return span, (Fix(span, corrected),), corrected

    def _find_value(self) -> tuple[int, int] | None:
        """Return the bounds of the value on the line with the problem, if that line has a key."""
        key = _KEY.match(self.line)
        if key is None or key.end() >= len(self.line):
            return None
        value = self.line[key.end() :]
        comment = re.search(r"[ \t]#", value)
        return self.line_start + key.end(), self.line_start + key.end() + (
            comment.start() if comment else len(value)
        )

    def _report_colon(self) -> bool:
        if "mapping values are not allowed" not in self.problem:
            return False
        found = self._find_value()
        if self._report_keys_on_one_line() or self._report_line_without_colon():
            return True
        if found is not None and self.at > found[0] and self.source.text[found[0]] not in "\"'{[|>":
            span, fixes, _ = self._quote_part(*found)
            hint = "put the text in quotes"
            self.faults.error(
                "E615",
                "a colon followed by a space ends a key, so this text needs quotes",
                span,
                hint=hint,
                fix=fixes,
            )
            return True
        above = self.source.text[: self.line_start].rstrip().rsplit("\n", 1)[-1]
        indent = len(self.line) - len(self.line.lstrip(" "))
        lead = _LEAD.match(above)
        depth = 0 if lead is None else lead.end("dashes")
        begun = _KEY.match(above)
        if (
            _KEY.match(self.line)
            and begun is not None
            and begun.end() < len(above)
            and indent > depth
        ):
            indentation = self.source.span(self.line_start, self.line_start + indent)
            message = (
                "this line is indented further than the key above it, which already has a value"
            )
            self.faults.error(
                "E623",
                message,
                indentation,
                hint=f"write it {_describe_indent(depth)}",
                fix=Fix(indentation, " " * depth),
            )
            return True
        at = self._span(self.at, self.at + 1)
        hint = "a key begins on a line of its own, indented like the keys above it"
        self.faults.error("E615", "a colon is not allowed here", at, hint=hint)
        return True

    def _report_keys_on_one_line(self) -> bool:
        """Report `- at: 5, prompt: rain`: several keys on one line without braces."""
        found = _ONE_LINE.match(self.line)
        if (
            found is None
            or found.group("first") not in _CUE_WORDS
            or found.group("next") not in _CUE_WORDS
        ):
            return False
        start = self.line_start + found.start("all")
        written = found.group("all")
        if "," not in written[: found.start("next") - found.start("all")]:
            gap = found.start("next") - found.start("all")
            written = f"{written[:gap].rstrip()}, {written[gap:]}"
        at = self.source.span(start, start + len(found.group("all")))
        corrected = f"{{{written.rstrip()}}}"
        self.faults.error(
            "E615",
            "several keys on one line are written in braces",
            at,
            hint=f"write {excerpt(corrected, 60)}",
            fix=Fix(at, corrected),
        )
        return True

    def _report_line_without_colon(self) -> bool:
        """Report `clock:120 bpm` or `clock = 120 bpm`, a line without a key.

        YAML therefore joined that line to this one.
        """
        start, end = self.line_start, self.line_start
        before = self.source.text[:start].rstrip()
        start = before.rfind("\n") + 1
        line, end = before[start:], len(before)
        found = _KEY_WITHOUT_COLON.fullmatch(line)
        if found is None or not before or found.group(1) not in _TOP_WORDS:
            return False
        corrected = f"{found.group(1)}: {found.group(2)}"
        at = self.source.span(start, end)
        message = "a key is followed by a colon and a space"
        self.faults.error(
            "E616", message, at, hint=f"write {excerpt(corrected, 60)}", fix=Fix(at, corrected)
        )
        return True

    def _report_brace_text(self) -> bool:
        """Report a text that begins with a variable, such as `base: {hero} waits`."""
        found = self._find_value()
        if found is None or self.source.text[found[0]] not in '{["':
            return False
        text = self.source.text
        first = text[found[0]]
        following = re.match(
            r"\{[^{}\n]*\}[ \t]*[^\s,}\]#]|\[[^\[\]\n]*\][ \t]*[^\s,}\]#]",
            text[found[0] : found[1]],
        )
        if following is None and first == '"':
            return self._report_inner_quotes(found)
        if following is None:
            return False
        span, fixes, _ = self._quote_part(*found)
        self.faults.error(
            "E618",
            f"a text that begins with {first} needs quotes",
            span,
            hint="put it in quotes",
            fix=fixes,
        )
        return True

    def _report_inner_quotes(self, found: tuple[int, int]) -> bool:
        start, end = found
        written = self.source.text[start:end].rstrip()
        if written.count('"') < 3 or not written.endswith('"'):
            return False
        inner = written[1:-1]
        span = self.source.span(start + 1, start + len(written) - 1)
        corrected = re.sub(r'(?<!\\)"', r'\\"', inner)
        hint = 'inside a text in quotes a quote is written \\"'
        self.faults.error(
            "E110",
            "a quote inside this text ends it early",
            span,
            hint=hint,
            fix=Fix(span, corrected),
        )
        return True

    def _report_indicator(self) -> bool:
        char = "that cannot start any token" in self.problem or None
        anchor = "scanning an anchor" in self.context or "scanning an alias" in self.context
        if char is None and not anchor:
            return False
        marker = (
            self.source.text[self.at : self.at + 1]
            if char is not None
            else self.source.text[self.since : self.since + 1]
        )
        start = self.at if char is not None else self.since
        if marker == "\t":
            at = self.source.span(start, start + 1)
            self.faults.error(
                "E614", "a tab is not allowed here", at, hint="write spaces", fix=Fix(at, " ")
            )
            return True
        found = self._find_value()
        if found is not None and found[0] == start:
            span, fixes, _ = self._quote_part(*found)
        else:
            span, fixes = self._span(start, start + 1), ()
        self.faults.error(
            "E618",
            f"a text that begins with {excerpt(marker)} needs quotes",
            span,
            hint="put it in quotes",
            fix=fixes,
        )
        return True

    def _report_quoted_address(self) -> bool:
        """Report `osc: "/drop" 1`, as in the text notation."""
        for found in _QUOTED_ADDRESS.finditer(self.line):
            if self.line_start + found.end() == self.at:
                start = self.line_start + found.start("quoted")
                at = self.source.span(start, self.line_start + found.end("quoted"))
                address = found.group("address")
                self.faults.error(
                    "E617",
                    "an OSC address with arguments has no quotes in YAML",
                    at,
                    hint=f"write {excerpt(address)}",
                    fix=Fix(at, address),
                )
                return True
        return False

    # ---- brackets and indentation ----------------------------------------------------------------

    def _report_unclosed_bracket(self) -> bool:
        if "flow" not in self.context:
            return False
        opened = self.source.text[self.since : self.since + 1]
        closing = {"{": "}", "[": "]"}.get(opened)
        if closing is None:
            return False
        line_end = self.source.text.find("\n", self.since)
        stop = len(self.source.text) if line_end < 0 else line_end
        if self._report_unclosed_quote(self.since, stop) or self._report_hash():
            return True
        if self.at >= stop:  # the next line began while the bracket was still open
            solid = self.since + len(
                re.sub(r"[ \t]+#.*\Z", "", self.source.text[self.since : stop]).rstrip()
            )
            at = self.source.span(self.since, self.since + 1)
            insert = (Fix(self.source.span(solid, solid), closing),)
            self.faults.error(
                "E624",
                f"this {opened} is not closed",
                at,
                hint=f"close it with {closing}",
                fix=insert,
            )
            return True
        if self.source.text.startswith(":", self.at) and self._report_colon_in_flow():
            return True
        at = self._span(self.at, self.at + 1)
        message = (
            f"items between {opened} and {closing} are separated by commas; a text with a comma or "
            "a quote in it needs quotes"
        )
        self.faults.error("E617", message, at, hint='put a comma here, or write the text as "…"')
        return True

    def _report_hash(self) -> bool:
        """Report a `#` in an unquoted text: its comment includes the closing bracket."""
        for number in range(self.source.line(self.since), self.source.line(self.at) + 1):
            start = self.source.starts[number]
            newline = self.source.text.find("\n", start)
            line = self.source.text[start : len(self.source.text) if newline < 0 else newline]
            masked = _QUOTED.sub(lambda match: "x" * len(match.group()), line)
            marker = re.search(r"(?<=[ \t])#", masked)
            before = None if marker is None else _PLAIN_BEFORE.search(masked[: marker.start()])
            following = None if marker is None else _PLAIN_AFTER.match(masked, marker.start())
            if before is None or following is None:
                continue
            _, fixes, corrected = self._quote_part(start + before.start(1), start + following.end())
            at = self.source.span(start + following.start(), start + following.start() + 1)
            message = "a # after a space begins a comment, so this text needs quotes"
            self.faults.error(
                "E625", message, at, hint=f"write {excerpt(corrected, 60)}", fix=fixes
            )
            return True
        return False

    def _report_unclosed_quote(self, start: int, stop: int) -> bool:
        """Report an unclosed quote on the line on which a bracket was opened."""
        line = self.source.text[start:stop]
        quotes = [match.start() for match in re.finditer(r'(?<!\\)"', line)]
        if len(quotes) % 2 == 0:
            return False
        end = quotes[-1] + len(re.sub(r"[ \t]*[}\],]*[ \t]*\Z", "", line[quotes[-1] :]))
        at = self.source.span(start + quotes[-1], start + max(end, quotes[-1] + 1))
        insert = (Fix(self.source.span(start + end, start + end), '"'),)
        self.faults.error(
            "E105", "this text has no closing quote", at, hint='end it with "', fix=insert
        )
        return True

    def _report_colon_in_flow(self) -> bool:
        """Report a text with a colon among other keys inside braces."""
        text = self.source.text
        before = re.search(r"[\w-]+:[ \t]+([^,{}\[\]\n]*)\Z", text[self.since : self.at])
        following = re.match(r"[^,{}\[\]\n]*", text[self.at :])
        if before is None or following is None:
            return False
        start = self.since + before.start(1)
        joined = _JOINED.match(before.group())
        if joined is not None:
            gap = self.source.span(
                self.since + before.start() + joined.start(2),
                self.since + before.start() + joined.end(2),
            )
            at = self.source.span(self.since + before.start() + joined.end(2), self.at)
            message = f"a comma is missing before `{joined.group(3)}`"
            self.faults.error("E617", message, at, hint="add a comma here", fix=Fix(gap, ", "))
            return True
        span, fixes, _ = self._quote_part(start, self.at + following.end())
        message = "a colon followed by a space ends a key, so this text needs quotes"
        self.faults.error("E615", message, span, hint="put the text in quotes", fix=fixes)
        return True

    def _report_missing_colon(self) -> bool:
        if "could not find expected ':'" not in self.problem:
            return False
        start = self.since
        line = self.source.line(start)
        first = self.source.starts[line]
        newline = self.source.text.find("\n", first)
        text = self.source.text[first : len(self.source.text) if newline < 0 else newline]
        begin = first + len(text) - len(text.lstrip())
        word = re.match(r"[\w-]+", text.strip())
        at = self.source.span(begin, first + len(text.rstrip()))
        whole = _KEY_WITHOUT_COLON.fullmatch(text.strip())
        if whole is not None and whole.group(1) in _TOP_WORDS:
            corrected = f"{whole.group(1)}: {whole.group(2)}"
            self.faults.error(
                "E616",
                "a key and its colon are missing here",
                at,
                hint=f"write {excerpt(corrected, 60)}",
                fix=Fix(at, corrected),
            )
            return True
        hint = (
            f"write {word.group()}: and the value"
            if word
            else "write a key, a colon, a space and the value"
        )
        if word and re.match(r"[\w-]+:\S", text.strip()):
            hint = f"add a space after {word.group()}:"
        self.faults.error("E616", "a key and its colon are missing here", at, hint=hint)
        return True

    def _report_tag(self) -> bool:
        if not re.search(r"(?:parsing|scanning) a tag", self.context):
            return False
        start = self.source.text.find("!", self.since)
        if start < 0 or "directive" in self.context:
            return False
        found = self._find_value()
        if found is not None and found[0] == start:
            at, fixes, _ = self._quote_part(*found)
        else:
            at, fixes = self._span(start, start + 1), ()
        self.faults.error(
            "E618", "a text that begins with ! needs quotes", at, hint="put it in quotes", fix=fixes
        )
        return True

    def _report_directive(self) -> bool:
        if not re.search("directive|incompatible YAML", self.context + self.problem):
            return False
        at = self.source.span(self.line_start, self.line_start + max(1, len(self.line.rstrip())))
        hint = "remove it; a text that begins with % needs quotes"
        self.faults.error(
            "E601",
            "a line that begins with % is a directive, which scores do not support",
            at,
            hint=hint,
            fix=Fix(at, ""),
        )
        return True

    def _report_missing_value(self) -> bool:
        """Report a special character of YAML in place of a value, such as `prompt: - rain`."""
        if not re.search("node content|not allowed|unexpected ':'", self.problem):
            return False
        start = self.at
        found = self._find_value()
        if (
            self.problem.endswith("unexpected ':'")
            and found is not None
            and self.source.text[found[0]] not in "\"'{[|>"
        ):
            span, fixes, _ = self._quote_part(*found)
            message = "a colon followed by a space ends a key, so this text needs quotes"
            self.faults.error("E615", message, span, hint="put the text in quotes", fix=fixes)
            return True
        marker = self.source.text[start : start + 1]
        if marker not in _INDICATORS:
            return False
        if found is not None and found[0] == start:
            at, fixes, _ = self._quote_part(*found)
        else:
            at, fixes = self._span(start, start + 1), ()
        self.faults.error(
            "E618",
            f"a text that begins with {marker} needs quotes",
            at,
            hint="put it in quotes",
            fix=fixes,
        )
        return True

    def _report_indent(self) -> bool:
        if (
            re.search(r"(?:entries|keys|values) are not allowed", self.problem)
            and self._find_value() is not None
        ):
            return False
        if (
            "entries are not allowed" not in self.problem
            and "block" not in self.context
            and "block" not in self.problem
            and "document start" not in self.problem
        ):
            return False
        at = (
            self.source.span(self.at, self.line_start + len(self.line))
            if self.at < self.line_start + len(self.line)
            else None
        )
        span = at or self._span(self.at, self.at + 1)
        if re.match(r"[ \t]*[\]}]", self.line):
            closes = self.line.strip()[0]
            one = self.source.span(self.at, self.at + 1)
            self.faults.error(
                "E623",
                f"this {closes} has no matching bracket",
                one,
                hint="remove it",
                fix=Fix(one, ""),
            )
            return True
        self._report_misplaced_line(span)
        return True

    def _report_misplaced_line(self, span: Span) -> None:
        """Report a line whose indentation matches no block above, and the column it belongs in."""
        indent = len(self.line) - len(self.line.lstrip(" "))
        is_item = self.line.lstrip(" ").startswith("-")
        columns = self._open_columns(is_item)
        what = "dash" if is_item else "key"
        hint = "the keys of a block begin in the same column, and so do the dashes of a list"
        message = (
            f"this {what} is in column {indent + 1}, where no {'list' if is_item else 'block'} "
            "above it begins"
        )
        if not columns or indent in columns:
            self.faults.error(
                "E623",
                message
                if columns
                else "the indentation of this line does not match the lines above it",
                span,
                hint=hint,
            )
            return
        nearest = min(columns, key=lambda column: (abs(column - indent), -column))
        indentation = self.source.span(self.line_start, self.line_start + indent)
        fixes = (
            (Fix(indentation, " " * nearest),) if min(columns) < indent or len(columns) > 1 else ()
        )
        self.faults.error(
            "E623", message, span, hint=f"write it {_describe_indent(nearest)}: {hint}", fix=fixes
        )

    def _open_columns(self, is_item: bool) -> list[int]:
        """Return the open blocks' columns, from 0, above the line: lists for an item, else keys."""
        found: list[int] = []
        most = MAX_INDENT
        for line in reversed(self.source.text[: self.line_start].split("\n")[-MAX_EXAMINED_LINES:]):
            lead = _LEAD.match(line)
            if lead is None:
                continue
            key, dash = lead.end("dashes"), lead.end("indent")
            if dash >= most:
                continue
            if is_item and dash < key:
                found.append(dash)
            elif not is_item and key < most and _KEY.match(line):
                found.append(key)
            most = dash
        return found


def _describe_indent(spaces: int) -> str:
    if spaces == 0:
        return "without a space before it"
    return f"with {spaces} space{'s' if spaces != 1 else ''} before it"
