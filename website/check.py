"""Checks the built site: links and anchors resolve, and no page loads from another host.

    python -m website.check FOLDER

Prints what is wrong and exits with 1.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]

_LOADS = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "iframe": ("src",),
    "video": ("src", "poster"),
}
_LOADS |= {"source": ("src", "srcset"), "object": ("data",), "embed": ("src",), "audio": ("src",)}
_LINKS_THAT_LOAD_NOTHING = {"canonical", "prev", "next"}
_CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")

FETCHING = {
    'data-md-component="source"': "the theme asks the repository's host for its stars",
    'class="mermaid"': "the theme loads Mermaid from the network",
}
"""Markup that makes a script of the theme load something."""


class _Page(HTMLParser):
    """Collects the ids, the links and the loaded resources of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = {""}
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.styles: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") in _LINKS_THAT_LOAD_NOTHING:
            return
        self.loaded += [values[name] for name in _LOADS.get(tag, ()) if values.get(name)]
        if "style" in values:
            self.styles.append(values["style"])

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False


def problems(site: Path) -> list[str]:
    """Return what is wrong with the site in a folder, one line each."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    pages: dict[Path, _Page] = {}
    for path, text in texts.items():
        pages[path] = _Page()
        pages[path].feed(text)
    found = [] if pages else [f"{site} contains no page"]
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        styles = [one for text in page.styles for one in _css_urls(text)]
        found += [
            f"{name} loads {one} from another host"
            for one in [*page.loaded, *styles]
            if _is_elsewhere(one)
        ]
        found += [f"{name}: {why}" for markup, why in FETCHING.items() if markup in texts[path]]
        found += [
            f"{name} links to {one}, which does not exist"
            for one in page.links + page.loaded
            if not _exists(one, path, site, pages)
        ]
    for path in sorted(site.rglob("*.css")):
        urls = _css_urls(path.read_text(encoding="utf-8"))
        found += [
            f"{path.relative_to(site).as_posix()} loads {one} from another host"
            for one in urls
            if _is_elsewhere(one)
        ]
    return found


def _css_urls(text: str) -> list[str]:
    return [one or other for one, other in _CSS_URL.findall(text)]


def _is_elsewhere(target: str) -> bool:
    return target.startswith("//") or urlsplit(target).scheme in {
        "http",
        "https",
        "ftp",
        "ws",
        "wss",
    }


def _exists(target: str, path: Path, site: Path, pages: dict[Path, _Page]) -> bool:
    """Whether a link leads somewhere; links to other hosts are not followed."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return True
    if path.name == "404.html":  # it is shown at any address, so its links are absolute
        return True
    file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if file.is_dir():
        file /= "index.html"
    if not file.is_relative_to(site.resolve()) or not file.exists():
        return False
    return file not in pages or unquote(parts.fragment) in pages[file].ids


def main(arguments: list[str]) -> int:
    """Check the site in the folder that is the only argument."""
    site = Path(arguments[0]).resolve()
    found = problems(site)
    for line in found:
        print(line)
    print(f"{site.name}: {len(list(site.rglob('*.html')))} pages, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
