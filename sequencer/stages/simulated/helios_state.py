"""The simulated model's conditions and uploads, and its outputs.

The outputs are messages, refusals, and the inputs of its chunks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sequencer.core.images import Scale


def hash64(*key: object) -> int:
    """Return 64 bits that depend on the key alone.

    They replace random numbers, without shared state.
    """
    text = "\x1f".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class RefusedError(Exception):
    """A precondition that is not met, in the model's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that leaves the model at nanosecond `at`."""

    at: int
    type: str
    data: Mapping[str, object]
    answers: tuple[int, ...] = ()
    """The commands that it answers, by the ids that their senders assigned."""

    @property
    def name(self) -> str:
        """Its type, or its event's name in the early dialect."""
        return str(self.data["event"]) if self.type == "event" else self.type


WHOLE = 65_536
"""The sum of the weights of the prompts that a frame shows."""
MAX_PROMPTS_SHOWN = 4
"""The most prompts that a frame shows, where fades follow each other before they are complete."""

Mixture = tuple[tuple[str, int], ...]
"""The prompts that a frame shows, each with its weight in parts of `WHOLE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade:
    """How a prompt replaces what was shown before it, linearly from frame to frame.

    Attributes:
        under: What was shown when it began.
        since: The frame of the take with which it began.
        frames: The number of frames that it takes.
        chunk: The number of the current chunk of the fade, from 1.
        chunks: The number of its chunks.
    """

    under: Mixture
    since: int
    frames: int
    chunk: int
    chunks: int

    def shown_at(self, frame: int, prompt: str) -> Mixture:
        """Return what a frame shows; `prompt` is the one that fades in."""
        weight = WHOLE * (frame - self.since + 1) // (self.frames + 1)
        if weight >= WHOLE:
            return ((prompt, WHOLE),)
        rest = WHOLE - max(0, weight)
        kept = [(text, part * rest // WHOLE) for text, part in self.under]
        return (*kept, (prompt, WHOLE - sum(part for _, part in kept)))


def _lightened(mixture: Mixture) -> Mixture:
    """Return a mixture to which one more prompt can be added: the lightest is left out."""
    if len(mixture) < MAX_PROMPTS_SHOWN:
        return mixture
    lightest = min(range(len(mixture)), key=lambda index: mixture[index][1])
    kept = [one for index, one in enumerate(mixture) if index != lightest]
    heaviest = max(range(len(kept)), key=lambda index: kept[index][1])
    text, weight = kept[heaviest]
    kept[heaviest] = text, weight + mixture[lightest][1]
    return tuple(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkInputs:
    """Everything that the frames of a chunk depend on.

    `image` is an upload's id and `image_since` the frame from which it is shown; frames count
    within the take. `fade` is None if the prompt is shown alone.
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
    fade: Fade | None = None

    def shown_at(self, frame: int) -> Mixture:
        """Return the prompts that a frame shows; after the last frame, what that one shows."""
        last = self.first_frame + max(0, self.frames - 1)
        if self.fade is None:
            return ((self.prompt, WHOLE),)
        return self.fade.shown_at(min(frame, last), self.prompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkBegun:
    """A chunk is being made: nothing can change its look any more.

    `due` is when it will be done.
    """

    at: int
    take: int
    look: ChunkInputs
    due: int
    before: ChunkInputs | None = None
    """The previous chunk of its take, from which its frames may dissolve."""


@dataclass(frozen=True, slots=True)
class ChunkMade:
    """A chunk is done; its `chunk_complete` follows."""

    at: int
    take: int
    look: ChunkInputs


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Commands that were carried out or refused, and that no message answers."""

    at: int
    answers: tuple[int, ...]


Output = Message | Acknowledged | ChunkBegun | ChunkMade


@dataclass(frozen=True, slots=True)
class UploadedImage:
    """What the model finds in an upload: its size in pixels, or why it is not an image.

    The latter is the `problem`.
    """

    width: int
    height: int
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _QueuedPrompt:
    """A prompt waiting for a chunk.

    `order` counts acceptances; it is encoded at nanosecond `ready`. It replaces the previous prompt
    over `fade` chunks; 0 is at once.
    """

    order: int
    chunk: int
    prompt: str
    ready: int
    fade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _QueuedImage:
    """An image waiting to be encoded, with the strength that was set when it arrived."""

    order: int
    image: str
    strength: float
    ready: int


class Conditions:
    """The conditions of one take.

    Of what can affect a chunk when it begins, the last accepted does.
    """

    def __init__(self) -> None:
        self.prompt: str | None = None
        self.fade: Fade | None = None
        """How the prompt fades in; None if it is shown alone."""
        self.image: str | None = None
        self.strength = 0.0
        """The strength that was captured with the image."""
        self.image_since = 0
        self._accepted = 0
        self._queued_prompts: dict[int, _QueuedPrompt] = {}
        self._queued_images: list[_QueuedImage] = []
        self._scheduled: tuple[tuple[int, str], ...] | None = None
        """What `scheduled` returned last; None if it has changed since."""

    def copy(self) -> Conditions:
        """Return an independent copy."""
        other = Conditions()
        other.prompt, other.image, other.strength, other.image_since = (
            self.prompt,
            self.image,
            self.strength,
            self.image_since,
        )
        other.fade = self.fade
        other._accepted, other._queued_prompts, other._queued_images = (
            self._accepted,
            dict(self._queued_prompts),
            list(self._queued_images),
        )
        return other

    def queue_prompt(self, prompt: str, chunk: int, ready: int, fade: int = 0) -> None:
        """Accept a prompt for a chunk, replacing an earlier one for that chunk."""
        self._accepted += 1
        self._scheduled = None
        self._queued_prompts[chunk] = _QueuedPrompt(
            order=self._accepted, chunk=chunk, prompt=prompt, ready=ready, fade=fade
        )

    def queue_image(self, image: str, strength: float, ready: int) -> None:
        """Accept an image for the first chunk that begins once it is encoded."""
        self._accepted += 1
        self._queued_images.append(
            _QueuedImage(order=self._accepted, image=image, strength=strength, ready=ready)
        )

    @property
    def scheduled(self) -> tuple[tuple[int, str], ...]:
        """Pending prompts as (chunk, prompt), by chunk."""
        if self._scheduled is None:
            queued = self._queued_prompts
            self._scheduled = tuple([(chunk, queued[chunk].prompt) for chunk in sorted(queued)])
        return self._scheduled

    @property
    def has_prompt(self) -> bool:
        """Whether a prompt is in force or pending."""
        return self.prompt is not None or bool(self._queued_prompts)

    def has_image(self, at: int) -> bool:
        """Whether an image is in force or encoded by nanosecond `at`."""
        return self.image is not None or any(one.ready <= at for one in self._queued_images)

    def opening(self) -> int | None:
        """Return when the prompt of chunk 0, and its image, is encoded; None without a prompt.

        The image is the one that the prompt came with.
        """
        first = self._queued_prompts.get(0)
        return None if first is None else first.ready

    def begin(self, chunk: int, frame: int, at: int, chunk_frames: int = 0) -> None:
        """Begin a chunk at nanosecond `at` with this frame.

        What is due and encoded is in force from now on. A fade lasts `chunk_frames` for each of its
        chunks.
        """
        prompts = [
            one for one in self._queued_prompts.values() if one.chunk <= chunk and one.ready <= at
        ]
        if prompts:
            self._scheduled = None
            shown = max(prompts, key=lambda one: one.order)
            self.fade = self._begin_fade(shown, frame, chunk_frames)
            self.prompt = shown.prompt
            for one in list(self._queued_prompts.values()):
                if one.chunk <= chunk and one.order <= shown.order:
                    del self._queued_prompts[one.chunk]
        elif self.fade is not None:
            over = frame >= self.fade.since + self.fade.frames
            self.fade = None if over else replace(self.fade, chunk=self.fade.chunk + 1)
        images = [one for one in self._queued_images if one.ready <= at]
        if images:
            last = max(images, key=lambda one: one.order)
            self.image, self.strength, self.image_since = last.image, last.strength, frame
            self._queued_images = [one for one in self._queued_images if one.order > last.order]

    def _begin_fade(self, shown: _QueuedPrompt, frame: int, chunk_frames: int) -> Fade | None:
        """Return how a prompt fades in from what the last frame showed; None if at once."""
        if not shown.fade or self.prompt is None:
            return None
        under: Mixture = ((self.prompt, WHOLE),)
        if self.fade is not None:
            under = _lightened(self.fade.shown_at(frame - 1, self.prompt))
        frames = shown.fade * chunk_frames
        return Fade(under=under, since=frame, frames=frames, chunk=1, chunks=shown.fade)


class UploadedImages:
    """Uploads by their ids.

    Each can be opened for `last` nanoseconds, without limit if it is None.
    """

    def __init__(self, last: int | None) -> None:
        self._last = last
        self._found: dict[str, tuple[UploadedImage, int]] = {}

    def add(self, upload: str, image: UploadedImage, at: int) -> None:
        """Keep the image of an upload whose bytes have arrived at nanosecond `at`."""
        self._found[upload] = image, at

    def open(self, upload: str, at: int) -> UploadedImage:
        """Return the image of an upload. Raises RefusedError if the model cannot show it."""
        if upload not in self._found:
            raise RefusedError("image was not uploaded")
        found, since = self._found[upload]
        if self._last is not None and at - since > self._last:
            raise RefusedError("the upload has expired")
        if found.problem is not None:
            raise RefusedError(found.problem)
        return found
