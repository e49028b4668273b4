"""The versions of the score that a run knows, or is offered, as `Revision`."""

from __future__ import annotations

from typing import Literal

from sequencer.engine.conductor.deliveries import Status
from sequencer.engine.conductor.run_actions import RELOADS, RunAction
from sequencer.engine.conductor.takeover import Refusal, Where
from sequencer.schedule.model import Schedule
from sequencer.studio.protocol import Revision
from sequencer.studio.run_source import Moments, RunSource
from sequencer.studio.score_changes import describe_changes

State = Literal["offered", "uploading", "taken", "playing", "refused", "replaced"]


class Revisions:
    """The versions of the score of a run, and the edit that is offered to it."""

    def __init__(self, source: RunSource, moments: Moments) -> None:
        self._source = source
        self._moments = moments
        self._offered: Schedule | None = None
        self._where: Where = "bar"
        self._changes: dict[tuple[int, int], list[str]] = {}
        self._offered_changes: list[str] = []

    def offer(self, schedule: Schedule | None, where: Where = "bar") -> None:
        """Offer an edit of the score, which takes over if the operator wants it.

        Args:
            schedule: The edit; None if there is none any more.
            where: Where it would take over.
        """
        if schedule is not self._offered:
            current = self._source.view.schedule
            self._offered_changes = [] if schedule is None else describe_changes(current, schedule)
        self._offered, self._where = schedule, where

    def revisions(self, now: int) -> list[Revision]:
        """Return the versions as of nanosecond `now`, the newest last."""
        view = self._source.view
        actions = [one for one in view.run_actions if one.kind == RELOADS]
        latest: dict[int, RunAction] = {_version(one): one for one in actions}
        landed = [1, *(_version(one) for one in actions if one.status is Status.LANDED)]
        found = [
            self._known(number, latest.get(number), landed)
            for number in range(1, len(view.versions) + 1)
            if number == 1 or number in latest
        ]
        if self._offered is not None and not self._source.conductor.is_finished:
            found.append(self._of_offer(self._offered, now))
        return found

    def _known(self, number: int, action: RunAction | None, landed: list[int]) -> Revision:
        playing = landed[-1]
        state: State = "playing" if number == playing else "replaced"
        reason, chunk, section, place = "", None, "", ""
        if action is not None:
            reason = action.reason
            state, chunk = self._state(number, action, playing), action.chunk
            section, place = self._position(number)
            if chunk is None:
                chunk = self._chunk(number)
        return Revision(
            number=number,
            state=state,
            chunk=chunk,
            section=section,
            place=place,
            reason=reason,
            changes=self._changes_of(number, landed),
            deadline_at=None,
            undoable=state == "playing" and len(landed) > 1,
        )

    def _state(self, number: int, action: RunAction, playing: int) -> State:
        match action.status:
            case Status.LANDED:
                return "playing" if number == playing else "replaced"
            case Status.REFUSED:
                return "refused"
            case Status.WAITING:
                view = self._source.view
                is_uploading = view.waiting_version == number and view.missing_images > 0
                return "uploading" if is_uploading else "taken"
            case _:
                return "replaced"

    def _position(self, number: int) -> tuple[str, str]:
        for one in self._source.view.takeovers:
            if one.version == number:
                stretch = one.current.stretch
                place = f"{float(one.time - one.current.start):.1f} s"
                if stretch.meters is not None and one.quarter is not None:
                    place = str(stretch.meters.bar_beat_at(one.quarter)).partition("+")[0]
                return stretch.section or "", place
        return "", ""

    def _chunk(self, number: int) -> int | None:
        view = self._source.view
        if view.clock is not None:
            return None
        return next(
            (
                view.grid.snap(one.time, view.schedule.snap)
                for one in view.takeovers
                if one.version == number
            ),
            None,
        )

    def _changes_of(self, number: int, landed: list[int]) -> list[str]:
        """Return what a version changes against the one that played before it."""
        if number == 1:
            return []
        before = landed[landed.index(number) - 1] if number in landed else landed[-1]
        key = (before, number)
        if key not in self._changes:
            versions = self._source.view.versions
            self._changes[key] = describe_changes(versions[before - 1], versions[number - 1])
        return self._changes[key]

    def _of_offer(self, schedule: Schedule, now: int) -> Revision:
        view = self._source.view
        found = view.forecast_takeover(schedule, self._where, None, now)
        number = len(view.versions) + 1
        if isinstance(found, Refusal):
            return Revision(
                number=number,
                state="refused",
                chunk=None,
                section="",
                place="",
                reason=f"{found}; {found.hint}",
                changes=self._offered_changes,
                deadline_at=None,
                undoable=False,
            )
        ends = None if found.last_chunk is None else self._moments.begins(found.last_chunk + 1)
        limits = [one for one in (ends, found.until) if one is not None]
        return Revision(
            number=number,
            state="offered",
            chunk=found.chunk,
            section=found.section,
            place=found.position,
            reason=found.waits_for,
            changes=self._offered_changes,
            deadline_at=min(limits, default=None),
            undoable=False,
        )


def _version(action: RunAction) -> int:
    return int(action.what.split()[-1])
