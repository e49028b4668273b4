"""Run actions: what rules and exits do to the run itself, and the outcomes.

The actions are pause, resume, goto, and leaving a live section.
"""

from __future__ import annotations

from dataclasses import dataclass

from sequencer.engine.conductor.deliveries import FINAL, Status
from sequencer.engine.conductor.passes import Pass

LEAVES = "leaves"
RELOADS = "reloads"


@dataclass(slots=True, kw_only=True)
class RunAction:
    """One firing that acted on the run.

    Attributes:
        kind: `pause`, `resume`, `LEAVES` or `RELOADS`.
        what: The action in words, as reports show it.
        place: The trigger that fired.
        line: The line of the rule, or of the section that was left.
        fired: When it fired, in nanoseconds.
        came: When it took effect, in nanoseconds.
        chunk: The score chunk after which the model rested, from which it continued, or from which
            on the next pass, or another version of the score, is played.
    """

    kind: str
    what: str
    place: str
    section: str | None
    pass_number: int
    line: int
    fired: int
    chunk: int | None = None
    came: int | None = None
    status: Status = Status.WAITING
    reason: str = ""
    occurrence: int = 1
    """The number of the pass of its section in which it fired, as in the cue sheet."""
    version: int = 1
    """The version of the score that it is of."""

    @property
    def is_open(self) -> bool:
        """Whether its outcome is not known yet."""
        return self.status not in FINAL

    def land(self, chunk: int, at: int) -> None:
        """Record that it has taken effect."""
        self.status, self.chunk, self.came = Status.LANDED, chunk, at

    def end(self, status: Status, reason: str) -> None:
        """Record that it will not take effect."""
        self.status, self.reason = status, reason


class RunActions:
    """All run actions of a run, in the order in which they fired."""

    def __init__(self) -> None:
        self.all: list[RunAction] = []
        self._guessed: list[RunAction] = []
        """Pauses of a model that rests and did not report after which chunk.

        A chunk that is still made moves them on.
        """

    def fired(
        self, kind: str, what: str, place: str, *, current: Pass, line: int, at: int
    ) -> RunAction:
        """Add a firing of a rule or an exit of this pass."""
        stretch = current.stretch
        move = RunAction(
            kind=kind,
            what=what,
            place=place,
            section=stretch.section,
            pass_number=current.number,
            line=line,
            fired=at,
            occurrence=stretch.occurrence,
            version=current.version,
        )
        self.all.append(move)
        return move

    def _open(self, kind: str) -> list[RunAction]:
        return [one for one in self.all if one.kind == kind and one.is_open]

    def give_up_leaving(self, reason: str) -> None:
        """End every action that was about to leave a pass."""
        for move in self._open(LEAVES):
            move.end(Status.OVERTAKEN, reason)

    def leaves(self, move: RunAction) -> None:
        """Record that an action leaves its pass: it replaces every other one that was about to."""
        for other in self._open(LEAVES):
            if other is not move:
                other.end(Status.OVERTAKEN, f"{move.place} came before it had left")

    def is_leaving(self, move: RunAction) -> bool:
        """Return whether an earlier action is about to leave the pass of this one."""
        return any(
            other is not move and other.pass_number == move.pass_number
            for other in self._open(LEAVES)
        )

    def never_takes_over(self, version: int, newer: RunAction) -> None:
        """Record that a version of the score never takes over: another one does so before it."""
        for move in [one for one in self._of_version(version) if one is not newer][-1:]:
            move.end(Status.OVERTAKEN, f"{newer.what} came before it had taken over")

    def taken_over(self, version: int, chunk: int, at: int) -> None:
        """Record that a version of the score takes over with a score chunk."""
        for move in self._of_version(version)[:1]:
            move.land(chunk, max(at, move.fired))

    def _of_version(self, version: int) -> list[RunAction]:
        return [one for one in self._open(RELOADS) if one.what == f"version {version}"]

    def paused(self, chunk: int, at: int, *, is_guess: bool = False) -> None:
        """Record that the model rests after a score chunk (with `is_guess`, or a later one)."""
        for move in self._open("pause"):
            move.land(chunk, at)
            if is_guess:
                self._guessed.append(move)

    def resumed(self, chunk: int, at: int) -> None:
        """Record that the model continues with a score chunk.

        A pause that was not reported by then never takes effect.
        """
        self._guessed.clear()
        for move in self._open("resume"):
            move.land(chunk, at)
        for move in self._open("pause"):
            move.end(Status.SKIPPED, "it was taken back before its chunk was done")

    def plays(self, pass_number: int, chunk: int, at: int) -> None:
        """Record that a score chunk of this pass begins: every earlier pass has been left."""
        for move in self._guessed:
            move.chunk = max(move.chunk or 0, chunk - 1)
        for move in self._open(LEAVES):
            if pass_number > move.pass_number:
                move.land(chunk, at)

    def cut(self) -> None:
        """Record that a new take runs: pauses and resumes of the previous one no longer matter."""
        self._guessed.clear()
        for move in [*self._open("pause"), *self._open("resume")]:
            move.end(Status.MISSED, "the take was cut first")

    def refused(self, command: str, reason: str) -> None:
        """Record that the model refused a pause or a resume: the latest one requested."""
        for move in self._open(command)[-1:]:
            move.end(Status.REFUSED, reason)

    def finish(self, chunk: int, at: int, ended: str, well: bool, stopped: bool) -> None:
        """End the run before a score chunk. If the score is over, the last pass was left there.

        If an operator ended the run (`stopped`), open actions are skipped, not missed.
        """
        for move in [one for one in self.all if one.is_open]:
            if well and move.kind == LEAVES:
                move.land(chunk, at)
            else:
                move.end(
                    Status.SKIPPED if stopped else Status.MISSED, f"the run ended first: {ended}"
                )
