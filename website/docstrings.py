"""A Griffe extension that adapts the package's docstrings and dataclasses to the API reference."""

from __future__ import annotations

import re
from typing import Any

import griffe

OWN_DATACLASS = "sequencer.core.lazy_dataclass.dataclass"

_DOCTEST = re.compile(r"^(?P<indent> *)>>> .*(?:\n(?P=indent)(?! *$).*)*", re.MULTILINE)


def fenced(text: str) -> str:
    """Return a docstring with its doctests in fences.

    In Markdown, lists that they print would otherwise be links.
    """
    return _DOCTEST.sub(
        lambda found: f"{found['indent']}```pycon\n{found[0]}\n{found['indent']}```", text
    )


class Docstrings(griffe.Extension):
    """Shows doctests as code, and the fields of the package's own dataclasses.

    The fields are shown as those of the standard library's dataclasses.
    """

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Adapt the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)

    def on_class_instance(self, *, cls: griffe.Class, **_: Any) -> None:
        """Replace the decorator of a class, which Griffe would not know.

        Type checkers see the standard library's decorator, too.
        """
        for decorator in cls.decorators:
            call = decorator.value
            if decorator.callable_path == OWN_DATACLASS and isinstance(call, griffe.ExprCall):
                call.function = griffe.ExprName("dataclasses.dataclass")
