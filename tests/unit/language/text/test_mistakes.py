"""Common mistakes in the text notation: each has its code, its exact position, and a fix that can
be applied.
"""

from __future__ import annotations

import pytest

from sequencer.core.diagnostics import Diagnostic, Fix, render
from sequencer.language.loader import load_text

WHOLE = "section a 4 bars {\n  at 1 x\n}\n"


def applied(text: str, fixes: tuple[Fix, ...]) -> str:
    """Return `text` with the replacements made, the last ones first."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    for fix in sorted(fixes, key=lambda one: (one.span.line, one.span.column), reverse=True):
        start = starts[fix.span.line - 1] + fix.span.column - 1
        end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
        text = text[:start] + fix.text + text[end:]
    return text


def fixed(text: str) -> str:
    """Return `text` after applying the first replacement as many times as necessary."""
    for _ in range(8):
        reading = load_text(text)
        fixes = next((one.fixes for one in reading.diagnostics if one.is_error and one.fixes), None)
        if fixes is None:
            return text
        text = applied(text, fixes[:1])
    return text


# mistake, code, line:column-end of the caret, the text after its fix
MISTAKES = [
    ('at 9,3 "x"', "E203", "1:5-6", 'at 9.3 "x"'),
    ('at 1:30 "x"', "E202", "1:4-8", 'at 1m30s "x"'),
    ('at 9.3.2 "x"', "E207", "1:4-9", 'at 9.3+1/4 "x"'),
    ('at 0.3 "x"', "E204", "1:4-7", 'at 1.3 "x"'),
    ('at 9.0 "x"', "E205", "1:4-7", 'at 9.1 "x"'),
    ('at 9.2.5 "x"', "E207", "1:4-9", None),
    ('at 9:3:480 "x"', "E208", "1:4-11", 'at 9:4:0 "x"'),
    ('at 1.5c "x"', "E209", "1:4-8", 'at 1c "x"'),
    ('at -1 "x"', "E206", "1:4-6", None),
    ('at 5 bars "x"', "E218", "1:4-10", 'at 6 "x"'),
    ('at bar 5 "x"', "E219", "1:1-9", 'at 5 "x"'),
    ('at bar 5, beat 3 "x"', "E219", "1:1-17", 'at 5.3 "x"'),
    ('at ９ "x"', "E215", "1:4-5", 'at 9 "x"'),
    ('at 9: "x"', "E125", "1:5-6", 'at 9 "x"'),
    ('at 9 -> "x"', "E134", "1:6-8", 'at 9 "x"'),
    ('9.3 "x"', "E117", "1:1-4", 'at 9.3 "x"'),
    ('"x"', "E117", "1:1-2", 'at 0c "x"'),
    ("every bars x", "E211", "1:7-11", "every 1 bar x"),
    ("every 4 x", "E211", "1:7-8", "every 4 bars x"),
    ("every 2 chunks x", "E216", "1:9-15", "every 2c x"),
    ("section a bars {\n}", "E211", "1:11-15", "section a 1 bar {\n}"),
    ("section a 4 {\n}", "E211", "1:11-12", "section a 4 bars {\n}"),
    ("section a {\n}", "E139", "1:11-12", "section a 8 bars {\n}"),
    ("section a (4 bars) {\n}", "E139", "1:11-19", "section a 4 bars {\n}"),
    ("section a 4 bars tempo 120 {\n}", "E135", "1:18-23", "section a 4 bars, tempo 120 {\n}"),
    ("section a 4 bars, 120 bpm {\n}", "E240", "1:19-26", "section a 4 bars, tempo 120 {\n}"),
    ("section a 4 bars, seed 5 {\n}", "E133", "1:19-23", "section a 4 bars, cut seed 5 {\n}"),
    ('section "a b" 4 bars {\n}', "E142", "1:9-14", "section a-b 4 bars {\n}"),
    ("section a until note C3 {\n}", "E137", "1:1-24", "section a until note C3, max 32 bars {\n}"),
    ("section a 4 bars\n  at 1 x\n}\n", "E113", "1:1-17", WHOLE),
    ("section a 4 bars\n{\n  at 1 x\n}\n", "E114", "2:1-2", WHOLE),
    ("section a 4 bars {\n  at 1 x\n", "E111", "1:1-17", WHOLE),
    ("section a 4 bars {\n  at 1 x\n\nsection b 1 bar {\n}\n", "E111", "1:1-17", None),
    (WHOLE + "}\n", "E112", "4:1-2", WHOLE + "\n"),
    ('scene s "x"', "E113", "1:9-12", 'scene s {\n  base "x"\n}'),
    ('scene s {\n  start "x"\n}', "E119", "2:3-8", 'scene s {\n  base "x"\n}'),
    ('scene s {\n  base "x"\n  base "y"\n}', "E121", "3:3-11", None),
    ("scene image {\n}", "E227", "1:7-12", None),
    ("sectoin a 4 bars {\n}", "E101", "1:1-8", "section a 4 bars {\n}"),
    ("At 1 x", "E101", "1:1-3", "at 1 x"),
    ('titel "x"', "E117", "1:1-6", None),
    ('title "x"', "E101", "1:1-6", 'score "x"'),
    ("tempo 120", "E101", "1:1-6", "clock 120 bpm"),
    ("fps 24", "E101", "1:1-4", "grid 33 frames @ 24 fps"),
    ("at 1 Sr 4x", "E131", "1:6-8", "at 1 sr 4x"),
    ("at 1 sr 4", "E246", "1:9-10", "at 1 sr 4x"),
    ("at 1 strength 80%", "E243", "1:15-18", "at 1 strength 0.8"),
    ("at 1 strength 0,8", "E203", "1:16-17", "at 1 strength 0.8"),
    ("at 1 strength .8", "E223", "1:15-17", "at 1 strength 0.8"),
    ("seed -1", "E245", "1:6-8", None),
    ("at 1 x, seed 5", "E133", "1:9-15", "at 1 x, cut seed 5"),
    ("at 1 cut 5", "E160", "1:10-11", "at 1 cut seed 5"),
    ("lead 2", "E250", "1:6-7", "lead 2c"),
    ("snap round", "E251", "1:6-11", "snap nearest"),
    ("seed 1\nseed 2", "E115", "2:1-7", "seed 1\n"),
    ('at 1 tram, "Now she goes."', "E124", "1:10-11", 'at 1 tram "Now she goes."'),
    ("at 1 “A boat.”", "E107", "1:6-15", 'at 1 "A boat."'),
    ('at 1 “A boat."', "E107", "1:6-15", 'at 1 "A boat."'),
    ("at 1 'A boat.'", "E108", "1:6-15", 'at 1 "A boat."'),
    ('at 1 "A boat.', "E105", "1:6-14", 'at 1 "A boat."'),
    ('at 1 """A boat.\n', "E106", "1:6-9", None),
    ('at 1 "She says "hi" and goes"', "E110", "1:7-29", 'at 1 "She says \\"hi\\" and goes"'),
    ('at 1 "x" "y"', "E128", "1:8-11", 'at 1 "x y"'),
    ('at 1 "x" sr 4x', "E128", "1:10-12", 'at 1 "x", sr 4x'),
    ('at 1 "x",', "E129", "1:9-10", 'at 1 "x"'),
    ('at 1 "x" at 2 "y"', "E104", "1:10-12", 'at 1 "x"\nat 2 "y"'),
    ('at 1 "x"; at 2 "y"', "E104", "1:9-10", 'at 1 "x"\nat 2 "y"'),
    ('at 1 "x" // boat', "E109", "1:10-12", 'at 1 "x" # boat'),
    ('at 1 "x"# boat', "E147", "1:9-10", 'at 1 "x" # boat'),
    ("at 1 image refs/tram.png", "E143", "1:12-25", 'at 1 image "refs/tram.png"'),
    # two mistakes in one statement: the surest is reported, and its fix leads to the next
    (
        'at 1 image a.png strength 0.8, "x"',
        "E143",
        "1:12-17",
        'at 1 image "a.png", strength 0.8, "x"',
    ),
    ("section a: 4 bars\n  at 1 x\n}\n", "E157", "1:10-11", WHOLE),
    ("section 'a' 4 Bars {\n}", "E142", "1:9-12", "section a 4 bars {\n}"),
    (
        "section a 4 bars until go x {\n}",
        "E136",
        "1:11-17",
        "section a until go x, max 4 bars {\n}",
    ),
    (
        "section a 4 bars until go x, max 9 bars {\n}",
        "E136",
        "1:11-17",
        "section a until go x, max 9 bars {\n}",
    ),
    (
        "section a 4 bars, until go x, max 9 bars {\n}",
        "E136",
        "1:11-18",
        "section a until go x, max 9 bars {\n}",
    ),
    (
        "section a 4 bars, until go x {\n}",
        "E136",
        "1:11-29",
        "section a until go x, max 4 bars {\n}",
    ),
    (
        "section a live, until go x {\n}",
        "E131",
        "1:11-27",
        "section a until go x, max 32 bars {\n}",
    ),
    (
        "section a 4 Bars until go x {\n}",
        "E136",
        "1:11-17",
        "section a until go x, max 32 bars {\n}",
    ),
    (
        "section a live until go x {\n}",
        "E131",
        "1:11-15",
        "section a until go x, max 32 bars {\n}",
    ),
    (
        "section a live, until go x, max 9 bars {\n}",
        "E131",
        "1:11-16",
        "section a until go x, max 9 bars {\n}",
    ),
    (
        "section a, until go x, max 9 bars {\n}",
        "E129",
        "1:10-11",
        "section a until go x, max 9 bars {\n}",
    ),
    ("at 1 prompt A boat drifts", "E143", "1:6-26", 'at 1 "A boat drifts"'),
    ("use library.score", "E143", "1:5-18", None),
    ('let a "x"', "E132", "1:7-8", 'let a = "x"'),
    ('at 1 pick("a", "b")', "E140", "1:6-20", 'at 1 pick("a" | "b")'),
    ('at 1 pick("a" | "b"', "E140", "1:19-20", 'at 1 pick("a" | "b")'),
    ('at 1 "a { b"', "E270", "1:9-10", 'at 1 "a {{ b"'),
    ('at 1 "a }"', "E270", "1:9-10", 'at 1 "a }}"'),
    ('at 1 "{ a }"', "E271", "1:7-12", 'at 1 "{a}"'),
    ('at 1 "a\\nb"', "E272", "1:8-10", 'at 1 "a b"'),
    ("on C3 -> sr 2x", "E230", "1:4-6", "on note C3 -> sr 2x"),
    ("on note C3 sr 2x", "E134", "1:12-14", "on note C3 -> sr 2x"),
    ("on note H3 -> sr 2x", "E231", "1:9-11", "on note B3 -> sr 2x"),
    ("on cc 20 >= 64 -> sr 2x", "E237", "1:7-15", "on cc 20 > 63 -> sr 2x"),
    ("on note C3 ch 17 -> sr 2x", "E233", "1:15-17", None),
    ("at 1 goto a", "E141", "1:6-12", None),
    ("play a, b", "E255", "1:7-8", "play a b"),
    ("play 2*a", "E255", "1:6-9", "play a*2"),
    ("clock 120", "E247", "1:7-10", "clock 120 bpm"),
    ("clock midi", "E248", "1:7-11", "clock midi, nominal 120 bpm"),
    ("clock 120 bpm, 4/5", "E241", "1:16-19", None),
    ("at 1 tempo 120 -> 130", "E254", "1:12-22", None),
    ("at 1", "E103", "1:4-5", None),
    ("every 4 bars", "E103", "1:12-13", None),
    ("", "E151", "1:1-1", None),
]


def shown(one: Diagnostic) -> str:
    """Return the span of a diagnostic as these tests write it."""
    return f"{one.span.line}:{one.span.column}-{one.span.end_column}"


@pytest.mark.parametrize(
    ("text", "code", "position", "replacement"),
    MISTAKES,
    ids=[mistake[0][:40] or "nothing" for mistake in MISTAKES],
)
def test_a_mistake_has_its_code_its_position_and_its_replacement(
    text: str, code: str, position: str | None, replacement: str | None
) -> None:
    reading = load_text(text)
    assert reading.score is None
    first = reading.diagnostics[0]
    assert (first.code, shown(first)) == (code, position or shown(first)), render(first, text)
    assert first.hint or first.fixes or code in {"E121", "E122"}, render(first, text)
    if replacement is not None:
        assert fixed(text) == replacement
        assert load_text(replacement).score is not None or "\n\n" in replacement


def test_most_mistakes_are_fixed_by_their_replacement() -> None:
    healed = sum(load_text(fixed(text)).score is not None for text, *_ in MISTAKES)
    assert healed / len(MISTAKES) >= 0.75


def test_all_faults_are_reported_at_once_in_order() -> None:
    text = 'seed -1\nat 9,3 "x"\nsectoin a 4 bars {\n  at 0.1 "y {"\n}\nat 1 sr 3x\n'
    found = [(one.span.line, one.code) for one in load_text(text).diagnostics]
    assert found == [(1, "E245"), (2, "E203"), (3, "E101"), (4, "E204"), (4, "E270"), (6, "E246")]


def test_a_variable_in_a_text_has_its_own_position() -> None:
    score = load_text('at 1 "A {boot} and\n').score
    assert score is None
    whole = load_text('at 0c """\n  A grey\n    {boot} drifts."""').score
    assert whole is not None
    (part,) = [part for part in whole.items[0].actions[0].words.parts if not isinstance(part, str)]  # type: ignore[union-attr]  # a prompt's text
    assert (part.span.line, part.span.column, part.span.end_column) == (3, 5, 11)


@pytest.mark.parametrize("gap", ["\t", "  \t ", " "])
def test_tabs_and_spaces_are_alike(gap: str) -> None:
    text = (
        f"section{gap}a{gap}4 "
        f'bars,{gap}cut{gap}seed{gap}5{gap}{{\n{gap}at{gap}1{gap}tram{gap}"x",{gap}sr{gap}2x\n}}'
    )
    assert (
        load_text(text).score
        == load_text('section a 4 bars, cut seed 5 {\n  at 1 tram "x", sr 2x\n}\n').score
    )


def test_newlines_of_all_systems_and_a_byte_order_mark() -> None:
    plain = '# c\nat 1 """a\n b"""\nat 2 "x"\n'
    score = load_text(plain).score
    for other in (
        plain.replace("\n", "\r\n"),
        plain.replace("\n", "\r"),
        "\ufeff" + plain,
        plain.rstrip("\n"),
    ):
        assert load_text(other).score == score
    fault = load_text("\ufeffseed -1\r\n at 9,3 x\r\n").diagnostics
    assert [(one.span.line, one.span.column) for one in fault] == [(1, 6), (2, 6)]


def test_a_caret_is_below_its_word_after_wide_characters() -> None:
    reading = load_text('at 1 "雨の中" sr 4x\n')
    line, caret = render(reading.diagnostics[0], reading.sources[""]).split("\n")[1:3]
    assert caret.index("^") == line.index("sr") + 3  # three characters of two cells each
