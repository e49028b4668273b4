"""Of a score with actual lines, what did not move is the same object as before."""

from __future__ import annotations

from itertools import pairwise

from sequencer.language.loader import load_pieces
from sequencer.language.score import Score

SECTIONS = "".join(
    f'section s{number} 8 bars {{\n  at 1 "A road {number}."\n}}\n' for number in range(3)
)
LONG = "".join(f'at {number} "A road {number}."\n' for number in range(1, 200))


def scores_of(*texts: str) -> list[Score]:
    """Return the scores of the versions of a text, each read with what is known of the last."""
    found: list[Score] = []
    before = None
    for text in texts:
        load = load_pieces(text, "a.score", before=before)
        assert load is not None
        before = load.reading
        assert load.result.score is not None
        found.append(load.result.score)
    return found


def test_sections_above_a_change() -> None:
    before, after = scores_of(SECTIONS, SECTIONS.replace("road 2", "lamp 2"))
    same = [one is other for one, other in zip(before.sections, after.sections, strict=True)]
    assert same == [True, True, False]


def test_sections_below_an_inserted_line() -> None:
    before, after, back = scores_of(SECTIONS, f"# a line\n{SECTIONS}", SECTIONS)
    for one, other in pairwise((before, after, back)):
        for old, new in zip(one.sections, other.sections, strict=True):
            assert old is not new
            assert abs(new.span.line - old.span.line) == 1
            assert abs(new.items[0].span.line - old.items[0].span.line) == 1


def test_items_of_a_long_score() -> None:
    before, after = scores_of(LONG, LONG.replace("road 199", "lamp 199"))
    same = [one is other for one, other in zip(before.items, after.items, strict=True)]
    assert all(same[:128])
    assert not same[-1]
