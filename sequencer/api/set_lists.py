"""Perform several scores one after the other, each as a run of its own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum, auto
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.api.local_model import check_local_runtime
from sequencer.api.perform_options import check_options
from sequencer.api.performing import (
    REACTOR,
    SIMULATED,
    PerformOptions,
    PreparedRun,
    check_input,
    live_options,
    play,
    prepare,
)
from sequencer.core.display import counted
from sequencer.core.errors import SequencerError, UsageError
from sequencer.core.timebase import SECOND
from sequencer.runtime.live.between_scores import (
    ENDED_BY_OPERATOR,
    Decision,
    PauseSettings,
    wait_between_scores,
)
from sequencer.runtime.live.run import LiveRun, LiveSettings
from sequencer.runtime.live.warm_sessions import SessionKeeper, WarmStart
from sequencer.runtime.operator.debounce import DEBOUNCE_MS
from sequencer.runtime.signals import INTERRUPTED, closing_on_signals
from sequencer.stages.reactor.session import MAX_SESSION_S
from sequencer.stages.reactor.settings import ReactorSettings

if TYPE_CHECKING:
    from sequencer.api.sources import RunInput
    from sequencer.runtime.results import PerformanceResult

WARM_MINUTES = Fraction(10)
"""How long a session that is kept waits for a GO before it is ended, in minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEntry:
    """A score of a set list, checked, with the options of its run."""

    score: Path
    options: PerformOptions
    found: RunInput

    @property
    def title(self) -> str:
        """The score's file, with its title if it has one."""
        title = self.found.schedule.title
        return f"{self.score.name} (“{title}”)" if title else self.score.name


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResult:
    """How a set list ended.

    Attributes:
        results: The runs, in order.
        ended: Why it ended before its last score; empty if it did not.
        failures: A sentence for each score that could not begin.
    """

    results: tuple[PerformanceResult, ...]
    ended: str = ""
    failures: tuple[str, ...] = ()

    @property
    def was_interrupted(self) -> bool:
        """Whether a signal ended the list."""
        return self.ended.startswith(INTERRUPTED)

    @property
    def went_well(self) -> bool:
        """Whether each score was performed as written, and all files are complete."""
        return not (self.ended or self.failures) and all(
            one.went_well and not one.failures for one in self.results
        )


def prepare_set(
    options: PerformOptions,
    scores: Sequence[Path],
    load: Callable[[Path], RunInput],
    report: Callable[[SequencerError], object],
) -> tuple[SetEntry, ...]:
    """Check all scores of a set list, before anything is opened.

    Args:
        options: The options of each run. `out` is the folder of which each run is a subfolder.
        scores: The scores, in order.
        load: Loads a score.
        report: Called with each problem but the last, which is raised.

    Raises:
        UsageError: An option is not valid, or applies to a single score only.
        SequencerError: A score cannot be performed.
    """
    for flag, value in (
        ("--resume", options.resume),
        ("--from", options.from_),
        ("--to", options.to),
        ("--event", options.event),
    ):
        if value:
            raise UsageError(
                f"{flag} applies to one score, but {len(scores)} are given",
                f"omit {flag}, or perform the score by itself",
            )
    check_options(options)
    entries: list[SetEntry] = []
    problems: list[SequencerError] = []
    for number, score in enumerate(scores, 1):
        out = None if options.out is None else options.out / f"{number:02d}-{score.stem}"
        own = replace(options, score=score, out=out)
        try:
            entries.append(_check_entry(score, own, load(score)))
        except SequencerError as error:
            problems.append(error)
    for problem in problems[:-1]:
        report(problem)
    if problems:
        raise problems[-1]
    return tuple(entries)


def _check_entry(score: Path, options: PerformOptions, found: RunInput) -> SetEntry:
    from sequencer.core.paths import exists, partial_of
    from sequencer.runtime.live.assembly import check_inputs
    from sequencer.runtime.loop import require_prompt

    found = check_input(options, found)
    require_prompt(found.schedule)
    check_inputs(live_options(options), found.schedule)
    with found.sound():
        pass  # it exists and can be decoded
    for folder in () if options.out is None else (options.out, partial_of(options.out)):
        if exists(folder):
            raise UsageError(f"{folder} already exists", "choose another folder with --out")
    return SetEntry(score=score, options=options, found=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """How a set list keeps its session between two scores.

    Attributes:
        wait_limit: How long the session waits for a GO before it is ended, in nanoseconds.
    """

    wait_limit: int


async def play_set(
    entries: Sequence[SetEntry],
    *,
    auto_next: bool = False,
    warm: Warmth | None = None,
    finished: Callable[[PerformanceResult], object],
    notify: Callable[[str], object],
    now: Callable[[], int] = time.monotonic_ns,
) -> SetResult:
    """Play the scores of a set list, each in a session of its own, or in one that is kept.

    Between two scores, the operator begins the next one. One that cannot begin is offered again.

    Args:
        entries: The scores.
        auto_next: Begin the next score at once after one that was played to its end. After a score
            that the operator finished, or that could not begin, the operator is waited for.
        warm: How the session is kept, so that the next score is armed while the operator is waited
            for; None to end it with each score.
        finished: Called with the result of each run.
        notify: Prints a line for the operator.
        now: Returns the time, in nanoseconds.

    Raises:
        SequencerError: The first score could not begin.
    """
    player = _SetPlayer(
        entries, auto_next=auto_next, warm=warm, finished=finished, notify=notify, now=now
    )
    with ExitStack() as stack:
        if entries[0].options.signals:
            stack.enter_context(closing_on_signals(player.interrupt))
        async with player.keeper:
            return await player.play()


class _Start(Enum):
    """How a score of a set list begins."""

    AT_ONCE = auto()
    ARMED = auto()
    """It is set up in its session, and begins at a GO."""
    ASKING = auto()
    """Its session is opened at a GO."""


class _SetPlayer:
    """Plays a set list; see `play_set`."""

    def __init__(
        self,
        entries: Sequence[SetEntry],
        *,
        auto_next: bool,
        warm: Warmth | None,
        finished: Callable[[PerformanceResult], object],
        notify: Callable[[str], object],
        now: Callable[[], int],
    ) -> None:
        self._entries = entries
        self._auto_next = auto_next
        self._warm = warm
        self._finished = finished
        self._notify = notify
        self._now = now
        self._results: list[PerformanceResult] = []
        self._failures: list[str] = []
        self._ended_at: int | None = None
        self._run: LiveRun | None = None
        self._interrupted = ""
        self._session_seconds = _session_seconds(entries, warm)
        self.keeper = SessionKeeper(
            notify,
            is_simulated=entries[0].options.stage == SIMULATED,
            session_seconds=self._session_seconds,
        )

    def interrupt(self, reason: str) -> None:
        """Note a signal that came while no run handled it."""
        self._interrupted = reason
        if self._run is not None:
            self._run.performance.close(reason)

    async def play(self) -> SetResult:
        """Play the list to its end."""
        schedules = (one.found.schedule for one in self._entries)
        await check_local_runtime(self._entries[0].options, *schedules)
        start = _Start.AT_ONCE
        while len(self._results) < len(self._entries):
            if self._interrupted:
                return self._result(self._interrupted)
            following, ended = await self._play_next(start)
            if following is None:
                return self._result(ended)
            start = following
        return self._result("")

    async def _play_next(self, start: _Start) -> tuple[_Start | None, str]:
        """Play the next score.

        Returns:
            How the one after it begins, or the same one if it did not; None and a reason if the
            list is over.
        """
        entry = self._entries[len(self._results)]
        prepared = prepare(entry.options, partial(_loaded, entry.found))
        if start is _Start.ASKING:
            self._notify(self._announce(entry, prepared.folder.final))
            decision = await self._wait(entry, prepared)
            if not decision.begins:
                return None, decision.reason
        try:
            warm = await self._warm_start(entry, start)
        except BaseException:
            prepared.folder.remove()
            raise
        if start is _Start.ARMED:
            self._notify(self._announce_armed(entry, prepared.folder.final))
        is_adopted = warm is not None and warm.handover is not None
        try:
            result = await play(replace(prepared, warm=warm, is_stage_checked=True), self._set_run)
        except SequencerError as error:
            await self._settle()
            return self._after_failure(entry, start, error, is_adopted=is_adopted)
        finally:
            run, self._run = self._run, None
        await self._settle(run)
        if run is not None and run.performance.conductor.view.take == 0:
            unbegun = self._after_nothing_played(entry, start, result, run, is_adopted=is_adopted)
            if unbegun is not None:
                shutil.rmtree(result.folder, ignore_errors=True)
                return unbegun
        self._ended_at = self._now()
        self._results.append(result)
        self._finished(result)
        if result.report.ended.startswith(INTERRUPTED):
            return None, result.report.ended
        if self._auto_next and not result.report.stopped:
            return _Start.AT_ONCE, ""
        return (_Start.ASKING if self._warm is None else _Start.ARMED), ""

    def _set_run(self, run: LiveRun) -> None:
        self._run = run
        if self._interrupted:
            run.performance.close(self._interrupted)

    async def _settle(self, run: LiveRun | None = None) -> None:
        await self.keeper.settle(was_ready=run is not None and run.was_ready)

    async def _wait(self, entry: SetEntry, prepared: PreparedRun) -> Decision:
        """Wait until the operator begins a score whose session is not open."""
        begins = False
        try:
            decision = await wait_between_scores(
                _pause(entry, prepared.folder.path), self._now, self._notify
            )
            begins = decision.begins
        finally:
            if not begins:
                prepared.folder.remove()
        return decision

    async def _warm_start(self, entry: SetEntry, start: _Start) -> WarmStart | None:
        if self._warm is None:
            return None
        schedule = entry.found.schedule
        is_last = len(self._results) + 1 == len(self._entries)
        return WarmStart(
            handover=await self.keeper.hand_over(schedule, entry.title, _lasts(entry)),
            waits_for_go=start is _Start.ARMED,
            wait_limit=self._warm.wait_limit,
            ended_at=self._ended_at,
            session_seconds=self._session_seconds,
            keep=None if is_last else partial(self.keeper.keep, schedule=schedule),
        )

    def _after_failure(
        self, entry: SetEntry, start: _Start, error: SequencerError, *, is_adopted: bool
    ) -> tuple[_Start | None, str]:
        """Return how a score begins again that could not begin."""
        if is_adopted:
            self._notify_of_new_session(entry, error.message)
            return start, ""
        if not self._results:
            raise error
        self._failures.append(f"{entry.title} could not begin: {error.message}")
        self._notify(self._failures[-1])
        return _Start.ASKING, ""

    def _after_nothing_played(
        self,
        entry: SetEntry,
        start: _Start,
        result: PerformanceResult,
        run: LiveRun,
        *,
        is_adopted: bool,
    ) -> tuple[_Start | None, str] | None:
        """Return how it goes on after a run that was armed, or in a kept session, and never played.

        The result is None if the score itself is the reason: that is a result like any other.
        """
        ended = result.report.ended
        if start is not _Start.ARMED and not is_adopted:
            return None
        if ended.startswith(INTERRUPTED):
            return None, ended
        if result.report.stopped:
            return (None, ENDED_BY_OPERATOR) if start is _Start.ARMED else None
        if run.time_limit.waited_too_long:
            no_longer = ", and is no longer billed" if _is_billed(entry) else ""
            self._notify(f"the session was ended{no_longer} ({ended})")
            return _Start.ASKING, ""
        if not run.session_ended:
            return None
        if is_adopted:
            self._notify_of_new_session(entry, ended)
            return start, ""
        self._notify(f"{entry.title} lost its session before it began: {ended}")
        return _Start.ASKING, ""

    def _notify_of_new_session(self, entry: SetEntry, reason: str) -> None:
        self._notify(f"a new session is opened for {entry.title}: {reason}")

    def _announce(self, entry: SetEntry, folder: Path) -> str:
        return _announce(entry, len(self._results), len(self._entries), folder)

    def _announce_armed(self, entry: SetEntry, folder: Path) -> str:
        limit = 0 if self._warm is None else self._warm.wait_limit
        billed = (
            "its session is billed while it waits" if _is_billed(entry) else "its session waits"
        )
        return (
            f"{self._announce(entry, folder)}. It is being set up, and {billed}, "
            f"for {limit / SECOND / 60:g} min at most"
        )

    def _result(self, ended: str) -> SetResult:
        return SetResult(results=tuple(self._results), ended=ended, failures=tuple(self._failures))


def _is_billed(entry: SetEntry) -> bool:
    return entry.options.stage == REACTOR and not entry.options.local


def _lasts(entry: SetEntry) -> int:
    """Return how long the run of a score may last, in nanoseconds."""
    return LiveSettings(
        schedule=entry.found.schedule, max_minutes=entry.options.max_minutes
    ).limit()


def _session_seconds(entries: Sequence[SetEntry], warm: Warmth | None) -> int:
    """Return how long a session may last in which the whole list is played."""
    waits = 0 if warm is None else warm.wait_limit * (len(entries) - 1)
    total = (sum(map(_lasts, entries)) + waits) // SECOND
    return min(MAX_SESSION_S, max(ReactorSettings().session_seconds, total))


def _loaded(found: RunInput, _source: object) -> RunInput:
    return found


def _pause(entry: SetEntry, folder: Path) -> PauseSettings:
    options = entry.options
    return PauseSettings(
        folder=folder,
        schedule=entry.found.schedule,
        osc_in=options.osc_in,
        debounce_ms=DEBOUNCE_MS if options.debounce is None else options.debounce,
        keys=options.keys,
        signals=options.signals,
    )


def _announce(entry: SetEntry, done: int, total: int, folder: Path) -> str:
    """Return what comes next, and how the operator begins it."""
    schedule = entry.found.schedule
    seconds = round(schedule.grid.boundary(schedule.end))
    return (
        f"next, {done + 1} of {total}: {entry.title}, {seconds // 60}:{seconds % 60:02d}. Enter or "
        f"GO begins it, q q ends the set list; from another shell: sequencer tell {folder} go"
    )


def describe_end(result: SetResult, total: int) -> str:
    """Return how many scores were performed, and why no more."""
    count = counted(total, "score")
    return f"{len(result.results)} of {count} performed: {result.ended}"
