"""Take over edits of the score that a run plays: watch its file, and handle `reload` and `undo`."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sequencer.core.errors import OutputError, UsageError
from sequencer.core.file_stamps import POLL_SECONDS, Stamp, stamp
from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.machine import Conductor
from sequencer.engine.conductor.run_actions import RELOADS, RunAction
from sequencer.engine.conductor.takeover import Refusal, Where
from sequencer.engine.journal import MAX_VERSIONS, encode_version
from sequencer.events.codec import Event
from sequencer.events.commands import Command
from sequencer.events.events import ReloadRequested
from sequencer.runtime.loop import Performance
from sequencer.runtime.operator.commands import IgnoredError
from sequencer.schedule.model import Schedule

ReloadMode = Literal["offer", "auto"]
"""Whether an edited score is only offered when it is saved, or takes over at once."""

RELOAD_HINT = (
    "write: reload, reload at bar, reload at chunk, reload at section, reload in SECTION, or the "
    "same with undo"
)
_COMMAND = re.compile(
    r"\s*(?P<verb>reload|undo)(?:\s+at\s+(?P<where>bar|chunk|section))?"
    r"(?:\s+in\s+(?P<section>\S(?:.*\S)?))?\s*\Z",
    re.DOTALL,
)
_VERB = re.compile(r"\s*(?:reload|undo)(?:\s|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedScore:
    """What the score's files hold now.

    Attributes:
        schedule: Its schedule; None if it is not valid.
        sources: The texts of its files, by name.
        files: The files and folders that it depends on.
        problems: Its errors, one line each.
    """

    schedule: Schedule | None
    sources: Mapping[str, str]
    files: tuple[Path, ...]
    problems: tuple[str, ...] = ()


class ReadScore(Protocol):
    """A function that reads and compiles the score of a run again."""

    def __call__(self) -> EditedScore:
        """Return what its files hold now. It may take seconds, and is called in a thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadSettings:
    """How a run takes over edits: the mode, what reads the score, and the files to watch first."""

    mode: ReloadMode
    read: ReadScore
    files: tuple[Path, ...]


def is_reload_command(text: str) -> bool:
    """Return whether an operator command asks for another version of the score."""
    return _VERB.match(text) is not None


class ReloadControl:
    """Watches the score of a run, and lets versions of it take over.

    Args:
        performance: The run.
        settings: How edits are taken over.
        sources: The texts of the score that the run began with, by file.
        now: Returns the time of the run's clock, in nanoseconds.
        notify: Prints a line for the operator.
    """

    def __init__(
        self,
        performance: Performance,
        settings: ReloadSettings,
        sources: Sequence[Mapping[str, str]],
        now: Callable[[], int],
        notify: Callable[[str], None],
    ) -> None:
        self._performance = performance
        self._settings = settings
        self._texts = [dict(one) for one in sources]
        """The texts of each version that is known to the conductor, in order."""
        self._now = now
        self._notify = notify
        run = performance.conductor.view
        self._history = [1, *(_version_of(one) for one in run.run_actions if _has_landed(one))]
        """The versions that took over, in order, without those that were undone."""
        self._offered: Mapping[str, str] | None = None
        self._reported: dict[int, Status] = {}
        self._files = settings.files
        self._seen: Stamp | None = None
        self._known: Stamp | None = None
        """The state of the files when they were last read."""
        self._lock = asyncio.Lock()

    def text_of(self, version: int) -> str:
        """Return the text of the score's own file in a version, from 1."""
        return next(iter(self._texts[version - 1].values()))

    # ---- the file --------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Report, or take over, each edit of the score. It never ends by itself."""
        while True:
            await self.poll()
            await asyncio.sleep(POLL_SECONDS)

    async def poll(self) -> None:
        """Look at the files once. An edit counts when they were the same in two looks."""
        now = await asyncio.to_thread(stamp, self._files)
        was, self._seen = self._seen, now
        if self._known is None:
            self._known = now
        if now == self._known or now != was:
            return
        found = await asyncio.to_thread(self._settings.read)
        self._files = found.files
        self._known = self._seen = await asyncio.to_thread(_stamp_as_before, found.files, now)
        await self._edited(found)

    async def _edited(self, found: EditedScore) -> None:
        """Report or take over what the files hold after a change."""
        if self._performance.conductor.is_finished:
            return
        if found.schedule is None:
            self._offered = None
            self._notify(
                "the edited score is not valid, so the run goes on as before: "
                + describe_problems(found.problems)
            )
            return
        if dict(found.sources) == self._texts[self._history[-1] - 1]:
            if self._offered is not None:
                self._notify("the score is again as the run plays it")
            self._offered = None
            return
        if found.sources == self._offered:
            return
        self._offered = dict(found.sources)
        refusal = self._find(found.schedule, "bar", None)
        if isinstance(refusal, Refusal):
            self._notify(f"the edited score cannot take over: {refusal}; {refusal.hint}")
        elif self._settings.mode == "offer":
            self._notify("the score was edited; to let it take over: reload")
        else:
            try:
                self._notify(await self._take_over(found, "bar", None))
            except UsageError as error:
                self._notify(_in_one_line(error))

    # ---- commands --------------------------------------------------------------------------------

    async def answer(self, text: str) -> str:
        """Handle `reload` or `undo`, and return what will happen.

        Raises:
            IgnoredError: It has no effect, or is refused.
            UsageError: It is not valid, or the edited score is not.
        """
        words = _COMMAND.match(text)
        if words is None:
            raise UsageError(f"{text.strip()!r} is not an operator command", RELOAD_HINT)
        where: Where = words["where"] or "bar"  # type: ignore[assignment]  # the pattern has only these
        if self._performance.conductor.is_finished:
            raise IgnoredError("the run is over", "perform the edited score in a new run")
        if words["verb"] == "undo":
            return self._undo(where, words["section"])
        found = await asyncio.to_thread(self._settings.read)
        if found.schedule is None:
            raise UsageError(
                "the edited score is not valid, so the run goes on as before: "
                + describe_problems(found.problems),
                "fix it and reload once more",
            )
        if dict(found.sources) == self._texts[self._history[-1] - 1]:
            raise IgnoredError("the score is as the run plays it", "edit and save it first")
        return await self._take_over(found, where, words["section"])

    async def _take_over(self, found: EditedScore, where: Where, section: str | None) -> str:
        if found.schedule is None:
            raise AssertionError("only a valid score takes over")
        async with self._lock:
            self._check(found.schedule, where, section)
            sources = dict(found.sources)
            if sources in self._texts:
                version = self._texts.index(sources) + 1
            elif len(self._texts) >= MAX_VERSIONS:
                raise IgnoredError(
                    f"this run has had {MAX_VERSIONS} versions of its score",
                    "perform the edited score in a new run",
                )
            else:
                try:
                    encoded = await asyncio.to_thread(encode_version, found.schedule, sources)
                except OutputError as error:
                    raise UsageError(error.message, error.hint) from None
                version = self._performance.learn(found.schedule, encoded)
                # Versions stay until the end. A search for cycles among ten thousand cues would
                # delay the run by a tenth of a second.
                gc.freeze()
                self._texts.append(sources)
            return self._request(version, where, section)

    def _undo(self, where: Where, section: str | None) -> str:
        if len(self._history) < 2:
            raise IgnoredError("there is nothing to undo", "no edit of the score has taken over")
        version = self._history[-2]
        schedule = self._performance.conductor.view.versions[version - 1]
        self._check(schedule, where, section)
        del self._history[-2:]
        return self._request(version, where, section)

    def _check(self, schedule: Schedule, where: Where, section: str | None) -> None:
        """Raise IgnoredError if a version would be refused now."""
        found = self._find(schedule, where, section)
        if isinstance(found, Refusal):
            raise IgnoredError(str(found), found.hint)

    def _find(self, schedule: Schedule, where: Where, section: str | None) -> Refusal | str:
        return self._performance.conductor.view.find_takeover(schedule, where, section, self._now())

    def _request(self, version: int, where: Where, section: str | None) -> str:
        """Ask the conductor for a version, and describe what that will do."""
        schedule = self._performance.conductor.view.versions[version - 1]
        found = self._find(schedule, where, section)
        self._performance.deliver(
            ReloadRequested(at=self._now(), version=version, where=where, section=section)
        )
        self._history.append(version)
        self._offered = None
        return f"version {version} of the score takes over {found}"

    # ---- what becomes of it ----------------------------------------------------------------------

    def look(self, event: Event, commands: Sequence[Command], conductor: Conductor) -> None:
        """Report when a version has taken over or was refused. A watcher of the run."""
        del event, commands
        moves = [one for one in conductor.view.run_actions if one.kind == RELOADS]
        for number, move in enumerate(moves):
            if self._reported.get(number) is move.status:
                continue
            self._reported[number] = move.status
            self._report(move)

    def _report(self, move: RunAction) -> None:
        match move.status:
            case Status.LANDED:
                self._notify(f"{move.what} of the score has taken over with chunk {move.chunk}")
            case Status.REFUSED:
                self._notify(f"{move.what} of the score cannot take over: {move.reason}")
                version = _version_of(move)
                if len(self._history) > 1 and self._history[-1] == version:
                    self._history.pop()
            case _:
                pass


def _has_landed(move: RunAction) -> bool:
    return move.kind == RELOADS and move.status is Status.LANDED


def _version_of(move: RunAction) -> int:
    return int(move.what.split()[-1])


def _stamp_as_before(files: Sequence[Path], known: Stamp) -> Stamp:
    """Return the stamp of files, those that were known with their earlier state.

    A change during the reading is then noticed.
    """
    earlier = {path: (path, time, size) for path, time, size in known}
    return tuple(earlier.get(one[0], one) for one in stamp(files))


def describe_problems(problems: Sequence[str]) -> str:
    """Return the first error of a score, and how many more there are."""
    if not problems:
        return "it cannot be performed"
    more = len(problems) - 1
    return problems[0] + (f" (and {more} more; see: sequencer check)" if more else "")


def _in_one_line(error: UsageError) -> str:
    return error.message if error.hint is None else f"{error.message}; {error.hint}"
