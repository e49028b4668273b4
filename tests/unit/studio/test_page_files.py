"""The files of the page."""

from __future__ import annotations

import re

from sequencer.studio.page_files import read_page_files


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
