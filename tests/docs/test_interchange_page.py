"""The page on import and export lists every format, and marks whether it is read and written."""

from __future__ import annotations

import re

from sequencer.api.exporting import export_kinds
from sequencer.api.importing import kinds
from tests.docs.pages import DOCS, read_page

PAGE = read_page(DOCS / "interchange.md")


def test_every_format_is_in_the_table() -> None:
    rows = re.findall(
        r"^\| ((?:`[a-z-]+`(?:, )?)+) \|([^|\n]*)\|([^|\n]*)\|", PAGE.text, re.MULTILINE
    )
    named = {kind for names, _, _ in rows for kind in re.findall(r"`([a-z-]+)`", names)}
    assert named == set(kinds()) | set(export_kinds())
    for names, is_read, is_written in rows:
        listed = set(re.findall(r"`([a-z-]+)`", names))
        read = set(re.findall(r"`([a-z-]+)`", is_read)) or (listed if "●" in is_read else set())
        assert read == listed & set(kinds()), names
        written = listed if "●" in is_written else set()
        assert written == listed & set(export_kinds()), names
