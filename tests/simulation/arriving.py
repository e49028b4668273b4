"""Invariants of the run's input and output: events are handled once and in order, commands arrive
in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sequencer.events.commands import ModelCommand, Upload
from sequencer.events.events import (
    BoundariesFitted,
    ChunkDone,
    ClockFitted,
    ConditionsReady,
    ConnectionLost,
    ImageAccepted,
    Paused,
    PromptAccepted,
    Ready,
    ResetDone,
    Resumed,
    Started,
    StateReported,
    UnknownMessage,
)
from sequencer.stages.simulated.helios_state import Message
from sequencer.stages.wire.helios.commands import write_command
from tests.simulation.clock_device import duration
from tests.simulation.evidence import Evidence

SECOND = 10**9
READ_AS = {
    "chunk_complete": ChunkDone,
    "conditions_ready": ConditionsReady,
    "generation_paused": Paused,
    "generation_reset": ResetDone,
    "generation_resumed": Resumed,
    "generation_started": Started,
    "image_accepted": ImageAccepted,
    "prompt_accepted": PromptAccepted,
    "state": StateReported,
}
"""Messages of the model, and the events that they are read as."""
UNSURE = ("drops", "end", "unheard")
"""Faults with which commands do not reach the model, or its messages do not reach the run."""
SETTLED = 4 * SECOND
"""How long a tape must run evenly before its time code is expected to be read exactly, in
nanoseconds.
"""
CLOSE = 0.025
"""How far the position of time code may be from the tape's, in seconds: a quarter frame, and the
jitter of the messages.
"""


def events_in_order(seen: Evidence) -> Iterator[str]:
    """Every event is handled once, in the order in which it came, with the time at which it came,
    however long sends take.
    """
    handled = [
        event for event in seen.events if not isinstance(event, BoundariesFitted)
    ]  # the run itself creates those
    came = seen.show.delivered[: len(handled)]
    if handled != came:
        number = next(
            (n for n, (one, two) in enumerate(zip(handled, came, strict=False)) if one != two),
            len(came),
        )
        yield (
            f"event {number + 1} that came was {came[number : number + 1]}, handled was "
            f"{handled[number]}"
        )


def commands_in_order(seen: Evidence) -> Iterator[str]:
    """Commands that are issued together are sent together, and reach the model in the order in
    which they were issued.
    """
    together = [
        commands
        for step in seen.show.steps
        if (
            commands := tuple(
                one for one in step.commands if isinstance(one, Upload | ModelCommand)
            )
        )
    ]
    if together != seen.show.sends:
        yield (
            f"{len(together)} times commands left together, and {len(seen.show.sends)} times some "
            "were sent"
        )
    if not _is_sure(seen):
        return
    sent = [
        write_command(one)
        for commands in together
        for one in commands
        if not isinstance(one, Upload)
    ]
    arrived = [(one.name, one.data) for one in seen.received]
    if arrived != sent[: len(arrived)]:
        number = next(
            (n for n, (one, two) in enumerate(zip(sent, arrived, strict=False)) if one != two),
            len(sent),
        )
        yield (
            f"command {number + 1} that left was {sent[number : number + 1]}, the model received "
            f"{arrived[number]}"
        )
    elif "reactor" not in seen.show.script.stage:
        if len(arrived) != len(sent):
            yield f"{len(sent)} commands left, the model received {len(arrived)}"
        left = [at for at, _, command in seen.show.sent if not isinstance(command, Upload)]
        late = max((one.at - at for one, at in zip(seen.received, left, strict=False)), default=0)
        if late > seen.show.sending:
            yield (
                f"a command reached the model {late / SECOND:.3f} s after it left, and no send "
                "took so long"
            )


def messages_read_once(seen: Evidence) -> Iterator[str]:
    """Every message of the model is read once: an answer that repeats a message, as from models
    from 1.x, is not read again.
    """
    faults = seen.show.script.faults
    if not _is_sure(seen) or "messages" in faults or faults.get("dialect") == "2026-early":
        return
    on_its_way = 2 * duration(str(seen.show.script.stage.get("reactor", {}).get("latency", "0s")))
    until = seen.show.steps[-1].event.at - on_its_way
    messages = [one for one in seen.show.model if isinstance(one, Message)]
    sent = Counter(one.name for one in messages)
    surely = Counter(one.name for one in messages if one.at < until)
    if "reactor" in seen.show.script.stage:
        # Messages that arrive before the connection is announced are held. Of several states only
        # the last one is kept.
        ready = next((event.at for event in seen.events if isinstance(event, Ready)), 0)
        surely["state"] -= max(
            0, sum(one.name == "state" and one.at <= ready for one in messages) - 1
        )
    read = Counter(type(event) for event in seen.events)
    for name, event in READ_AS.items():
        if not surely[name] <= read[event] <= sent[name]:
            yield f"{name} was sent {sent[name]} times, and read {read[event]} times"


def answers_known(seen: Evidence) -> Iterator[str]:
    """A command that was answered in time is not reported as unanswered."""
    if not _is_sure(seen) or seen.show.faults.slow or "messages" in seen.show.script.faults:
        return
    for event in seen.events:
        if isinstance(event, UnknownMessage) and event.message == "unanswered":
            yield f"a command is reported as unanswered though each was answered: {event.data}"


def _is_sure(seen: Evidence) -> bool:
    """Return whether everything that was sent has arrived."""
    return not any(key in seen.show.script.faults for key in UNSURE) and not any(
        isinstance(event, ConnectionLost) for event in seen.events
    )


def time_code_read(seen: Evidence) -> Iterator[str]:
    """Time code that has run evenly for some seconds is read at the tape's position, within a
    quarter frame and its jitter.
    """
    tape = seen.show.tape
    if tape is None:
        return
    fits = [
        event
        for event in seen.events
        if isinstance(event, ClockFitted) and event.quarters_per_ns > 0
    ]
    for stretch in tape.stretches:
        for fit in fits:
            if not stretch.begin + SETTLED <= fit.at <= stretch.end:
                continue
            off = fit.quarter - float(
                stretch.position - (stretch.end - fit.time) * stretch.pace / SECOND
            )
            if abs(off) > CLOSE:
                yield (
                    f"at {fit.at / SECOND:.3f} s the time code was read {off:+.3f} s from the "
                    "tape's position"
                )
                return
