"""Which prompt of a take is sent when, and on which chunk each landed. Pure.

A prompt that the server accepts acts at the next chunk that is begun; it cannot be sent for a later
one. So prompts are kept here. When chunk n was received, chunk n+1 is being made, and what is sent
now acts on chunk n+2: the prompt of chunk k is sent after chunk k−2. Where it acted is what the
server reports in `started_event_ids`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Prompt:
    """A prompt of a take.

    Attributes:
        text: The prompt.
        chunk: The chunk of the take that it was scheduled for.
        fade: Over how many chunks it replaces the previous one.
        event: Its event id, once it was sent.
        is_accepted: Whether its acceptance was reported.
    """

    text: str
    chunk: int
    fade: int
    event: str = ""
    is_accepted: bool = False


class TakePrompts:
    """The prompts of one take.

    Args:
        take: The number of the take, for event ids that no other session has.
    """

    def __init__(self, take: int) -> None:
        self._take = take
        self._held: dict[int, Prompt] = {}
        self._asked: list[Prompt] = []
        """Prompts whose acceptance was not reported, in the order in which they were scheduled."""
        self._sent: dict[str, Prompt] = {}
        self._next = 0
        """The first chunk on which a prompt that is sent now can act."""
        self.opening: Prompt | None = None
        """The prompt that the take opens with."""
        self.active: str | None = None
        """The prompt of the latest chunk, by what the server has reported."""
        self.moved: int = 0
        """How many prompts acted on another chunk than the one that they were scheduled for."""

    def schedule(self, text: str, chunk: int, fade: int = 0) -> bool:
        """Keep a prompt for a chunk of the take; return whether the take opens with it."""
        prompt = Prompt(text=text, chunk=chunk, fade=fade)
        if self._next == 0 and chunk <= 0:
            self.opening, self.active = prompt, text
            return True
        replaced = self._held.get(chunk)
        if replaced is not None:
            self._asked = [one for one in self._asked if one is not replaced]
        self._held[chunk] = prompt
        self._asked.append(prompt)
        return False

    def began(self) -> None:
        """Note that the server makes the first chunk."""
        self._next = 1

    def received(self, chunk: int, started: tuple[str, ...]) -> list[Prompt]:
        """Note that a chunk was received, with the ids that act from it on.

        Return the prompts that act now for the first time: they cannot be refused any more.
        """
        self._next = max(self._next, chunk + 2)
        found: list[Prompt] = []
        for event in started:
            prompt = self._sent.get(event)
            if prompt is None or prompt.is_accepted:
                continue
            self.active = prompt.text
            self.moved += prompt.chunk != chunk
            self._accept(prompt)
            found.append(prompt)
        return found

    def due(self) -> Prompt | None:
        """Return the prompt to send now; of several that are due, the last. None without one."""
        chunks = [chunk for chunk in self._held if chunk <= self._next]
        if not chunks or self._next == 0:
            return None
        latest = max(chunks)
        prompt = self._held[latest]
        for chunk in chunks:
            del self._held[chunk]
        prompt.event = f"take-{self._take}-{len(self._sent) + 1}"
        self._sent[prompt.event] = prompt
        return prompt

    def refused(self, event: str) -> tuple[list[Prompt], Prompt] | None:
        """Return what follows from a refused prompt; None if the id is not one of this take.

        A refusal is taken for that of the prompt that was scheduled first of those that were not
        accepted. So those scheduled before this one are returned too: they are kept here, which is
        reported as their acceptance.
        """
        prompt = self._sent.pop(event, None)
        if prompt is None or prompt.is_accepted:
            return None
        earlier: list[Prompt] = []
        for one in self._asked:
            if one is prompt:
                break
            earlier.append(one)
        for one in (*earlier, prompt):
            self._accept(one)
        return earlier, prompt

    def _accept(self, prompt: Prompt) -> None:
        prompt.is_accepted = True
        self._asked = [one for one in self._asked if one is not prompt]
