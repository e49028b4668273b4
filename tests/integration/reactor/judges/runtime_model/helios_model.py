# mypy: ignore-errors
# The runtime is installed in a separate environment, which the type checker does not see.
"""A small model that follows Helios' contract, for Reactor's own runtime: eight frames per chunk,
solid colours.

It was written independently of the simulator, from the same public contract, so that two
readings of it can be compared.

With the environment variable REPEATS the model is slower than its playout and draws its number on
each frame, so that a runtime of version 3 repeats frames. The value selects the metadata: different
for `each` frame, the `same` for all, or `none`.
"""

import asyncio
import colorsys
import hashlib
import io
import os
from dataclasses import dataclass

import numpy as np
from PIL import Image
from reactor_runtime.interface import (
    InputField,
    ModelMessage,
    Output,
    ReactorModel,
    UploadedFile,
    Video,
    connected,
    event,
)

try:
    from reactor_runtime.interface import TrackPayload
except ImportError:  # a runtime of version 2 has no metadata
    TrackPayload = None

FRAMES = 8
HEIGHT, WIDTH = 192, 320


class Picture(Output):
    main_video: Video


if TrackPayload is None:
    Picture = dataclass(Picture)

REPEATS = os.environ.get("REPEATS")
BITS, MARKED = 12, 48
"""How many bits of a frame's number are drawn on it, and on how many of its rows."""


class State(ModelMessage):
    running: bool
    started: bool
    paused: bool
    current_frame: int
    current_chunk: int
    current_prompt: str
    scheduled_prompts: dict
    image_set: bool
    image_strength: float


class PromptAccepted(ModelMessage):
    prompt: str


class ImageAccepted(ModelMessage):
    width: int
    height: int


class ConditionsReady(ModelMessage):
    has_prompt: bool
    has_image: bool


class GenerationStarted(ModelMessage):
    prompt: str
    chunk_index: int


class GenerationPaused(ModelMessage):
    chunk_index: int


class GenerationResumed(ModelMessage):
    chunk_index: int


class GenerationReset(ModelMessage):
    pass


class ChunkComplete(ModelMessage):
    chunk_index: int
    frames_emitted: int
    active_prompt: str


class CommandError(ModelMessage):
    command: str
    reason: str


class Helios(ReactorModel):
    fps = 24
    buffer_size = 64

    def __init__(self):
        super().__init__()
        self.clear()
        self.strength = 1.0

    def load(self, config=None):
        pass

    def clear(self):
        self.started = self.paused = self.pausing = self.making = self.resetting = False
        self.chunk = self.frame = 0
        self.prompt = None
        self.prompts = {}
        self.image = None

    async def state(self):
        await self.send(
            State(
                running=self.started and not self.paused,
                started=self.started,
                paused=self.paused,
                current_frame=self.frame,
                current_chunk=self.chunk,
                current_prompt=self.prompt or "",
                scheduled_prompts={str(chunk): prompt for chunk, prompt in self.prompts.items()},
                image_set=self.image is not None,
                image_strength=self.strength,
            )
        )

    async def refuse(self, command, reason):
        await self.send(CommandError(command=command, reason=reason))
        await self.state()

    @connected
    async def on_connect(self):
        await self.state()

    async def run(self):
        while True:
            if not self.started or self.paused:
                await asyncio.sleep(0.01)
                continue
            await self.make()

    async def make(self):
        self.making = True
        due = [chunk for chunk in self.prompts if chunk <= self.chunk]
        if due:
            self.prompt = self.prompts[max(due)]
            for chunk in due:
                del self.prompts[chunk]
        colour = self.colour()
        await asyncio.sleep(FRAMES / (19.5 if REPEATS else self.fps))
        frames = [self.picture(colour, self.frame + index) for index in range(FRAMES)]
        if REPEATS:
            data = [
                {"frame": self.frame + index if REPEATS == "each" else 0} for index in range(FRAMES)
            ]
            payload = TrackPayload(np.stack(frames), metadata=None if REPEATS == "none" else data)
            await self.emit(Picture(main_video=payload))
        else:
            for frame in frames:
                await self.emit(Picture(main_video=frame))
        self.frame += FRAMES
        self.making = False
        await self.send(
            ChunkComplete(
                chunk_index=self.chunk, frames_emitted=self.frame, active_prompt=self.prompt
            )
        )
        self.chunk += 1
        if self.resetting:
            await self.reset_now()
        elif self.pausing:
            await self.pause_now()
        await self.state()

    def picture(self, colour, number):
        frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        frame[:] = colour
        frame[:, : number % WIDTH] //= 2
        if REPEATS:
            wide = WIDTH // BITS
            for bit in range(BITS):
                frame[:MARKED, bit * wide : (bit + 1) * wide] = 215 if number >> bit & 1 else 40
        return frame

    def colour(self):
        if self.image is not None:
            return np.maximum(np.asarray(self.image.resize((1, 1)))[0, 0], 96)
        hue = hashlib.sha256(self.prompt.encode()).digest()[0] / 256
        return np.array([int(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.8, 0.9)], np.uint8)

    async def accept(self, command, prompt, chunk):
        if not prompt.strip():
            await self.refuse(command, "the prompt is empty")
            return
        self.prompts[chunk] = prompt
        await self.send(PromptAccepted(prompt=prompt))
        await self.conditions()
        await self.state()

    async def conditions(self):
        has_prompt = self.prompt is not None or bool(self.prompts)
        await self.send(ConditionsReady(has_prompt=has_prompt, has_image=self.image is not None))

    def soonest(self):
        return self.chunk + 1 if self.making else self.chunk

    @event(name="set_prompt", description="")
    async def set_prompt(self, prompt: str):
        await self.accept("set_prompt", prompt, self.soonest())

    @event(name="schedule_prompt", description="")
    async def schedule_prompt(self, prompt: str, chunk: int = InputField(default=0, ge=0)):
        if self.started and chunk < self.soonest():
            await self.refuse("schedule_prompt", f"chunk {chunk} has passed")
        else:
            await self.accept("schedule_prompt", prompt, chunk)

    async def show(self, command, image):
        try:
            opened = Image.open(io.BytesIO(image.data)).convert("RGB")
        except OSError:
            await self.refuse(command, "not an image")
            return False
        self.image = opened
        await self.send(ImageAccepted(width=opened.width, height=opened.height))
        return True

    @event(name="set_image", description="")
    async def set_image(self, image: UploadedFile):
        if await self.show("set_image", image):
            await self.conditions()
            await self.state()

    @event(name="set_conditioning", description="")
    async def set_conditioning(self, prompt: str, image: UploadedFile):
        if not prompt.strip():
            await self.refuse("set_conditioning", "the prompt is empty")
        elif await self.show("set_conditioning", image):
            await self.accept("set_conditioning", prompt, self.soonest())

    @event(name="set_image_strength", description="")
    async def set_image_strength(
        self, image_strength: float = InputField(default=1.0, ge=0.0, le=1.0)
    ):
        self.strength = image_strength
        await self.state()

    @event(name="set_sr_scale", description="")
    async def set_sr_scale(self, sr_scale: str = "2x"):
        if sr_scale not in ("off", "2x", "4x"):
            await self.refuse("set_sr_scale", f"{sr_scale} is not a scale")
        else:
            await self.state()

    @event(name="set_seed", description="")
    async def set_seed(self, seed: int = 0):
        await self.state()

    @event(name="start", description="")
    async def start(self):
        if self.started:
            await self.refuse("start", "started already")
        elif 0 not in self.prompts:
            await self.refuse("start", "[start] No prompt set")
        else:
            self.started = True
            await self.send(GenerationStarted(prompt=self.prompts[0], chunk_index=0))
            await self.state()

    async def pause_now(self):
        self.pausing, self.paused = False, True
        await self.send(GenerationPaused(chunk_index=max(self.chunk - 1, 0)))

    @event(name="pause", description="")
    async def pause(self):
        if not self.started or self.paused:
            await self.refuse("pause", "not running")
        elif self.making:
            self.pausing = True
        else:
            await self.pause_now()
            await self.state()

    @event(name="resume", description="")
    async def resume(self):
        if not self.paused and not self.pausing:
            await self.refuse("resume", "not paused")
            return
        self.paused = self.pausing = False
        await self.send(GenerationResumed(chunk_index=self.chunk))
        await self.state()

    async def reset_now(self):
        self.clear()
        await self.send(GenerationReset())

    @event(name="reset", description="")
    async def reset(self):
        if self.making:
            self.resetting = True
        else:
            await self.reset_now()
            await self.state()
