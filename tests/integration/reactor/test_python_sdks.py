"""The local server with both of Reactor's own Python SDKs: a scene each, in local and in production
mode.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import av
import pytest

from sequencer.server.openapi import document
from sequencer.server.session import Session
from tests.support.reactor_fixtures import faults, image_file, judge, local_server, part


async def _scene(
    name: str, script: str, mode: str, image: Path
) -> tuple[list[dict[str, Any]], Session]:
    async with local_server(plain=mode == "local") as server:
        reports = await judge(part(name), script, server.url, mode, str(image))
        session = server.session
        assert session is not None
        return reports, session


def _of(reports: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [one for one in reports if one["what"] == what]


def _messages(reports: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one["data"] for one in _of(reports, "message") if one["type"] == kind]


def _check_the_scene(reports: list[dict[str, Any]], session: Session) -> None:
    """Check what both SDKs must have seen, and what the local server must have seen of them."""
    chunks = _of(reports, "all")[0]["chunks"]
    assert chunks[:4] == ["a red field"] * 4
    assert set(chunks[4:]) == {"a blue sea"}
    assert _messages(reports, "image_accepted") == [{"width": 320, "height": 200}]
    assert {"command": "start", "reason": "already started"} in _messages(reports, "command_error")
    assert _messages(reports, "generation_paused")
    assert _messages(reports, "generation_resumed")
    assert _messages(reports, "generation_reset")
    frames = _of(reports, "frames")[0]
    assert frames["sizes"] == ([[96, 160, 3]] if session.is_local else [[384, 640, 3]])
    assert frames["bright"] >= 8, "fewer frames than a chunk holds"
    assert _of(reports, "clip")[0]["bytes"] > 10_000
    commands = [name for name, _ in session.show.received_commands]
    assert commands == [
        "set_seed", "set_image_strength", "set_conditioning", "schedule_prompt", "start", "start", "pause", "resume", "reset",
    ]  # fmt: skip
    assert session.ended is not None, "the SDK closed the session, but the session goes on"
    rejected = [str(one["detail"]) for one in session.events if one["event"] == "error"]
    assert any("nonesuch" in one for one in rejected)
    assert any("sr_scale" in one for one in rejected)


@pytest.mark.parametrize("mode", ["local", "production"])
def test_the_newer_line_plays_a_scene(mode: str, tmp_path: Path) -> None:
    (tmp_path / "shape.png").write_bytes(image_file()[1])
    reports, session = asyncio.run(_scene("reactor-sdk-1", "sdk1.py", mode, tmp_path / "shape.png"))
    _check_the_scene(reports, session)
    assert {one["command"] for one in _of(reports, "done")} >= {
        "set_seed",
        "set_conditioning",
        "start",
        "reset",
    }
    failed = {one["command"]: one["error"] for one in _of(reports, "failed")}
    assert set(failed) == {"nonesuch", "set_sr_scale"}
    assert "invalid_command" in failed["nonesuch"]
    assert "/events/set_conditioning" in _of(reports, "schema")[0]["paths"]
    assert _of(reports, "connected")[0]["seconds"] < 5
    assert _of(reports, "reconnected")[0]["seconds"] < 5


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["local", "production"])
def test_the_older_line_plays_a_scene(mode: str, tmp_path: Path) -> None:
    (tmp_path / "shape.png").write_bytes(image_file()[1])
    reports, session = asyncio.run(_scene("reactor-sdk-0", "sdk0.py", mode, tmp_path / "shape.png"))
    _check_the_scene(reports, session)
    assert _of(reports, "connected")[0]["seconds"] < 5
    assert _of(reports, "reconnected")[0]["seconds"] < 5


# ---- models from 1.x -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "model"),
    [("local", "helios"), ("production", "reactor/helios"), ("production", "helios")],
)
def test_a_model_from_1x_answers_the_newer_line_with_messages(
    mode: str, model: str, tmp_path: Path
) -> None:
    image, recording = tmp_path / "shape.png", tmp_path / "recording.mp4"
    image.write_bytes(image_file()[1])

    async def scene() -> tuple[list[dict[str, Any]], Session]:
        async with local_server(faults=faults("dialect: 1.x\n")) as server:
            arguments = (server.url, mode, model, str(image), str(recording))
            reports = await judge(part("reactor-sdk-1"), "sdk1_answers.py", *arguments)
            session = server.session
            assert session is not None
            return reports, session

    reports, session = asyncio.run(scene())
    assert not _of(reports, "failed")
    answers = [
        (one["command"], one["answer"] and one["answer"]["type"]) for one in _of(reports, "answer")
    ]
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
    replies = {
        one["command"]: one["answer"]["data"] for one in _of(reports, "answer") if one["answer"]
    }
    saved = replies["save_snapshot"]
    assert (saved["label"], saved["parent_id"]) == ("red", None)
    assert replies["list_snapshots"] == {"snapshots": [saved]}
    assert replies["rewind"] == {"snapshot_index": saved["snapshot_index"], "chunk": saved["chunk"]}
    broadcast = {one["type"] for one in _of(reports, "message")}
    assert broadcast >= {
        "prompt_accepted",
        "image_accepted",
        "generation_started",
        "snapshot_saved",
        "generation_rewound",
    }
    chunks = _of(reports, "chunks")[0]["chunks"]
    back = next(index for index in range(1, len(chunks)) if chunks[index] <= chunks[index - 1])
    assert chunks[:back] == list(range(back))
    assert chunks[back:] == list(
        range(int(saved["chunk"]), int(saved["chunk"]) + len(chunks) - back)
    )
    assert _of(reports, "schema")[0]["schema"]["paths"].keys() == document("1.x")["paths"].keys()  # type: ignore[attr-defined]  # an object
    kept = _of(reports, "recording")[0]
    with av.open(str(recording), "r") as file:
        frames = sum(1 for _ in file.decode(video=0))
    assert (kept["kind"], kept["start"]) == ("recording", 0.0)
    assert frames == round(kept["end"] * 24), "the recording is not whole"
    delayed = (
        2 * 24
    )  # a reset does not stop what was made before it: it is shown after the recording was asked for
    assert session.show.made[-1].end - delayed <= frames <= session.show.made[-1].end


@pytest.mark.parametrize("dialect", ["current", "1.x"])
def test_the_validator_of_the_vendors_runtime_reads_the_schema(
    dialect: Any, tmp_path: Path
) -> None:
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
    snapshots: list[tuple[str, object]] = [
        ("save_snapshot", {}),
        ("list_snapshots", {}),
        ("rewind", {"snapshot_index": 0}),
    ]
    (good if dialect == "1.x" else bad).extend(snapshots)
    (tmp_path / "schema.json").write_text(json.dumps(document(dialect)), encoding="utf-8")
    (tmp_path / "commands.json").write_text(json.dumps([*good, *bad]), encoding="utf-8")
    files = (str(tmp_path / "schema.json"), str(tmp_path / "commands.json"))
    reports: list[dict[str, Any]] = asyncio.run(
        judge(part("reactor-runtime"), "runtime_schema.py", *files)
    )
    verdicts = [one["error"] for one in reports if "error" in one]
    assert verdicts[: len(good)] == [None] * len(good)
    assert all(verdicts[len(good) :]), "what makes no sense passes"
    uploads = {one["command"]: one["uploads"] for one in reports if "uploads" in one}
    assert {name for name, fields in uploads.items() if fields} == {"set_image", "set_conditioning"}
