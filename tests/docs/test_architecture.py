"""The page on the architecture shows the layers that import-linter enforces, and describes every package."""

from __future__ import annotations

import re
import tomllib

from docs.pages import DOCS, ROOT, read_page

PAGE = read_page(DOCS / "architecture.md")


def layers() -> list[list[str]]:
    """Return the packages, from the top layer down, as `pyproject.toml` lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (found,) = [one["layers"] for one in contracts if one["type"] == "layers"]
    return [[room.strip(" ()") for room in line.split("|")] for line in found]


def test_the_page_draws_the_walls_that_are_held() -> None:
    drawn = [block.text.strip().split("\n") for block in PAGE.blocks() if block.text.startswith("__main__\n")]
    assert drawn == [[" │ ".join(line) for line in layers()]]


def test_every_room_stands_in_the_page_and_nothing_else_does() -> None:
    there = {path.stem for path in (ROOT / "sequencer").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {room for line in layers() for room in line} == there - {"__init__"}
    told = set(re.findall(r"`(\w+)`", PAGE.prose()))
    assert there - {"__init__", "__main__"} <= told
    bold = set(re.findall(r"\*\*`(\w+)`\*\*", PAGE.prose()))
    assert bold <= there, "what is bold is a room"


def test_a_module_that_the_page_names_by_its_path_is_there() -> None:
    for path in re.findall(r"`([a-z_]+(?:/[a-z_]+)+(?:\.[a-z]+)?)`", PAGE.prose()):
        assert (ROOT / path).exists() or (ROOT / "sequencer" / path).exists(), path
