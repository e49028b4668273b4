"""What an operator types becomes an event of the run, or an explanation why not."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from sequencer.core.errors import UsageError
from sequencer.engine.conductor.expected_input import explain_unanswered
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.events import (
    BeginRequested,
    ConditionsReady,
    OperatorGo,
    OperatorPause,
    Ready,
)
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


class Now:
    """The time of a run's clock, in nanoseconds."""

    def __init__(self) -> None:
        self.at = 7

    def __call__(self) -> int:
        return self.at


def performance_of(conductor: Conductor, delivered: list[Event]) -> Any:
    """Return what an operator needs of a performance."""
    return SimpleNamespace(
        conductor=conductor,
        deliver=delivered.append,
        explain_unanswered=lambda event: explain_unanswered(conductor.view, event),
    )


def operator_of(
    text: str, now: Now | None = None, notices: list[str] | None = None
) -> tuple[Operator, list[Event]]:
    """Return the operator of a run that has not begun, and the events that it delivers."""
    delivered: list[Event] = []
    performance = performance_of(Conductor(compile_score(reads(text))), delivered)
    notify: Any = pytest.fail if notices is None else notices.append
    return Operator(performance, now or Now(), notify), delivered


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


def pressed(times: list[tuple[str, int]]) -> tuple[list[str], list[str]]:
    """Press keys at times in milliseconds; return what they did, and the notices."""
    now, notices = Now(), list[str]()
    operator, delivered = operator_of(LIVE.format(until="go out"), now, notices)
    for key, at in times:
        now.at = at * 1_000_000
        operator.press(key)
    names = [f"go {one.name}" if isinstance(one, OperatorGo) else one.kind for one in delivered]
    return names, notices


ENTER_IGNORED = "the key Enter ignored: it came within 700 ms of the press before it"


def test_enter_is_go_and_a_held_one_is_one_go() -> None:
    held = [("\r", 0), *(("\r", 660 + 40 * count) for count in range(40))]
    assert pressed(held) == (["go out"], [ENTER_IGNORED])
    assert pressed([("\r", 0), ("\n", 10), ("\r", 720)]) == (
        ["go out", "go out"],
        [ENTER_IGNORED],
    )


def test_the_enter_of_a_typed_line_is_no_go_when_it_is_held() -> None:
    typed = [(key, 0) for key in "gflash"]
    assert pressed([*typed, ("\r", 0), ("\r", 500)]) == (["go flash"], [ENTER_IGNORED])


def test_other_keys_that_act_do_not_repeat_and_what_is_typed_may() -> None:
    assert pressed([(" ", 0), (" ", 500), ("\r", 600)]) == (
        ["hand_pause", "go out"],
        ["the space key ignored: it came within 700 ms of the press before it"],
    )
    assert pressed([*((key, 0) for key in ":note cc"), ("\x1b", 0), (" ", 10)])[0] == ["hand_pause"]


def test_go_begins_a_run_that_waits_for_it_but_not_right_after_the_score_before() -> None:
    delivered: list[Event] = []
    conductor = Conductor(compile_score(reads(LIVE.format(until="go out"))), waits_for_go=True)
    performance = performance_of(conductor, delivered)
    now = Now()
    operator = Operator(performance, now, pytest.fail, go_from=1000)
    with pytest.raises(IgnoredError, match="the score before has only just ended"):
        operator.handle_line("go")
    now.at = 1000
    assert operator.handle_line("go") == "go: the score begins as soon as it is set up"
    conductor.receive(Ready(1001))
    conductor.receive(ConditionsReady(1002, True, False))
    assert conductor.phase is Phase.ARMED
    assert operator.handle_line("go") is None
    assert delivered == [BeginRequested(1000)] * 2
    conductor.receive(delivered[0])
    assert operator.handle_line("go") is None
    assert delivered[2:] == [OperatorGo(1000, "out")], "from now on it is that of the score"


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_pause_is_refused_while_the_score_waits_for_its_go(command: str) -> None:
    conductor = Conductor(compile_score(reads(LIVE.format(until="go out"))), waits_for_go=True)
    performance: Any = SimpleNamespace(
        conductor=conductor,
        deliver=pytest.fail,
        explain_unanswered=partial(explain_unanswered, conductor.view),
    )
    operator = Operator(performance, Now(), pytest.fail)
    for _ in range(2):  # before it is set up, and after
        with pytest.raises(IgnoredError, match="it waits for GO") as caught:
            operator.handle_line(command)
        assert caught.value.hint == "go begins it"
        conductor.receive(Ready(1))
        conductor.receive(ConditionsReady(2, True, False))
    conductor.receive(BeginRequested(3))
    delivered: list[Event] = []
    performance.deliver = delivered.append
    operator.handle_line(command)
    assert delivered == [OperatorPause(7, command == "pause")], "from its GO on it is accepted"
