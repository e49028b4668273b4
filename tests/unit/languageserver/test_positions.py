from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lsprotocol import types

from sequencer.core.diagnostics import Span
from sequencer.editing.texts import Position
from sequencer.languageserver.positions import (
    ClientText,
    Encoding,
    View,
    count_characters,
    count_units,
)

ENCODINGS = (Encoding.Utf8, Encoding.Utf16, Encoding.Utf32)
CODECS = {
    Encoding.Utf8: ("utf-8", 1),
    Encoding.Utf16: ("utf-16-le", 2),
    Encoding.Utf32: ("utf-32-le", 4),
}
CHARACTERS = st.one_of(
    st.sampled_from("a é\t𝄞🚋\u0301\u2028\u2029\u0085\x0b\x0c\ufeff\ud83d"),
    st.characters(),
    *(
        st.characters(min_codepoint=0x10000 * plane, max_codepoint=0x10000 * plane + 0xFFFF)
        for plane in range(1, 17)
    ),
)
LINES = st.text(CHARACTERS.filter(lambda one: one not in "\r\n"), max_size=8)
NEWLINES = st.sampled_from(("\n", "\r\n", "\r"))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a text with characters of all planes and every kind of newline, also mixed."""
    parts = [draw(LINES)]
    for _ in range(draw(st.integers(0, 5))):
        parts += draw(NEWLINES), draw(LINES)
    return "".join(parts)


encodings = st.sampled_from(ENCODINGS)


def lines_of(text: str) -> list[str]:
    return re.split(r"\r\n|\n|\r", text)


@given(LINES, encodings)
def test_units_are_those_of_the_encoding(line: str, encoding: Encoding) -> None:
    codec, size = CODECS[encoding]
    assert count_units(line, encoding) == len(line.encode(codec, "surrogatepass")) // size


@given(LINES, encodings)
def test_characters_and_units_are_inverse(line: str, encoding: Encoding) -> None:
    for characters in range(len(line) + 1):
        units = count_units(line[:characters], encoding)
        assert count_characters(line, units, encoding) == characters
    assert count_characters(line, count_units(line, encoding) + 5, encoding) == len(line)


@given(LINES, st.integers(0, 40), encodings)
def test_a_position_inside_a_character_is_its_beginning(
    line: str, units: int, encoding: Encoding
) -> None:
    found = count_characters(line, units, encoding)
    assert count_units(line[:found], encoding) <= units
    if found < len(line):
        assert count_units(line[: found + 1], encoding) > units


@given(texts(), encodings)
@example("\ufeffa\r\n𝄞b", Encoding.Utf16)
@example("a\rb\n\rc", Encoding.Utf8)
def test_every_position_has_one_position_of_the_client(text: str, encoding: Encoding) -> None:
    client = ClientText(text, encoding)
    assert client.normalised == "\n".join(lines_of(text)).removeprefix("\ufeff")
    seen: list[tuple[int, int]] = []
    for number, line in enumerate(client.normalised.split("\n"), 1):
        for column in range(1, len(line) + 2):
            found = client.to_client(Position(number, column))
            assert client.to_position(found) == Position(number, column)
            seen.append((found.line, found.character))
    assert seen == sorted(set(seen))


@given(texts(), encodings, st.data())
def test_a_change_is_made_where_the_client_makes_it(
    text: str, encoding: Encoding, data: st.DataObject
) -> None:
    """The client's own text is a list of characters, as an editor has it."""
    client = ClientText(text, encoding)
    places = [
        (number, column, start + column)
        for number, (start, end) in enumerate(zip(client.starts, client.ends, strict=True))
        for column in range(end - start + 1)
    ]
    first, last = sorted(
        data.draw(st.tuples(st.integers(0, len(places) - 1), st.integers(0, len(places) - 1)))
    )
    new = data.draw(texts())

    def place(at: int) -> types.Position:
        number, column, _ = places[at]
        units = count_units(client.line(number)[:column], encoding)
        return types.Position(number, units)

    changed = client.changed(
        [types.TextDocumentContentChangePartial(types.Range(place(first), place(last)), new)]
    )
    assert changed.text == text[: places[first][2]] + new + text[places[last][2] :]
    assert changed.starts == ClientText(changed.text, encoding).starts


def test_a_whole_text_replaces_all_before_it() -> None:
    one = types.TextDocumentContentChangePartial(
        types.Range(types.Position(0, 1), types.Position(0, 1)), "!"
    )
    whole = types.TextDocumentContentChangeWholeDocument("new")
    assert ClientText("ab").changed([one]).text == "a!b"
    assert ClientText("ab").changed([one, whole, one]).text == "n!ew"


def test_positions_outside_of_the_text_are_moved_to_its_edges() -> None:
    client = ClientText("ab\nc")
    assert client.to_position(types.Position(7, 3)) == Position(2, 2)
    assert client.to_position(types.Position(0, 30)) == Position(1, 3)
    assert client.to_client(Position(0, 0)) == types.Position(0, 0)
    assert client.to_client(Position(5, 1)) == types.Position(1, 1)
    assert client.to_client(Position(1, 40)) == types.Position(0, 2)


@pytest.mark.parametrize(("text", "newline"), [("a", "\n"), ("a\r\nb\n", "\r\n"), ("a\rb", "\r")])
def test_the_newline_of_a_text_is_that_of_its_first_line(text: str, newline: str) -> None:
    assert ClientText(text).newline == newline


# ---- a text that has changed since it was read ---------------------------------------------------


def test_only_positions_on_unchanged_lines_are_converted() -> None:
    view = View("one\ntwo\nthree\n", ClientText("zero\none\n2\nthree\n"))
    assert not view.is_current
    assert view.to_read_position(types.Position(1, 2)) == Position(1, 3)
    assert view.to_read_position(types.Position(0, 0)) is None
    assert view.to_read_position(types.Position(2, 0)) is None
    assert (view.to_line(1), view.to_line(2), view.to_line(3)) == (2, None, 4)
    assert view.to_range(Span("", 3, 1, 3, 4)) == types.Range(
        types.Position(3, 0), types.Position(3, 3)
    )
    assert view.to_range(Span("", 2, 1, 2, 4)) is None
    assert view.to_range(Span("", 1, 1, 3, 4)) is None, "a line between was changed"
    assert view.to_range(Span("", 1, 1, 2, 1)) is not None, "it ends with its line"
    assert view.range_in_read(types.Range(types.Position(1, 0), types.Position(2, 0)), "") is None


def test_newlines_do_not_make_a_text_another_one() -> None:
    view = View("one\ntwo", ClientText("\ufeffone\r\ntwo"))
    assert view.is_current
    assert view.to_read_position(types.Position(1, 1)) == Position(2, 2)
    assert view.to_read_position(types.Position(0, 2)) == Position(1, 2)


@given(texts(), texts())
def test_what_is_converted_is_the_same_character(before: str, after: str) -> None:
    read, now = ClientText(before).normalised, ClientText(after)
    view = View(read, now)
    old, new = read.split("\n"), now.normalised.split("\n")
    for line in range(len(new)):
        found = view.to_read_position(now.to_client(Position(line + 1, 1)))
        assert found is None or old[found.line - 1] == new[line]
        assert found is None or view.to_line(found.line) == line + 1
