"""MkDocs hooks: the pages of `docs/` become a site without being edited for it.

The pages are written for GitHub and run by the tests.

Nothing here changes what a page states. Links that leave `docs/` are redirected, notes for the
tests are removed, diagrams that would need a script from the network become tables, and the pages
that the program generates are added.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pygments.lexers import LEXERS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

FROM_ROOT = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "scores/README.md": "scores.md",
}
"""Pages of the repository outside of `docs/` that the site shows, with their names there."""

STYLE = "website.css"
API_PAGE = "api-reference.md"

API_HEAD = """\
# API reference

Every public name of `sequencer`, described by its docstring, in the order of [Python API](api.md),\
 which introduces them with
examples.
"""

_FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,})(?P<info>.*)$")
_NOTE = re.compile(r"^<!-- (?:score|output): .* -->$")
_LINK = re.compile(r"(?P<before>\]\()(?P<target>[^()\s]+)(?P<after>\))")
_CODE = re.compile(r"(`+)(?:.(?!\1))*?.?\1")
_TRANSITION = re.compile(r"(?P<source>\S+) --> (?P<target>[^:\s]+)(?:: (?P<when>.*))?")
_NOTE_ON_STATE = re.compile(r"note (?:right|left) of (?P<state>\w+)")
_PUBLIC_NAME = re.compile(r"^\| `(?P<name>[A-Za-z]\w*)(?P<parameters>\([^`]*\))?` \|", re.MULTILINE)


class Anchors:
    """Makes the anchors of a page's headings as GitHub does.

    A link therefore works there and on the site.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def start_page(self) -> None:
        """Forget the headings of the page before."""
        self._counts.clear()

    def __call__(self, title: str, separator: str = "-") -> str:
        """Return the anchor of the next heading; a title that was there before gets a number."""
        anchor = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", separator)
        self._counts[anchor] += 1
        earlier = self._counts[anchor] - 1
        return f"{anchor}-{earlier}" if earlier else anchor


anchors = Anchors()


# ---- the events of MkDocs ------------------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make anchors as GitHub does, and register the highlighting of scores."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = anchors
    LEXERS["ScoreLexer"] = ("website.lexer", "Score", ("score",), ("*.score",), ())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the style sheet, the pages from outside of `docs/` and those that are generated."""
    files.append(
        File.generated(
            config, STYLE, content=(ROOT / "website" / STYLE).read_text(encoding="utf-8")
        )
    )
    for path, name in FROM_ROOT.items():
        if (ROOT / path).exists():
            files.append(
                File.generated(config, name, content=(ROOT / path).read_text(encoding="utf-8"))
            )
    from sequencer.cli.explain import generate

    for page in ("errors", "advice"):
        files.append(File.generated(config, f"{page}.md", content=generate(page)))
    files.append(
        File.generated(
            config, API_PAGE, content=api_reference((DOCS / "api.md").read_text(encoding="utf-8"))
        )
    )
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Adapt the Markdown of a page."""
    anchors.start_page()
    if page.parent is None:  # it is alone in its group, so there is nothing to list beside it
        page.meta.setdefault("hide", ["navigation"])
    name = page.file.src_uri
    source = next((ROOT / path for path, shown in FROM_ROOT.items() if shown == name), DOCS / name)
    text = adapt(markdown, source.parent)
    return with_references(text) if name == "api.md" else text


# ---- what they do --------------------------------------------------------------------------------


def home() -> str:
    """Return the address of the repository, to which links lead that leave the site."""
    from sequencer.core.version import HOME

    return HOME


def adapt(markdown: str, folder: Path) -> str:
    """Return a page of `folder` as the site's Markdown.

    Indents are doubled: Python-Markdown nests lists by four spaces.
    """

    def prose(line: str) -> str:
        if (
            line == "<details>"
        ):  # elsewhere than on GitHub, HTML contains Markdown only where it says so
            return '<details markdown="1">'
        indent = " " * (len(line) - len(line.lstrip(" ")))
        return indent + outside_code(
            line, lambda text: _LINK.sub(lambda link: _redirected(link, folder), text)
        )

    lines: list[str] = []
    for block in _blocks(markdown):
        opening = _FENCE.match(block[0])
        if opening is None:
            lines += [prose(line) for line in block if not _NOTE.match(line)]
        elif opening["info"].strip() == "mermaid":
            lines += transitions(block[1:-1])
        else:
            language = opening["info"].strip().split(" ")[0]
            shown = (
                "text" if language == "console" else language
            )  # as a session, output with a # would look like a command
            lines += [opening["indent"] + opening["marks"] + shown, *block[1:]]
    return "\n".join(lines)


def outside_code(line: str, change: Callable[[str], str]) -> str:
    """Return a line with everything changed that is not in code."""
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(line):
        parts += [change(line[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*parts, change(line[at:])])


def _blocks(markdown: str) -> Iterator[list[str]]:
    """Yield fenced blocks with their fences, and each other line by itself."""
    lines = iter(markdown.split("\n"))
    for line in lines:
        opening = _FENCE.match(line)
        block = [line]
        if opening is not None:
            for inner in lines:
                block.append(inner)
                if inner.strip().startswith(opening["marks"]) and not inner.strip(" `"):
                    break
        yield block


def _redirected(link: re.Match[str], folder: Path) -> str:
    """Return a link whose target is reached from the site.

    The target is a page of it, or a file in the repository.
    """
    target: str = link["target"]
    path, _, anchor = target.partition("#")
    if not path or "://" in path or path.startswith("mailto:"):
        return link[0]
    file = Path(os.path.normpath(folder / path))
    if file.is_relative_to(DOCS) and folder.is_relative_to(DOCS):
        return link[0]
    inside = file.relative_to(ROOT).as_posix()
    if file.is_relative_to(DOCS):
        target = file.relative_to(DOCS).as_posix()
    elif inside in FROM_ROOT:
        up = "../" * len(folder.relative_to(DOCS).parts) if folder.is_relative_to(DOCS) else ""
        target = up + FROM_ROOT[inside]
    else:
        target = f"{home()}/{'tree' if file.is_dir() else 'blob'}/main/{inside}"
    return link["before"] + target + ("#" + anchor if anchor else "") + link["after"]


def transitions(diagram: list[str]) -> list[str]:
    """Return a state diagram of Mermaid as a table.

    Mermaid itself is a script that the site would load from the network.

    Raises:
        ValueError: The diagram has a line that is neither a transition nor part of a note.
    """
    rows = ["| in | when | next |", "|---|---|---|"]
    notes: list[str] = []
    lines = iter(line.strip() for line in diagram)
    for line in lines:
        note, found = _NOTE_ON_STATE.fullmatch(line), _TRANSITION.fullmatch(line)
        if note is not None:
            notes += [
                "",
                f"**{note['state']}**: {' '.join(iter(lambda: next(lines), 'end note'))}.",
            ]
        elif found is not None:
            first = found["source"] == "[*]"
            row = ("", "the run begins") if first else (found["source"], found["when"] or "")
            rows.append(f"| {row[0]} | {row[1]} | {found['target']} |")
        elif line != "stateDiagram-v2":
            raise ValueError(f"{line!r} is no transition of a state diagram")
    return rows + notes


def api_reference(listing: str) -> str:
    """Return the page that describes every public name from its docstring.

    It has the groups and the order of `docs/api.md`.
    """
    parts = [API_HEAD]
    for section in re.split(r"^(?=## )", listing, flags=re.MULTILINE)[1:]:
        names = [match["name"] for match in _PUBLIC_NAME.finditer(section)]
        if names:
            parts.append(section.partition("\n")[0] + "\n")
            parts += [f"::: sequencer.{name}\n" for name in names]
    return "\n".join(parts)


def with_references(listing: str) -> str:
    """Return `docs/api.md` with every listed name as a link to its entry in the reference."""
    return _PUBLIC_NAME.sub(
        lambda match: (
            "| "
            f"[`{match['name']}{match['parameters'] or ''}`]({API_PAGE}#sequencer.{match['name']}) "
            "|"
        ),
        listing,
    )
