"""Perform several scores one after the other, each as a run of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sequencer.api.perform_options import check_options
from sequencer.api.performing import PerformOptions, check_input, live_options, play, prepare
from sequencer.core.display import counted
from sequencer.core.errors import SequencerError, UsageError

if TYPE_CHECKING:
    from sequencer.api.sources import RunInput
    from sequencer.runtime.live.between_scores import PauseSettings
    from sequencer.runtime.results import PerformanceResult

INTERRUPTED = "interrupted"
"""How the reason of a run or a list begins that a signal ended."""


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


async def play_set(
    entries: Sequence[SetEntry],
    *,
    auto_next: bool = False,
    finished: Callable[[PerformanceResult], object],
    notify: Callable[[str], object],
    now: Callable[[], int] = time.monotonic_ns,
) -> SetResult:
    """Play the scores of a set list, each in a session of its own.

    Between two scores, the operator begins the next one. One that cannot begin is offered again.

    Args:
        entries: The scores.
        auto_next: Begin the next score at once after one that was played to its end. After a score
            that the operator finished, or that could not begin, the operator is waited for.
        finished: Called with the result of each run.
        notify: Prints a line for the operator.
        now: Returns the time, in nanoseconds.

    Raises:
        SequencerError: The first score could not begin.
    """
    from sequencer.runtime.live.between_scores import wait_between_scores
    from sequencer.runtime.live.run import remove_run_folder

    results: list[PerformanceResult] = []
    failures: list[str] = []
    starts_at_once = True
    while len(results) < len(entries):
        entry = entries[len(results)]
        prepared = prepare(entry.options, partial(_loaded, entry.found))
        if not starts_at_once:
            notify(_announce(entry, len(results), len(entries), prepared.folder.final))
            try:
                decision = await wait_between_scores(
                    _pause(entry, prepared.folder.path), now, notify
                )
            except BaseException:
                remove_run_folder(prepared.folder)
                raise
            if not decision.begins:
                remove_run_folder(prepared.folder)
                return _result(results, decision.reason, failures)
        try:
            result = await play(prepared)
        except SequencerError as error:
            if not results:
                raise
            failures.append(f"{entry.title} could not begin: {error.message}")
            notify(failures[-1])
            starts_at_once = False
            continue
        results.append(result)
        finished(result)
        if result.report.ended.startswith(INTERRUPTED):
            return _result(results, result.report.ended, failures)
        starts_at_once = auto_next and not result.report.stopped
    return _result(results, "", failures)


def _loaded(found: RunInput, _source: object) -> RunInput:
    return found


def _result(results: list[PerformanceResult], ended: str, failures: list[str]) -> SetResult:
    return SetResult(results=tuple(results), ended=ended, failures=tuple(failures))


def _pause(entry: SetEntry, folder: Path) -> PauseSettings:
    from sequencer.runtime.live.between_scores import PauseSettings
    from sequencer.runtime.operator.debounce import DEBOUNCE_MS

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
    seconds = round(schedule.end * schedule.grid.chunk)
    return (
        f"next, {done + 1} of {total}: {entry.title}, {seconds // 60}:{seconds % 60:02d}. Enter or "
        f"GO begins it, q q ends the set list; from another shell: sequencer tell {folder} go"
    )


def describe_end(result: SetResult, total: int) -> str:
    """Return how many scores were performed, and why no more."""
    count = counted(total, "score")
    return f"{len(result.results)} of {count} performed: {result.ended}"
