"""The text of the score returns with an undo, unless it was edited since."""

from __future__ import annotations

from sequencer.studio.undone_text import UndoneText

TEXTS = {1: "a lamp", 2: "two lamps", 3: "three lamps"}


def test_the_text_returns_when_the_earlier_version_plays() -> None:
    undone = UndoneText()
    assert undone.find(2, TEXTS.__getitem__, TEXTS[2]) is None
    undone.expect(2)
    assert undone.find(2, TEXTS.__getitem__, TEXTS[2]) is None, "it plays still"
    assert undone.find(1, TEXTS.__getitem__, TEXTS[2]) == TEXTS[1]
    assert undone.find(1, TEXTS.__getitem__, TEXTS[2]) is None, "only once"


def test_a_text_that_was_edited_since_stays() -> None:
    undone = UndoneText()
    undone.expect(2)
    assert undone.find(1, TEXTS.__getitem__, "two lamps and a door") is None
    assert undone.find(2, TEXTS.__getitem__, TEXTS[2]) is None


def test_another_text_takes_over_instead() -> None:
    undone = UndoneText()
    undone.expect(2)
    undone.cancel()
    assert undone.find(3, TEXTS.__getitem__, TEXTS[2]) is None
