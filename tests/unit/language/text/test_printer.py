"""The formatter of the text notation: what it prints reads back, and printing again changes
nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from sequencer.language.loader import load_text
from sequencer.language.notations import print_score, read, reads
from sequencer.language.score import Score
from tests.support.example_scores import digest_of
from tests.support.strategies import scores

EXAMPLES = sorted((Path(__file__).parents[4] / "scores").rglob("*.score"))


def again(score: Score, folder: Path | None = None) -> Score:
    """Print a score and read it."""
    text = print_score(score)
    reading = load_text(text, score.file, folder)
    assert reading.score is not None, (text, reading.diagnostics)
    return reading.score


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_formatted_and_come_back(path: Path) -> None:
    score = read(path)
    assert print_score(score) == score.text, f"sequencer format {path}"
    back = again(score, path.parent)
    assert back == score
    assert [one.text for one in back.comments] == [one.text for one in score.comments]
    assert back.images == score.images
    if score.sections or score.items:
        assert digest_of(back) == digest_of(score)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_score_without_positions_is_printed_in_the_usual_order(path: Path) -> None:
    """Every other formatting of the score gives the same score: here one line after the other, no
    blank line, no comment.
    """
    score = read(path)
    squeezed = "\n".join(
        line.strip()
        for line in score.text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    )
    other = reads(squeezed, file=score.file, folder=path.parent)
    assert other == score
    assert again(other, path.parent) == score


@settings(max_examples=300, deadline=None)
@given(scores)
def test_random_scores_come_back(score: Score) -> None:
    text = print_score(score)
    back = again(score)
    assert back == score
    assert print_score(back) == text
