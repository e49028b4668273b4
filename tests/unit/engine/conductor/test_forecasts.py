"""What a run announces of its exits, its commands and its takeovers is what it then does."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequencer.engine.conductor import exits, forecasts
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.forecasts import ExitForecast
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.takeover import Refusal, Where
from sequencer.engine.conductor.transitions import Phase
from sequencer.events.codec import Event
from sequencer.events.commands import Command, Reset
from sequencer.events.events import (
    ChunkDone,
    OperatorGo,
    Paused,
    ReloadRequested,
    Resumed,
    Started,
)
from sequencer.language.compiler import compile_score
from sequencer.language.notations import reads
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from tests.support.clock_fixtures import ExternalClock
from tests.support.requirements import runs_slow_tests
from tests.support.studio_runs import SECOND, StudioRun

SCORE = """{grid}clock {clock}, {meter}
lead {lead}c
snap {snap}
section a {intro} bars {{
  at 1 "A tram."
  at 2 "A tram turns."
}}
section jam until go out, max {most} bars{tempo} {{
  at 1 "It is still."
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


@st.composite
def scores(
    draw: st.DrawFn, clocks: Sequence[str] = ("60 bpm", "97 bpm", "120 bpm", "183 bpm")
) -> str:
    """Return a score with live sections, whose bars and chunks meet in many ways."""
    grid = draw(
        st.sampled_from(["", "", "grid 12 frames @ 16 fps, first 9\n", "grid 40 frames @ 24 fps\n"])
    )
    meter = draw(st.sampled_from(["4/4", "3/4", "7/8"]))
    most = draw(st.integers(2, 12))
    bar = draw(st.integers(2, most))
    cue = draw(
        st.sampled_from(
            ["", f'at {bar} "It rains."', f'at {bar} cut, "It snows."', f"at {bar} sr 4x"]
        )
    )
    is_internal = "bpm" in clocks[0] and "nominal" not in clocks[0]
    return SCORE.format(
        grid=grid,
        clock=draw(st.sampled_from(clocks)),
        meter=meter,
        lead=draw(st.integers(1, 4)),
        snap=draw(st.sampled_from(["nearest", "floor", "ceil"])),
        intro=draw(st.integers(2, 4)),
        most=most,
        tempo=draw(st.sampled_from(["", ", tempo 90 -> 140"])) if is_internal else "",
        cue=cue,
        cut=draw(st.sampled_from(["", ", cut seed 9"])),
        play=draw(st.sampled_from(["a jam b", "a jam b jam", "a jam b jam b", "jam a b"])),
    )


MESSAGE_NS = 30_000_000
"""More nanoseconds than a message of the simulated model takes."""

EXAMPLES = 20 if runs_slow_tests() else 5
"""How many random scores each property is tested with."""


def few(share: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Limit the number of random scores, because each is performed."""
    return settings(
        max_examples=max(3, EXAMPLES // share),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
    )


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


def is_checked(event: Event) -> bool:
    """Return whether announcements are checked after an event: a copy of a run takes a while."""
    return isinstance(event, ChunkDone | Started | Paused | Resumed)


class Announcements:
    """Checks after each event of a run that its announcements come true."""

    def __init__(self) -> None:
        self.checked = 0
        self.expired = 0
        self._before: tuple[int, ExitForecast, ExitForecast | None] | None = None

    def watch(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands
        if not is_checked(event):
            return
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


@given(scores())
@few(1)
def test_an_exit_is_taken_where_it_is_announced(text: str) -> None:
    run = StudioRun(compiled(text), may_reload=False)
    announced = Announcements()
    run.watchers.append(announced.watch)
    run.play()


CUT_AT_AN_EXIT = """{grid}clock 120 bpm, 4/4
lead {lead}c
section a 3 bars {{
  at 1 "A tram."
}}
section jam until go out, max {most} bars {{
  at 1 "It is still."
  at 2 cut, "It snows."
}}
section b 3 bars{cut} {{
  at 1 "It leaves."
}}
play {play}
"""


@pytest.mark.parametrize("grid", ["", "grid 12 frames @ 16 fps, first 9\n"])
@pytest.mark.parametrize("lead", [1, 2, 3])
@pytest.mark.parametrize("most", [2, 3])
@pytest.mark.parametrize("cut", ["", ", cut seed 9"])
@pytest.mark.parametrize("play", ["a jam b", "a jam"])
def test_input_during_the_chunk_before_a_cut_counts_after_it(
    grid: str, lead: int, most: int, cut: str, play: str
) -> None:
    """The model is reset meanwhile, so the deadline of an exit at the cut is before that chunk."""
    text = CUT_AT_AN_EXIT.format(grid=grid, lead=lead, most=most, cut=cut, play=play)
    check_deadlines(compiled(text), 6.1)


@given(scores(), st.data())
@few(1)
def test_a_go_just_before_the_deadline_leaves_here_and_after_it_at_the_next_bar(
    text: str, data: st.DataObject
) -> None:
    """The deadline in nanoseconds, as the page shows it, of a run without faults."""
    check_deadlines(compiled(text), data.draw(st.floats(3, 24)))


def check_deadlines(schedule: Schedule, seconds: float) -> None:
    """Compare the exits that are announced at a time with those of a GO around the deadline.

    The deadline is exact once the first chunk of the take is done; before that, when the take
    began is known only to the time that a message takes.
    """
    states: list[dict[str, Any]] = []
    slack: list[int] = []
    run = StudioRun(schedule, may_reload=False)

    def look(now: int) -> None:
        states.append(run.view.parts(now)["go"])
        view = run.performance.conductor.view
        slack.append(MESSAGE_NS if view.chunk == view.base else 1)

    run.at(seconds, look)
    run.play()
    if not states or states[0]["state"] != "ready" or states[0]["target"] is None:
        return
    state, target = states[0], states[0]["target"]
    deadline = target["deadline_at"]
    for offset, announced in ((-slack[0], target), (slack[0], state["then"])):
        landed = _chunk_left_at(schedule, deadline + offset)
        assert landed == (None if announced is None else announced["chunk"])


def _chunk_left_at(schedule: Schedule, at: int) -> int | None:
    """Return with which chunk the first live section of a run is left by a GO; None if it is not."""
    run = StudioRun(schedule, may_reload=False)
    run.at(
        0, lambda _: run.clock.call_at(at, lambda: run.performance.deliver(OperatorGo(at, "out")))
    )
    run.play()
    landed = (
        one for one in run.performance.conductor.view.run_actions[:1] if one.status is Status.LANDED
    )
    return next((one.chunk for one in landed), None)


@given(
    scores(clocks=("midi, nominal 120 bpm", "link, nominal 97 bpm")),
    st.sampled_from([100.0, 120.0, 180.0]),
)
@few(1)
def test_an_exit_of_a_run_that_follows_a_clock_is_taken_where_it_is_announced(
    text: str, tempo: float
) -> None:
    check_following(text, tempo)


def check_search(conductor: Conductor, at: int) -> None:
    """Check that the first bar that is found is the first of all bars, tried one by one."""
    run = conductor._run
    current, reach = run.plan.pass_at(run.making), run.making + run.schedule.lead
    meters, tempo = current.stretch.meters, current.stretch.tempo
    assert meters is not None
    assert tempo is not None
    for passed in (None, at + 200_000_000):
        bars = (current.start + tempo.seconds_at(meters.bar_start(bar)) for bar in range(1, 99))
        expected = next(
            time
            for bar, time in enumerate(bars, 1)
            if exits._can_leave(
                run.plan, current, time, meters.bar_start(bar), reach, passed=passed
            )
        )
        assert exits.find_exit_beyond_end(run.plan, current, reach, passed) == expected


def check_following(text: str, tempo: float) -> None:
    """Check the announced exits of a run that follows a clock of a tempo in bpm."""
    run = StudioRun(
        compiled(text), external=ExternalClock((0.0, tempo), (1.0, "start")), may_reload=False
    )
    limits: list[int] = []

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        del commands
        if not is_checked(event):
            return
        check_search(conductor, event.at)
        found = check_forecast(conductor, event.at)
        if found is None or found.until is None or found.until <= event.at:
            return
        limits.append(found.until)
        last = conductor.view.forecast_exit(found.until - 1)
        assert last is not None
        assert last.time == found.time, "it leaves here until the deadline of the clock"
        later = conductor.view.forecast_exit(found.until)
        assert later is None or later.time > found.time
        check_forecast(conductor, found.until - 1)
        check_forecast(conductor, found.until)

    run.watchers.append(watch)
    run.play()


LIVE = SCORE.format(
    grid="", clock="120 bpm", meter="4/4", lead=2, snap="nearest", intro=2, most=8, tempo="", cue="",
    cut="", play="a jam b",
)  # fmt: skip


def test_an_exit_to_a_take_with_a_shorter_first_chunk() -> None:
    text = SCORE.format(
        grid="grid 12 frames @ 16 fps, first 9\n", clock="midi, nominal 120 bpm", meter="4/4", lead=1,
        snap="nearest", intro=2, most=2, tempo="", cue="", cut=", cut seed 9", play="a jam b jam b",
    )  # fmt: skip
    check_following(text, 100.0)


def test_a_wrong_forecast_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forecast that counts the lead wrongly does not pass the tests above."""
    exact = forecasts._exit_from

    def wrong(run: Any, reach: int, passed: int | None) -> ExitForecast | None:
        return exact(run, reach + 1, passed)

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
    assert announced.checked > 6
    assert announced.expired >= 3


def test_before_the_start_and_after_the_end_nothing_is_announced() -> None:
    conductor = Conductor(compiled(LIVE))
    assert conductor.view.forecast_exit(0) is None
    run = StudioRun(compiled(LIVE))
    run.play()
    assert run.performance.conductor.view.forecast_exit(10**12) is None


# ---- commands that are due -----------------------------------------------------------------------


@given(scores())
@few(1)
def test_a_cue_is_sent_at_the_latest_when_it_is_announced(text: str) -> None:
    run = StudioRun(compiled(text), may_reload=False)
    due: dict[int, int] = {}
    seen = 0

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        nonlocal seen
        del event, commands
        view = conductor.view
        if view.phase is not Phase.PLAYING:
            return
        for line in view.deliveries:
            if line.status in (Status.WAITING, Status.COMMITTED):
                known = view.due_chunk(line)
                if known is not None:
                    due[line.number] = known
                    assert view.chunk <= known, f"{line.place} was due with chunk {known}"
            elif line.number in due and line.status is Status.SENT:
                assert view.chunk <= due.pop(line.number)
                seen += 1

    run.watchers.append(watch)
    run.play()
    assert seen


# ---- takeovers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["bar", "chunk", "section"])
@given(text=scores(), words=st.sampled_from(["It stays.", "It is still."]))
@few(1)
def test_an_edit_takes_over_where_it_is_announced(where: Where, text: str, words: str) -> None:
    schedule = compiled(text)
    edited = compiled(text.replace("It is still.", words).replace("It is gone.", "Nothing."))
    run = StudioRun(schedule)
    before: tuple[int, int] | None = None

    def watch(event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        nonlocal before
        del commands
        view = conductor.view
        if view.phase is not Phase.PLAYING:
            before = None
            return
        if not is_checked(event):
            return
        other = copy_of(conductor)
        number = other.learn(edited)
        found = other.view.forecast_takeover(edited, where, None, event.at)
        other.receive(ReloadRequested(at=event.at, version=number, where=where))
        move = other.view.run_actions[-1]
        if isinstance(found, Refusal):
            assert move.status is Status.REFUSED
            return
        assert move.status in (Status.WAITING, Status.LANDED)
        planned = other.view.takeovers[-1]
        assert found.chunk == other.view.grid.snap(planned.time, schedule.snap)
        assert found.last_chunk is not None
        if before is not None and view.chunk <= before[1]:
            assert found.chunk == before[0], "it takes over there until its deadline"
        before = (found.chunk or 0, found.last_chunk)

    run.watchers.append(watch)
    run.play()


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
    assert announced.expired >= 3
    assert run.clock.now() > 20 * SECOND
