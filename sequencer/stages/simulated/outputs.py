"""What leaves the simulated model: messages, refusals, and what its pictures are made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scale = Literal["off", "2x", "4x"]


def hashed(*key: object) -> int:
    """64 bits that depend on the key alone: the only chance there is here, and none of it is shared."""
    text = "\x1f".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class RefusedError(Exception):
    """A broken precondition, in the model's words."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that leaves the model at nanosecond `at`."""

    at: int
    type: str
    data: Mapping[str, object]
    answers: tuple[int, ...] = ()
    """The commands that it answers, by the ids that their askers gave."""

    @property
    def name(self) -> str:
        """Its type, or its event's name in the early dialect."""
        return str(self.data["event"]) if self.type == "event" else self.type


@dataclass(frozen=True, slots=True)
class Look:
    """All that the pictures of a chunk depend on.

    `image` is an upload's id and `image_since` the frame it came with; frames count within the take.
    """

    seed: int
    prompt: str
    image: str | None
    image_since: int
    strength: float
    sr: Scale
    chunk: int
    first_frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class ChunkBegun:
    """A chunk is being made: nothing can change its look any more. `due` is when it will be done."""

    at: int
    take: int
    look: Look
    due: int
    before: Look | None = None
    """The chunk before it in its take, which is what its pictures may dissolve from."""


@dataclass(frozen=True, slots=True)
class ChunkMade:
    """A chunk is done; its `chunk_complete` follows."""

    at: int
    take: int
    look: Look


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Commands that were carried out or refused, and that no message answers."""

    at: int
    answers: tuple[int, ...]


Output = Message | Acknowledged | ChunkBegun | ChunkMade


@dataclass(frozen=True, slots=True)
class UploadedImage:
    """What the model finds when it opens an upload: its size in pixels, or why it is no image (`problem`)."""

    width: int
    height: int
    problem: str | None = None
