"""What can be written at a position: words of the language, names, variables, paths, units.

Only the text before the cursor decides what fits; the names are those of the last `Look`, which may
be of an earlier version of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from sequencer.core.catalog import family
from sequencer.core.diagnostics import Fix
from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.choices import (
    Choice,
    ItemKind,
    keyword_choice,
    landing_choices,
    length_choices,
    path_suffixes,
    schema_choices,
    shape_of,
    value_choices,
)
from sequencer.editing.looking import Look
from sequencer.editing.names import NameKind
from sequencer.editing.texts import Position, offset_of, span_at
from sequencer.editing.words import as_sentence, known_words
from sequencer.language.compiler.prompts import ACTION
from sequencer.language.compiler.stages import COMMON_ACTIONS
from sequencer.language.loader import Notation
from sequencer.language.score import Unit
from sequencer.language.source import Source
from sequencer.language.spec import (
    ACTION_BY_TERMINAL,
    ACTIONS,
    BARE_WORDS,
    POSITIONS,
    SETTING_BY_KEYWORD,
    STAGES_KEY,
    STATEMENTS,
    TRIGGERS,
)
from sequencer.language.text.parser import get_parser
from sequencer.language.text.statements import StatementKind, StatementSplitter
from sequencer.language.values.amounts import UNITS
from sequencer.language.values.strings import NAME

__all__ = ["CompletionItem", "ItemKind", "ListFiles", "complete"]

ListFiles = Callable[[str], Iterable[str]]
"""Lists a folder below the score's: its files by their names, its folders with `/` at the end."""

MAX_FILES = 500
"""How many files of a folder are offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionItem:
    """Something that can be written: what is shown, a one-sentence description, and the edit."""

    label: str
    kind: ItemKind
    description: str
    edit: Fix


def complete(
    known: Look, text: str, at: Position, list_files: ListFiles | None = None
) -> tuple[CompletionItem, ...]:
    """Return what can be written at a position.

    Args:
        known: What is known about the text or about an earlier version of it: its names.
        text: The text as it is now, with `\\n` as newlines.
        at: The position in it.
        list_files: Lists the files of a folder; without it no paths are offered.

    Returns:
        The items that begin with what is already written before the cursor; none if it is written
        in full and nothing else begins with it.
    """
    source = Source(known.file, text)
    offset = offset_of(source, at)
    completer = _Completer(known, text[:offset], list_files)
    start, choices = (
        completer.complete_yaml() if known.notation is Notation.YAML else completer.complete_text()
    )
    written = text[start:offset].casefold()
    span = span_at(source, start, offset)
    found: dict[tuple[str, ItemKind], CompletionItem] = {}
    for choice in choices:
        if choice.text.casefold().startswith(written):
            found.setdefault(
                (choice.text, choice.kind),
                CompletionItem(
                    label=choice.text,
                    kind=choice.kind,
                    description=choice.description,
                    edit=Fix(span, choice.text),
                ),
            )
    if all(one.edit.text == text[start:offset] for one in found.values()):
        return ()  # it would change nothing, but the key that starts a new line would accept it
    return tuple(found.values())


_PARTIAL_WORD = re.compile(rf"(?:{NAME}-?)?\Z")
_PARTIAL_NAME = re.compile(r"[^\s\"{},|()\[\]]*\Z")
_AFTER_NUMBER = re.compile(
    r"(?<![\w.])(?P<plus>[+\-][ \t]*)?[0-9]+(?:[.,/][0-9]+)?[ \t]?(?P<unit>[a-z]*)\Z"
)
_VALUE_WORDS = re.compile(
    r"(?:^\s*|(?<=[\s,(|]))(?P<word>at|from|end|on|until|or|{actions}|{settings})[ \t]+".format(
        actions="|".join(sorted({row.keyword for row in ACTIONS if row.keyword is not None})),
        settings="|".join(SETTING_BY_KEYWORD),
    )
)
"""Words after which a value follows, which may consist of several words."""
_ON_STAGES = re.compile(
    rf"(?:^\s*(?:at|every)\b[^\"]*?|^\s*seed[ \t]+\S+|->)[ \t]+on[ \t]+"
    rf"(?P<named>(?:{NAME}[ \t]*,\s*)*)(?P<name>(?:{NAME}-?)?)\Z"
)
_ON_SOME = re.compile(rf"(?:^\s*(?:at|every)\b[^\"]*?|->)[ \t]+on[ \t]+{NAME}")
_LANDING = next(iter(landing_choices())).description
_ONE_VALUE = re.compile(r"(?:(?!->)[^,|()])*")
_TIME_WORDS = re.compile(
    r"(?:^|[\s,{])[\"']?(?P<word>at|from|every|end|max|over|for|section|mark)[\"']?\s*:?\s"
)


class _Completer:
    """Finds what fits after a text."""

    def __init__(self, known: Look, before: str, list_files: ListFiles | None) -> None:
        self.known = known
        self.before = before
        self.list_files = list_files

    # ---- text ------------------------------------------------------------------------------------

    def complete_text(self) -> tuple[int, Iterable[Choice]]:
        """Return where the word at the cursor begins, and what fits there, in the text notation."""
        start, blocks = _find_statement(self.before)
        opened, is_comment = _find_open_text(self.before, start)
        if is_comment:
            return len(self.before), ()
        if opened is not None:
            return self._complete_in_text(self.before[start:opened], opened)
        stages = self._stages(self.before[start:])
        if stages is not None:
            return stages
        units = self._units(self.before[start:])
        if units is not None and self.before[units[0] - 1].isdigit():
            return units
        partial = _PARTIAL_WORD.search(self.before, start)
        word = len(self.before) if partial is None else partial.start()
        written = self.before[start:word]
        if not written.strip():
            if self.before.endswith(("{", "}")):  # what is typed next is a new line, or a space
                return word, ()
            return word, self._statements(blocks)
        if units is None:
            begin, begun, may_end = self._begun_value(self.before[start:])
            if begun:
                also = self._expected(start, word, written) if may_end and begin == word else ()
                return begin, [*begun, *also]
        after = self._after_keyword(written, blocks)
        if after is None and not written.endswith((" ", "\t", "\n", ",", "(", "|", ">")):
            return len(self.before), ()
        if after is not None:
            name = _PARTIAL_NAME.search(self.before, start)
            return (word if name is None else max(name.start(), start)), after
        long = [] if units is None else [one for one in units[1] if len(one.text) > 2]
        return word, [*long, *self._expected(start, word, written)]

    def _stages(self, written: str) -> tuple[int, list[Choice]] | None:
        """Return the stages that fit at the cursor after `on`, or None elsewhere."""
        found = _ON_STAGES.search(_without_texts(written))
        stages = [] if found is None else list(self._names(NameKind.STAGE))
        if found is None or not stages:
            return None
        named = re.findall(NAME, found["named"])
        fitting = [one for one in stages if one.text not in named]
        return len(self.before) - len(found["name"]), fitting

    def _statements(self, blocks: list[str]) -> Iterator[Choice]:
        """Yield the words that begin a statement in a block."""
        words = known_words()
        block = blocks[-1].split(maxsplit=1)[0] if blocks else ""
        fitting = ["SCENE"] if block == "scene" else ["ITEM"] if blocks else ["ITEM", "TOP"]
        for row in STATEMENTS:
            if row.place.name in fitting:
                yield keyword_choice(row.keyword)
        if not blocks:
            score = self.known.score
            written = {field for field, _ in score.header.spans} if score is not None else set()
            for word, setting in SETTING_BY_KEYWORD.items():
                if setting.field not in written:
                    yield Choice(word, ItemKind.KEYWORD, words[word].description)
        else:
            yield Choice("}", ItemKind.KEYWORD, "Ends the block.")

    def _begun_value(self, written: str) -> tuple[int, list[Choice], bool]:
        """Return what continues a value of several words at the cursor: `note C3 ` or `end `.

        The first result is where it begins, the last one whether the value may also end here.
        """
        plain = _without_texts(written)
        statement = plain.split(maxsplit=1)[0]
        is_setting = statement in SETTING_BY_KEYWORD
        words = list(_VALUE_WORDS.finditer(plain))
        if is_setting:
            words = words[:1]
        elif statement == "on":
            words = [one for one in words if one["word"] != "at"]  # `on note C3 at next bar`
        elif statement == "at" and len(words) > 1 and words[1]["word"] == "end":
            del words[1]  # `at end -1 bar`
        if not words:
            return len(self.before), [], True
        word, begin = words[-1]["word"], words[-1].end()
        value = written[begin:]
        if not (is_setting or _ONE_VALUE.fullmatch(plain, begin)):
            return len(self.before), [], True
        choices: Iterable[Choice] = ()
        may_end = True
        if word in ("on", "until", "or"):
            choices = value_choices(TRIGGERS) if statement in ("on", "section") else ()
            done, at, _ = value.partition(" at ")
            may_end = any(re.fullmatch(row.pattern, done.rstrip()) for row in TRIGGERS)
            if statement == "on" and may_end and (at or value.endswith(" ")):
                landings = [f"{done.rstrip()} at {one.text}" for one in landing_choices()]
                more = [Choice(one, ItemKind.VALUE, _LANDING) for one in landings]
                choices = (*choices, *more)
        elif word in ("at", "from", "end"):
            choices = value_choices(POSITIONS)
            may_end = value.strip() != "end"
        elif is_setting or statement in ("at", "every", "on"):
            choices = self._values_of(word, is_setting=is_setting) or ()
        start, found = self._continue_value(choices, value)
        return start, found, may_end

    def _continue_value(self, choices: Iterable[Choice], value: str) -> tuple[int, list[Choice]]:
        """Return where the last word of a value begins, and what continues the value from there.

        After `note E3 ` this is `vel >= 100`, because `note D3 vel >= 100` is among the choices.
        """
        done = value[: value.rfind(" ") + 1]
        start = len(self.before) - (len(value) - len(done))
        found = []
        for choice in choices if value else ():
            words = choice.text.split(" ")
            for at, word in enumerate(done.split()):
                if at < len(words) and shape_of(word) == shape_of(words[at]):
                    words[at] = word
            text = " ".join(words)
            if text.startswith(value) and len(text) > len(value):
                found.append(Choice(text[len(done) :], choice.kind, choice.description))
        return start, found

    def _after_keyword(self, written: str, blocks: list[str]) -> Iterable[Choice] | None:
        """Return what fits after a keyword whose value is one token with it, or None."""
        segment = re.split(r",|->|\(|\|", _without_texts(written))[-1].split()
        if not segment:
            return None
        statement = written.split(maxsplit=1)[0]
        last = segment[-1]
        is_head = statement in ("section", "scene", "let") and len(segment) == 1
        if is_head and last == statement:
            return ()
        if statement == "sound" and last == "from":
            return [Choice("12.5s", ItemKind.VALUE, "A time in seconds.")]
        if last == "mark" and segment[:-1] in (["at"], ["from"], ["end"]):
            return self._marks(blocks)
        if last == "go":
            return self._names(NameKind.GO)
        if last in ("goto", "like") or statement == "play":
            own = segment[1:2] if last == "like" else []
            return (one for one in self._names(NameKind.SECTION) if one.text not in own)
        if last in ("on", "until", "or"):
            return value_choices(TRIGGERS)
        if statement == "quiet":
            return (
                Choice(one.code, ItemKind.CODE, as_sentence(one.title)) for one in family("advice")
            )
        if last in ("at", "from", "end", "every", "max", "over") and len(segment) <= 3:
            return value_choices(POSITIONS) if last in ("at", "from", "end") else length_choices()
        return self._values_of(last, is_setting=len(segment) == 1 and last == statement)

    def _values_of(self, word: str, *, is_setting: bool) -> Iterable[Choice] | None:
        """Return the values of a setting or an action, or None for another word."""
        if is_setting and word in SETTING_BY_KEYWORD:
            setting = SETTING_BY_KEYWORD[word]
            return schema_choices(setting.schema, setting.example.removeprefix(word).strip())
        found = [row for row in ACTIONS if row.keyword == word]
        if not found or is_setting:
            return None
        return [
            choice
            for row in found
            for choice in schema_choices(
                row.schema.get(row.key, {}), row.example.removeprefix(word).strip()
            )
        ]

    def _expected(self, start: int, end: int, written: str) -> Iterator[Choice]:
        """Yield what the grammar expects after a part of a statement."""
        scan = get_parser().scan(self.before, start, len(self.before[:end].rstrip(" \t\n")))
        if self.before[scan.at : end].strip():
            return  # the grammar refused something before the cursor
        words = known_words()
        is_rule = written.split(maxsplit=1)[0] == "on"
        has_stages = _ON_SOME.search(_without_texts(written)) is not None
        yield from self._on_stages(scan.expected)
        for terminal in sorted(scan.expected):
            row = ACTION_BY_TERMINAL.get(terminal)
            word = terminal.removeprefix("SET_").removeprefix("_").lower()
            if terminal in ("NAME", "SAY"):
                yield from self._names(NameKind.SCENE)
            elif row is not None and (
                (row.only_in_rules and not is_rule)
                or (has_stages and issubclass(row.node, COMMON_ACTIONS))  # all stages do it
            ):
                continue
            elif terminal in ("PICK", "SHUFFLE"):
                if written.split(maxsplit=1)[0] == "let":
                    continue  # a variable is one text
                yield Choice(f"{word}(", ItemKind.KEYWORD, words[word].description)
            elif terminal == "TRIGGER":
                yield from value_choices(TRIGGERS)
            elif terminal == "AMOUNT":
                yield from length_choices()
            elif terminal == "PASS":
                yield from self._names(NameKind.SECTION)
            elif terminal in ("_ARROW", "_OPEN", "_EQUALS"):
                yield Choice(_MARKS[terminal], ItemKind.KEYWORD)
            elif terminal != "SET_SEED" and word in words:
                yield keyword_choice(word)
            elif terminal == "OVER":
                yield Choice(word, ItemKind.KEYWORD, "How long the change of the tempo lasts.")

    def _on_stages(self, expected: Collection[str]) -> Iterator[Choice]:
        """Yield the word before the names of stages, where these may come and there are any."""
        if "ON_STAGES" in expected and any(self._names(NameKind.STAGE)):
            yield Choice("on", ItemKind.KEYWORD, "Names the stages that do it.")

    def _complete_in_text(self, head: str, opened: int) -> tuple[int, Iterable[Choice]]:
        """Return what fits inside a text in quotes: a path, or a variable after a brace."""
        content = self.before[opened:].lstrip('"')
        word = head.rsplit(maxsplit=1)[-1] if head.strip() else ""
        suffixes = path_suffixes(word if word != "file" or "clock" not in head else "clock")
        if suffixes is not None:
            return self._paths(content, suffixes)
        words = head.split()
        own = words[1] if words[:1] == ["let"] and len(words) > 1 else ""
        return self._variables(content, own, with_action=words[:1] == ["follow"])

    def _variables(
        self, content: str, own: str, *, with_action: bool
    ) -> tuple[int, Iterable[Choice]]:
        brace = re.search(rf"(?<!\{{)\{{((?:{NAME}-?)?)\Z", content)
        if brace is None:
            return len(self.before), ()
        found = [one for one in self._names(NameKind.VARIABLE) if one.text != own]
        if with_action:
            found.append(Choice(ACTION, ItemKind.VARIABLE, "The action of the scene."))
        return len(self.before) - len(brace[1]), found

    def _units(self, written: str) -> tuple[int, list[Choice]] | None:
        """Return the units that fit after a number at the cursor, or None if there is none."""
        number = _AFTER_NUMBER.search(written)
        words = list(_TIME_WORDS.finditer(_without_texts(written)))
        if number is None or not words or not words[-1].end() <= number.start():
            return None
        word, between = words[-1]["word"], written[words[-1].end() : number.start()]
        named = rf"\s*(?:{NAME}\s+)?\Z" if word in ("section", "mark") else r"\s*\Z"
        if re.match(named, between) is None:
            return None
        is_position = word in ("at", "from") and number["plus"] is None
        return len(self.before) - len(number["unit"]), [
            Choice(name, ItemKind.UNIT, f"A time in {_UNIT_NAMES.get(name, unit.value)}.")
            for name, unit in UNITS.items()
            if not (is_position and unit is Unit.BARS)
        ]

    # ---- YAML ------------------------------------------------------------------------------------

    def complete_yaml(self) -> tuple[int, Iterable[Choice]]:
        """Return the same for a value in YAML; keys are completed from the JSON Schema."""
        line = self.before[self.before.rfind("\n") + 1 :]
        if re.search(r"(?:^|\s)#[^\"']*\Z|[]}]\s*\Z", line):  # in a comment, after a closed value
            return len(self.before), ()
        keys = list(_YAML_KEY.finditer(line))
        key = keys[-1]["key"] if keys else self._yaml_key_above(line)
        value = line[keys[-1].end() :] if keys else line
        value = value.lstrip(" \t[-\"'")
        if key in _YAML_TEXT_KEYS or self._is_let(line):
            own = "" if key in _YAML_TEXT_KEYS else key
            return self._variables(value, own, with_action=key == "follow")
        suffixes = path_suffixes(key)
        if suffixes is not None and (key != "clock" or value.startswith("file")):
            return self._paths(value.removeprefix("file").lstrip(' "'), suffixes)
        if key == "section" and " " in value:
            return self._complete_section(value)
        units = self._units(line)
        if units is not None:
            return units
        last = value.rpartition(",")[2].lstrip() if key in _YAML_LIST_KEYS else value
        begin, begun = self._continue_value(self._yaml_values(key, "", line) or (), last)
        if begun:
            return begin, begun
        name = _PARTIAL_NAME.search(self.before)
        start = len(self.before) if name is None else name.start()
        return start, self._yaml_values(key, value, line) or ()

    def _complete_section(self, value: str) -> tuple[int, Iterable[Choice]]:
        """Return what fits in the first line of a section, which is that of the other notation."""
        other = _Completer(self.known, f"section {value}", self.list_files)
        start, choices = other.complete_text()
        fitting = [one for one in choices if one.text != _MARKS["_OPEN"]]
        return start + len(self.before) - len(other.before), fitting

    def _yaml_values(self, key: str, value: str, line: str) -> Iterable[Choice] | None:
        words = value.split()
        last = (
            words[-1]
            if words and value.endswith((" ", "\t"))
            else words[-2]
            if len(words) > 1
            else ""
        )
        if last == "go":
            return self._names(NameKind.GO)
        if last == "mark" and key in ("at", "from"):
            return self._marks([])
        if last == "like" or key in ("goto", "play", "like"):
            return self._names(NameKind.SECTION)
        if key == "show":
            return self._names(NameKind.SCENE)
        if key == STAGES_KEY and line[:1] in (" ", "-"):
            return self._names(NameKind.STAGE)
        if key in ("when", "on", "until"):
            return value_choices(TRIGGERS)
        if key == "quiet":
            return (
                Choice(one.code, ItemKind.CODE, as_sentence(one.title)) for one in family("advice")
            )
        if key == "at" and _RULE_KEY.search(line):
            return landing_choices()
        if key in ("at", "from", "end"):
            return value_choices(POSITIONS)
        if key in ("every", "max"):
            return length_choices()
        if key == "do":
            return [keyword_choice(word) for word in BARE_WORDS]
        return self._values_of(key, is_setting=True) or self._values_of(key, is_setting=False)

    def _yaml_key_above(self, line: str) -> str:
        """Return the key whose list, text or mapping contains a line without a key of its own."""
        is_item = line.lstrip().startswith("-")
        indent = len(line) - len(line.lstrip())
        for above in reversed(self.before.split("\n")[:-1]):
            here = len(above) - len(above.lstrip(" \t-"))
            if not above.strip() or here > indent or (here == indent and not is_item):
                continue
            keys = list(_YAML_KEY.finditer(above))
            if keys:
                return keys[-1]["key"]
            indent = min(indent, here)
        return ""

    def _is_let(self, line: str) -> bool:
        """Return whether a line is in the mapping `let`."""
        if not line[:1].isspace():
            return line.startswith("let:")
        for above in reversed(self.before.split("\n")[:-1]):
            if above and not above[0].isspace():
                return above.startswith("let:")
        return False

    # ---- names and paths -------------------------------------------------------------------------

    def _names(self, kind: NameKind) -> Iterator[Choice]:
        """Yield the names of a kind, each with what is known about it."""
        seen: set[str] = set()
        for one in self.known.names.occurrences:
            is_own = not one.scope or one.scope[0] == self.known.file
            is_new = one.kind is kind and one.name not in seen and is_own
            if is_new and (one.is_definition or kind is NameKind.GO):
                seen.add(one.name)
                where = "" if one.span.file == self.known.file else f" of {one.span.file}"
                description = f"{str(kind).capitalize()} in line {one.span.line}{where}."
                yield Choice(one.name, ItemKind(str(kind)), description)

    def _marks(self, blocks: list[str]) -> Iterator[Choice]:
        """Yield the marks of the section around the cursor; all if that is not known."""
        head = blocks[-1].split()[1:2] if blocks else []
        for one in self.known.names.occurrences:
            if one.kind is NameKind.MARK and one.is_definition and one.scope[1:] != (*head, ""):
                yield Choice(one.name, ItemKind.MARK, f"Mark in line {one.span.line}.")

    def _paths(self, content: str, suffixes: tuple[str, ...]) -> tuple[int, Iterable[Choice]]:
        """Return the files of the folder that is written before the cursor."""
        folder, slash, name = content.rpartition("/")
        start = len(self.before) - len(name)
        if self.list_files is None or folder.startswith("/") or ".." in folder.split("/"):
            return start, ()
        found = sorted(
            one
            for one in self.list_files(folder + slash)
            if one.endswith("/") or one.lower().endswith(suffixes)
        )
        own = self.known.file.rpartition("/")[2]
        return start, [
            Choice(one, ItemKind.FILE, "Folder." if one.endswith("/") else "File.")
            for one in found[:MAX_FILES]
            if one != own
        ]


_YAML_TEXT_KEYS = frozenset(("base", "follow", "prompt", "action", "pick", "shuffle"))
_RULE_KEY = re.compile(r"[{,\s](?:when|on):\s")
_YAML_LIST_KEYS = frozenset(("until", "play", "quiet", "do", STAGES_KEY))
"""Keys whose values may be lists on one line."""
_MARKS = {"_ARROW": "->", "_OPEN": "{", "_EQUALS": "="}
_UNIT_NAMES = {"ms": "milliseconds", "m": "minutes"}
_YAML_KEY = re.compile(r"(?:^|(?<=[\s{,\-]))[\"']?(?P<key>[a-z]+)[\"']?:(?=\s|\Z)\s*")
_TEXTS = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def _without_texts(text: str) -> str:
    """Return a text with the contents of its quoted texts removed."""
    return _TEXTS.sub(lambda match: '"' + " " * (len(match[0]) - 2) + '"', text)


def _find_statement(before: str) -> tuple[int, list[str]]:
    """Return where the statement at the end of a text begins, and the heads of the open blocks."""
    splitter = StatementSplitter(before)
    while splitter.split_next():
        pass
    blocks: list[str] = []
    for statement in splitter.statements:
        if statement.kind is StatementKind.OPEN:
            blocks.append(before[statement.start : statement.end])
        elif statement.kind is StatementKind.CLOSE and blocks:
            blocks.pop()
    last = splitter.statements[-1] if splitter.statements else None
    if last is None or last.kind is not StatementKind.PLAIN:
        return (0 if last is None else last.end), blocks
    end = before[last.start : last.end]
    goes_on = end.endswith((",", "->")) or any(
        flaw.value in ("paren", "unclosed block") for flaw, *_ in last.flaws
    )
    after = before[last.end :]
    if goes_on or not re.search(r"[\n;]", after):
        return last.start, blocks
    return last.end + max(after.rfind("\n"), after.rfind(";")) + 1, blocks


def _find_open_text(before: str, start: int) -> tuple[int | None, bool]:
    """Return where the text begins that is open at the end, and whether that end is a comment."""
    at = start
    while at < len(before):
        char = before[at]
        if before.startswith('"""', at):
            end = before.find('"""', at + 3)
            if end < 0:
                return at, False
            at = end + 3
        elif char == '"':
            match = _TEXTS.match(before, at)
            if match is None:
                return at, False
            at = match.end()
        elif char == "#" and (at == start or before[at - 1].isspace()):
            end = before.find("\n", at)
            if end < 0:
                return None, True
            at = end
        else:
            at += 1
    return None, False
