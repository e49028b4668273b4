"""The local server with both of Reactor's own Python SDKs: a scene each, in local and in production mode."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import av
import pytest
from reactor_parts import faults, judge, part, picture, stand_in

from sequencer.server.openapi import document
from sequencer.server.session import Session


async def _scene(name: str, script: str, mode: str, image: Path) -> tuple[list[dict[str, Any]], Session]:
    async with stand_in(plain=mode == "local") as server:
        told = await judge(part(name), script, server.url, mode, str(image))
        session = server.session
        assert session is not None
        return told, session


def _of(told: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [one for one in told if one["what"] == what]


def _messages(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one["data"] for one in _of(told, "message") if one["type"] == kind]


def _check_the_scene(told: list[dict[str, Any]], session: Session) -> None:
    """Check what both SDKs must have seen, and what the local server must have seen of them."""
    chunks = _of(told, "all")[0]["chunks"]
    assert chunks[:4] == ["a red field"] * 4
    assert set(chunks[4:]) == {"a blue sea"}
    assert _messages(told, "image_accepted") == [{"width": 320, "height": 200}]
    assert {"command": "start", "reason": "already started"} in _messages(told, "command_error")
    assert _messages(told, "generation_paused")
    assert _messages(told, "generation_resumed")
    assert _messages(told, "generation_reset")
    frames = _of(told, "frames")[0]
    assert frames["sizes"] == ([[96, 160, 3]] if session.is_local else [[384, 640, 3]])
    assert frames["bright"] >= 8, "fewer pictures than a chunk holds"
    assert _of(told, "clip")[0]["bytes"] > 10_000
    heard = [name for name, _ in session.show.heard]
    assert heard == [
        "set_seed", "set_image_strength", "set_conditioning", "schedule_prompt", "start", "start", "pause", "resume", "reset",
    ]  # fmt: skip
    assert session.ended is not None, "the SDK said goodbye, but the session goes on"
    rejected = [str(one["detail"]) for one in session.events if one["event"] == "error"]
    assert any("nonesuch" in one for one in rejected)
    assert any("sr_scale" in one for one in rejected)


@pytest.mark.parametrize("mode", ["local", "production"])
def test_the_newer_line_plays_a_scene(mode: str, tmp_path: Path) -> None:
    (tmp_path / "shape.png").write_bytes(picture()[1])
    told, session = asyncio.run(_scene("reactor-sdk-1", "sdk1.py", mode, tmp_path / "shape.png"))
    _check_the_scene(told, session)
    assert {one["command"] for one in _of(told, "done")} >= {"set_seed", "set_conditioning", "start", "reset"}
    failed = {one["command"]: one["error"] for one in _of(told, "failed")}
    assert set(failed) == {"nonesuch", "set_sr_scale"}
    assert "invalid_command" in failed["nonesuch"]
    assert "/events/set_conditioning" in _of(told, "schema")[0]["paths"]
    assert _of(told, "connected")[0]["seconds"] < 5
    assert _of(told, "reconnected")[0]["seconds"] < 5


@pytest.mark.parametrize("mode", ["local", "production"])
def test_the_older_line_plays_a_scene(mode: str, tmp_path: Path) -> None:
    (tmp_path / "shape.png").write_bytes(picture()[1])
    told, session = asyncio.run(_scene("reactor-sdk-0", "sdk0.py", mode, tmp_path / "shape.png"))
    _check_the_scene(told, session)
    assert _of(told, "connected")[0]["seconds"] < 5
    assert _of(told, "reconnected")[0]["seconds"] < 5


# ---- models from 1.x -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "model"), [("local", "helios"), ("production", "reactor/helios"), ("production", "helios")])
def test_a_model_from_1x_answers_the_newer_line_with_messages(mode: str, model: str, tmp_path: Path) -> None:
    image, recording = tmp_path / "shape.png", tmp_path / "recording.mp4"
    image.write_bytes(picture()[1])

    async def scene() -> tuple[list[dict[str, Any]], Session]:
        async with stand_in(faults=faults("dialect: 1.x\n")) as server:
            arguments = (server.url, mode, model, str(image), str(recording))
            told = await judge(part("reactor-sdk-1"), "sdk1_answers.py", *arguments)
            session = server.session
            assert session is not None
            return told, session

    told, session = asyncio.run(scene())
    assert not _of(told, "failed")
    answers = [(one["command"], one["answer"] and one["answer"]["type"]) for one in _of(told, "answer")]
    assert answers == [
        ("set_prompt", "prompt_accepted"),
        ("set_image", "image_accepted"),
        ("set_seed", None),
        ("start", "generation_started"),
        ("start", None),  # refused: the answer is missing
        ("save_snapshot", "snapshot_saved"),
        ("schedule_prompt", "prompt_accepted"),
        ("list_snapshots", "snapshots_listed"),
        ("rewind", "generation_rewound"),
        ("rewind", None),
        ("pause", "generation_paused"),
        ("reset", "generation_reset"),
    ]
    said = {one["command"]: one["answer"]["data"] for one in _of(told, "answer") if one["answer"]}
    saved = said["save_snapshot"]
    assert (saved["label"], saved["parent_id"]) == ("red", None)
    assert said["list_snapshots"] == {"snapshots": [saved]}
    assert said["rewind"] == {"snapshot_index": saved["snapshot_index"], "chunk": saved["chunk"]}
    broadcast = {one["type"] for one in _of(told, "message")}
    assert broadcast >= {"prompt_accepted", "image_accepted", "generation_started", "snapshot_saved", "generation_rewound"}
    chunks = _of(told, "chunks")[0]["chunks"]
    back = next(index for index in range(1, len(chunks)) if chunks[index] <= chunks[index - 1])
    assert chunks[:back] == list(range(back))
    assert chunks[back:] == list(range(int(saved["chunk"]), int(saved["chunk"]) + len(chunks) - back))
    assert _of(told, "schema")[0]["schema"]["paths"].keys() == document("1.x")["paths"].keys()  # type: ignore[attr-defined]  # an object
    kept = _of(told, "recording")[0]
    with av.open(str(recording), "r") as file:
        frames = sum(1 for _ in file.decode(video=0))
    assert (kept["kind"], kept["start"]) == ("recording", 0.0)
    assert frames == round(kept["end"] * 24), "the recording is not whole"
    delayed = 2 * 24  # a reset does not stop what was made before it: it is shown after the recording was asked for
    assert session.show.made[-1].end - delayed <= frames <= session.show.made[-1].end


@pytest.mark.parametrize("dialect", ["current", "1.x"])
def test_the_validator_of_the_vendors_runtime_reads_the_schema(dialect: Any, tmp_path: Path) -> None:
    upload = {"upload_id": "0" * 32, "name": "a.png", "mime_type": "image/png", "size": 9}
    good: list[tuple[str, object]] = [
        ("set_prompt", {"prompt": "a"}), ("schedule_prompt", {"prompt": "a"}), ("schedule_prompt", {"prompt": "a", "chunk": 4}),
        ("set_image", {"image": upload}), ("set_conditioning", {"prompt": "a", "image": upload}), ("set_seed", {"seed": -1}),
        ("set_image_strength", {"image_strength": 0.5}), ("set_sr_scale", {"sr_scale": "4x"}), ("start", {}), ("reset", {}),
    ]  # fmt: skip
    bad: list[tuple[str, object]] = [
        ("set_prompt", {}), ("schedule_prompt", {"prompt": "a", "chunk": -1}), ("schedule_prompt", {"prompt": 3}),
        ("set_image", {}), ("set_image", {"image": {"upload_id": "u"}}), ("set_conditioning", {"prompt": "a"}),
        ("set_image_strength", {"image_strength": 1.5}), ("set_sr_scale", {"sr_scale": "9x"}), ("set_seed", {"seed": -2}),
        ("dance", {}),
    ]  # fmt: skip
    snapshots: list[tuple[str, object]] = [("save_snapshot", {}), ("list_snapshots", {}), ("rewind", {"snapshot_index": 0})]
    (good if dialect == "1.x" else bad).extend(snapshots)
    (tmp_path / "schema.json").write_text(json.dumps(document(dialect)), encoding="utf-8")
    (tmp_path / "commands.json").write_text(json.dumps([*good, *bad]), encoding="utf-8")
    files = (str(tmp_path / "schema.json"), str(tmp_path / "commands.json"))
    told: list[dict[str, Any]] = asyncio.run(judge(part("reactor-runtime"), "runtime_schema.py", *files))
    verdicts = [one["error"] for one in told if "error" in one]
    assert verdicts[: len(good)] == [None] * len(good)
    assert all(verdicts[len(good) :]), "what makes no sense passes"
    uploads = {one["command"]: one["uploads"] for one in told if "uploads" in one}
    assert {name for name, fields in uploads.items() if fields} == {"set_image", "set_conditioning"}
