"""The files of the page, as they are served: read once, with their media types.

Media types are fixed here: the ones that a system knows can be wrong (in Windows' registry), and a
browser refuses a module that is not served as JavaScript.

Comments are not served: they are an eighth of what a phone would load. Lines keep their numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""The media type of each ending; files with other endings are not served."""
VENDOR = "vendor/"
"""The folder with the libraries, which are served as they are: they contain their licences."""
STYLES = "style"
"""The folder with the style sheets, each of which the page loads."""
FIRST_STYLES = ("tokens.css", "base.css")
"""The style sheets that come first; the others follow by name."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file: its bytes and its media type."""

    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class PageFiles:
    """All files by their path, such as `vendor/lit-html.js`, and the page itself."""

    files: dict[str, PageFile]
    page: str

    def render(self, nonce: str) -> str:
        """Return the page with the nonce for the styles that the editor adds."""
        return self.page.replace("{nonce}", nonce)


def read_page_files() -> PageFiles:
    """Read the files of the page."""
    found: dict[str, PageFile] = {}
    _collect(files("sequencer.studio") / "page", "", found)
    page = found.pop("index.html").data.decode()
    names = {path.removeprefix(f"{STYLES}/") for path in found if path.startswith(f"{STYLES}/")}
    ordered = [*FIRST_STYLES, *sorted(names - set(FIRST_STYLES))]
    links = "\n    ".join(
        f'<link rel="stylesheet" href="/static/{STYLES}/{name}" />' for name in ordered
    )
    return PageFiles(found, page.replace("{styles}", links))


def _collect(folder: Traversable, prefix: str, found: dict[str, PageFile]) -> None:
    for one in folder.iterdir():
        path = f"{prefix}{one.name}"
        if one.is_dir():
            _collect(one, f"{path}/", found)
            continue
        ending = one.name[one.name.rfind(".") :]
        if ending in MEDIA_TYPES:
            data = one.read_bytes()
            if ending in (".js", ".css") and not path.startswith(VENDOR):
                data = without_comments(data.decode()).encode()
            found[path] = PageFile(data, MEDIA_TYPES[ending])


_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*$", re.MULTILINE)
_TYPE = re.compile(r"/\*\* @[^\n*`]*\*/ ?")
"""A type in the middle of a line of a module, which only its check reads."""


def without_comments(text: str) -> str:
    """Return a module or a style sheet without comments that have lines of their own, or types."""
    lines = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    return _TYPE.sub("", lines)
