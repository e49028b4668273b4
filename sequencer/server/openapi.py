"""The Helios contract as an OpenAPI document, in the vendor's form.

Commands are `paths` under `/events/`, messages are `webhooks`, tracks are in `x-reactor`. Every
message is a component. Its webhook refers to the component, and so does each command that is
answered with the message; a command that is only acknowledged has a 202 response.
"""

from __future__ import annotations

import copy

from sequencer.models.catalog import DEFAULT, find_spec
from sequencer.models.spec import ModelSpec
from sequencer.server.settings import TRACK
from sequencer.stages.wire.helios.model_messages import Dialect
from sequencer.stages.wire.messages import Data

_TEXT: Data = {"type": "string"}
_WHOLE: Data = {"type": "integer"}
_INDEX: Data = {**_WHOLE, "minimum": 0}
_NUMBER: Data = {"type": "number"}
_FLAG: Data = {"type": "boolean"}
_UPLOAD: Data = {"$ref": "#/components/schemas/ReactorUploadReference"}

_UPLOAD_REFERENCE: Data = {
    "type": "object",
    "format": "reactor-upload-reference",
    "description": "An uploaded file.",
    "properties": {
        "upload_id": {**_TEXT, "format": "uuid"},
        "name": _TEXT,
        "mime_type": _TEXT,
        "size": _WHOLE,
    },
    "required": ["upload_id", "name", "mime_type", "size"],
}


def _or_null(schema: Data) -> Data:
    return {"anyOf": [schema, {"type": "null"}]}


_SNAPSHOT: dict[str, Data] = {
    "snapshot_index": _INDEX,
    "chunk": _INDEX,
    "label": _TEXT,
    "parent_id": _or_null(_INDEX),
}

Fields = dict[str, Data]

_COMMANDS: dict[str, tuple[str, Fields, str | None]] = {
    "set_prompt": ("Show a prompt from the next chunk on.", {"prompt": _TEXT}, "prompt_accepted"),
    "schedule_prompt": (
        "Show a prompt from a chunk on.",
        {"prompt": _TEXT, "chunk": {**_INDEX, "default": 0}},
        "prompt_accepted",
    ),
    "set_conditioning": (
        "Show a prompt and an image together.",
        {"prompt": _TEXT, "image": _UPLOAD},
        "conditions_ready",
    ),
    "set_image": ("Condition what follows on an image.", {"image": _UPLOAD}, "image_accepted"),
    "set_image_strength": (
        "Set the strength of the next image.",
        {"image_strength": {**_NUMBER, "minimum": 0, "maximum": 1, "default": 1}},
        None,
    ),
    "set_sr_scale": (
        "Set super-resolution.",
        {"sr_scale": {**_TEXT, "enum": ["off", "2x", "4x"], "default": "2x"}},
        None,
    ),
    "set_seed": (
        "Set the seed of the next start; -1 chooses one.",
        {"seed": {**_WHOLE, "minimum": -1, "default": 0}},
        None,
    ),
    "start": ("Start generating.", {}, "generation_started"),
    "pause": ("Stop after the current chunk.", {}, "generation_paused"),
    "resume": ("Resume generation.", {}, "generation_resumed"),
    "reset": ("Clear everything but the settings.", {}, "generation_reset"),
}
"""What each command does, its fields, and the message with which a model of 1.x answers it."""

_SNAPSHOT_COMMANDS: dict[str, tuple[str, Fields, str | None]] = {
    "save_snapshot": (
        "Save the state of the generation.",
        {"label": {**_TEXT, "default": ""}},
        "snapshot_saved",
    ),
    "list_snapshots": ("List all snapshots.", {}, "snapshots_listed"),
    "rewind": ("Continue from a snapshot.", {"snapshot_index": _INDEX}, "generation_rewound"),
}


def find_range_problem(command: str, data: Data) -> str | None:
    """Return which field is outside its range in the command's schema, or None.

    Reactor's runtime refuses such commands too.
    """
    _, fields, _ = {**_COMMANDS, **_SNAPSHOT_COMMANDS}.get(command, ("", {}, None))
    for name, schema in fields.items():
        value = data.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        least, most = schema.get("minimum"), schema.get("maximum")
        if isinstance(least, int) and not value >= least:
            return f"{name} must be at least {least}"
        if isinstance(most, int) and not value <= most:
            return f"{name} must be at most {most}"
    return None


_MESSAGES: dict[str, tuple[str, Fields]] = {
    "state": (
        "The state of the model, after each command and each chunk.",
        {
            "running": _FLAG,
            "started": _FLAG,
            "paused": _FLAG,
            "current_frame": _WHOLE,
            "current_chunk": _WHOLE,
            "current_prompt": _or_null(_TEXT),
            "scheduled_prompts": {"type": "object", "additionalProperties": _TEXT},
            "image_set": _FLAG,
            "image_strength": _NUMBER,
        },
    ),
    "chunk_complete": (
        "A chunk is complete.",
        {"chunk_index": _WHOLE, "frames_emitted": _WHOLE, "active_prompt": _TEXT},
    ),
    "prompt_accepted": ("A prompt was accepted.", {"prompt": _TEXT}),
    "image_accepted": ("An image was accepted.", {"width": _WHOLE, "height": _WHOLE}),
    "conditions_ready": (
        "What generation can start from.",
        {"has_prompt": _FLAG, "has_image": _FLAG},
    ),
    "generation_started": ("Generation has begun.", {"prompt": _TEXT, "chunk_index": _WHOLE}),
    "generation_paused": ("Generation is paused after this chunk.", {"chunk_index": _WHOLE}),
    "generation_resumed": ("Generation continues.", {"chunk_index": _WHOLE}),
    "generation_reset": ("Everything was cleared.", {}),
    "command_error": ("A command was refused.", {"command": _TEXT, "reason": _TEXT}),
}

_SNAPSHOT_MESSAGES: dict[str, tuple[str, Fields]] = {
    "snapshot_saved": ("A snapshot was saved; `chunk` is generated next from there.", _SNAPSHOT),
    "snapshots_listed": (
        "All snapshots.",
        {
            "snapshots": {
                "type": "array",
                "items": {"type": "object", "properties": _SNAPSHOT, "required": list(_SNAPSHOT)},
            }
        },
    ),
    "generation_rewound": (
        "Generation continues from a snapshot.",
        {"snapshot_index": _INDEX, "chunk": _INDEX},
    ),
}


def document(dialect: Dialect = "current", spec: ModelSpec | None = None) -> Data:
    """Return the document of a model that speaks `dialect`.

    It has the form of `requestSchema` and `GET /schema`. `spec` is the model; None is Helios.
    """
    spec = spec or find_spec(DEFAULT)
    has_answers = dialect == "1.x"
    commands = {**_COMMANDS, **(_SNAPSHOT_COMMANDS if has_answers else {})}
    messages = {**_MESSAGES, **(_SNAPSHOT_MESSAGES if has_answers else {})}
    if spec.dialect != "helios":
        commands, messages = _commands_of(spec), _messages_of(spec)
    schemas = {"ReactorUploadReference": _UPLOAD_REFERENCE}
    schemas |= {_component(name): _body(fields) for name, (_, fields) in messages.items()}
    made: Data = {
        "openapi": "3.1.0",
        "info": {
            "title": spec.model,
            "version": "v1.0.0" if has_answers else "v0.9.0",
            "description": f"The {spec.title} contract, simulated.",
        },
        "x-reactor": {
            "tracks": [
                {"name": one.name, "kind": one.kind, "direction": "out"}
                for one in spec.tracks
                if one.name == TRACK
            ]
        },
        "paths": {
            f"/events/{name}": {
                "post": {
                    "operationId": name,
                    "summary": summary,
                    "requestBody": _content(_body(fields), required=True),
                    "responses": _responses(answer if has_answers else None),
                }
            }
            for name, (summary, fields, answer) in commands.items()
        },
        "webhooks": {
            name: {
                "post": {
                    "operationId": name,
                    "summary": summary,
                    "requestBody": _content(_reference(name), required=True),
                }
            }
            for name, (summary, _) in messages.items()
        },
        "components": {"schemas": schemas},
    }
    return copy.deepcopy(made)


def _commands_of(spec: ModelSpec) -> dict[str, tuple[str, Fields, str | None]]:
    """Return the commands that the simulated model of a spec carries out."""
    prompt, found = spec.prompt, dict[str, tuple[str, Fields, str | None]]()
    text = {prompt.parameter: _TEXT}
    later = {**text, prompt.chunk: _INDEX}
    found[prompt.command] = ("Show a prompt from the next chunk on.", text, None)
    if prompt.scheduled is not None:
        found[prompt.scheduled] = ("Show a prompt from a chunk on.", later, None)
    if spec.scene_cut is not None:
        found[spec.scene_cut.command] = ("Begin a scene with the next chunk.", text, None)
        found[spec.scene_cut.scheduled] = ("Begin a scene with a chunk.", later, None)
    if spec.image is not None:
        image = {spec.image.parameter: _UPLOAD}
        found[spec.image.command] = ("Condition what follows on an image.", image, None)
        if spec.image.with_prompt is not None:
            found[spec.image.with_prompt] = ("Show both together.", {**text, **image}, None)
    for value, name in (
        (spec.strength, "set_image_strength"),
        (spec.sr, "set_sr_scale"),
        (spec.seed, "set_seed"),
    ):
        if value is not None:
            summary, fields, _ = _COMMANDS[name]
            (schema,) = fields.values()
            found[value.command] = (summary, {value.parameter: schema}, None)
    return found | {name: _COMMANDS[name] for name in ("start", "pause", "resume", "reset")}


def _messages_of(spec: ModelSpec) -> dict[str, tuple[str, Fields]]:
    """Return the messages that the simulated model of a spec sends."""
    messages, chunk = spec.messages, spec.messages.chunk
    summary, state = _MESSAGES["state"]
    state = {key: value for key, value in state.items() if key != "scheduled_prompts"}
    if spec.image is None:
        del state["image_set"]
    if spec.strength is None:
        del state["image_strength"]
    if messages.scheduled is not None:
        state[messages.scheduled] = {"type": "object", "additionalProperties": _TEXT}
    fields: Fields = {chunk.index: _WHOLE}
    if chunk.session is not None:
        state[chunk.session] = fields[chunk.session] = _WHOLE
    if chunk.counts is not None:
        fields["frames_emitted"] = _WHOLE
    if chunk.prompt is not None:
        fields[chunk.prompt] = _TEXT
    names = {
        "prompt_accepted": messages.prompt_accepted,
        "image_accepted": messages.image_accepted if spec.image is not None else None,
        "conditions_ready": messages.conditions_ready,
        "generation_started": messages.generation_started,
    }
    found = {"state": (summary, state), chunk.type: (_MESSAGES["chunk_complete"][0], fields)}
    found |= {own: _MESSAGES[name] for name, own in names.items() if own is not None}
    if messages.generation_complete is not None:
        found[messages.generation_complete] = ("The scene has no more chunks.", {})
    same = ("generation_paused", "generation_resumed", "generation_reset", "command_error")
    return found | {name: _MESSAGES[name] for name in same}


def _component(name: str) -> str:
    """Return the name of a message among the components: `prompt_accepted` is `PromptAccepted`."""
    return "".join(word.capitalize() for word in name.split("_"))


def _reference(name: str) -> Data:
    return {"$ref": f"#/components/schemas/{_component(name)}"}


def _body(fields: Fields) -> Data:
    required = [name for name, schema in fields.items() if "default" not in schema]
    return {"type": "object", "properties": fields, **({"required": required} if required else {})}


def _content(schema: Data, **more: object) -> Data:
    return {**more, "content": {"application/json": {"schema": schema}}}


def _responses(answer: str | None) -> Data:
    if answer is None:
        return {"202": {"description": "The command was accepted."}}
    return {"200": _content(_reference(answer), description=_component(answer))}
