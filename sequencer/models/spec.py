"""What a model's spec contains."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sequencer.core.timebase import ChunkGrid

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""The name of a command, a message or a parameter."""


class Part(BaseModel):
    """A part of a spec: nothing unknown, and nothing that changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Grid(Part):
    """The chunks: frames of each, of the first of a take if it is shorter, frames per second."""

    frames: int = Field(ge=1)
    first: int | None = Field(default=None, ge=1)
    fps: Annotated[Fraction, BeforeValidator(lambda value: Fraction(str(value)))]

    def as_chunk_grid(self) -> ChunkGrid:
        """Return the grid of a score that does not set one."""
        return ChunkGrid(frames=self.frames, fps=self.fps, first=self.first)


class Limits(Part):
    """How much of something the model takes.

    Attributes:
        chunks: Chunks of a scene, from a start or a scene cut; None if it runs until stopped.
        after: What it does after that: it `ends` until it is reset, or `restarts` by itself.
        prompt: Characters of a prompt.
    """

    chunks: int | None = Field(default=None, ge=1)
    after: Literal["ends", "restarts"] = "ends"
    prompt: int | None = Field(default=None, ge=1)


class PromptCommands(Part):
    """How prompts are sent.

    Attributes:
        command: Sets a prompt for the next chunk, or for the first one before a start.
        parameter: Its parameter.
        scheduled: The form for a later chunk; None if there is none: then a prompt is kept here,
            and sent while the chunk before its own is made.
        chunk: The parameter of that form for the chunk.
        counts: Whether chunks are counted from the start of the take or of the session.
    """

    command: Name
    parameter: Name = "prompt"
    scheduled: Name | None = None
    chunk: Name = "chunk"
    counts: Literal["take", "session"] = "take"


class ImageCommands(Part):
    """How images are sent.

    Attributes:
        when: At `any` chunk, or only before the `start` of a take.
        required: Whether the model does not start without one.
        command: Sets an image.
        parameter: Its parameter.
        with_prompt: Sets prompt and image as one transaction; None if there is no such command.
    """

    when: Literal["any", "start"]
    required: bool = False
    command: Name = "set_image"
    parameter: Name = "image"
    with_prompt: Name | None = None


class Value(Part):
    """A command with one value."""

    command: Name
    parameter: Name


class SceneCut(Part):
    """A new scene without a reset: its command, and the form for a later chunk."""

    command: Name
    scheduled: Name


class ChunkMessage(Part):
    """The message about a chunk that is done.

    Attributes:
        type: Its name.
        index: The field with the chunk, counted in the scene.
        session: The field with the chunk, counted in the session; None if there is none.
        counts: What `frames_emitted` counts: the frames of the `chunk`, the `take` or the
            `session`; None if there is no such field.
        prompt: The field with the prompt of the chunk; None if there is none: then the prompt is
            known only from what was sent, and when.
    """

    type: Name = "chunk_complete"
    index: Name = "chunk_index"
    session: Name | None = None
    counts: Literal["chunk", "take", "session"] | None = "take"
    prompt: Name | None = "active_prompt"


class Messages(Part):
    """The names of the messages; None for one that the model does not send."""

    chunk: ChunkMessage = ChunkMessage()
    prompt_accepted: Name = "prompt_accepted"
    image_accepted: Name | None = "image_accepted"
    conditions_ready: Name | None = "conditions_ready"
    generation_started: Name = "generation_started"
    generation_complete: Name | None = None
    scheduled: Name | None = None
    """The field of `state` with the prompts that are scheduled."""


class Track(Part):
    """A track of the model, as a client receives it."""

    name: Name
    kind: Literal["video", "audio"]


class ModelSpec(Part):
    """A model: what `check`, the compiler, the simulator and a live stage need to know about it.

    Attributes:
        model: The name that a score's header uses.
        title: What it is, in a few words.
        connect: The name with which a session is requested.
        dialect: `helios` if it speaks as Helios does, so that nothing is translated, or `own`.
        grid: Its chunks.
        warmup: Chunks of each take that have no frames.
        limits: Its limits.
        fade: Whether a prompt can replace the previous one over several chunks.
        prompt: How prompts are sent.
        image: How images are sent; None without images.
        strength: The image strength; None without.
        sr: Super-resolution; None without.
        seed: The seed, which is read at a start.
        scene_cut: Scene cuts without a reset; None without.
        reset_keeps: What a reset does not clear, besides uploads.
        settings: Further commands, which a score does not use, with their parameters.
        messages: Its messages.
        tracks: Its tracks.
        unproven: What is not certain about this spec, a sentence each.
    """

    model: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: str
    connect: str
    dialect: Literal["helios", "own"] = "own"
    grid: Grid
    warmup: int = Field(default=0, ge=0)
    limits: Limits = Limits()
    fade: bool = False
    prompt: PromptCommands
    image: ImageCommands | None = None
    strength: Value | None = None
    sr: Value | None = None
    seed: Value = Value(command="set_seed", parameter="seed")
    scene_cut: SceneCut | None = None
    reset_keeps: tuple[Literal["seed", "sr", "strength", "prompt", "image"], ...] = ()
    settings: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    messages: Messages = Messages()
    tracks: tuple[Track, ...] = Field(min_length=1)
    unproven: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> ModelSpec:
        if self.grid.first is not None and self.grid.first > self.grid.frames:
            raise ValueError("grid: first must not be larger than frames")
        if self.strength is not None and self.image is None:
            raise ValueError("strength: it belongs to images, of which the model has none")
        names = self.commands()
        if len(names) != len(set(names)):
            raise ValueError("two commands have the same name")
        if self.prompt.counts == "session" and self.messages.chunk.session is None:
            raise ValueError("messages.chunk.session: prompts are scheduled by it")
        return self

    def commands(self) -> tuple[str, ...]:
        """Return the names of all commands."""
        found: list[str | None] = [self.prompt.command, self.prompt.scheduled]
        if self.image is not None:
            found += [self.image.command, self.image.with_prompt]
        found += [one.command for one in (self.strength, self.sr, self.seed) if one is not None]
        if self.scene_cut is not None:
            found += [self.scene_cut.command, self.scene_cut.scheduled]
        found += ["start", "pause", "resume", "reset", *self.settings]
        return tuple(name for name in found if name is not None)
