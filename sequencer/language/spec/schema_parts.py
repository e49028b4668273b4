"""Pieces of the JSON Schema of scores: patterns, and functions that build one value's schema.

Values may be numbers where YAML converts them to numbers: a schema sees what an editor's parser
made of the file.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# The names of the language may contain letters of every script. `\w` means ASCII in the regular
# expressions of JSON Schema, so the pattern excludes what is not allowed: white space and ASCII
# punctuation.
NAME = r"[^\s!-@\[-^`{-~][^\s!-,./:-@\[-^`{-~]*"
NUMBER = r"[0-9]+(?:\.[0-9]+|/[0-9]+)?"
LENGTH = rf"(?:{NUMBER} ?(?:bars?|beats?)|{NUMBER}(?:b|c|f|s|ms|m)|[0-9]+m[0-9]+(?:\.[0-9]+)?s)"
SECONDS = rf"(?:{NUMBER}(?:s|ms|m)|[0-9]+m[0-9]+(?:\.[0-9]+)?s)"
TEMPO = rf"{NUMBER}(?: *-> *{NUMBER})?"
CHANNEL = r"(?: +ch +[0-9]+)?"
VELOCITY = r"(?: +vel *[<>]=? *[0-9]+)?"
LANDING = r"next +(?:[0-9]+ +)?(?:bars?|beats?)"
NOTE = r"(?:[A-Ga-g][#b♯♭]?-?[0-9]+|[0-9]+)"


def match_pattern(pattern: str, description: str, *, number: bool = False, **more: object) -> Json:
    """Return the schema of a value that matches `pattern`.

    With `number` an editor's parser may have made the value a number.
    """
    written: Json = {"type": "string", "pattern": f"^(?:{pattern})$"}
    if not number:
        return {"description": description, **written, **more}
    return {
        "description": description,
        "anyOf": [written, {"type": "number", "minimum": 0}],
        **more,
    }


def choose_from(values: tuple[str, ...], description: str) -> Json:
    """Return the schema of a value that is one of several words."""
    return {"description": description, "enum": list(values)}


def refer_to(name: str) -> Json:
    """Return a reference to a definition of the schema."""
    return {"$ref": f"#/$defs/{name}"}


def describe_reference(name: str, description: str) -> Json:
    """Return a reference to a definition of the schema, with a description of its own."""
    return {"$ref": f"#/$defs/{name}", "description": description}


def one_or_more(item: Json, description: str) -> Json:
    """Return the schema of one item or a list of them."""
    return {
        "description": description,
        "anyOf": [item, {"type": "array", "items": item, "minItems": 1}],
    }
