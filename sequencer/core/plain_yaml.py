"""Read small YAML files, such as plans and faults files, as plain values with their positions.

Scalars are text: YAML itself would turn `12:30` into a number and `off` into False. Aliases are
refused, because a short file with them can contain a huge value.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from sequencer.core.errors import InputError


class PositionMap:
    """The position of each key and item of a document.

    With it, a problem found later has its line and column.
    """

    def __init__(self) -> None:
        self.marks: dict[tuple[str | int, ...], tuple[int, int]] = {}

    def of(self, path: Iterable[str | int]) -> tuple[int, int]:
        """Return the line and column of the deepest known part of a path."""
        known = tuple(path)
        while known and known not in self.marks:
            known = known[:-1]
        return self.marks.get(known, (1, 1))


def read_text_file(path: Path, most: int, *, missing: str, kind: str) -> str:
    """Return the text of a small file.

    Args:
        path: The file.
        most: Its maximum size, in bytes.
        missing: The hint if it cannot be read.
        kind: What it is, such as `a faults file`, for messages.

    Raises:
        InputError: It cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError(f"{path}: cannot be read: {reason}", missing) from error
    if len(data) > most:
        raise InputError(
            f"{path}: is larger than {most} bytes", f"{kind} is small; is it the right file?"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text", "save it as UTF-8") from error


def parse_yaml(text: str, name: str, hint: str, deepest: int) -> tuple[object, PositionMap]:
    """Parse a YAML text into mappings, lists and texts.

    Args:
        text: The text.
        name: Its name for messages.
        hint: The hint of an error about keys, such as the page that lists them.
        deepest: How deeply lists and mappings may be nested.

    Returns:
        The value (an empty mapping for an empty text), and the positions of its parts. A key
            without a value is absent.

    Raises:
        InputError: It is not YAML, or has aliases, duplicate keys or too many levels.
    """
    positions = PositionMap()
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            mark = event.start_mark
            where = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
            if isinstance(event, yaml.AliasEvent):
                raise InputError(
                    f"{where}: aliases (*name) are not supported", "write the value itself"
                )
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(
                event, yaml.CollectionEndEvent
            )
            if depth > deepest:
                raise InputError(f"{where}: is nested too deeply", hint)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
        raise InputError(
            f"{where}: is not YAML", "check the indentation and the quotes there"
        ) from error
    except yaml.YAMLError as error:
        raise InputError(
            f"{name}: is not YAML", "the file must contain printable text only"
        ) from error
    if node is None:
        return {}, positions
    return _value(node, (), name, hint, positions), positions


def _value(
    node: yaml.Node, path: tuple[str | int, ...], name: str, hint: str, positions: PositionMap
) -> object:
    positions.marks.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key, value in node.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError(f"{name}:{line}:{column}: a key must be a word", hint)
            if key.value in found:
                raise InputError(
                    f"{name}:{line}:{column}: duplicate {key.value}", "keep one of the two"
                )
            positions.marks[*path, key.value] = (line, column)
            if value.value != "" or value.style:  # a key without a value is treated as absent
                found[key.value] = _value(value, (*path, key.value), name, hint, positions)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(one, (*path, index), name, hint, positions)
            for index, one in enumerate(node.value)
        ]
    return str(node.value)
