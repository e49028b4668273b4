"""The JSON of a journal's lines is what Python's encoder writes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sequencer.engine.journal_json import dumps, write_record

names = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1)
texts = st.text(st.characters())  # all of them, lone surrogates too
plain = st.none() | st.booleans() | st.integers() | st.floats() | texts
nested = st.recursive(
    plain, lambda one: st.lists(one, max_size=3) | st.dictionaries(texts, one, max_size=3)
)
pairs = st.lists(st.tuples(st.integers(), texts), max_size=5)


@given(st.dictionaries(names, nested).filter(lambda fields: "scheduled" not in fields), pairs)
def test_a_record_is_what_the_encoder_writes(
    fields: dict[str, Any], scheduled: list[tuple[int, str]]
) -> None:
    everything = {**fields, "scheduled": scheduled, "more": True}
    expected = json.dumps(everything, ensure_ascii=False, separators=(",", ":"))
    assert dumps(everything) == expected
    for _ in range(2):  # the second time, texts and pairs are remembered
        assert write_record(everything) == expected


def test_numbers_and_truth_values_that_are_equal_are_written_as_they_are() -> None:
    assert write_record({"a": 1, "b": True, "c": 1.0, "d": 0, "e": False, "f": "1"}) == (
        '{"a":1,"b":true,"c":1.0,"d":0,"e":false,"f":"1"}'
    )


def test_a_record_without_fields_or_pairs() -> None:
    assert write_record({}) == "{}"
    assert write_record({"scheduled": ()}) == '{"scheduled":[]}'
