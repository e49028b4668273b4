"""The events that are held while a connection is re-established, and delivered when it is restored."""

from __future__ import annotations

from sequencer.events.codec import Event
from sequencer.events.events import ChunkDone, ConnectionRestored, StateReported
from sequencer.stages.reactor.settings import ReactorSettings
from sequencer.stages.reactor.stage import ReactorStage
from sequencer.sync.run_clock import VirtualClock


def state(at: int, chunk: int) -> StateReported:
    return StateReported(at, True, True, False, 33 * chunk, chunk, "a")


def test_of_several_states_only_the_last_one_is_reported() -> None:
    """An earlier one would send what is due during a chunk, although that chunk has been made by
    now.
    """
    stage, events = (
        ReactorStage(VirtualClock(), ReactorSettings(url="http://127.0.0.1:8080", local=True)),
        list[Event](),
    )
    stage._deliver = events.append
    made = ChunkDone(2, 12, 429, "a")
    for event in (state(1, 12), made, state(3, 13)):
        stage._handle(event)
    assert not events
    stage._release(ConnectionRestored(4))
    assert events == [ConnectionRestored(4), made, state(3, 13)]
    stage._handle(state(5, 13))
    stage._handle(state(6, 13))
    assert events[3:] == [state(5, 13), state(6, 13)], "held back no longer"
