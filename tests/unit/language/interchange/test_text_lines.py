from __future__ import annotations

import pytest

from sequencer.language.interchange import text_lines
from sequencer.language.interchange.imported import UnreadableError
from sequencer.language.interchange.text_lines import first_line, split_lines


def test_lines_have_their_numbers_whatever_ends_them() -> None:
    assert split_lines(b"\xef\xbb\xbfa\r\n\rb\n") == [(1, "a"), (2, ""), (3, "b"), (4, "")]
    assert first_line(b"\xef\xbb\xbf\n \n x\xff\ny") == " x\ufffd"
    assert first_line(b"") == ""


def test_the_number_of_lines_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "MAX_LINES", 3)
    with pytest.raises(UnreadableError, match="the file has 4 lines; the maximum is 3"):
        split_lines(b"\n\n\n")
