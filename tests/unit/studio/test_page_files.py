"""The files of the page."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from sequencer.studio.page_files import read_page_files, without_comments


def test_the_page_loads_only_files_that_are_served() -> None:
    found = read_page_files()
    page = found.render("the-nonce")
    loaded = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert loaded
    assert {"main.js", "style/tokens.css", "style/base.css"} <= set(loaded)
    assert set(loaded) <= set(found.files)
    assert 'content="the-nonce"' in page
    assert "{" not in page


def test_the_styles_come_in_the_order_in_which_they_build_on_each_other() -> None:
    styles = re.findall(r"/static/style/(\S+?)\"", read_page_files().page)
    assert styles[:2] == ["tokens.css", "base.css"]
    assert styles[2:] == sorted(styles[2:])


def test_modules_import_only_files_that_are_served() -> None:
    found = read_page_files()
    for path, file in found.files.items():
        if not path.endswith(".js") or path.startswith("vendor/"):
            continue
        assert file.content_type == "text/javascript"
        for imported in re.findall(r'from "\./([^"]+)"', file.data.decode()):
            assert imported in found.files, f"{path} imports {imported}"


def test_types_and_unknown_files_are_not_served() -> None:
    assert "protocol.d.ts" not in read_page_files().files
    assert "index.html" not in read_page_files().files


def test_comments_are_not_served_and_lines_keep_their_numbers() -> None:
    text = "/** A. */\nconst a = 1; // stays\n  /*\n   * b `\n   */\nlet b = /* c */ 2;\n// d\nb;\n"
    assert without_comments(text) == "\nconst a = 1; // stays\n\n\n\nlet b = /* c */ 2;\n\nb;\n"
    cast = "const c = /** @type {(a: number) => void} */ (b);\nf((/** @param {any} a */ a) => a);\n"
    assert without_comments(cast) == "const c = (b);\nf((a) => a);\n"


@pytest.mark.parametrize(
    "path", [path for path in read_page_files().files if path.endswith((".js", ".css"))]
)
def test_only_comments_are_left_out(path: str) -> None:
    """Nothing in a template of a module looks like a comment."""
    source = (files("sequencer.studio") / "page" / path).read_text(encoding="utf-8")
    served = read_page_files().files[path].data.decode()
    if path.startswith("vendor/"):
        assert served == source
        return
    assert served.count("\n") == source.count("\n")
    templates = 0
    for before, after in zip(source.split("\n"), served.split("\n"), strict=True):
        if after not in (before, ""):
            assert after == re.sub(r"/\*\* @(?:type|param) [^\n]*?\*/ ?", "", before)
            assert before.count("`") == after.count("`")
        elif before != after:
            assert templates % 2 == 0, f"in a template of {path}: {before}"
        if after != "":
            templates += after.replace("\\`", "").count("`")
