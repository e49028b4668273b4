"""Prompts at the limit of 20,000 characters: accepted up to it and refused above it, wherever the
characters come from.
"""

from __future__ import annotations

import pytest

from sequencer.core.errors import ScoreError
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import PromptAct

LONGEST = 20_000
SCENE = 'scene tram {\n  base "A tram."\n  follow "A tram. {action}"\n}\n'


def prompts(score: str) -> list[str]:
    entries = compile_score(reads(score, file="long.score")).entries
    return [act.text for entry in entries for act in entry.acts if isinstance(act, PromptAct)]


def errors(score: str) -> list[tuple[str, int]]:
    with pytest.raises(ScoreError) as refused:
        prompts(score)
    return [(one.code, one.span.line) for one in refused.value.diagnostics if one.is_error]


@pytest.mark.parametrize("words", ['tram "{}"', 'tram pick("Short." | "{}")'])
def test_an_action_fills_its_prompt_up_to_the_limit_and_is_refused_beyond_it(words: str) -> None:
    space = LONGEST - len("A tram. ")
    score = SCENE + "at 0c tram\nat 3c " + words + "\nend 6c\n"
    fits = prompts(score.replace("{}", "x" * space))[1]
    assert len(fits) == LONGEST or fits == "A tram. Short."
    assert errors(score.replace("{}", "x" * (space + 1))) == [("E304", 6)]


def test_a_text_that_is_too_long_is_reported_once() -> None:
    assert len(prompts('at 0c "' + "x" * LONGEST + '"\nend 6c\n')[0]) == LONGEST
    assert errors('at 0c "' + "x" * (LONGEST + 1) + '"\nend 6c\n') == [("E304", 1)]
    assert errors('let a = "' + "x" * (LONGEST + 1) + '"\nat 0c "{a}"\nend 6c\n') == [("E304", 1)]
    assert errors(
        SCENE.replace("A tram. {", "x" * LONGEST + "y{") + 'at 0c tram\nat 3c tram "Go."\nend 6c\n'
    ) == [("E304", 3)]
