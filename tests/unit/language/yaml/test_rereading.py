"""Reading a changed text in YAML: what did not change is the same object as before, and the result
is that of reading all of it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.core.diagnostics import Diagnostics
from sequencer.language.incremental.reading import MAX_DIAGNOSTICS
from sequencer.language.score import Score
from sequencer.language.yaml.blocks import YamlReading
from sequencer.language.yaml.masking import MaskedRun
from sequencer.language.yaml.nodes import Scalar
from sequencer.language.yaml.reader import read_yaml
from sequencer.language.yaml.rereading import reread_yaml
from tests.support.edited_yaml import change, generate_score
from tests.support.editing import texts
from tests.support.yaml_mistakes import MISTAKES

FILE = "a.yaml"
MAX_LENGTH = 8_000
"""Longer texts of the corpora, in characters, cost too much for one example."""

TEXTS = [
    text for text, file in texts().values() if file.endswith("yaml") and len(text) <= MAX_LENGTH
] + [text for _, text in MISTAKES]


def with_spans(value: Any) -> Any:
    """Return a value as nested tuples, with the fields that its equality leaves out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return (
            type(value).__name__,
            *(with_spans(getattr(value, field.name)) for field in dataclasses.fields(value)),
        )
    return tuple(map(with_spans, value)) if isinstance(value, tuple) else value


def compare(text: str, before: YamlReading | None) -> YamlReading | None:
    """Read a text, using an earlier reading, and compare the result with that of a reader."""
    found = reread_yaml(text, FILE, before)
    if found is None:
        return None
    faults = Diagnostics()
    faults.texts = {FILE: text}
    whole = read_yaml(text, FILE, faults)
    lines = found.lines
    actual = sorted(
        map(lines.diagnostic, found.diagnostics), key=lambda one: (one.span.line, one.span.column)
    )
    assert tuple(actual) == faults.diagnostics
    score = replace(lines.node(found.score), comments=found.comments())
    assert with_spans(score) == with_spans(whole)
    return found


def reread(text: str, before: YamlReading | None = None) -> YamlReading:
    found = compare(text, before)
    assert found is not None
    return found


def follow(random: Random, text: str, changes: int) -> None:
    """Change a text several times and compare after each change."""
    known = None
    earlier = [text]
    for _ in range(changes):
        known = compare(text, known) or known
        text = random.choice(earlier) if random.random() < 0.1 else change(random, text)
        earlier.append(text)


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=8)
def test_changes_of_generated_scores(random: Random) -> None:
    follow(random, generate_score(random), 8)


@given(st.randoms(use_true_random=False), st.sampled_from(TEXTS))
@settings(deadline=None, max_examples=20)
def test_changes_of_examples_and_of_mistakes(random: Random, text: str) -> None:
    follow(random, text, 6)


@pytest.mark.slow
@given(st.randoms(use_true_random=False), st.sampled_from([None, *TEXTS]))
@settings(deadline=None, max_examples=1_500)
def test_many_changes(random: Random, text: str | None) -> None:
    follow(random, generate_score(random) if text is None else text, 12)


# ---- what stays the same -------------------------------------------------------------------------

HEAD = """score: A
clock: 120 bpm
let:
  light: Soft light.
scenes:
  tram:
    base: A tram. {light}
  cafe:
    base: A cafe.
"""
SECTIONS = "sections:\n" + "".join(
    f"""  - section: s{number} 8 bars
    cues:
      - {{at: 1, prompt: A road {number}.}}
      - at: 3
        prompt: "A lamp #{number}."  # a remark
      - {{at: 5, show: tram}}
    # the end of {number}
"""
    for number in range(4)
)
TEXT = HEAD + SECTIONS
ALL_NAMES = ["light", "tram", "cafe", "s0", "s1", "s2", "s3"]
FLAT = HEAD + "cues:\n" + "".join(f"  - {{at: {at}, prompt: A road.}}\n" for at in range(1, 400))


def kept(before: YamlReading, after: YamlReading) -> list[str]:
    """Return the names of what is the same object in both."""

    def names(score: Score) -> list[tuple[str, int]]:
        return [
            *((one.name, id(one)) for one in score.lets),
            *((one.name, id(one)) for one in score.scenes),
            *((one.name, id(one)) for one in score.sections),
        ]

    known = set(names(before.score))
    return [name for name, identity in names(after.score) if (name, identity) in known]


def new_items(before: YamlReading, after: YamlReading) -> list[int]:
    """Return the numbers of the cues that are not the same objects as before."""

    def items(score: Score) -> list[object]:
        return [*(item for one in score.sections for item in one.items), *score.items]

    known = {id(item) for item in items(before.score)}
    return [number for number, item in enumerate(items(after.score)) if id(item) not in known]


@pytest.mark.parametrize(
    ("old", "new", "names", "numbers"),
    [
        ("lamp #1", "light #1", "light tram cafe s0 s2 s3", [4]),
        ("score: A\n", "score: A\n# a line\n", "light tram cafe s0 s1 s2 s3", []),
        ("120 bpm", "100 bpm", "light tram cafe s0 s1 s2 s3", []),
        ("A tram.", "The tram.", "light cafe s0 s1 s2 s3", []),
        ("A cafe.\n", "A cafe.\n  # its end\n", "light tram s0 s1 s2 s3", []),
        ("Soft light.", "Hard light.", "tram cafe s0 s1 s2 s3", []),
        ("s2 8", "s2 9", "light tram cafe s0 s1 s3", []),
        ("      - {at: 1, prompt: A road 2.}\n", "", "light tram cafe s0 s1 s3", []),
        ("    # the end of 3\n", "", "light tram cafe s0 s1 s2", [11]),
        ("A road 1.", "A road\n          1.", "light tram cafe s0 s2 s3", [3]),
        ("prompt: A road 1.", "promt: A road 1.", "light tram cafe s0 s2 s3", []),
        ('A lamp #3."', "A lamp #3.", "light tram cafe s0 s1 s2", []),
        ("A road 3.}", "A road 3.", "light tram cafe s0 s1 s2", []),
    ],
)
def test_what_did_not_change_is_the_same(
    old: str, new: str, names: str, numbers: list[int]
) -> None:
    before = reread(TEXT)
    assert TEXT.count(old) == 1
    after = reread(TEXT.replace(old, new), before)
    assert kept(before, after) == names.split()
    if not after.has_errors:
        assert new_items(before, after) == numbers


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('A lamp #1."', "A lamp #1."),
        ("A road 1.}", "A road 1."),
        ("      - {at: 1, prompt: A road 1.}", "   - {at: 1, prompt: A road 1.}"),
        ("cues:\n      - {at: 1, prompt: A road 1", "cue:\n      - {at: 1, prompt: A road 1"),
        ("score: A\n", "score: [A\n"),
    ],
)
def test_an_error_does_not_forget_what_was_known(old: str, new: str) -> None:
    before = reread(TEXT)
    assert TEXT.count(old) == 1
    wrong = TEXT.replace(old, new)
    after = reread(wrong + "# more\n", reread(wrong, before))
    assert after.has_errors
    again = reread(TEXT, after)
    assert kept(before, again) == ALL_NAMES


def test_a_change_in_a_long_list_leaves_the_other_cues() -> None:
    before = reread(FLAT)
    after = reread(FLAT.replace("{at: 200,", "{at: 200.2,"), before)
    assert new_items(before, after) == [199]
    longer = reread(
        FLAT.replace("  - {at: 200,", "  # one more\n  - {at: 1, sr: 4x}\n  - {at: 200,")
    )
    assert len(longer.score.items) == 400
    assert new_items(before, reread(longer.text, before)) == [198, 199]


def test_equal_items_are_different_objects() -> None:
    text = FLAT + '  - {at: 1, prompt: "#"}\n' * 3
    before = reread(text)
    after = reread(text + '  - {at: 1, prompt: "#"}\n', before)
    assert len({id(item) for item in after.score.items}) == len(after.score.items) == 403
    assert new_items(before, after) == [402]


def test_a_section_that_cannot_be_read_leaves_its_comments_to_the_one_above() -> None:
    before = reread(TEXT)
    after = reread(TEXT.replace("s2 8 bars", "s2 8 brs"), before)
    assert kept(before, after) == ["light", "tram", "cafe", "s0", "s3"]
    last = after.lines.span(after.score.sections[1].span)
    assert after.text.split("\n")[last.end_line - 1] == "    # the end of 2"


def test_cues_in_a_list_of_another_kind_are_read_again() -> None:
    before = reread(TEXT)
    text = TEXT.replace(
        "    cues:\n      - {at: 1, prompt: A road 1",
        "    rules:\n      - {at: 1, prompt: A road 1",
    )
    after = reread(text, before)
    assert {one.code for one in after.diagnostics} == {"E612"}
    assert len(after.diagnostics) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT.replace("A road 1.", "A road\x07 1."), id="control character"),
        pytest.param(TEXT.replace("A road 1.", "A road \ufffe 1."), id="no character"),
        pytest.param(TEXT + "x" * 200_001, id="long line"),
        pytest.param(
            HEAD + "cues:\n" + "  - {at: x, sr: 4x}\n" * MAX_DIAGNOSTICS, id="many diagnostics"
        ),
    ],
)
def test_what_is_read_as_a_whole(text: str) -> None:
    assert reread_yaml(text, FILE, None) is None
    before = reread(TEXT)
    assert reread_yaml(text, FILE, before) is None
    assert kept(before, reread(TEXT, before)) == ALL_NAMES


def test_a_value_that_continues_on_a_line_of_another_piece() -> None:
    before = reread(TEXT)
    text = TEXT.replace("{at: 1, prompt: A road 1.}", '{at: 1, prompt: "A road\nscore: 1."}')
    after = reread(text, before)
    assert not after.has_errors
    assert kept(before, after) == ["light", "tram", "cafe", "s0"]
    spans = [item.span for section in after.score.sections[1:] for item in section.items]
    assert [span.end_line - span.line for span in spans[:3]] == [1, 1, 0]
    assert kept(before, reread(text + "# more\n", after)) == ["light", "tram", "cafe", "s0"]


def test_another_file_is_read_completely() -> None:
    before = reread(TEXT)
    other = reread_yaml(TEXT, "b.yaml", before)
    assert other is not None
    assert other.score.sections[0].span.file == "b.yaml"
    assert not kept(before, other)


def test_no_number_of_a_piece_is_used_twice() -> None:
    first = "  - section: s1 8 bars\n"
    section = SECTIONS[SECTIONS.index(first) : SECTIONS.index("  - section: s2")]
    changed = section.replace("A road 1.", "A road 5.")
    before = reread(TEXT)
    wrong = reread(TEXT.replace(section, changed) + "x: [\n", before)
    assert wrong.has_errors
    both = reread(TEXT + changed, wrong)
    again = reread(TEXT.replace(section, section + changed), both)
    for reading in (both, again):
        numbers = [piece.number for block in reading.blocks for piece in block.pieces]
        assert len(set(numbers)) == len(numbers)


def test_what_is_reported_below_known_cues_is_read_with_what_is_above_it() -> None:
    cues = "".join(f"  - at: {at}\n    prompt: A road\n" for at in range(1, 9))
    before = reread(HEAD + "cues:\n" + cues)
    for wrong in (
        "   - {at: 20, sr: 4x}\n",
        "  at: 3\n",
        "    : x\n",
        "  sr = 4x\n",
        '"\n',
        "\t- x\n",
    ):
        after = reread(HEAD + "cues:\n" + cues + wrong, before)
        assert after.has_errors


def test_cues_are_in_another_list_of_the_same_name() -> None:
    items = "      - {at: 1, prompt: A road.}\n      - {at: 2, prompt: A lamp.}\n" * 2
    text = HEAD + "sections:\n  - section: a 8 bars\n    cues:\n" + items + "    max: 3 bars\n"
    before = reread(text)
    deeper = text.replace("    cues:\n", "    until:\n    - cues:\n")
    assert reread(deeper, before).has_errors
    assert reread(text.replace("    cues:\n", "    cues: >\n"), before).has_errors
    assert reread(text.replace("    cues:\n", "    cues:\n    -\n     -\n"), before).has_errors


def test_where_a_list_of_known_cues_ends() -> None:
    known = "cues:\n  - {at: 1, sr: 4x}\n  - {at: 2, sr: off}  # a remark\n# more\n"
    after = reread(FLAT + known, reread(HEAD + known))
    assert [one.code for one in after.diagnostics] == ["E602"]


def word(text: str = "x", line: int = 4, column: int = 8, style: str | None = None) -> Scalar:
    return Scalar(text, line, column, start=108, end=109, style=style)


@pytest.mark.parametrize(
    ("scalar", "key", "depth", "is_found"),
    [
        (word(), "cues", 3, True),
        (word(style=""), "cues", 3, True),
        (word(style="'"), "cues", 3, False),
        (word("y"), "cues", 3, False),
        (word(line=5), "cues", 3, False),
        (word(column=6), "cues", 3, False),
        (word(), "rules", 3, False),
        (word(), "cues", 1, False),
    ],
)
def test_the_word_in_place_of_masked_cues(
    scalar: Scalar, key: str, depth: int, is_found: bool
) -> None:
    run = MaskedRun(("cues", 3), 6, 4, 100)
    assert run.find(scalar, key, depth) is run.is_found is is_found
