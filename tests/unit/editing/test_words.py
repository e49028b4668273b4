"""Every word of the language has a description, from its table."""

from __future__ import annotations

from sequencer.editing.words import as_sentence, known_words, plain_text
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
