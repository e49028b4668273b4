from __future__ import annotations

import json
from typing import Any

import pytest

from sequencer.language.interchange import scope
from sequencer.language.interchange.imported import Imported, ImportOptions, UnreadableError

OLD: dict[str, Any] = {
    "version": "2.0",
    "exportedAt": "2026-05-01T10:00:00Z",
    "settings": {"pipelineId": "longlive", "seed": 42},
    "prompts": [
        {"startTime": 4.1, "endTime": 8.25, "prompts": [{"text": "It turns.", "weight": 70}, {"text": "It rests.", "weight": 30}]},
        {"startTime": 0, "endTime": 4.1, "prompts": [{"text": "A boat.", "weight": 100}]},
    ],
}  # fmt: skip


def workflow(*entries: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"format": "scope-workflow", "timeline": {"entries": list(entries)}, **other}


def entry(start: Any, end: Any, *texts: str, **other: Any) -> dict[str, Any]:
    prompts = [{"text": text, "weight": 100} for text in texts]
    return {"start_time": start, "end_time": end, "prompts": prompts, **other}


def read(document: object, blend: str = "largest") -> Imported:
    data = json.dumps(document).encode()
    return scope.read(data, ImportOptions(title="s", blend=blend))


def test_seconds_are_exact_and_the_largest_weight_is_kept() -> None:
    assert scope.recognise(json.dumps(OLD).encode())
    found = read(OLD)
    assert found.text == (
        'score "s"\nseed 42\n\nat 0s "A boat."\n# dropped: 30 % "It rests."\n'
        'at 4.1s "It turns."\n\nend 8.25s\n'
    )
    assert found.summary == "kept 2, rounded 0, dropped 1 (weights)"
    assert 'at 4.1s "It turns. It rests."' in read(OLD, "join").text


def test_a_workflow_has_a_name_a_seed_and_parts_that_a_score_does_not_have() -> None:
    document = workflow(
        entry(0, 2, "A", transition_steps=4),
        entry(2, 2, "none"),
        entry(3, 4),
        entry(5, 6, "B {x}"),
        metadata={"name": "Boat"},
        pipelines=[{"params": {"seed": 7}, "loras": [{"filename": "a.safetensors"}, {}]}],
    )
    assert scope.recognise(json.dumps(document).encode())
    found = read(document)
    assert found.text.startswith('score "Boat"\nseed 7\n\n# dropped: LoRA a.safetensors\n')
    assert 'at 5s "B {{x}}"\n\nend 6s\n' in found.text
    assert dict(found.dropped) == {"LoRA": 2, "transitions": 1, "empty entries": 2}


def test_a_time_with_too_many_digits_is_rounded_and_counted() -> None:
    found = read(workflow(entry(0, 2, "A"), entry(3.0000000000004, 9, "B")))
    assert found.rounded == 1 and "at 3s" in found.text


@pytest.mark.parametrize(
    ("document", "message", "place"),
    [
        ({"format": "scope-workflow", "timeline": None}, "there is no timeline", " at /timeline"),
        (workflow(), "there is nothing in it", ""),
        (workflow({"start_time": 0}), "must be a number", " at /timeline/entries/0/end_time"),
        (workflow(entry(-1, 2, "A")), "negative", " at /timeline/entries/0/start_time"),
        (workflow(entry(0, 1e9, "A")), "at most 1,000,000", " at /timeline/entries/0/end_time"),
        (workflow({"start_time": 0, "end_time": 1}), "array", " at /timeline/entries/0/prompts"),
        ({**OLD, "settings": {"seed": -1}}, "the seed must be", " at /settings/seed"),
        ({**OLD, "prompts": {}}, "must be an array", " at /prompts"),
    ],
)
def test_a_broken_timeline_is_an_error_with_its_pointer(
    document: object, message: str, place: str
) -> None:
    with pytest.raises(UnreadableError, match=message) as raised:
        read(document)
    assert raised.value.place == place
