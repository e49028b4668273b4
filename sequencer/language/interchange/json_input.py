"""JSON with exact numbers, and checked access that names the path of what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction

from sequencer.language.interchange.decimals import read_decimal
from sequencer.language.interchange.imported import MAX_FILE_BYTES, UnreadableError


class _NotFiniteError(ValueError):
    """`NaN` or `Infinity`, which JSON does not have, or a number with too many digits."""


def looks_like_json(data: bytes) -> bool:
    """Return whether a file begins as a JSON object does."""
    return data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def parse_json(data: bytes) -> Value:
    """Read a JSON document; numbers become `Fraction`s from their decimal text.

    Raises:
        UnreadableError: It is not JSON, too large, or too deeply nested.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_FILE_BYTES:,} bytes", "is it the right file?"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"byte {error.start} is not UTF-8", "save the file as UTF-8"
        ) from None
    try:
        document = json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            "export the file again",
            line=error.lineno,
            column=error.colno,
        ) from None
    except _NotFiniteError as error:
        raise UnreadableError(f"this is not JSON: {error}", "export the file again") from None
    except RecursionError:
        raise UnreadableError("it is nested too deeply", "export the file again") from None
    return Value(document)


def _number(text: str) -> Fraction:
    value = read_decimal(text)
    if value is None:
        raise _NotFiniteError(f"{text[:40]} has too many digits")
    return value


def _constant(text: str) -> Fraction:
    raise _NotFiniteError(f"{text} is not a number")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a JSON document with its path (a JSON pointer; empty for the document)."""

    content: object
    pointer: str = ""

    def error(self, message: str, hint: str | None = None) -> UnreadableError:
        """Return an error about this value."""
        return UnreadableError(message, hint, pointer=self.pointer or "/")

    @property
    def is_missing(self) -> bool:
        """Whether the value is null, or the key does not exist."""
        return self.content is None

    def get(self, key: str) -> Value:
        """Return the value of a key, null if it does not exist.

        Raises:
            UnreadableError: This is not an object.
        """
        if not isinstance(self.content, dict):
            raise self.error(f"this must be an object, not {self.kind}", "write it in braces")
        escaped = key.replace("~", "~0").replace("/", "~1")
        return Value(self.content.get(key), f"{self.pointer}/{escaped}")

    def has(self, key: str) -> bool:
        """Return whether this is an object with a key that is not null."""
        return isinstance(self.content, dict) and self.content.get(key) is not None

    def keys(self) -> tuple[str, ...]:
        """Return the keys of an object; empty for anything else."""
        return tuple(self.content) if isinstance(self.content, dict) else ()

    def items(self, most: int, what: str) -> tuple[Value, ...]:
        """Return the values of an array.

        Args:
            most: The maximum number of values.
            what: What they are, for the message: `beats`.

        Raises:
            UnreadableError: This is not an array, or it is longer.
        """
        if not isinstance(self.content, list):
            raise self.error(
                f"the {what} must be an array, not {self.kind}", "write it in square brackets"
            )
        if len(self.content) > most:
            raise self.error(
                f"there are {len(self.content):,} {what}; the maximum is {most:,}",
                "split the file",
            )
        return tuple(Value(one, f"{self.pointer}/{at}") for at, one in enumerate(self.content))

    def number(self, what: str = "this") -> Fraction:
        """Return a number. Raises UnreadableError."""
        if not isinstance(self.content, Fraction):
            raise self.error(f"{what} must be a number, not {self.kind}", "write it without quotes")
        return self.content

    def text(self, what: str = "this") -> str:
        """Return a string. Raises UnreadableError."""
        if not isinstance(self.content, str):
            raise self.error(f"{what} must be a string, not {self.kind}", "write it in quotes")
        return self.content

    @property
    def kind(self) -> str:
        """What this is, for messages."""
        match self.content:
            case None:
                return "missing"
            case bool():
                return "true or false"
            case Fraction():
                return "a number"
            case str():
                return "a string"
            case list():
                return "an array"
            case _:
                return "an object"
