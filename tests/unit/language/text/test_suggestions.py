"""The rules among the suggestions: each has a statement that it makes valid, and no rule leaves a
placeholder in its texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sequencer.language.loader import load_text
from sequencer.language.text import position_suggestions, suggestion, suggestion_finders
from sequencer.language.text.foreign_statements import is_valid
from sequencer.language.text.suggestion import MAX_MATCHES, Rule, mask_quoted
from sequencer.language.text.suggestions import KINDS, find_suggestions

RULES = [kind for kind in KINDS if isinstance(kind, Rule)]

STATEMENTS = [
    'at 5 on left and right "x"',
    'at 5 "x" on left',
    "clock chunks;",
    "lead 2c // x",
    "lead 2c // x",
    'at 3 "x"#y',
    'every 4 bars at 5 "x"',
    'at measure 5 "x"',
    "at 5 strength 0.9 -> 0.4 over 4 bars",
    'at + 4 bars "x"',
    'on 5 "x"',
    'every 4th bar "x"',
    'every other bar "x"',
    'every 4 bars offset 2 "x"',
    'every 4 bars until 9 "x"',
    'at 5 ["x"]',
    "at 3 `x`",
    "at 3 hard cut",
    "at 5 bpm 140",
    "at 5 time 3/4",
    "at 3 label drop",
    "at 3 play drop",
    'at 5 tram "x" with strength 0.5',
    'at 3 "a" for 4 bars',
    "at 5 tempo to 140",
    "lead 2c ; sr 2x",
    "section b, 8 bars {",
    "section b, until go x, max 9 bars {",
    "section b 4 bars, until go x, tempo 90 {",
    "section b 4 bars, until go x, max 9 bars {",
    "section b live, until go x {",
    "section b live, until go x, max 9 bars {",
    "section a (4 bars) {",
    "section a 4 bars, seed 5 {",
    "section a 4 bars, 120 bpm {",
    "section a 8 bars, 7/8 {",
    'scene s "x"',
    "section b until note C3 or 8 bars, max 4 bars {",
    "section ride until 8 bars {",
    "section a {",
    'at 9 -> "x"',
    'at 5: "x"',
    'let a "x"',
    "on note C3: sr 4x",
    "at 1 cut 5",
    "at 3 cut seed",
    "on go or -> sr 4x",
    "on go x -> play ride",
    "at 5 tempo 120-140 over 4 bars",
    "at 5 tempo 120 -> 140 in 2 bars",
    'at 1 "a",',
    "at 1 cut,, sr 4x",
    'at 5, "x"',
    'at 0c "s" sr 4x',
    'at 1 "x" sr 4x',
    'at 1 "x"; sr 4x',
    "section a 4 bars tempo 120 {",
    "at 5 image off",
]
"""A statement for each rule, in their order."""


@pytest.mark.parametrize(
    ("rule", "statement"), [*zip(RULES, STATEMENTS, strict=True)], ids=lambda value: str(value)[:40]
)
def test_each_rule_has_a_statement_that_it_makes_valid(rule: Rule, statement: str) -> None:
    masked = mask_quoted(statement)
    found = list(rule.find(statement, masked))
    assert found, rule.pattern
    assert any(is_valid(one.apply(statement)) for one in found), [
        one.apply(statement) for one in found
    ]
    for one in found:
        assert "\x01" not in one.text + one.message + one.hint, "the mask of a text is not shown"
        assert (one, rule.is_safe) in list(find_suggestions(statement, masked))


def test_a_rule_for_one_kind_of_statement_leaves_others_alone() -> None:
    for rule in RULES:
        if rule.only:
            assert not list(
                rule.find(
                    'at 1 "a", tempo 3 => 4 cut -> play intro',
                    'at 1 "\x01", tempo 3 => 4 cut -> play intro',
                )
            )


def test_texts_in_brackets_are_shown_as_they_are() -> None:
    statement = 'section a until go x, ("a" or "b")'
    found = [
        one for one, _ in find_suggestions(statement, mask_quoted(statement)) if one.code == "E139"
    ]
    assert [one.text for one in found] == ['"a" or "b"']


def test_a_pattern_for_the_beginning_matches_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: set[str] = set()
    find = suggestion.find_outside_quotes

    def compared(pattern: str, masked: str) -> Iterator[re.Match[str]]:
        searched.add(pattern)
        found = list(find(pattern, masked))
        every = [match.span() for match in re.finditer(pattern, masked)]
        assert [match.span() for match in found] == every[:MAX_MATCHES], pattern
        return iter(found)

    for module in (suggestion, suggestion_finders, position_suggestions):
        monkeypatch.setattr(module, "find_outside_quotes", compared)
    for statement in STATEMENTS:
        list(find_suggestions(statement, mask_quoted(statement)))
        load_text(statement)  # reads its position too
    assert sum(pattern.startswith("^") for pattern in searched) > 20
