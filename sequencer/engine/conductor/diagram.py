"""Print the conductor's states as a Mermaid diagram: `python -m sequencer.engine.conductor.diagram`.

`docs/architecture.md` contains the output. The tests check that no run makes a transition that is missing here, that the
table of handlers handles every transition, and that the page shows this diagram.
"""

from __future__ import annotations

import sys

from sequencer.engine.conductor.run_state import Phase
from sequencer.events.codec import Event
from sequencer.events.events import (
    ChunkDone,
    ClockFitted,
    CommandRefused,
    ConditionsReady,
    ConnectionRestored,
    ControlChanged,
    ImageAccepted,
    NoteReceived,
    OperatorGo,
    ProgramChanged,
    PromptAccepted,
    Ready,
    ResetDone,
    Started,
    StateReported,
    TimerFired,
    TransportChanged,
    TransportLocated,
    Uploaded,
)

_CONDITIONS: tuple[type[Event], ...] = (ConditionsReady, PromptAccepted, ImageAccepted)
_HANDS: tuple[type[Event], ...] = (NoteReceived, ControlChanged, ProgramChanged, OperatorGo, TransportChanged)

WAYS: tuple[tuple[Phase, Phase, tuple[type[Event], ...], str], ...] = (
    (Phase.WAITING, Phase.UPLOADING, (Ready,), "ready, with images to upload"),
    (Phase.WAITING, Phase.OPENING, (Ready,), "ready"),
    (Phase.UPLOADING, Phase.OPENING, (Uploaded,), "the last image is there"),
    (Phase.OPENING, Phase.ARMED, _CONDITIONS, "conditions ready, the outer clock stands"),
    (Phase.OPENING, Phase.STARTING, (*_CONDITIONS, TimerFired), "conditions ready, or no answer in time"),
    (Phase.ARMED, Phase.STARTING, (TransportChanged, ClockFitted), "the clock's first beat"),
    (Phase.ARMED, Phase.OPENING, (ConnectionRestored, ResetDone), "connected again"),
    (Phase.STARTING, Phase.OPENING, (CommandRefused, ConnectionRestored, ResetDone), "start refused, or connected again"),
    (Phase.STARTING, Phase.PLAYING, (Started, StateReported, ChunkDone), "started"),
    (Phase.STARTING, Phase.CUTTING, (Started, StateReported, ChunkDone), "started, and a cut is due at once"),
    (
        Phase.PLAYING,
        Phase.CUTTING,
        (ChunkDone, StateReported, ConnectionRestored, CommandRefused, TransportLocated, ClockFitted, *_HANDS),
        "the chunk before a cut is being made",
    ),
    (Phase.CUTTING, Phase.OPENING, (ResetDone, StateReported, TimerFired, CommandRefused), "reset done"),
    (Phase.CUTTING, Phase.PLAYING, (CommandRefused,), "reset refused"),
    (Phase.STARTING, Phase.SHOWING, (ChunkDone,), "the only chunk is done"),
    (Phase.PLAYING, Phase.SHOWING, (ChunkDone,), "the last chunk is done"),
)
"""(from, to, the events that can lead there, description). FINISHED can be reached from everywhere and is described
separately.
"""


def mermaid() -> str:
    """Return the diagram as Mermaid source, one transition a line."""
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.WAITING.value}"]
    lines += [f"    {start.value} --> {end.value}: {words}" for start, end, _, words in WAYS]
    lines.append(f"    {Phase.SHOWING.value} --> {Phase.FINISHED.value}: it has been shown, or the wait for it is over")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(mermaid() + "\n")
