"""What can be written at a position: words of the language, names, variables, paths, units.

Only the text before the cursor decides what fits; the names are those of the last `Look`, which may
be of an earlier version of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from sequencer.core.catalog import family
from sequencer.core.diagnostics import Fix
from sequencer.core.lazy_dataclass import dataclass
from sequencer.editing.looking import Look
from sequencer.editing.names import NameKind
from sequencer.editing.texts import Position, offset_of, span_at
from sequencer.editing.words import as_sentence, forms_of, known_words, meaning_of, plain_text
from sequencer.language.clock_files import BEAT_SUFFIXES, MIDI_SUFFIXES
from sequencer.language.compiler.prompts import ACTION
from sequencer.language.loader import NOTATION_BY_SUFFIX, Notation
from sequencer.language.score import Unit
from sequencer.language.source import Source
from sequencer.language.spec import (
    ACTION_BY_TERMINAL,
    ACTIONS,
    BARE_WORDS,
    POSITIONS,
    SETTING_BY_KEYWORD,
    STATEMENTS,
    TRIGGERS,
    ValueSpec,
)
from sequencer.language.text.parser import get_parser
from sequencer.language.text.statements import StatementKind, StatementSplitter
from sequencer.language.values.amounts import UNITS
from sequencer.language.values.strings import NAME

ListFiles = Callable[[str], Iterable[str]]
"""Lists a folder below the score's: its files by their names, its folders with `/` at the end."""

MAX_FILES = 500
"""How many files of a folder are offered."""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
SOUND_SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".mp3", ".m4a", ".aac", ".ogg", ".opus")


class ItemKind(StrEnum):
    """What kind of text an item inserts."""

    KEYWORD = "keyword"
    VALUE = "value"
    SCENE = "scene"
    SECTION = "section"
    VARIABLE = "variable"
    MARK = "mark"
    GO = "go cue"
    FILE = "file"
    UNIT = "unit"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionItem:
    """Something that can be written: what is shown, a one-sentence description, and the edit."""

    label: str
    kind: ItemKind
    description: str
    edit: Fix


@dataclass(frozen=True, slots=True)
class _Choice:
    """A text that fits, before it is known which part of it is already written."""

    text: str
    kind: ItemKind
    description: str = ""


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
        The items that begin with what is already written before the cursor.
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
    return tuple(found.values())


_PARTIAL_WORD = re.compile(rf"(?:{NAME}-?)?\Z")
_PARTIAL_NAME = re.compile(r"[^\s\"{},|()\[\]]*\Z")
_AFTER_NUMBER = re.compile(
    r"(?<![\w.])(?P<plus>[+\-][ \t]*)?[0-9]+(?:[.,/][0-9]+)?[ \t]?(?P<unit>[a-z]*)\Z"
)
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

    def complete_text(self) -> tuple[int, Iterable[_Choice]]:
        """Return where the word at the cursor begins, and what fits there, in the text notation."""
        start, blocks = _find_statement(self.before)
        opened, is_comment = _find_open_text(self.before, start)
        if is_comment:
            return len(self.before), ()
        if opened is not None:
            return self._complete_in_text(self.before[start:opened], opened)
        units = self._units(self.before[start:])
        if units is not None and self.before[units[0] - 1].isdigit():
            return units
        partial = _PARTIAL_WORD.search(self.before, start)
        word = len(self.before) if partial is None else partial.start()
        written = self.before[start:word]
        if not written.strip():
            return word, self._statements(blocks)
        after = self._after_keyword(written, blocks)
        if after is not None:
            name = _PARTIAL_NAME.search(self.before, start)
            return (word if name is None else max(name.start(), start)), after
        long = [] if units is None else [one for one in units[1] if len(one.text) > 2]
        return word, [*long, *self._expected(start, word, written)]

    def _statements(self, blocks: list[str]) -> Iterator[_Choice]:
        """Yield the words that begin a statement in a block."""
        words = known_words()
        block = blocks[-1].split(maxsplit=1)[0] if blocks else ""
        fitting = ["SCENE"] if block == "scene" else ["ITEM"] if blocks else ["ITEM", "TOP"]
        for row in STATEMENTS:
            if row.place.name in fitting:
                yield _keyword(row.keyword)
        if not blocks:
            score = self.known.score
            written = {field for field, _ in score.header.spans} if score is not None else set()
            for word, setting in SETTING_BY_KEYWORD.items():
                if setting.field not in written:
                    yield _Choice(word, ItemKind.KEYWORD, words[word].description)
        else:
            yield _Choice("}", ItemKind.KEYWORD, "Ends the block.")

    def _after_keyword(self, written: str, blocks: list[str]) -> Iterable[_Choice] | None:
        """Return what fits after a keyword whose value is one token with it, or None."""
        segment = re.split(r",|->|\(|\|", _without_texts(written))[-1].split()
        if not segment:
            return None
        statement = written.split(maxsplit=1)[0]
        last = segment[-1]
        is_head = statement in ("section", "scene", "let") and len(segment) == 1
        if is_head and last == statement:
            return ()
        if last == "mark" and segment[:-1] in (["at"], ["from"], ["end"]):
            return self._marks(blocks)
        if last == "go":
            return self._names(NameKind.GO)
        if last in ("goto", "like") or statement == "play":
            return self._names(NameKind.SECTION)
        if last in ("on", "until", "or"):
            return _value_words(TRIGGERS)
        if statement == "quiet":
            return (
                _Choice(one.code, ItemKind.CODE, as_sentence(one.title)) for one in family("advice")
            )
        if last in ("at", "from", "end", "every", "max", "over") and len(segment) <= 3:
            return _value_words(POSITIONS) if last in ("at", "from", "end") else _lengths()
        return self._values_of(last, is_setting=len(segment) == 1 and last == statement)

    def _values_of(self, word: str, *, is_setting: bool) -> Iterable[_Choice] | None:
        """Return the values of a setting or an action, or None for another word."""
        if is_setting and word in SETTING_BY_KEYWORD:
            setting = SETTING_BY_KEYWORD[word]
            return _schema_values(setting.schema, setting.example.removeprefix(word).strip())
        found = [row for row in ACTIONS if row.keyword == word]
        if not found:
            return None
        return [
            choice
            for row in found
            for choice in _schema_values(
                row.schema.get(row.key, {}), row.example.removeprefix(word).strip()
            )
        ]

    def _expected(self, start: int, end: int, written: str) -> Iterator[_Choice]:
        """Yield what the grammar expects after a part of a statement."""
        scan = get_parser().scan(self.before, start, len(self.before[:end].rstrip(" \t\n")))
        if self.before[scan.at : end].strip():
            return  # the grammar refused something before the cursor
        words = known_words()
        is_rule = written.split(maxsplit=1)[0] == "on"
        for terminal in sorted(scan.expected):
            row = ACTION_BY_TERMINAL.get(terminal)
            word = terminal.removeprefix("SET_").removeprefix("_").lower()
            if terminal in ("NAME", "SAY"):
                yield from self._names(NameKind.SCENE)
            elif row is not None and row.only_in_rules and not is_rule:
                continue
            elif terminal in ("PICK", "SHUFFLE"):
                yield _Choice(f"{word}(", ItemKind.KEYWORD, words[word].description)
            elif terminal == "TRIGGER":
                yield from _value_words(TRIGGERS)
            elif terminal == "AMOUNT":
                yield from _lengths()
            elif terminal == "PASS":
                yield from self._names(NameKind.SECTION)
            elif terminal in ("_ARROW", "_OPEN", "_EQUALS"):
                yield _Choice(_MARKS[terminal], ItemKind.KEYWORD)
            elif terminal != "SET_SEED" and word in words:
                yield _keyword(word)
            elif terminal == "OVER":
                yield _Choice(word, ItemKind.KEYWORD, "How long the change of the tempo lasts.")

    def _complete_in_text(self, head: str, opened: int) -> tuple[int, Iterable[_Choice]]:
        """Return what fits inside a text in quotes: a path, or a variable after a brace."""
        content = self.before[opened:].lstrip('"')
        word = head.rsplit(maxsplit=1)[-1] if head.strip() else ""
        suffixes = _path_suffixes(word if word != "file" or "clock" not in head else "clock")
        if suffixes is not None:
            return self._paths(content, suffixes)
        return self._variables(content, with_action=head.split()[:1] == ["follow"])

    def _variables(self, content: str, *, with_action: bool) -> tuple[int, Iterable[_Choice]]:
        brace = re.search(rf"(?<!\{{)\{{((?:{NAME}-?)?)\Z", content)
        if brace is None:
            return len(self.before), ()
        found = list(self._names(NameKind.VARIABLE))
        if with_action:
            found.append(_Choice(ACTION, ItemKind.VARIABLE, "The action of the scene."))
        return len(self.before) - len(brace[1]), found

    def _units(self, written: str) -> tuple[int, list[_Choice]] | None:
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
            _Choice(name, ItemKind.UNIT, f"A time in {_UNIT_NAMES.get(name, unit.value)}.")
            for name, unit in UNITS.items()
            if not (is_position and unit is Unit.BARS)
        ]

    # ---- YAML ------------------------------------------------------------------------------------

    def complete_yaml(self) -> tuple[int, Iterable[_Choice]]:
        """Return the same for a value in YAML; keys are completed from the JSON Schema."""
        line = self.before[self.before.rfind("\n") + 1 :]
        if re.search(r"(?:^|\s)#[^\"']*\Z", line):
            return len(self.before), ()
        keys = list(_YAML_KEY.finditer(line))
        key = keys[-1]["key"] if keys else self._yaml_list_key(line)
        value = line[keys[-1].end() :] if keys else line
        value = value.lstrip(" \t[-\"'")
        if key in ("base", "follow", "prompt", "action", "pick", "shuffle") or self._is_let(line):
            return self._variables(value, with_action=key == "follow")
        suffixes = _path_suffixes(key)
        if suffixes is not None and (key != "clock" or value.startswith("file")):
            return self._paths(value.removeprefix("file").lstrip(' "'), suffixes)
        units = self._units(line)
        if units is not None:
            return units
        name = _PARTIAL_NAME.search(self.before)
        start = len(self.before) if name is None else name.start()
        return start, self._yaml_values(key, value) or ()

    def _yaml_values(self, key: str, value: str) -> Iterable[_Choice] | None:
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
        if key in ("when", "on", "until"):
            return _value_words(TRIGGERS)
        if key == "quiet":
            return (
                _Choice(one.code, ItemKind.CODE, as_sentence(one.title)) for one in family("advice")
            )
        if key in ("at", "from", "end"):
            return _value_words(POSITIONS)
        if key in ("every", "max"):
            return _lengths()
        if key == "do":
            return [_keyword(word) for word in BARE_WORDS]
        return self._values_of(key, is_setting=True) or self._values_of(key, is_setting=False)

    def _yaml_list_key(self, line: str) -> str:
        """Return the key whose list contains a line that is only an item."""
        if not line.lstrip().startswith("-"):
            return ""
        indent = len(line) - len(line.lstrip())
        for above in reversed(self.before.split("\n")[:-1]):
            if (
                above.strip()
                and len(above) - len(above.lstrip()) <= indent
                and not above.lstrip().startswith("-")
            ):
                key = _YAML_KEY.match(above)
                return "" if key is None else key["key"]
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

    def _names(self, kind: NameKind) -> Iterator[_Choice]:
        """Yield the names of a kind, each with what is known about it."""
        seen: set[str] = set()
        for one in self.known.names.occurrences:
            is_own = not one.scope or one.scope[0] == self.known.file
            is_new = one.kind is kind and one.name not in seen and is_own
            if is_new and (one.is_definition or kind is NameKind.GO):
                seen.add(one.name)
                where = "" if one.span.file == self.known.file else f" of {one.span.file}"
                description = f"{str(kind).capitalize()} in line {one.span.line}{where}."
                yield _Choice(one.name, ItemKind(str(kind)), description)

    def _marks(self, blocks: list[str]) -> Iterator[_Choice]:
        """Yield the marks of the section around the cursor; all if that is not known."""
        head = blocks[-1].split()[1:2] if blocks else []
        for one in self.known.names.occurrences:
            if one.kind is NameKind.MARK and one.is_definition and one.scope[1:] != (*head, ""):
                yield _Choice(one.name, ItemKind.MARK, f"Mark in line {one.span.line}.")

    def _paths(self, content: str, suffixes: tuple[str, ...]) -> tuple[int, Iterable[_Choice]]:
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
            _Choice(one, ItemKind.FILE, "Folder." if one.endswith("/") else "File.")
            for one in found[:MAX_FILES]
            if one != own
        ]


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


def _keyword(word: str) -> _Choice:
    return _Choice(word, ItemKind.KEYWORD, known_words()[word].description)


def _value_words(rows: Iterable[ValueSpec]) -> Iterator[_Choice]:
    """Yield the forms of positions or triggers, as the language reference has them."""
    for spec in rows:
        for row in spec.reference:
            for form in forms_of(row):
                if form[0] not in "<>":  # the end of a form that is written in full before it
                    text = form.removesuffix("NAME")
                    yield _Choice(text, ItemKind.VALUE, as_sentence(meaning_of(row)))


def _lengths() -> Iterator[_Choice]:
    for example in ("8 bars", "4 beats", "4b", "2c", "12.5s", "96f"):
        unit = re.sub(r"[^a-z]", "", example)
        yield _Choice(example, ItemKind.VALUE, f"A length in {UNITS[unit].value}.")


def _schema_values(schema: dict[str, Any], example: str) -> list[_Choice]:
    """Return the values that a schema lists, or an example."""
    description = plain_text(str(schema.get("description", "")))
    values = [str(one) for one in schema.get("enum", ()) if one]
    forms = description.removesuffix(".").partition(": ")[2].split(" · ")
    if not values and len(forms) > 1:
        values = [one for one in forms if "…" not in one]
    if not values and example:
        values = [example]
    sentence = as_sentence(description.partition(" · ")[0].partition(": ")[0])
    return [_Choice(one, ItemKind.VALUE, sentence) for one in values]


def _path_suffixes(word: str) -> tuple[str, ...] | None:
    """Return the endings of the files whose paths follow a word, or None if no path does."""
    match word:
        case "image":
            return IMAGE_SUFFIXES
        case "use":
            return tuple(NOTATION_BY_SUFFIX)
        case "sound" | "file":
            return SOUND_SUFFIXES
        case "clock":
            return (*MIDI_SUFFIXES, *BEAT_SUFFIXES)
        case _:
            return None
