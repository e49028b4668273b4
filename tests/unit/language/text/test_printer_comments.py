"""What the formatter keeps of an author's arrangement: comments, order, blank lines, the line
breaks of long texts.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.language.loader import load_text
from sequencer.language.notations import print_score, reads
from sequencer.language.score import Score
from tests.support.golden import Golden
from tests.support.strategies import scores

UNTIDY = (Path(__file__).parent / "texts" / "untidy.score").read_text(encoding="utf-8")


def texts_of(score: Score) -> list[str]:
    """Return the comments of a score, in order."""
    return [one.text for one in score.comments]


def test_an_untidy_score_is_formatted(golden: Golden) -> None:
    score = reads(UNTIDY)
    text = print_score(score)
    golden("untidy.score", text)
    back = reads(text)
    assert back == score
    assert texts_of(back) == texts_of(score)
    assert print_score(back) == text


def test_a_comment_belongs_to_what_follows_or_to_the_line_that_it_ends() -> None:
    score = reads(
        '# one\nseed 1 # two\n# three\nat 0c "a"# no comment\n'.replace('"# no comment', '" # four')
        + "# five\n"
    )
    assert print_score(score) == '# one\nseed 1  # two\n\n# three\nat 0c "a"  # four\n# five\n'


def test_special_characters_and_indentation_inside_comments_stay() -> None:
    text = '#!/usr/bin/env sequencer\n##### title\n#   indented\n#\nat 0c "a"\n'
    assert print_score(reads(text)) == text
    assert print_score(reads('#no space\nat 0c "a"\n')) == '# no space\nat 0c "a"\n'


def test_a_score_made_by_code_prints_its_comments_too() -> None:
    score = reads('at 0c "a" # after\n# last\n')
    bare = Score(items=score.items, comments=score.comments)
    assert print_score(bare) == 'at 0c "a"  # after\n# last\n'


def test_the_order_of_like_things_is_never_changed() -> None:
    """`let` may use only earlier variables: contradicting spans (in a score built by code) do not
    reorder them.
    """
    first, second = reads('let a = "x"\nlet b = "{a}"\n').lets
    assert print_score(Score(lets=(second, first))) == 'let b = "{a}"\nlet a = "x"\n'


def test_blank_lines_are_kept_one_at_a_time() -> None:
    text = 'section a 4 bars {\n\n  at 1 "x"\n\n\n\n  at 2 "y"\n  at 3 "z"\n\n}\nsection b 1 bar {\n}\n'
    assert print_score(reads(text)) == (
        'section a 4 bars {\n  at 1 "x"\n\n  at 2 "y"\n  at 3 "z"\n}\n\nsection b 1 bar {\n}\n'
    )


def test_the_lines_of_a_long_text_stay_and_move_in() -> None:
    text = 'let a = """one\n      two\n three"""\nscene s {\nbase """\nfour\n"""\n}\n'
    assert print_score(reads(text)) == (
        'let a = """\n  one\n  two\n  three\n"""\n\nscene s {\n  base """\n    four\n  """\n}\n'
    )


def test_long_picks_have_one_option_a_line() -> None:
    options = [
        f"Now the {number}th lantern is lit and the whole street can be seen."
        for number in range(3)
    ]
    text = "at 0c pick(" + " | ".join(f'"{option}"' for option in options) + ")\n"
    lines = print_score(reads(text)).splitlines()
    assert lines == [
        "at 0c pick(",
        f'  "{options[0]}"',
        *(f'  | "{option}"' for option in options[1:]),
        ")",
    ]


@settings(max_examples=150, deadline=None)
@given(scores, st.data())
def test_comments_anywhere_are_kept(score: Score, data: st.DataObject) -> None:
    lines = print_score(score).splitlines()
    for number in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            lines[at] += f"  # remark {number}"
        else:
            lines[at:at] = [f"   # line {number}"] + [""] * data.draw(st.integers(0, 2))
    reading = load_text("\n".join(lines))
    assert reading.score is not None, reading.diagnostics
    text = print_score(reading.score)
    back = load_text(text)
    assert back.score is not None
    assert back.score == reading.score
    assert sorted(texts_of(back.score)) == sorted(texts_of(reading.score))
    assert print_score(back.score) == text
