"""The next cue that is not on screen yet, as `NextState`."""

from __future__ import annotations

from sequencer.engine.conductor.deliveries import FINAL, Delivery, Status
from sequencer.engine.conductor.plan import UNPLACED
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
        ahead = [
            line
            for line in view.deliveries
            if line.status not in _IN_VAIN and not self._is_shown(line, now)
        ]
        if not ahead:
            return
        first = min(ahead, key=_position)
        at = _chunk(first)
        self._together = [
            line
            for line in ahead
            if _chunk(line) == at and (at < UNPLACED or line.time == first.time)
        ]
        self._together.sort(key=_position)

    def _is_shown(self, line: Delivery, now: int) -> bool:
        chunk = _chunk(line)
        view = self._source.view
        if chunk > view.chunk:
            return False
        if chunk < view.chunk - SEARCHED or chunk <= view.first_chunk:
            return True
        shown = self._moments.shown(chunk)
        return shown is not None and shown <= now

    def state(self, now: int) -> NextState | None:
        """Return the next cue as of nanosecond `now`; None if there is none."""
        if any(self._is_shown(line, now) for line in self._together):
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
