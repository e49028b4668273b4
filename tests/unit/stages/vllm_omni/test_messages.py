"""The messages of vLLM-Omni: each field that is read is checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sequencer.core.errors import StageError
from sequencer.stages.vllm_omni.messages import (
    MAX_IDS,
    MAX_TEXT_BYTES,
    ChunkMetadata,
    InteractionQueued,
    MessageError,
    Pong,
    ServerError,
    SessionDone,
    UnknownServerMessage,
    VideoStarted,
    read_message,
    session_interaction,
    session_start,
)

CHUNK: dict[str, Any] = {
    "type": "video.chunk_metadata",
    "request_id": "video_stream-1",
    "kind": "media",
    "transport_chunk_index": 7,
    "generation_chunk_index": 6,
    "num_frames": 9,
    "byte_length": 184320,
    "started_event_ids": ["ui-update-42"],
    "active_event_ids": ["ui-update-42"],
    "completed_event_ids": [],
}


def test_the_messages_of_the_documentation() -> None:
    def read(**message: Any) -> object:
        return read_message(json.dumps(message))

    assert read(type="video.start", request_id="r", format="m4s", config={}) == VideoStarted("r")
    assert read(**CHUNK) == ChunkMetadata(
        kind="media", chunk=6, frames=9, length=184320, started=("ui-update-42",)
    )
    trailer = {**CHUNK, "kind": "trailer", "generation_chunk_index": None, "num_frames": 0}
    assert read(**trailer) == ChunkMetadata(
        kind="trailer", chunk=None, frames=0, length=184320, started=("ui-update-42",)
    )
    queued = read(type="session.interaction.queued", request_id="r", event_id="e")
    assert queued == InteractionQueued("e")
    assert read(type="session.done", chunks=3, stopped=False) == SessionDone(stopped=False)
    assert read(type="session.done", stopped=True) == SessionDone(stopped=True)
    assert read(type="session.pong") == Pong()
    failed = read(type="error", message="no", code="interaction_failed", event_id="e")
    assert failed == ServerError("no", "interaction_failed", "e")
    assert read(type="error") == ServerError("it gives no reason")
    assert read(type="error", message="no", code=400) == ServerError("no", "400")
    assert read(type="new.thing") == UnknownServerMessage("new.thing", '{"type": "new.thing"}')


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "7", '"a"', "{}", '{"type": 3}', "[" * 100_000, '{"type": "error", "x": NaN}',
        '{"type": "video.start", "format": "mp4"}', '{"type": "session.interaction.queued"}',
        '{"type": "error", "event_id": 3}', " " * (MAX_TEXT_BYTES + 1),
        json.dumps({**CHUNK, "kind": "other"}),
    ],
)  # fmt: skip
def test_what_is_not_a_message(text: str) -> None:
    with pytest.raises(MessageError, match="the server sent a message that is not valid: "):
        read_message(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_frames", -1), ("num_frames", 1.5), ("num_frames", True), ("num_frames", None),
        ("num_frames", 10**9), ("byte_length", "12"), ("byte_length", 1 << 40),
        ("generation_chunk_index", -1), ("generation_chunk_index", "0"),
        ("started_event_ids", "abc"), ("started_event_ids", [1]), ("started_event_ids", [""]),
        ("started_event_ids", ["x" * 300]), ("started_event_ids", ["x"] * (MAX_IDS + 1)),
    ],
)  # fmt: skip
def test_what_is_not_the_metadata_of_a_chunk(name: str, value: object) -> None:
    with pytest.raises(MessageError, match=name):
        read_message(json.dumps({**CHUNK, name: value}))


def test_a_text_of_the_server_is_one_line_of_bounded_length() -> None:
    found = read_message(json.dumps({"type": "error", "message": "a\x1b[31m\n\ud800" + "x" * 9000}))
    assert isinstance(found, ServerError)
    assert found.message.isprintable()
    assert len(found.message) <= 500


def test_an_invalid_message_is_a_failure_of_the_stage() -> None:
    assert issubclass(MessageError, StageError)


def test_what_is_sent() -> None:
    start = json.loads(
        session_start("served", "A tram.", seed=7, size=(640, 384), fps=24, frames=99)
    )
    assert start == {
        "type": "session.start", "model": "served", "prompt": "A tram.", "format": "m4s",
        "width": 640, "height": 384, "fps": 24, "num_frames": 99, "seed": 7,
    }  # fmt: skip
    assert json.loads(session_interaction("e", "It turns.", 2)) == {
        "type": "session.interaction",
        "interaction": {"event_id": "e", "event": {"prompt": "It turns."}, "transition_chunks": 2},
    }


def test_the_distilled_model_gets_the_settings_for_live_use() -> None:
    start = json.loads(
        session_start("me/Helios-Distilled", "A.", seed=0, size=(64, 64), fps=24, frames=33)
    )
    assert start["guidance_scale"] == 1.0
    assert start["extra_params"]["pyramid_num_inference_steps_list"] == [1, 1, 1]
