"""Prompts and images on their way to the chunks of one take, and what is in force."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Said:
    """A prompt on its way to a chunk. `order` counts acceptances; it is encoded at nanosecond `ready`."""

    order: int
    chunk: int
    prompt: str
    ready: int


@dataclass(frozen=True, slots=True)
class _Pictured:
    """An image on its way, with the strength that was set when it came."""

    order: int
    image: str
    strength: float
    ready: int


class Conditions:
    """One take's. Of what can act on a chunk when it begins, the last accepted does."""

    def __init__(self) -> None:
        self.prompt: str | None = None
        self.image: str | None = None
        self.strength = 0.0
        """The strength that was captured with the image."""
        self.image_since = 0
        self._accepted = 0
        self._said: dict[int, _Said] = {}
        self._pictured: list[_Pictured] = []

    def copy(self) -> Conditions:
        """The same once more, to be changed on its own."""
        other = Conditions()
        other.prompt, other.image, other.strength, other.image_since = self.prompt, self.image, self.strength, self.image_since
        other._accepted, other._said, other._pictured = self._accepted, dict(self._said), list(self._pictured)
        return other

    def say(self, prompt: str, chunk: int, ready: int) -> None:
        """Accept a prompt for a chunk; one that was there for it is overwritten."""
        self._accepted += 1
        self._said[chunk] = _Said(self._accepted, chunk, prompt, ready)

    def picture(self, image: str, strength: float, ready: int) -> None:
        """Accept an image for the first chunk that begins once it is encoded."""
        self._accepted += 1
        self._pictured.append(_Pictured(self._accepted, image, strength, ready))

    @property
    def scheduled(self) -> tuple[tuple[int, str], ...]:
        """(chunk, prompt) of what is still to come, by chunk."""
        return tuple((chunk, self._said[chunk].prompt) for chunk in sorted(self._said))

    @property
    def has_prompt(self) -> bool:
        """Whether one is in force or to come."""
        return self.prompt is not None or bool(self._said)

    def has_image(self, at: int) -> bool:
        """Whether one is in force or encoded by nanosecond `at`."""
        return self.image is not None or any(one.ready <= at for one in self._pictured)

    def opening(self) -> int | None:
        """When the prompt of chunk 0 is encoded (with the image it came with); None without one."""
        first = self._said.get(0)
        return None if first is None else first.ready

    def begin(self, chunk: int, frame: int, at: int) -> None:
        """A chunk begins at nanosecond `at` with this frame: what is due and encoded is in force from here on."""
        prompts = [one for one in self._said.values() if one.chunk <= chunk and one.ready <= at]
        if prompts:
            shown = max(prompts, key=lambda one: one.order)
            self.prompt = shown.prompt
            for one in list(self._said.values()):
                if one.chunk <= chunk and one.order <= shown.order:
                    del self._said[one.chunk]
        images = [one for one in self._pictured if one.ready <= at]
        if images:
            last = max(images, key=lambda one: one.order)
            self.image, self.strength, self.image_since = last.image, last.strength, frame
            self._pictured = [one for one in self._pictured if one.order > last.order]
