"""A spec from a schema: the names are right, and what a schema does not contain is marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sequencer.cli import main
from sequencer.core.errors import InputError
from sequencer.models.catalog import NAMES, find_spec, read_spec
from sequencer.models.from_schema import MARK, spec_from_schema
from sequencer.server.openapi import document


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_of_a_simulated_model_gives_the_names_of_its_spec(name: str) -> None:
    spec = find_spec(name)
    text = spec_from_schema(json.dumps(document("current", spec)), "here")
    made = read_spec(text, "made.yaml")
    assert made.prompt.command == spec.prompt.command
    assert made.prompt.scheduled == spec.prompt.scheduled
    assert (made.image is None) == (spec.image is None)
    if spec.image is not None and made.image is not None:
        assert made.image.command == spec.image.command
        assert made.image.with_prompt == spec.image.with_prompt
    assert (made.seed, made.strength, made.sr) == (spec.seed, spec.strength, spec.sr)
    assert made.scene_cut == spec.scene_cut
    assert [one.name for one in made.tracks] == ["main_video"]
    for line in ("grid:", "warmup:", "limits:", "messages:", "reset_keeps:"):
        assert any(one.startswith(line) and MARK in one for one in text.splitlines())


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"paths": {}, "x-reactor": {"tracks": []}, "info": {"title": "x"}}']
)
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        spec_from_schema(text, "here")


def test_further_commands_become_settings() -> None:
    schema: Any = document("current", find_spec("lingbot"))
    schema["paths"]["/events/set_movement"] = {
        "post": {
            "requestBody": {
                "content": {
                    "application/json": {"schema": {"properties": {"movement": {"type": "string"}}}}
                }
            }
        }
    }
    made = read_spec(spec_from_schema(json.dumps(schema), "here"), "made.yaml")
    assert made.settings == {"set_movement": ("movement",)}


def test_the_command_reads_a_file_and_prints_a_spec(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(document()))
    assert main(["models", "--from-schema", str(tmp_path / "schema.json")]) == 0
    assert read_spec(capsys.readouterr().out, "made.yaml").model == "helios"
    assert main(["models", "--from-schema", str(tmp_path / "missing.json")]) == 1
    assert main(["models", "helios", "--from-schema", "x"]) == 2
    assert main(["models", "--from-schema", "http://127.0.0.1:1/schema"]) == 1
    assert "cannot be read" in capsys.readouterr().err
