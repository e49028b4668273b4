"""The Helios contract as an OpenAPI document: commands are `paths`, events are `webhooks`."""

from __future__ import annotations

from sequencer.wire.messages import Data

_TEXT: Data = {"type": "string"}
_WHOLE: Data = {"type": "integer"}
_NUMBER: Data = {"type": "number"}
_FLAG: Data = {"type": "boolean"}
_IMAGE: Data = {"type": "string", "format": "binary", "x-reactor-upload": "image/*"}

_COMMANDS: dict[str, dict[str, Data]] = {
    "set_prompt": {"prompt": _TEXT},
    "schedule_prompt": {"prompt": _TEXT, "chunk": {**_WHOLE, "minimum": 0, "default": 0}},
    "set_conditioning": {"prompt": _TEXT, "image": _IMAGE},
    "set_image": {"image": _IMAGE},
    "set_image_strength": {"image_strength": {**_NUMBER, "minimum": 0, "maximum": 1, "default": 1}},
    "set_sr_scale": {"sr_scale": {**_TEXT, "enum": ["off", "2x", "4x"], "default": "2x"}},
    "set_seed": {"seed": {**_WHOLE, "minimum": -1, "default": 0}},
    "start": {},
    "pause": {},
    "resume": {},
    "reset": {},
}

_EVENTS: dict[str, dict[str, Data]] = {
    "state": {
        "running": _FLAG,
        "started": _FLAG,
        "paused": _FLAG,
        "current_frame": _WHOLE,
        "current_chunk": _WHOLE,
        "current_prompt": {"type": ["string", "null"]},
        "scheduled_prompts": {"type": "object", "additionalProperties": _TEXT},
        "image_set": _FLAG,
        "image_strength": _NUMBER,
    },
    "chunk_complete": {"chunk_index": _WHOLE, "frames_emitted": _WHOLE, "active_prompt": _TEXT},
    "prompt_accepted": {"prompt": _TEXT},
    "image_accepted": {"width": _WHOLE, "height": _WHOLE},
    "conditions_ready": {"has_prompt": _FLAG, "has_image": _FLAG},
    "generation_started": {"prompt": _TEXT, "chunk_index": _WHOLE},
    "generation_paused": {"chunk_index": _WHOLE},
    "generation_resumed": {"chunk_index": _WHOLE},
    "generation_reset": {},
    "command_error": {"command": _TEXT, "reason": _TEXT},
}


def document() -> Data:
    """The document, as `requestSchema` and `GET /schema` give it."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "helios", "version": "1.0.0", "description": "A stand-in: the Helios contract, simulated."},
        "paths": {f"/{name}": {"post": _operation(name, fields)} for name, fields in _COMMANDS.items()},
        "webhooks": {name: {"post": _operation(name, fields)} for name, fields in _EVENTS.items()},
    }


def _operation(name: str, fields: dict[str, Data]) -> Data:
    required = [key for key, one in fields.items() if "default" not in one]
    schema: dict[str, object] = {"type": "object", "properties": fields}
    if required:
        schema["required"] = required
    return {
        "operationId": name,
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "done"}},
    }
