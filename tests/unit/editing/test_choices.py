"""Texts that can be written, with their descriptions."""

from __future__ import annotations

from sequencer.core.diagnostics import Diagnostics, Span
from sequencer.editing.choices import (
    ItemKind,
    keyword_choice,
    length_choices,
    path_suffixes,
    schema_choices,
    shape_of,
    value_choices,
)
from sequencer.language import values
from sequencer.language.spec import POSITIONS, SETTING_BY_KEYWORD, TRIGGERS

SPAN = Span("", 1, 1, 1, 1)


def test_every_form_of_a_position_can_be_read() -> None:
    for choice in value_choices(POSITIONS):
        faults = Diagnostics()
        assert values.read_position(choice.text, SPAN, faults) is not None, choice
        assert choice.kind is ItemKind.VALUE and choice.description.endswith(".")


def test_every_form_of_a_trigger_can_be_read() -> None:
    for choice in value_choices(TRIGGERS):
        faults = Diagnostics()
        text = choice.text + ("out" if choice.text.endswith(" ") else "")
        assert values.read_trigger(text, SPAN, faults) is not None, choice


def test_lengths_can_be_read_and_name_their_unit() -> None:
    found = {choice.text: choice.description for choice in length_choices()}
    assert found["8 bars"] == "A length in bars." and found["12.5s"] == "A length in seconds."
    for text in found:
        assert values.read_duration(text, SPAN, Diagnostics()) is not None, text


def test_values_of_a_schema_are_those_that_it_lists_or_an_example() -> None:
    snap = [one.text for one in schema_choices(SETTING_BY_KEYWORD["snap"].schema, "nearest")]
    assert snap == ["nearest", "floor", "ceil"]
    seed = [one.text for one in schema_choices(SETTING_BY_KEYWORD["seed"].schema, "42")]
    assert seed == ["42"]
    assert schema_choices({}, "") == []


def test_paths_follow_some_words_only() -> None:
    assert path_suffixes("image") == (".png", ".jpg", ".jpeg", ".webp")
    assert ".score" in (path_suffixes("use") or ())
    assert path_suffixes("base") is None


def test_numbers_and_notes_have_the_same_shape() -> None:
    assert shape_of("120") == shape_of("96") != shape_of("+96")
    assert shape_of("C3") == shape_of("F#2") == shape_of("Bb1") != shape_of("c3")


def test_a_keyword_has_the_description_of_the_language() -> None:
    assert keyword_choice("snap").description
