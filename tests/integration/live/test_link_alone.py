"""`perform --no-transport`: follows a Link session that nobody starts, from a bar line on.

Real time, short.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from sequencer.cli import main
from sequencer.engine.journal import read_journal
from sequencer.events.events import ConditionsReady, TransportChanged

SCORE = """score "Linked"
clock link, 4/4, nominal 240 bpm
seed 3
section a 4 bars {
  at 1 "A paper boat drifts along a gutter. Grey light. Low close shot, fixed."
}
"""


class State:
    """A session of 240 bpm whose tempo others control, and that is never started."""

    def beatAtTime(self, micros: int, _: float) -> float:  # noqa: N802  the name in Link's API
        return micros / 1e6 * 4

    def tempo(self) -> float:
        return 240.0

    def isPlaying(self) -> bool:  # noqa: N802  the name in Link's API
        return False


class Clock:
    """The time since the session was joined: the first look at it is on a bar line."""

    def __init__(self) -> None:
        self._joined = time.monotonic_ns()

    def micros(self) -> int:
        return (time.monotonic_ns() - self._joined) // 1000


class Link:
    def __init__(self, bpm: float) -> None:
        self.enabled = self.startStopSyncEnabled = False
        self._clock = Clock()

    def captureAppSessionState(self) -> State:  # noqa: N802  the name in Link's API
        return State()

    def clock(self) -> Clock:
        return self._clock

    def numPeers(self) -> int:  # noqa: N802  the name in Link's API
        return 1


def test_a_score_begins_by_itself_as_soon_as_the_model_is_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("link")
    module.Link = Link  # type: ignore[attr-defined]  # replaces a module without types
    monkeypatch.setitem(sys.modules, "link", module)
    score = tmp_path / "linked.score"
    score.write_text(SCORE, encoding="utf-8")
    line = [
        "perform",
        str(score),
        "--stage",
        "simulated",
        "--no-transport",
        "--quiet",
        "--out",
        str(tmp_path / "run"),
    ]
    assert main([*line, "--max-minutes", "1"]) == 0
    assert "on the first bar line on which the model is ready" in capsys.readouterr().err
    events = [
        record.event
        for record in read_journal(tmp_path / "run").records
        if record.event is not None
    ]
    [start] = [event for event in events if isinstance(event, TransportChanged)]
    warm = next(event for event in events if isinstance(event, ConditionsReady))
    assert start.what == "start"
    assert 0 <= start.at - warm.at < 1.2e9, "a bar lasts a second"


def test_without_the_flag_it_waits_for_somebody_to_press_play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("link")
    module.Link = Link  # type: ignore[attr-defined]  # replaces a module without types
    monkeypatch.setitem(sys.modules, "link", module)
    score = tmp_path / "linked.score"
    score.write_text(SCORE, encoding="utf-8")
    line = [
        "perform",
        str(score),
        "--stage",
        "simulated",
        "--quiet",
        "--out",
        str(tmp_path / "run"),
        "--max-minutes",
        "1/20",
    ]
    assert main(line) == 1
    events = [record.event for record in read_journal(tmp_path / "run").records]
    assert not any(isinstance(event, TransportChanged) for event in events)
