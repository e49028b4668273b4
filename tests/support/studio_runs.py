"""What the studio's page shows at several moments of runs, from the simulator in virtual time.

`python -m tests.support.studio_runs` writes the files of `tests/data/studio`, with which the page
is developed and tested; a test compares them with what the runs give now.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from sequencer.api.scripted_events import read_event
from sequencer.core.images import ImageFile
from sequencer.engine.conductor.machine import Conductor
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ClockFitted
from sequencer.language.check import check_text
from sequencer.reports.timeline.thumbnails import thumbnails_of
from sequencer.runtime.live.status import LiveStatus
from sequencer.runtime.loop import Outcome, Performance
from sequencer.runtime.output.report_format import as_json
from sequencer.schedule.model import Schedule
from sequencer.stages.simulated.faults import Faults
from sequencer.stages.simulated.stage import SimulatedSettings, SimulatedStage
from sequencer.studio.finished import finished_view
from sequencer.studio.plots import finished_plot, progress_plot, schedule_plot
from sequencer.studio.protocol import Mode
from sequencer.studio.run_source import RunSource
from sequencer.studio.run_view import RunView
from sequencer.sync.run_clock import VirtualClock
from tests.support.clock_fixtures import ExternalClock

SECOND = 10**9
ROOT = Path(__file__).parents[2]
SCORES = ROOT / "scores"
FOLDER = ROOT / "tests" / "data" / "studio"
PRICE = 6.0
"""What an hour of the fixtures' live stage costs."""


class StudioRun:
    """A run in virtual time, with what the page shows of it.

    Args:
        schedule: The compiled score.
        events: What the operator does, as for `sequencer rehearse --event`.
        faults: The faults of the simulated model.
        external: The clock that the run follows, if any.
        stage: The stage that the page shows.
        device: The device of the external clock.
        failures: What of the run's output could not be written.
        name: The name of the score's file.
    """

    def __init__(
        self,
        schedule: Schedule,
        *events: str,
        faults: Faults | None = None,
        external: ExternalClock | None = None,
        stage: str = "simulator",
        price: float = 0.0,
        device: str = "",
        may_reload: bool = True,
        following: bool | None = None,
        played: Any = None,
        failures: Sequence[str] = (),
        name: str = "live-set.score",
    ) -> None:
        self.schedule = schedule
        self.name = name
        self.clock = VirtualClock()
        simulated = SimulatedStage(
            self.clock, settings=SimulatedSettings(schedule.grid, faults or Faults())
        )
        self.performance = Performance(
            schedule,
            simulated,
            self.clock,
            script=[read_event(one, schedule) for one in events],
            watchers=[self._look],
            following=following,
            may_reload=may_reload,
            played=played,
        )
        conductor = self.performance.conductor
        self.status = LiveStatus(conductor, 0)
        self.view = RunView(
            RunSource(
                conductor=conductor,
                status=self.status,
                stage=stage,
                price_per_hour=price,
                source=device,
                folder="2026-12-01 jam",
                failures=lambda: failures,
            )
        )
        self.watchers: list[Any] = []
        """Called after each event, as watchers of the performance."""
        if external is not None:
            external.plug(self.clock, self.performance.deliver)

    def _look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        self.status.handle(event, commands, conductor)
        self.view.look(event, commands, conductor)
        for watch in self.watchers:
            watch(event, commands, conductor)
        if event.at > 600 * SECOND:
            self.performance.close("the test took too long")

    def at(self, seconds: float, action: Any) -> None:
        """Call a function with the time in nanoseconds when virtual time reaches some seconds."""
        due = round(seconds * SECOND)
        self.clock.call_at(due, partial(action, due))

    def play(self) -> Outcome:
        """Play to the end."""
        return asyncio.run(self.performance.run())


def score_text(name: str, *changes: tuple[str, str]) -> str:
    """Return the text of an example score, with replacements."""
    text = (SCORES / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


@cache
def schedule_of(name: str, *changes: tuple[str, str]) -> Schedule:
    """Return the schedule of an example score, with replacements in its text."""
    checked = check_text(score_text(name, *changes), name, advice=False, folder=SCORES)
    schedule = checked.schedule
    assert schedule is not None, checked
    return schedule


def snapshot(
    name: str,
    mode: Mode,
    parts: Mapping[str, Any],
    *,
    text: str,
    revision: int = 1,
    dirty: bool = False,
) -> dict[str, Any]:
    """Return a complete snapshot with the parts of a run."""
    title = next(line for line in text.splitlines() if line.startswith("score "))
    empty: dict[str, Any] = {
        "playback": None,
        "clock": None,
        "go": {
            "state": "none",
            "name": "",
            "target": None,
            "then": None,
            "shown_at": None,
            "listens_at": None,
            "listens_in": "",
        },
        "next": None,
        "lines": [],
        "pads": [],
        "revisions": [],
        "alerts": [],
        "notes": [],
        "report": None,
        "stages": [],
    }
    return {
        "t": "snapshot",
        "seq": 1,
        "run": "" if mode == "edit" else "4f1c0a7e",
        "mode": mode,
        "locked": mode == "show",
        "score": {
            "file": name,
            "title": title.split('"')[1],
            "notation": "text",
            "text": text,
            "version": 1,
            "revision": 0 if mode == "edit" else revision,
            "dirty": dirty,
            "changed_on_disk": False,
        },
        **empty,
        **parts,
        "stage": "reactor",
    }


def _thumbnails(schedule: Schedule) -> dict[str, str]:
    def bytes_of(image: ImageFile) -> bytes:
        return (SCORES / image.path).read_bytes()

    return thumbnails_of(schedule, bytes_of)


def _message(plot: dict[str, Any], *, live: bool, revision: int = 1) -> dict[str, Any]:
    return {"t": "plot", "revision": revision, "live": live, "plot": plot}


def _fixture(
    snapshot: dict[str, Any], now: int, score: dict[str, Any], live: dict[str, Any] | None = None
) -> dict[str, Any]:
    plots = {"score": _message(score, live=False)}
    if live is not None:
        plots["live"] = _message(live, live=True)
    return {"now": now, "snapshot": snapshot, "plots": plots}


def _moments(
    run: StudioRun,
    mode: Mode,
    text: str,
    moments: Mapping[str, float],
    *,
    offers: Mapping[float, Schedule] | None = None,
) -> dict[str, dict[str, Any]]:
    """Play a run, and return its fixtures at some moments and its report."""
    found: dict[str, dict[str, Any]] = {}
    thumbnails = _thumbnails(run.schedule)
    planned = schedule_plot(run.schedule, thumbnails)

    def capture(key: str, now: int) -> None:
        parts = run.view.parts(now)
        live = progress_plot(run.performance.conductor, thumbnails)
        found[key] = _fixture(snapshot(run.name, mode, parts, text=text), now, planned, live)

    for seconds, edit in (offers or {}).items():
        run.at(seconds, lambda _, edit=edit: run.view.offer(edit))
    for key, seconds in moments.items():
        run.at(seconds, partial(capture, key))
    outcome = run.play()
    conductor = run.performance.conductor
    document = as_json(outcome.report, {"title": run.schedule.title, "seed": run.schedule.seed})
    over = finished_view(conductor, document)
    found["report"] = _fixture(
        snapshot(run.name, "report", json.loads(json.dumps(over)), text=text),
        run.clock.now(),
        planned,
        finished_plot(conductor, thumbnails),
    )
    return found


def _edit_fixture(name: str) -> dict[str, Any]:
    schedule, text = schedule_of(name), score_text(name)
    plot = schedule_plot(schedule, _thumbnails(schedule))
    return _fixture(snapshot(name, "edit", {}, text=text, dirty=True), 0, plot)


_RAIN = ('"Now the rain grows stronger."', '"Now the rain grows stronger and the wires spark."')
_CLOCK = ("clock 120 bpm, 4/4", 'clock midi "Digitakt", 4/4, nominal 120 bpm')


def live_set() -> dict[str, dict[str, Any]]:
    """Return the fixtures of the live set: rehearsed, then performed with an external clock."""
    name = "live-set.score"
    text, schedule = score_text(name), schedule_of(name)
    rehearsal = StudioRun(schedule, "note D3 ch 10@12s", "go out@22s")
    rehearsed = _moments(
        rehearsal,
        "rehearse",
        text,
        {"rehearse": 6.9},
        offers={6.0: schedule_of(name, _RAIN)},
    )
    events = ("note D3 ch 10@12s", "cc 20=10@5s", "cc 20=90@13s", "go out@25s")
    performed = _moments(
        StudioRun(schedule, *events, stage="reactor", price=PRICE),
        "show",
        text,
        {"not-listening": 4.2, "ready": 16.2, "accepted": 25.4},
    )
    return {
        f"{name}.edit": _edit_fixture(name),
        f"{name}.rehearse": rehearsed["rehearse"],
        f"{name}.show-not-listening": performed["not-listening"],
        f"{name}.show-ready": performed["ready"],
        f"{name}.show-accepted": performed["accepted"],
        f"{name}.report": performed["report"],
        f"{name}.show-warning": clock_lost(),
    }


def clock_lost() -> dict[str, Any]:
    """Return the fixture of a show whose clock has fallen silent, with a cue that was refused."""
    name = "live-set.score"
    text, schedule = score_text(name, _CLOCK), schedule_of(name, _CLOCK)
    faults = Faults.model_validate(
        {"refuse": [{"command": "schedule_prompt", "nth": 4, "reason": "the queue is full"}]}
    )
    run = StudioRun(
        schedule,
        "note D3 ch 10@14s",
        faults=faults,
        external=SilentClock(LOST_AT, (1.0, "start")),
        stage="reactor",
        price=PRICE,
        device="Digitakt",
    )
    moments = _moments(run, "show", text, {"warning": 22.8})
    return moments["warning"]


LOST_AT = 20.1
"""When the clock of the fixture falls silent, in seconds."""


class SilentClock(ExternalClock):
    """An external clock that falls silent after some seconds, so that it is fitted no more."""

    def __init__(self, silent: float, *moves: Any) -> None:
        super().__init__(*moves)
        self._silent = silent
        self._is_lost = False

    def _fit(self, at: int, deliver: Any) -> None:
        if at < self._silent * SECOND:
            super()._fit(at, deliver)
        elif not self._is_lost:
            self._is_lost = True
            position = self.quarter_at(at / SECOND)
            deliver(ClockFitted(at, position, at, self._rate / SECOND, 400_000.0, "free"))


def night_tram() -> dict[str, dict[str, Any]]:
    """Return the fixtures of a score without live sections, with an image and a cut."""
    name = "night-tram.score"
    run = StudioRun(schedule_of(name), name=name)
    moments = _moments(run, "rehearse", score_text(name), {"rehearse": 19.0})
    return {
        f"{name}.edit": _edit_fixture(name),
        f"{name}.rehearse": moments["rehearse"],
        f"{name}.report": moments["report"],
    }


def fixtures() -> dict[str, str]:
    """Return the texts of all fixture files, by their names."""
    found = {**live_set(), **night_tram()}
    return {
        f"{name.replace('.score', '')}.json": json.dumps(
            value, ensure_ascii=False, indent=1, sort_keys=False
        )
        + "\n"
        for name, value in found.items()
    }


def main() -> None:
    """Write the fixture files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in fixtures().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
