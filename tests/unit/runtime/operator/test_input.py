"""What an operator types becomes an event of the run, or an explanation why not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import UsageError
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.events import OperatorGo
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.operator.commands import IgnoredError
from sequencer.runtime.operator.input import Operator

LIVE = """clock 120 bpm, 4/4
section jam until {until}, max 8 bars {{
  at 1 "A tram."
  on go flash -> "Lightning."
}}
"""


def operator_of(text: str) -> tuple[Operator, list[Event]]:
    """Return the operator of a run that has not begun, and the events that it delivers."""
    delivered: list[Event] = []
    performance: Any = SimpleNamespace(
        conductor=Conductor(compile_score(reads(text))), deliver=delivered.append
    )
    return Operator(performance, lambda: 7, pytest.fail), delivered


def test_go_alone_is_the_go_cue_that_the_section_ends_on() -> None:
    operator, delivered = operator_of(LIVE.format(until="note D3 or go out"))
    assert operator.handle_line("go") is None
    assert operator.handle_line(" go ") is None
    assert delivered == [OperatorGo(7, "out")] * 2


def test_where_no_go_cue_ends_the_section_go_needs_a_name() -> None:
    operator, delivered = operator_of(LIVE.format(until="note D3"))
    with pytest.raises(UsageError, match="does not end on a go-cue, so go needs a name") as caught:
        operator.handle_line("go")
    assert caught.value.hint == "section jam waits for: note D3, go flash"
    assert operator.handle_line("go flash") is None
    assert delivered == [OperatorGo(7, "flash")]


def test_what_nothing_waits_for_is_not_delivered() -> None:
    operator, delivered = operator_of(LIVE.format(until="go out"))
    with pytest.raises(IgnoredError, match="nothing waits for go oot"):
        operator.handle_line("go oot")
    assert delivered == []
