from __future__ import annotations

import pytest

from sequencer.language.interchange import lrc
from sequencer.language.interchange.imported import ImportOptions, UnreadableError
from tests.support.imports import body, imported
from tests.support.timed_files import LRC


def test_each_line_becomes_a_mark_with_its_words_in_a_comment() -> None:
    found = imported(LRC, "lrc")
    assert found.text.startswith('score "Paper boat"\n# ar: Somebody\n')
    assert body(found) == (
        "section song 25.9s {\n"
        "  at 4.1s mark l1  # Now it turns\n"
        "  at 11.9s mark l2  # It rests\n"
        "  at 20.4s mark l3  # It rests\n}"
    )
    assert "# dropped: 1 time of single words\n" in found.text
    assert found.summary == "kept 3, rounded 0, dropped 1 (times of words)"


def test_lines_become_prompts_by_a_template() -> None:
    found = imported(LRC, "lrc", template="A paper boat {x}. {line}.")
    assert '  at 4.1s "A paper boat {{x}}. Now it turns."  # line 4\n' in found.text
    assert '  at 0s "Write here what song shows."\n' in found.text
    plain = imported(LRC, "lrc", words="prompts")
    assert '  at 4.1s "Now it turns"  # line 4\n' in plain.text


def test_of_two_prompts_on_one_chunk_the_first_is_kept() -> None:
    found = imported(b"[00:04.20]one\n[00:04.50]two\n[00:08]three\n", "lrc", words="prompts")
    assert body(found) == (
        "section song 13.5s {\n"
        '  at 4.2s "one"  # line 1\n'
        "  # dropped: on the same chunk as the prompt before: two\n"
        '  at 8s "three"  # line 3\n}'
    )
    assert found.summary == "kept 2, rounded 0, dropped 1 (prompts on the chunk of another)"


def test_a_prompt_at_the_beginning_needs_no_placeholder() -> None:
    assert "Write here" not in imported(b"[00:00.20]one\n", "lrc", words="prompts").text


def test_nothing_is_lost_silently() -> None:
    data = b"[offset:+500]\n[00:00.10]early\n[00:02:50]one\n[00:05.00]\nno time\n[x] words\n"
    found = imported(data, "lrc")
    assert "at 2s mark l1  # one\n" in found.text
    for comment in (
        "-0.400 s, before the beginning: early",
        "the empty line 4 of the file",
        "line 5: no time",
        "line 6: [x] words",
    ):
        assert f"# dropped: {comment}\n" in found.text
    assert (
        found.summary
        == (
            "kept 1, rounded 0, dropped 4 (lines without a time, lines before the beginning, "
            "empty lines)"
        )
        or sum(count for _, count in found.dropped) == 4
    )


def test_another_encoding_is_named() -> None:
    data = "[ti:夜]\n[00:01.00]電車".encode("shift_jis")
    with pytest.raises(UnreadableError, match="not utf-8 text"):
        lrc.read(data, ImportOptions())
    assert "# 電車\n" in lrc.read(data, ImportOptions(encoding="shift_jis")).text


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"[ti:x]\nwords\n", "", "no line has a time"),
        (b"[00:61.00]x\n", ":1", "has 61 seconds"),
        (b"[offset:soon]\n[00:01.00]x\n", ":1", "'soon' is not an offset"),
    ],
)
def test_a_wrong_line_is_an_error(data: bytes, place: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        lrc.read(data, ImportOptions())
    assert raised.value.place == place and raised.value.hint


def test_a_template_without_line_is_an_error() -> None:
    with pytest.raises(UnreadableError, match="does not contain"):
        lrc.read(LRC, ImportOptions(template="A boat."))


def test_the_number_of_lines_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lrc, "MAX_ENTRIES", 2)
    with pytest.raises(UnreadableError, match="more than 2 lines"):
        lrc.read(b"[00:01.00][00:02.00][00:03.00]x\n", ImportOptions())


@pytest.mark.parametrize("data", [b"", b"[1]", b"[intro]\n", b"1.5\t1.5\tx", b"00:01.00 x"])
def test_other_text_is_not_recognised(data: bytes) -> None:
    assert not lrc.recognise(data)
