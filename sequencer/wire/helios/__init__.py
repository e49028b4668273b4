"""Helios' own words: its messages and commands, in both dialects, as the values that the rest of the program speaks.

A message is a `type` and a `data` object, whatever carries it. Two dialects are read, without being told which it is:

- `current`: `state`, `chunk_complete`, `prompt_accepted`, … each a type of its own;
- `2026-early` (before April 2026): `{"type": "event", "data": {"event": NAME, …}}`, with `prompt_scheduled`,
  `prompt_switched`, `image_set`, `seed_set` and `error` among the names.

Reading never raises: what nobody knows, or what does not hold what its name promises, becomes an `Unknown` event. Numbers
may come as doubles (`33.0`) or as text (`"33"`, which is how a map's keys travel), for both are seen in the field.

`commands` go both ways; `written` and `read` are the messages; `frame_count` settles what a model counts.
"""

from sequencer.wire.helios.commands import COMMAND_NAMES, HeliosCommand, Problem, SetPrompt, read_command, write_command
from sequencer.wire.helios.frame_count import FRAMES_PER_CHUNK, FrameCount
from sequencer.wire.helios.read import MOST_UNKNOWN, HeliosReader, read_message
from sequencer.wire.helios.written import Dialect, HeliosEvent, write_message, write_seed_set, write_switch

__all__ = [
    "COMMAND_NAMES",
    "FRAMES_PER_CHUNK",
    "MOST_UNKNOWN",
    "Dialect",
    "FrameCount",
    "HeliosCommand",
    "HeliosEvent",
    "HeliosReader",
    "Problem",
    "SetPrompt",
    "read_command",
    "read_message",
    "write_command",
    "write_message",
    "write_seed_set",
    "write_switch",
]
