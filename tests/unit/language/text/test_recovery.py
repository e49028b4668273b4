"""Common mistakes in both notations: what is reported, where, and whether following the hints makes
the score valid.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sequencer.core.diagnostics import Fix, Span, render_all
from sequencer.language.check import check
from tests.support.golden import Golden
from tests.support.mistakes import MISTAKES, TEXT, YAML, Mistake, applied, follow

GOAL = 80
"""The percentage of mistakes that are fixed by following their hints to the letter."""

FIXABLE = tuple(mistake for mistake in MISTAKES if not mistake.well and mistake.by_hand is None)


@pytest.mark.parametrize(
    "mistake",
    [mistake for mistake in MISTAKES if not mistake.well],
    ids=lambda mistake: mistake.name,
)
def test_a_mistake_is_reported_as_what_it_is(mistake: Mistake, tmp_path: Path) -> None:
    checked = check(mistake.write_to(tmp_path), advice=False)
    assert checked.schedule is None
    assert mistake.code in [one.code for one in checked.errors]


@pytest.mark.parametrize(
    "mistake",
    [mistake for mistake in MISTAKES if not mistake.well],
    ids=lambda mistake: mistake.name,
)
def test_every_common_mistake_gets_a_hint(mistake: Mistake, tmp_path: Path) -> None:
    checked = check(mistake.write_to(tmp_path), advice=False)
    assert [
        one.message for one in checked.errors if one.code == mistake.code and one.hint is None
    ] == []


@pytest.mark.parametrize(
    "mistake", [mistake for mistake in MISTAKES if mistake.well], ids=lambda mistake: mistake.name
)
def test_what_only_looks_like_a_mistake_is_read(mistake: Mistake, tmp_path: Path) -> None:
    assert check(mistake.write_to(tmp_path), advice=False).diagnostics == ()


@pytest.mark.parametrize(("name", "mistakes"), [("text", TEXT), ("yaml", YAML)])
def test_the_messages_about_mistakes_stay_the_same(
    name: str, mistakes: tuple[Mistake, ...], tmp_path: Path, golden: Golden
) -> None:
    parts: list[str] = []
    for mistake in mistakes:
        folder = tmp_path / mistake.name
        folder.mkdir()
        checked = check(mistake.write_to(folder), advice=False)
        report = render_all(checked.diagnostics, checked.sources).replace(f"{folder}/", "")
        parts.append(f"#### {mistake.name}\n{report or 'well'}\n")
    golden(f"mistakes-{name}.txt", "\n".join(parts))


def test_the_hints_fix_most_mistakes_when_followed_to_the_letter(tmp_path: Path) -> None:
    left: dict[str, list[str]] = {}
    for mistake in FIXABLE:
        folder = tmp_path / mistake.name
        folder.mkdir()
        checked, _ = follow(mistake.write_to(folder))
        if checked.errors:
            left[mistake.name] = [one.code for one in checked.errors]
    assert len(FIXABLE) >= 100
    assert 100 * (len(FIXABLE) - len(left)) >= GOAL * len(FIXABLE), left


@pytest.mark.parametrize("mistake", FIXABLE, ids=lambda mistake: mistake.name)
def test_following_hints_comes_to_an_end(mistake: Mistake, tmp_path: Path) -> None:
    checked, followed = follow(mistake.write_to(tmp_path))
    texts = [one.message for one in followed]
    assert not checked.errors or len(texts) == len(set(texts)), (
        "a hint that was followed is given again"
    )


@pytest.mark.parametrize("mistake", FIXABLE, ids=lambda mistake: mistake.name)
def test_replacements_point_into_the_text(mistake: Mistake, tmp_path: Path) -> None:
    path = mistake.write_to(tmp_path)
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
    path.write_text(
        'let light = "Neon."\nat 0c """A tram waits.\n  It rains. {ligth}"""\n', encoding="utf-8"
    )
    (diagnostic,) = check(path, advice=False).errors
    assert (
        diagnostic.code,
        diagnostic.span.line,
        diagnostic.span.column,
        diagnostic.span.end_column,
    ) == ("E307", 3, 13, 20)


def test_all_errors_of_a_score_are_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text(
        'seed -1\nsr 3\nat 0c "A tram {waits."\nat 1:30 “It rolls.”\nfoo\n', encoding="utf-8"
    )
    assert [one.code for one in check(path, advice=False).errors] == [
        "E245",
        "E246",
        "E270",
        "E107",
        "E101",
    ]


def test_replacements_are_made_from_the_last_to_the_first() -> None:
    fixes = (
        Fix(Span("a", 1, 2, 1, 3), "xx"),
        Fix(Span("a", 2, 1, 2, 1), "y"),
        Fix(Span("a", 1, 4, 2, 1), ""),
    )
    assert applied("abcd\nef\n", fixes) == "axxcyef\n"


def test_a_hundred_faults_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.score"
    path.write_text("seed -1\n" + "foo\n" * 149, encoding="utf-8")
    checked = check(path, advice=False)
    report = render_all(checked.diagnostics, checked.sources)
    assert len(checked.errors) == 150
    assert report.count("error[") == 100 and report.endswith("\n\nand 50 more")
