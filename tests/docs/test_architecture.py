"""The page on the architecture shows the layers that import-linter enforces, and describes every
package.
"""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import DOCS, ROOT, read_page

PAGE = read_page(DOCS / "architecture.md")


def layers() -> list[list[str]]:
    """Return the packages, from the top layer down, as `pyproject.toml` lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    (found,) = [one["layers"] for one in contracts if one["type"] == "layers"]
    return [[package.strip(" ()") for package in line.split("|")] for line in found]


def test_the_page_shows_the_layers_that_are_enforced() -> None:
    shown = [
        block.text.strip().split("\n")
        for block in PAGE.blocks()
        if block.text.startswith("__main__\n")
    ]
    assert shown == [[" │ ".join(line) for line in layers()]]


def test_the_page_names_every_package_and_nothing_else() -> None:
    packages = {
        path.stem
        for path in (ROOT / "sequencer").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert {package for line in layers() for package in line} == packages - {"__init__"}
    named = set(re.findall(r"`(\w+)`", PAGE.prose()))
    assert packages - {"__init__", "__main__"} <= named
    bold = set(re.findall(r"\*\*`(\w+)`\*\*", PAGE.prose()))
    assert bold <= packages, "what is bold is a package"


def test_a_module_that_the_page_names_by_its_path_exists() -> None:
    for path in re.findall(r"`([a-z_]+(?:/[a-z_]+)+(?:\.[a-z]+)?)`", PAGE.prose()):
        assert (ROOT / path).exists() or (ROOT / "sequencer" / path).exists(), path


MAX_LINES = 600
"""The length of a module that needs no reason."""


def test_long_modules_have_a_reason() -> None:
    package = ROOT / "sequencer"
    page = read_page(DOCS / "decisions" / "packages.md")
    reasons = set(re.findall(r"^\| `([a-z_/]+\.py)` \| \S", page.text, re.MULTILINE))
    long = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES
    }
    assert long == reasons
