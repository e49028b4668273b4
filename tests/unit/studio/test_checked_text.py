from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from sequencer.editing.looking import Look, look
from sequencer.language.loader import load_text
from sequencer.studio.checked_text import CheckedText, checked_message, dump, files_of, summarise
from sequencer.studio.text_buffer import TextBuffer

SCORES = Path(__file__).parents[3] / "scores"
LIVE = (SCORES / "live-set.score").read_text(encoding="utf-8")


def checked(text: str, before: Look | None = None) -> CheckedText:
    read = partial(load_text, folder=SCORES)
    return CheckedText(7, TextBuffer.of(text), look(text, "a.score", read, previous=before))


def test_a_message_has_what_a_page_shows() -> None:
    message = checked_message(checked(LIVE), 12.34)
    assert (message["t"], message["version"], message["ms"]) == ("checked", 7, 12.3)
    hints = {one["line"]: one["text"] for one in message["hints"]}
    assert hints[16] == "⟶ c17 · −625 ms"
    assert {one["kind"] for one in message["symbols"]} == {"used file", "section"}
    section = next(one for one in message["symbols"] if one["name"] == "jam")
    assert LIVE[section["from"] : section["to"]] == "jam" and section["children"] == []


def test_the_summary_has_length_chunks_and_snap_errors() -> None:
    found = summarise(checked(LIVE).look)
    assert found["valid"] and not found["outdated"] and found["errors"] == 0
    score = found["score"]
    assert score["clock"].pop("text").startswith("120 bpm 4/4 · ")
    assert score.pop("average_ms") == pytest.approx(291.67, abs=0.01)
    assert score == {
        "seconds": 48.125,
        "at_most": True,
        "chunks": 35,
        "chunk_seconds": 1.375,
        "cues": 4,
        "worst": {"ms": -625.0, "place": "jam 9.1", "line": 16},
        "clock": {"kind": "bpm", "bpm": 120.0, "port": None},
    }


def test_the_summary_of_a_text_with_errors_is_that_of_the_last_valid_one() -> None:
    valid = checked(LIVE)
    broken = checked(LIVE.replace("at 9 ", "at 9.5 "), valid.look)
    found = summarise(broken.look)
    assert not found["valid"] and found["outdated"] and found["errors"] == 1
    assert found["score"] == summarise(valid.look)["score"]
    assert summarise(checked("at 9.5 x").look)["score"] is None


def test_a_diagnostic_has_its_position_and_its_fix_in_utf_16() -> None:
    text = 'clock 120 bpm, 4/4\nat 1 "𝄞 𝄞", sr 3x\nend 2\n'
    (one,) = checked_message(checked(text), 0)["diagnostics"]
    data = TextBuffer.of(text).data
    assert data[2 * one["from"] : 2 * one["to"]].decode("utf-16-le") in ("sr 3x", "3x")
    assert one["span"]["line"] == 2


def test_a_fix_is_an_edit_of_the_text() -> None:
    text = "# 𝄞\n" + LIVE.replace("at 9 ", "at 9.5 ")
    (one,) = checked_message(checked(text), 0)["diagnostics"]
    ((start, end, new),) = [tuple(edit.values()) for edit in one["edits"]]
    data = TextBuffer.of(text).data
    assert data[2 * start : 2 * end].decode("utf-16-le") == "9.5" and new == "10.1"


def test_the_files_that_a_score_depends_on_are_found(tmp_path: Path) -> None:
    (tmp_path / "library.score").write_text('let a = "x"\n')
    text = 'use "library.score"\nsound "song.wav"\nat 1c "{a}", image "stop.png"\nend 2c\n'
    file = str(tmp_path / "a.score")
    found = look(text, file, partial(load_text, folder=tmp_path))
    names = {path.name for path in files_of(found, tmp_path)}
    assert "library.score" in names and "song.wav" in names


def test_messages_are_ascii() -> None:
    assert json.loads(dump({"file": "\udcff é"})) == {"file": "\udcff é"}
    assert dump({"a": "é"}).isascii()
