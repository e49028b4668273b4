from __future__ import annotations

import json

import pytest

from sequencer.runs.record import RunRecord, name_of, read_record, split_name
from tests.support.runs import KEY


def test_names_have_the_key_and_the_attempt() -> None:
    assert name_of(KEY, 1) == KEY
    assert split_name(name_of(KEY, 12)) == (KEY, 12)
    for wrong in ("", "x", KEY[:-1], f"{KEY}.0", f"{KEY}.01", f"../{KEY}", f"{KEY}\n", KEY.upper()):
        assert split_name(wrong) is None, wrong


def test_a_record_is_read_as_it_was_written() -> None:
    record = RunRecord(
        name=f"{KEY}.2",
        failed="no\nanswer",
        values={"let.light": "blue"},
        summary={"cues": 3},
        facts={"host": "here"},
        files={"journal.jsonl": 12},
        folder="0123456789abcdef",
    )
    assert read_record(record.to_json(), record.name) == record
    assert (record.key, record.attempt, record.is_complete) == (KEY, 2, False)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"name": "other"},
        {"failed": 3},
        {"folder": "../../etc"},
        {"values": {"seed": 3}},
        {"values": []},
        {"files": {"a": -1}},
        {"files": {"a": "1"}},
        {"summary": None},
        {"facts": "x"},
    ],
)
def test_a_record_of_another_form_is_not_one(change: dict[str, object]) -> None:
    document = json.loads(RunRecord(name=KEY, failed=None).to_json())
    assert read_record(json.dumps(document), KEY) is not None
    assert read_record(json.dumps(document | change), KEY) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_damaged_data_is_not_a_record(data: bytes) -> None:
    assert read_record(data, KEY) is None
