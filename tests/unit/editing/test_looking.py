"""What is known about a text: the score, also with errors; the last valid schedule; diagnostics."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from sequencer.core.catalog import find
from sequencer.core.diagnostics import Severity
from sequencer.editing.looking import (
    MAX_DIAGNOSTICS,
    Look,
    is_score,
    limit_diagnostics,
    look,
    with_advice,
)
from sequencer.language.loader import Notation, load_text
from tests.support.editing import SCENE, SCORES, SOME_OR_EVERY, FindLooks, look_at_file

GOOD = f'clock 120 bpm\n{SCENE}at 1 tram\nat 3 tram "It turns."\nend 5\n'


def codes(known: Look) -> list[str]:
    return [one.code for one in known.diagnostics]


def test_a_valid_text() -> None:
    known = look(GOOD, "a.score", advice=False)
    assert known.schedule is not None and known.score is not None
    assert known.valid is not None and known.valid.text == GOOD
    assert not known.is_outdated and known.notation is Notation.TEXT


def test_a_text_with_errors_has_what_could_be_read_and_the_last_valid_schedule() -> None:
    first = look(GOOD, "a.score", advice=False)
    second = look(GOOD.replace("at 3 tram", "at 3 tran tram"), "a.score", previous=first)
    third = look(GOOD.replace("at 3 tram", "at 3 tran t"), "a.score", previous=second)
    for known in (second, third):
        assert known.schedule is None and known.is_outdated
        assert known.score is not None and [one.name for one in known.score.scenes] == ["tram"]
        assert known.valid == first.valid
    assert look("at 3 tran tram", "a.score").valid is None


def test_the_diagnostics_have_fixes() -> None:
    known = look(GOOD.replace('tram "It', 'tran "It'), "a.score")
    (error,) = (one for one in known.diagnostics if one.severity is Severity.ERROR)
    assert (error.code, error.fixes[0].text) == ("E308", "tram")


def test_line_ends_and_a_byte_order_mark_do_not_change_positions() -> None:
    known = look("\ufeff" + GOOD.replace("\n", "\r\n"), "a.score", advice=False)
    assert known.text == GOOD and known.schedule is not None


def test_a_used_file_may_be_unsaved(tmp_path: Path) -> None:
    library = tmp_path / "library.score"
    library.write_text('scene boat { base "A boat." }\n', encoding="utf-8")
    main = 'use "library.score"\nat 0c tram\nend 4c\n'
    unsaved: dict[Path, str] = {}

    def read() -> Look:
        reader = partial(load_text, folder=tmp_path, find_unsaved=unsaved.get)
        return look(main, "a.score", reader, advice=False)

    assert codes(read()) == ["E308"]
    unsaved[library] = 'scene tram { base "A tram." }\n'
    assert codes(read()) == []
    unsaved[library] = "scene tram { base }\n"
    found = read()
    assert [(one.code, one.span.file) for one in found.diagnostics if one.is_error] == [
        ("E103", str(library))
    ]
    source = found.source_of(str(library))
    assert source is not None and source.text == unsaved[library]
    assert found.source_of("other.score") is None


def test_an_unsaved_file_may_use_the_score_itself(tmp_path: Path) -> None:
    (tmp_path / "a.score").write_text('use "b.score"\n', encoding="utf-8")
    (tmp_path / "b.score").write_text('use "a.score"\n', encoding="utf-8")
    text = 'use "b.score"\nat 0c "A boat."\nend 4c\n'
    known = look(text, "a.score", partial(load_text, folder=tmp_path))
    assert [one.code for one in known.diagnostics if one.is_error] == ["E511"]


def test_advice_can_be_added_later() -> None:
    plain = look(GOOD, "a.score", advice=False)
    both = with_advice(plain)
    assert not any(code.startswith("W6") for code in codes(plain))
    assert codes(both) == codes(look(GOOD, "a.score")) and any(
        code.startswith("W6") for code in codes(both)
    )
    assert with_advice(both) is both


def test_the_last_of_too_many_diagnostics_reports_how_many_more_there_are() -> None:
    wrong = "".join(f'at {4 * number}c "A boat {{x}} and {{y}}."\n' for number in range(400))
    known = look(wrong, "a.score")
    found = known.diagnostics
    assert len(found) == MAX_DIAGNOSTICS
    assert (found[-1].code, found[-1].message, found[-1].span.file) == (
        "W501",
        "301 more problems were found than are reported",
        "a.score",
    )


def test_advice_counts_too() -> None:
    known = look(GOOD + 'scene boat { base "A boat." }\n', "a.score")
    every = limit_diagnostics(known.diagnostics, "a.score")
    assert every == known.diagnostics and len(every) > 2
    two = limit_diagnostics(known.diagnostics, "a.score", most=2)
    assert two[0] == every[0]
    assert two[1].message == f"{len(every) - 1} more problems were found than are reported"


@SOME_OR_EVERY
def test_every_diagnostic_has_a_code_of_the_catalog(found: FindLooks) -> None:
    for name, known in found().items():
        for one in with_advice(known).diagnostics:
            assert find(one.code) is not None, name


def test_errors_come_first() -> None:
    text = GOOD + 'let unused = "x"\nat 7 trem\n'
    severities = [one.severity for one in look(text, "a.score").diagnostics]
    assert severities[0] is Severity.ERROR
    known = look(GOOD + 'scene boat { base "A boat." }\nat 5c boat\n', "a.score")
    order = [one.severity for one in known.diagnostics]
    assert order == sorted(order, key=list(Severity).index)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("a.score", "anything", True),
        ("a.SCORE", "", True),
        ("a.score.yaml", "anything: 1", True),
        ("a.yaml", "score: A\ncues:\n- {at: 1, prompt: x}\n", True),
        ("a.yml", "seed: 1\ncues: []\nclok: 120 bpm\n", True),
        ("a.yaml", "version: 3\nservices: {}\n", False),
        ("a.yaml", "title: A\nscenes: {}\nactors: []\nprops: []\n", False),
        ("a.yaml", "seed: 42\n", False),
        ("a.txt", "cues: []", False),
        ("score", "", False),
    ],
)
def test_which_files_are_scores(file: str, text: str, expected: bool) -> None:
    assert is_score(file, text) is expected


@pytest.mark.parametrize("path", SCORES, ids=lambda path: path.name)
def test_every_example_score_is_valid_and_recognised(path: Path) -> None:
    known = look_at_file(path)
    assert known.schedule is not None
    assert is_score(path.name, known.text)


@SOME_OR_EVERY
def test_every_text_can_be_looked_at(found: FindLooks) -> None:
    for name, known in found().items():
        assert len(known.diagnostics) <= MAX_DIAGNOSTICS, name
        assert (known.schedule is None) == any(one.is_error for one in known.diagnostics), name
