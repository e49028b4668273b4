"""Texts that a journal writes only once: what is written reads back the same, whatever the texts
are.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequencer.engine import journal_texts as journaltexts
from sequencer.engine.journal_texts import MARK, MIN_TEXT_LENGTH, TextsRead, TextsWritten
from sequencer.events.codec import Event, event_from_json, event_to_json
from sequencer.events.commands import SchedulePrompt, SetConditioning
from sequencer.events.events import ChunkDone, CommandRefused, Started, StateReported

LONG = "x" * MIN_TEXT_LENGTH
OTHER = "y" * MIN_TEXT_LENGTH
SHORT = "x" * (MIN_TEXT_LENGTH - 1)


def done(text: str | None) -> dict[str, Any]:
    return event_to_json(ChunkDone(1, 2, 3, text))


@pytest.mark.parametrize(
    ("texts", "written", "defined"),
    [
        pytest.param([LONG], ["@0"], [LONG], id="long"),
        pytest.param([SHORT], [SHORT], [], id="short"),
        pytest.param([LONG, OTHER, LONG], ["@0", "@1", "@0"], [LONG, OTHER], id="each-once"),
        pytest.param(["@0"], ["@@0"], [], id="short-with-a-mark"),
        pytest.param(["@" + LONG], ["@0"], ["@" + LONG], id="long-with-a-mark"),
        pytest.param([None], [None], [], id="none"),
        pytest.param([""], [""], [], id="empty"),
    ],
)
def test_what_is_written(
    texts: list[str | None], written: list[str | None], defined: list[str]
) -> None:
    writer = TextsWritten()
    found: list[str | None] = []
    new: list[str] = []
    for text in texts:
        record = done(text)
        new += writer.encode(record)
        found.append(record["prompt"])
    assert (found, new) == (written, defined)


def test_pairs_are_written_as_references_too() -> None:
    record = event_to_json(
        StateReported(1, True, True, False, 0, 0, LONG, ((1, LONG), (2, OTHER), (3, "@")))
    )
    assert TextsWritten().encode(record) == [LONG, OTHER]
    assert (record["prompt"], record["scheduled"]) == ("@0", [(1, "@0"), (2, "@1"), (3, "@@")])


def test_a_writer_that_goes_on_knows_the_texts_before() -> None:
    writer = TextsWritten([LONG, OTHER])
    record = done(OTHER)
    assert (writer.encode(record), record["prompt"]) == ([], "@1")


def test_what_has_no_prompt_stays() -> None:
    record = event_to_json(CommandRefused(1, "start", LONG))
    assert TextsWritten().encode(record) == []
    assert record["reason"] == LONG


def test_beyond_the_most_new_texts_are_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journaltexts, "MAX_CHARACTERS", 2 * MIN_TEXT_LENGTH)
    writer = TextsWritten()
    third = "z" * MIN_TEXT_LENGTH
    records = [done(text) for text in (LONG, OTHER, third, LONG, MARK + third)]
    assert [writer.encode(one) for one in records] == [[LONG], [OTHER], [], [], []]
    assert [one["prompt"] for one in records] == ["@0", "@1", third, "@0", MARK * 2 + third]


texts = (
    st.none()
    | st.sampled_from([LONG, OTHER, SHORT, "", "@", "@0", "@@1", "@" + LONG, "@x"])
    | st.text(max_size=5)
)


scheduled_texts = st.lists(
    st.tuples(st.integers(0, 5), texts.map(lambda text: text or "")), max_size=3
)


@settings(deadline=None)  # building the reader of events delays the first example
@given(st.lists(st.tuples(texts, scheduled_texts)))
def test_what_is_written_reads_back(rows: list[tuple[str | None, list[tuple[int, str]]]]) -> None:
    writer, reader = TextsWritten(), TextsRead(has_references=True)
    for prompt, scheduled in rows:
        event = StateReported(1, True, True, False, 0, 0, prompt, tuple(scheduled))
        record = event_to_json(event)
        reader.define(writer.encode(record))
        assert reader.decode(event_from_json(record)) == event


@pytest.mark.parametrize("reference", ["@1", "@", "@x", "@-1", "@1e3", "@٣", "@1234567890", "@ 0"])
def test_references_to_nothing_are_refused(reference: str) -> None:
    reader = TextsRead(has_references=True)
    reader.define([LONG])
    with pytest.raises(ValueError, match="which no record defines"):
        reader.decode(ChunkDone(1, 2, 3, reference))


def test_in_the_first_format_nothing_is_a_reference() -> None:
    reader = TextsRead(has_references=False)
    reader.define([LONG])
    assert reader.texts == []
    for text in ("@0", "@@", LONG):
        assert reader.decode(ChunkDone(1, 2, 3, text)).prompt == text


@pytest.mark.parametrize(
    "event",
    [
        SchedulePrompt("@0", 1),
        SetConditioning("@0", "a" * 64),
        Started(1, 2, "@0"),
        ChunkDone(1, 2, 3, "@0"),
    ],
)
def test_whatever_has_a_prompt_is_read(event: Any) -> None:
    reader = TextsRead(has_references=True)
    reader.define([LONG])
    assert reader.decode(event).prompt == LONG


def test_equal_texts_and_pairs_become_one_object() -> None:
    for has_references in (False, True):
        reader = TextsRead(has_references)
        first, second = (
            reader.decode(
                StateReported(
                    1,
                    True,
                    True,
                    False,
                    0,
                    0,
                    "".join([LONG[:5], LONG[5:]]),
                    ((1, "".join([LONG[:9], LONG[9:]])),),
                )
            )
            for _ in range(2)
        )
        assert first.prompt is second.prompt
        assert first.scheduled[0] is second.scheduled[0]


def test_what_has_no_texts_is_the_same_object() -> None:
    event: Event = CommandRefused(1, "start", "@0")
    assert TextsRead(has_references=True).decode(event) is event
