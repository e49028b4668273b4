"""Every word of the language has a description, from its table."""

from __future__ import annotations

from sequencer.editing.words import as_sentence, known_words, plain_text, yaml_keys
from sequencer.language.spec import ACTIONS, SETTINGS, STATEMENTS, TRIGGERS


def test_every_word_that_begins_something_has_a_description() -> None:
    words = known_words()
    keywords = {row.keyword for row in SETTINGS} | {row.keyword for row in STATEMENTS}
    keywords |= {row.keyword for row in ACTIONS if row.keyword is not None}
    keywords |= {row.example.split()[0] for row in TRIGGERS}
    assert {word for word in keywords if word not in words} == set()
    assert {one.word for one in words.values() if not one.description} == set()


def test_descriptions_are_plain_sentences() -> None:
    for word in known_words().values():
        assert "](" not in word.description and "`" not in word.description, word
        assert "see below" not in word.description, word
        assert word.description.endswith("."), word
        assert word.form, word


def test_markup_is_removed() -> None:
    assert plain_text("a `b` [c d](#x); see [below](#y)") == "a b c d"
    assert as_sentence("") == "" and as_sentence("what?") == "What?"
    assert as_sentence("sets it") == "Sets it."


def test_keys_in_yaml_have_the_descriptions_of_the_schema() -> None:
    keys = yaml_keys()
    assert keys["show"] == "The scene to show: its base, or with action its follow."
    assert keys["cues"] == "Cues: actions and their positions."
    assert keys["every"].startswith("8 bars · 4b")
    assert keys["tempo"].count("\n") == 1
    assert {key for key, text in keys.items() if "`" in text or not text} == set()
