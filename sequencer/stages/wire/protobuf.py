"""The messages of wire v1 as protobuf classes, built from the table below.

No generated code and no compiler at install time are needed.

The table is the public field table of `reactor_wire.v1` and all that the wire format needs: field
numbers, types, oneofs. The classes are in a pool of their own, so that they do not conflict with
another copy of the same package in the process.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

PACKAGE = "reactor_wire.v1"

_REFERENCE = "1 upload_id string; 2 name string; 3 mime_type string; 4 size int64"
_TRACK = "1 name string"

MESSAGES = {
    "Error": "1 code string; 2 message string",
    "UploadReference": _REFERENCE,
    "FileUploaded": _REFERENCE,
    "Command": "1 type string; 2 data Struct; 3 uploads map UploadReference",
    "ModelMessage": "1 type string; 2 data Struct",
    "Ping": "",
    "RequestSchema": "",
    "RequestRecording": "",
    "RequestClip": "1 duration_seconds double",
    "PublishTrack": _TRACK,
    "PauseTrack": _TRACK,
    "ResumeTrack": _TRACK,
    "UnpublishTrack": _TRACK,
    "PublishTrackResponse": _TRACK,
    "ModelSchema": "1 openapi Struct",
    "ClipReady": "1 session_id string; 2 kind string; 3 start double; 4 end double; 5 now double; "
    "6 ready_at_ms int64; 7 playlist_url string",
    "ClipFailed": "1 reason string",
    "Moderation": (
        "1 action string; 2 input_kind string; 3 command string; 4 categories repeated string; 5 "
        "message string"
    ),
    "SessionEnded": "1 reason string",
}
"""Each message's fields: number, name, type.

`Struct` is `google.protobuf.Struct`, `map X` a map from string to X.
"""

ENVELOPES = {
    "DataClientMessage": "10 command Command; 40 error Error",
    "DataServerMessage": "10 message ModelMessage; 40 error Error",
    "ControlClientMessage": "10 ping Ping; 11 request_schema RequestSchema; "
    "12 file_uploaded FileUploaded; 13 request_clip RequestClip; "
    "14 request_recording RequestRecording; 15 publish_track PublishTrack; "
    "16 pause_track PauseTrack; 17 resume_track ResumeTrack; "
    "18 unpublish_track UnpublishTrack; 40 error Error",
    "ControlServerMessage": "10 model_schema ModelSchema; 11 clip_ready ClipReady; "
    "12 clip_failed ClipFailed; 13 moderation Moderation; "
    "14 publish_track_response PublishTrackResponse; "
    "15 session_ended SessionEnded; 40 error Error",
}
"""The contents of a frame: `request_id` 1, `kind` 2, and one of these (the oneof `payload`)."""

REQUEST, RESPONSE, NOTIFICATION = 1, 2, 3
"""The kinds of a frame; 0 is unspecified."""

_Field = descriptor_pb2.FieldDescriptorProto
_TYPES = {"string": _Field.TYPE_STRING, "double": _Field.TYPE_DOUBLE, "int64": _Field.TYPE_INT64}


def _fields(message: descriptor_pb2.DescriptorProto, table: str, oneof: bool = False) -> None:
    for line in filter(None, (one.strip() for one in table.split(";"))):
        number, name, *words = line.split()
        field = message.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
        if words[0] == "map":
            words = ["repeated", _entry(message, name, words[1])]
        if words[0] == "repeated":
            field.label, words = _Field.LABEL_REPEATED, words[1:]
        if words[0] in _TYPES:
            field.type = _TYPES[words[0]]
        else:
            field.type = _Field.TYPE_MESSAGE
            field.type_name = (
                ".google.protobuf.Struct" if words[0] == "Struct" else f".{PACKAGE}.{words[0]}"
            )
        if oneof:
            field.oneof_index = 0


def _entry(message: descriptor_pb2.DescriptorProto, field: str, value: str) -> str:
    """Add the entry type that a map field requires, and return its name within the package."""
    name = "".join(word.capitalize() for word in field.split("_")) + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    _fields(entry, f"1 key string; 2 value {value}")
    return f"{message.name}.{name}"


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="reactor_wire.proto", package=PACKAGE, syntax="proto3"
    )
    file.dependency.append("google/protobuf/struct.proto")
    kind = file.enum_type.add(name="Kind")
    for number, name in enumerate(
        ("KIND_UNSPECIFIED", "KIND_REQUEST", "KIND_RESPONSE", "KIND_NOTIFICATION")
    ):
        kind.value.add(name=name, number=number)
    for name, table in MESSAGES.items():
        _fields(file.message_type.add(name=name), table)
    for name, table in ENVELOPES.items():
        envelope = file.message_type.add(name=name)
        envelope.oneof_decl.add(name="payload")
        _fields(envelope, "1 request_id string")
        envelope.field.add(
            name="kind",
            number=2,
            label=_Field.LABEL_OPTIONAL,
            type=_Field.TYPE_ENUM,
            type_name=f".{PACKAGE}.Kind",
        )
        _fields(envelope, table, oneof=True)
    return file


@cache
def message_classes() -> dict[str, Any]:
    """Return the class of each message, by name."""
    pool = descriptor_pool.DescriptorPool()
    struct = descriptor_pb2.FileDescriptorProto()
    struct_pb2.DESCRIPTOR.CopyToProto(struct)
    pool.Add(struct)
    pool.Add(_file())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in (*MESSAGES, *ENVELOPES)
    }
