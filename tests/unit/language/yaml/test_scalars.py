"""Every scalar of a YAML text, also of one with errors."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sequencer.language.yaml.scalars import MAX_REFUSED_LINES, make_parsable, scan_yaml
from tests.support.editing import texts


def shown(text: str) -> tuple[list[str], list[str]]:
    """Return the scalars as `keys above: text`, keys with `?`, and the lines that are refused."""
    scan = scan_yaml(text)
    return (
        [
            f"{'.'.join(one.path)}{'?' if one.is_key else ':'} {text[one.start : one.end]}"
            for one in scan.scalars
        ],
        [text[start:end].rstrip("\n") for start, end in scan.refused],
    )


def test_keys_and_values_have_the_keys_above_them() -> None:
    text = "scenes:\n  tram:\n    base: |  # why\n      A.\n\ncues:\n  - {at: 1, \"show\": 'a'}\n"
    assert shown(text) == (
        [
            "? scenes",
            "scenes? tram",
            "scenes.tram? base",
            "scenes.tram.base: |  # why\n      A.",
            "? cues",
            "cues? at",
            "cues.at: 1",
            'cues? "show"',
            "cues.show: 'a'",
        ],
        [],
    )


def test_a_key_that_is_not_a_word_has_no_name() -> None:
    assert shown("? {a: b}\n: c\nd: &x 1\ne: f\n")[0] == [
        "? a",
        "a: b",
        ": c",
        "? d",
        "d: &x 1",
        "? e",
        "e: f",
    ]


def test_only_the_lines_of_an_error_are_left_out() -> None:
    text = "a: 1\ncues:\n  - {at: 1, show: x\n  - {at: 2}\n\t- b\nend: 3\n"
    assert shown(text) == (
        ["? a", "a: 1", "? cues", "cues? at", "cues.at: 2", "? end", "end: 3"],
        ["  - {at: 1, show: x", "\t- b"],
    )
    assert scan_yaml(text).text == text.replace("  - {at: 1, show: x", " " * 19).replace(
        "\t- b", "    "
    )


def test_a_text_whose_quote_is_missing_ends_with_its_line() -> None:
    scalars, refused = shown('a: "one\nb: "two"\nc: 3\n')
    assert refused == ['a: "one']
    assert scalars == ["? b", 'b: "two"', "? c", "c: 3"]


def test_a_line_with_the_wrong_indentation_is_left_out() -> None:
    scalars, refused = shown("a:\n    - b: 1\n   c: 2\n    - d: 3\n")
    assert scalars == ["? a", "a? b", "a.b: 1", "a? d", "a.d: 3"]
    assert refused == ["   c: 2"]


def test_a_line_that_is_indented_too_far_is_left_out_and_not_those_after_it() -> None:
    scalars, refused = shown("a:\n    b: 1\n  - c: 2\n  - d: 3\n")
    assert scalars == ["? a", "a? c", "a.c: 2", "a? d", "a.d: 3"]
    assert refused == ["    b: 1"]


def test_a_bracket_that_is_not_closed_ends_with_its_line() -> None:
    scalars, refused = shown("a:\n  - {\n  - {b: 1}\n  - [c,\n  - d: 2\n")
    assert scalars == ["? a", "a? b", "a.b: 1", "a? d", "a.d: 2"]
    assert refused == ["  - {", "  - [c,"]


def test_a_key_without_a_colon_is_left_out_with_the_lines_below_it() -> None:
    scalars, refused = shown("a:\n  b: 'x'\n  follow\n    It\n    goes.\nc: 2\n")
    assert scalars == ["? a", "a? b", "a.b: 'x'", "? c", "c: 2"]
    assert refused == ["  follow", "    It", "    goes."]


def test_a_text_with_too_many_errors_is_left_out_from_there_on() -> None:
    text = "a: 1\n" + "}\n" * (MAX_REFUSED_LINES + 5) + "b: 1\n"
    scan = scan_yaml(text)
    assert shown(text)[0] == ["? a", "a: 1"]
    assert sum(end - start for start, end in scan.refused) == len(text) - 5
    assert scan.text.split() == ["a:", "1"] and len(scan.text) == len(text)


def test_characters_that_stop_the_parser_are_replaced() -> None:
    text = "a: x\x00\ud800\uffff𝄞y\n"
    assert len(make_parsable(text)) == len(text)
    assert shown(text) == (["? a", "a: x\x00\ud800\uffff𝄞y"], [])


def check_cover(text: str) -> None:
    """Check that scalars and refused lines are in the text, in order and without overlap."""
    scan = scan_yaml(text)
    spans = sorted([*((one.start, one.end) for one in scan.scalars), *scan.refused])
    done = 0
    for start, end in spans:
        assert done <= start < end <= len(text), text
        done = end
    assert [one.start for one in scan.scalars] == sorted(one.start for one in scan.scalars)
    assert len(scan.text) == len(text) and scan.text.count("\n") == text.count("\n")


@given(st.text(" \n-:#{}[]'\"|>&*?ab1𝄞\t", max_size=60))
def test_any_text(text: str) -> None:
    check_cover(text)


def test_the_texts_of_the_tests() -> None:
    for text, file in texts().values():
        if file.endswith(".yaml"):
            check_cover(text.replace("\r\n", "\n").replace("\r", "\n"))
