"""The schema in the vendor's form: what a generator of typed clients reads from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from sequencer.server.openapi import document
from sequencer.stages.wire.helios.commands import COMMAND_NAMES, SNAPSHOT_COMMAND_NAMES
from sequencer.stages.wire.helios.model_messages import Dialect

DIALECTS: tuple[Dialect, ...] = ("current", "2026-early", "1.x")


def _schema(dialect: Dialect) -> dict[str, Any]:
    return cast("dict[str, Any]", document(dialect))


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _body(operation: dict[str, Any]) -> dict[str, Any]:
    return cast(
        "dict[str, Any]", operation["post"]["requestBody"]["content"]["application/json"]["schema"]
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_reference_leads_somewhere_and_every_schema_is_one(dialect: Dialect) -> None:
    schema = _schema(dialect)
    components = schema["components"]["schemas"]
    for reference in _references(schema):
        assert reference.removeprefix("#/components/schemas/") in components, reference
    for component in components.values():
        Draft202012Validator.check_schema(component)
    for path in schema["paths"].values():
        Draft202012Validator.check_schema(_body(path))
    assert schema["x-reactor"] == {
        "tracks": [{"name": "main_video", "kind": "video", "direction": "out"}]
    }
    assert schema["info"]["title"] == "helios"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_commands_are_events_with_fields(dialect: Dialect) -> None:
    paths = _schema(dialect)["paths"]
    names = [*COMMAND_NAMES, *(SNAPSHOT_COMMAND_NAMES if dialect == "1.x" else ())]
    assert list(paths) == [f"/events/{name}" for name in names]
    bodies = {name: _body(paths[f"/events/{name}"]) for name in names}
    assert bodies["schedule_prompt"] == {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "chunk": {"type": "integer", "minimum": 0, "default": 0},
        },
        "required": ["prompt"],
    }
    upload = {"$ref": "#/components/schemas/ReactorUploadReference"}
    assert bodies["set_image"] == {
        "type": "object",
        "properties": {"image": upload},
        "required": ["image"],
    }
    assert bodies["set_conditioning"]["required"] == ["prompt", "image"]
    strength = {"type": "number", "minimum": 0, "maximum": 1, "default": 1}
    assert bodies["set_image_strength"] == {
        "type": "object",
        "properties": {"image_strength": strength},
    }
    assert bodies["set_sr_scale"]["properties"]["sr_scale"]["enum"] == ["off", "2x", "4x"]
    assert bodies["start"] == {"type": "object", "properties": {}}
    reference = _schema(dialect)["components"]["schemas"]["ReactorUploadReference"]
    assert reference["format"] == "reactor-upload-reference"
    assert set(reference["required"]) == {"upload_id", "name", "mime_type", "size"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_answers_are_typed_where_there_are_any(dialect: Dialect) -> None:
    responses = {path: one["post"]["responses"] for path, one in _schema(dialect)["paths"].items()}
    typed = {path.rpartition("/")[2] for path, one in responses.items() if "200" in one}
    plain = {path.rpartition("/")[2] for path, one in responses.items() if "202" in one}
    assert not typed & plain
    if dialect != "1.x":
        assert not typed
        return
    assert plain == {"set_seed", "set_sr_scale", "set_image_strength"}
    answer = responses["/events/set_prompt"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/PromptAccepted"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_messages_are_webhooks_that_refer_to_components(dialect: Dialect) -> None:
    webhooks = _schema(dialect)["webhooks"]
    assert _body(webhooks["prompt_accepted"]) == {"$ref": "#/components/schemas/PromptAccepted"}
    assert {"state", "chunk_complete", "command_error"} <= set(webhooks)
    assert ("snapshot_saved" in webhooks) == (dialect == "1.x")


def test_what_is_changed_in_one_document_is_not_in_the_next() -> None:
    changed = _schema("1.x")
    changed["components"]["schemas"]["ReactorUploadReference"]["format"] = "changed"
    assert "changed" not in str(_schema("1.x"))
