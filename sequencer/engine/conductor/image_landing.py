"""Find out on which chunk an image landed.

The model reports that it has encoded an image, but not for which chunk, and possibly late:
`image_accepted` comes before the chunk that shows the image, while that chunk is being made, or
after it. The prompt that was sent with the image gives more information: image and prompt act
together, so if a chunk shows the prompt for the first time, it shows the image too. If the prompt
gives no information, an image whose answer came a chunk late is assumed to have landed like earlier
ones whose prompts did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sequencer.engine.conductor.pending_commands import PendingCommand


@dataclass(slots=True)
class EncodedImage:
    """An image that the model has encoded.

    Attributes:
        chunk: The first score chunk that shows it.
        slot: The chunk of the slot that it was sent for.
        prompt: The prompt that proves where it landed, or None.
    """

    chunk: int
    slot: int
    prompt: str | None


class ImageLandings:
    """Images from the model's answer until the first chunk that shows them is made.

    All chunks are score chunks.
    """

    def __init__(self) -> None:
        self._encoded: list[EncodedImage] = []
        self._shown_with: dict[int, int] = {}
        """For pending images whose prompt proves the landing: the first chunk with that prompt.

        The keys are the chunks of the slots.
        """
        self._showed = ""
        """The prompt of the last chunk that was reported."""
        self._late_but_there: bool | None = None
        """Whether images answered a chunk late landed on their chunks anyway; None if not known."""

    @property
    def late_ones_were_there(self) -> bool:
        """Whether images that were answered a chunk late are known to have landed in time."""
        return self._late_but_there is True

    def proves_landing(self, prompt: str, sent_before: str | None, before: str | None) -> bool:
        """Return whether a prompt, once it is shown, proves that its image is shown too.

        Args:
            prompt: The prompt that is sent with the image.
            sent_before: The prompt that was sent for the chunk earlier, if any.
            before: The prompt in force before the chunk.
        """
        return prompt.strip() not in {
            (sent_before or "").strip(),
            (before or "").strip(),
            self._showed,
        }

    def accepted(
        self, flight: PendingCommand, making: int, base: int, judged: int
    ) -> tuple[int, int] | None:
        """Handle an image that the model encoded while `making - 1` was being made.

        The image acts from the next chunk on, but not before its own. What a take opens with acts
        on the take's first chunk.

        Args:
            flight: The command that sent the image.
            making: The chunk after the current one.
            base: The first chunk of the take.
            judged: The last chunk that was reported.

        Returns:
            (slot, chunk on which it landed) if that chunk has already been reported, else None.
        """
        shown = self._shown_with.pop(flight.chunk, None)
        landing = (
            base if flight.chunk == base else max(flight.chunk, making) if shown is None else shown
        )
        a_chunk_late = flight.during == flight.chunk - 1 and making == flight.chunk + 1
        if shown is None and not flight.proves_landing and a_chunk_late and self._late_but_there:
            landing = flight.chunk
        if landing <= judged:
            return flight.chunk, landing
        self._encoded.append(
            EncodedImage(landing, flight.chunk, flight.prompt if flight.proves_landing else None)
        )
        return None

    def made(
        self, chunk: int, prompt: str | None, flights: Iterable[PendingCommand]
    ) -> list[tuple[int, int]]:
        """Handle a chunk that was made and showed this prompt.

        Return (slot, chunk) of the images that have landed by now.
        """
        shows = None if prompt is None else prompt.strip()
        for flight in flights:
            if flight.proves_landing and shows == (flight.prompt or "").strip():
                flight.proves_landing = (
                    flight.chunk <= chunk
                )  # otherwise it was shown earlier and proves nothing
                if flight.proves_landing:
                    self._shown_with.setdefault(flight.chunk, chunk)
        landed: list[tuple[int, int]] = []
        for one in list(self._encoded):
            if one.prompt is not None and one.slot <= chunk < one.chunk:
                is_there = shows == one.prompt.strip()
                self._late_but_there = is_there and self._late_but_there is not False
                one.chunk = chunk if is_there else one.chunk
            if one.chunk <= chunk:
                self._encoded.remove(one)
                landed.append((one.slot, one.chunk))
        self._showed = self._showed if shows is None else shows
        return landed

    def take_began(self, chunk: int) -> None:
        """Begin another take with this chunk: images to be shown from this chunk on are dropped."""
        self._encoded = [one for one in self._encoded if one.chunk < chunk]
        self._shown_with.clear()
        self._showed = ""

    def unmade(self, chunk: int) -> list[tuple[int, int]]:
        """Return (slot, chunk) of the images due from this chunk on, which is made without them."""
        return [(one.slot, one.chunk) for one in self._encoded if one.chunk >= chunk > one.slot]
