"""The next cue that is not on screen yet, as `NextState`."""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import FINAL, Delivery, Status
from sequencer.engine.conductor.plan_building import UNPLACED
from sequencer.schedule.model import PromptAct
from sequencer.studio.lines import Lines
from sequencer.studio.protocol import NextState
from sequencer.studio.run_source import Moments, RunSource

_IN_VAIN = FINAL - {Status.LANDED}


class NextCue:
    """Finds the next cue; it searches all deliveries only after they have changed."""

    def __init__(self, source: RunSource, moments: Moments, lines: Lines) -> None:
        self._source = source
        self._moments = moments
        self._lines = lines
        self._together: list[Delivery] = []

    def search(self, now: int) -> None:
        """Search for the next cue, as of nanosecond `now`."""
        view = self._source.view
        self._together = []
        if view.take == 0 or self._source.conductor.is_finished:
            return
        shown, soonest = self._shown_until(now), None
        for line in view.deliveries:  # all of them, so without calls
            chunk = line.landed
            if chunk is None:
                chunk = line.nominal if line.chunk is None else line.chunk
            if chunk <= shown or (soonest is not None and chunk > soonest):
                continue
            if line.status in _IN_VAIN:
                continue
            if chunk != soonest:
                soonest = chunk
                self._together = []
            self._together.append(line)
        self._together.sort(key=_position)
        if soonest is not None and soonest >= UNPLACED:
            first = self._together[0]
            self._together = [line for line in self._together if line.time == first.time]

    def _shown_until(self, now: int) -> int:
        """Return the last score chunk that is on screen, or was, at a time."""
        making = self._source.view.chunk
        for chunk in range(making, making - SEARCHED, -1):
            shown = self._moments.shown(chunk)
            if shown is not None and shown <= now:
                return chunk
        return making - SEARCHED

    def state(self, now: int) -> NextState | None:
        """Return the next cue as of nanosecond `now`; None if there is none."""
        if self._together and _chunk(self._together[0]) <= self._shown_until(now):
            self.search(now)
        if not self._together:
            return None
        # Prompts are what an operator looks for: the other cues on the same chunk come with it.
        first = next(
            (
                line
                for line in self._together
                if any(isinstance(act, PromptAct) for act in line.acts)
            ),
            self._together[0],
        )
        ordered = [first, *(line for line in self._together if line is not first)]
        lines = [self._lines.line(one) for one in ordered]
        line, chunk = lines[0], _chunk(first)
        known = chunk if chunk < UNPLACED else None
        return NextState(
            line=first.number,
            place=f"{line['section']} {line['place']}".strip()
            if first.fired is None
            else line["place"],
            what=" · ".join(dict.fromkeys(one["what"] for one in lines)),
            chunk=known,
            error_ms=line["error_ms"],
            shown_at=self._shown_at(first, known),
            sent_at=self._sent_at(first),
            status=line["status"],
            at_latest=line["earliest"] is not None or self._lines.is_after_open(first),
        )

    def _shown_at(self, line: Delivery, chunk: int | None) -> int | None:
        if chunk is not None:
            return self._moments.shown(chunk)
        time = self._source.view.time_of(line)
        return None if time is None else round(time)

    def _sent_at(self, line: Delivery) -> int | None:
        """Return when the first command of a delivery was sent, or is due at last."""
        if line.sent is not None:
            return line.sent
        due = self._source.view.due_chunk(line)
        return None if due is None else self._moments.begins(due)


SEARCHED = 16
"""How many chunks before the one being made may still not be on screen."""


def _chunk(line: Delivery) -> int:
    if line.landed is not None:
        return line.landed
    return line.chunk if line.chunk is not None else line.nominal


def _position(line: Delivery) -> tuple[int, object, int]:
    return _chunk(line), line.time, line.number
