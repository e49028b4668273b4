"""Words, numbers and texts."""

from __future__ import annotations

from sequencer.editing.lexemes import lexemes, string_pieces


def shown(text: str) -> list[tuple[str, str | None]]:
    return [(text[start:end], kind) for start, end, kind in lexemes(text, 0, len(text))]


def test_numbers_have_units_and_other_words_begin_with_digits() -> None:
    assert shown("3.2+1/2 8bars 4x -250ms") == [
        ("3.2+1/2", "number"),
        ("8", "number"),
        ("bars", "keyword"),
        ("4x", "keyword"),
        ("250", "number"),
        ("ms", "keyword"),
    ]


def test_a_text_may_be_open_and_have_quotes_in_it() -> None:
    assert shown('a "b \\" c" d') == [("a", None), ('"b \\" c"', "string"), ("d", None)]
    assert shown('"""a "b"\nc""" d "e') == [
        ('"""a "b"\nc"""', "string"),
        ("d", None),
        ('"e', "string"),
    ]


def test_two_braces_are_not_a_variable() -> None:
    text = "{a}{{b}}{{{c}"
    found = [(text[start:end], str(kind)) for start, end, kind in string_pieces(text, 0, len(text))]
    assert found == [("{a}", "variable"), ("{{b}}{{", "string"), ("{c}", "variable")]
