"""What is wrong in a run now, as `Alert`: a fact, a consequence and at most two actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sequencer.core.timebase import SECOND
from sequencer.engine.conductor.deliveries import Delivery, Status
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.events import CommandRefused
from sequencer.runtime.output.action_excerpt import elided
from sequencer.schedule.describe import bare
from sequencer.studio.clock_state import ClockWatch
from sequencer.studio.lines import WAS_REFUSED
from sequencer.studio.protocol import Alert, AlertAction, ClockState
from sequencer.studio.run_source import RunSource

REFUSAL_NS = 30 * SECOND
"""How long a refusal is shown that nothing follows, in nanoseconds."""
CHUNKS_WITHOUT_LAG = 4
"""From which chunk of a run on a lag that was not measured is reported."""
MAX_REFUSALS = 3
"""The most refusals that are shown at once; the cue list has all of them."""
QUOTED = 60
"""The longest quotation of a prompt, in characters."""


@dataclass(slots=True)
class Refusals:
    """The refusals of a run: which deliveries, and when."""

    lines: list[tuple[Delivery, int]] = field(default_factory=list)
    others: list[tuple[str, int]] = field(default_factory=list)
    """Refused commands that belong to no delivery, such as a pause."""

    def handle(self, event: Event, source: RunSource) -> None:
        """Handle an event of the run, after the conductor has."""
        if not isinstance(event, CommandRefused):
            return
        known = {line.number for line, _ in self.lines if not line.is_final}
        found = [
            line
            for line in source.view.deliveries
            if line.number not in known and _is_refused(line) and line not in self._all
        ]
        self.lines += [(line, event.at) for line in found]
        if not found and not known:
            self.others.append((f"{event.command}: {event.reason}".rstrip(": "), event.at))

    @property
    def _all(self) -> list[Delivery]:
        return [line for line, _ in self.lines]

    def current(self, now: int) -> list[Delivery]:
        """Return the deliveries whose refusal still matters, the latest last."""
        return [
            line
            for line, at in self.lines
            if (not line.is_final and _is_refused(line))
            or (line.status is Status.REFUSED and now - at < REFUSAL_NS)
        ][-MAX_REFUSALS:]


def _is_refused(line: Delivery) -> bool:
    is_again = line.status is Status.SENT and line.reason.startswith(WAS_REFUSED)
    return is_again or line.status is Status.REFUSED


def alerts_of(
    source: RunSource,
    clock: ClockState,
    watch: ClockWatch,
    refusals: Refusals,
    now: int,
) -> list[Alert]:
    """Return what is wrong with a run at nanosecond `now`, the most urgent first."""
    if source.conductor.is_finished:
        return list(_failures(source))
    return [
        *_connection(source, now),
        *_clock(source, clock, watch),
        *_refused(source, refusals, now),
        *_lag(source),
        *_failures(source),
    ]


def _alert(name: str, title: str, text: str, *actions: AlertAction, is_error: bool = True) -> Alert:
    return Alert(
        id=name,
        level="error" if is_error else "warning",
        title=title,
        text=text,
        actions=list(actions),
    )


_PAUSE = AlertAction(label="Pause", command="pause")
_FINISH = AlertAction(label="Finish", command="finish")


def _connection(source: RunSource, now: int) -> Iterator[Alert]:
    view, status = source.view, source.status
    has_begun = view.phase not in (Phase.WAITING, Phase.UPLOADING)
    if has_begun and (not view.is_connected or status.status in ("connecting", "disconnected")):
        yield _alert(
            "connection",
            "Connection to the stage lost",
            "It is connected again automatically. Until then no cue can be sent.",
            _FINISH,
        )
        return
    if status.activity(now)[0] == "stalled":
        yield _alert(
            "stalled",
            f"The model is stalled: chunk {view.chunk} is overdue",
            "The last frame stays on screen, and the cues after it wait.",
            _FINISH,
        )


def _clock(source: RunSource, clock: ClockState, watch: ClockWatch) -> Iterator[Alert]:
    has_begun = source.view.take > 0
    name = clock["source"] or {"midi": "the MIDI clock", "mtc": "the time code"}.get(
        clock["kind"], "the clock"
    )
    if clock["quality"] == "lost":
        tempo = "" if clock["bpm"] is None else f" at {clock['bpm']:.1f} bpm"
        goes_on = "The time runs on." if clock["kind"] == "mtc" else f"Bars run on{tempo}."
        yield _alert(
            "clock-lost",
            f"Clock lost: {name} is silent",
            f"{goes_on} GO and pads still work.",
            _PAUSE,
            is_error=False,
        )
    elif clock["quality"] == "stopped" and has_begun and watch.is_stopped:
        yield _alert(
            "clock-stopped",
            f"{name[0].upper()}{name[1:]} has stopped",
            "Cues wait until it goes on. The video continues.",
            _PAUSE,
            is_error=False,
        )


def _refused(source: RunSource, refusals: Refusals, now: int) -> Iterator[Alert]:
    shown = bare(source.status.action(QUOTED) or "")
    stays = (
        f"The video stays on “{elided(shown, QUOTED)}”." if shown else "The video does not change."
    )
    for line in refusals.current(now):
        name = source.status.coming.name(line.section, line.occurrence)
        where = line.place if line.fired is not None else f"{name} {line.place}".strip()
        at = f", line {line.origin.line}" if line.origin.line else ""
        again = f"Sent again for chunk {line.chunk}." if not line.is_final else line.reason
        actions = [AlertAction(label="Show line", line=line.origin.line)] if at else []
        yield _alert(
            f"refused-{line.number}", f"Cue refused: {where}{at}", f"{stays} {again}", *actions
        )
    for number, (text, at_ns) in enumerate(refusals.others):
        if now - at_ns < REFUSAL_NS:
            yield _alert(
                f"refused-command-{number}",
                f"The model refused a command: {text}",
                "It had no effect.",
                is_error=False,
            )


def _lag(source: RunSource) -> Iterator[Alert]:
    view = source.view
    if view.clock is None or source.status.has_seen_frames or view.take == 0:
        return
    if view.chunk - view.base >= CHUNKS_WITHOUT_LAG:
        yield _alert(
            "lag",
            "The lag is not measured: no frame has arrived",
            f"Cues are timed with an assumed lag of {view.clock.lag / 1e6:.0f} ms.",
            is_error=False,
        )


def _failures(source: RunSource) -> Iterator[Alert]:
    failures: Sequence[str] = source.failures()
    goes_on = "" if source.conductor.is_finished else " The show goes on."
    for number, text in enumerate(failures):
        yield _alert(
            f"failure-{number}",
            "Not everything can be written to the run's folder",
            f"{text[0].upper()}{text[1:]}.{goes_on}",
            is_error=False,
        )
