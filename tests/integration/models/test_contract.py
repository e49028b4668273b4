"""Each model's simulated contract, driven through the same scenes by the conductor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import sequencer
from sequencer.core.timebase import ChunkGrid
from sequencer.models.catalog import NAMES, find_spec
from sequencer.models.spec import ModelSpec
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.helios_state import ChunkMade, Message, Output, UploadedImage
from sequencer.stages.simulated.modelled import SpecModel, model_of

MODELS = pytest.mark.parametrize("name", NAMES)


def score_for(spec: ModelSpec) -> str:
    """Return a score with everything that the model can do."""
    image = 'image "boat.png", ' if spec.image is not None else ""
    later = image if spec.image is not None and spec.image.when == "any" else ""
    strength = "strength 0.5, " if spec.strength is not None else ""
    second = 1 + spec.warmup  # what is shown on a chunk without frames is never seen
    return (
        f"model {spec.model}\nseed 5\n"
        f'at 0c {strength}{image}"A paper boat."\n'
        f'at {second}c "The boat turns."\n'
        f'at {second + 1}c "Rain falls."\n'
        f'at 5c {later}"The rain stops."\n'
        f'at 8c cut seed 9, {image}"A tram."\n'
        f'at {8 + second}c "The tram waits."\n'
        'at 12c "The tram leaves."\n'
        "end 14c\n"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 24), (200, 90, 30)).save(tmp_path / "boat.png")
    return tmp_path


@MODELS
def test_every_cue_lands_on_its_chunk_and_the_run_replays(name: str, folder: Path) -> None:
    spec = find_spec(name)
    (folder / "boat.score").write_text(score_for(spec))
    found = sequencer.check(folder / "boat.score", advice=False)
    assert not found.diagnostics
    run = sequencer.rehearse(folder / "boat.score", video=False, out=folder / "run")
    second = 1 + spec.warmup
    assert [(cue.place, cue.landed) for cue in run.report.cues] == [
        ("0c", spec.warmup),  # a prompt lands with the first frames that show it
        (f"{second}c", second),
        (f"{second + 1}c", second + 1),
        ("5c", 5),
        ("8c", 8 + spec.warmup),
        (f"{8 + second}c", 8 + second),
        ("12c", 12),
    ]
    assert run.went_well and not run.report.refused
    assert run.report.takes == 2
    assert sequencer.replay(folder / "run").is_equal
    frozen = sequencer.freeze(folder / "run")
    assert (frozen.header.model or "helios") == name
    if not spec.warmup:  # otherwise its first prompt landed after chunk 0
        assert sequencer.compile_score(frozen).model == name


@MODELS
def test_pauses_act_and_the_frames_are_those_of_the_grid(name: str, folder: Path) -> None:
    spec = find_spec(name)
    (folder / "boat.score").write_text(score_for(spec))
    run = sequencer.rehearse(
        folder / "boat.score",
        draft=True,
        save=False,
        events=["pause@3c", f"resume@{float(6 * spec.grid.as_chunk_grid().chunk):.2f}s"],
        caption=(),
    )
    assert run.went_well
    frames = [one.frames for one in run.pictures]
    first, rest = spec.grid.first or spec.grid.frames, spec.grid.frames
    take = [0] * spec.warmup + [first] + [rest] * (8 - spec.warmup - 1)
    assert frames[:8] == take
    takes = [one.take for one in run.pictures]
    assert takes[:8] == [1] * 8 and set(takes[8:]) == {2}


@MODELS
def test_check_reports_what_the_model_cannot_do(name: str, folder: Path) -> None:
    spec = find_spec(name)

    def codes(lines: str) -> list[tuple[str, str]]:
        (folder / "one.score").write_text(f"model {name}\n{lines}")
        found = sequencer.check(folder / "one.score", advice=False)
        return [(one.code, one.message) for one in found.diagnostics]

    opening = 'image "boat.png", ' if spec.image is not None else ""
    assert codes(f'at 0c {opening}"A boat."\nend 3c\n') == []
    without = codes('at 0c "A boat."\nend 3c\n')
    needs_image = spec.image is not None and spec.image.required
    assert [code for code, _ in without] == (["E801"] if needs_image else [])
    later = codes(f'at 0c {opening}"A boat."\nat 2c image "boat.png"\nend 3c\n')
    can_later = spec.image is not None and spec.image.when == "any"
    assert [code for code, _ in later] == ([] if can_later else ["E801"])
    sized = codes(f'sr 4x\nat 0c {opening}"A boat."\nat 2c sr off\nend 3c\n')
    assert [code for code, _ in sized] == ([] if spec.sr is not None else ["W801", "W801"])
    if spec.limits.chunks is not None:
        most = spec.limits.chunks
        assert codes(f'at 0c {opening}"A boat."\nend {most}c\n') == []
        assert [code for code, _ in codes(f'at 0c {opening}"A boat."\nend {most + 1}c\n')] == [
            "W801"
        ]


# ---- the simulated models, driven by another client


class Driven:
    """A simulated model and everything that it sent."""

    def __init__(self, name: str, grid: ChunkGrid | None = None) -> None:
        self.spec = find_spec(name)
        self.model = model_of(self.spec, Faults(), grid or self.spec.grid.as_chunk_grid())
        self.now = 0
        self.messages: list[Message] = []
        self.made: list[ChunkMade] = []

    def take(self, outputs: tuple[Output, ...]) -> None:
        self.messages += [one for one in outputs if isinstance(one, Message)]
        self.made += [one for one in outputs if isinstance(one, ChunkMade)]

    def send(self, name: str, **data: object) -> str | None:
        """Send a command and let its answers come; return why it was refused."""
        before = len(self.messages)
        self.take(self.model.receive(name, data, self.now))
        self.pass_time(200)
        refused = [one for one in self.messages[before:] if one.type == "command_error"]
        assert all(one.data["command"] == name for one in refused)
        return str(refused[0].data["reason"]) if refused else None

    def pass_time(self, milliseconds: int) -> None:
        self.now += milliseconds * 1_000_000
        self.take(self.model.advance(self.now))

    def chunks(self, count: int) -> None:
        """Let chunks be made, or nothing more."""
        wanted = len(self.made) + count
        while len(self.made) < wanted and self.model.deadline is not None:
            self.now = self.model.deadline
            self.take(self.model.advance(self.now))

    def last(self, kind: str) -> Message:
        return next(one for one in reversed(self.messages) if one.type == kind)

    def open(self) -> None:
        """Set what the model starts with, and start it."""
        if self.spec.image is not None:
            image = UploadedImage(40, 24)
            self.model.uploaded("upload", image, self.now)
            assert self.send(self.spec.image.command, image="upload") is None
        assert self.send(self.spec.prompt.command, prompt="a boat") is None
        assert self.send("start") is None


@MODELS
def test_unknown_commands_and_missing_conditions_are_refused(name: str) -> None:
    one = Driven(name)
    assert one.send("fly_away") == "unknown command"
    assert one.send("start") is not None  # without a prompt
    if one.spec.image is None:
        assert one.send("set_image", image="upload") == "unknown command"
    elif one.spec.image.required:
        assert one.send(one.spec.prompt.command, prompt="a boat") is None
        assert one.send("start") == "no image set"
    one = Driven(name)
    one.open()
    assert one.send("start") == "already started"
    if one.spec.image is not None and one.spec.image.when == "start":
        assert "before the start" in str(one.send(one.spec.image.command, image="upload"))


@MODELS
def test_only_documented_messages_are_sent(name: str) -> None:
    from sequencer.server.openapi import document

    one = Driven(name)
    one.open()
    one.chunks(2)
    one.send("pause")
    one.chunks(1)
    one.send("resume")
    one.send("reset")
    one.chunks(1)
    described: Any = document("current", one.spec)
    for message in one.messages:
        assert message.type in described["webhooks"]
        schema = described["components"]["schemas"][
            "".join(word.capitalize() for word in message.type.split("_"))
        ]
        assert set(message.data) <= set(schema["properties"]), message.type


def test_longlive_counts_chunks_of_the_session_and_its_scenes_have_a_budget() -> None:
    one = Driven("longlive-2")
    one.open()
    one.chunks(3)
    assert one.last("chunk_complete").data["session_chunk"] == 2
    one.send("reset")
    one.chunks(1)
    one.open()
    one.chunks(1)
    done = one.last("chunk_complete").data
    # Chunk 3 was being made when the reset came: it still counts.
    assert (done["chunk_index"], done["session_chunk"]) == (0, 4)
    assert one.send("schedule_shot", prompt="rain", at_session_chunk=6) is None
    one.chunks(2)
    assert one.made[-1].look.prompt == "rain"
    assert "past" in str(one.send("schedule_shot", prompt="late", at_session_chunk=5))
    assert one.send("schedule_scene_cut", prompt="a tram", at_session_chunk=10) is None
    one.chunks(4)
    assert one.made[-1].look.prompt == "a tram"
    assert one.last("chunk_complete").data["chunk_index"] == 0
    one.chunks(100)
    assert any(message.type == "generation_complete" for message in one.messages)
    assert len(one.made) == 4 + 6 + 48  # a scene cut begins another budget
    assert "complete" in str(one.send("resume"))
    one.send("reset")
    one.open()
    one.chunks(1)
    assert one.last("chunk_complete").data["chunk_index"] == 0


def test_lingbot_begins_anew_by_itself() -> None:
    one = Driven("lingbot")
    one.open()
    one.chunks(310)
    assert len(one.made) == 310
    assert any(message.type == "generation_complete" for message in one.messages)
    assert one.last("chunk_complete").data["chunk_index"] == 9


def test_what_a_reset_keeps() -> None:
    for name, kept in (("visko-orbis", 7), ("longlive-2", 0)):
        one = Driven(name)
        one.send("set_seed", seed=7)
        one.open()
        one.chunks(1)
        one.send("reset")
        one.chunks(1)
        one.open()
        one.chunks(1)
        assert one.made[-1].look.seed == kept


def test_the_specs_are_of_two_dialects() -> None:
    kinds = {name: isinstance(Driven(name).model, SpecModel) for name in NAMES}
    assert kinds == {name: name != "helios" for name in NAMES}
