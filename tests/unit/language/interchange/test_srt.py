from __future__ import annotations

import pytest

from sequencer.language.interchange import srt
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from tests.support.imports import body, imported
from tests.support.timed_files import SRT


def test_each_subtitle_becomes_a_mark_and_the_last_one_ends_the_score() -> None:
    found = imported(SRT, "srt")
    assert body(found) == (
        "section song 12s {\n"
        "  # dropped: the format of line 2: Now <i>it</i> turns.\n"
        "  at 4.1s mark l1  # Now it turns.\n"
        "  at 8.5s mark l2  # It rests.\n}"
    )
    assert found.summary == "kept 2, rounded 0, dropped 1 (formats)"
    assert found.notes == ()


def test_subtitles_become_prompts() -> None:
    found = imported(SRT, "srt", template="A paper boat. {line}")
    assert '  at 4.1s "A paper boat. Now it turns."  # line 2\n' in found.text


def test_files_of_other_programs_are_read_too() -> None:
    data = b"\xef\xbb\xbf00:00:01.5 --> 00:00:02.5 X1:40\r\none\r\n2\r\n00:00:03,0 --> 00:00:04,0\r\ntwo 2\r\n2\r\n"
    found = imported(data, "srt")
    assert "at 1.5s mark l1  # one\n" in found.text
    assert "at 3s mark l2  # two 2 2\n" in found.text


def test_an_empty_subtitle_is_dropped_with_a_comment() -> None:
    found = imported(b"1\n00:00:01,000 --> 00:00:02,000\n\n" + SRT, "srt")
    assert "# dropped: the empty one of line 2\n" in found.text


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"1\n00:00:05,000 --> 00:00:04,000\nx\n", ":2", "ends before it begins"),
        (b"1\n00:61:00,000 --> 01:62:00,000\nx\n", ":2", "00:61:00 is not a time"),
        (SRT + b"\n3\n0:1 --> 0:2\nx\n", ":11", "these are not the times"),
        (SRT + b"\nhello\n", ":10", "a subtitle is a number"),
        (b"7\n", "", "has no subtitle"),
    ],
)
def test_a_wrong_subtitle_is_an_error_at_its_line(data: bytes, place: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        srt.read(data, ImportOptions())
    assert raised.value.place == place and raised.value.hint


def test_the_number_of_subtitles_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srt, "MAX_ENTRIES", 1)
    with pytest.raises(UnreadableError, match="more than 1 subtitles"):
        srt.read(SRT, ImportOptions())


@pytest.mark.parametrize("data", [b"", b"1\n2\n", b"a --> b", b"WEBVTT\n"])
def test_other_text_is_not_recognised(data: bytes) -> None:
    assert not srt.recognise(data)
