"""What OSC messages do to a run, and what their senders are answered."""

from __future__ import annotations

from typing import Any

import pytest

from sequencer.core.errors import UsageError
from sequencer.core.timebase import SECOND
from sequencer.events.events import OscReceived
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.runtime.operator.debounce import DEBOUNCE_MS, Debounce
from sequencer.runtime.osc.packets import Message
from sequencer.runtime.osc.receiver import (
    MAX_ANSWERS_PER_SECOND,
    MAX_MESSAGES_PER_SECOND,
    MIN_NOTICE_INTERVAL_NS,
    Answer,
    OscReceiver,
)
from sequencer.runtime.osc.table import OUTPUTS, WARN

SCORE = compile_score(
    reads(
        'clock 120 bpm, 4/4\nat 1 "A tram."\non osc "/drop" -> "Lightning."\n'
        'on osc "/fader/1" > 0.5 -> sr 4x\nend 9\n'
    )
)


class Run:
    """A run that notes what it is given."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.events: list[Any] = []
        self.notices: list[str] = []
        self.now = 0
        self.reply: str | None = None
        self.receiver = OscReceiver(
            lambda: SCORE,
            handle_line=self.handle_line,
            deliver=self.events.append,
            notify=self.notices.append,
            now=lambda: self.now,
            debounce=Debounce(DEBOUNCE_MS, self.notices.append),
        )

    def handle_line(self, text: str) -> str | None:
        self.lines.append(text)
        if text == "go nobody":
            raise UsageError("nothing waits for go nobody", "it waits for: go out")
        return self.reply

    def send(self, address: str, *arguments: object) -> Answer | None:
        return self.receiver.handle(Message(address, arguments))


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.mark.parametrize("pressed", [(), (1,), (1.0,), (127,), (True,), (0.3,)])
@pytest.mark.parametrize("name", ["go", "pause", "resume", "finish"])
def test_a_button_that_is_pressed_acts(run: Run, name: str, pressed: tuple[Any, ...]) -> None:
    assert run.send(f"/sequencer/{name}", *pressed) is None
    assert run.lines == [name]
    assert run.notices == []


@pytest.mark.parametrize("released", [0, 0.0, False])
@pytest.mark.parametrize("name", ["go", "go/out", "pause", "resume", "finish"])
def test_a_button_that_is_released_never_acts(run: Run, name: str, released: object) -> None:
    assert run.send(f"/sequencer/{name}", released) is None
    assert (run.lines, run.notices) == ([], [])


@pytest.mark.parametrize("wrong", [("x",), (None,), (1, 1), (b"\1",)])
def test_a_button_with_another_type_is_answered(run: Run, wrong: tuple[Any, ...]) -> None:
    answer = run.send("/sequencer/pause", *wrong)
    assert answer is not None and answer.address == WARN
    assert answer.arguments == (run.notices[0],)
    assert run.notices[0].startswith("OSC /sequencer/pause: its arguments are not valid: ")
    assert run.notices[0].endswith("; send [f pressed]")
    assert run.lines == []


def test_a_go_that_follows_too_soon_is_the_same_press(run: Run) -> None:
    run.send("/sequencer/go/out", 1)
    run.send("/sequencer/go/in", 1)
    interval = DEBOUNCE_MS * 1_000_000
    run.now = interval - 1
    run.send("/sequencer/go/out", 1)
    run.send("/sequencer/pause")
    run.send("/sequencer/pause")
    assert run.lines == ["go out", "go in", "pause", "pause"]
    assert run.notices == [
        "/sequencer/go/out ignored: it came within 100 ms of the press before it"
    ]
    run.now = 2 * interval - 1
    run.send("/sequencer/go/out", 1)
    assert run.lines[4:] == ["go out"]


def test_messages_of_the_score_become_events_of_the_journal(run: Run) -> None:
    run.now = 5
    assert run.send("/drop", 1, 0.5, "x", True) is None
    assert run.send("/drop", 0) is None, "the conductor knows that 0 does not fire"
    assert run.send("/fader/1", 0.25) is None
    assert run.events == [
        OscReceived(5, "/drop", (1, 0.5, "x", True)),
        OscReceived(5, "/drop", (0,)),
        OscReceived(5, "/fader/1", (0.25,)),
    ]
    assert run.notices == []


@pytest.mark.parametrize(
    "wrong", [(None,), (b"x",), (2**31,), (float("nan"),), ("x" * 501,), ([1],), (1,) * 17]
)
def test_values_that_no_journal_has_are_answered(run: Run, wrong: tuple[Any, ...]) -> None:
    answer = run.send("/drop", *wrong)
    assert answer is not None and answer.address == WARN
    assert run.events == []


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (
            "/dorp",
            "OSC /dorp: no rule of this score waits for it; the score waits for /drop, /fader/1",
        ),
        (
            "/sequencer/stop",
            "OSC /sequencer/stop: there is no such address; it may be /sequencer/go, ",
        ),
    ],
)
def test_unknown_addresses_are_answered(run: Run, address: str, text: str) -> None:
    answer = run.send(address, 1)
    assert answer is not None
    assert str(answer.arguments[0]).startswith(text)
    assert run.notices == [answer.arguments[0]]


def test_what_the_run_answers_reaches_the_sender(run: Run) -> None:
    run.reply = "pause: the model is paused already"
    assert run.send("/sequencer/pause") == Answer(WARN, (run.reply,))
    refused = run.send("/sequencer/go/nobody")
    assert refused == Answer(
        WARN, ("OSC /sequencer/go/nobody: nothing waits for go nobody; it waits for: go out",)
    )


def test_a_ping_is_answered_with_its_arguments(run: Run) -> None:
    assert run.send("/sequencer/ping", 7, "x") == Answer("/sequencer/pong", (7, "x"))


@pytest.mark.parametrize("address", [one.address for one in OUTPUTS])
def test_what_the_run_sends_itself_makes_no_loop(run: Run, address: str) -> None:
    assert run.send(address, "x") is None
    assert run.notices == []


def test_an_operator_gets_a_reason_once_in_ten_seconds(run: Run) -> None:
    for _ in range(3):
        run.send("/dorp", 1)
    assert len(run.notices) == 1
    run.now += MIN_NOTICE_INTERVAL_NS
    run.send("/dorp", 1)
    assert len(run.notices) == 2


def test_answers_and_messages_are_bounded_and_counted(run: Run) -> None:
    answers = [run.send("/sequencer/ping") for _ in range(MAX_MESSAGES_PER_SECOND + 5)]
    assert sum(one is not None for one in answers) == MAX_ANSWERS_PER_SECOND
    run.now += SECOND
    run.send("/sequencer/ping")
    assert run.notices == ["5 OSC messages dropped: a run takes at most 1,000 in a second"]


def test_control_characters_do_not_reach_the_terminal(run: Run) -> None:
    run.send("/\x1b[2J", 1)
    assert "\x1b" not in run.notices[0]
