"""After every change, a check by pieces finds what a check of the whole text finds."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.editing.looking import Look, look, with_advice
from tests.support import edited_yaml
from tests.support.compared_checks import READ, assert_same, read_whole
from tests.support.edited_scores import change, generate_score
from tests.support.editing import SCORES

FILES = [(path.name, path.read_text(encoding="utf-8")) for path in SCORES]


def follow(random: Random, text: str, file: str, changes: int) -> None:
    """Change a text several times and compare after each change."""
    change_text = edited_yaml.change if file.endswith(".yaml") else change
    known: Look | None = None
    whole: Look | None = None
    for _ in range(changes):
        if random.random() < 0.1:
            text = text.replace("\n", "\r\n")
        is_late = random.random() < 0.3
        known = look(text, file, READ, advice=not is_late, previous=known)
        whole = look(text, file, read_whole, advice=not is_late, previous=whole)
        if is_late:
            assert_same(known, whole)
            known, whole = with_advice(known), with_advice(whole)
        assert_same(known, whole)
        text = change_text(random, text)


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=6)
def test_changes_of_generated_scores(random: Random) -> None:
    follow(random, generate_score(random), "edited.score", 6)


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=4)
def test_changes_of_generated_scores_in_yaml(random: Random) -> None:
    follow(random, edited_yaml.generate_score(random), "edited.yaml", 6)


@given(st.randoms(use_true_random=False), st.sampled_from(FILES))
@settings(deadline=None, max_examples=6)
def test_changes_of_the_example_scores(random: Random, case: tuple[str, str]) -> None:
    file, text = case
    follow(random, text, file, 6)


@pytest.mark.slow
@given(st.randoms(use_true_random=False), st.sampled_from([None, "yaml", *FILES]))
@settings(deadline=None, max_examples=40)
def test_many_changes(random: Random, case: tuple[str, str] | str | None) -> None:
    if case is None:
        file, text = "edited.score", generate_score(random)
    elif isinstance(case, str):
        file, text = "edited.yaml", edited_yaml.generate_score(random)
    else:
        file, text = case
    follow(random, text, file, 12)
