"""Common mistakes in both notations: what is reported, where, and whether following the hints makes the score valid."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Golden
from errors.slips import SLIPS, TEXT, YAML, Slip, applied, follow

from sequencer.core.diagnostics import Fix, Span, render_all
from sequencer.language.check import check

GOAL = 80
"""The percentage of mistakes that are fixed by following their hints to the letter."""

CURABLE = tuple(slip for slip in SLIPS if not slip.well and slip.by_hand is None)


@pytest.mark.parametrize("slip", [slip for slip in SLIPS if not slip.well], ids=lambda slip: slip.name)
def test_a_slip_is_told_as_what_it_is(slip: Slip, tmp_path: Path) -> None:
    checked = check(slip.laid_out(tmp_path), advice=False)
    assert checked.schedule is None
    assert slip.code in [one.code for one in checked.errors]


@pytest.mark.parametrize("slip", [slip for slip in SLIPS if not slip.well], ids=lambda slip: slip.name)
def test_every_slip_gets_a_hint(slip: Slip, tmp_path: Path) -> None:
    checked = check(slip.laid_out(tmp_path), advice=False)
    assert [one.message for one in checked.errors if one.code == slip.code and one.hint is None] == []


@pytest.mark.parametrize("slip", [slip for slip in SLIPS if slip.well], ids=lambda slip: slip.name)
def test_what_only_looks_like_a_slip_is_read(slip: Slip, tmp_path: Path) -> None:
    assert check(slip.laid_out(tmp_path), advice=False).diagnostics == ()


@pytest.mark.parametrize(("name", "slips"), [("text", TEXT), ("yaml", YAML)])
def test_what_is_said_of_slips_stays_as_it_is(name: str, slips: tuple[Slip, ...], tmp_path: Path, golden: Golden) -> None:
    parts: list[str] = []
    for slip in slips:
        folder = tmp_path / slip.name
        folder.mkdir()
        checked = check(slip.laid_out(folder), advice=False)
        said = render_all(checked.diagnostics, checked.sources).replace(f"{folder}/", "")
        parts.append(f"#### {slip.name}\n{said or 'well'}\n")
    golden(f"slips-{name}.txt", "\n".join(parts))


def test_the_hints_cure_most_slips_when_followed_to_the_letter(tmp_path: Path) -> None:
    left: dict[str, list[str]] = {}
    for slip in CURABLE:
        folder = tmp_path / slip.name
        folder.mkdir()
        checked, _ = follow(slip.laid_out(folder))
        if checked.errors:
            left[slip.name] = [one.code for one in checked.errors]
    assert len(CURABLE) >= 100
    assert 100 * (len(CURABLE) - len(left)) >= GOAL * len(CURABLE), left


@pytest.mark.parametrize("slip", CURABLE, ids=lambda slip: slip.name)
def test_following_hints_comes_to_an_end(slip: Slip, tmp_path: Path) -> None:
    checked, followed = follow(slip.laid_out(tmp_path))
    texts = [one.message for one in followed]
    assert not checked.errors or len(texts) == len(set(texts)), "a hint that was followed is given again"


@pytest.mark.parametrize("slip", CURABLE, ids=lambda slip: slip.name)
def test_replacements_point_into_the_text(slip: Slip, tmp_path: Path) -> None:
    path = slip.laid_out(tmp_path)
    checked = check(path, advice=False)
    for one in checked.errors:
        for fix in one.fixes:
            lines = checked.sources[fix.span.file].split("\n")
            assert 1 <= fix.span.line <= fix.span.end_line <= len(lines)
            assert 1 <= fix.span.column <= len(lines[fix.span.line - 1]) + 1
            assert 1 <= fix.span.end_column <= len(lines[fix.span.end_line - 1]) + 1
            assert (fix.span.line, fix.span.column) <= (fix.span.end_line, fix.span.end_column)


def test_an_unknown_variable_has_its_column_inside_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text('let light = "Neon."\nat 0c """A tram waits.\n  It rains. {ligth}"""\n', encoding="utf-8")
    (told,) = check(path, advice=False).errors
    assert (told.code, told.span.line, told.span.column, told.span.end_column) == ("E307", 3, 13, 20)


def test_all_errors_of_a_score_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text('seed -1\nsr 3\nat 0c "A tram {waits."\nat 1:30 “It rolls.”\nfoo\n', encoding="utf-8")
    assert [one.code for one in check(path, advice=False).errors] == ["E245", "E246", "E270", "E107", "E101"]


def test_replacements_are_made_from_the_last_to_the_first() -> None:
    fixes = (Fix(Span("a", 1, 2, 1, 3), "xx"), Fix(Span("a", 2, 1, 2, 1), "y"), Fix(Span("a", 1, 4, 2, 1), ""))
    assert applied("abcd\nef\n", fixes) == "axxcyef\n"


def test_a_hundred_faults_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text("seed -1\n" + "foo\n" * 149, encoding="utf-8")
    checked = check(path, advice=False)
    said = render_all(checked.diagnostics, checked.sources)
    assert len(checked.errors) == 150
    assert said.count("error[") == 100 and said.endswith("\n\nand 50 more")
