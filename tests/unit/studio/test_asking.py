from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sequencer.core.errors import UsageError
from sequencer.editing.looking import look
from sequencer.language.loader import Notation, load_text
from sequencer.language.notations import print_score
from sequencer.studio.asking import ANSWERS, KINDS, Question, answer
from sequencer.studio.checked_text import CheckedText
from sequencer.studio.text_buffer import TextBuffer, read_changes

TEXT = """clock 120 bpm, 4/4
let hero = "𝄞 a woman"
scene tram {
  base "{hero} waits."
  follow "{hero} remains. {action}"
}
at 1 tram
at 3 tram "It goes."
end 9
"""


def ask(
    what: str, mark: str = "", *, now: str | None = None, folder: Path | None = None, **fields: Any
) -> Any:
    """Ask about `TEXT`, at the end of a part of it, and return the answer."""
    read = partial(load_text, folder=folder)
    present = TextBuffer.of(TEXT if now is None else now)
    checked = CheckedText(1, TextBuffer.of(TEXT), look(TEXT, "tram.score", read))
    if mark:
        before = present.text[: present.text.index(mark) + len(mark)]
        fields["at"] = len(TextBuffer.of(before))
    return answer(what, Question(fields=fields, now=present, checked=checked, folder=folder))


def part(text: str, found: dict[str, Any]) -> str:
    data = TextBuffer.of(text).data[2 * found["from"] : 2 * found["to"]]
    return data.decode("utf-16-le")


def test_positions_in_answers_are_those_of_the_page() -> None:
    found = ask("hover", "at 1 tr")
    assert part(TEXT, found) == "tram"
    assert found["text"].startswith("scene tram\n")
    (target,) = ask("definition", "at 1 tr")
    assert part(TEXT, target) == "tram" and target["line"] == 3


def test_positions_are_moved_to_the_present_text() -> None:
    now = "# 𝄞\n" + TEXT
    assert part(now, ask("hover", "at 1 tr", now=now)) == "tram"
    assert ask("hint", line=8, now=now)["text"] == ask("hint", line=7)["text"]
    changed = TEXT.replace("at 1 tram", "at 2 tram")
    assert ask("hover", "at 2 tr", now=changed) is None, "the line has changed since the check"


def test_completion_reads_the_present_text() -> None:
    now = TEXT.replace("end 9", "at 4 tr\nend 9")
    items = {one["label"]: one for one in ask("complete", "at 4 tr", now=now)["items"]}
    assert part(now, items["tram"]) == "tr" and items["tram"]["kind"] == "scene"


def test_completion_lists_files_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "stop.png").write_bytes(b"")
    now = TEXT.replace("end 9", 'at 4 image "\nend 9')
    found = ask("complete", 'image "', now=now, folder=tmp_path)
    assert "stop.png" in {one["label"] for one in found["items"]}
    assert "stop.png" not in {one["label"] for one in ask("complete", 'image "', now=now)["items"]}


def test_colours_are_those_of_the_present_text() -> None:
    now = TEXT.replace("at 1 tram", "at 1 nobody")
    found = ask("tokens", now=now, first=7, last=7)
    flat = found["tokens"]
    words = [
        (part(now, {"from": start, "to": start + length}), found["kinds"][kind])
        for start, length, kind in zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    ]
    assert words == [("at", "keyword"), ("1", "number"), ("nobody", "scene")]
    assert tuple(found["kinds"]) == KINDS


def test_formatting_is_an_edit() -> None:
    text = TEXT.replace("at 1 tram", "at  1   tram")
    checked = CheckedText(1, TextBuffer.of(text), look(text, "tram.score"))
    question = Question(fields={}, now=checked.buffer, checked=checked, folder=None)
    edits = answer("format", question)["edits"]
    formatted = checked.buffer.changed(read_changes(edits)).text
    assert checked.look.loaded.score is not None
    assert formatted == print_score(checked.look.loaded.score, Notation.TEXT)
    assert "at 1 tram\n" in formatted
    with pytest.raises(UsageError, match="changed since"):
        ask("format", now=TEXT + "\n")


def test_actions_are_edits_of_the_present_text() -> None:
    text = TEXT.replace("at 3", "at 3.5")
    checked = CheckedText(1, TextBuffer.of(text), look(text, "tram.score"))
    now = TextBuffer.of("# more\n" + text)
    at = len(TextBuffer.of(now.text.partition("3.5")[0]))
    found = answer("actions", Question(fields={"at": at}, now=now, checked=checked, folder=None))
    assert found[0]["code"] == "E401" and found[0]["preferred"]
    assert found[0]["edits"] == [{"from": at, "to": at + 3, "text": "4.1"}]


def test_symbols_have_their_cues() -> None:
    found = ask("symbols")
    assert [one["kind"] for one in found] == ["variable", "scene", "cue", "cue"]
    assert part(TEXT, found[0]) == "hero"


def test_a_code_is_explained() -> None:
    found = ask("explain", code="E401")
    assert found["code"] == "E401" and found["text"]
    with pytest.raises(UsageError, match="is not a code"):
        ask("explain", code="E000")


def test_only_files_that_the_score_uses_are_shown(tmp_path: Path) -> None:
    (tmp_path / "secret.score").write_text('let a = "secret"\n')
    for file in (str(tmp_path / "secret.score"), "secret.score", "tram.score"):
        with pytest.raises(UsageError, match="does not use this file"):
            ask("source", file=file, folder=tmp_path)


@pytest.mark.parametrize("what", sorted(ANSWERS))
@pytest.mark.parametrize("value", [None, "x", 10**30, -5, [], True, "\ud800"])
def test_wrong_fields_are_refused_or_answered(what: str, value: Any) -> None:
    names = ("at", "to", "line", "first", "last", "code", "file", "pass", "trigger")
    try:
        ask(what, **dict.fromkeys(names, value))
    except UsageError as error:
        assert error.message


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be asked"):
        ask("everything")
