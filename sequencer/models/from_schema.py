"""Make the mechanical half of a spec from the schema that a vendor's model answers with.

A schema contains the names of commands, parameters and tracks. It does not contain when a command
acts, how long a chunk is, or what a reset clears: those lines are marked, and are to be completed
by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sequencer.core.errors import InputError

MARK = "# to complete:"
_LIFE = ("start", "pause", "resume", "reset")
_UPLOAD = "ReactorUploadReference"


def spec_from_schema(text: str, where: str) -> str:
    """Return the YAML of a spec for an OpenAPI document of a model.

    Args:
        text: The document, as JSON.
        where: Its address or file, for messages and the first line.

    Raises:
        InputError: It is not the document of a model.
    """
    commands, tracks, title, messages = _read(text, where)
    rest = {name: fields for name, fields in commands.items() if name not in _LIFE}
    image = _take(rest, lambda name, fields: _uploads(fields) and len(fields) == 1)
    both = _take(rest, lambda name, fields: _uploads(fields) and "prompt" in fields)
    scheduled = _take(
        rest, lambda name, fields: "prompt" in fields and _chunks(fields) and "cut" not in name
    )
    cut_later = _take(rest, lambda name, fields: "cut" in name and _chunks(fields))
    cut = _take(rest, lambda name, fields: "cut" in name and "prompt" in fields)
    prompt = _take(rest, lambda name, fields: list(fields) == ["prompt"])
    seed = _take(rest, lambda name, fields: list(fields) == ["seed"])
    strength = _take(rest, lambda name, fields: list(fields) == ["image_strength"])
    sr = _take(rest, lambda name, fields: list(fields) == ["sr_scale"])
    lines = [
        f"# Made from {where}. Lines with a mark are not in a schema: complete them.",
        f"model: {title}",
        f"title: {title}",
        f"connect: {title}",
        f"grid: {{frames: 33, fps: 24}}  {MARK} frames of a chunk, of a shorter first one, rate",
        f"warmup: 0  {MARK} chunks of a take without frames",
        f"limits: {{}}  {MARK} chunks of a scene, what happens after them, characters of a prompt",
    ]
    line = f"prompt: {{command: {prompt or 'set_prompt'}"
    if scheduled is not None:
        chunk = _chunks(commands[scheduled])
        line += f", scheduled: {scheduled}, chunk: {chunk}, counts: take}}  {MARK} take or session"
    else:
        line += "}"
    lines.append(line + ("" if prompt else f"  {MARK} no command with only a prompt was found"))
    if image is not None:
        more = f", parameter: {_uploads(commands[image])}"
        more += "" if both is None else f", with_prompt: {both}"
        lines.append(
            f"image: {{when: start, command: {image}{more}}}"
            f"  {MARK} any or start; whether it is required"
        )
    for key, name, parameter in (
        ("strength", strength, "image_strength"),
        ("sr", sr, "sr_scale"),
        ("seed", seed, "seed"),
    ):
        if name is not None:
            lines.append(f"{key}: {{command: {name}, parameter: {parameter}}}")
    if cut is not None and cut_later is not None:
        lines.append(f"scene_cut: {{command: {cut}, scheduled: {cut_later}}}")
    lines.append(
        f"reset_keeps: []  {MARK} what a reset does not clear: seed, sr, strength, prompt, image"
    )
    if rest:
        lines.append("settings:")
        lines += [f"  {name}: [{', '.join(fields)}]" for name, fields in rest.items()]
    lines.append(
        f"messages:  {MARK} what frames_emitted counts; the messages are {', '.join(messages)}"
    )
    lines.append("  chunk: {counts: take}")
    lines += [
        f"  {name}: null" for name in ("image_accepted", "conditions_ready") if name not in messages
    ]
    lines.append(
        "tracks: [" + ", ".join(f"{{name: {name}, kind: {kind}}}" for name, kind in tracks) + "]"
    )
    lines.append("unproven: [nothing of this was tried]")
    return "\n".join(lines) + "\n"


def commands_of_schema(text: str, where: str) -> frozenset[str]:
    """Return the names of the commands in an OpenAPI document of a model.

    The arguments and errors are those of `spec_from_schema`.
    """
    return frozenset(_read(text, where)[0])


Fields = dict[str, Mapping[str, Any]]


def _read(text: str, where: str) -> tuple[dict[str, Fields], list[tuple[str, str]], str, list[str]]:
    """Return the commands, the tracks, the title and the names of the messages."""
    try:
        found = json.loads(text)
        commands = {}
        for path, entry in found["paths"].items():
            if not path.startswith("/events/"):
                continue
            body = entry["post"].get("requestBody", {}).get("content", {})
            schema = body.get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                name = schema["$ref"].rpartition("/")[2]
                schema = found["components"]["schemas"][name]
            commands[path.removeprefix("/events/")] = dict(schema.get("properties", {}))
        tracks = [
            (one["name"], one["kind"])
            for one in found["x-reactor"]["tracks"]
            if one.get("direction", "out") == "out"
        ]
        title = str(found["info"]["title"]).rpartition("/")[2]
        messages = list(found.get("webhooks", {}))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{where} is not JSON: {error}", "a local runtime answers with its schema at /schema"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{where} is not the schema of a model: {type(error).__name__}: {error}",
            "a local runtime answers with it at /schema",
        ) from None
    if not commands or not tracks:
        raise InputError(f"{where} has no commands, or no tracks that are received")
    return commands, tracks, title, messages


def _take(commands: dict[str, Fields], fits: Any) -> str | None:
    """Return the first command that fits, and remove it from the others."""
    found = next((name for name, fields in commands.items() if fits(name, fields)), None)
    if found is not None:
        del commands[found]
    return found


def _uploads(fields: Fields) -> str | None:
    """Return the parameter that is an upload, if there is one."""
    return next((name for name, schema in fields.items() if _UPLOAD in json.dumps(schema)), None)


def _chunks(fields: Fields) -> str | None:
    """Return the parameter that is a chunk, if there is one."""
    return next((name for name in fields if name == "chunk" or name.endswith("_chunk")), None)
