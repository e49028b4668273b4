"""Which command an answer belongs to. Only wire v1 answers, and only that a command was dealt with, not that it was liked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A command under way: its name, and when it left (nanoseconds of the run's clock)."""

    name: str
    at: int


class Answers:
    """Gives out request ids and takes them back."""

    def __init__(self) -> None:
        self._open: dict[str, Asked] = {}
        self._count = 0
        self.latencies: list[int] = []
        """Nanoseconds from each command to its answer, the last thousand."""

    def ask(self, name: str, at: int) -> str:
        """A fresh id for a command that leaves now."""
        self._count += 1
        request = f"r{self._count}"
        self._open[request] = Asked(name, at)
        return request

    def answered(self, request: str, at: int) -> Asked | None:
        """The command that this answers; None for an id that is not open (answered before, or never asked)."""
        asked = self._open.pop(request, None)
        if asked is not None:
            self.latencies = [*self.latencies[-999:], at - asked.at]
        return asked

    def overdue(self, before: int) -> tuple[Asked, ...]:
        """Commands that left before nanosecond `before` and are not answered; each is named once."""
        late = [request for request, asked in self._open.items() if asked.at < before]
        return tuple(self._open.pop(request) for request in late)

    def forget(self) -> None:
        """The connection is gone, and with it every answer that was under way."""
        self._open.clear()
