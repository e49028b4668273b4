"""Write the types of the studio's messages for the page, from the Python module that defines them.

`python -m tests.support.protocol_types` writes the file anew.
"""

from __future__ import annotations

import types
import typing
from pathlib import Path

from sequencer.studio import protocol

FILE = Path(protocol.__file__).with_name("page") / "protocol.d.ts"
_SIMPLE: dict[object, str] = {
    int: "number",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    typing.Any: "any",
}


def write_type(kind: object) -> str:
    """Return a type of Python as one of TypeScript."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.NotRequired, typing.Required):
        return write_type(arguments[0])
    if origin is typing.Literal:
        return " | ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in arguments)
    if origin is list:
        inner = write_type(arguments[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{write_type(arguments[0])}, {write_type(arguments[1])}>"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(write_type(one) for one in arguments)
    if typing.is_typeddict(kind):
        return typing.cast("type", kind).__name__
    raise TypeError(f"no type of TypeScript is known for {kind!r}")


def write_types() -> str:
    """Return the file's text."""
    lines = ["// Written by tests/support/protocol_types.py from sequencer/studio/protocol.py.", ""]
    for name, one in vars(protocol).items():
        if typing.is_typeddict(one) and one.__module__ == protocol.__name__:
            lines.append(f"export interface {name} {{")
            hints = typing.get_type_hints(one, include_extras=True)
            for field, kind in hints.items():
                optional = "?" if typing.get_origin(kind) is typing.NotRequired else ""
                lines.append(f"  {field}{optional}: {write_type(kind)};")
            lines += ["}", ""]
    union = typing.get_args(protocol.ServerMessage)
    lines.append(f"export type ServerMessage = {' | '.join(one.__name__ for one in union)};")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(write_types(), encoding="utf-8")
