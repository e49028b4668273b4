"""Reactor's own Python SDKs, of both lines, judge the stand-in: a scene each, in local and in production mode."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from reactor_parts import judge, part, picture, stand_in

from sequencer.standin.sessions import Session


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
    """What both lines must have seen, and what the stand-in must have seen of them."""
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
