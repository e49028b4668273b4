from __future__ import annotations

from fractions import Fraction

import pytest

from sequencer.core.prompt_texts import MAX_PROMPT_LENGTH
from sequencer.language.interchange.imported import Tally, UnreadableError
from sequencer.language.interchange.score_lines import (
    ScoreLines,
    one_line,
    render_prompt,
)
from sequencer.language.notations import print_score, reads
from sequencer.language.score import AtBar, AtOffset, Duration, Unit


def test_lines_become_a_score_in_canonical_form_with_its_comments() -> None:
    tally = Tally()
    lines = ScoreLines('a "b"\n\x1b[2J{c}', tally)
    lines.header("clock 120 bpm, 4/4")
    lines.open_section("verse", Duration(Fraction(8), Unit.BARS), comment='"Verse"')
    lines.cue(AtBar(1), render_prompt('A "{x}" \\ \n twice.'), comment="line 3")
    lines.dropped("weights", "30 % of\n# at 1c cut", 2)
    lines.cue(AtOffset(Fraction(25, 2), Unit.SECONDS), "mark drop")
    lines.close_section()
    text = lines.text()
    assert text == (
        'score "a \\"b\\" [2J{c}"\n'
        "clock 120 bpm, 4/4\n"
        "\n"
        'section verse 8 bars {  # "Verse"\n'
        '  at 1 "A \\"{{x}}\\" \\\\ twice."  # line 3\n'
        "  # dropped: 30 % of # at 1c cut\n"
        "  at 12.5s mark drop\n"
        "}\n"
    )
    score = reads(text)
    assert print_score(score) == text
    assert (
        score.sections[0].items[0].actions[0]
        == reads('at 0c "A \\"{{x}}\\" \\\\ twice."\n').items[0].actions[0]
    )
    assert tally.dropped == {"weights": 2}


def test_a_text_is_one_printable_line_of_limited_length() -> None:
    assert one_line("a\n\tb\x00\u2028c ") == "a b c"
    assert one_line("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("text", "message"),
    [(" \n", "this prompt is empty"), ("x" * (MAX_PROMPT_LENGTH + 1), "20,001 characters")],
)
def test_a_prompt_that_no_score_can_hold_is_an_error_at_its_line(text: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        render_prompt(text, line=4)
    assert raised.value.line == 4
    assert render_prompt("x" * MAX_PROMPT_LENGTH)
