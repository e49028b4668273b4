"""On which chunk an image landed: the model says that it has encoded one, but not for which chunk, and may say so late.

`image_accepted` comes before the chunk that shows the image, or while it is being made, or after that. What went with the
image tells more: image and prompt act as one, so where the prompt shows that was not shown before, the image does too. Where
the prompt does not tell, an image whose answer came a chunk late is taken to have done what others did whose prompts told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sequencer.engine.conductor.pending_commands import PendingCommand


@dataclass(slots=True)
class Pictured:
    """An image that the model has encoded: from which chunk on it shows, its slot's chunk, and the prompt that tells."""

    chunk: int
    slot: int
    prompt: str | None


class ImageLandings:
    """Images from their answer until the chunk is made from which on they show. Chunks are score chunks."""

    def __init__(self) -> None:
        self._encoded: list[Pictured] = []
        self._shown_with: dict[int, int] = {}
        """For images on their way whose prompt tells: the first chunk that was reported with it, by the slot's chunk."""
        self._showed = ""
        """The prompt of the last chunk that was reported."""
        self._late_but_there: bool | None = None
        """Whether images whose answers came a chunk late were on their chunks all the same; None while nobody knows."""

    def tells(self, prompt: str, said: str | None, before: str | None) -> bool:
        """Whether a prompt, once shown, shows that its image does: `said` was sent for the chunk, `before` acts before it."""
        return prompt.strip() not in {(said or "").strip(), (before or "").strip(), self._showed}

    def accepted(self, flight: PendingCommand, making: int, base: int, judged: int) -> tuple[int, int] | None:
        """The model encoded an image while `making - 1` was being made: (its slot, where it landed) if that is over by now.

        It acts from the next chunk on, at the earliest on its own; what a take opens with acts on its first one. `judged` is
        the last chunk that was reported.
        """
        shown = self._shown_with.pop(flight.chunk, None)
        landing = base if flight.chunk == base else max(flight.chunk, making) if shown is None else shown
        a_chunk_late = flight.during == flight.chunk - 1 and making == flight.chunk + 1
        if shown is None and not flight.tells and a_chunk_late and self._late_but_there:
            landing = flight.chunk
        if landing <= judged:
            return flight.chunk, landing
        self._encoded.append(Pictured(landing, flight.chunk, flight.prompt if flight.tells else None))
        return None

    def made(self, chunk: int, prompt: str | None, flights: Iterable[PendingCommand]) -> list[tuple[int, int]]:
        """A chunk is made, and showed this prompt: (slot, where it landed) of the images that have landed by it."""
        shows = None if prompt is None else prompt.strip()
        for flight in flights:
            if flight.tells and shows == (flight.prompt or "").strip():
                flight.tells = flight.chunk <= chunk  # else it was shown before, and tells nothing
                if flight.tells:
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
        """Another take begins with this chunk: what was to show from it on is cleared."""
        self._encoded = [one for one in self._encoded if one.chunk < chunk]
        self._shown_with.clear()
        self._showed = ""

    def unmade(self, chunk: int) -> list[tuple[int, int]]:
        """(slot, chunk) of the images that would have shown only from this chunk on, which is not made with them."""
        return [(one.slot, one.chunk) for one in self._encoded if one.chunk >= chunk > one.slot]
