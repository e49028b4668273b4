"""Helios' own messages and commands, in every dialect, as values for the rest of the program.

A message is a `type` and a `data` object, whatever carries it. The dialect is detected when
reading:

- `current`: `state`, `chunk_complete`, `prompt_accepted`, … each a type of its own;
- `1.x`: the same, with the addition of `snapshot_saved`, `snapshots_listed` and
  `generation_rewound`, which are not read here;
- `2026-early` (before April 2026): `{"type": "event", "data": {"event": NAME, …}}`, with
  `prompt_scheduled`, `prompt_switched`, `image_set`, `seed_set` and `error` among the names.

Reading never raises: a message that is not known, or is not what its name promises, becomes an
`UnknownMessage` event. Numbers may arrive as doubles (`33.0`) or as text (`"33"`, which is how a
map's keys travel), as both are seen in practice.

`commands` reads and writes commands; `model_messages` reads and writes the messages, and determines
what a model counts.
"""

from sequencer.stages.wire.helios.commands import (
    COMMAND_NAMES,
    SNAPSHOT_COMMAND_NAMES,
    HeliosCommand,
    ListSnapshots,
    Problem,
    Rewind,
    SaveSnapshot,
    SetPrompt,
    SnapshotCommand,
    read_any_command,
    read_command,
    write_command,
)
from sequencer.stages.wire.helios.model_messages import (
    FRAMES_PER_CHUNK,
    MAX_UNKNOWN,
    Dialect,
    FrameCount,
    HeliosEvent,
    HeliosReader,
    read_message,
    write_message,
    write_rewound,
    write_seed_set,
    write_snapshot,
    write_snapshot_saved,
    write_snapshots_listed,
    write_switch,
)

__all__ = [
    "COMMAND_NAMES",
    "FRAMES_PER_CHUNK",
    "MAX_UNKNOWN",
    "SNAPSHOT_COMMAND_NAMES",
    "Dialect",
    "FrameCount",
    "HeliosCommand",
    "HeliosEvent",
    "HeliosReader",
    "ListSnapshots",
    "Problem",
    "Rewind",
    "SaveSnapshot",
    "SetPrompt",
    "SnapshotCommand",
    "read_any_command",
    "read_command",
    "read_message",
    "write_command",
    "write_message",
    "write_rewound",
    "write_seed_set",
    "write_snapshot",
    "write_snapshot_saved",
    "write_snapshots_listed",
    "write_switch",
]
