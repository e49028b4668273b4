"""The messages that a page sends."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.errors import UsageError
from sequencer.studio.requests import (
    Ask,
    CommandMessage,
    Edit,
    SetMode,
    id_of,
    parse_key,
    parse_request,
)


def test_requests_are_read() -> None:
    edit = parse_request('{"t":"edit","version":3,"changes":[{"from":1,"to":2,"text":"x"}]}')
    assert isinstance(edit, Edit)
    assert (edit.changes[0].start, edit.changes[0].end, edit.changes[0].text) == (1, 2, "x")
    asked = parse_request('{"t":"ask","id":7,"what":"hover","version":1,"at":5}')
    assert isinstance(asked, Ask)
    assert asked.fields == {"version": 1, "at": 5}
    command = parse_request('{"t":"command","id":1,"run":"r","command":"pause"}')
    assert isinstance(command, CommandMessage)
    mode = parse_request('{"t":"mode","id":1,"mode":"rehearse","options":{"from":"drop 2"}}')
    assert isinstance(mode, SetMode)
    assert mode.options.start == "drop 2"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "null",
        '"edit"',
        "{}",
        '{"t":"shell","id":1}',
        '{"t":"ping"}',
        '{"t":"ping","id":"1"}',
        '{"t":"ping","id":-1}',
        '{"t":"ping","id":9007199254740992}',
        '{"t":"ping","id":1,"more":1}',
        '{"t":"edit","version":1,"changes":{}}',
        '{"t":"edit","version":1,"changes":[{"from":-1,"to":0,"text":""}]}',
        '{"t":"edit","version":1,"changes":[{"from":0,"to":0,"text":"","x":1}]}',
        '{"t":"mode","id":1,"mode":"fly"}',
        '{"t":"command","id":1,"run":"r","command":' + json.dumps("x" * 10_000) + "}",
        "[" * 100_000,
    ],
)
def test_everything_else_is_refused_with_a_hint(data: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_request(data)
    assert caught.value.hint
    assert len(caught.value.message) < 500


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


@given(VALUES | st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=8), VALUES))
def test_no_json_raises_anything_else(value: object) -> None:
    data = json.dumps(value)
    with pytest.raises(UsageError):
        parse_request(data)
    assert parse_key(data) is None
    assert id_of(data) == 0


def test_the_id_of_a_message_that_is_not_valid_is_found() -> None:
    assert id_of('{"t":"fly","id":12}') == 12
    assert id_of('{"t":"fly","id":"12"}') == 0
    assert id_of("{") == 0


def test_a_key_is_only_read_from_a_key_message() -> None:
    assert parse_key('{"t":"key","key":"abc"}') == "abc"
    assert parse_key('{"t":"key","key":"' + "x" * 65 + '"}') is None
    assert parse_key('{"t":"ping","id":1}') is None


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(UsageError) as caught:
        parse_request('{"t":"ping","id":"rk_secret_value"}')
    assert "rk_secret" not in caught.value.message
