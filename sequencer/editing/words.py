"""The words of the language with their descriptions, all from the table in `language/spec`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sequencer.core.lazy_dataclass import dataclass
from sequencer.language.spec import ACTIONS, SETTINGS, STATEMENTS, TRIGGERS
from sequencer.language.yaml.schema import build_schema

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SEE = re.compile(r"(?:[;,] see|[:,]) *(?:\[below\]\([^)]*\)|below\b)")
_CODE = re.compile(r"`([^`]+)`")
_COLUMNS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the language: how it is written, and what it does. Both are plain text."""

    word: str
    form: str
    description: str


@cache
def known_words() -> dict[str, Word]:
    """Return the words that begin a statement, an action or a trigger, and those inside them.

    Where a word has several meanings (`sr` and `snap` are settings and actions), the entry has all
    of them.
    """
    found: dict[str, Word] = {}
    for statement in STATEMENTS:
        _add(found, statement.keyword, statement.example, statement.description)
        for word, description in statement.words:
            _add(found, word, statement.example, description)
    for setting in SETTINGS:
        _add(found, setting.keyword, setting.example, meaning_of(setting.reference))
    rows = [row for action in ACTIONS for row in action.reference]
    rows += [row for trigger in TRIGGERS for row in trigger.reference]
    for row in rows:
        for form in forms_of(row):
            match = re.match(r"[a-z]+", form)
            if match is not None:
                _add(found, match[0], form, meaning_of(row))
    return found


@cache
def yaml_keys() -> dict[str, str]:
    """Return the descriptions of the keys of a score in YAML, from its schema.

    A key with several meanings (`tempo` of a section and of a cue) has a line for each.
    """
    schema = build_schema()
    found: dict[str, list[str]] = {}
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            for key, content in node.get("properties", {}).items():
                described = plain_text(_description_of(content, schema))
                described = described if " · " in described else as_sentence(described)
                if described and described not in found.setdefault(key, []):
                    found[key].append(described)
            waiting += node.values()
    return {key: "\n".join(described) for key, described in found.items() if described}


def _description_of(content: Any, schema: dict[str, Any]) -> str:
    """Return the description in a part of a schema, or in the definition that it refers to."""
    if not isinstance(content, dict):
        return ""
    name = str(content.get("$ref", "")).rpartition("/")[2]
    own = content.get("description") or schema["$defs"].get(name, {}).get("description", "")
    return str(own)


def _add(found: dict[str, Word], word: str, form: str, *descriptions: str) -> None:
    new = "; ".join(one for one in descriptions if one)
    before = found.get(word)
    if before is None:
        found[word] = Word(word, form, as_sentence(new))
    elif as_sentence(new) not in before.description:
        both = f"{before.description} {as_sentence(new)}".strip()
        found[word] = Word(word, before.form, both)


def forms_of(row: str) -> list[str]:
    """Return how something is written: the code in all columns of a row but the last one."""
    return [form.replace("\\", "") for form in _CODE.findall("|".join(_COLUMNS.split(row)[:-1]))]


def meaning_of(row: str) -> str:
    """Return what something does: the last column of a row of the language reference."""
    return plain_text(_COLUMNS.split(row)[-1])


def plain_text(text: str) -> str:
    """Return a text of the documentation without links and code marks, on one line."""
    return " ".join(_CODE.sub(r"\1", _LINK.sub(r"\1", _SEE.sub("", text))).split())


def as_sentence(text: str) -> str:
    """Return a description with a capital letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
