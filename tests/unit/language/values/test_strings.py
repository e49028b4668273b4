"""Texts and names as they are written in quotes and as YAML delivers them."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.core.unicode_names import with_composed_marks
from sequencer.language.scene_names import read_scene_name
from sequencer.language.score import Text, Variable
from sequencer.language.spec import RESERVED
from sequencer.language.values import writing as spelling
from sequencer.language.values.strings import (
    MAX_TEXT_DIAGNOSTICS,
    MAX_TEXT_LENGTH,
    MAX_VARIABLES,
    is_name,
    normalise_name,
    read_name,
    read_string,
    read_text,
    read_unquoted_text,
)
from tests.support.strategies import names, plain_strings, scene_names, texts
from tests.support.value_tables import check_refusal, check_value, read, rows, shown

X = Variable("x")

QUOTED: dict[str, tuple[str | Variable, ...]] = {
    '"A boat."': ("A boat.",),
    '""': (),
    '" a "': (" a ",),
    '"A {x} b"': ("A ", X, " b"),
    '"{x}"': (X,),
    '"{a-b_c}{x}"': (Variable("a-b_c"), X),
    '"{{a}}"': ("{a}",),
    '"{{{x}}}"': ("{", X, "}"),
    r'"a \" b \\ c"': ('a " b \\ c',),
    '"""A."""': ("A.",),
    '"""\n  A\n   b.\n"""': ("A b.",),
    '"""\n A  b\n\n\n {x}\n"""': ("A  b ", X),
    '"e\u0301 {e\u0301}"': ("e\u0301 ", Variable("é")),
}
REFUSED_TEXTS = {
    '"a } b"': "E270 4-5 → }}",
    '"a { b"': "E270 4-5 → {{",
    '"{ x }"': "E271 2-7 → {x}",
    '"{9}"': "E271 2-5 → {{9}}",
    '"{}"': "E271 2-4 → {{}}",
    '"{x y}"': "E271 2-7 → {{x y}}",
    r'"a\nb"': "E272 3-5 →  ",
    r'"a\qb"': r"E272 3-5 → \\q",
}
PLAIN: dict[str, tuple[str | Variable, ...]] = {
    "": (),
    "A boat.": ("A boat.",),
    " a ": (" a ",),
    "A {x}": ("A ", X),
    "{{a}}": ("{a}",),
    r"a\nb \" c": (r"a\nb \" c",),
    '"': ('"',),
    "  a\n   b  ": ("a b",),
    "a\n\n\nb {x}\n": ("a b ", X),
}
REFUSED_PLAIN = {
    "}": "E270 1-2 → }}",
    "a {": "E270 3-4 → {{",
    "{ x}": "E271 1-5 → {x}",
    "a\x00": "E274 2-3",
    "\x85": "E274 1-2",
    "a\u2028b": "E274 2-3",
    "\ufeff": "E274 1-2",
}
STRINGS = {'"a"': "a", '""': "", '"a {b} {{"': "a {b} {{", r'"a \" \\"': 'a " \\'}
REFUSED_STRINGS = {
    r'"a\n"': "E272 3-5 →  ",
    '"""a\n b"""': 'E275 1-11 → "a b"',
    r'"\x"': r"E272 2-4 → \\x",
}
NAMES = {
    "drop": "drop",
    "a-b": "a-b",
    "a_b-9": "a_b-9",
    "_": "_",
    "é": "é",
    "e\u0301": "é",
    "日本": "日本",
    "नमस्ते": "नमस्ते",
    "می\u200cخواهم": "می\u200cخواهم",
    "x" * 100: "x" * 100,
}
REFUSED_NAMES = {
    "": "E225 1-1",
    "9a": "E225 1-3",
    "-a": "E225 1-3 → a",
    "a-": "E225 1-3 → a",
    "a--b": "E225 1-5 → a-b",
    "a b": "E225 1-4 → a-b",
    "a.b": "E225 1-4 → a-b",
    "a\u200cb": "E225 1-4 → a-b",
    "a-\u0301b": "E225 1-5",
    "a\u00a0b": "E159 2-3 →  ",
    "x" * 101: "E226 1-102",
}


def parts(literal: str, span: Span, faults: Diagnostics) -> tuple[str | Variable, ...] | None:
    """Read the parts of a text in quotes."""
    found = read_text(literal, span, faults)
    return None if found is None else found.parts


def plain_parts(content: str, span: Span, faults: Diagnostics) -> tuple[str | Variable, ...] | None:
    """Read the parts of a text without quotes, verbatim."""
    found = read_unquoted_text(
        content, span, faults, lambda start, end: Span("", 1, start + 1, 1, end + 1)
    )
    return None if found is None else found.parts


def mark_name(text: str, span: Span, faults: Diagnostics) -> str | None:
    """Read the name of a mark."""
    return read_name(text, span, faults, "a mark")


@pytest.mark.parametrize(("written", "expected"), rows(QUOTED))
def test_a_text_in_quotes(written: str, expected: tuple[str | Variable, ...]) -> None:
    check_value(parts, written, expected)


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_TEXTS))
def test_no_text_in_quotes(written: str, refusal: str) -> None:
    check_refusal(parts, written, refusal)


@pytest.mark.parametrize(("written", "expected"), rows(PLAIN))
def test_a_plain_text(written: str, expected: tuple[str | Variable, ...]) -> None:
    check_value(plain_parts, written, expected)


@pytest.mark.parametrize(("written", "refusal"), list(REFUSED_PLAIN.items()), ids=ascii)
def test_no_plain_text(written: str, refusal: str) -> None:
    value, diagnostics = read(plain_parts, written)
    assert (value, shown(diagnostics)) == (None, [refusal])


@pytest.mark.parametrize(("written", "expected"), rows(STRINGS))
def test_a_string(written: str, expected: str) -> None:
    check_value(read_string, written, expected)


@pytest.mark.parametrize(("written", "refusal"), list(REFUSED_STRINGS.items()))
def test_no_string(written: str, refusal: str) -> None:
    value, diagnostics = read(read_string, written)
    assert (value, shown(diagnostics)) == (None, [refusal])


@pytest.mark.parametrize(("written", "expected"), rows(NAMES))
def test_a_name(written: str, expected: str) -> None:
    check_value(mark_name, written, expected)
    assert is_name(written) and normalise_name(written) == expected


@pytest.mark.parametrize(("written", "refusal"), rows(REFUSED_NAMES))
def test_no_name(written: str, refusal: str) -> None:
    value, diagnostics = read(mark_name, written)
    assert (value, shown(diagnostics)) == (None, [refusal])


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_no_scene_is_called_what_begins_an_action(word: str) -> None:
    assert shown(read(read_scene_name, word)[1]) == [f"E227 1-{len(word) + 1}"]
    assert is_name(word)


@pytest.mark.parametrize("word", ["Cut", "cuts", "tram", "bar-1"])
def test_other_words_are_scenes(word: str) -> None:
    check_value(read_scene_name, word, word)


@pytest.mark.parametrize("extra", [0, 1], ids=["most", "one-more"])
@pytest.mark.parametrize(
    ("piece", "most"), [("x", MAX_TEXT_LENGTH), ("{x}", MAX_VARIABLES)], ids=["length", "variables"]
)
def test_a_text_has_bounds(piece: str, most: int, extra: int) -> None:
    value, diagnostics = read(parts, '"' + piece * (most + extra) + '"')
    assert [one.code for one in diagnostics] == (["E276"] if extra else [])
    assert (value is None) == bool(extra)


def test_so_many_faults_of_one_text_are_reported() -> None:
    _, diagnostics = read(parts, '"' + "} " * (MAX_TEXT_DIAGNOSTICS + 5) + '"')
    assert [one.code for one in diagnostics] == ["E270"] * MAX_TEXT_DIAGNOSTICS


def test_a_fault_in_a_text_of_several_lines_has_its_own_line() -> None:
    faults = Diagnostics()
    read_text('"""\n  A {x\n  b } c\n"""', Span("t", 5, 3, 8, 4), faults)
    found = [(one.code, one.span.line, one.span.column) for one in faults.diagnostics]
    assert found == [("E270", 6, 5), ("E270", 7, 5)]


def spelled(text: Text) -> tuple[str | Variable, ...]:
    """Return a text as a reader returns it, with composed names."""
    return tuple(
        Variable(normalize("NFC", one.name)) if isinstance(one, Variable) else one
        for one in text.parts
    )


@given(texts())
def test_a_text_is_spelled_as_it_is_read(text: Text) -> None:
    check_value(parts, spelling.render_quoted(text), spelled(text))


@given(texts())
def test_a_plain_text_is_spelled_as_it_is_read(text: Text) -> None:
    check_value(plain_parts, spelling.render_content(text), spelled(text))


@given(plain_strings)
def test_a_string_is_spelled_as_it_is_read(text: str) -> None:
    check_value(read_string, spelling.render_string(text), text)


@given(names)
def test_names_are_names(name: str) -> None:
    check_value(mark_name, name, with_composed_marks(name))


@given(scene_names)
def test_scene_names_are_names(name: str) -> None:
    check_value(read_scene_name, name, with_composed_marks(name))


@given(st.text(max_size=12))
def test_a_name_offered_is_a_name(text: str) -> None:
    _, diagnostics = read(mark_name, text)
    for one in diagnostics:
        for fix in one.fixes if one.code == "E225" else ():
            check_value(mark_name, fix.text, with_composed_marks(fix.text))
