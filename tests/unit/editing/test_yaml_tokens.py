"""What each word of a text in YAML is, for colours."""

from __future__ import annotations

import pytest

from sequencer.editing.looking import look
from sequencer.editing.texts import text_of
from sequencer.editing.tokens import find_tokens


def coloured(text: str) -> list[str]:
    """Return the words of a text, each with its kind and `!` if it is live."""
    known = look(text, "a.yaml", advice=False)
    return [
        f"{text_of(known.source, one.span)} {one.kind}{'!' if one.is_live else ''}"
        for one in find_tokens(known)
    ]


def test_texts_are_strings_with_variables_however_they_are_written() -> None:
    text = """let:
  light: It's {{{soft}} light  # a comment
scenes:
  tram:
    base: |  # another
      It's # part of the text
      at 3: {light}
    follow: 'The tram. {action}'
cues:
  - {at: 0c, prompt: Don't go at 3.}
  - at: 4c
    action: {pick: [One., "Two # {light}"]}
"""
    assert coloured(text) == [
        "let keyword",
        "light variable",
        "It's {{ string",
        "{soft} variable",
        "} light string",
        "# a comment comment",
        "scenes keyword",
        "tram scene",
        "base keyword",
        "# another comment",
        "      It's # part of the text string",
        "      at 3:  string",
        "{light} variable",
        "follow keyword",
        "'The tram.  string",
        "{action} variable",
        "' string",
        "cues keyword",
        "at keyword",
        "0 number",
        "c keyword",
        "prompt keyword",
        "Don't go at 3. string",
        "at keyword",
        "4 number",
        "c keyword",
        "action keyword",
        "pick keyword",
        "One. string",
        '"Two #  string',
        "{light} variable",
        '" string',
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("score: The tram's at 5", ["score keyword", "The tram's at 5 string"]),
        (
            "clock: 120 bpm, 4/4",
            ["clock keyword", "120 number", "bpm keyword", "4/4 number"],
        ),
        ("snap: nearest", ["snap keyword", "nearest keyword"]),
        ("play: a (b a)*2", ["play keyword", *("a section", "b section", "a section"), "2 number"]),
        (
            "at: mark drop +1bar",
            ["at keyword", "mark keyword", "drop mark", "1 number", "bar keyword"],
        ),
        ("show: 'tram'", ["show keyword", "tram scene"]),
        ("mark: drop", ["mark keyword", "drop mark"]),
        ("goto: a", ["goto keyword", "a section"]),
        ("do: [pause, {sr: 4x}]", ["do keyword", "pause keyword", "sr keyword", "4x keyword"]),
        ("midi: cc 20 64", ["midi keyword", "cc keyword", "20 number", "64 number"]),
        (
            "when: 'osc \"/drop\" > 0.5'",
            ["when keyword!", "osc trigger!", '"/drop" string!', "0.5 number!"],
        ),
        ("until: [note C3, go out]", ["until keyword!", "note trigger!", "C3 trigger!"]),
        (
            "section: a until go b or go c, max 8 bars",
            [
                *("section keyword", "a section", "until keyword!", "go trigger!", "b trigger!"),
                *("or keyword!", "go trigger!", "c trigger!", "max keyword", "8 number"),
            ],
        ),
        ("section: b 4 bars like a", ["section keyword", "b section", "4 number", "bars keyword"]),
        ("image: images/tram.png", ["image keyword", "images/tram.png string"]),
        ("unknown: at 5", []),
    ],
)
def test_the_key_decides_what_a_value_means(line: str, expected: list[str]) -> None:
    found = coloured(f"{line}\n")
    assert found[: len(expected)] == expected
    assert bool(found) == bool(expected)


def test_words_after_an_error_keep_their_colours() -> None:
    text = """scenes:
  tram:
    base: "A tram.
    follow: "The tram."
cues:
  - {at: 1, show: tram
  - {at: 2, show: tram}
"""
    assert coloured(text) == [
        "scenes keyword",
        "tram scene",
        "base keyword",
        '"A tram. string',
        "follow keyword",
        '"The tram." string',
        "cues keyword",
        "at keyword",
        "1 number",
        "show keyword",
        "tram scene",
        "at keyword",
        "2 number",
        "show keyword",
        "tram scene",
    ]


def test_a_newer_text_is_coloured_like_one_that_was_read() -> None:
    text = "scenes: {tram: {base: A.}}\nplay: a\n"
    known = look(text, "a.yaml", advice=False)
    newer = find_tokens(look("", "a.yaml", advice=False), text)
    assert newer == find_tokens(known)
