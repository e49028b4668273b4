"""The diagram of the state machine, its handlers and the page agree."""

from __future__ import annotations

from pathlib import Path

from sequencer.engine.conductor.diagram import WAYS, mermaid
from sequencer.engine.conductor.machine import HANDLERS
from sequencer.engine.conductor.run_state import Phase
from sequencer.events.events import ChunkShown, TimerFired


def test_every_way_that_is_drawn_is_handled() -> None:
    for start, _, events, _ in WAYS:
        for event in events:
            assert (start, event) in HANDLERS, (start, event)


def test_every_phase_can_be_reached_and_left() -> None:
    assert {end for _, end, _, _ in WAYS} == set(Phase) - {Phase.WAITING, Phase.FINISHED}
    assert {start for start, _, _, _ in WAYS} == set(Phase) - {Phase.SHOWING, Phase.FINISHED}
    assert {(Phase.SHOWING, ChunkShown), (Phase.SHOWING, TimerFired)} <= HANDLERS.keys(), (
        "what leads from the last phase to the end"
    )


def test_the_page_shows_the_diagram() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert mermaid() in page
