"""The specs that are shipped, and what is wrong with others."""

from __future__ import annotations

import pytest

from sequencer.core.errors import InputError, UsageError
from sequencer.core.timebase import ChunkGrid
from sequencer.models.catalog import DEFAULT, FOLDER, NAMES, find_spec, read_spec
from sequencer.schedule.model import DEFAULT_MODEL

SPEC = """
model: my-model
title: My model
connect: someone/my-model
grid: {frames: 12, first: 9, fps: 16}
prompt: {command: set_prompt}
tracks: [{name: main_video, kind: video}]
"""


def test_each_model_has_a_file_and_each_file_a_name() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(NAMES)
    assert [find_spec(name).model for name in NAMES] == list(NAMES)
    assert DEFAULT in NAMES and DEFAULT == DEFAULT_MODEL


def test_the_grid_of_helios_is_that_of_a_score_without_one() -> None:
    assert find_spec(DEFAULT).grid.as_chunk_grid() == ChunkGrid()


def test_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match="'heliso' is not a model"):
        find_spec("heliso")


def test_a_small_spec_has_everything_by_default() -> None:
    spec = read_spec(SPEC, "my-model.yaml")
    assert spec.commands() == ("set_prompt", "set_seed", "start", "pause", "resume", "reset")
    assert spec.grid.as_chunk_grid().first == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("frames: 12", "frames: 0"), "grid.frames"),
        (("first: 9", "first: 13"), "first must not be larger"),
        (("fps: 16", "fps: fast"), "grid.fps"),
        (("title: My model", "name: My model"), "title"),
        (("tracks: [{name: main_video, kind: video}]", "tracks: []"), "tracks"),
        (("prompt: {command: set_prompt}", "prompt: {command: start}"), "the same name"),
        (("prompt: {command: set_prompt}", "prompt: {command: a, counts: session}"), "scheduled by it"),
        (("tracks:", "strength: {command: s, parameter: p}\ntracks:"), "of which the model has none"),
        (("model: my-model", "model: [my"), "is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_field(change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError) as error:
        read_spec(SPEC.replace(*change), "my-model.yaml")
    assert error.value.message.startswith("my-model.yaml") and message in error.value.message
