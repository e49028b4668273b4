"""Reading a changed text: what did not change is the same object as before."""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostic, Diagnostics
from sequencer.language.score import Section
from sequencer.language.text.reader import read_text
from sequencer.language.text.rereading import PIECE_STATEMENTS, TextReading, reread_text

HEAD = 'score "A"\nclock 120 bpm\n'
SECTIONS = "".join(
    f'section s{number} 8 bars {{  # section {number}\n  at 1 "A road {number}."\n'
    f'  at 3 "A lamp {number}."\n}}\n\n'
    for number in range(4)
)
TEXT = HEAD + SECTIONS


def reread(text: str, before: TextReading | None = None) -> TextReading:
    found = reread_text(text, "a.score", before)
    assert found is not None
    whole = read_text(text, "a.score", Diagnostics())
    assert found.score == whole
    assert found.comments() == whole.comments
    return found


def unchanged(before: TextReading, after: TextReading) -> list[str]:
    known = {id(section) for section in before.score.sections}
    return [section.name for section in after.score.sections if id(section) in known]


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("lamp 1", "light 1", ["s0", "s2", "s3"]),
        (HEAD, HEAD + "# a line\n", ["s0", "s1", "s2", "s3"]),
        ("clock 120", "clock 100", ["s0", "s1", "s2", "s3"]),
        ("section s2 8", "section s2 9", ["s0", "s1", "s3"]),
        ('  at 3 "A lamp 3."\n', "", ["s0", "s1", "s2"]),
        ("}\n\nsection s3", "}\nsection s3", ["s0", "s1", "s2"]),
    ],
)
def test_sections_without_a_change_are_the_same(old: str, new: str, kept: list[str]) -> None:
    before = reread(TEXT)
    assert TEXT.count(old) == 1
    assert unchanged(before, reread(TEXT.replace(old, new), before)) == kept


def test_a_change_in_a_long_section_leaves_its_other_items() -> None:
    cues = [f'  at {number} "A road {number}."\n' for number in range(1, 4 * PIECE_STATEMENTS)]
    text = "section a 400 bars {\n" + "".join(cues) + "}\n"
    before = reread(text)
    after = reread(text.replace('"A road 100."', '"A lamp 100."'), before)
    old, new = before.score.sections[0], after.score.sections[0]
    different = [one for one, other in zip(old.items, new.items, strict=True) if one is not other]
    assert 1 <= len(different) <= PIECE_STATEMENTS


def test_an_error_is_explained_again_with_the_text_that_follows() -> None:
    broken = TEXT.replace('at 3 "A lamp 1."', "at 3 tram tram")
    before = reread(broken)
    assert before.has_errors
    after = reread(broken.replace("lamp 3", "light 3"), before)
    assert [before.lines.diagnostic(one) for one in before.diagnostics] == [
        after.lines.diagnostic(one) for one in after.diagnostics
    ]
    assert not reread(TEXT, after).has_errors


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        'section a 4 bars {\n  at 1 "A road."\n',
        'section a 4 bars { at 1 "A." } section b 4 bars { at 1 "B." }\n',
        "seed 1\nsection a 4 bars {\n}\nseed 2\n",
        'at 0c "A.\x07"\n',
    ],
)
def test_what_is_read_as_a_whole(text: str) -> None:
    assert reread_text(text, "a.score", None) is None


def test_a_section_of_several_pieces_stays_the_same() -> None:
    cues = "".join(f'  at {number} "A road."\n' for number in range(1, 200))
    text = "section a 400 bars {\n" + cues + "}\n" + SECTIONS
    before = reread(text)
    after = reread(text.replace("lamp 3", "light 3"), before)

    def first(reading: TextReading) -> Section:
        return reading.score.sections[0]

    assert first(before) is first(after)


def test_what_is_reported_of_a_piece_may_depend_on_the_next_one() -> None:
    cues = [f'at {number} "A road."' for number in range(1, PIECE_STATEMENTS)]
    broken = "\n".join([*cues, "at 200", 'at 201 "A lamp."', 'at 300 "A door."', ""])
    before = reread(broken)
    assert len(before.pieces) > 1
    joined = broken.replace('at 201 "A lamp."', '"A lamp."')
    reported: list[tuple[Diagnostic, ...]] = []
    for text, known in ((broken, None), (joined, before)):
        found = reread(text, known)
        faults = Diagnostics()
        read_text(text, "a.score", faults)
        reported.append(tuple(map(found.lines.diagnostic, found.diagnostics)))
        assert reported[-1] == faults.diagnostics
    assert reported[0][0] != reported[1][0]
