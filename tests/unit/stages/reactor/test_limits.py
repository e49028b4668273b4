"""The limits of the stage at Reactor: changing one must be deliberate, because docs and messages
may mention it.
"""

from __future__ import annotations

import asyncio

import pytest

from sequencer.stages.reactor import (
    client_protocol,
    clips,
    connection,
    connector,
    frame_pacing,
    frames,
    http,
    liveness,
    repeated_frames,
    session,
    settings,
    signalling,
    stage,
    tagged_frames,
    uploads,
)
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import VirtualClock

LIMITS: dict[str, tuple[object, object]] = {
    "seconds for a clip": (clips.CLIP_TIMEOUT_S, 60.0),
    "segments of a clip": (clips.MAX_SEGMENTS, 4000),
    "bytes of a playlist": (clips.MAX_PLAYLIST_BYTES, 2**20),
    "bytes of a clip": (clips.MAX_CLIP_BYTES, 2**28),
    "closing a connection": (connection.CLOSING_SECONDS, 3.0),
    "dark frames": ((frames.STEP, frames.DARK, frames.FLAT, frames.RATE_OVER), (24, 48, 12, 48)),
    "silence": ((liveness.MESSAGE_SECONDS, liveness.FRAME_SECONDS, liveness.FRAME_CHUNKS), (6.0, 4.0, 3)),
    "a stopped process": ((liveness.STOPPED_SECONDS, liveness.DROPPED_SECONDS), (2.0, 15.0)),
    "first connections": ((connector.UNDERSTOOD_SECONDS, connector.MAX_CONNECTION_ATTEMPTS), (3.0, 3)),
    "old servers": (connector.OLD_SERVERS, ("0.", "1.", "2.")),
    "ticks of a sender": ((frame_pacing.USUAL_TICK, frame_pacing.STEADY, frame_pacing.ENOUGH), (10**9 / 24, 24, 7)),
    "dropped frames": ((frame_pacing.CERTAIN, frame_pacing.MISSING), (5, 0.7)),
    "calls": ((http.MAX_RETRY_AFTER_S, http.CALL_TIMEOUT_S, http.MAX_REQUESTS), (30.0, 30.0, 4)),
    "slow uploads": (http.SLOWEST_UPLOAD, 64 * 1024),
    "answers": ((http.MAX_RESPONSE_BYTES, http.MAX_DIGITS), (2**24, 19)),
    "repeated frames": ((repeated_frames.ROWS, repeated_frames.SLIGHT, repeated_frames.CLEAR), (128, 1, 4)),
    "movement": ((repeated_frames.MOVES, repeated_frames.MOVES_CLEARLY), (0.35, 0.03)),
    "recent frames": ((repeated_frames.SHARE, repeated_frames.RECENT), (0.4, 48)),
    "closing a session": ((session.CLOSING_SECONDS, session.BUSY, session.CLOSING), (15.0, 409, ("CLOSING", "READY"))),
    "warnings": (session.WARNINGS, (120, 30)),
    "tokens": (
        (session.RENEWED_BEFORE, session.MAX_SESSION_S, session.MAX_TOKEN_LENGTH, session.MARGIN), (60.0, 6 * 3600, 8192, 300)
    ),
    "keys": ((settings.MAX_KEY_FILE_BYTES, settings.KEY_VARIABLE), (4096, "REACTOR_API_KEY")),
    "addresses": ((settings.PRODUCTION, settings.LOCAL), ("https://api.reactor.inc", "http://localhost:8080")),
    "polls": ((signalling.MIN_POLL_INTERVAL_S, signalling.MAX_POLL_INTERVAL_S), (0.05, 1.0)),
    "STUN": ((signalling.COOKIE, signalling.HEADER), (0x2112A442, 20)),
    "the end of a stage": (stage.ENDING_SECONDS, 20.0),
    "frames that wait": (tagged_frames.MAX_WAITING, 256),
    "broadcasts": ((client_protocol.MAX_BROADCASTS_KEPT, client_protocol.MAX_GIVEN_UP_KEPT), (16, 64)),
    "uploads": ((uploads.MAX_UPLOAD_ATTEMPTS, uploads.ALREADY_UPLOADED, uploads.EXPIRED), (3, 409, (401, 403, 404, 410))),
}  # fmt: skip


@pytest.mark.parametrize("name", list(LIMITS))
def test_a_stage_is_made_with_these_limits(name: str) -> None:
    asyncio.run(ReactorStage(VirtualClock(), ReactorSettings()).close())
    limit, expected = LIMITS[name]
    assert limit == expected


def test_settings_that_nobody_has_changed() -> None:
    made = ReactorSettings()
    assert made.base() == "https://api.reactor.inc"
    assert {name: getattr(made, name) for name in ReactorSettings.__slots__} == {
        "url": "https://api.reactor.inc",
        "local": False,
        "key": None,
        "model": "helios",
        "spec": "helios",
        "wire": "auto",
        "frames_per_chunk": 33,
        "first_frames": None,
        "session_seconds": 1200,
        "adopt": None,
        "uploaded": {},
        "received_events": (),
        "clears": False,
        "made_at": None,
        "kept_at": None,
        "waiting_seconds": 300.0,
        "connect_seconds": 20.0,
        "settle_seconds": None,
        "grace_seconds": 24.0,
        "ping_seconds": 5.0,
        "silence_seconds": 4.0,
        "gathering_seconds": 1.0,
        "answer_seconds": 10.0,
    }
