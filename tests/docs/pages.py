"""Markdown pages as the tests read them: fenced blocks with the comments before them, headings as
anchors, links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sequencer.cli import explain

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<marks>`{3,})(?P<info>[^`]*)$")
_NOTE = re.compile(r"^<!-- (?P<about>score|output): (?P<what>.+?) -->$")
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *#*$")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^()\s]+(?:\([^()\s]*\))?)\)")
_HTML_TARGET = re.compile(r'(?:href|src)="(?P<target>[^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    `note` is the HTML comment on the line before it, as (about, what); `line` is its first line of
    text.
    """

    info: str
    text: str
    line: int
    note: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The path of the page in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    def blocks(self) -> Iterator[Block]:
        """Yield the fenced blocks, in order. Raises ValueError for a fence that is never closed."""
        lines = self.text.split("\n")
        number = 0
        while number < len(lines):
            opening = _FENCE.match(lines[number])
            if opening is None:
                number += 1
                continue
            start = number + 1
            closing = re.compile(rf"^ {{0,3}}`{{{len(opening['marks'])},}} *$")
            end = next((at for at in range(start, len(lines)) if closing.match(lines[at])), None)
            if end is None:
                raise ValueError(f"{self.name}:{number + 1}: this fence is never closed")
            note = _NOTE.match(lines[number - 1]) if number else None
            text = "".join(line + "\n" for line in lines[start:end])
            about = None if note is None else (note["about"], note["what"])
            yield Block(info=opening["info"].strip(), text=text, line=start + 1, note=about)
            number = end + 1

    def prose(self) -> str:
        """Return the page without its fenced blocks, whose lines are left empty."""
        lines = self.text.split("\n")
        for block in self.blocks():
            for at in range(block.line - 2, block.line + block.text.count("\n")):
                lines[at] = ""
        return "\n".join(lines)

    def anchors(self) -> set[str]:
        """Return the anchors of its headings, as GitHub makes them."""
        found: dict[str, int] = {}
        anchors = set(re.findall(r'<a (?:id|name)="([^"]+)"', self.text))
        for line in self.prose().split("\n"):
            heading = _HEADING.match(line)
            if heading is None:
                continue
            anchor = slug(heading["title"])
            count = found.get(anchor, 0)
            found[anchor] = count + 1
            anchors.add(anchor if count == 0 else f"{anchor}-{count}")
        return anchors

    def links(self) -> list[str]:
        """Return the targets of its links and images."""
        prose = re.sub(r"`[^`\n]*`", "", self.prose())
        return [
            match["target"]
            for pattern in (_LINK, _HTML_TARGET)
            for match in pattern.finditer(prose)
        ]

    def sections(self) -> dict[str, str]:
        """Return the text below each heading of the second level, by title."""
        parts = re.split(r"^## +(.+?) *$", self.text, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))


def slug(title: str) -> str:
    """Return the anchor of a heading: lower case, without punctuation, spaces as hyphens."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


GENERATED = {DOCS / "errors.md": "errors", DOCS / "advice.md": "advice"}
"""Pages that exist on the built site only, with the names by which they are generated from the
catalog of codes.
"""

generate = cache(explain.generate)


def page_exists(path: Path) -> bool:
    """Whether a link to this path has a target."""
    return path in GENERATED or path.exists()


def read_page(path: Path) -> Page:
    """Read a page, or generate it."""
    return Page(
        path, generate(GENERATED[path]) if path in GENERATED else path.read_text(encoding="utf-8")
    )


def all_pages() -> list[Page]:
    """Return the pages outside of docs/, then everything in it."""
    top = [
        ROOT / name
        for name in (
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "CODE_OF_CONDUCT.md",
            "scores/README.md",
        )
    ]
    return [read_page(path) for path in [*top, *sorted({*DOCS.rglob("*.md"), *GENERATED})]]
