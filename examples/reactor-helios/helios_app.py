# mypy: ignore-errors
# The runtime is installed in an environment of its own, which the type checker does not see.
"""Helios on your own GPU as a live model: an application for Reactor's open runtime.

It serves the commands and messages of Helios, so that `sequencer perform --local` plays on it, and
makes its chunks with a renderer of the sequencer: the open weights, or drawn frames to try it
without a GPU. docs/local-models.md leads from a bare machine to a show.

Environment variables:
    RENDERER: `helios` (default) or `drawn`.
    WEIGHTS: The folder of the weights, or NAME@REVISION of the Hugging Face Hub.
    RENDERER_OPTIONS: Options of the renderer, joined by commas: `size=640x384,offload=model`.
    FPS: Frames per second that the model plays out (default: 24). A chunk that is not ready in time
        is shown late.
"""

import asyncio
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

from reactor_runtime.interface import (
    InputField,
    ModelMessage,
    Output,
    ReactorApp,
    UploadedFile,
    Video,
    connected,
    event,
    session_ended,
)

from sequencer.core.image_files import opened
from sequencer.renderers.choosing import RendererChoice, open_renderer
from sequencer.stages.simulated.helios_state import ChunkInputs, Conditions

FPS = int(os.environ.get("FPS", "24"))
FRAMES = 33
SCALES = ("off", "2x", "4x")


class Frames(Output):
    """What is shown."""

    main_video: Video


class State(ModelMessage):
    """Sent on connection, after each command and after each chunk."""

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
    """A prompt is queued."""

    prompt: str


class ImageAccepted(ModelMessage):
    """An image is decoded, and shown from the next chunk on."""

    width: int
    height: int


class ConditionsReady(ModelMessage):
    """What the next chunk can be made from."""

    has_prompt: bool
    has_image: bool


class GenerationStarted(ModelMessage):
    """The first chunk of a take begins."""

    prompt: str
    chunk_index: int


class GenerationPaused(ModelMessage):
    """Nothing is made after this chunk."""

    chunk_index: int


class GenerationResumed(ModelMessage):
    """This chunk is made next."""

    chunk_index: int


class GenerationReset(ModelMessage):
    """The take is over, and everything is cleared."""


class ChunkComplete(ModelMessage):
    """A chunk is made; `frames_emitted` counts the frames of the take."""

    chunk_index: int
    frames_emitted: int
    active_prompt: str


class CommandError(ModelMessage):
    """A command is refused."""

    command: str
    reason: str


class HeliosApp(ReactorApp):
    """One model for one session at a time."""

    fps = FPS
    buffer_size = 2 * FRAMES

    def __init__(self):
        super().__init__()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="renderer")
        self.renderer = None
        self.clear()
        self.forget()

    def load(self, config=None):
        """Load the renderer, once."""
        given = os.environ.get("RENDERER_OPTIONS", "")
        choice = RendererChoice(
            name=os.environ.get("RENDERER", "helios"),
            weights=os.environ.get("WEIGHTS"),
            options=dict(one.split("=", 1) for one in given.split(",") if one),
        )
        loading = self.thread.submit(
            open_renderer,
            choice,
            print,
            lambda done, whole, what: print(f"{done}/{whole} MB: {what}"),
        )
        self.renderer = loading.result()

    def clear(self):
        """Clear what a reset clears."""
        self.started = self.paused = self.pausing = self.making = self.resetting = False
        self.chunk = self.frame = 0
        self.seed = 0
        self.conditions = Conditions()
        self.take = None
        self.due = None

    def forget(self):
        """Clear what lasts as long as a session."""
        self.strength, self.scale = 1.0, "2x"

    # ---- what is sent

    async def state(self):
        await self.send(
            State(
                running=self.started and not self.paused,
                started=self.started,
                paused=self.paused,
                current_frame=self.frame,
                current_chunk=self.chunk,
                current_prompt=self.conditions.prompt or "",
                scheduled_prompts={str(one): text for one, text in self.conditions.scheduled},
                image_set=self.conditions.has_image(0),
                image_strength=self.strength,
            )
        )

    async def refuse(self, command, reason):
        await self.send(CommandError(command=command, reason=reason))
        await self.state()

    async def report_conditions(self):
        await self.send(
            ConditionsReady(
                has_prompt=self.conditions.has_prompt, has_image=self.conditions.has_image(0)
            )
        )

    @connected
    async def on_connect(self):
        await self.state()

    @session_ended
    async def on_end(self):
        self.clear()
        self.forget()

    # ---- the loop

    async def run(self):
        while True:
            if not self.started or self.paused or not self.connected.is_set():
                self.due = None
                await asyncio.sleep(0.01)
                continue
            await self.make()

    def inputs(self):
        """Return what the current chunk is made from."""
        conditions = self.conditions
        conditions.begin(self.chunk, self.frame, 0, FRAMES)
        return ChunkInputs(
            seed=self.seed,
            prompt=conditions.prompt or "",
            image=conditions.image,
            image_since=conditions.image_since,
            strength=0.0 if conditions.image is None else conditions.strength,
            sr=self.scale,
            chunk=self.chunk,
            first_frame=self.frame,
            frames=FRAMES,
            fade=conditions.fade,
        )

    async def make(self):
        """Make a chunk and show it. What arrives meanwhile acts on the next one."""
        self.making = True
        inputs = self.inputs()
        if self.take is None:
            self.take = self.renderer.take()
        loop = asyncio.get_running_loop()
        drawn = await loop.run_in_executor(self.thread, self.take.draw, inputs, self.chunk)
        now = time.monotonic()
        self.due = now if self.due is None else max(now, self.due)
        await asyncio.sleep(self.due - now)  # a renderer may be faster than its frames are shown
        self.due += FRAMES / FPS
        for frame in drawn.frames:
            await self.emit(Frames(main_video=frame))
        self.frame += FRAMES
        self.making = False
        await self.send(
            ChunkComplete(
                chunk_index=self.chunk, frames_emitted=self.frame, active_prompt=inputs.prompt
            )
        )
        self.chunk += 1
        if self.resetting:
            await self.reset_now()
        elif self.pausing:
            await self.pause_now()
        await self.state()

    @property
    def soonest(self):
        """The first chunk on which a command can act."""
        return self.chunk + 1 if self.making else self.chunk

    # ---- commands

    async def accept(self, command, prompt, chunk):
        if not prompt.strip():
            await self.refuse(command, "prompt is empty")
            return
        self.conditions.queue_prompt(prompt, chunk, 0)
        await self.send(PromptAccepted(prompt=prompt))
        await self.report_conditions()
        await self.state()

    async def show(self, command, image):
        """Keep an image for the next chunk; return whether it is one."""
        found = opened(image.data)
        if isinstance(found, str):
            await self.refuse(command, found)
            return False
        name = hashlib.sha256(image.data).hexdigest()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.thread, self.renderer.learn, name, found)
        self.conditions.queue_image(name, self.strength, 0)
        await self.send(ImageAccepted(width=found.shape[1], height=found.shape[0]))
        return True

    @event(name="set_prompt", description="Show a prompt from the next chunk on.")
    async def set_prompt(self, prompt: str):
        await self.accept("set_prompt", prompt, self.soonest)

    @event(name="schedule_prompt", description="Show a prompt from a chunk of the take on.")
    async def schedule_prompt(self, prompt: str, chunk: int = InputField(default=0, ge=0)):
        if self.started and chunk < self.soonest:
            await self.refuse(
                "schedule_prompt", f"chunk {chunk} is in the past: the next is {self.soonest}"
            )
        else:
            await self.accept("schedule_prompt", prompt, chunk)

    @event(name="set_image", description="Show an image from the next chunk on.")
    async def set_image(self, image: UploadedFile):
        if await self.show("set_image", image):
            await self.report_conditions()
            await self.state()

    @event(name="set_conditioning", description="Show a prompt and an image together.")
    async def set_conditioning(self, prompt: str, image: UploadedFile):
        if not prompt.strip():
            await self.refuse("set_conditioning", "prompt is empty")
        elif await self.show("set_conditioning", image):
            await self.accept("set_conditioning", prompt, self.soonest)

    @event(name="set_image_strength", description="How strongly the next image acts.")
    async def set_image_strength(
        self, image_strength: float = InputField(default=1.0, ge=0.0, le=1.0)
    ):
        self.strength = image_strength
        await self.state()

    @event(name="set_sr_scale", description="The size of the frames, from the next chunk on.")
    async def set_sr_scale(self, sr_scale: str = "2x"):
        if sr_scale not in SCALES:
            await self.refuse("set_sr_scale", f"sr_scale must be one of {', '.join(SCALES)}")
            return
        self.scale = sr_scale
        await self.state()

    @event(name="set_seed", description="The seed of the next take.")
    async def set_seed(self, seed: int = InputField(default=0, ge=0)):
        if not self.started:
            self.seed = seed
        await self.state()

    @event(name="start", description="Begin a take.")
    async def start(self):
        if self.started:
            await self.refuse("start", "already started")
            return
        prompt = dict(self.conditions.scheduled).get(0)
        if prompt is None:
            await self.refuse("start", "no prompt set for chunk 0")
            return
        self.started = True
        await self.send(GenerationStarted(prompt=prompt, chunk_index=0))
        await self.state()

    async def pause_now(self):
        self.pausing, self.paused = False, True
        await self.send(GenerationPaused(chunk_index=max(self.chunk - 1, 0)))

    @event(name="pause", description="Pause after the current chunk.")
    async def pause(self):
        if not self.started or self.paused:
            await self.refuse("pause", "not running")
        elif self.making:
            self.pausing = True
        else:
            await self.pause_now()
            await self.state()

    @event(name="resume", description="Continue.")
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

    @event(name="reset", description="End the take after the current chunk, and clear everything.")
    async def reset(self):
        if self.making:
            self.resetting = True
        else:
            await self.reset_now()
            await self.state()
