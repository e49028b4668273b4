"""XML without document types, read into elements; only the parts that a format needs are kept."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from sequencer.language.interchange.imported import (
    MAX_FILE_BYTES,
    MAX_UNPACKED_BYTES,
    UnreadableError,
)

MAX_ELEMENTS = 500_000
"""The maximum number of elements that are kept."""

MAX_DEPTH = 200

Path = tuple[str, ...]
"""The names of an element and those around it, the outermost first."""


@dataclass(slots=True, kw_only=True)
class Element:
    """An element: its name, attributes, kept children, and the line on which it begins."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def find(self, *path: str) -> Element | None:
        """Return the first element along a path of names, or None."""
        here: Element | None = self
        for name in path:
            if here is None:
                return None
            here = next((one for one in here.children if one.name == name), None)
        return here

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children of a name."""
        return (one for one in self.children if one.name == name)

    def descendants(self, name: str) -> Iterator[Element]:
        """Yield every element of a name below this one, in document order."""
        waiting = list(reversed(self.children))
        while waiting:
            here = waiting.pop()
            if here.name == name:
                yield here
            waiting += reversed(here.children)

    def error(self, message: str, hint: str | None = None) -> UnreadableError:
        """Return an error about this element."""
        return UnreadableError(f"{self.name}: {message}", hint, line=self.line)


def parse_xml(data: bytes, keep: Callable[[Path], bool] = lambda _: True) -> Element:
    """Read an XML document without a document type.

    Args:
        data: The document.
        keep: Whether an element with this path is kept; what is inside a dropped element is
            dropped too. The outermost element is always kept.

    Returns:
        The outermost element.

    Raises:
        UnreadableError: It is not XML, has a document type, or exceeds a limit.
    """
    if len(data) > MAX_UNPACKED_BYTES:
        raise UnreadableError(
            f"it has more than {MAX_UNPACKED_BYTES:,} bytes", "is it the right file?"
        )
    builder = _Builder(keep)
    parser = builder.parser
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableError(
            f"this is not XML: {expat.ErrorString(error.code)}",
            "export the file again",
            line=error.lineno,
            column=error.offset + 1,
        ) from None
    except (ValueError, LookupError) as error:  # an encoding that does not exist
        raise UnreadableError(f"this is not XML: {error}", "export the file as UTF-8") from None
    if builder.root is None:
        raise UnreadableError("this is not XML: it has no element", "export the file again")
    return builder.root


class _Builder:
    def __init__(self, keep: Callable[[Path], bool]) -> None:
        self.keep = keep
        self.root: Element | None = None
        self.open: list[Element] = []
        self.skipped = 0
        self.count = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise UnreadableError(
            "the document has a document type (<!DOCTYPE …>), which is not accepted",
            "delete that line",
            line=self.parser.CurrentLineNumber,
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self.skipped or not (
            not self.open or self.keep((*(one.name for one in self.open), name))
        ):
            self.skipped += 1
            if self.skipped > 100 * MAX_DEPTH:
                raise UnreadableError("it is nested too deeply", None)
            return
        self.count += 1
        if self.count > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise UnreadableError(
                f"it has more than {MAX_ELEMENTS:,} elements, or is nested more than "
                f"{MAX_DEPTH} levels deep",
                "is it the right file?",
                line=self.parser.CurrentLineNumber,
            )
        element = Element(name=name, attributes=attributes, line=self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, _name: str) -> None:
        if self.skipped:
            self.skipped -= 1
        else:
            self.open.pop()


def unpack_gzip(data: bytes) -> bytes:
    """Return what a gzip file contains.

    Raises:
        UnreadableError: It is damaged, or contains more than `MAX_UNPACKED_BYTES`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_FILE_BYTES:,} bytes", "is it the right file?"
        )
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(data, MAX_UNPACKED_BYTES + 1)
    except zlib.error:
        raise UnreadableError("the compressed file is damaged", "save it again") from None
    if len(found) > MAX_UNPACKED_BYTES:
        raise UnreadableError(
            f"it contains more than {MAX_UNPACKED_BYTES:,} bytes", "is it the right file?"
        )
    if not unpacking.eof:
        raise UnreadableError("the compressed file is not complete", "save it again")
    return found
