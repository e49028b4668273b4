from __future__ import annotations

from typing import NamedTuple

import pytest

from sequencer.editing.hints import HintSetting
from sequencer.languageserver.settings import Settings, read_settings


class Object(NamedTuple):
    """An object of JSON, as pygls makes it of a message that it does not know."""

    advice: bool


BEFORE = Settings(hints=HintSetting.NONE, advice=False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, BEFORE),
        ({}, BEFORE),
        ([], BEFORE),
        ({"other": {"hints": "all"}}, BEFORE),
        ({"hints": "all"}, Settings(hints=HintSetting.ALL, advice=False)),
        ({"score": {"hints": "all", "advice": True, "command": ["sequencer"]}}, Settings()),
        (
            {"score": {"hints": "off by 100 ms or more"}},
            Settings(hints=HintSetting.OFF, advice=False),
        ),
        (Object(advice=True), Settings(hints=HintSetting.NONE)),
    ],
)
def test_settings_are_read(given: object, expected: Settings) -> None:
    assert read_settings(given, BEFORE) == (expected, [])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"hints": "some"},
            'score.hints is "some"; it can be "all", "off by 100 ms or more", "none"',
        ),
        ({"hints": ["all"]}, "score.hints is ['all']; it can be "),
        ({"score": {"advice": "yes"}}, 'score.advice is "yes"; it can be true or false'),
        ({"score": {"advice": 1}}, "score.advice is 1; it can be true or false"),
    ],
)
def test_what_is_not_valid_is_reported_and_changes_nothing(given: object, problem: str) -> None:
    found, (sentence,) = read_settings(given, BEFORE)
    assert found == BEFORE
    assert sentence.startswith(problem)
