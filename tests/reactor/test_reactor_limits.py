"""The limits of the stage at Reactor: changing one must be deliberate, because docs and messages may mention it."""

from __future__ import annotations

import asyncio
from importlib import import_module

import pytest

from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import VirtualClock

LIMITS: dict[str, dict[str, object]] = {
    "clips": {"PATIENCE": 60.0, "MOST_SEGMENTS": 4000, "LARGEST_PLAYLIST": 2**20, "LARGEST": 2**28},
    "connection": {"CLOSING_SECONDS": 3.0},
    "frames": {"STEP": 24, "DARK": 48, "FLAT": 12, "RATE_OVER": 48},
    "liveness": {
        "MESSAGE_SECONDS": 6.0, "FRAME_SECONDS": 4.0, "FRAME_CHUNKS": 3, "STOPPED_SECONDS": 2.0, "DROPPED_SECONDS": 15.0,
    },
    "meeting": {"UNDERSTOOD_SECONDS": 3.0, "TRIES": 3, "OLD_SERVERS": ("0.", "1.", "2.")},
    "pace": {"USUAL_TICK": 10**9 / 24, "STEADY": 24, "ENOUGH": 7, "CERTAIN": 5, "MISSING": 0.7},
    "platform": {
        "LONGEST_WAIT": 30.0, "LONGEST_CALL": 30.0, "SLOWEST_UPLOAD": 64 * 1024, "TRIES": 4, "LARGEST_ANSWER": 2**24,
        "MOST_DIGITS": 19,
    },
    "repeats": {
        "ROWS": 128, "SLIGHT": 1, "CLEAR": 4, "MOVES": 0.35, "MOVES_CLEARLY": 0.03, "SHARE": 0.4, "RECENT": 48,
    },
    "session": {"CLOSING_SECONDS": 15.0, "BUSY": 409, "CLOSING": ("CLOSING", "READY")},
    "session_time": {"WARNINGS": (120, 30)},
    "settings": {
        "LARGEST_KEY_FILE": 4096, "KEY_VARIABLE": "REACTOR_API_KEY", "PRODUCTION": "https://api.reactor.inc",
        "LOCAL": "http://localhost:8080",
    },
    "signalling": {"SHORTEST_PAUSE": 0.05, "LONGEST_PAUSE": 1.0},
    "stage": {"ENDING_SECONDS": 20.0},
    "stun": {"COOKIE": 0x2112A442, "HEADER": 20},
    "tagged": {"MOST_WAITING": 256},
    "talk": {"MAX_BROADCASTS_KEPT": 16},
    "token": {"RENEWED_BEFORE": 60.0, "LONGEST": 6 * 3600, "LONGEST_TOKEN": 8192, "MARGIN": 300},
    "uploads": {"TRIES": 3, "BROUGHT_BEFORE": 409, "EXPIRED": (401, 403, 404, 410)},
}  # fmt: skip


@pytest.mark.parametrize("name", list(LIMITS))
def test_a_stage_is_made_with_these_limits(name: str) -> None:
    stage = ReactorStage(VirtualClock(), ReactorSettings())
    asyncio.run(stage.close())
    module = import_module(f"sequencer.stages.reactor.{name}")
    assert {limit: getattr(module, limit) for limit in LIMITS[name]} == LIMITS[name]


def test_settings_that_nobody_has_changed() -> None:
    settings = ReactorSettings()
    assert settings.base() == "https://api.reactor.inc"
    assert {name: getattr(settings, name) for name in ReactorSettings.__slots__} == {
        "url": "https://api.reactor.inc",
        "local": False,
        "key": None,
        "model": "helios",
        "wire": "auto",
        "frames_per_chunk": 33,
        "session_seconds": 1200,
        "adopt": None,
        "uploaded": {},
        "heard": (),
        "waiting_seconds": 300.0,
        "connect_seconds": 20.0,
        "settle_seconds": None,
        "grace_seconds": 24.0,
        "ping_seconds": 5.0,
        "silence_seconds": 4.0,
        "gathering_seconds": 1.0,
        "answer_seconds": 10.0,
    }
