"""The fixes that the compiler suggests: the right replacement at the right position, only if one is
likelier than others.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.core.diagnostics import Diagnostic
from sequencer.language.check import check
from tests.support.mistakes import applied, follow

HEAD = "clock 120 bpm, 4/4\n"


def first(path: Path, code: str) -> Diagnostic:
    return next(one for one in check(path, advice=False).errors if one.code == code)


def section(length: str, cue: str, head: str = HEAD) -> str:
    return f'{head}section a {length} {{\n  at 0s "A boat."\n  {cue} "It turns."\n}}\n'


FIXES: list[tuple[str, str, str, str]] = [
    # code, score, replacement, resulting line
    ("E415", section("8 bars", "at 11.3"), "11 bars", "section a 11 bars {"),
    ("E415", section("32b", "at 9.2"), "34b", "section a 34b {"),
    ("E415", section("8c", "at 8c"), "9c", "section a 9c {"),
    ("E415", section("10s", "at 12.5s"), "13s", "section a 13s {"),
    ("E415", section("240f", "at 240f"), "241f", "section a 241f {"),
    ("E415", section("4 bars", "at 10s"), "10s", ""),
    (
        "E415",
        section("until go x, max 8 bars", "at 9"),
        "9 bars",
        "section a until go x, max 9 bars {",
    ),
    ("E415", f'{HEAD}at 1 "A."\nat 9 "B."\nend 9\n', "10", "end 10"),
    ("E415", 'at 0c "A."\nat 20c "B."\nend 20s\n', "28s", "end 28s"),
    ("E415", 'at 0c "A."\nat 20c "B."\nend 400f\n', "661f", "end 661f"),
    ("E424", f'{HEAD}at 1 "A."\nat 1.2 "B."\nend 9\n', "1.3", 'at 1.3 "B."'),
    (
        "E424",
        f'{HEAD}at 1 "A."\nat 5 "B."\nat 5.2 "C."\nat 5.4 "D."\nend 9\n',
        "6.2",
        'at 6.2 "C."',
    ),
    ("E424", 'at 0c "A."\nat 1c "B."\nat 1c "C."\n', "2c", 'at 2c "C."'),
    ("E424", 'at 0c "A."\nat 0.1s "B."\nat 1c "C."\n', "2c", 'at 2c "B."'),
    (
        "E424",
        f'{HEAD}section a 8 bars {{\n  at 1 "A."\n  every 2 bars "B."\n}}\n',
        " from 3.1",
        '  every 2 bars from 3.1 "B."',
    ),
    (
        "E413",
        'clock 120 bpm, 6/8\nat 1 "A."\nevery 1b from 3 "B."\nend 9\n',
        "6b",
        'every 6b from 3 "B."',
    ),
    (
        "E413",
        f'{HEAD}section a 8 bars, tempo 120 -> 240 {{\n  at 1 "A."\n  every 1b from 5 "B."\n}}\n',
        "6b",
        '  every 6b from 5 "B."',
    ),
    ("E413", 'at 0c "A."\nevery 1s from 4c "B."\nend 16c\n', "1c", 'every 1c from 4c "B."'),
    ("E402", 'score "X"\nat 1 "A."\n', "clock 120 bpm, 4/4\n", "clock 120 bpm, 4/4"),
    (
        "E405",
        'section a 8c, meter 3/4 {\n  at 0c "A."\n}\n',
        "clock 120 bpm, 4/4\n",
        "clock 120 bpm, 4/4",
    ),
    ("E423", f'{HEAD}at 5 sr 4x\nat 3 "A."\nend 9\n', "1", 'at 1 "A."'),
    ("E423", 'every 4c from 4c "A."\nend 16c\n', "0c", 'every 4c from 0c "A."'),
    ("E408", f'{HEAD}at 1 "A."\nat 5:2:0 meter 3/4\nend 9\n', "6", "at 6 meter 3/4"),
    ("E305", 'at 0c "A {action} boat."\n', "", 'at 0c "A  boat."'),
]


@pytest.mark.parametrize(("code", "text", "replacement", "line"), FIXES)
def test_the_fix_is_the_likeliest(
    code: str, text: str, replacement: str, line: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.score"
    path.write_text(text, encoding="utf-8")
    diagnostic = first(path, code)
    if not line:
        assert (
            diagnostic.fixes == () or diagnostic.fixes[0].text != replacement
        )  # the length has a different unit from the position
        return
    (fix,) = diagnostic.fixes
    assert fix.text == replacement
    assert line in applied(text, (fix,)).split("\n")
    checked, _ = follow(path)
    assert checked.errors == ()


def test_the_clock_is_below_the_title(tmp_path: Path) -> None:
    for name, text, fixed in (
        ("a.score", 'score "X"\nat 1 "A."\n', 'score "X"\nclock 120 bpm, 4/4\nat 1 "A."\n'),
        (
            "a.yaml",
            "score: X\ncues:\n  - {at: 1, prompt: A.}\n",
            "score: X\nclock: 120 bpm, 4/4\ncues:\n  - {at: 1, prompt: A.}\n",
        ),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert applied(text, first(path, "E402").fixes) == fixed


def test_a_clock_that_was_chosen_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text('clock chunks\nat 1 "A."\n', encoding="utf-8")
    assert first(path, "E402").fixes == ()


def test_missing_beats_are_reported_once(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text("".join(f'at {bar} "A {bar}."\n' for bar in range(1, 9)), encoding="utf-8")
    assert [one.code for one in check(path, advice=False).errors] == ["E402"]


def test_nothing_is_called_unused_where_a_name_was_misspelt(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text('let light = "Neon."\nat 0c "A boat. {ligth}"\n', encoding="utf-8")
    assert [one.code for one in check(path).diagnostics] == ["E307"]
    path.write_text(
        'let light = "Neon."\nlet mood = "Calm."\nat 0c "A boat. {light}"\n', encoding="utf-8"
    )
    assert [one.code for one in check(path, advice=False).diagnostics] == ["W302"]


def test_endless_repetitions_are_reported_before_they_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text('every 2c "A."\nend 9000000c\n', encoding="utf-8")
    assert [one.code for one in check(path, advice=False).errors] == ["E414"]


def test_a_unit_apart_from_its_number_is_no_scene(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text('at 0c "A."\nat 12 seconds "B."\n', encoding="utf-8")
    diagnostic = first(path, "E216")
    assert (diagnostic.span.column, diagnostic.span.end_column, diagnostic.fixes[0].text) == (
        4,
        14,
        "12s",
    )
    path.write_text(
        'clock 120 bpm\nscene s {\n  base "S."\n  follow "S. {action}"\n}\nat 1 s\nat 5 s "T."\n',
        encoding="utf-8",
    )
    assert check(path, advice=False).errors == ()
