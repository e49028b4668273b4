"""What a run announces of its exits, its commands and its takeovers is what it then does."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest

from sequencer.engine.conductor import forecasts
from sequencer.engine.conductor.forecasts import ExitForecast
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Reset
from sequencer.events.events import OperatorGo
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from tests.support.studio_runs import SECOND, StudioRun

SCORE = """{grid}clock {clock}, {meter}
lead {lead}c
snap {snap}
section a {intro} bars {{
  at 1 "A tram."
  at 2 "A tram turns."
}}
section jam until go out, max {most} bars{tempo} {{
  at 1 "It stands still."
  {cue}
  on note D3 -> "A flash."
  on go again -> goto a
}}
section b 3 bars{cut} {{
  at 1 "It leaves."
  at 2 "It is gone."
}}
play {play}
"""


def compiled(text: str) -> Schedule:
    return compile_score(reads(text, file="forecast.score"))


def copy_of(conductor: Conductor) -> Conductor:
    """Return a copy of a run that shares its scores."""
    view = conductor.view
    shared = [*view.versions, *(one for version in view.versions for one in version.stretches)]
    return copy.deepcopy(conductor, {id(one): one for one in shared})


def go_now(conductor: Conductor, at: int) -> tuple[Conductor, Sequence[Command]]:
    """Return what a copy of a run is after a GO at a time, and its commands."""
    other = copy_of(conductor)
    return other, other.receive(OperatorGo(at, "out"))


def check_forecast(conductor: Conductor, at: int) -> ExitForecast | None:
    """Compare the announced exit of a run with what a copy of it does with a GO now."""
    view = conductor.view
    found = view.forecast_exit(at)
    if view.phase is not Phase.PLAYING:
        assert found is None
        return None
    number = view.pass_at(view.chunk).number
    after, commands = go_now(conductor, at)
    left = after.view.passes[number]
    if found is None:
        assert not left.was_left or view.passes[number].was_left
        return None
    assert left.was_left
    assert left.end == found.time
    following = next(iter(after.view.passes[number + 1 :]), None)
    if following is None:
        assert found.following is None
        assert found.chunk is None or after.view.end_chunk >= found.chunk or view.clock is not None
        return found
    assert found.following is following.stretch
    # A take that is cut at once has no plan to compare with.
    if found.chunk is not None and not any(isinstance(one, Reset) for one in commands):
        assert after.view.start_chunk(following) in (found.chunk, None)
    if found.bar is not None and left.stretch.meters is not None and left.left_at is not None:
        assert left.stretch.meters.bar_start(found.bar - 1) == left.left_at
    return found


class Announcements:
    """Checks after each event of a run that its announcements come true."""

    def __init__(self) -> None:
        self.checked = 0
        self.expired = 0
        self._before: tuple[int, ExitForecast, ExitForecast | None] | None = None

    def watch(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands
        view = conductor.view
        found = check_forecast(conductor, event.at)
        self.checked += found is not None
        if view.clock is not None:
            return
        before, self._before = self._before, None
        key = view.pass_at(view.chunk).number
        if before is not None and view.phase is Phase.PLAYING and before[0] == key:
            _, was, then = before
            assert was.last_chunk is not None
            if view.chunk <= was.last_chunk:
                assert found == was, "a GO leaves at the announced bar until its deadline"
            elif view.chunk == was.last_chunk + 1:
                self.expired += 1
                assert found == then, "after the deadline a GO leaves at the bar announced as next"
        if found is not None:
            self._before = (key, found, view.forecast_exit_after(found, None))


LIVE = SCORE.format(
    grid="", clock="120 bpm", meter="4/4", lead=2, snap="nearest", intro=2, most=8, tempo="", cue="",
    cut="", play="a jam b",
)  # fmt: skip


def test_a_wrong_forecast_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forecast that counts the lead wrongly does not pass the tests above."""
    exact = forecasts._exit_from

    def wrong(run: object, reach: int, passed: int | None) -> object:
        return exact(run, reach + 1, passed)  # type: ignore[arg-type]  # as the function has it

    monkeypatch.setattr(forecasts, "_exit_from", wrong)
    run = StudioRun(compiled(LIVE), may_reload=False)
    announced = Announcements()
    run.watchers.append(announced.watch)
    with pytest.raises(AssertionError):
        run.play()


def test_the_live_section_has_announcements_to_check() -> None:
    run = StudioRun(compiled(LIVE), may_reload=False)
    announced = Announcements()
    run.watchers.append(announced.watch)
    run.play()
    assert announced.checked > 10
    assert announced.expired >= 4


def test_before_the_start_and_after_the_end_nothing_is_announced() -> None:
    conductor = Conductor(compiled(LIVE))
    assert conductor.view.forecast_exit(0) is None
    run = StudioRun(compiled(LIVE))
    run.play()
    assert run.performance.conductor.view.forecast_exit(10**12) is None


def test_the_next_section_that_listens() -> None:
    conductor = Conductor(compiled(LIVE))
    following = conductor.view.next_pass_with_exit
    assert following is not None
    assert following.stretch.section == "jam"
    assert conductor.view.start_chunk(following) == 3


def test_faults_do_not_change_what_is_announced() -> None:
    faults = Faults.model_validate({"jitter": "400ms", "slow": [{"chunk": 5, "by": "3s"}]})
    run = StudioRun(compiled(LIVE), faults=faults, may_reload=False)
    announced = Announcements()
    run.watchers.append(announced.watch)
    run.play()
    assert announced.expired >= 4
    assert run.clock.now() > 20 * SECOND
